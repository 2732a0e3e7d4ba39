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
	pauses := []time.Duration{2 * time.Second, 3 * time.Second, 5 * time.Second, 10 * time.Second, 15 * time.Second,
		30 * time.Second}
	if looks < len(pauses) {
		return pauses[looks]
	}
	return time.Minute
}

// readWithin bounds one reading of a listener, all its pages and repeats.
const readWithin = time.Minute

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
	if rest := op.WaitUntil.Sub(r.Now()); op.Looks == 0 && rest > 0 && rest <= settlePause(0) {
		return Next{State: op.State, After: rest}, nil
	}
	change, err := r.changeOf(op)
	if err != nil {
		return Next{}, err
	}
	pool, complete, err := r.look(ctx, &op)
	if err != nil {
		return Next{}, err
	}
	// After the clock was set back, no call is repeated, also not when the clock
	// has caught up.
	op.ClockBack = op.ClockBack || r.Now().Add(ClockSlack).Before(op.LastSent())
	var proof Proof
	if complete {
		proof = change.After(op, pool)
	}
	if op.State == NeedsPerson {
		return r.settleByPerson(ctx, op, proof, complete)
	}
	switch {
	case proof.Done && len(proof.Backends) > 1:
		op.Matches = backendIDs(proof.Backends)
		return r.needsPerson(ctx, &op)
	case proof.Done:
		return r.finishSeen(ctx, &op, proof.Backends, EvidenceSeen)
	case complete && r.mayRepeat(op):
		return r.repeat(ctx, op)
	case !r.provable(op):
		return r.lookAgain(ctx, &op)
	case !complete || len(proof.Unclear) > 0:
		op.Matches = backendIDs(proof.Unclear)
		return r.needsPerson(ctx, &op)
	}
	return r.finish(ctx, &op, NotAdded, ReasonProven)
}

// look reads the listener whole, or notes in op why it could not. An error
// means only that ctx ended.
func (r *Runner) look(ctx context.Context, op *Operation) (pool []zenlayer.Backend, complete bool, err error) {
	within, cancel := context.WithTimeoutCause(ranked(ctx, rankCheck), readWithin,
		errors.New("reading the listener took longer than "+readWithin.String()))
	defer cancel()
	pool, err = r.Pools.DescribeBackends(within, op.Request.ListenerID, zenlayer.BackendFilter{})
	if err != nil && ctx.Err() != nil {
		return nil, false, context.Cause(ctx)
	}
	op.Looks++
	if err != nil && saysListenerGone(err) {
		// No listener, so nothing on it: a complete reading of nothing.
		pool, err = nil, nil
		op.Fault = Fault{Code: codeListenerGone, Message: "the listener does not exist any more"}
	}
	if err != nil {
		op.noteReading(err)
		return nil, false, nil
	}
	op.LastLook = r.Now()
	op.noteReading(nil)
	return pool, true, nil
}

// noteReading notes why the last reading failed; nil: it did not.
func (o *Operation) noteReading(err error) {
	f := FaultOf(err)
	o.LookFault, o.Unread = f.Message, Fault{}
	if f.Answered() {
		o.LookFault, o.Unread = f.Words(), f
	}
}

// provable reports whether a complete reading made now proves that nothing
// was added: no request that was sent can still take effect.
func (r *Runner) provable(op Operation) bool {
	return !r.Now().Before(op.LastSent().Add(ProofAfter))
}

// mayRepeat reports whether asking again is still safe: soon enough for the
// token to be remembered, and not too often.
func (r *Runner) mayRepeat(op Operation) bool {
	open := op.Unanswered()
	if op.StopBy != "" || op.ClockBack || len(open) == 0 {
		return false
	}
	repeats := len(op.Attempts) - open[0].Number
	last := op.Attempts[len(op.Attempts)-1]
	now := r.Now()
	return repeats < MaxRepeats &&
		last.Outcome != OutcomeRefused &&
		!now.Add(callWithin).After(open[0].SentAt.Add(RepeatWithin))
}

// repeat asks again with the same token, after permission was asked again.
func (r *Runner) repeat(ctx context.Context, op Operation) (Next, error) {
	within, cancel := context.WithTimeoutCause(ranked(ctx, rankCheck), checkWithin, errCheckWithin)
	defer cancel()
	if l, err := readListener(within, r.Catalog, op.Request.ListenerID); err == nil {
		l.Protected, l.Servers = op.Listener.Protected, op.Listener.Servers
		op.Listener = l
		// The checks took time, so whether it is early enough is asked again.
		if v := r.permitted(within, &op); v.allowed && ctx.Err() == nil && r.mayRepeat(op) {
			return r.call(ctx, &op, op.Unanswered()[0].SentAt.Add(RepeatWithin))
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

// finishSeen ends op because a reading shows its change as done, by the first of
// backends if it leaves any. It counts as nothing to do if all that Zenlayer
// answered was to wait: then somebody else may well have done it.
func (r *Runner) finishSeen(ctx context.Context, op *Operation, backends []zenlayer.Backend, how Evidence) (Next,
	error) {
	if len(backends) > 0 {
		op.BackendID, op.BackendStatus, op.StatusAt = backends[0].BackendID, backends[0].Status, r.Now()
	}
	op.Evidence = how
	op.Fault = Fault{}
	if how == EvidenceSeen && op.onlyLimited() {
		return r.finish(ctx, op, AlreadyThere, "")
	}
	return r.finish(ctx, op, Added, "")
}

// needsPerson gives up settling alone.
func (r *Runner) needsPerson(ctx context.Context, op *Operation) (Next, error) {
	op.State, op.WaitUntil, op.WaitFor = NeedsPerson, time.Time{}, ""
	op.PersonSince = op.Version + 1
	if err := r.save(ctx, op, EventLook, map[string]string{"state": string(NeedsPerson), "fault": op.LookFault,
		"matches": strings.Join(op.Matches, " ")}); err != nil {
		return Next{}, err
	}
	r.Log.Warn("operation needs a person", zap.String("operation", op.ID), zap.String("ref", op.Ref),
		zap.Strings("matches", op.Matches), zap.String("fault", op.LookFault))
	return Next{State: op.State, After: time.Second}, nil
}

// The words stored in Operation.Answer: whether the change was carried out. For
// an addition that is whether the server is on the listener.
const (
	AnswerThere    = "there"
	AnswerNotThere = "not_there"
)

// settleByPerson goes by a person's answer, once a reading agrees with it. That
// the change was not carried out is believed only when nothing that was sent can
// take effect any more. proof is zero if the reading was not complete.
func (r *Runner) settleByPerson(ctx context.Context, op Operation, proof Proof, complete bool) (Next, error) {
	there := slices.Concat(proof.Backends, proof.Unclear)
	switch {
	case op.Answer == AnswerThere && (proof.Done || len(there) > 0):
		op.Matches = backendIDs(there)
		return r.finishSeen(ctx, &op, there, EvidencePerson)
	case complete && op.Answer == AnswerNotThere && !proof.Done && r.provable(op):
		return r.finish(ctx, &op, NotAdded, ReasonPerson)
	}
	if err := r.tellOwner(ctx, &op); err != nil {
		return Next{}, err
	}
	mismatch := complete && (op.Answer == AnswerThere || op.Answer == AnswerNotThere && proof.Done)
	matches := backendIDs(there)
	if !complete {
		matches = op.Matches // what was seen last stays on the card
	}
	if mismatch != op.Mismatch || !slices.Equal(matches, op.Matches) {
		if mismatch && !op.Mismatch {
			op.PersonSince = op.Version + 1
		}
		op.Mismatch, op.Matches = mismatch, matches
		if err := r.save(ctx, &op, EventLook, map[string]string{"state": string(NeedsPerson),
			"fault": op.LookFault}); err != nil {
			return Next{}, err
		}
	}
	pause := personPause(r.Now().Sub(op.LastSent()))
	if rest := op.LastSent().Add(ProofAfter).Sub(r.Now()); rest > 0 {
		pause = min(pause, rest)
	}
	return Next{State: op.State, After: pause}, nil
}
