package runner

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"go.uber.org/zap"

	"lbbot/bot/operation"
	"lbbot/zenlayer"
)

// callWithin bounds one call, waiting for a free place in the
// account's rate included. It is short of the client's and Zenlayer's own
// limits by far: a signed request stays valid for five minutes.
const callWithin = 15 * time.Second

// storeWithin bounds each try to write down an answer, and all tries together
// once the process is stopping.
const storeWithin = 5 * time.Second

// call writes the attempt down, makes it unless that took until close to the
// deadline, and writes down what came of it.
func (r *Runner) call(ctx context.Context, op *operation.Operation, deadline time.Time) (operation.Next, error) {
	number, before := len(op.Attempts)+1, *op
	op.Attempts = append(op.Attempts, operation.Attempt{Number: number, SentAt: r.Now()})
	op.WaitUntil, op.WaitFor = time.Time{}, ""
	op.InLine, op.Others = time.Time{}, 0
	if op.State != operation.Unconfirmed {
		op.State = operation.Sending
	}
	if err := r.store(ctx, op, operation.EventAttempt,
		operation.WithPolicies(map[string]string{"attempt": strconv.Itoa(number)},
			op.Policies, op.PolicyDigest)); err != nil {
		if e, ok := errors.AsType[*operation.PausedError](err); ok {
			*op = before
			return r.paused(ctx, op, e.Pause)
		}
		return operation.Next{}, err
	}
	if op.State != operation.Sending { // a repeat: the card says that it is not confirmed, and when it was sent
		r.Reporter.Show(*op)
	}
	left := min(callWithin, deadline.Sub(r.Now()))
	if left < callWithin/3 {
		return r.answered(ctx, op, number, operation.Receipt{}, errNotSent)
	}
	within, cancel := context.WithTimeoutCause(ctx, left, fmt.Errorf("no answer within %s", left))
	defer cancel()
	if err := operation.HoldLease(within); err != nil {
		if ctx.Err() != nil {
			return operation.Next{}, context.Cause(ctx)
		}
		return r.answered(ctx, op, number, operation.Receipt{}, errNotSent)
	}
	got, err := r.send(within, *op, number)
	return r.answered(ctx, op, number, got, err)
}

// send makes the call, and has the card say when it takes long.
func (r *Runner) send(ctx context.Context, op operation.Operation, number int) (operation.Receipt, error) {
	defer r.showSlowCall(ctx, op, number)()
	ctx = zenlayer.WithWaiting(ctx, zenlayer.Waiting{Rank: operation.RankCall, AtMost: callWaits})
	return r.Changes[op.Change].Send(ctx, op)
}

// Most calls have their answer within addingAfter, and the card goes from Asked to
// its end in one edit. slowAfter is how long an answer may take before the card says
// that it does.
const (
	addingAfter = 700 * time.Millisecond
	slowAfter   = 3 * time.Second
)

// showSlowCall updates the card when a call has no answer after addingAfter, and after
// slowAfter: people who wait start to repeat their requests. The function it returns
// ends that and waits for it.
func (r *Runner) showSlowCall(ctx context.Context, sent operation.Operation, number int) (answered func()) {
	ctx, cancel := context.WithCancel(ctx)
	shown := r.beside(sent.ID, "show", func() {
		if sleep(ctx, addingAfter) != nil {
			return
		}
		r.Reporter.Show(sent)
		if sleep(ctx, slowAfter-addingAfter) != nil {
			return
		}
		op, err := operation.Update(ctx, r.Journal, sent.ID, func(op *operation.Operation) (operation.Event, bool) {
			slow := op.Run == sent.Run && len(op.Attempts) == number && op.Attempts[number-1].AnsweredAt.IsZero()
			return operation.SystemEvent(r.Now(), operation.EventWaiting, *op, map[string]string{"for": "answer"}), slow
		})
		if err == nil {
			r.Reporter.Show(op)
		}
	})
	return func() { cancel(); shown() }
}

// sleep returns after d, or with the cause when ctx ends.
func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-t.C:
		return nil
	}
}

// errNotSent is the fault of an attempt that was written down and then not made.
var errNotSent = errors.New("not sent: writing it down took until it was too late")

// answered stores what a call came back with. If somebody pressed Stop meanwhile, Save
// refuses, and the next try works on the operation as it is now. The answer cannot be
// fetched again, so the write is retried until the journal takes it or the process
// stops.
func (r *Runner) answered(ctx context.Context, op *operation.Operation, number int, got operation.Receipt,
	callErr error) (operation.Next, error) {
	word := outcomeWord(callErr)
	r.Metrics.attempts.WithLabelValues(word).Inc()
	reload := false
	for pause := 50 * time.Millisecond; ; pause = min(2*pause, time.Second) {
		next, err := r.storeAnswer(ctx, op, reload, number, got, callErr)
		reload = true
		if err == nil || errors.Is(err, operation.ErrSuperseded) || ctx.Err() != nil {
			return next, err
		}
		var stale *operation.StaleError
		if errors.As(err, &stale) {
			continue
		}
		r.Metrics.stepErrors.Inc()
		r.Log.Error("answer of a call could not be written down yet", zap.String("operation", op.ID),
			zap.String("outcome", word), zap.Error(err))
		_ = sleep(ctx, pause) // when the process stops there is one more try
	}
}

// storeAnswer makes one try, also while the process is stopping. reload says that op may
// not be what is stored.
func (r *Runner) storeAnswer(ctx context.Context, op *operation.Operation, reload bool, number int,
	got operation.Receipt, callErr error) (operation.Next, error) {
	ctx, cancel := context.WithTimeoutCause(context.WithoutCancel(ctx), storeWithin,
		errors.New("the journal did not answer within "+storeWithin.String()))
	defer cancel()
	if reload {
		now, err := r.current(ctx, op.ID, op.Run)
		if err != nil {
			return operation.Next{}, err
		}
		*op = now
	}
	op.Attempts = slices.Clone(op.Attempts) // the card may be shown from the old ones
	a := &op.Attempts[number-1]
	if !a.AnsweredAt.IsZero() { // the try before was committed, but said otherwise
		next := operation.Next{State: op.State}
		if !op.State.Final() {
			next.After = max(op.WaitUntil.Sub(r.Now()), time.Millisecond) // not 0: the step is not over
		}
		return next, nil
	}
	a.AnsweredAt, a.Outcome, a.Fault = r.Now(), outcomeWord(callErr), operation.FaultOf(callErr)
	a.Unsent = errors.Is(callErr, errNotSent) || zenlayer.IsLimited(callErr)
	return r.handleAnswer(ctx, op, got, callErr)
}

// outcomeWord is what is stored of how a call ended.
func outcomeWord(err error) string {
	if err == nil {
		return operation.OutcomeAccepted
	}
	if errors.Is(err, errNotSent) {
		return operation.OutcomeRetry
	}
	switch zenlayer.OutcomeOf(err) {
	case zenlayer.OutcomeRefused:
		return operation.OutcomeRefused
	case zenlayer.OutcomeRetry:
		return operation.OutcomeRetry
	}
	return operation.OutcomeUnknown
}

// handleAnswer decides what the last attempt's answer means.
func (r *Runner) handleAnswer(ctx context.Context, op *operation.Operation, got operation.Receipt,
	callErr error) (operation.Next, error) {
	last := op.Attempts[len(op.Attempts)-1]
	open := op.Unanswered()
	held := errors.Is(callErr, errNotSent)
	if last.Outcome == operation.OutcomeRetry && len(open) == 0 && !held {
		return r.retryLater(ctx, op, callErr)
	}
	op.Fault = last.Fault
	switch {
	case last.Outcome == operation.OutcomeAccepted:
		op.BackendID, op.RequestID, op.Evidence = got.BackendID, got.RequestID, operation.EvidenceAnswered
		if len(open) > 0 {
			op.Evidence = operation.EvidenceRepeated
		}
		return r.finish(ctx, op, operation.Done, "")
	case len(open) > 0:
		// An earlier attempt, or this one, may have worked: no refusal of a
		// repeat proves anything about it.
		return r.unconfirmed(ctx, op)
	case held:
		return r.finish(ctx, op, operation.NotDone, operation.ReasonTooLate)
	case r.Changes[op.Change].SaysDone(callErr):
		return r.conflict(ctx, op)
	case zenlayer.IsNotFound(callErr) && op.Fault.Code == codeListenerGone:
		return r.finish(ctx, op, operation.NotDone, operation.ReasonGone)
	}
	return r.finish(ctx, op, operation.NotDone, refusal(callErr))
}

// conflict stores a refusal that says the change is done already; attempt then
// reads the listener before it ends as refused.
func (r *Runner) conflict(ctx context.Context, op *operation.Operation) (operation.Next, error) {
	after := settlePause(0)
	op.WaitUntil, op.WaitFor = r.Now().Add(after), operation.WaitLook
	if err := r.save(ctx, op, operation.EventAnswered, map[string]string{"code": op.Fault.Code}); err != nil {
		return operation.Next{}, err
	}
	return operation.Next{State: op.State, After: after}, nil
}

// codeListenerGone is the API's code for a listener that it does not know
// (docs.console.zenlayer.com, load balancing error codes).
const codeListenerGone = "INVALID_LB_LISTENER_NOT_FOUND"

// listenerGone reports whether the list of listeners confirms that one does not
// exist: a pool that is not found proves nothing alone.
func (r *Runner) listenerGone(ctx context.Context, id string) bool {
	ls, err := r.Catalog.DescribeListeners(ctx, zenlayer.ListenerFilter{ListenerIDs: []string{id}})
	there := slices.ContainsFunc(ls, func(l zenlayer.Listener) bool { return l.ListenerID == id })
	return err == nil && !there || saysListenerGone(err)
}

// saysListenerGone reports whether the API itself said so: a page that
// something in front of it serves with the same status proves nothing.
func saysListenerGone(err error) bool {
	e, ok := errors.AsType[*zenlayer.APIError](err)
	return ok && zenlayer.IsNotFound(err) && (e.Code == codeListenerGone ||
		e.Code == "OPERATION_FAILED_RESOURCE_NOT_FOUND")
}

// refusal names the reason for a call that certainly changed nothing and is
// not worth repeating.
func refusal(err error) operation.Reason {
	switch {
	case zenlayer.IsClockSkew(err):
		return operation.ReasonClockSkew
	case zenlayer.IsCredentials(err):
		return operation.ReasonCredentials
	case zenlayer.IsBlocked(err):
		return operation.ReasonBlocked
	}
	return operation.ReasonRefused
}
