package journal

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"slices"

	"lbbot/bot/journal/internal/query"
	"lbbot/bot/operation"
)

// Lease returns the lease of an operation, or ErrNotFound.
func (s *Store) Lease(ctx context.Context, id string) (operation.Lease, error) {
	row, err := s.q.LeaseOf(ctx, id)
	if errors.Is(err, sql.ErrNoRows) {
		err = operation.ErrNotFound
	}
	return operation.Lease{Run: row.Run, Runner: row.Runner, Live: row.Live},
		s.explain("reading a lease in journal", err)
}

// TakeLease makes this process the runner of an operation and changes its run number
// from was to run. It returns false and changes nothing if another live process is the
// runner, if the run number is not was, or if others took over from this process.
func (s *Store) TakeLease(ctx context.Context, id string, was, run int64) (taken bool, err error) {
	err = s.writeOne(ctx, func(ctx context.Context, _ query.DBTX, q *query.Queries) error {
		n, err := q.TakeLease(ctx, query.TakeLeaseParams{ID: id, Was: was, Run: run, Runner: s.process})
		taken = n > 0
		return err
	})
	return taken && err == nil, s.explain("taking a lease in journal", err)
}

// EndLease ends the lease of a run. It does nothing if there is a newer run.
func (s *Store) EndLease(ctx context.Context, id string, run int64) error {
	err := s.writeOne(ctx, func(ctx context.Context, _ query.DBTX, q *query.Queries) error {
		return q.EndLease(ctx, query.EndLeaseParams{ID: id, Run: run})
	})
	return s.explain("ending a lease in journal", err)
}

// Leases lists the operations whose runner is this process or a dead one, oldest first.
// Those that wait for an approval come last, because the others may have a call to make.
func (s *Store) Leases(ctx context.Context) ([]string, error) {
	rows, err := s.q.LeasesToCheck(ctx, s.process)
	rank := func(r query.LeasesToCheckRow) int {
		if r.State == string(operation.Waiting) {
			return 1
		}
		return 0
	}
	slices.SortFunc(rows, func(a, b query.LeasesToCheckRow) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a.ID, b.ID))
	})
	ids := make([]string, len(rows))
	for i, r := range rows {
		ids[i] = r.ID
	}
	return ids, s.explain("listing leases in journal", err)
}

// Alive reports whether a replica is registered and not dead. On SQLite none is.
func (s *Store) Alive(ctx context.Context, id string) (bool, error) {
	n, err := s.q.ReplicaAlive(ctx, id)
	return n > 0 && err == nil, s.explain("looking for a replica in journal", err)
}
