package journal

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"time"

	"lbbot/bot/journal/internal/packed"
	"lbbot/bot/journal/internal/query"
	"lbbot/bot/operation"
)

const (
	keepDeliveries = 24 * time.Hour
	pruneRows      = 1000 // in one transaction, so that other writes do not wait long
	pruneRounds    = 100
)

// answerKey separates the answer to a delivery from the operation accepted for it.
// Earlier versions stored under the same key which deliveries were seen.
func answerKey(delivery string) string { return "seen:" + delivery }

// Claim gives this process the right to answer a delivery. It returns false if the
// delivery was answered, or while another live process has the right. Deliveries are
// known for at least 24 hours. It commits only what other processes must know: on
// SQLite nothing for a new delivery, and nothing for one that this process has claimed.
func (s *Store) Claim(ctx context.Context, delivery string) (bool, error) {
	const doing = "claiming a delivery in journal"
	if err := s.place.check(); err != nil {
		return false, s.explain(doing, err)
	}
	row, err := s.q.FindDelivery(ctx, answerKey(delivery))
	isNew := errors.Is(err, sql.ErrNoRows)
	switch {
	case err != nil && !isNew:
		return false, s.explain(doing, err)
	case err == nil && row.Told:
		return false, nil
	case err == nil && row.Owner == s.process, isNew && s.group != nil: // no other process could answer it
		return true, nil
	}
	var n int64
	err = s.writeOne(ctx, func(ctx context.Context, _ query.DBTX, q *query.Queries) (err error) {
		n, err = s.claim(ctx, q, delivery, "")
		return err
	})
	return n > 0, s.explain(doing, err)
}

func (s *Store) claim(ctx context.Context, q *query.Queries, delivery, operationID string) (int64, error) {
	return q.ClaimAnswer(ctx, query.ClaimAnswerParams{
		Key: answerKey(delivery), OperationID: operationID, At: s.now().UnixMilli(), Owner: s.process})
}

// Told records that the person has the answer to a delivery of this process.
func (s *Store) Told(ctx context.Context, delivery string) error {
	err := s.writeOne(ctx, func(ctx context.Context, _ query.DBTX, q *query.Queries) error {
		return q.TellDelivery(ctx, query.TellDeliveryParams{Key: answerKey(delivery), At: s.now().UnixMilli(),
			Owner: s.process})
	})
	return s.explain("recording an answer in journal", err)
}

// Delivered returns what is stored about a delivery; the zero value if it is new.
func (s *Store) Delivered(ctx context.Context, delivery string) (operation.Delivered, error) {
	if err := s.place.check(); err != nil {
		return operation.Delivered{}, s.explain("looking up a delivery in journal", err)
	}
	rows, err := s.q.DeliveryNow(ctx, query.DeliveryNowParams{Answer: answerKey(delivery), Accepted: delivery})
	var known operation.Delivered
	for _, r := range rows {
		if r.Key == delivery { // accepted; told is of the answers only
			known.OperationID = cmp.Or(known.OperationID, r.OperationID)
			continue
		}
		known.OperationID, known.Told = cmp.Or(r.OperationID, known.OperationID), r.Told
	}
	return known, s.explain("looking up a delivery in journal", err)
}

// onlyOnce claims the delivery of an event in the transaction that stores the event, so
// that what a delivery caused is stored once.
func (s *Store) onlyOnce(ctx context.Context, q *query.Queries, e operation.Event) error {
	if e.Delivery == "" {
		return nil
	}
	n, err := s.claim(ctx, q, e.Delivery, e.OperationID)
	if err != nil || n > 0 {
		return err
	}
	row, err := q.FindDelivery(ctx, answerKey(e.Delivery))
	if err != nil {
		return err
	}
	if row.OperationID == "" {
		return errors.New("another process is answering this delivery")
	}
	op, err := find(ctx, q, row.OperationID)
	if err != nil {
		return err
	}
	return &operation.DuplicateError{Operation: op}
}

// Record appends an event without changing an operation; see operation.Journal.
func (s *Store) Record(ctx context.Context, e operation.Event) error {
	write := s.write
	if e.Delivery == "" {
		write = s.writeOne
	}
	err := write(ctx, func(ctx context.Context, _ query.DBTX, q *query.Queries) error {
		return s.appendEvent(ctx, q, e)
	})
	return s.explain("recording an event in journal", err)
}

// Prune deletes expired choices and deliveries older than the given time, but never
// those of the last 24 hours. It returns how many deliveries it deleted: up to 100,000,
// in short transactions. Call it hourly.
func (s *Store) Prune(ctx context.Context, olderThan time.Time) (int64, error) {
	if kept := s.now().Add(-keepDeliveries); olderThan.After(kept) {
		olderThan = kept
	}
	err := s.writeOne(ctx, func(ctx context.Context, _ query.DBTX, q *query.Queries) error {
		return s.dropOldChoices(ctx, q)
	})
	if err != nil {
		return 0, s.explain("deleting old choices in journal", err)
	}
	n, err := s.prune(ctx, func(ctx context.Context, q *query.Queries) (int64, error) {
		return q.PruneDeliveries(ctx, query.PruneDeliveriesParams{Before: olderThan.UnixMilli(), MaxRows: pruneRows})
	})
	return n, s.explain("deleting old deliveries in journal", err)
}

// prune repeats a deletion of pruneRows rows until no row is left, at most pruneRounds
// times.
func (s *Store) prune(ctx context.Context, some func(context.Context, *query.Queries) (int64, error)) (
	total int64, err error) {
	for range pruneRounds {
		var n int64
		err := s.writeOne(ctx, func(ctx context.Context, _ query.DBTX, q *query.Queries) (err error) {
			n, err = some(ctx, q)
			return err
		})
		if err != nil {
			return total, err
		}
		if total += n; n < pruneRows {
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
	if err := s.onlyOnce(ctx, q, e); err != nil {
		return err
	}
	return q.InsertEvent(ctx, query.InsertEventParams{
		At: e.At.UnixMilli(), Kind: e.Kind, OperationID: e.OperationID,
		ActorID: e.ActorID, ChannelID: e.ChannelID, Data: packed.Text(data),
	})
}
