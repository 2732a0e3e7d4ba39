package journal

import (
	"context"
	"database/sql"
	"errors"
	"math"

	"lbbot/bot/journal/internal/query"
)

// Export passes the whole trail as it is at this moment to fn, in the order of
// the chain, and stops at the first error of fn, which it returns. Events that
// are not linked yet are not in it. A link whose event is gone is passed
// without one: Export shows what is there, Verify judges it. It needs memory
// for one page.
func (s *Store) Export(ctx context.Context, fn func(Entry) error) error {
	err := s.snapshot(ctx, func(_ *sql.Tx, q *query.Queries) error {
		previous := noHash
		if c, err := q.LastCheckpoint(ctx); err == nil {
			previous = c.Hash
		} else if !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		rows := pages(ctx, q, math.MinInt64)
		for {
			page, err := rows.next()
			if err != nil || len(page) == 0 {
				return err
			}
			for _, e := range page {
				e.Previous = previous
				if err := fn(e); err != nil {
					return err
				}
				previous = e.Hash
			}
		}
	})
	return s.explain("exporting the audit trail of journal", err)
}

// Entries returns the entries after a position, in order, at most limit and
// never more than 1000. Previous is not filled in.
func (s *Store) Entries(ctx context.Context, after int64, limit int) ([]Entry, error) {
	rows, err := s.q.ChainPage(ctx, query.ChainPageParams{After: after, MaxRows: rowLimit(limit)})
	return entries(rows), s.explain("reading the audit trail of journal", err)
}

// pager reads the chain page by page.
type pager struct {
	ctx   context.Context //nolint:containedctx // lives as long as one call
	q     *query.Queries
	after int64
}

func pages(ctx context.Context, q *query.Queries, after int64) *pager { return &pager{ctx, q, after} }

// next returns the next page, empty at the end.
func (p *pager) next() ([]Entry, error) {
	rows, err := p.q.ChainPage(p.ctx, query.ChainPageParams{After: p.after, MaxRows: pageRows})
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	p.after = rows[len(rows)-1].Position
	return entries(rows), nil
}

func entries(rows []query.ChainPageRow) []Entry {
	all := make([]Entry, len(rows))
	for i, r := range rows {
		all[i] = Entry{Position: r.Position, Hash: r.Hash, LinkedAt: r.LinkedAt, Seq: r.Seq, At: r.At.Int64, Kind: r.Kind.String,
			OperationID: r.OperationID.String, ActorID: r.ActorID.String, ChannelID: r.ChannelID.String, Data: r.Data.String}
	}
	return all
}

// snapshot runs fn in a transaction that only reads and sees one moment.
func (s *Store) snapshot(ctx context.Context, fn func(tx *sql.Tx, q *query.Queries) error) error {
	tx, err := s.db.BeginTx(ctx, &sql.TxOptions{ReadOnly: true, Isolation: s.dialect.snapshot})
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // nothing was written
	return fn(tx, s.q.WithTx(tx))
}
