package operation

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"go.uber.org/zap"

	"lbbot/zenlayer"
)

// settlePause is how long to wait before the look after this many.
func settlePause(looks int) time.Duration {
	pauses := []time.Duration{2 * time.Second, 3 * time.Second, 5 * time.Second, 10 * time.Second, 15 * time.Second, 30 * time.Second}
	if looks < len(pauses) {
		return pauses[looks]
	}
	return time.Minute
}

// personPause is how long to wait between readings while a person is needed:
// a press on a button ends the wait.
func personPause(since time.Duration) time.Duration {
	return min(max(since/10, time.Minute), time.Hour)
}

// settle finds out what became of an attempt without an answer: it looks at
// the listener, repeats the request with the same token while that is safe,
// and in the end proves that nothing is there or asks a person.
func (r *Runner) settle(ctx context.Context, op Operation) (Next, error) {
	if op.State != Unconfirmed && op.State != NeedsPerson {
		return Next{State: op.State}, nil
	}
	if op.Looks == 0 && r.Now().Before(op.WaitUntil) {
		return Next{State: op.State, After: op.WaitUntil.Sub(r.Now())}, nil
	}
	pool, err := r.Registrar.DescribeBackends(ctx, op.Request.ListenerID, zenlayer.BackendFilter{})
	if err != nil && ctx.Err() != nil {
		return Next{}, context.Cause(ctx)
	}
	op.Looks++
	switch {
	case err == nil:
		op.LastLook, op.LookFault = r.Now(), ""
	case zenlayer.IsNotFound(err):
		// No listener, so nothing on it: a complete reading of nothing.
		pool, err = nil, nil
		op.LastLook, op.LookFault = r.Now(), ""
		op.Fault = Fault{Code: "INVALID_LB_LISTENER_NOT_FOUND", Message: "the listener does not exist any more"}
	default:
		op.LookFault = faultOf(err).Message
	}
	found := arrivals(op, pool)
	if op.State == NeedsPerson {
		return r.withPerson(ctx, op, found, err == nil)
	}
	switch {
	case err == nil && len(found) == 1:
		return r.seen(ctx, &op, found[0], EvidenceSeen)
	case len(found) > 1:
		op.Matches = backendIDs(found)
		return r.needsPerson(ctx, &op)
	case err == nil && r.mayRepeat(op):
		return r.repeat(ctx, op)
	case !r.Now().Before(op.LastSent().Add(ProofAfter)):
		if err != nil {
			return r.needsPerson(ctx, &op)
		}
		return r.finish(ctx, &op, NotAdded, ReasonProven)
	}
	return r.lookAgain(ctx, &op)
}

// mayRepeat reports whether asking again is still safe: soon enough for the
// token to be remembered, and not too often.
func (r *Runner) mayRepeat(op Operation) bool {
	open := op.Unanswered()
	if op.StopBy != "" || len(open) == 0 {
		return false
	}
	repeats := len(op.Attempts) - open[0].Number
	last := op.Attempts[len(op.Attempts)-1]
	return repeats < MaxRepeats &&
		last.Outcome != OutcomeRefused &&
		!r.Now().Add(callWithin).After(open[0].SentAt.Add(RepeatWithin))
}

// repeat asks again with the same token, after permission was asked again.
func (r *Runner) repeat(ctx context.Context, op Operation) (Next, error) {
	if l, err := readListener(ctx, r.Catalog, op.Request.ListenerID); err == nil {
		l.Protected, l.Servers = op.Listener.Protected, op.Listener.Servers
		op.Listener = l
		if d := r.Permission.Decide(ctx, r.question(op)); d.Allowed {
			return r.call(ctx, &op)
		}
	} else if !errors.Is(err, errListenerGone) {
		r.Log.Warn("listener could not be read before a repeat", zap.String("operation", op.ID), zap.Error(err))
	}
	if ctx.Err() != nil {
		return Next{}, context.Cause(ctx)
	}
	return r.lookAgain(ctx, &op)
}

func (r *Runner) lookAgain(ctx context.Context, op *Operation) (Next, error) {
	after := settlePause(op.Looks)
	if proof := op.LastSent().Add(ProofAfter).Sub(r.Now()); proof > 0 {
		after = min(after, proof)
	}
	op.WaitUntil, op.WaitFor = r.Now().Add(after), WaitLook
	if err := r.save(ctx, op, EventLook, map[string]string{"fault": op.LookFault}); err != nil {
		return Next{}, err
	}
	return Next{State: op.State, After: after}, nil
}

// seen ends op as added because it is there.
func (r *Runner) seen(ctx context.Context, op *Operation, b zenlayer.Backend, how Evidence) (Next, error) {
	op.BackendID, op.BackendStatus, op.StatusAt, op.Evidence = b.BackendID, b.Status, r.Now(), how
	op.Fault = Fault{}
	return r.finish(ctx, op, Added, "")
}

// needsPerson gives up settling alone.
func (r *Runner) needsPerson(ctx context.Context, op *Operation) (Next, error) {
	op.State, op.WaitUntil, op.WaitFor = NeedsPerson, time.Time{}, ""
	if err := r.save(ctx, op, EventLook, map[string]string{"state": string(NeedsPerson), "fault": op.LookFault, "matches": strings.Join(op.Matches, " ")}); err != nil {
		return Next{}, err
	}
	r.Log.Warn("operation needs a person", zap.String("operation", op.ID), zap.String("ref", op.Ref), zap.Strings("matches", op.Matches), zap.String("fault", op.LookFault))
	return Next{State: op.State, After: time.Second}, nil
}

// withPerson goes by a person's answer, once a reading agrees with it.
func (r *Runner) withPerson(ctx context.Context, op Operation, found []zenlayer.Backend, complete bool) (Next, error) {
	before := op.Mismatch
	switch {
	case complete && op.Answer == AnswerThere && len(found) > 0:
		op.Matches = backendIDs(found)
		return r.seen(ctx, &op, found[0], EvidencePerson)
	case complete && op.Answer == AnswerNotThere && len(found) == 0:
		return r.finish(ctx, &op, NotAdded, ReasonPerson)
	}
	op.Mismatch = complete && op.Answer != ""
	told := false
	if op.OwnerTold.IsZero() {
		if err := r.Reporter.TellOwner(ctx, op); err != nil {
			r.Log.Warn("owner could not be told", zap.String("operation", op.ID), zap.Error(err))
		} else {
			op.OwnerTold, told = r.Now(), true
		}
	}
	if matches := backendIDs(found); complete && !slices.Equal(matches, op.Matches) {
		op.Matches = matches
		told = true
	}
	if told || op.Mismatch != before {
		if err := r.save(ctx, &op, EventLook, map[string]string{"state": string(NeedsPerson), "fault": op.LookFault}); err != nil {
			return Next{}, err
		}
	}
	return Next{State: op.State, After: personPause(r.Now().Sub(op.LastSent()))}, nil
}

// The words stored in Operation.Answer.
const (
	AnswerThere    = "there"
	AnswerNotThere = "not_there"
)
