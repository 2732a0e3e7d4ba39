package journal

import (
	"context"

	"github.com/prometheus/client_golang/prometheus"

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
	if s.group != nil {
		return s.group.write(ctx, fn)
	}
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // fails after the commit
	if err := fn(ctx, tx, s.q.WithTx(tx)); err != nil {
		return err
	}
	return s.committed(tx.Commit())
}

// writeOne is write for a single statement, which PostgreSQL commits by itself: one
// round trip instead of three.
func (s *Store) writeOne(ctx context.Context, fn work) error {
	if s.group != nil {
		return s.group.write(ctx, fn)
	}
	return s.committed(fn(ctx, s.db, s.q))
}

func (s *Store) committed(err error) error {
	if err == nil {
		s.commits.Inc()
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
