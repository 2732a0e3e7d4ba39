package history

import (
	"context"
	"errors"
	"strings"
	"time"

	"go.uber.org/zap"

	"lbbot/bot/operation"
	"lbbot/bot/operation/intake"
	"lbbot/commands"
)

// The limits of one answer.
const (
	lookWithin = 10 * time.Second       // names, permission, and what is read
	askWithin  = operation.PreviewWaits // the part of that for a pool
)

var (
	errLookWithin = errors.New("looking things up took longer than " + lookWithin.String())
	errAskWithin  = errors.New("Zenlayer took longer than " + askWithin.String())
)

// Gate admits people.
type Gate interface {
	// Admit checks that a person may be here at all: nil, or a denial that is in the
	// audit trail. ref is of the operation that they ask about, if any.
	Admit(ctx context.Context, a operation.Actor, p operation.Place, ref string) error
}

// Permission says what a person may see.
type Permission interface {
	Decide(ctx context.Context, q operation.Question) operation.Decision
	Public(ctx context.Context, channelID string) (bool, error)
}

// Journal returns the operation with an ID or a Ref, or operation.ErrNotFound.
type Journal interface {
	Operation(ctx context.Context, idOrRef string) (operation.Operation, error)
}

// Reader shows people what was done, as far as each may see it.
type Reader struct {
	Gate       Gate
	Permission Permission
	Offers     operation.Offers
	Journal    Journal
	Archive    Archive
	Catalog    operation.Catalog // may be a moment old, as Pools
	Pools      operation.Pools
	Account    string // whose load balancers
	Now        func() time.Time
	Log        *zap.Logger
}

// PerPage is how many entries one page of history has.
const PerPage = 20

// How much is read for one page: what a person may not see costs a look, too.
const (
	chunkSize = 50
	maxLooked = 400 // entries of each kind
)

// Query is what to show of the past, newest first.
type Query struct {
	Listener commands.ListenerRef // zero: of all of them
	By       string               // user id; empty: of everybody
	Here     bool                 // only what was asked for in the place
	Since    time.Time
	From     Cursor // zero: the newest
}

// list returns the ids that a summary of denials has under a key.
func (e Entry) list(key string) []string {
	if e.Denial == nil {
		return nil
	}
	return strings.Fields(e.Denial.Data[key])
}

// listeners returns the ids of the listeners that a denial is about.
func (e Entry) listeners() []string {
	if e.Operation.Listener.ID != "" {
		return []string{e.Operation.Listener.ID}
	}
	return e.list("listeners")
}

// Cursor is where the next page begins.
type Cursor struct{ Operations, Denials Mark }

// History is one page of the past.
type History struct {
	Listener operation.Listener // that was asked for; zero: all of them
	Entries  []Entry
	Partial  bool            // there are entries that the person may not see
	Unread   bool            // denials are left out: what they are about could not be read
	Fault    operation.Fault // of that reading
	More     bool            // there is another page, from Next
	Next     Cursor
}

// Entry is one thing that happened: an operation, or a denial.
type Entry struct {
	At        time.Time
	Operation operation.Operation // of a denial: the person, the listener and the server as far as they are known
	Denial    *operation.Event
	mark      Mark
}

// History shows a person what was done: their own, and what others did on the
// listeners of which the rules let them see the history, here and now.
// Denials are no different: who may see the history of a listener may see who
// was denied there. Errors: *DeniedError, *commands.InputError for a listener
// that is not there, *UnavailableError. It blocks for lookWithin at most.
func (r *Reader) History(ctx context.Context, a operation.Actor, p operation.Place, ask Query) (History, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, lookWithin, errLookWithin)
	defer cancel()
	if err := r.Gate.Admit(ctx, a, p, ""); err != nil {
		return History{}, err
	}
	view := reading{reader: r, actor: a, place: p, ask: ask, now: r.Now(), may: map[string]bool{},
		public: map[string]bool{}, known: map[string]operation.Listener{}}
	if ask.Listener.Text != "" {
		l, err := r.historyOf(ctx, ask.Listener)
		if err != nil {
			return History{}, err
		}
		view.page.Listener = l
		if l.Name != "" {
			view.known[l.ID] = l
		}
	}
	ops, err := view.scan(ctx, view.operations, ask.From.Operations)
	if err != nil {
		return History{}, &intake.UnavailableError{What: "journal", Err: err}
	}
	denials, err := view.scan(ctx, view.denials, ask.From.Denials)
	if err != nil {
		return History{}, &intake.UnavailableError{What: "journal", Err: err}
	}
	view.merge(ops, denials)
	return view.page, nil
}

// historyOf finds the listener that was asked for. One that does not exist any
// more, or cannot be looked up, still has its history under its ID.
func (r *Reader) historyOf(ctx context.Context, ref commands.ListenerRef) (operation.Listener, error) {
	l, problem, err := intake.FindListener(ctx, r.Catalog, ref)
	if err == nil && problem == nil {
		return l, nil
	}
	if ref.ID != "" {
		past, pastErr := r.Archive.Past(ctx, Page{Listener: ref.ID, Limit: 1})
		if pastErr != nil {
			return operation.Listener{}, &intake.UnavailableError{What: "journal", Err: pastErr}
		}
		if len(past) > 0 {
			return past[0].Operation.Listener, nil
		}
	}
	if err != nil {
		return operation.Listener{}, intake.Unavailable(err)
	}
	return operation.Listener{}, &commands.InputError{Problems: []commands.Problem{*problem}}
}
