package journal

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"lbbot/bot/audit"
	"lbbot/bot/journal/internal/packed"
	"lbbot/bot/journal/internal/query"
	"lbbot/bot/operation"
)

// maxRows limits the operations that one call returns.
const maxRows = 1000

// Operation returns the operation with this ID or Ref, or ErrNotFound. A Ref may have
// upper or lower case.
func (s *Store) Operation(ctx context.Context, idOrRef string) (operation.Operation, error) {
	if err := s.place.check(); err != nil {
		return operation.Operation{}, s.explain("looking up an operation in journal", err)
	}
	op, err := find(ctx, s.q, idOrRef)
	return op, s.explain("looking up an operation in journal", err)
}

// Unreported lists operations that were accepted before the given time and whose card
// is not closed, ordered by id, from the id after this one: at most limit and at most
// 1000.
func (s *Store) Unreported(
	ctx context.Context, acceptedBefore time.Time, after string, limit int) ([]operation.Operation, error) {
	if err := s.place.check(); err != nil {
		return nil, s.explain("listing unreported operations in journal", err)
	}
	rows, err := s.q.Unreported(ctx, query.UnreportedParams{
		Before: millis(acceptedBefore), After: after, MaxRows: rowLimit(limit)})
	ops, err := many(rows, err)
	return ops, s.explain("listing unreported operations in journal", err)
}

// withinLimit counts recent acceptances. On PostgreSQL it locks the person and then the
// listener, always in this order, so that the counts hold until the commit. SQLite has
// one writer.
func (s *Store) withinLimit(ctx context.Context, q *query.Queries, a *operation.Acceptance) error {
	who, where := a.Operation.Actor.UserID, a.Operation.Request.ListenerID
	limits := []struct {
		of, turn string
		most     int
		applies  bool
		since    time.Time
		count    func(since sql.NullInt64) ([]sql.NullInt64, error)
	}{
		{operation.LimitPerson, who, a.Limit, a.Limit > 0, a.Since,
			func(since sql.NullInt64) ([]sql.NullInt64, error) {
				return q.AcceptedSince(ctx, query.AcceptedSinceParams{ActorID: who, Since: since})
			}},
		{operation.LimitGlass, who, a.GlassLimit, a.Operation.Glass != nil, a.GlassSince,
			func(since sql.NullInt64) ([]sql.NullInt64, error) {
				return q.BrokenSince(ctx, query.BrokenSinceParams{ActorID: who, Since: since})
			}},
		{operation.LimitListener, "listener|" + where, a.ListenerLimit, a.ListenerLimit > 0, a.ListenerSince,
			func(since sql.NullInt64) ([]sql.NullInt64, error) {
				return q.ListenerSince(ctx, query.ListenerSinceParams{ListenerID: where, Since: since})
			}},
	}
	for _, l := range limits {
		if !l.applies {
			continue
		}
		if s.group == nil {
			turn := query.TakeTurnParams{ActorID: l.turn, AcceptedAt: a.Operation.ClickedAt.UnixMilli()}
			if err := q.TakeTurn(ctx, turn); err != nil {
				return err
			}
		}
		rows, err := l.count(sql.NullInt64{Int64: l.since.UnixMilli(), Valid: true})
		if err != nil {
			return err
		}
		if len(rows) >= l.most {
			return &operation.LimitError{Of: l.of, Times: moments(rows)}
		}
	}
	return nil
}

func moments(rows []sql.NullInt64) []time.Time {
	times := make([]time.Time, len(rows))
	for i, at := range rows {
		times[i] = moment(at)
	}
	return times
}

// AcceptedSince returns when this person's operations were accepted, since the given
// time, oldest first, in whole milliseconds.
func (s *Store) AcceptedSince(ctx context.Context, userID string, since time.Time) ([]time.Time, error) {
	rows, err := s.q.AcceptedSince(ctx, query.AcceptedSinceParams{ActorID: userID, Since: column(since)})
	if err != nil {
		return nil, s.explain("counting a person's operations in journal", err)
	}
	return moments(rows), nil
}

// BrokenSince is AcceptedSince for operations with break-glass.
func (s *Store) BrokenSince(ctx context.Context, userID string, since time.Time) ([]time.Time, error) {
	rows, err := s.q.BrokenSince(ctx, query.BrokenSinceParams{ActorID: userID, Since: column(since)})
	if err != nil {
		return nil, s.explain("counting a person's operations with break-glass in journal", err)
	}
	return moments(rows), nil
}

// Leaving returns the removals that are taking a backend off a listener, or have done
// so since the given time; see operation.Journal.
func (s *Store) Leaving(ctx context.Context, account, listenerID, instanceID string, since time.Time) (
	removals []operation.Operation, err error) {
	about := query.OpenOrDoneOnParams{ListenerID: listenerID, Since: since.UnixMilli()}
	if instanceID != "" {
		of := operation.Operation{Account: account}
		of.Request.ListenerID, of.Request.InstanceID = listenerID, instanceID
		about.Subject = of.Subject()
	}
	ops, err := many(s.q.OpenOrDoneOn(ctx, about))
	ops = slices.DeleteFunc(ops, func(op operation.Operation) bool { return op.Account != account })
	return operation.StillLeaving(ops, since), s.explain("reading the removals of a listener in journal", err)
}

// Events returns the audit trail of an operation in the order in which it was written.
// Event.At has whole milliseconds.
func (s *Store) Events(ctx context.Context, operationID string) ([]operation.Event, error) {
	rows, err := s.q.EventsOf(ctx, operationID)
	if err != nil {
		return nil, s.explain("reading events in journal", err)
	}
	events := make([]operation.Event, 0, len(rows))
	for _, r := range rows {
		e, err := audit.Entry{At: r.At, Kind: r.Kind, OperationID: r.OperationID,
			ActorID: r.ActorID, ChannelID: r.ChannelID, Data: string(r.Data)}.Event()
		if err != nil {
			return nil, fmt.Errorf("reading events in journal %s: %w", s.name, err)
		}
		events = append(events, e)
	}
	return events, nil
}

// find returns the operation with this ID or Ref, or ErrNotFound.
func find(ctx context.Context, q *query.Queries, idOrRef string) (operation.Operation, error) {
	idOrRef = strings.TrimSpace(idOrRef)
	row, err := q.FindOperation(ctx, query.FindOperationParams{ID: idOrRef, Ref: strings.ToUpper(idOrRef)})
	return inRun(query.OpenOperationRow(row), err)
}

// inRun decodes a row, with the operation's run number.
func inRun(row query.OpenOperationRow, err error) (operation.Operation, error) {
	op, err := one(row.Record, err)
	op.Run = row.Run
	return op, err
}

func one(record packed.Text, err error) (op operation.Operation, _ error) {
	if errors.Is(err, sql.ErrNoRows) {
		return op, operation.ErrNotFound
	}
	if err != nil {
		return op, err
	}
	if err := json.Unmarshal([]byte(record), &op); err != nil {
		return operation.Operation{}, fmt.Errorf("a stored request cannot be read: %w", err)
	}
	return op, nil
}

func many(records []packed.Text, err error) ([]operation.Operation, error) {
	if err != nil {
		return nil, err
	}
	ops := make([]operation.Operation, 0, len(records))
	for _, r := range records {
		op, err := one(r, nil)
		if err != nil {
			return nil, err
		}
		ops = append(ops, op)
	}
	return ops, nil
}

// column converts a time to a column; zero is a real time, long ago.
func column(t time.Time) sql.NullInt64 { return sql.NullInt64{Int64: t.UnixMilli(), Valid: true} }

// moment converts a column to a time; null is zero.
func moment(at sql.NullInt64) time.Time {
	if !at.Valid {
		return time.Time{}
	}
	return time.UnixMilli(at.Int64).UTC()
}

func rowLimit(n int) int32 { return int32(min(max(n, 0), maxRows)) }
