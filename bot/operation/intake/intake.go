package intake

import (
	"cmp"
	"context"
	"errors"
	"path"
	"slices"
	"strconv"
	"time"

	"go.uber.org/zap"

	"lbbot/bot/operation"
	"lbbot/commands"
	"lbbot/zenlayer"
)

// Confirm says which requests show a preview before anything is accepted.
type Confirm string

// The settings of LBBOT_CONFIRM.
const (
	ConfirmAlways    Confirm = "always"    // every request shows its preview first
	ConfirmProtected Confirm = "protected" // only those for protected listeners
	ConfirmNever     Confirm = "never"     // as protected: a protected listener always asks
)

// Settings of an Intake. The zero value of Confirm means always.
type Settings struct {
	Account   string        // whose load balancers; part of what makes operations the same
	Confirm   Confirm       //
	Protected []string      // globs on listener id, name, and load-balancer/name
	Rehearsal bool          // everything but the write
	Rate      int           // operations a person may have accepted within RateIn; 0: no limit
	RateIn    time.Duration //

	ListenerRate   int // the same for a listener, whoever asks
	ListenerRateIn time.Duration

	Approval operation.ApprovalSettings
	Glass    int // operations with break-glass a person may have accepted within GlassIn; 0: none
	GlassIn  time.Duration
}

// The limits of one answer to a person. Slack waits three seconds for an ack.
const (
	acceptWithin = time.Second      // one insert
	pressWithin  = 2 * time.Second  // a button: one change, and waking the run
	recordWithin = time.Second      // one line of the audit trail
	lookWithin   = 10 * time.Second // names, pool and permission for a preview
	askWithin    = 6 * time.Second  // the part of that for Zenlayer; many previews may go on at its end
	canWithin    = 2 * time.Second  // who else could do it: what a no is worth waiting for
)

var (
	errLookWithin = errors.New("looking things up took longer than " + lookWithin.String())
	errAskWithin  = errors.New("Zenlayer took longer than " + askWithin.String())
)

// Intake is the only gate: every request, however it was made, is checked,
// permitted and written down here. It starts no goroutines.
type Intake struct {
	Journal    operation.Journal
	Permission operation.Permission
	Roster     operation.Roster
	Reasons    operation.Reasons
	Archive    Archive
	Reporter   operation.Reporter
	Catalog    operation.Catalog // for previews, as Pools: may be a moment old
	Pools      operation.Pools
	Engine     operation.Engine
	Settings   Settings
	Now        func() time.Time
	NewID      func() string // UUIDv7
	NewToken   func() string // random UUID, the client token
	NewRef     func() string
	Log        *zap.Logger
	Metrics    *Metrics
}

// Request is a request as it was typed or filled in, already parsed.
type Request struct {
	Registration commands.Registration
	Actor        operation.Actor
	Place        operation.Place
	Delivery     string             // key of the Slack delivery; empty: a second one is a request of its own
	Wrong        []commands.Problem // what is wrong with it by itself: the look-ups add to this, and no draft is made
	Earlier      string             // id of the draft that an earlier delivery with this key stored; empty: there is none
}

// Click is a button of an operation, pressed.
type Click struct {
	OperationID string
	Actor       operation.Actor
	Place       operation.Place
	Delivery    string
	Version     int64 // of the operation on the card that was clicked; 0: not known
}

// Preview reads what a request means, checks that it is allowed, and stores
// it as a draft. Nothing is changed at Zenlayer. It blocks for lookWithin at
// most. For a second delivery of the same request it returns what the first one
// stored, as it is now. Errors: *commands.InputError, *DeniedError,
// *PresentError, *UnavailableError, *ExpiredError for a second delivery.
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
	op.State, op.ExpiresAt = operation.Draft, op.AskedAt.Add(operation.DraftLife)
	for tries := 0; ; tries++ {
		op.Ref = i.NewRef()
		e := i.event(operation.EventPreviewed, op, a.Actor, a.Place, operation.WithPolicies(map[string]string{}, op.Policies, op.PolicyDigest))
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

// Submit answers a typed command: with a preview, or, where the settings allow
// it, with an operation that is accepted already. Errors as of Preview and
// Send.
func (i *Intake) Submit(ctx context.Context, a Request) (op operation.Operation, accepted bool, err error) {
	op, err = i.Preview(ctx, a)
	if err == nil && op.State != operation.Draft { // by an earlier delivery
		return op, true, nil
	}
	if err != nil || op.DryRun || op.Listener.Protected || op.Approval != nil || op.Unsearched != (operation.Fault{}) {
		return op, false, err
	}
	if i.Settings.Confirm != ConfirmNever && i.Settings.Confirm != ConfirmProtected {
		return op, false, nil
	}
	op, err = i.Send(ctx, Click{OperationID: op.ID, Actor: a.Actor, Place: a.Place, Delivery: a.Delivery})
	return op, err == nil, err
}

// prepare turns a request into an operation without a state.
func (i *Intake) prepare(ctx context.Context, a Request) (operation.Operation, error) {
	draft := operation.Operation{Actor: a.Actor, Place: a.Place}
	admitted := i.Permission.Admit(ctx, a.Actor, a.Place)
	if !admitted.Allowed {
		return operation.Operation{}, i.deny(ctx, admitted, draft)
	}
	a.Actor.PersonID = admitted.PersonID
	asking, done := context.WithTimeoutCause(zenlayer.WithWaiting(ctx, zenlayer.Waiting{Rank: operation.RankPreview, AtMost: askWithin}), askWithin, errAskWithin)
	defer done()
	found, problems, err := resolve(asking, i.Catalog, a.Registration, a.Wrong)
	if err != nil {
		return operation.Operation{}, i.lookupError(a, err)
	}
	problems = append(slices.Clone(a.Wrong), problems...)
	op := i.describe(a, found)
	var pool []zenlayer.Backend
	var poolErr error
	if op.Request.ListenerID != "" {
		pool, poolErr = i.Pools.DescribeBackends(asking, op.Request.ListenerID, zenlayer.BackendFilter{})
	}
	if poolErr != nil {
		// The pool only helps here; it is read again, and must be, before the call.
		i.Log.Warn("pool could not be read for a preview", zap.String("listener", op.Request.ListenerID), zap.Error(poolErr))
		op.Notes = append(op.Notes, poolNote(poolErr))
	} else {
		op.Listener.Servers = len(pool)
		fillWeight(&op, pool)
	}
	var d operation.Decision
	if op.Request.ListenerID != "" {
		d = i.Permission.Decide(ctx, operation.NewQuestion(op, op.AskedAt))
	}
	if problems = append(problems, checkListener(a.Registration, op, pool, d, problems)...); len(problems) > 0 {
		return operation.Operation{}, inputError(a.Registration, problems...)
	}
	if err := i.requireApproval(ctx, &op, d); err != nil {
		return operation.Operation{}, err
	}
	if err := checkPool(a.Registration, &op, pool); err != nil {
		return operation.Operation{}, err
	}
	if op.Approval != nil && poolErr == nil {
		op.Approval.Picture = operation.PictureOf(op, pool)
	}
	return op, i.checkRate(ctx, op)
}

// poolNote says that the servers on the listener could not be read.
func poolNote(err error) string {
	note := "I could not read which servers are on this listener now"
	if f := operation.FaultOf(err); f.Answered() {
		note += ": " + f.Words()
	}
	return note + "; I look again before I add anything."
}

// describe fills in what follows from the request and the things it names.
func (i *Intake) describe(a Request, found resolved) operation.Operation {
	reg := a.Registration
	op := operation.Operation{
		ID: i.NewID(), Version: 1, Account: i.Settings.Account, Actor: a.Actor, Place: a.Place,
		Listener: found.listener, Server: found.server, Purpose: reg.Reason, Notes: slices.Clone(reg.Notes),
		Options: operation.Options{DryRun: reg.DryRun, Watch: !reg.NoWatch, Rehearsal: i.Settings.Rehearsal}, Times: operation.Times{AskedAt: i.Now()}, Unsearched: found.unsearched,
	}
	if op.Unsearched != (operation.Fault{}) {
		op.Notes = append(op.Notes, "I could not search virtual machines for the same name: "+op.Unsearched.Words()+".")
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

// fillWeight gives a request without a weight the one that most servers on the
// listener have, and says so.
func fillWeight(op *operation.Operation, pool []zenlayer.Backend) {
	usual := operation.UsualWeight(pool)
	if op.Request.Weight != 0 || usual == 0 {
		return
	}
	op.Request.Weight = usual
	op.Notes = append(op.Notes, "Weight "+strconv.Itoa(usual)+", as most servers on this listener.")
}

// checkRate refuses a person who had too much accepted lately. It is asked for
// a preview; what counts is asked in the transaction that accepts.
func (i *Intake) checkRate(ctx context.Context, op operation.Operation) error {
	if i.Settings.Rate <= 0 {
		return nil
	}
	times, err := i.Journal.AcceptedSince(ctx, op.Actor.UserID, i.Now().Add(-i.Settings.RateIn))
	if err != nil {
		return &UnavailableError{What: "journal", Err: err}
	}
	if len(times) < i.Settings.Rate {
		return nil
	}
	return i.tooMany(ctx, op, &operation.LimitError{Of: operation.LimitPerson, Times: times})
}

// tooMany denies with the time from which on the next one is possible.
func (i *Intake) tooMany(ctx context.Context, op operation.Operation, e *operation.LimitError) error {
	code, limit, in := operation.DeniedRate, i.Settings.Rate, i.Settings.RateIn
	switch e.Of {
	case operation.LimitListener:
		code, limit, in = operation.DeniedListenerRate, i.Settings.ListenerRate, i.Settings.ListenerRateIn
	case operation.LimitGlass:
		code, limit, in = operation.DeniedBudget, i.Settings.Glass, i.Settings.GlassIn
	}
	d := operation.Decision{Code: code, Person: true, Channel: true, Limit: limit, Window: span(in)}
	if n := len(e.Times); limit > 0 && n >= limit {
		d.Until = e.Times[n-limit].Add(in)
	}
	return i.deny(ctx, d, op)
}

// span writes a duration as people say it.
func span(d time.Duration) string {
	if week := 7 * 24 * time.Hour; d == week {
		return "a week"
	}
	if d%time.Minute == 0 {
		if d == time.Minute {
			return "1 minute"
		}
		return strconv.Itoa(int(d/time.Minute)) + " minutes"
	}
	return d.String()
}

func (i *Intake) event(kind string, op operation.Operation, by operation.Actor, from operation.Place, data map[string]string) operation.Event {
	return operation.NewEvent(i.Now(), kind, op, by, from, data)
}
