package runner

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"go.uber.org/zap"

	"lbbot/bot/operation"
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
// the listener, repeats the call while that is safe, and in the end proves that
// nothing was done or asks a person.
func (r *Runner) settle(ctx context.Context, op *operation.Operation) (operation.Next, error) {
	if op.State != operation.Unconfirmed && op.State != operation.NeedsPerson {
		return operation.Next{State: op.State}, nil
	}
	if rest := op.WaitUntil.Sub(r.Now()); op.Looks == 0 && rest > 0 && rest <= settlePause(0) {
		return operation.Next{State: op.State, After: rest}, nil
	}
	change, err := r.changeOf(*op)
	if err != nil {
		return operation.Next{}, err
	}
	l, err := r.look(ctx, op, change)
	if err != nil {
		return operation.Next{}, err
	}
	// A clock that was set back makes nothing early, also not when it comes by
	// the same time again.
	op.ClockBack = op.ClockBack || r.Now().Add(operation.ClockSlack).Before(op.LastSent())
	proof := l.proof
	if op.State == operation.NeedsPerson {
		return r.settleByPerson(ctx, op, proof, l.complete)
	}
	switch {
	case proof.Done && len(proof.Backends) > 1:
		op.Matches = operation.BackendIDs(proof.Backends)
		return r.needsPerson(ctx, op)
	case proof.Done:
		return r.finishSeen(ctx, op, proof.Backends, l.evidence())
	case l.complete && proof.Disputed == nil && r.mayRepeat(*op):
		return r.repeat(ctx, op, operation.PictureOf(*op, l.pool, l.leaving).Last())
	case !r.provable(*op):
		return r.lookAgain(ctx, op)
	case !l.complete || len(proof.Unclear) > 0 || proof.Disputed != nil:
		op.Matches = operation.BackendIDs(proof.Unclear)
		return r.needsPerson(ctx, op)
	}
	return r.finish(ctx, op, operation.NotDone, operation.ReasonProven)
}

// looked is one reading of a listener.
type looked struct {
	leaving  []string // as Runner.leaving
	pool     []zenlayer.Backend
	complete bool
	gone     bool            // the listener does not exist any more: a complete reading of nothing
	proof    operation.Proof // zero if the reading was not complete
}

// evidence is how the reading shows that a change was carried out.
func (l looked) evidence() operation.Evidence {
	if l.gone {
		return operation.EvidenceGone
	}
	return operation.EvidenceSeen
}

// noteFound keeps what a complete reading shows of a removal's entry.
func noteFound(op *operation.Operation, proof operation.Proof) {
	if op.Found = nil; proof.Disputed != nil {
		found := operation.TargetOf(*proof.Disputed)
		op.Found = &found
	}
}

// look reads the listener whole, or notes in op why it could not. An error
// means that ctx ended, or that the journal could not be read.
func (r *Runner) look(ctx context.Context, op *operation.Operation, change operation.Change) (l looked, err error) {
	within, cancel := context.WithTimeoutCause(ranked(ctx, operation.RankCheck), readWithin,
		errors.New("reading the listener took longer than "+readWithin.String()))
	defer cancel()
	if l.leaving, err = r.leaving(within, *op); err != nil {
		return looked{}, err
	}
	l.pool, err = r.Pools.DescribeBackends(within, op.Request.ListenerID, zenlayer.BackendFilter{})
	l.gone = saysListenerGone(err) && r.listenerGone(within, op.Request.ListenerID)
	if err != nil && ctx.Err() != nil {
		return looked{}, context.Cause(ctx)
	}
	op.Looks++
	if l.gone {
		l.pool, err = nil, nil
		op.Fault = operation.Fault{Code: codeListenerGone, Message: "the listener does not exist any more"}
	}
	op.NoteReading(err)
	if err != nil {
		return looked{}, nil
	}
	op.LastLook, l.complete, l.proof = r.Now(), true, change.After(*op, l.pool)
	noteFound(op, l.proof)
	return l, nil
}

// provable reports whether a complete reading made now proves that nothing
// was done: no request that was sent can still take effect.
func (r *Runner) provable(op operation.Operation) bool {
	return !r.Now().Before(op.LastSent().Add(operation.ProofAfter))
}

// mayRepeat reports whether asking again is still safe: soon enough for the
// token of an addition to be remembered, and not too often.
func (r *Runner) mayRepeat(op operation.Operation) bool {
	open := op.Unanswered()
	if op.StopBy != "" || op.ClockBack || len(open) == 0 {
		return false
	}
	repeats := len(op.Attempts) - open[0].Number
	last := op.Attempts[len(op.Attempts)-1]
	now := r.Now()
	return repeats < operation.MaxRepeats &&
		last.Outcome != operation.OutcomeRefused &&
		!now.Add(callWithin).After(open[0].SentAt.Add(operation.RepeatWithin))
}

// repeat asks again, with the token if there is one, after permission was asked
// again. last is PictureOf's: nobody is asked to approve a repeat, so it is not made
// if it needs a second person now.
func (r *Runner) repeat(ctx context.Context, op *operation.Operation, last bool) (operation.Next, error) {
	within, cancel := context.WithTimeoutCause(ranked(ctx, operation.RankCheck), checkWithin, errCheckWithin)
	defer cancel()
	if l, err := readListener(within, r.Catalog, op.Request.ListenerID); err == nil {
		l.Protected, l.Servers = op.Listener.Protected, op.Listener.Servers
		op.Listener = l
		// The checks took time, so whether it is early enough is asked again.
		if v := r.permitted(within, op, last); v.allowed && ctx.Err() == nil && r.mayRepeat(*op) {
			return r.call(ctx, op, op.Unanswered()[0].SentAt.Add(operation.RepeatWithin))
		}
	} else if !errors.Is(err, errListenerGone) {
		r.Log.Warn("listener could not be read before a repeat", zap.String("operation", op.ID), zap.Error(err))
	}
	if ctx.Err() != nil {
		return operation.Next{}, context.Cause(ctx)
	}
	return r.lookAgain(ctx, op)
}

func (r *Runner) lookAgain(ctx context.Context, op *operation.Operation) (operation.Next, error) {
	after := settlePause(op.Looks)
	if proof := op.LastSent().Add(operation.ProofAfter).Sub(r.Now()); proof > 0 {
		after = min(after, proof)
	}
	op.WaitUntil, op.WaitFor = r.Now().Add(after), operation.WaitLook
	if err := r.save(ctx, op, operation.EventLook, map[string]string{"fault": op.LookFault}); err != nil {
		return operation.Next{}, err
	}
	return operation.Next{State: op.State, After: after}, nil
}

// finishSeen ends op because a reading shows its change as done, by the first of
// backends if it leaves any. It counts as nothing to do if all that Zenlayer
// answered was to wait, or that there is nothing to do: then somebody else may well
// have done it.
func (r *Runner) finishSeen(
	ctx context.Context, op *operation.Operation, backends []zenlayer.Backend, how operation.Evidence,
) (operation.Next, error) {
	if len(backends) > 0 {
		op.BackendID, op.BackendStatus, op.StatusAt = backends[0].BackendID, backends[0].Status, r.Now()
	} else if op.Target != nil { // a removal leaves none
		op.BackendID, op.StatusAt = op.Target.BackendID, r.Now()
	}
	op.Evidence = how
	op.Fault = operation.Fault{}
	if how == operation.EvidenceSeen && (op.OnlyLimited() || !op.MaybeSent()) {
		return r.finish(ctx, op, operation.NothingToDo, "")
	}
	return r.finish(ctx, op, operation.Done, "")
}

// needsPerson gives up settling alone.
func (r *Runner) needsPerson(ctx context.Context, op *operation.Operation) (operation.Next, error) {
	op.State, op.WaitUntil, op.WaitFor = operation.NeedsPerson, time.Time{}, ""
	op.PersonSince = op.Version + 1
	if err := r.save(ctx, op, operation.EventLook,
		map[string]string{"state": string(operation.NeedsPerson), "fault": op.LookFault,
			"matches": strings.Join(op.Matches, " ")}); err != nil {
		return operation.Next{}, err
	}
	r.Log.Warn("operation needs a person", zap.String("operation", op.ID), zap.String("ref", op.Ref),
		zap.Strings("matches", op.Matches), zap.String("fault", op.LookFault))
	return operation.Next{State: op.State, After: time.Second}, nil
}

// settleByPerson goes by a person's answer, once a reading agrees with it. That
// the change was not carried out is believed only when nothing that was sent can
// take effect any more. proof is zero if the reading was not complete.
func (r *Runner) settleByPerson(ctx context.Context, op *operation.Operation, proof operation.Proof,
	complete bool) (operation.Next, error) {
	there := slices.Concat(proof.Backends, proof.Unclear)
	switch {
	case op.Answer == operation.AnswerThere && (proof.Done || len(there) > 0):
		op.Matches = operation.BackendIDs(there)
		return r.finishSeen(ctx, op, there, operation.EvidencePerson)
	case complete && op.Answer == operation.AnswerNotThere && !proof.Done && r.provable(*op):
		return r.finish(ctx, op, operation.NotDone, operation.ReasonPerson)
	}
	if err := r.tellOwner(ctx, op); err != nil {
		return operation.Next{}, err
	}
	mismatch := complete && (op.Answer == operation.AnswerThere || op.Answer == operation.AnswerNotThere && proof.Done)
	matches := operation.BackendIDs(there)
	if !complete {
		matches = op.Matches // what was seen last stays on the card
	}
	if mismatch != op.Mismatch || !slices.Equal(matches, op.Matches) {
		if mismatch && !op.Mismatch {
			op.PersonSince = op.Version + 1
		}
		op.Mismatch, op.Matches = mismatch, matches
		if err := r.save(ctx, op, operation.EventLook, map[string]string{"state": string(operation.NeedsPerson),
			"fault": op.LookFault}); err != nil {
			return operation.Next{}, err
		}
	}
	pause := personPause(r.Now().Sub(op.LastSent()))
	if rest := op.LastSent().Add(operation.ProofAfter).Sub(r.Now()); rest > 0 {
		pause = min(pause, rest)
	}
	return operation.Next{State: op.State, After: pause}, nil
}
