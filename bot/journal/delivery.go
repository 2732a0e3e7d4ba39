package journal

import (
	"context"
	"encoding/json"
	"time"

	"lbbot/bot/journal/internal/query"
	"lbbot/bot/operation"
)

const (
	keepDeliveries = 24 * time.Hour
	pruneRows      = 1000 // in one transaction, so that nobody waits long
	pruneRounds    = 100
)

// First remembers the key of a delivery for 24 hours at least and reports
// whether this is its first time. A key seen here can still be accepted; a key
// that was accepted has been seen.
func (s *Store) First(ctx context.Context, delivery string, now time.Time) (bool, error) {
	var n int64
	err := s.inTurn(ctx, func() (err error) {
		n, err = s.q.SeeDelivery(ctx, query.SeeDeliveryParams{Key: delivery, At: now.UnixMilli()})
		return err
	})
	return n > 0, s.explain("remembering a delivery in journal", err)
}

// Record appends an event that belongs to no operation.
func (s *Store) Record(ctx context.Context, e operation.Event) error {
	return s.explain("recording an event in journal", s.inTurn(ctx, func() error {
		return s.appendEvent(ctx, s.q, e)
	}))
}

// Prune forgets deliveries older than the given time, but never those of the
// last 24 hours, and returns how many. It forgets 100,000 at most, in short
// transactions: call it again, hourly is enough.
func (s *Store) Prune(ctx context.Context, olderThan time.Time) (int64, error) {
	if kept := s.now().Add(-keepDeliveries); olderThan.After(kept) {
		olderThan = kept
	}
	var total int64
	for range pruneRounds {
		var n int64
		err := s.inTurn(ctx, func() (err error) {
			n, err = s.q.PruneDeliveries(ctx, query.PruneDeliveriesParams{Before: olderThan.UnixMilli(), MaxRows: pruneRows})
			return err
		})
		if err != nil {
			return total, s.explain("forgetting old deliveries in journal", err)
		}
		total += n
		if n < pruneRows {
			break
		}
	}
	return total, nil
}

func (s *Store) appendEvent(ctx context.Context, q *query.Queries, e operation.Event) error {
	if e.At.IsZero() {
		e.At = s.now()
	}
	data, err := json.Marshal(e.Data)
	if err != nil {
		return err
	}
	return q.InsertEvent(ctx, query.InsertEventParams{
		At: e.At.UnixMilli(), Kind: e.Kind, OperationID: e.OperationID,
		ActorID: e.ActorID, ChannelID: e.ChannelID, Data: string(data),
	})
}
