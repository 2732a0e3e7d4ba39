package operation

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strconv"
	"time"

	"go.uber.org/zap"

	"lbbot/zenlayer"
)

// approval waits for the people who are asked. What they say is written down
// by Intake, which also wakes the run: waiting needs no memory.
func (r *Runner) approval(ctx context.Context, op Operation) (Next, error) {
	// What people said since is shown by whoever runs the operation, so that two
	// processes never edit one card against each other.
	r.Reporter.Show(op)
	if op.State != Waiting {
		return Next{State: op.State}, nil
	}
	now := r.Now()
	switch {
	case op.StopBy != "":
		return r.finish(ctx, &op, NotAdded, ReasonStopped)
	case op.Approval.Denied != nil:
		return r.finish(ctx, &op, NotAdded, ReasonNotApproved)
	case !now.Before(op.Approval.ExpiresAt):
		return r.finish(ctx, &op, NotAdded, ReasonUnanswered)
	}
	if due := op.Approval.due(r.Asking.Reminders, now); due > op.Approval.Reminders {
		if err := r.remind(ctx, &op, due); err != nil {
			return Next{}, err
		}
	}
	// A clock that was set back must not make it wait longer than it said.
	return Next{State: op.State, After: min(op.Approval.next(r.Asking.Reminders, now), r.Asking.Within)}, nil
}

// remind says once more what is waited for. It is noted first: nobody needs a
// reminder twice, and one that is lost hurts nobody.
func (r *Runner) remind(ctx context.Context, op *Operation, due int) error {
	op.Approval.Reminders = due
	if err := r.save(ctx, op, EventReminded, map[string]string{"reminder": strconv.Itoa(due)}); err != nil {
		return err
	}
	r.postReminder(ctx, *op)
	return nil
}

// postReminder makes one bounded try to have those who are asked look at the card.
func (r *Runner) postReminder(ctx context.Context, op Operation) {
	within, cancel := context.WithTimeoutCause(ctx, tellWithin, errors.New("Slack did not take the reminder within "+tellWithin.String()))
	defer cancel()
	err := holdLease(within)
	if err == nil {
		err = r.Reporter.Remind(within, op)
	}
	if err != nil && ctx.Err() == nil {
		r.Log.Warn("reminder was not posted", zap.String("operation", op.ID), zap.Error(err))
	}
}

// verdict is what the rules say right before a call, with the agreement of
// others taken into account. It is the only place that decides whether a call
// may be made.
type verdict struct {
	allowed bool
	ask     bool     // a permit holds, but more people must agree
	votes   []Vote   // agreements that count now
	lost    []Lost   // those that do not, or about which nothing could be read
	needed  int      //
	channel string   // where the rule has them asked; empty: it does not say
	why     Decision // of a no
}

// permitted asks for permission as it is now: of the asker, of those who
// agreed and of whoever broke the glass. Approvals never make up for a no.
func (r *Runner) permitted(ctx context.Context, op *Operation) verdict {
	d := r.Permission.Decide(ctx, lastQuestion(*op, r.Now()))
	op.Actor.PersonID = cmp.Or(op.Actor.PersonID, d.PersonID)
	v := verdict{allowed: d.Allowed, why: d}
	if LacksReason(d, *op) {
		v.allowed, v.why.Code, v.why.Allowed = false, DeniedReason, false
		return v
	}
	if d.Allowed || d.Code == DeniedApproval {
		op.DecidedBy(d)
	}
	if d.Allowed || d.Code != DeniedApproval {
		return v
	}
	if op.Glass != nil {
		q := lastQuestion(*op, r.Now())
		q.Action = ActionBreakGlass
		v.why = r.Permission.Decide(ctx, q)
		v.why.Action = ActionBreakGlass
		v.allowed = v.why.Allowed
		return v
	}
	v.needed, v.channel = d.Approvals, d.ApproversChannel
	if op.Approval != nil {
		for _, vote := range op.Approval.Votes {
			said := r.Permission.Decide(ctx, voteQuestion(*op, vote, r.Now()))
			vote.By.PersonID = cmp.Or(vote.By.PersonID, said.PersonID)
			if vote.By.Is(op.Actor) || slices.ContainsFunc(v.votes, func(other Vote) bool { return other.By.Is(vote.By) }) {
				continue
			}
			if said.Allowed {
				v.votes = append(v.votes, vote)
				continue
			}
			lost := Lost{By: vote.By, Code: said.Code}
			if said.Code == DeniedUnchecked || said.PolicyUnknown() { // whether the agreement still counts is not known
				said.Action = ActionApprove
				v.why, v.lost = said, []Lost{lost}
				return v
			}
			v.lost = append(v.lost, lost)
		}
	}
	v.allowed = v.needed > 0 && len(v.votes) >= v.needed
	v.ask = !v.allowed && v.needed > 0
	return v
}

// voteQuestion asks whether somebody who agreed may still do so.
func voteQuestion(op Operation, v Vote, at time.Time) Question {
	q := lastQuestion(op, at)
	q.Action, q.Actor, q.Place = ActionApprove, v.By, v.Place
	return q
}

// askAgain takes op back to those who must agree, or ends it when there is
// nobody who could.
func (r *Runner) askAgain(ctx context.Context, op *Operation, v verdict, now Picture, changes []string) (Next, error) {
	if op.Approval == nil {
		op.Approval = &Approval{Channel: ApproversChannel(ctx, r.Permission, r.Log, *op, v.channel, r.Asking.Channel)}
	}
	a := op.Approval
	if people, err := r.Roster.Who(ctx, ApprovalQuestion(*op, a.Channel, r.Now()), ActionApprove); err == nil {
		a.Who = people
	} else if ctx.Err() == nil {
		r.Log.Warn("who may approve could not be read again", zap.String("operation", op.ID), zap.Error(err))
	}
	a.Needed, a.Lost = v.needed, v.lost
	if !a.Who.Sufficient(a.Needed - votesOf(v.votes, a.Who.IDs)) {
		op.Denial = &Decision{Code: DeniedNobody, Approvals: a.Needed, Policies: v.why.Policies, Person: true, Channel: true}
		return r.finish(ctx, op, NotAdded, ReasonDenied)
	}
	op.State, op.WaitUntil, op.WaitFor = Waiting, time.Time{}, ""
	op.FirstTry, op.Tries, op.Fault = time.Time{}, 0, Fault{} // what comes after is a new beginning
	a.Ask(r.Now(), r.Asking.Within, op.Version+1, v.votes)
	a.Picture, a.Changes, a.Again = now, changes, AgainRules
	data := map[string]string{"needed": strconv.Itoa(a.Needed), "votes": strconv.Itoa(len(a.Votes)), "again": AgainRules, "no_longer": a.noLonger()}
	if len(changes) > 0 {
		a.Again = AgainPicture
		data["again"] = AgainPicture
	}
	if err := r.save(ctx, op, EventApprovalAsked, data); err != nil {
		return Next{}, err
	}
	r.postReminder(ctx, *op) // an edited card calls nobody
	r.Log.Info("operation waits for approval again", zap.String("operation", op.ID), zap.String("ref", op.Ref), zap.String("why", a.Again))
	return Next{State: op.State}, nil
}

// votesOf counts the votes of those who are not among ids.
func votesOf(votes []Vote, ids []string) int {
	n := 0
	for _, v := range votes {
		if !slices.Contains(ids, v.By.UserID) {
			n++
		}
	}
	return n
}

// changedSinceApproval returns what changed since people agreed to op, if anything that
// matters did.
func (r *Runner) changedSinceApproval(op Operation, pool []zenlayer.Backend) (Picture, []string) {
	now := PictureOf(op, pool)
	if op.Approval == nil || op.Approval.Skipped || len(op.Approval.Votes) == 0 || op.maybeSent() {
		return now, nil
	}
	return now, r.Changes[op.Change].Differences(op, op.Approval.Picture, now)
}

// maybeSent reports whether an attempt may have had an effect: then nobody is
// asked about it any more.
func (o Operation) maybeSent() bool { return len(o.Unanswered()) > 0 || o.Doubted() }

// tellSkippedFor bounds how long those whose approval was skipped are tried to
// be told.
const tellSkippedFor = 24 * time.Hour

// tellSkipped tells those whose approval was skipped, once, and reports
// whether that is done.
func (r *Runner) tellSkipped(ctx context.Context, op *Operation) (bool, error) {
	if op.Approval == nil || !op.Approval.Skipped || !op.Approval.ToldAt.IsZero() {
		return true, nil
	}
	within, cancel := context.WithTimeoutCause(ctx, tellWithin, errors.New("Slack did not take the line for the approvers within "+tellWithin.String()))
	defer cancel()
	told, err := 0, holdLease(within)
	if err == nil {
		told, err = r.Reporter.TellSkipped(within, *op)
	}
	if err != nil {
		if ctx.Err() == nil {
			r.Log.Warn("people whose approval was skipped could not be told yet", zap.String("operation", op.ID), zap.Error(err))
		}
		return r.Now().Sub(op.ClickedAt) > tellSkippedFor, nil
	}
	at := r.Now()
	stored, err := Update(ctx, r.Journal, op.ID, func(now *Operation) (Event, bool) {
		now.Approval.ToldAt = at
		return systemEvent(at, EventBreakGlass, *now, map[string]string{"told": strconv.Itoa(told)}), now.Run == op.Run
	})
	if err != nil {
		return false, err
	}
	if stored.Version == op.Version+1 {
		op.Version, op.Approval = stored.Version, stored.Approval
	}
	r.Reporter.Show(stored)
	return true, nil
}
