package intake

import (
	"context"
	"strings"
	"time"

	"lbbot/bot/operation"
	"lbbot/commands"
)

// HistoryPage is how many entries one page of history has.
const HistoryPage = 20

// How much is read for one page: what a person may not see costs a look, too.
const (
	historyChunk = 50
	historyScan  = 400 // entries of each kind
)

// HistoryQuery is what to show of the past, newest first.
type HistoryQuery struct {
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
func (i *Intake) History(ctx context.Context, a operation.Actor, p operation.Place, ask HistoryQuery) (History, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, lookWithin, errLookWithin)
	defer cancel()
	if d := i.Permission.Admit(ctx, a, p); !d.Allowed {
		return History{}, i.deny(ctx, d, operation.Operation{Actor: a, Place: p})
	}
	r := reading{intake: i, actor: a, place: p, ask: ask, now: i.Now(), may: map[string]bool{},
		public: map[string]bool{}, known: map[string]operation.Listener{}}
	if ask.Listener.Text != "" {
		l, err := i.historyOf(ctx, ask.Listener)
		if err != nil {
			return History{}, err
		}
		r.page.Listener = l
		if l.Name != "" {
			r.known[l.ID] = l
		}
	}
	ops, err := r.scan(ctx, r.operations, ask.From.Operations)
	if err != nil {
		return History{}, &UnavailableError{What: "journal", Err: err}
	}
	denials, err := r.scan(ctx, r.denials, ask.From.Denials)
	if err != nil {
		return History{}, &UnavailableError{What: "journal", Err: err}
	}
	r.merge(ops, denials)
	return r.page, nil
}

// historyOf finds the listener that was asked for. One that does not exist any
// more, or cannot be looked up, still has its history under its ID.
func (i *Intake) historyOf(ctx context.Context, ref commands.ListenerRef) (operation.Listener, error) {
	l, problem, err := findListener(ctx, i.Catalog, ref, nil)
	if err == nil && problem == nil {
		return l, nil
	}
	if ref.ID != "" {
		past, pastErr := i.Archive.Past(ctx, Page{Listener: ref.ID, Limit: 1})
		if pastErr != nil {
			return operation.Listener{}, &UnavailableError{What: "journal", Err: pastErr}
		}
		if len(past) > 0 {
			return past[0].Operation.Listener, nil
		}
	}
	if err != nil {
		return operation.Listener{}, unavailable(err)
	}
	return operation.Listener{}, &commands.InputError{Problems: []commands.Problem{*problem}}
}
