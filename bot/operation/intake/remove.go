package intake

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"go.uber.org/zap"

	"lbbot/bot/operation"
	"lbbot/commands"
	"lbbot/zenlayer"
)

// prepareRemoval turns a request to take a server off into an operation without a
// state. asking is the time for Zenlayer.
func (i *Intake) prepareRemoval(ctx, asking context.Context, a Request) (operation.Operation, error) {
	reg := a.Registration
	l, none, err := findListener(asking, i.Catalog, reg.Listener, i.changeableBy(asking, a, operation.ActionRemove))
	if gone := goneOf(reg, commands.KeyListener, reg.Listener.Text, l.ID); gone != nil {
		none = gone
	}
	if err != nil {
		return operation.Operation{}, i.lookupError(a, err)
	}
	if none != nil {
		return operation.Operation{}, inputError(reg, *none)
	}
	now := present{op: operation.Operation{Account: i.Settings.Account, Listener: l}}
	now.op.Request.ListenerID = l.ID
	if err := i.readPoolOf(asking, &now); err != nil {
		return operation.Operation{}, cmp.Or(i.goneListener(asking, reg, l.ID, err), i.lookupError(a, err))
	}
	found, err := i.findEntry(asking, reg, now.pool)
	if err != nil {
		return operation.Operation{}, i.lookupError(a, err)
	}
	if found.problem != nil {
		if err := i.seesPool(ctx, a, l); err != nil {
			return operation.Operation{}, err
		}
		return operation.Operation{}, inputError(reg, *found.problem)
	}
	now.op = i.describeRemoval(a, l, found.server, found.entry)
	now.op.Unsearched = found.unsearched
	now.op.Command = reg.CommandLine()
	op, err := i.finishRemoval(ctx, a, now)
	if err == nil && commands.TakesID(found.entry.BackendID) { // so that a repeat is about the same entry
		reg.Server, reg.Ports = found.entry.BackendID, nil
		op.Command = reg.CommandLine()
	}
	return op, err
}

// readPoolOf reads what other removals take off the listener of now.op, and then what
// is on it. A removal is never previewed without.
func (i *Intake) readPoolOf(ctx context.Context, now *present) error {
	var err error
	if now.leaving, err = i.leaving(ctx, now.op); err != nil {
		return &UnavailableError{What: "journal", Err: err}
	}
	now.pool, err = i.Pools.DescribeBackends(ctx, now.op.Request.ListenerID, zenlayer.BackendFilter{})
	if err != nil {
		i.Log.Warn("pool could not be read for a removal", zap.String("listener", now.op.Request.ListenerID),
			zap.Error(err))
		return err
	}
	now.read = true
	return nil
}

// leaving returns the backends that other removals take off the listener of op, or
// took off so lately that the list may still show them. It is read before the pool.
func (i *Intake) leaving(ctx context.Context, op operation.Operation) ([]string, error) {
	others, err := i.Journal.Leaving(ctx, op.Account, op.Request.ListenerID, "", i.Now().Add(-operation.StillListed))
	return operation.Targets(others, op.ID), err
}

// takenOff returns the removal that takes a backend off the listener of op, or took it
// off since then; nil: there is none, or the journal does not say.
func (i *Intake) takenOff(ctx context.Context, op operation.Operation, backendID string,
	since time.Time) *operation.Operation {
	list, err := i.Journal.Leaving(ctx, op.Account, op.Request.ListenerID, "", since)
	if err != nil {
		i.Log.Info("who took a server off is not said", zap.String("backend", backendID), zap.Error(err))
	}
	for _, removal := range list {
		if removal.ID != op.ID && removal.Target.BackendID == backendID {
			return &removal
		}
	}
	return nil
}

// unlessLeaving returns err, which says that op's server is there already, or what to say
// if a removal takes it off: then it is there only for a moment, or only in the list.
func (i *Intake) unlessLeaving(ctx context.Context, op operation.Operation, err error) error {
	present, ok := errors.AsType[*PresentError](err)
	if !ok {
		return err
	}
	by := i.takenOff(ctx, op, op.BackendID, op.AskedAt.Add(-operation.StillListed))
	if by != nil && by.State.Open() {
		return &operation.BusyError{Operation: *by}
	}
	present.By = by
	return present
}

// gone is of a removal whose entry is not there any more.
func (i *Intake) gone(ctx context.Context, op operation.Operation) error {
	return &GoneError{Operation: op, BackendID: op.Target.BackendID,
		By: i.takenOff(ctx, op, op.Target.BackendID, op.AskedAt.Add(-operation.StillListed))}
}

// leavingAlready returns a *GoneError for a removal whose entry another one takes off,
// or took off so lately that the list may still show it.
func (i *Intake) leavingAlready(ctx context.Context, now present) error {
	if now.op.Change == operation.ChangeRemove && slices.Contains(now.leaving, now.op.Target.BackendID) {
		return i.gone(ctx, now.op)
	}
	return nil
}

// describeRemoval is a removal of one entry, without what the rules say about it.
func (i *Intake) describeRemoval(a Request, l operation.Listener, s operation.Server,
	b zenlayer.Backend) operation.Operation {
	reg, target := a.Registration, operation.TargetOf(b)
	ports, _ := operation.BackendPorts(b.Port)
	op := operation.Operation{
		ID: i.NewID(), Version: 1, Account: i.Settings.Account, Actor: a.Actor, Place: a.Place,
		Change: operation.ChangeRemove, Target: &target, Listener: l, Server: s, Purpose: reg.Reason,
		Notes: slices.Clone(reg.Notes), Times: operation.Times{AskedAt: i.Now()},
		Options: operation.Options{DryRun: reg.DryRun, Rehearsal: i.Settings.Rehearsal},
	}
	// The call has no client token: it is here for the journal's check of the draft.
	op.Request = zenlayer.RegisterBackendRequest{ListenerID: l.ID, BackendName: b.Name, InstanceID: b.InstanceID,
		InstanceType: s.Type, ClientToken: i.NewToken(), PortList: ports, Weight: b.Weight}
	op.Listener.Protected = i.protected(op.Listener)
	return op
}

// finishRemoval asks the rules about a removal and notes what its readers see.
func (i *Intake) finishRemoval(ctx context.Context, a Request, now present) (operation.Operation, error) {
	op, reg := now.op, a.Registration
	d := now.decided(i.Permission.Decide(ctx, operation.NewQuestion(op, op.AskedAt)))
	if d.Allowed || d.Code == operation.DeniedApproval {
		if err := i.leavingAlready(ctx, now); err != nil {
			return operation.Operation{}, err
		}
	}
	if operation.LacksReason(d, op) {
		return operation.Operation{}, lacksReason(reg)
	}
	if err := i.requireApproval(ctx, &op, d); err != nil {
		return operation.Operation{}, err
	}
	i.look(&op, now, nil)
	return op, i.checkRate(ctx, op)
}

// lacksReason refuses a request of a verb without a form that has no reason.
func lacksReason(reg commands.Registration) error {
	e := inputError(reg, commands.Problem{Field: commands.KeyReason, Text: ReasonRequired})
	e.Corrected = reg.CommandLine() + " " + commands.KeyReason + "=?"
	return e
}

// decided is what the rules say about now.op, with what no policy can allow: nobody
// removes an entry whose ports cannot be read, and nobody alone the last available
// server of a listener.
func (now present) decided(d operation.Decision) operation.Decision {
	switch op := now.op; {
	case op.Change != operation.ChangeRemove, !d.Allowed && d.Code != operation.DeniedApproval:
		return d
	case !readablePorts(op.Target.Ports):
		return operation.Decision{Code: operation.DeniedUnchecked, What: operation.FactPorts, Action: op.Action(),
			Person: d.Person, Channel: d.Channel, PersonID: d.PersonID}
	case now.read && operation.PictureOf(op, now.pool, now.leaving).Last(), !now.read && op.Seen().Last():
		return operation.AskSecond(d)
	}
	return d
}

// maxEntryPorts is of an entry that people may have removed: the rules are asked
// about each port, and every one is stored.
const maxEntryPorts = 1000

func readablePorts(text string) bool {
	ports, ok := operation.BackendPorts(text)
	return ok && len(ports) <= maxEntryPorts
}

// seesPool denies people who may take nothing off a listener: they learn no names of
// what is on it.
func (i *Intake) seesPool(ctx context.Context, a Request, l operation.Listener) error {
	op := operation.Operation{Account: i.Settings.Account, Actor: a.Actor, Place: a.Place, Listener: l,
		Change: operation.ChangeRemove}
	q := operation.NewQuestion(op, i.Now())
	if q.Server = NoServer(); i.Offers != nil {
		may, d := i.Offers.MayChange(ctx, q, []operation.Listener{l})
		if d.Allowed && may[0] {
			return nil
		}
	}
	d := i.Permission.Decide(ctx, q)
	if d.Allowed || d.Code == operation.DeniedApproval {
		return nil
	}
	return i.refuse(ctx, d, op, q)
}

// refreshRemoval makes the draft of a removal fit the entry as it is now. An undo is
// only of an entry that is as it was left.
func (i *Intake) refreshRemoval(ctx context.Context, op *operation.Operation, now present) error {
	at := slices.IndexFunc(now.pool, func(b zenlayer.Backend) bool { return b.BackendID == op.Target.BackendID })
	if at < 0 || now.pool[at].InstanceID != op.Request.InstanceID {
		return i.gone(ctx, *op)
	}
	if op.Undoes != "" {
		of, err := i.Journal.Operation(ctx, op.Undoes)
		if err != nil {
			return &UnavailableError{What: "journal", Err: err}
		}
		if _, err := i.left(ctx, of, now.pool, now.leaving); err != nil {
			return err
		}
	}
	b := now.pool[at]
	target := operation.TargetOf(b)
	op.Target, op.Request.BackendName, op.Request.Weight = &target, b.Name, b.Weight
	op.Request.PortList, _ = operation.BackendPorts(b.Port)
	return nil
}
