package operation

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"lbbot/zenlayer"
)

// callWithin bounds one RegisterBackend call, waiting for a free place in the
// account's rate included. It is short of the client's and Zenlayer's own
// limits by far: a signed request stays valid for five minutes.
const callWithin = 15 * time.Second

// unreachableFor is how long a dead network is waited for before the person is
// told that nothing was sent.
const unreachableFor = 30 * time.Second

// attempt makes the last checks and the call. It is one step, so that nothing
// that was checked can be old when the call goes out.
func (r *Runner) attempt(ctx context.Context, op Operation) (Next, error) {
	if op.State != Accepted && op.State != Sending {
		return Next{State: op.State}, nil
	}
	if len(op.Unanswered()) > 0 {
		return r.unconfirmed(ctx, &op) // the process died between sending and writing down the answer
	}
	if op.StopBy != "" {
		return r.finish(ctx, &op, NotAdded, ReasonStopped)
	}
	if r.tooLate(op) {
		return r.finish(ctx, &op, NotAdded, ReasonTooLate)
	}
	pool, stop, err := r.lastLook(ctx, &op)
	if stop != nil || err != nil {
		return stop.next(), err
	}
	if b, same, found := present(op, pool); found {
		op.BackendID, op.BackendStatus, op.FoundWeight = b.BackendID, b.Status, b.Weight
		if same {
			return r.finish(ctx, &op, AlreadyThere, "")
		}
		return r.finish(ctx, &op, NotAdded, ReasonDiffers)
	}
	if op.Rehearsal {
		return r.finish(ctx, &op, NotAdded, ReasonRehearsal)
	}
	if r.tooLate(op) {
		return r.finish(ctx, &op, NotAdded, ReasonTooLate)
	}
	op.Baseline = backendIDs(ofServer(op, pool))
	return r.call(ctx, &op)
}

// tooLate reports whether the first call could no longer go out within
// StartWithin of the last click.
func (r *Runner) tooLate(op Operation) bool {
	return len(op.Attempts) == 0 && r.Now().Add(callWithin).After(op.ClickedAt.Add(StartWithin))
}

// ended is a step's way of saying that op went another way.
type ended struct{ Next }

func (e *ended) next() Next {
	if e == nil {
		return Next{}
	}
	return e.Next
}

func end(n Next, err error) (*ended, error) { return &ended{n}, err }

// lastLook reads the listener and its pool and asks permission by what it
// read. It returns the pool, or where op went instead.
func (r *Runner) lastLook(ctx context.Context, op *Operation) ([]zenlayer.Backend, *ended, error) {
	l, err := readListener(ctx, r.Catalog, op.Request.ListenerID)
	if err != nil {
		stop, err := end(r.readFailed(ctx, op, err))
		return nil, stop, err
	}
	l.Protected, l.Servers = op.Listener.Protected, op.Listener.Servers
	op.Listener = l
	if d := r.Permission.Decide(ctx, r.question(*op)); !d.Allowed {
		if ctx.Err() != nil {
			return nil, nil, context.Cause(ctx)
		}
		op.Denial = &d
		stop, err := end(r.finish(ctx, op, NotAdded, ReasonDenied))
		return nil, stop, err
	}
	pool, err := r.Registrar.DescribeBackends(ctx, op.Request.ListenerID, zenlayer.BackendFilter{})
	if err != nil {
		stop, err := end(r.readFailed(ctx, op, err))
		return nil, stop, err
	}
	op.Listener.Servers = len(pool)
	return pool, nil, nil
}

func (r *Runner) question(op Operation) Question {
	return questionOf(op, r.Now())
}

func questionOf(op Operation, at time.Time) Question {
	return Question{Action: ActionRegister, Actor: op.Actor, Place: op.Place, Account: op.Account,
		Listener: op.Listener, Server: op.Server, Weight: op.Request.Weight, Ports: op.Request.PortList, At: at}
}

// readFailed goes on after a reading that did not work, with nothing sent.
func (r *Runner) readFailed(ctx context.Context, op *Operation, err error) (Next, error) {
	if ctx.Err() != nil {
		return Next{}, context.Cause(ctx)
	}
	op.Fault = faultOf(err)
	if errors.Is(err, errListenerGone) || zenlayer.IsNotFound(err) {
		return r.finish(ctx, op, NotAdded, ReasonGone)
	}
	if zenlayer.OutcomeOf(err) == zenlayer.OutcomeRefused {
		return r.finish(ctx, op, NotAdded, refusal(err))
	}
	return r.again(ctx, op, err) // a reading changes nothing, so an unknown end is as good as none
}

// call writes the attempt down, makes it, and writes down what came of it.
func (r *Runner) call(ctx context.Context, op *Operation) (Next, error) {
	number := len(op.Attempts) + 1
	op.Attempts = append(op.Attempts, Attempt{Number: number, SentAt: r.Now()})
	op.WaitUntil, op.WaitFor = time.Time{}, ""
	if op.State != Unconfirmed {
		op.State = Sending
	}
	if err := r.save(ctx, op, EventAttempt, map[string]string{"attempt": strconv.Itoa(number)}); err != nil {
		return Next{}, err
	}
	within, cancel := context.WithTimeoutCause(ctx, callWithin, fmt.Errorf("no answer within %s", callWithin))
	defer cancel()
	got, err := r.Registrar.RegisterBackend(within, op.Request)
	return r.answered(ctx, op.ID, number, got, err)
}

// answered stores what a call came back with. Somebody may have pressed Stop
// meanwhile, so it works on the operation as it is now.
func (r *Runner) answered(ctx context.Context, id string, number int, got zenlayer.RegisteredBackend, callErr error) (Next, error) {
	outcome := zenlayer.OutcomeOf(callErr)
	word := map[bool]string{true: OutcomeAccepted}[callErr == nil]
	if callErr != nil {
		word = map[zenlayer.Outcome]string{zenlayer.OutcomeRefused: OutcomeRefused, zenlayer.OutcomeRetry: OutcomeRetry}[outcome]
	}
	if word == "" {
		word = OutcomeUnknown
	}
	r.Metrics.attempts.WithLabelValues(word).Inc()

	// The answer must reach the journal even when the process is stopping.
	ctx = context.WithoutCancel(ctx)
	for {
		op, err := r.Journal.Operation(ctx, id)
		if err != nil {
			return Next{}, err
		}
		a := &op.Attempts[number-1]
		a.AnsweredAt, a.Outcome, a.Fault = r.Now(), word, faultOf(callErr)
		next, err := r.conclude(ctx, &op, got, callErr)
		var stale *StaleError
		if !errors.As(err, &stale) {
			return next, err
		}
	}
}

// conclude decides what the last attempt's answer means.
func (r *Runner) conclude(ctx context.Context, op *Operation, got zenlayer.RegisteredBackend, callErr error) (Next, error) {
	last := op.Attempts[len(op.Attempts)-1]
	open := op.Unanswered()
	switch {
	case last.Outcome == OutcomeAccepted:
		op.BackendID, op.RequestID, op.Evidence = got.BackendID, got.RequestID, EvidenceAnswered
		if len(op.Attempts) > 1 && len(open) > 0 {
			op.Evidence = EvidenceRepeated
		}
		op.Fault = Fault{}
		return r.finish(ctx, op, Added, "")
	case len(open) > 0:
		// An earlier attempt, or this one, may have worked: no refusal of a
		// repeat proves anything about it.
		op.Fault = last.Fault
		return r.unconfirmed(ctx, op)
	case last.Outcome == OutcomeRetry:
		return r.again(ctx, op, callErr)
	}
	op.Fault = last.Fault
	if zenlayer.IsNotFound(callErr) && op.Fault.Code == "INVALID_LB_LISTENER_NOT_FOUND" {
		return r.finish(ctx, op, NotAdded, ReasonGone)
	}
	return r.finish(ctx, op, NotAdded, refusal(callErr))
}

// unconfirmed hands op over to settle, which looks for the first time soon.
func (r *Runner) unconfirmed(ctx context.Context, op *Operation) (Next, error) {
	first := op.State != Unconfirmed
	op.State = Unconfirmed
	after := settlePause(op.Looks)
	op.WaitUntil, op.WaitFor = r.Now().Add(after), WaitLook
	if err := r.save(ctx, op, EventWaiting, map[string]string{"for": WaitLook}); err != nil {
		return Next{}, err
	}
	if first {
		return Next{State: op.State}, nil
	}
	return Next{State: op.State, After: after}, nil
}

// The words stored in Operation.WaitFor.
const (
	WaitRateLimit   = "rate_limit"
	WaitUnreachable = "unreachable"
	WaitLook        = "look"
)

// again waits after a try that certainly changed nothing, or gives up when it
// has waited long enough.
func (r *Runner) again(ctx context.Context, op *Operation, err error) (Next, error) {
	now := r.Now()
	if op.FirstTry.IsZero() {
		op.FirstTry = now
	}
	op.Tries++
	op.Fault = faultOf(err)
	pause := min(time.Second<<min(op.Tries-1, 5), 30*time.Second)
	limit, why := unreachableFor, ReasonUnreachable
	op.WaitFor = WaitUnreachable
	if e, ok := errors.AsType[*zenlayer.APIError](err); ok {
		pause = max(pause, e.RetryAfter)
		switch {
		case zenlayer.IsClockSkew(err):
			if op.Tries > 1 {
				return r.finish(ctx, op, NotAdded, ReasonClockSkew)
			}
		case e.Status == 429 || e.Code == "REQUEST_LIMIT_EXCEEDED":
			limit, why, op.WaitFor = GiveUpAfter, ReasonRateLimited, WaitRateLimit
		default:
			why = ReasonRefused // it answered, and said that it cannot now
		}
	}
	if now.Add(pause).After(op.FirstTry.Add(limit)) {
		return r.finish(ctx, op, NotAdded, why)
	}
	op.WaitUntil = now.Add(pause)
	if err := r.save(ctx, op, EventWaiting, map[string]string{"for": op.WaitFor, "code": op.Fault.Code}); err != nil {
		return Next{}, err
	}
	return Next{State: op.State, After: pause}, nil
}

// refusal names the reason for a call that certainly changed nothing and is
// not worth repeating.
func refusal(err error) Reason {
	switch {
	case zenlayer.IsClockSkew(err):
		return ReasonClockSkew
	case zenlayer.IsCredentials(err):
		return ReasonCredentials
	case zenlayer.IsBlocked(err):
		return ReasonBlocked
	}
	return ReasonRefused
}

// faultOf keeps of an error what may be stored and shown. The client has
// already removed secrets from it.
func faultOf(err error) Fault {
	if err == nil {
		return Fault{}
	}
	e, ok := errors.AsType[*zenlayer.APIError](err)
	if !ok {
		return Fault{Message: clip(err.Error(), 300)}
	}
	f := Fault{Code: e.Code, Status: e.Status, Message: e.Message, RequestID: e.RequestID}
	if f.Message == "" {
		f.Message = e.Excerpt
	}
	f.Message = clip(f.Message, 300)
	return f
}

func clip(s string, runes int) string {
	for i := range s {
		if runes == 0 {
			return s[:i] + "…"
		}
		runes--
	}
	return s
}
