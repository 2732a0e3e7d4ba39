package journal

import (
	"context"
	"slices"
	"time"

	"lbbot/bot/journal/internal/query"
	"lbbot/bot/operation"
	"lbbot/bot/operation/history"
)

// searchRows is how many operations Search reads at once.
const searchRows = 200

// Filter chooses operations. Zero values match everything.
type Filter struct {
	ActorID  string    // Slack user id
	Since    time.Time // accepted then or later
	Listener string    // id or name
	State    operation.State
	Limit    int // any number; 0: none
}

func (f Filter) matches(op operation.Operation) bool {
	return (f.ActorID == "" || f.ActorID == op.Actor.UserID) &&
		(f.Listener == "" || f.Listener == op.Request.ListenerID || f.Listener == op.Listener.Name) &&
		(f.State == "" || f.State == op.State)
}

// Search lists accepted operations, newest first, without drafts. It reads by the index
// of one filter, the first of listener, person and state that is given, and compares the
// others in what it reads: at most the operations of that listener or that person.
func (s *Store) Search(ctx context.Context, f Filter) ([]operation.Operation, error) {
	hits, err := s.search(ctx, f)
	newestFirst(hits)
	hits = hits[:min(len(hits), max(f.Limit, 0))]
	ops := make([]operation.Operation, len(hits))
	for i, hit := range hits {
		ops[i] = hit.Operation
	}
	return ops, s.explain("listing operations in journal", err)
}

func (s *Store) search(ctx context.Context, f Filter) ([]history.Past, error) {
	switch {
	case f.Listener != "":
		var hits []history.Past
		ids, err := s.q.ListenersCalled(ctx, f.Listener)
		if !slices.Contains(ids, f.Listener) {
			ids = append(ids, f.Listener)
		}
		for _, id := range ids {
			if err == nil {
				var some []history.Past
				some, err = s.searchPages(ctx, f, history.Page{Listener: id}, "")
				hits = append(hits, some...)
			}
		}
		return hits, err
	case f.ActorID != "":
		return s.searchPages(ctx, f, history.Page{Actor: f.ActorID}, "")
	case f.State != "" && f.State.Open():
		return s.searchOpen(ctx, f)
	}
	return s.searchPages(ctx, f, history.Page{}, f.State)
}

// searchPages reads pages until it has Limit operations or nothing is left.
func (s *Store) searchPages(ctx context.Context, f Filter, p history.Page, final operation.State) (
	hits []history.Past, err error) {
	p.Since, p.Limit = f.Since, searchRows
	for {
		page, err := s.past(ctx, p, final)
		if err != nil {
			return nil, err
		}
		for _, past := range page {
			if len(hits) >= f.Limit {
				return hits, nil
			}
			if f.matches(past.Operation) {
				hits = append(hits, past)
			}
			p.Before = history.Mark{At: past.At, ID: past.Operation.ID}
		}
		if len(page) < searchRows {
			return hits, nil
		}
	}
}

// searchOpen reads all operations of an open state: they are few.
func (s *Store) searchOpen(ctx context.Context, f Filter) (hits []history.Past, err error) {
	for after := ""; ; {
		page, err := pasts(s.q.OperationsIn(ctx, query.OperationsInParams{
			State: string(f.State), After: after, MaxRows: maxRows}))
		if err != nil {
			return nil, err
		}
		for _, past := range page {
			if !past.At.Before(f.Since) {
				hits = append(hits, past)
			}
			after = past.Operation.Subject()
		}
		if len(page) < maxRows {
			return hits, nil
		}
	}
}

// nameListener stores the name of an operation's listener, unless this process has
// done so.
func (s *Store) nameListener(ctx context.Context, q *query.Queries, op operation.Operation) error {
	n := listenerName(op)
	if _, known := s.listeners.Load(n); known || n.Name == "" {
		return nil
	}
	return q.NameListener(ctx, n)
}

func listenerName(op operation.Operation) query.NameListenerParams {
	return query.NameListenerParams{Name: op.Listener.Name, ListenerID: op.Request.ListenerID}
}
