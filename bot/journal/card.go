package journal

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"lbbot/bot/journal/internal/query"
	"lbbot/bot/operation"
)

// Card returns the card of an operation; the zero Card if it has none.
func (s *Store) Card(ctx context.Context, operationID string) (operation.Card, error) {
	row, err := s.q.CardOf(ctx, operationID)
	if errors.Is(err, sql.ErrNoRows) {
		return operation.Card{}, nil
	}
	return card(query.HoldCardRow(row)), s.explain("reading a card in journal", err)
}

// BeginPost notes that a post of the card begins and returns the card as it
// was before: its Posting is set when an earlier post was begun whose answer
// was never stored, and that earlier time is kept. An unknown operation is
// ErrNotFound.
func (s *Store) BeginPost(ctx context.Context, operationID string, at time.Time) (operation.Card, error) {
	var before query.HoldCardRow
	err := s.write(ctx, func(q *query.Queries) (err error) {
		before, err = q.HoldCard(ctx, query.HoldCardParams{OperationID: operationID, UpdatedAt: s.now().UnixMilli()})
		if err != nil {
			return err
		}
		return q.BeginPost(ctx, query.BeginPostParams{OperationID: operationID, PostingAt: millis(at)})
	})
	if err != nil {
		return operation.Card{}, s.explain("noting the post of a card in journal", cardError(err))
	}
	return card(before), nil
}

// PlaceCard stores where the card was posted, as SaveCard does, unless it has
// another place by now than the message that is gone ("" for none): the first
// place counts. It returns the card as it is stored then. An unknown operation
// is ErrNotFound.
func (s *Store) PlaceCard(ctx context.Context, operationID string, c operation.Card, gone string) (operation.Card, error) {
	var kept query.HoldCardRow
	err := s.write(ctx, func(q *query.Queries) error {
		held, err := q.HoldCard(ctx, query.HoldCardParams{OperationID: operationID, UpdatedAt: s.now().UnixMilli()})
		if err != nil {
			return err
		}
		if kept = held; held.Ts != "" && held.Ts != gone && held.Ts != c.TS {
			return nil
		}
		if err := s.saveCard(ctx, q, operationID, c); err != nil {
			return err
		}
		now, err := q.CardOf(ctx, operationID)
		kept = query.HoldCardRow(now)
		return err
	})
	if err != nil {
		return operation.Card{}, s.explain("storing the place of a card in journal", cardError(err))
	}
	return card(kept), nil
}

// SaveCard stores what Slack has taken, ends the post that was begun, and
// returns the card as it was before; the Posting of c is ignored. It never goes
// back: a lower Shown does not replace the place or the version of a higher
// one, and a closed card stays closed. An unknown operation is ErrNotFound.
func (s *Store) SaveCard(ctx context.Context, operationID string, c operation.Card) (operation.Card, error) {
	var before query.HoldCardRow
	err := s.write(ctx, func(q *query.Queries) (err error) {
		if before, err = q.HoldCard(ctx, query.HoldCardParams{OperationID: operationID, UpdatedAt: s.now().UnixMilli()}); err != nil {
			return err
		}
		return s.saveCard(ctx, q, operationID, c)
	})
	if err != nil {
		return operation.Card{}, s.explain("saving a card in journal", cardError(err))
	}
	return card(before), nil
}

func (s *Store) saveCard(ctx context.Context, q *query.Queries, operationID string, c operation.Card) error {
	err := q.SaveCard(ctx, query.SaveCardParams{
		OperationID: operationID, Channel: c.Channel, Ts: c.TS,
		ShownVersion: c.Shown, Closed: c.Closed, UpdatedAt: s.now().UnixMilli(),
	})
	if err != nil || !c.Closed {
		return err
	}
	return q.MarkReported(ctx, operationID)
}

func card(r query.HoldCardRow) operation.Card {
	return operation.Card{Channel: r.Channel, TS: r.Ts, Posting: moment(r.PostingAt), Shown: r.ShownVersion, Closed: r.Closed}
}

func cardError(err error) error {
	if isForeign(err) {
		return operation.ErrNotFound
	}
	return err
}
