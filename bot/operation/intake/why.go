package intake

import (
	"context"
	"errors"

	"go.uber.org/zap"

	"lbbot/bot/operation"
	"lbbot/commands"
	"lbbot/zenlayer"
)

// WhyAnswer is the account of one decision.
type WhyAnswer struct {
	operation.Explanation
	Listener operation.Listener // zero when the person may be told nothing
	Server   operation.Server   // zero when none was given: asked as for a bare metal server that no rule names
	Weight   int                // 0: none was given, and the listener gives none
	Usual    bool               // Weight was not given: it is the one that most servers on the listener have
	Unread   bool               // the weight that most servers have could not be read
	Fault    operation.Fault    // of that reading
	Ports    []int
	Can      *operation.People // who could add it here and now; nil: not known
	Approve  *operation.People // who could approve it; nil: nobody is needed, or not known
	Limits   []LimitLeft
}

// NoServer stands in for a server that was not given.
func NoServer() operation.Server {
	return operation.Server{ID: "no-server-given", Type: zenlayer.InstanceBM}
}

// Why explains what would be decided about an addition, without deciding or
// noting anything. Whoever is refused before the rules are asked learns that,
// and no names of anything. Errors: *commands.InputError for a listener or a
// server that is not there, *UnavailableError. It blocks for lookWithin at most.
func (i *Intake) Why(
	ctx context.Context, reg commands.Registration, a operation.Actor, p operation.Place,
) (WhyAnswer, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, lookWithin, errLookWithin)
	defer cancel()
	w := WhyAnswer{Weight: reg.Weight, Ports: reg.Ports}
	q := operation.Question{Action: operation.ActionRegister, Actor: a, Place: p, Account: i.Settings.Account,
		Server: NoServer(), Weight: reg.Weight, Ports: reg.Ports, At: i.Now()}
	if i.Permission.Admit(ctx, a, p).Allowed {
		if err := i.whyAbout(ctx, reg, &w); err != nil {
			return WhyAnswer{}, err
		}
		q.Listener, q.Weight = w.Listener, w.Weight
		if w.Server.ID != "" {
			q.Server = w.Server
		}
	}
	var err error
	if w.Explanation, err = i.Reasons.Why(ctx, q); err != nil {
		return WhyAnswer{}, &UnavailableError{What: "Slack", Err: err}
	}
	if w.Listener.ID == "" || w.Standing.Refusal.Code != "" {
		w.Listener, w.Server = operation.Listener{}, operation.Server{}
		return w, nil
	}
	w.Can = i.peopleWho(ctx, q, operation.ActionRegister)
	if w.Decision.Code == operation.DeniedApproval {
		w.Approve = i.peopleWho(ctx, q, operation.ActionApprove)
	}
	w.Limits, err = i.LimitsLeft(ctx, a, w.Listener.ID)
	return w, err
}

// whyAbout finds what the question is about.
func (i *Intake) whyAbout(ctx context.Context, reg commands.Registration, w *WhyAnswer) error {
	var noListener, noID *commands.Problem
	var err error
	if w.Listener, noListener, err = findListener(ctx, i.Catalog, reg.Listener, nil); err != nil {
		return Unavailable(err)
	}
	if reg.Server != "" {
		if w.Server, _, noID, err = findServer(ctx, i.Catalog, reg.Server, reg.Type); err != nil {
			return Unavailable(err)
		}
	}
	if noListener != nil && noID != nil {
		if e := swapped(ctx, i.Catalog, reg); e != nil {
			return e
		}
	}
	var problems []commands.Problem
	for _, p := range []*commands.Problem{noListener, noID} {
		if p != nil {
			problems = append(problems, *p)
		}
	}
	if len(problems) > 0 {
		return inputError(reg, problems...)
	}
	i.whyWeight(ctx, w)
	return nil
}

// whyWeight gives a question without a weight the one that a request would
// get, see fillWeight. A pool that cannot be read changes the answer only as
// far as it says so.
func (i *Intake) whyWeight(ctx context.Context, w *WhyAnswer) {
	if w.Weight != 0 {
		return
	}
	pool, err := i.Pools.DescribeBackends(ctx, w.Listener.ID, zenlayer.BackendFilter{})
	if err != nil {
		i.Log.Warn("pool could not be read for an explanation", zap.String("listener", w.Listener.ID), zap.Error(err))
		w.Unread, w.Fault = true, operation.FaultOf(err)
		return
	}
	w.Weight = operation.UsualWeight(pool)
	w.Usual = w.Weight != 0
}

// peopleWho asks who could do something, for canWithin at most.
func (i *Intake) peopleWho(ctx context.Context, q operation.Question, action operation.Action) *operation.People {
	ctx, cancel := context.WithTimeoutCause(ctx, canWithin,
		errors.New("who could was not known within "+canWithin.String()))
	defer cancel()
	people, err := i.Roster.Who(ctx, q, action)
	if err != nil {
		i.Log.Info("who could is not said", zap.String("action", string(action)), zap.Error(err))
		return nil
	}
	return &people
}
