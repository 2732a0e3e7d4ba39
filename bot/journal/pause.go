package journal

import (
	"context"
	"encoding/json"
	"fmt"

	"lbbot/bot/journal/internal/query"
	"lbbot/bot/operation"
)

var _ operation.Pauses = (*Store)(nil)

// Paused returns the pause, nil if there is none. It blocks for one reading by a key.
func (s *Store) Paused(ctx context.Context) (*operation.Pause, error) {
	record, err := s.q.SendingPause(ctx)
	if err != nil {
		return nil, s.explain("reading the pause in journal", err)
	}
	p, err := pauseOf(record)
	return p, s.explain("reading the pause in journal", err)
}

// Pause stops the sending; see operation.Pauses. On PostgreSQL it waits for the
// transactions that store attempts now: they hold a share of the row's lock.
func (s *Store) Pause(ctx context.Context, p operation.Pause, e operation.Event,
) (already *operation.Pause, sending []operation.Operation, err error) {
	record, err := json.Marshal(p)
	if err != nil {
		return nil, nil, fmt.Errorf("pausing in journal: %w", err)
	}
	err = s.write(ctx, func(ctx context.Context, _ query.DBTX, q *query.Queries) error {
		if err := s.onlyOnePause(ctx, q, &e); err != nil {
			return err
		}
		n, err := q.PauseSending(ctx, string(record))
		if err != nil {
			return err
		}
		if n == 0 {
			is, err := q.SendingPause(ctx)
			if err != nil {
				return err
			}
			already, err = pauseOf(is)
			return err
		}
		if sending, err = underWay(ctx, q); err != nil {
			return err
		}
		return s.appendEvent(ctx, q, e)
	})
	if err != nil {
		return nil, nil, s.explain("pausing in journal", err)
	}
	return already, sending, nil
}

// onlyOnePause claims the delivery of a command in its transaction: a redelivered one
// must not pause again what somebody has resumed since.
func (s *Store) onlyOnePause(ctx context.Context, q *query.Queries, e *operation.Event) error {
	key := e.Delivery
	if e.Delivery = ""; key == "" { // appendEvent would claim it as a question; the claim below takes its place
		return nil
	}
	n, err := q.ClaimDelivery(ctx, query.ClaimDeliveryParams{Key: "sending:" + key, OperationID: e.Kind,
		At: s.now().UnixMilli()})
	if err == nil && n == 0 {
		return &operation.DuplicateError{}
	}
	return err
}

// underWay lists the operations whose last attempt has no answer yet.
func underWay(ctx context.Context, q *query.Queries) (sending []operation.Operation, err error) {
	past, err := pasts(q.OperationsIn(ctx,
		query.OperationsInParams{State: string(operation.Sending), MaxRows: maxRows}))
	for _, p := range past {
		if op := p.Operation; len(op.Unanswered()) > 0 && len(sending) < operation.MaxSendingShown {
			sending = append(sending, op)
		}
	}
	return sending, err
}

// Resume ends the pause; see operation.Pauses.
func (s *Store) Resume(ctx context.Context, e operation.Event) (ended *operation.Pause, err error) {
	err = s.write(ctx, func(ctx context.Context, _ query.DBTX, q *query.Queries) error {
		if err := q.LockSending(ctx); err != nil {
			return err
		}
		if err := s.onlyOnePause(ctx, q, &e); err != nil {
			return err
		}
		record, err := q.SendingPause(ctx)
		if err != nil {
			return err
		}
		if ended, err = pauseOf(record); err != nil || ended == nil {
			return err
		}
		if err := q.ResumeSending(ctx); err != nil {
			return err
		}
		return s.appendEvent(ctx, q, e)
	})
	if err != nil {
		return nil, s.explain("resuming in journal", err)
	}
	return ended, nil
}

// maySend returns a *operation.PausedError if the bot is paused. On PostgreSQL no
// pause is stored between this and the commit of tx; on SQLite there is one writer.
func (s *Store) maySend(ctx context.Context, tx query.DBTX) error {
	var record string
	err := tx.QueryRowContext(ctx, "select pause from sending where id = 1"+s.dialect.share).Scan(&record)
	if err != nil {
		return err
	}
	p, err := pauseOf(record)
	if err != nil || p == nil {
		return err
	}
	return &operation.PausedError{Pause: *p}
}

func pauseOf(record string) (*operation.Pause, error) {
	if record == "" {
		return nil, nil
	}
	p := &operation.Pause{}
	if err := json.Unmarshal([]byte(record), p); err != nil {
		return nil, fmt.Errorf("the stored pause cannot be read: %w", err)
	}
	return p, nil
}
