package intake

import (
	"cmp"
	"context"
	"errors"
	"path"
	"slices"

	"go.uber.org/zap"

	"lbbot/bot/operation"
	"lbbot/commands"
	"lbbot/zenlayer"
)

// Preview reads what a request of any verb means, checks that it is allowed, and stores
// it as a draft. Nothing is changed at Zenlayer. It blocks for lookWithin at
// most. For a second delivery of the same request it returns what the first one
// stored, as it is now. Errors: *commands.InputError, *DeniedError,
// *PresentError, *UnavailableError, *ExpiredError for a second delivery; of a removal
// also *GoneError, of an undo *UndoError and ErrNotFound.
func (i *Intake) Preview(ctx context.Context, a Request) (operation.Operation, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, lookWithin, errLookWithin)
	defer cancel()
	if a.Earlier != "" {
		return i.earlier(ctx, a)
	}
	op, err := i.prepare(ctx, a)
	if err != nil {
		return operation.Operation{}, err
	}
	return i.keepDraft(ctx, a, op)
}

// keepDraft stores what was prepared for a person to look at.
func (i *Intake) keepDraft(ctx context.Context, a Request, op operation.Operation) (operation.Operation, error) {
	op.State, op.ExpiresAt = operation.Draft, op.AskedAt.Add(operation.DraftLife)
	op.Pause = i.pauseNow(ctx)
	for tries := 0; ; tries++ {
		op.Ref = i.NewRef()
		e := i.previewed(op, a)
		e.Delivery = a.Delivery
		err := i.Journal.SaveDraft(ctx, op, e)
		if first, ok := errors.AsType[*operation.DuplicateError](err); ok {
			return first.Operation, nil
		}
		if errors.Is(err, operation.ErrRefTaken) && tries < 10 {
			continue
		}
		if err != nil {
			return operation.Operation{}, &UnavailableError{What: "journal", Err: err}
		}
		return op, nil
	}
}

func (i *Intake) previewed(op operation.Operation, a Request) operation.Event {
	return i.event(operation.EventPreviewed, op, a.Actor, a.Place,
		operation.WithPolicies(map[string]string{}, op.Policies, op.PolicyDigest))
}

// earlier returns what the first delivery of a request stored.
func (i *Intake) earlier(ctx context.Context, a Request) (operation.Operation, error) {
	op, err := i.Journal.Operation(ctx, a.Earlier)
	switch {
	case err != nil:
		return operation.Operation{}, &UnavailableError{What: "journal", Err: err}
	case op.State == operation.Draft && !i.Now().Before(op.ExpiresAt):
		return operation.Operation{}, &ExpiredError{op}
	}
	return op, nil
}

// prepare turns a request into an operation without a state.
func (i *Intake) prepare(ctx context.Context, a Request) (operation.Operation, error) {
	admitted := i.Permission.Admit(ctx, a.Actor, a.Place)
	if !admitted.Allowed {
		return operation.Operation{}, i.deny(ctx, admitted, operation.Operation{Actor: a.Actor, Place: a.Place})
	}
	a.Actor.PersonID = admitted.PersonID
	asking := zenlayer.WithWaiting(ctx, zenlayer.Waiting{Rank: operation.RankPreview, AtMost: askWithin})
	asking, done := context.WithTimeoutCause(asking, askWithin, errAskWithin)
	defer done()
	switch a.Registration.Verb {
	case commands.VerbRemove:
		return i.prepareRemoval(ctx, asking, a)
	case commands.VerbUndo:
		return i.prepareUndo(ctx, asking, a)
	}
	return i.prepareAddition(ctx, asking, a)
}

// prepareAddition is prepare for an addition. asking is the time for Zenlayer.
func (i *Intake) prepareAddition(ctx, asking context.Context, a Request) (operation.Operation, error) {
	found, problems, err := resolve(asking, i.Catalog, a.Registration, a.Wrong,
		i.changeableBy(asking, a, operation.ActionRegister))
	if err != nil {
		return operation.Operation{}, i.lookupError(a, err)
	}
	problems = append(slices.Clone(a.Wrong), problems...)
	op := i.describe(a, found)
	op.Unseen = a.unseen && i.maySkipLook(ctx, a.Registration, op)
	pool, poolErr := i.readPool(asking, &op)
	if gone := i.goneListener(asking, a.Registration, op.Request.ListenerID, poolErr); gone != nil {
		return operation.Operation{}, gone
	}
	var d operation.Decision
	if op.Request.ListenerID != "" {
		q := operation.NewQuestion(op, op.AskedAt)
		if q.Server.ID == "" { // not found: the question must have all facts, and the request is refused anyway
			q.Server = NoServer()
		}
		d = i.Permission.Decide(ctx, q)
	}
	if op.Unseen && d.Code == operation.DeniedApproval {
		op.Unseen = false // others will be asked by what they see
		pool, poolErr = i.readPool(asking, &op)
	}
	if problems = append(problems, i.checkListener(a.Registration, op, pool, d, problems)...); len(problems) > 0 {
		return operation.Operation{}, inputError(a.Registration, problems...)
	}
	if err := i.requireApproval(ctx, &op, d); err != nil {
		return operation.Operation{}, err
	}
	if err := i.checkPool(a.Registration, &op, pool); err != nil {
		return operation.Operation{}, i.unlessLeaving(ctx, op, err)
	}
	i.look(&op, present{pool: pool}, poolErr)
	return op, i.checkRate(ctx, op)
}

// elsewhere counts the other listeners that op's server is on, as far as the
// lists say it; 0 if that is not known, or does not matter to a removal.
func (i *Intake) elsewhere(op operation.Operation) (n int) {
	if i.Lists == nil || op.Change == operation.ChangeRemove {
		return 0
	}
	ids, known := i.Lists.ListenersOf(op.Request.InstanceID)
	if !known {
		return 0
	}
	for _, id := range ids {
		if id != op.Request.ListenerID {
			n++
		}
	}
	return n
}

// readPool reads what is on the listener of op, and fills in what follows from
// it. An error prevents nothing: before the call the pool is read again, and must be.
func (i *Intake) readPool(ctx context.Context, op *operation.Operation) (pool []zenlayer.Backend, err error) {
	if op.Request.ListenerID != "" && !op.Unseen {
		pool, err = i.Pools.DescribeBackends(ctx, op.Request.ListenerID, zenlayer.BackendFilter{})
	}
	if err != nil {
		i.Log.Warn("pool could not be read for a preview", zap.String("listener", op.Request.ListenerID),
			zap.Error(err))
		return nil, err
	}
	op.FitWeight(pool)
	return pool, nil
}

// look notes in op what its readers see: the person who asks, and those who are
// asked to approve. err is why the pool could not be read.
func (i *Intake) look(op *operation.Operation, now present, err error) {
	op.PoolFault, op.Elsewhere = operation.FaultOf(err), i.elsewhere(*op)
	if err != nil || op.Unseen {
		return
	}
	pool := now.pool
	p := operation.PictureOf(*op, pool, now.leaving)
	op.Listener.Servers, op.There, op.Shown = len(pool), entriesOf(*op, pool), &p
	op.UsualWeight = op.UsualWeight && op.Request.Weight == operation.UsualWeight(pool)
	if op.Approval != nil {
		op.Approval.Picture = p
	}
}

// describe fills in what follows from the request and the things it names.
func (i *Intake) describe(a Request, found resolved) operation.Operation {
	reg := a.Registration
	op := operation.Operation{
		ID: i.NewID(), Version: 1, Account: i.Settings.Account, Actor: a.Actor, Place: a.Place,
		Listener: found.listener, Server: found.server, Purpose: reg.Reason, Notes: slices.Clone(reg.Notes),
		Unsearched: found.unsearched, Times: operation.Times{AskedAt: i.Now()},
		Options: operation.Options{DryRun: reg.DryRun, Watch: !reg.NoWatch, Rehearsal: i.Settings.Rehearsal},
	}
	name := reg.Name
	if name == "" {
		name = commands.BackendName(cmp.Or(found.server.Name, found.server.ID), nil)
	}
	op.Request = reg.Request(found.listener.ID, found.server.ID, found.server.Type, name, i.NewToken())
	op.Listener.Protected = i.protected(op.Listener)
	op.Command = reg.CommandLine()
	return op
}

func (i *Intake) protected(l operation.Listener) bool {
	return slices.ContainsFunc(i.Settings.Protected, func(glob string) bool {
		return slices.ContainsFunc([]string{l.ID, l.Name, l.LoadBalancerName + "/" + l.Name}, func(name string) bool {
			ok, err := path.Match(glob, name)
			return ok || err != nil // a broken glob protects everything; Validate refuses it at start
		})
	})
}

// lookupError says why the names in a request could not be looked up. Where
// something else is wrong with it, that comes first.
func (i *Intake) lookupError(a Request, err error) error {
	if _, ok := errors.AsType[*commands.InputError](err); ok {
		return err
	}
	if e, ok := errors.AsType[*UnavailableError](err); ok { // the journal
		return e
	}
	if len(a.Wrong) > 0 {
		return inputError(a.Registration, a.Wrong...)
	}
	away := Unavailable(err)
	if away.Busy {
		i.Metrics.busy.Inc()
	}
	return away
}

// checkListener returns what else is wrong with a request, as far as the listener and
// the rules say it. d is exact unless the problems found before concern what the
// rules ask about. Who may do nothing on the listener learns no names.
func (i *Intake) checkListener(asked commands.Registration, op operation.Operation, pool []zenlayer.Backend,
	d operation.Decision, before []commands.Problem) (problems []commands.Problem) {
	may := d.Allowed || d.Code == operation.DeniedApproval
	s, taken := i.Changes[op.Change].Before(op, pool), operation.NamesIn(pool)
	if name := asked.Name; may && !s.Done && !s.Differs && name != "" && slices.Contains(taken, name) {
		problems = append(problems, commands.Problem{Field: commands.KeyName, Given: "name=" + name,
			Text: "The name " + name + " is taken on this listener. Suggestion: " +
				commands.BackendName(name, taken) + "."})
	}
	exact := !concernsField(before, commands.KeyServer, commands.KeyType, commands.KeyPorts, commands.KeyWeight)
	if exact && operation.LacksReason(d, op) && !concernsField(before, commands.KeyReason) {
		problems = append(problems, commands.Problem{Field: commands.KeyReason,
			Text: ReasonRequired})
	}
	return problems
}

// checkPool takes what is on the listener into account: the same server, and
// names that are taken.
func (i *Intake) checkPool(asked commands.Registration, op *operation.Operation, pool []zenlayer.Backend) error {
	if s := i.Changes[op.Change].Before(*op, pool); s.Done || s.Differs {
		op.FoundWeight, op.BackendID = s.Backend.Weight, s.Backend.BackendID
		return &PresentError{Operation: *op, Backend: s.Backend, Same: s.Done}
	}
	if asked.Name == "" {
		op.FitName(pool)
	}
	return nil
}

// entriesOf lists the other entries of op's server. Zenlayer documents a refusal of a
// second one for a sister product only (INVALID_BACKEND_INSTANCE_LISTENER_EXIST),
// so it is said and not refused.
func entriesOf(op operation.Operation, pool []zenlayer.Backend) (list []operation.Entry) {
	for _, b := range operation.OfServer(op, pool) {
		if op.Target != nil && op.Target.BackendID == b.BackendID {
			continue
		}
		list = append(list, operation.Entry{BackendID: operation.Clip(b.BackendID, 40),
			Ports: operation.Clip(b.Port, 40)})
	}
	return list
}
