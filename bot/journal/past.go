package journal

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"

	"lbbot/bot/journal/internal/packed"
	"lbbot/bot/journal/internal/query"
	"lbbot/bot/operation"
	"lbbot/bot/operation/history"
)

var _ history.Archive = (*Store)(nil)

// Past returns accepted operations, newest first, at most 1000.
func (s *Store) Past(ctx context.Context, p history.Page) ([]history.Past, error) {
	past, err := s.past(ctx, p, "")
	return past, s.explain("reading history in journal", err)
}

// past reads by one index: that of the listener, the channel, the person or the final
// state, the first that is not empty. It compares a final state also with the listener
// and the person.
func (s *Store) past(ctx context.Context, p history.Page, state operation.State) ([]history.Past, error) {
	since, at, id, rows := column(p.Since), before(p.Before), p.Before.ID, rowLimit(p.Limit)
	switch {
	case p.Listener != "":
		return pasts(s.q.PastOfListener(ctx, query.PastOfListenerParams{
			ListenerID: p.Listener, State: string(state), Since: since, At: at, ID: id, MaxRows: rows}))
	case p.Channel != "":
		return pasts(s.q.PastOfChannel(ctx, query.PastOfChannelParams{
			ChannelID: p.Channel, Since: since, At: at, ID: id, MaxRows: rows}))
	case p.Actor != "":
		return pasts(s.q.PastOfActor(ctx, query.PastOfActorParams{
			ActorID: p.Actor, State: string(state), Since: since, At: at, ID: id, MaxRows: rows}))
	case state != "":
		return pasts(s.q.PastInState(ctx, query.PastInStateParams{
			State: string(state), Since: since, At: at, ID: id, MaxRows: rows}))
	}
	return pasts(s.q.Past(ctx, query.PastParams{Since: since, At: at, ID: id, MaxRows: rows}))
}

// pastRow is the row of every query of operations with their times.
type pastRow = struct {
	AcceptedAt sql.NullInt64
	Record     packed.Text
}

func pasts[R ~pastRow](rows []R, err error) ([]history.Past, error) {
	out := make([]history.Past, len(rows))
	for i, r := range rows {
		if out[i].Operation, err = one(pastRow(r).Record, err); err != nil {
			return nil, err
		}
		out[i].At = moment(pastRow(r).AcceptedAt)
	}
	return out, err
}

func newestFirst(past []history.Past) {
	slices.SortFunc(past, func(a, b history.Past) int {
		return cmp.Or(b.At.Compare(a.At), cmp.Compare(b.Operation.ID, a.Operation.ID))
	})
}

// Open returns the open operations, the last accepted first; of more than
// history.MaxOpen, any of them.
func (s *Store) Open(ctx context.Context) ([]history.Past, error) {
	open, err := pasts(s.q.OpenOperations(ctx, history.MaxOpen))
	newestFirst(open)
	return open, s.explain("reading open operations in journal", err)
}

// UsedIn returns the ids of the listeners of the last requests that were accepted in
// a channel, newest first, as often as there are requests.
func (s *Store) UsedIn(ctx context.Context, channelID string, requests int) (listenerIDs []string, err error) {
	past, err := s.Past(ctx, history.Page{Channel: channelID, Limit: requests})
	for _, p := range past {
		listenerIDs = append(listenerIDs, p.Operation.Request.ListenerID)
	}
	return listenerIDs, err
}

// before returns the time of a mark; without a mark, the end of time.
func before(m history.Mark) sql.NullInt64 {
	if m.At.IsZero() {
		return sql.NullInt64{Int64: math.MaxInt64, Valid: true}
	}
	return sql.NullInt64{Int64: m.At.UnixMilli(), Valid: true}
}

// Denials returns denials, newest first, at most 1000.
func (s *Store) Denials(ctx context.Context, p history.Page) ([]history.Denial, error) {
	seq := int64(math.MaxInt64)
	if p.Before.ID != "" {
		n, err := strconv.ParseInt(p.Before.ID, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("reading denials in journal %s: %q is not the number of a denial: %w",
				s.name, p.Before.ID, err)
		}
		seq = n
	}
	rows, err := s.q.Denials(ctx, query.DenialsParams{
		Since: p.Since.UnixMilli(), Before: before(p.Before).Int64, Number: seq, MaxRows: rowLimit(p.Limit)})
	if err != nil {
		return nil, s.explain("reading denials in journal", err)
	}
	out := make([]history.Denial, len(rows))
	for i, r := range rows {
		at := time.UnixMilli(r.At).UTC()
		out[i] = history.Denial{Mark: history.Mark{At: at, ID: strconv.FormatInt(r.Number, 10)},
			Event: operation.Event{At: at, Kind: r.Kind, OperationID: r.OperationID,
				ActorID: r.ActorID, ChannelID: r.ChannelID}}
		if err := json.Unmarshal([]byte(r.Data), &out[i].Event.Data); err != nil {
			return nil, fmt.Errorf("reading denials in journal %s: the data of a stored event cannot be read: %w",
				s.name, err)
		}
	}
	return out, nil
}

// ListenerSince returns when operations on a listener were accepted, since the given
// time, oldest first, in whole milliseconds.
func (s *Store) ListenerSince(ctx context.Context, listenerID string, since time.Time) ([]time.Time, error) {
	rows, err := s.q.ListenerSince(ctx, query.ListenerSinceParams{ListenerID: listenerID, Since: column(since)})
	if err != nil {
		return nil, s.explain("counting a listener's operations in journal", err)
	}
	return moments(rows), nil
}

// Search reads so many operations at once.
const fewestRows, searchRows = 50, 200

// Filter chooses operations. Zero values match everything.
type Filter struct {
	ActorID  string    // Slack user id
	Since    time.Time // accepted then or later
	Listener string    // id or name
	State    operation.State
	Is       func(operation.Operation) bool // what else must hold; nil: nothing
	Limit    int                            // any number; 0: none
}

func (f Filter) matches(op operation.Operation) bool {
	return (f.ActorID == "" || f.ActorID == op.Actor.UserID) &&
		(f.Listener == "" || f.Listener == op.Request.ListenerID || f.Listener == op.Listener.Name) &&
		(f.State == "" || f.State == op.State) && (f.Is == nil || f.Is(op))
}

// Search lists accepted operations, newest first, without drafts. It reads by the index
// of one filter, the first that is given of open state, listener, person and final state,
// and compares the others in what it reads: at most the operations of that listener or
// person.
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
	case f.State != "" && f.State.Open():
		return s.searchOpen(ctx, f)
	case f.Listener != "":
		var hits []history.Past
		ids, err := s.q.ListenersCalled(ctx, f.Listener)
		if !slices.Contains(ids, f.Listener) {
			ids = append(ids, f.Listener)
		}
		for _, id := range ids {
			if err == nil {
				var some []history.Past
				some, err = s.searchPages(ctx, f, history.Page{Listener: id})
				hits = append(hits, some...)
				newestFirst(hits)
				if f.Limit > 0 && len(hits) >= f.Limit { // of the next one only what is newer
					hits = hits[:f.Limit]
					f.Since = hits[f.Limit-1].At
				}
			}
		}
		return hits, err
	case f.ActorID != "":
		return s.searchPages(ctx, f, history.Page{Actor: f.ActorID})
	}
	return s.searchPages(ctx, f, history.Page{})
}

// searchPages reads pages until it has Limit operations or nothing is left.
func (s *Store) searchPages(ctx context.Context, f Filter, p history.Page) (hits []history.Past, err error) {
	p.Since, p.Limit = f.Since, min(max(f.Limit, fewestRows), searchRows)
	for {
		page, err := s.past(ctx, p, f.State)
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
		if len(page) < p.Limit || len(hits) >= f.Limit {
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
			if f.matches(past.Operation) && !past.At.Before(f.Since) {
				hits = append(hits, past)
			}
			after = past.Operation.Subject()
		}
		if len(page) < maxRows {
			return hits, nil
		}
	}
}

// nameListener stores the name of an operation's listener, if it is new.
func nameListener(ctx context.Context, q *query.Queries, op *operation.Operation) error {
	if op.Listener.Name == "" {
		return nil
	}
	return q.NameListener(ctx, query.NameListenerParams{Name: op.Listener.Name, ListenerID: op.Request.ListenerID})
}
