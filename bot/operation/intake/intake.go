package intake

import (
	"context"
	"errors"
	"time"

	"go.uber.org/zap"

	"lbbot/bot/operation"
	"lbbot/commands"
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
	acceptWithin = time.Second            // one insert
	pressWithin  = 2 * time.Second        // a button: one change, and waking the run
	recordWithin = time.Second            // one line of the audit trail
	lookWithin   = 10 * time.Second       // names, pool and permission for a preview
	askWithin    = operation.PreviewWaits // the part of that for Zenlayer; many previews may go on at its end
	offerWithin  = 2 * time.Second        // which of the suggestions may be offered; all if it takes longer
	canWithin    = 2 * time.Second        // who else could do it; a denial is shown without that if it takes longer
)

var (
	errLookWithin  = errors.New("looking things up took longer than " + lookWithin.String())
	errOfferWithin = errors.New("what may be offered was not known within " + offerWithin.String())
	errAskWithin   = errors.New("Zenlayer took longer than " + askWithin.String())
)

// Lists are kept in memory. No method blocks for Zenlayer.
type Lists interface {
	// ListenersOf returns the ids of the listeners that a server is on; false: it is
	// not known of all of them, for example because the list shows no servers of its
	// type.
	ListenersOf(instanceID string) (ids []string, known bool)
}

// Rules says what the policies in force go by.
type Rules interface {
	// ReadsWeight reports whether a decision may depend on the weight.
	ReadsWeight() bool
}

// ListenerTimes counts what was accepted on a listener.
type ListenerTimes interface {
	// ListenerSince returns when operations on a listener since the given time
	// were accepted, oldest first.
	ListenerSince(ctx context.Context, listenerID string, since time.Time) ([]time.Time, error)
}

// Intake is the only gate: every request, however it was made, is checked,
// permitted and written down here.
type Intake struct {
	Journal    operation.Journal
	Pauses     operation.Pauses
	Permission operation.Permission
	Roster     operation.Roster
	Reasons    operation.Reasons
	Offers     operation.Offers // nil: what is suggested for a wrong name is not filtered
	Lists      Lists
	Rules      Rules // nil: may go by everything
	Listeners  ListenerTimes
	Reporter   operation.Reporter
	Catalog    operation.Catalog // for previews, as Pools: may be a moment old
	Pools      operation.Pools
	Engine     operation.Engine
	Settings   Settings
	Changes    map[operation.ChangeKind]operation.Change // all kinds
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
	// FromCard says that it is a press of Undo on a card, which offers that for
	// operation.UndoButtonFor.
	FromCard bool
	unseen   bool // it is sent at once if it may be, so that nobody looks at its preview
	// id of the draft that an earlier delivery with this key stored; empty: there is none
	Earlier string
}

// Click is a button of an operation, pressed.
type Click struct {
	OperationID string
	Actor       operation.Actor
	Place       operation.Place
	Delivery    string
	Version     int64 // of the operation on the card that was clicked; 0: not known
}

// unread reports whether there is a newer preview than the one that was clicked.
func (c Click) unread(op operation.Operation) bool { return c.Version != 0 && c.Version < op.Version }

func (i *Intake) event(kind string, op operation.Operation, by operation.Actor, from operation.Place,
	data map[string]string) operation.Event {
	return operation.NewEvent(i.Now(), kind, op, by, from, data)
}
