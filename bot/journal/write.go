package journal

import (
	"context"
	"errors"

	"github.com/prometheus/client_golang/prometheus"

	"lbbot/bot/journal/internal/query"
	"lbbot/bot/operation"
)

// work is the statements of one write. It uses the ctx that it is given.
type work func(ctx context.Context, tx query.DBTX, q *query.Queries) error

// write runs fn in one transaction and returns after its commit. It does not wrap
// errors of fn.
func (s *Store) write(ctx context.Context, fn work) error {
	return s.inTurn(ctx, func() error {
		tx, err := s.db.BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		defer func() { _ = tx.Rollback() }() // fails after the commit
		if err := fn(ctx, tx, s.q.WithTx(tx)); err != nil {
			return err
		}
		if err := s.place.check(); err != nil {
			return err
		}
		return tx.Commit()
	})
}

// writeOne is write for a single statement, which PostgreSQL commits by itself: one
// round trip.
func (s *Store) writeOne(ctx context.Context, fn work) error {
	return s.inTurn(ctx, func() error { return fn(ctx, s.db, s.q) })
}

// inTurn runs a write, on SQLite one at a time. If the SQLite file was moved, it returns
// a *operation.JournalMovedError: before fn, so that nothing is written, or after it, so
// that the write does not count as stored.
func (s *Store) inTurn(ctx context.Context, fn func() error) error {
	if s.turn != nil {
		select {
		case s.turn <- struct{}{}:
			defer func() { <-s.turn }()
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	if err := s.place.check(); err != nil {
		return err
	}
	if err := fn(); err != nil {
		return err
	}
	s.commits.Inc()
	err := s.place.check()
	if e, ok := errors.AsType[*operation.JournalMovedError](err); ok {
		e.Committed = true
	}
	return err
}

// newCommits makes the counter of the commits. r may be nil.
func newCommits(r prometheus.Registerer) prometheus.Counter {
	c := prometheus.NewCounter(prometheus.CounterOpts{Name: "lbbot_journal_commits_total",
		Help: "Committed write transactions of the database, without heartbeats."})
	if r != nil {
		r.MustRegister(c)
	}
	return c
}
