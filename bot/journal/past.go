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
// state, the first that is not empty.
func (s *Store) past(ctx context.Context, p history.Page, final operation.State) ([]history.Past, error) {
	since, at, id, rows := column(p.Since), before(p.Before), p.Before.ID, rowLimit(p.Limit)
	switch {
	case p.Listener != "":
		return pasts(s.q.PastOfListener(ctx, query.PastOfListenerParams{
			ListenerID: p.Listener, Since: since, At: at, ID: id, MaxRows: rows}))
	case p.Channel != "":
		return pasts(s.q.PastOfChannel(ctx, query.PastOfChannelParams{
			ChannelID: p.Channel, Since: since, At: at, ID: id, MaxRows: rows}))
	case p.Actor != "":
		return pasts(s.q.PastOfActor(ctx, query.PastOfActorParams{
			ActorID: p.Actor, Since: since, At: at, ID: id, MaxRows: rows}))
	case final != "":
		return pasts(s.q.PastInState(ctx, query.PastInStateParams{
			State: string(final), Since: since, At: at, ID: id, MaxRows: rows}))
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
