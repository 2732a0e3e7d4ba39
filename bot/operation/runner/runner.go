package runner

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"go.uber.org/zap"

	"lbbot/bot/operation"
)

// Runner carries operations out. Its methods are called by the engine, each run on a
// goroutine of the engine's. Beside the steps of a run it tells people and shows a slow
// call, on goroutines of its own that end before the run does.
type Runner struct {
	Journal    operation.Journal
	Pools      operation.Pools
	Changes    map[operation.ChangeKind]operation.Change // how each kind is carried out
	Catalog    operation.Catalog
	Lists      Lists // nil: each listener is read from Catalog
	Permission operation.Permission
	Roster     operation.Roster
	Reporter   operation.Reporter
	Line       *Line // nil: calls are not scarce
	Asking     operation.ApprovalSettings
	Now        func() time.Time // the wall clock alone, as stored times are
	Log        *zap.Logger
	Metrics    *Metrics
}

// showWithin bounds the reading of an operation before its first step.
const showWithin = time.Second

// The names of the steps, for the log.
const (
	stepApproval = "approval"
	stepAttempt  = "attempt"
	stepSettle   = "settle"
	stepReport   = "report"
	stepWatch    = "watch"
)

// Execute carries out the operation with this ID, from the first card to the
// last look at its status. It may be killed anywhere and run again: what it
// did is in the journal, and every step says below what happens then. It
// returns an error only when the run itself was cut off or superseded.
func (r *Runner) Execute(ctx context.Context, run operation.Run, id string) error {
	w := execution{ctx: ctx, run: run, runner: r, id: id}

	// Not a step: each run has the card shown when it begins and does not wait for
	// Slack. What the process before was about to show may be lost, and an operation
	// that waits for people does not change for long.
	w.begin()
	told := r.tellBeside(ctx, w.op)
	defer told()

	next := operation.Next{State: w.op.State}
	for {
		if next.State == operation.Waiting {
			// Twice: what people said is in the journal.
			if next = w.do(stepApproval, r.approval); next.State.Final() {
				break
			}
		}
		// Twice: an attempt that was sent and has no result is never repeated
		// blindly; it becomes unconfirmed.
		if next = w.do(stepAttempt, r.attempt); w.err != nil || next.State != operation.Waiting {
			break
		}
	}

	if !next.State.Final() {
		// Twice: reading changes nothing, and each repeat looks first.
		next = w.do(stepSettle, r.settle)
	}

	if told() {
		w.current = false
	}

	// Twice: the same card is edited to what it shows already.
	next = w.do(stepReport, r.report)

	if next.Watch {
		// Twice: reading changes nothing.
		w.do(stepWatch, r.watch)
	}
	return w.err
}

// execution enters the steps of one run in order and stops at the first error.
type execution struct {
	ctx    context.Context //nolint:containedctx // it is the life of the run
	run    operation.Run
	runner *Runner
	id     string
	err    error

	// op is the operation as the last step left it. While current, it is what this run
	// has stored or read last and needs no reading.
	op      operation.Operation
	current bool
}

// step does a part of what a run does. When it returns without an error and asks for no
// pause, op is what is stored, unless somebody else has changed it meanwhile: then the
// next Save refuses, and the next step is entered again.
type step func(ctx context.Context, op *operation.Operation) (operation.Next, error)

// begin reads the operation and makes its card show where it stands, unless it is
// over: ends are reported by a step of their own. If it cannot be read, op stays zero.
func (w *execution) begin() {
	r := w.runner
	ctx, cancel := context.WithTimeoutCause(w.ctx, showWithin,
		errors.New("the journal did not answer within "+showWithin.String()))
	defer cancel()
	op, err := r.Journal.Operation(ctx, w.id)
	if err != nil {
		if w.ctx.Err() == nil {
			r.Log.Warn("card is not shown before the first step", zap.String("operation", w.id), zap.Error(err))
		}
		return
	}
	w.op, w.current = op, op.Run == w.run.Number()
	switch {
	case !op.State.Open():
	case w.run.Number() == operation.FirstRun:
		r.Reporter.Announce(op)
	default:
		r.Reporter.Show(op)
	}
}

// load makes op what is stored, by a reading if it is not current. What a card may
// still be shown from is not shared with the step.
func (w *execution) load() (err error) {
	if !w.current {
		w.op, err = w.runner.current(w.ctx, w.id, w.run.Number())
		return err
	}
	if w.op.Approval != nil {
		own := *w.op.Approval
		own.Past = slices.Clip(own.Past)
		w.op.Approval = &own
	}
	return nil
}

// do enters a step again and again, with the pauses it asks for, until it says
// that it is done.
func (w *execution) do(name string, step step) (next operation.Next) {
	for w.err == nil {
		if next = w.retry(name, step); next.After == 0 {
			return next
		}
		w.err = w.run.Wait(next.After, w.changed)
	}
	return operation.Next{}
}

// retry runs a step until it succeeds: it fails only when the journal is out of
// reach or somebody else changed the operation in between, and entering a step
// again is harmless. It gives up when the engine stops, and with ErrSuperseded when
// the operation has a newer run.
func (w *execution) retry(name string, step step) operation.Next {
	r := w.runner
	w.err = w.run.Wait(0, nil)
	for pause := 50 * time.Millisecond; w.err == nil; pause = min(2*pause, 5*time.Second) {
		err := w.load()
		if err == nil {
			var next operation.Next
			if next, err = r.recoverStep(w.ctx, &w.op, name, step); err == nil {
				w.current = next.After == 0
				return next
			}
		}
		w.current = false
		if errors.Is(err, operation.ErrSuperseded) {
			w.err = err
			break
		}
		if w.ctx.Err() != nil {
			w.err = context.Cause(w.ctx)
			break
		}
		var stale *operation.StaleError
		if !errors.As(err, &stale) {
			r.Metrics.stepErrors.Inc()
			r.Log.Error("step of an operation is tried again", zap.String("operation", w.id),
				zap.Duration("pause", pause), zap.Error(err))
		}
		w.err = w.run.Wait(pause/2+rand.N(pause), nil)
	}
	return operation.Next{}
}

// save stores op with an event that no person caused and shows it.
func (r *Runner) save(ctx context.Context, op *operation.Operation, kind string, data map[string]string) error {
	if err := r.store(ctx, op, kind, data); err != nil {
		return err
	}
	r.Reporter.Show(*op)
	return nil
}

// store is save without showing.
func (r *Runner) store(ctx context.Context, op *operation.Operation, kind string, data map[string]string) error {
	op.Version++
	return r.Journal.Save(ctx, *op, operation.SystemEvent(r.Now(), kind, *op, data))
}

// finish ends op in a final state, unless it would be called not added without
// proof: then settle finds out.
func (r *Runner) finish(ctx context.Context, op *operation.Operation, s operation.State,
	why operation.Reason) (operation.Next, error) {
	if s == operation.NotDone && op.Doubted() && !proves(*op, why) {
		return r.unconfirmed(ctx, op)
	}
	op.State, op.Reason, op.FinishedAt = s, why, r.Now()
	op.WaitUntil, op.WaitFor = time.Time{}, ""
	policies, digest := op.Policies, op.PolicyDigest
	if op.Denial != nil {
		policies, digest = op.Denial.Policies, op.Denial.Digest
	}
	data := operation.WithPolicies(map[string]string{"state": string(s), "reason": string(why),
		"backend_id": op.BackendID,
		"request_id": op.RequestID, "request_ids": requestIDs(*op), "evidence": string(op.Evidence),
		"code":          op.Fault.Code,
		"listener_name": op.Listener.Name, "instance_name": op.Server.Name}, policies, digest)
	if why == operation.ReasonDenied && op.Denial != nil {
		data["denial"] = string(op.Denial.Code)
		data["no_longer"] = op.Approval.NoLonger()
	}
	if err := r.save(ctx, op, operation.EventFinished, data); err != nil {
		return operation.Next{}, err
	}
	if r.Lists != nil && (why == operation.ReasonGone || why == operation.ReasonRefused) {
		r.Lists.Doubt() // they had the listener, or the server
	}
	r.Metrics.finished(*op)
	r.Log.Info("operation finished", zap.String("operation", op.ID), zap.String("ref", op.Ref),
		zap.String("state", string(s)), zap.String("reason", string(why)), zap.String("backend", op.BackendID),
		zap.String("request_id", op.RequestID), zap.String("actor", op.Actor.UserID))
	return operation.Next{State: s}, nil
}

// proves reports whether a reason was found by reading, or by a person: it
// holds also when an attempt may have worked. A removal's entry that was changed
// meanwhile proves nothing.
func proves(op operation.Operation, why operation.Reason) bool {
	switch why {
	case operation.ReasonProven, operation.ReasonPerson:
		return true
	case operation.ReasonDiffers:
		return op.Change == operation.ChangeAdd
	}
	return false
}

// changeOf returns how op is carried out. It fails for an operation that a newer
// version accepted: only a process of that version can go on with it.
func (r *Runner) changeOf(op operation.Operation) (operation.Change, error) {
	change, ok := r.Changes[op.Change]
	if !ok {
		return nil, fmt.Errorf("%s is a change of kind %q, which this version does not know: start the version that "+
			"accepted it",
			op.Ref, op.Change)
	}
	return change, nil
}

// requestIDs are Zenlayer's, of all attempts, in their order.
func requestIDs(op operation.Operation) string {
	var ids []string
	for _, a := range op.Attempts {
		if a.Fault.RequestID != "" {
			ids = append(ids, a.Fault.RequestID)
		}
	}
	if op.RequestID != "" {
		ids = append(ids, op.RequestID)
	}
	return strings.Join(ids, " ")
}
