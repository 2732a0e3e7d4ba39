package runner

import (
	"context"
	"errors"
	"slices"
	"time"

	"lbbot/bot/operation"
	"lbbot/zenlayer"
)

// unreachableFor is how long a dead network is waited for before the person is
// told that nothing was sent.
const unreachableFor = 30 * time.Second

// attempt makes the last checks and the call. It is one step, so that nothing
// that was checked can be old when the call goes out.
func (r *Runner) attempt(ctx context.Context, op *operation.Operation) (operation.Next, error) {
	if op.State != operation.Accepted && op.State != operation.Sending {
		return operation.Next{State: op.State}, nil
	}
	if len(op.Unanswered()) > 0 {
		op.ResumedAt = r.Now() // the process died between sending and writing down the answer
		return r.unconfirmed(ctx, op)
	}
	if n := len(op.Attempts); n > 0 && op.Attempts[n-1].Outcome == operation.OutcomeRefused {
		return r.reconcile(ctx, op)
	}
	if over, err := r.overdue(ctx, op); over != nil || err != nil {
		return over.next(), err
	}
	if _, err := r.changeOf(*op); err != nil {
		return operation.Next{}, err
	}
	if rest := op.WaitUntil.Sub(r.Now()); rest > 0 {
		return operation.Next{State: op.State, After: rest}, nil // a button ended the pause that was asked for
	}
	if held, err := r.heldBack(ctx, op); held != nil || err != nil {
		return held.next(), err
	}
	return r.inTurn(ctx, op)
}

// overdue ends an operation that must not start any more: stopped, or too late.
func (r *Runner) overdue(ctx context.Context, op *operation.Operation) (*ended, error) {
	switch {
	case op.StopBy != "":
		return end(r.finish(ctx, op, operation.NotDone, operation.ReasonStopped))
	case r.tooLate(*op):
		return end(r.finish(ctx, op, operation.NotDone, tooLateReason(*op)))
	}
	return nil, nil
}

// checkAndCall makes the last checks and the call: it is op's turn.
func (r *Runner) checkAndCall(ctx context.Context, op *operation.Operation) (operation.Next, error) {
	if op.WaitFor == operation.WaitLine {
		op.WaitFor, op.WaitUntil = "", time.Time{} // InLine stays: checks that end too late began late
	}
	seen, stop, err := r.checkListener(ctx, op)
	if stop != nil || err != nil {
		return stop.next(), err
	}
	if next, over, err := r.settleDoubted(ctx, op, seen.pool); over {
		return next, err
	}
	if s := r.before(*op, seen); s.Done || s.Differs {
		if s.Done && op.OnlyLimited() {
			op.FoundWeight = s.Backend.Weight
			return r.finishSeen(ctx, op, []zenlayer.Backend{s.Backend}, operation.EvidenceSeen)
		}
		return r.finishUnneeded(ctx, op, s)
	}
	if op.Rehearsal {
		return r.finish(ctx, op, operation.NotDone, operation.ReasonRehearsal)
	}
	if r.tooLate(*op) {
		return r.finish(ctx, op, operation.NotDone, tooLateReason(*op))
	}
	if changes := r.changedSinceApproval(*op, seen.picture); len(changes) > 0 {
		return r.askAgain(ctx, op, verdict{needed: op.Approval.Needed}, seen.picture, changes)
	}
	op.Baseline = operation.BackendIDs(operation.OfServer(*op, seen.pool))
	return r.call(ctx, op, op.ClickedAt.Add(operation.StartWithin))
}

// before compares op with the listener before a call. An entry that another removal has
// just taken off is gone, although the list may still show it.
func (r *Runner) before(op operation.Operation, seen sight) operation.Comparison {
	if op.Target != nil && !op.MaybeSent() && slices.Contains(seen.leaving, op.Target.BackendID) {
		return operation.Comparison{Done: true, Backend: zenlayer.Backend{BackendID: op.Target.BackendID}}
	}
	return r.Changes[op.Change].Before(op, seen.pool)
}

// settleDoubted ends an operation whose change the listener shows, although Zenlayer
// answered a try with an error that says it did nothing.
func (r *Runner) settleDoubted(
	ctx context.Context, op *operation.Operation, pool []zenlayer.Backend,
) (next operation.Next, over bool, err error) {
	if !op.Doubted() || op.OnlyLimited() {
		return operation.Next{}, false, nil
	}
	proof := r.Changes[op.Change].After(*op, pool)
	switch {
	case !proof.Done:
		return operation.Next{}, false, nil
	case len(proof.Backends) > 1:
		op.Matches = operation.BackendIDs(proof.Backends)
		next, err = r.needsPerson(ctx, op)
	default:
		next, err = r.finishSeen(ctx, op, proof.Backends, operation.EvidenceSeen)
	}
	return next, true, err
}

// finishUnneeded ends an operation that the listener leaves nothing to do for.
func (r *Runner) finishUnneeded(
	ctx context.Context, op *operation.Operation, s operation.Comparison,
) (operation.Next, error) {
	op.BackendID, op.BackendStatus, op.FoundWeight = s.Backend.BackendID, s.Backend.Status, s.Backend.Weight
	if s.Done {
		return r.finish(ctx, op, operation.NothingToDo, "")
	}
	if op.Target != nil {
		found := operation.TargetOf(s.Backend)
		op.Found = &found
	}
	return r.finish(ctx, op, operation.NotDone, operation.ReasonDiffers)
}

// tooLate reports whether a call could no longer go out within StartWithin of
// the last click. It holds for every try until one may have worked: being
// asked to wait, or being down, makes no click younger. A clock that stands
// before the click proves nothing, so it is too late as well.
func (r *Runner) tooLate(op operation.Operation) bool {
	now := r.Now()
	return now.Add(callWithin).After(op.ClickedAt.Add(operation.StartWithin)) ||
		now.Add(operation.ClockSlack).Before(op.ClickedAt)
}

// tooLateReason is the reason of an operation that is too late: what it was waiting
// for, if anything was tried.
func tooLateReason(op operation.Operation) operation.Reason {
	switch {
	case op.WaitFor == operation.WaitPaused:
		return operation.ReasonPaused
	case op.LastSent().IsZero():
		return operation.ReasonTooLate
	case op.WaitFor == operation.WaitRateLimit, operation.AsksToWait(op.Fault.Status, op.Fault.Code):
		return operation.ReasonRateLimited
	case op.Fault.Code == zenlayer.CodeSignatureExpired:
		return operation.ReasonClockSkew
	case op.Fault.Status != 0:
		return operation.ReasonRefused
	}
	return operation.ReasonUnreachable
}

// reconcile ends an operation whose call was refused. A refusal may say that the
// change is done, although the reading before the call did not show it: then the
// listener is read again. What cannot be read or seen stays a refusal.
func (r *Runner) reconcile(ctx context.Context, op *operation.Operation) (operation.Next, error) {
	change, err := r.changeOf(*op)
	if err != nil {
		return operation.Next{}, err
	}
	within, cancel := context.WithTimeoutCause(ranked(ctx, operation.RankCheck), checkWithin, errCheckWithin)
	defer cancel()
	pool, err := r.Pools.DescribeBackends(within, op.Request.ListenerID, zenlayer.BackendFilter{})
	if ctx.Err() != nil {
		return operation.Next{}, context.Cause(ctx)
	}
	op.NoteReading(err)
	if saysListenerGone(err) && r.listenerGone(within, op.Request.ListenerID) {
		return r.finish(ctx, op, operation.NotDone, operation.ReasonGone)
	}
	s := operation.Comparison{}
	if err == nil {
		if next, over, err := r.settleDoubted(ctx, op, pool); over {
			return next, err
		}
		s = change.Before(*op, pool)
	}
	found := s.Done || s.Differs
	if op.Looks++; !found && op.Looks < reconcileLooks {
		if err := r.save(ctx, op, operation.EventLook, map[string]string{"fault": op.LookFault}); err != nil {
			return operation.Next{}, err
		}
		return operation.Next{State: op.State, After: settlePause(op.Looks - 1)}, nil
	}
	if !found && op.Target != nil { // Zenlayer does not know the entry, and its list shows it: one of them is late
		return r.unconfirmed(ctx, op)
	}
	if !found {
		return r.finish(ctx, op, operation.NotDone, operation.ReasonRefused)
	}
	if s.Done {
		op.Fault = operation.Fault{}
	}
	return r.finishUnneeded(ctx, op, s)
}

// reconcileLooks is how often the list is read for what a refusal names: it may be
// late.
const reconcileLooks = 3

// ended is a step's way of saying that op went another way.
type ended struct{ operation.Next }

func (e *ended) next() operation.Next {
	if e == nil {
		return operation.Next{}
	}
	return e.Next
}

func end(n operation.Next, err error) (*ended, error) { return &ended{n}, err }

// unconfirmed hands op over to settle, which looks for the first time soon.
func (r *Runner) unconfirmed(ctx context.Context, op *operation.Operation) (operation.Next, error) {
	first := op.State != operation.Unconfirmed
	op.State = operation.Unconfirmed
	after := settlePause(op.Looks)
	op.WaitUntil, op.WaitFor = r.Now().Add(after), operation.WaitLook
	if err := r.save(ctx, op, operation.EventWaiting, map[string]string{"for": operation.WaitLook}); err != nil {
		return operation.Next{}, err
	}
	if first {
		return operation.Next{State: op.State}, nil
	}
	return operation.Next{State: op.State, After: after}, nil
}

// retryLater waits after a try that certainly changed nothing, or gives up when it
// has waited long enough.
func (r *Runner) retryLater(ctx context.Context, op *operation.Operation, err error) (operation.Next, error) {
	if zenlayer.IsLimited(err) {
		return r.backInLine(ctx, op)
	}
	now, before := r.Now(), op.Fault
	op.InLine, op.Others = time.Time{}, 0 // what it waits for now is something else
	if op.FirstTry.IsZero() {
		op.FirstTry = now
	}
	op.Tries++
	op.Fault = operation.FaultOf(err)
	pause := min(time.Second<<min(op.Tries-1, 5), 30*time.Second)
	limit, why := unreachableFor, operation.ReasonUnreachable
	if before.Status != 0 {
		limit = operation.GiveUpAfter // it answered the last time, so this is not the same trouble
	}
	op.WaitFor = operation.WaitUnreachable
	if e, ok := errors.AsType[*zenlayer.APIError](err); ok {
		pause = max(pause, e.RetryAfter)
		switch {
		case zenlayer.IsClockSkew(err):
			if before.Code == zenlayer.CodeSignatureExpired {
				return r.finish(ctx, op, operation.NotDone, operation.ReasonClockSkew)
			}
		case operation.AsksToWait(e.Status, e.Code):
			limit, why, op.WaitFor = operation.GiveUpAfter, operation.ReasonRateLimited, operation.WaitRateLimit
		case op.LookFault == "":
			why = operation.ReasonRefused // it answered the call, and said that it cannot now
		}
	}
	if now.Add(pause).After(op.FirstTry.Add(limit)) {
		return r.finish(ctx, op, operation.NotDone, why)
	}
	op.WaitUntil = now.Add(pause)
	if err := r.save(ctx, op, operation.EventWaiting,
		map[string]string{"for": op.WaitFor, "code": op.Fault.Code}); err != nil {
		return operation.Next{}, err
	}
	return operation.Next{State: op.State, After: pause}, nil
}
