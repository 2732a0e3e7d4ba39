package journal

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"lbbot/bot/journal/internal/query"
	"lbbot/bot/operation"
)

// ApprovalCards remembers the cards on which other people are asked to agree,
// where they are not the operations' own. Its methods are those of the Store
// for the operations' cards, with their errors, and it marks nothing as
// reported: that is the business of the operation's own card.
type ApprovalCards struct{ s *Store }

// ApprovalCards returns the store's approval cards.
func (s *Store) ApprovalCards() ApprovalCards { return ApprovalCards{s} }

// Card is as Store.Card.
func (a ApprovalCards) Card(ctx context.Context, operationID string) (operation.Card, error) {
	row, err := a.s.q.ApprovalCardOf(ctx, operationID)
	if errors.Is(err, sql.ErrNoRows) {
		return operation.Card{}, nil
	}
	return card(query.HoldCardRow(row)), a.s.explain("reading an approval card in journal", err)
}

// BeginPost is as Store.BeginPost.
func (a ApprovalCards) BeginPost(ctx context.Context, operationID string, at time.Time) (operation.Card, error) {
	var before query.HoldApprovalCardRow
	err := a.s.write(ctx, func(q *query.Queries) (err error) {
		before, err = q.HoldApprovalCard(ctx, query.HoldApprovalCardParams{OperationID: operationID, UpdatedAt: a.s.now().UnixMilli()})
		if err != nil {
			return err
		}
		return q.BeginApprovalPost(ctx, query.BeginApprovalPostParams{OperationID: operationID, PostingAt: millis(at)})
	})
	if err != nil {
		return operation.Card{}, a.s.explain("noting the post of an approval card in journal", cardError(err))
	}
	return card(query.HoldCardRow(before)), nil
}

// PlaceCard is as Store.PlaceCard.
func (a ApprovalCards) PlaceCard(ctx context.Context, operationID string, c operation.Card, gone string) (operation.Card, error) {
	var kept query.HoldCardRow
	err := a.s.write(ctx, func(q *query.Queries) error {
		held, err := q.HoldApprovalCard(ctx, query.HoldApprovalCardParams{OperationID: operationID, UpdatedAt: a.s.now().UnixMilli()})
		if err != nil {
			return err
		}
		if kept = query.HoldCardRow(held); held.Ts != "" && held.Ts != gone && held.Ts != c.TS {
			return nil
		}
		if err := a.saveCard(ctx, q, operationID, c); err != nil {
			return err
		}
		now, err := q.ApprovalCardOf(ctx, operationID)
		kept = query.HoldCardRow(now)
		return err
	})
	if err != nil {
		return operation.Card{}, a.s.explain("storing the place of an approval card in journal", cardError(err))
	}
	return card(kept), nil
}

// SaveCard is as Store.SaveCard, but for the mark.
func (a ApprovalCards) SaveCard(ctx context.Context, operationID string, c operation.Card) (operation.Card, error) {
	var before query.HoldApprovalCardRow
	err := a.s.write(ctx, func(q *query.Queries) (err error) {
		if before, err = q.HoldApprovalCard(ctx, query.HoldApprovalCardParams{OperationID: operationID, UpdatedAt: a.s.now().UnixMilli()}); err != nil {
			return err
		}
		return a.saveCard(ctx, q, operationID, c)
	})
	if err != nil {
		return operation.Card{}, a.s.explain("saving an approval card in journal", cardError(err))
	}
	return card(query.HoldCardRow(before)), nil
}

func (a ApprovalCards) saveCard(ctx context.Context, q *query.Queries, operationID string, c operation.Card) error {
	return q.SaveApprovalCard(ctx, query.SaveApprovalCardParams{
		OperationID: operationID, Channel: c.Channel, Ts: c.TS,
		ShownVersion: c.Shown, Closed: c.Closed, UpdatedAt: a.s.now().UnixMilli(),
	})
}
