package operation

import (
	"context"
	"errors"
	"time"

	"go.uber.org/zap"

	"lbbot/zenlayer"
)

// watchPauses are the pauses between looks for the status of a new backend;
// after the last one the owner is told that it is not listed.
func watchPauses() []time.Duration {
	return []time.Duration{2 * time.Second, 5 * time.Second, 10 * time.Second, 15 * time.Second, 30 * time.Second, time.Minute}
}

// The status of what was added goes behind everything else that is asked of
// Zenlayer: for watchWaits it is put off by watchPause at a time.
const (
	watchWaits = 30 * time.Minute
	watchPause = 15 * time.Second
)

// watch reads the new backend back until the listener's list shows it, and
// puts Zenlayer's own word for its status on the card.
func (r *Runner) watch(ctx context.Context, op Operation) (Next, error) {
	if op.State != Added || op.BackendID == "" {
		return Next{State: op.State}, nil
	}
	// One call, not one for each type: calls that wait one after the other in a
	// long line would never come to the last of them. The request does not
	// store the default type; the server does.
	looking, done := context.WithTimeoutCause(ranked(ctx, rankWatch), readWithin, errors.New("reading the listener took longer than "+readWithin.String()))
	defer done()
	pool, err := r.Pools.DescribeBackends(looking, op.Request.ListenerID, zenlayer.BackendFilter{BackendIDs: []string{op.BackendID}, InstanceType: op.Server.Type})
	if err != nil && ctx.Err() != nil {
		return Next{}, context.Cause(ctx)
	}
	if zenlayer.IsLimited(err) && r.Now().Before(op.FinishedAt.Add(watchWaits)) {
		return Next{State: op.State, After: watchPause}, nil // nobody looked, so it counts for nothing
	}
	pauses := watchPauses()
	op.StatusLooks++
	op.noteReading(err)
	listed := false
	for _, b := range pool {
		if b.BackendID == op.BackendID {
			op.BackendStatus, op.StatusAt, listed = b.Status, r.Now(), true
		}
	}
	if err := r.save(ctx, &op, EventStatus, map[string]string{"status": op.BackendStatus}); err != nil {
		return Next{}, err
	}
	if !listed && op.StatusLooks <= len(pauses) {
		return Next{State: op.State, After: pauses[op.StatusLooks-1]}, nil
	}
	if !listed {
		r.Log.Warn("added backend is not listed", zap.String("operation", op.ID), zap.String("backend", op.BackendID), zap.Error(err))
		r.tell(ctx, op)
	}
	within, cancel := context.WithTimeoutCause(ctx, 30*time.Second, errors.New("Slack did not take the status within 30s"))
	defer cancel()
	if err := r.Reporter.Report(within, op); err != nil {
		r.Log.Warn("status is not in Slack", zap.String("operation", op.ID), zap.Error(err))
	}
	return Next{State: op.State}, nil
}
