package journal

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"lbbot/bot/journal/internal/query"
	"lbbot/bot/operation"
)

// CardKind says which card of an operation is meant. It is stored.
type CardKind string

const (
	// OwnCard is the card in the operation's own channel.
	OwnCard CardKind = "operation"
	// ApprovalCard asks for approval in another channel.
	ApprovalCard CardKind = "approval"
)

// cardRow is a row of the table; each query has a type of its own with these fields.
type cardRow = query.HoldCardRow

// Cards stores where the cards of one kind are. Its methods block for a commit, except Card.
type Cards struct {
	s    *Store
	kind CardKind
}

// Cards returns the cards of a kind.
func (s *Store) Cards(kind CardKind) Cards { return Cards{s, kind} }

// Card returns the card of an operation; the zero Card if it has none.
func (c Cards) Card(ctx context.Context, operationID string) (operation.Card, error) {
	row, err := c.read(ctx, c.s.q, operationID)
	if errors.Is(err, sql.ErrNoRows) {
		return operation.Card{}, nil
	}
	return card(row), c.s.explain("reading a card in journal", err)
}

// BeginPost records that a post of the card begins, and returns the card as it
// was before. Its Posting is set if the result of an earlier post was never
// stored; that earlier time is kept. An unknown operation is ErrNotFound.
func (c Cards) BeginPost(ctx context.Context, operationID string, at time.Time) (operation.Card, error) {
	const doing = "recording the post of a card in journal"
	return c.update(ctx, operationID, doing, func(q *query.Queries, before cardRow) (cardRow, error) {
		post := query.BeginPostParams{OperationID: operationID, Kind: string(c.kind), PostingAt: millis(at)}
		return before, q.BeginPost(ctx, post)
	})
}

// PlaceCard stores where the card was posted, like SaveCard, unless another
// message than gone is stored as the card: the first message wins. gone is the
// timestamp of the message that no longer exists, or "". PlaceCard returns the
// card as it was before. An unknown operation is ErrNotFound.
func (c Cards) PlaceCard(
	ctx context.Context, operationID string, placed operation.Card, gone string) (operation.Card, error) {
	const doing = "storing the place of a card in journal"
	return c.update(ctx, operationID, doing, func(q *query.Queries, before cardRow) (cardRow, error) {
		if before.Ts != "" && before.Ts != gone && before.Ts != placed.TS {
			return before, nil
		}
		return before, c.save(ctx, q, operationID, placed)
	})
}

// SaveCard stores what Slack has accepted, ends the post that was begun, and
// returns the card as it was before. The Posting of shown is ignored. A lower
// Shown does not replace the place or the version of a higher one, and a closed
// card stays closed. Closing an operation's own card marks the operation as
// reported. An unknown operation is ErrNotFound.
func (c Cards) SaveCard(ctx context.Context, operationID string, shown operation.Card) (operation.Card, error) {
	const doing = "saving a card in journal"
	return c.update(ctx, operationID, doing, func(q *query.Queries, before cardRow) (cardRow, error) {
		return before, c.save(ctx, q, operationID, shown)
	})
}

// update runs fn in a transaction that has locked the card.
func (c Cards) update(ctx context.Context, operationID, doing string,
	fn func(q *query.Queries, before cardRow) (cardRow, error)) (operation.Card, error) {
	var result cardRow
	err := c.s.write(ctx, func(ctx context.Context, _ query.DBTX, q *query.Queries) error {
		hold := query.HoldCardParams{OperationID: operationID, Kind: string(c.kind), UpdatedAt: c.s.now().UnixMilli()}
		before, err := q.HoldCard(ctx, hold)
		if err != nil {
			return err
		}
		result, err = fn(q, before)
		return err
	})
	if isForeign(err) {
		err = operation.ErrNotFound
	}
	if err != nil {
		return operation.Card{}, c.s.explain(doing, err)
	}
	return card(result), nil
}

func (c Cards) read(ctx context.Context, q *query.Queries, operationID string) (cardRow, error) {
	row, err := q.CardOf(ctx, query.CardOfParams{OperationID: operationID, Kind: string(c.kind)})
	return cardRow(row), err
}

func (c Cards) save(ctx context.Context, q *query.Queries, operationID string, shown operation.Card) error {
	err := q.SaveCard(ctx, query.SaveCardParams{
		OperationID: operationID, Kind: string(c.kind), Channel: shown.Channel, Ts: shown.TS,
		ShownVersion: shown.Shown, Closed: shown.Closed, UpdatedAt: c.s.now().UnixMilli(),
	})
	if err != nil || !shown.Closed || c.kind != OwnCard {
		return err
	}
	return q.MarkReported(ctx, operationID)
}

func card(r cardRow) operation.Card {
	return operation.Card{Channel: r.Channel, TS: r.Ts, Posting: moment(r.PostingAt),
		Shown: r.ShownVersion, Closed: r.Closed}
}
