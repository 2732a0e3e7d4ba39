package operation

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"go.uber.org/zap"
)

// Runner carries operations out. Its methods are called by the engine, each
// run on a goroutine of the engine's; it starts none itself.
type Runner struct {
	Journal    Journal
	Pools      Pools
	Changes    map[ChangeKind]Change // how each kind is carried out
	Catalog    Catalog
	Permission Permission
	Roster     Roster
	Reporter   Reporter
	Line       *Line // nil: calls are not scarce
	Asking     ApprovalSettings
	Now        func() time.Time
	Log        *zap.Logger
	Metrics    *Metrics
}

// showWithin bounds the reading of an operation before its first step.
const showWithin = time.Second

// The names of the steps. The engine stores them: never change one.
const (
	stepAnnounce = "announce"
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
func (r *Runner) Execute(run Run, id string) error {
	w := execution{run: run, runner: r, id: id}

	// Not a step: each run updates the card when it begins. What the process
	// before was about to show may be lost, and an operation that waits for people
	// does not change for long.
	r.showAgain(id)

	// Twice: the card is found by its place, or by its metadata, and edited.
	next := w.do(stepAnnounce, r.announce)

	for {
		if next.State == Waiting {
			// Twice: what people said is in the journal.
			if next = w.do(stepApproval, r.approval); next.State.Final() {
				break
			}
		}
		// Twice: an attempt that was sent and has no result is never repeated
		// blindly; it becomes unconfirmed.
		if next = w.do(stepAttempt, r.attempt); w.err != nil || next.State != Waiting {
			break
		}
	}

	if !next.State.Final() {
		// Twice: reading changes nothing, and each repeat looks first.
		next = w.do(stepSettle, r.settle)
	}

	// Twice: the same card is edited to what it shows already.
	next = w.do(stepReport, r.report)

	if next.Watch {
		// Twice: reading changes nothing.
		w.do(stepWatch, r.watch)
	}
	return w.err
}

// showAgain makes the card of an operation show where it stands, unless it is
// over: ends are reported by a step of their own.
func (r *Runner) showAgain(id string) {
	ctx, cancel := context.WithTimeoutCause(context.Background(), showWithin,
		errors.New("the journal did not answer within "+showWithin.String()))
	defer cancel()
	op, err := r.Journal.Operation(ctx, id)
	if err != nil {
		r.Log.Warn("card is not shown before the first step", zap.String("operation", id), zap.Error(err))
		return
	}
	if op.State.Open() {
		r.Reporter.Show(op)
	}
}

// execution enters the steps of one run in order and stops at the first error.
type execution struct {
	run    Run
	runner *Runner
	id     string
	err    error
}

// do repeats a step, with the pauses that it asks for, until it is done.
func (w *execution) do(name string, step func(context.Context, Operation) (Next, error)) Next {
	for w.err == nil {
		var next Next
		next, w.err = w.run.Step(name, func(ctx context.Context) (Next, error) {
			return w.runner.retryStep(ctx, w.id, w.run.Number(), name, step)
		})
		if w.err != nil || next.After == 0 {
			return next
		}
		w.err = w.run.Wait(next.After)
	}
	return Next{}
}

// retryStep runs a step until it succeeds: it fails only when the journal is out
// of reach or somebody else changed the operation in between, and entering a
// step again is harmless. It gives up when ctx ends, and with ErrSuperseded when
// the operation has a newer run.
func (r *Runner) retryStep(ctx context.Context, id string, run int64, name string,
	step func(context.Context, Operation) (Next, error)) (Next, error) {
	for pause := 50 * time.Millisecond; ; pause = min(2*pause, 5*time.Second) {
		op, err := r.current(ctx, id, run)
		if err == nil {
			var next Next
			if next, err = r.recoverStep(ctx, op, name, step); err == nil {
				return next, nil
			}
		}
		if errors.Is(err, ErrSuperseded) {
			return Next{}, err
		}
		if ctx.Err() != nil {
			return Next{}, context.Cause(ctx)
		}
		var stale *StaleError
		if !errors.As(err, &stale) {
			r.Metrics.stepErrors.Inc()
			r.Log.Error("step of an operation is tried again", zap.String("operation", id),
				zap.Duration("pause", pause), zap.Error(err))
		}
		if err := sleep(ctx, pause/2+rand.N(pause)); err != nil {
			return Next{}, err
		}
	}
}

// Update loads the operation, lets edit alter it and saves it, again if
// another change was stored in between. edit returns the event to store with
// it, which names who caused it, and false to leave everything as it is.
func Update(ctx context.Context, j Journal, id string, edit func(*Operation) (Event, bool)) (Operation, error) {
	for {
		op, err := j.Operation(ctx, id)
		if err != nil {
			return Operation{}, err
		}
		e, ok := edit(&op)
		if !ok {
			return op, nil
		}
		op.Version++
		err = j.Save(ctx, op, e)
		var stale *StaleError
		if !errors.As(err, &stale) {
			return op, err
		}
	}
}

// save stores op with an event that no person caused and shows it.
func (r *Runner) save(ctx context.Context, op *Operation, kind string, data map[string]string) error {
	op.Version++
	if err := r.Journal.Save(ctx, *op, systemEvent(r.Now(), kind, *op, data)); err != nil {
		return err
	}
	r.Reporter.Show(*op)
	return nil
}

// finish ends op in a final state, unless it would be called not added without
// proof: then settle finds out.
func (r *Runner) finish(ctx context.Context, op *Operation, s State, why Reason) (Next, error) {
	if s == NotAdded && op.Doubted() && !proves(why) {
		return r.unconfirmed(ctx, op)
	}
	op.State, op.Reason, op.FinishedAt = s, why, r.Now()
	op.WaitUntil, op.WaitFor = time.Time{}, ""
	policies, digest := op.Policies, op.PolicyDigest
	if op.Denial != nil {
		policies, digest = op.Denial.Policies, op.Denial.Digest
	}
	data := WithPolicies(map[string]string{"state": string(s), "reason": string(why), "backend_id": op.BackendID,
		"request_id": op.RequestID, "request_ids": requestIDs(*op), "evidence": string(op.Evidence),
		"code":          op.Fault.Code,
		"listener_name": op.Listener.Name, "instance_name": op.Server.Name}, policies, digest)
	if why == ReasonDenied && op.Denial != nil {
		data["denial"] = string(op.Denial.Code)
		data["no_longer"] = op.Approval.noLonger()
	}
	if err := r.save(ctx, op, EventFinished, data); err != nil {
		return Next{}, err
	}
	r.Metrics.finished(*op)
	r.Log.Info("operation finished", zap.String("operation", op.ID), zap.String("ref", op.Ref),
		zap.String("state", string(s)), zap.String("reason", string(why)), zap.String("backend", op.BackendID),
		zap.String("request_id", op.RequestID), zap.String("actor", op.Actor.UserID))
	return Next{State: s}, nil
}

// proves reports whether a reason was found by reading, or by a person: it
// holds also when an attempt may have worked.
func proves(why Reason) bool {
	switch why {
	case ReasonProven, ReasonPerson, ReasonDiffers:
		return true
	}
	return false
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
