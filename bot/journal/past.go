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

	"lbbot/bot/journal/internal/query"
	"lbbot/bot/operation"
	"lbbot/bot/operation/history"
)

var _ history.Archive = (*Store)(nil)

// Past returns accepted operations, newest first, at most 1000.
func (s *Store) Past(ctx context.Context, p history.Page) ([]history.Past, error) {
	since, at, id, rows := column(p.Since), before(p.Before), p.Before.ID, rowLimit(p.Limit)
	var out []history.Past
	var fault error
	add := func(at sql.NullInt64, record string) {
		op, err := one(record, nil)
		if err != nil && fault == nil {
			fault = err
		}
		out = append(out, history.Past{At: moment(at), Operation: op})
	}
	var err error
	switch {
	case p.Listener != "":
		var list []query.PastOfListenerRow
		list, err = s.q.PastOfListener(ctx, query.PastOfListenerParams{
			ListenerID: p.Listener, Since: since, At: at, ID: id, MaxRows: rows})
		for _, r := range list {
			add(r.AcceptedAt, r.Record)
		}
	case p.Channel != "":
		var list []query.PastOfChannelRow
		list, err = s.q.PastOfChannel(ctx, query.PastOfChannelParams{
			ChannelID: p.Channel, Since: since, At: at, ID: id, MaxRows: rows})
		for _, r := range list {
			add(r.AcceptedAt, r.Record)
		}
	case p.Actor != "":
		var list []query.PastOfActorRow
		list, err = s.q.PastOfActor(ctx, query.PastOfActorParams{
			ActorID: p.Actor, Since: since, At: at, ID: id, MaxRows: rows})
		for _, r := range list {
			add(r.AcceptedAt, r.Record)
		}
	default:
		var list []query.PastRow
		list, err = s.q.Past(ctx, query.PastParams{Since: since, At: at, ID: id, MaxRows: rows})
		for _, r := range list {
			add(r.AcceptedAt, r.Record)
		}
	}
	if err == nil {
		err = fault
	}
	return out, s.explain("reading history in journal", err)
}

// Open returns the open operations, the last accepted first; of more than
// history.MaxOpen, any of them.
func (s *Store) Open(ctx context.Context) ([]history.Past, error) {
	rows, err := s.q.OpenOperations(ctx, history.MaxOpen)
	if err != nil {
		return nil, s.explain("reading open operations in journal", err)
	}
	out := make([]history.Past, len(rows))
	for i, r := range rows {
		op, err := one(r.Record, nil)
		if err != nil {
			return nil, s.explain("reading open operations in journal", err)
		}
		out[i] = history.Past{At: moment(r.AcceptedAt), Operation: op}
	}
	slices.SortFunc(out, func(a, b history.Past) int {
		return cmp.Or(b.At.Compare(a.At), cmp.Compare(b.Operation.ID, a.Operation.ID))
	})
	return out, nil
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
