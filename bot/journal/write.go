package journal

import (
	"context"
	"time"

	"lbbot/bot/journal/internal/query"
)

// work is the statements of one write. It uses only its arguments, and makes no call
// that waits for somebody else: on SQLite other writes wait for it.
type work func(ctx context.Context, tx query.DBTX, q *query.Queries) error

// write runs fn in a transaction and returns after its commit. On SQLite other writes
// may be in the same transaction: see group. It does not wrap errors of fn. If the
// SQLite file was moved, it returns a *operation.JournalMovedError: nothing is written,
// or, if Committed is set, the write does not count as stored.
func (s *Store) write(ctx context.Context, fn work) error {
	defer s.metrics.Wrote(time.Now())
	if s.group != nil {
		return s.group.write(ctx, &job{fn: fn})
	}
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // fails after the commit
	if err := fn(ctx, tx, s.q.WithTx(tx)); err != nil {
		return err
	}
	defer s.metrics.Committed(time.Now())
	if err = tx.Commit(); err == nil {
		s.metrics.Commits.Inc()
	}
	return err
}

// writeOne is write for a single statement, which PostgreSQL commits by itself: one
// round trip instead of three.
func (s *Store) writeOne(ctx context.Context, fn work) error { return s.writeJob(ctx, &job{fn: fn}) }

func (s *Store) writeJob(ctx context.Context, j *job) error {
	defer s.metrics.Wrote(time.Now())
	if s.group != nil {
		return s.group.write(ctx, j)
	}
	err := j.fn(ctx, s.db, s.direct)
	if err == nil && !j.uncounted {
		s.metrics.Commits.Inc()
	}
	return err
}
