package runner

import (
	"context"
	"errors"
	"slices"
	"time"

	"go.uber.org/zap"

	"lbbot/bot/operation"
	"lbbot/zenlayer"
)

// toWatch reports whether the listener is to be read back. That is always so for a
// removal that Zenlayer answered, until a reading does not show the entry any more.
func toWatch(op operation.Operation) bool {
	if op.Change == operation.ChangeRemove {
		return op.StatusAt.IsZero() || op.Listed
	}
	return op.Watch
}

// watchPauses are the pauses between looks for the status of a new backend, or for
// the end of one that was removed; after the last one the owner is told that it is
// not listed, or that it still is.
func watchPauses() []time.Duration {
	return []time.Duration{2 * time.Second, 5 * time.Second, 10 * time.Second, 15 * time.Second, 30 * time.Second,
		time.Minute}
}

// watch reads the listener back until its list shows a new backend, or does not show
// a removed one any more. It puts that on the card, with Zenlayer's own word for the
// status.
func (r *Runner) watch(ctx context.Context, op *operation.Operation) (operation.Next, error) {
	if op.State != operation.Done || op.BackendID == "" {
		return operation.Next{State: op.State}, nil
	}
	looking, done := context.WithTimeoutCause(ranked(ctx, operation.RankWatch), readWithin,
		errors.New("reading the listener took longer than "+readWithin.String()))
	defer done()
	pool, err := r.Pools.DescribeBackends(looking, op.Request.ListenerID, watched(*op))
	if err != nil && ctx.Err() != nil {
		return operation.Next{}, context.Cause(ctx)
	}
	if zenlayer.IsLimited(err) && r.Now().Before(op.FinishedAt.Add(watchWaits)) {
		return operation.Next{State: op.State, After: watchPause}, nil // nobody looked, so it counts for nothing
	}
	pauses := watchPauses()
	op.StatusLooks++
	op.NoteReading(err)
	seen := r.noteStatus(op, pool, err)
	if err := r.save(ctx, op, operation.EventStatus, map[string]string{"status": op.BackendStatus}); err != nil {
		return operation.Next{}, err
	}
	if !seen && op.StatusLooks <= len(pauses) {
		return operation.Next{State: op.State, After: pauses[op.StatusLooks-1]}, nil
	}
	if !seen {
		log := r.Log.With(zap.String("operation", op.ID), zap.String("backend", op.BackendID), zap.Error(err))
		if op.Change == operation.ChangeRemove {
			log.Warn("removed backend may still be listed")
		} else {
			log.Warn("added backend is not listed")
		}
		r.tell(ctx, *op)
	}
	r.reportStatus(ctx, *op)
	return operation.Next{State: op.State}, nil
}

// watched is what watch reads. For a new backend that is one call, not one for each
// type: calls that wait one after the other in a long line would never come to the
// last of them. The request does not store the default type; the server does. That
// a backend is gone only a complete reading shows.
func watched(op operation.Operation) zenlayer.BackendFilter {
	if op.Change == operation.ChangeRemove {
		return zenlayer.BackendFilter{}
	}
	return zenlayer.BackendFilter{BackendIDs: []string{op.BackendID}, InstanceType: op.Server.Type}
}

// noteStatus keeps what a reading shows of op's backend. It reports whether that is
// what the change leads to.
func (r *Runner) noteStatus(op *operation.Operation, pool []zenlayer.Backend, err error) bool {
	removal := op.Change == operation.ChangeRemove
	i := slices.IndexFunc(pool, func(b zenlayer.Backend) bool { return b.BackendID == op.BackendID })
	switch {
	case i >= 0:
		op.BackendStatus, op.StatusAt, op.Listed = pool[i].Status, r.Now(), removal
		return !removal
	case removal && err == nil:
		op.BackendStatus, op.StatusAt, op.Listed = "", r.Now(), false
		return true
	}
	return false
}

// reportStatus makes one bounded try to show the status on the card.
func (r *Runner) reportStatus(ctx context.Context, op operation.Operation) {
	within, cancel := context.WithTimeoutCause(ctx, 30*time.Second,
		errors.New("Slack did not take the status within 30s"))
	defer cancel()
	if err := r.Reporter.Report(within, op); err != nil {
		r.Log.Warn("status is not in Slack", zap.String("operation", op.ID), zap.Error(err))
	}
}

// The status of what was added or removed goes behind everything else that is asked of
// Zenlayer: for watchWaits it is put off by watchPause at a time.
const (
	watchWaits = 30 * time.Minute
	watchPause = 15 * time.Second
)
