package intake

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"

	"lbbot/bot/operation"
	"lbbot/commands"
	"lbbot/zenlayer"
)

// Asking again: what people press is what they read. The listener is read once
// more when they press, and if something that matters is different, they get a
// fresh preview instead.

// againWithin bounds that reading: Slack's ack waits for it.
const againWithin = time.Second

var errAgainWithin = errors.New("Zenlayer took longer than " + againWithin.String())

// present is what a draft would do now.
type present struct {
	op    operation.Operation // the draft with the listener as it is now
	pool  []zenlayer.Backend
	read  bool
	moved []operation.Difference // since its preview was made
	// of a removal: the backends that others take off, see Journal.Leaving
	leaving []string
}

// lookAgain reads the listener of a draft and its pool. If they cannot be read in
// againWithin, nothing has moved as far as it is known: the Runner reads them
// right before the call, and makes none without. The answer may be a moment old,
// because previews share what they read.
func (i *Intake) lookAgain(ctx context.Context, op operation.Operation) present {
	now := present{op: op}
	// a preview that shares the reading waits for longer
	ctx = zenlayer.WithWaiting(ctx, zenlayer.Waiting{Rank: operation.RankPreview, AtMost: askWithin})
	ctx, cancel := context.WithTimeoutCause(ctx, againWithin, errAgainWithin)
	defer cancel()
	if op.Change == operation.ChangeRemove {
		var err error
		if now.leaving, err = i.leaving(ctx, op); err != nil {
			i.Log.Info("other removals could not be read at the click", zap.String("operation", op.ID), zap.Error(err))
			return now
		}
	}
	var listeners []zenlayer.Listener
	g, both := errgroup.WithContext(ctx)
	g.Go(func() (err error) {
		listeners, err = i.Catalog.DescribeListeners(both,
			zenlayer.ListenerFilter{ListenerIDs: []string{op.Request.ListenerID}})
		return err
	})
	g.Go(func() (err error) {
		now.pool, err = i.Pools.DescribeBackends(both, op.Request.ListenerID, zenlayer.BackendFilter{})
		return err
	})
	err := g.Wait()
	at := slices.IndexFunc(listeners, func(l zenlayer.Listener) bool { return l.ListenerID == op.Request.ListenerID })
	if err == nil && at < 0 {
		err = errors.New("the listener is not in the list")
	}
	if err != nil {
		i.Log.Info("listener could not be read again at the click", zap.String("operation", op.ID), zap.Error(err))
		return now
	}
	now.read, now.op.Listener = true, listenerNow(op.Listener, listeners[at])
	if op.Shown != nil { // nil: its pool could not be read, or the version before made the preview
		now.moved = i.Changes[op.Change].Differences(now.op, *op.Shown,
			operation.PictureOf(now.op, now.pool, now.leaving))
	}
	return now
}

// listenerNow is a listener that was read again, without its load balancer.
func listenerNow(before operation.Listener, now zenlayer.Listener) operation.Listener {
	l := operation.ListenerOf(now, zenlayer.LoadBalancer{ID: before.LoadBalancerID, Name: before.LoadBalancerName,
		Status: before.LoadBalancerStatus, ZoneID: before.Zone})
	l.Protected = before.Protected
	// a reading that leaves something out says nothing about it
	l.Scheduler, l.Kind = cmp.Or(l.Scheduler, before.Scheduler), cmp.Or(l.Kind, before.Kind)
	if l.HealthCheck == nil {
		l.HealthCheck = before.HealthCheck
	}
	return l
}

// previewAgain stores a draft as it is now, to be looked at again. d is what was
// decided about it as it was. It returns *ChangedError when that is stored.
// Other errors: *PresentError if there is nothing left to do, *DeniedError,
// *commands.InputError, *StaleError, *UnavailableError.
func (i *Intake) previewAgain(ctx context.Context, now present, d operation.Decision, c Click) error {
	op, asked := now.op, now.op.Approval != nil
	if stored, err := i.Journal.Operation(ctx, op.ID); err == nil && stored.Version != op.Version {
		return &operation.StaleError{Operation: stored} // what was read may be what another click led to
	}
	if now.read {
		if err := i.refresh(ctx, &op, now); err != nil {
			return err
		}
		now.op = op
		// the rules may go by what is different
		d = now.decided(i.decideSend(ctx, clickQuestion(op, c, i.Now()), op))
	}
	if err := i.requireApproval(ctx, &op, d); err != nil {
		return err
	}
	switch {
	case now.read:
		i.look(&op, now, nil)
	case op.Approval != nil && op.Shown != nil:
		op.Approval.Picture = *op.Shown // the card shows it, so the call is compared with it
	}
	op.Moved, op.Pause = slices.Clone(now.moved), i.pauseNow(ctx)
	switch needed := op.Approval != nil; {
	case needed && !asked:
		op.Moved = append(op.Moved, operation.Difference{Code: operation.DiffApproval})
	case asked && !needed:
		op.Moved = append(op.Moved, operation.Difference{Code: operation.DiffNoApproval})
	}
	why := operation.AgainPicture
	if len(op.Moved) > len(now.moved) {
		why = operation.AgainRules
	}
	op.ExpiresAt = i.Now().Add(operation.DraftLife)
	op.Version++
	err := i.Journal.Save(ctx, op, i.event(operation.EventPreviewed, op, c.Actor, c.Place,
		operation.WithPolicies(map[string]string{"again": why}, op.Policies, op.PolicyDigest)))
	if stale, ok := errors.AsType[*operation.StaleError](err); ok {
		return stale
	}
	if err != nil {
		return &UnavailableError{What: "journal", Err: err}
	}
	return &ChangedError{Operation: op}
}

// refresh makes a draft fit what is on the listener now.
func (i *Intake) refresh(ctx context.Context, op *operation.Operation, now present) error {
	pool := now.pool
	if op.Change == operation.ChangeRemove {
		return i.refreshRemoval(ctx, op, now)
	}
	asked := registration(*op)
	if p := directPorts(op.Listener, asked); p != nil {
		return inputError(asked, *p)
	}
	name := op.Request.BackendName
	if err := i.checkPool(commands.Registration{Name: name}, op, pool); err != nil {
		return err
	}
	if !slices.Contains(operation.NamesIn(pool), name) {
		return nil
	}
	op.Request.BackendName = commands.BackendName(name, operation.NamesIn(pool))
	if asked.Name != "" {
		asked.Name = op.Request.BackendName
		op.Command = asked.CommandLine()
	}
	return nil
}

// registration reads back what was asked for; zero if the line cannot be read.
func registration(op operation.Operation) commands.Registration {
	c, err := commands.Parse(op.Command)
	if err != nil {
		return commands.Registration{}
	}
	reg, err := commands.BuildRegistration(c.Values)
	if err != nil {
		return commands.Registration{}
	}
	return reg
}
