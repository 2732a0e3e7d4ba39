package journal

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"maps"
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
	lease := operation.Lease{Run: row.Run, Runner: row.Runner, Live: row.Live}
	if err == nil && lease.Run == 0 {
		lease.Runner, err = s.runnerBefore(ctx, id)
		lease.Live = lease.Runner != ""
	}
	return lease, s.explain("reading a lease in journal", err)
}

// lbbot 0.1 had no leases. It kept its runs in the tables of DBOS
// (github.com/dbos-inc/dbos-transact-golang), as ID, ID.1, ID.2 and so on.
const (
	hasRunsBefore = `select to_regclass('dbos.workflow_status') is not null`
	runBefore     = `select r.id from dbos.workflow_status w join replicas r on r.id = w.executor_id and not r.gone
		where w.status = 'PENDING' and split_part(w.workflow_uuid, '.', 1) = $1 limit 1`
	cancelRunsBefore = `update dbos.workflow_status set status = 'CANCELLED'
		where status in ('PENDING', 'ENQUEUED', 'DELAYED') and split_part(workflow_uuid, '.', 1) = $1`
)

// runnerBefore returns the live replica of lbbot 0.1 that runs an operation, "" if there
// is none.
func (s *Store) runnerBefore(ctx context.Context, id string) (runner string, err error) {
	there, err := s.hasRunsBefore(ctx)
	if err != nil || !there {
		return "", err
	}
	err = s.db.QueryRowContext(ctx, runBefore, id).Scan(&runner)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return runner, err
}

func (s *Store) hasRunsBefore(ctx context.Context) (there bool, err error) {
	if s.beats == nil {
		return false, nil // the file is locked: no other version is running
	}
	err = s.db.QueryRowContext(ctx, hasRunsBefore).Scan(&there)
	return there, err
}

// TakeLease makes this process the runner of an operation and changes its run number
// from was to run. It returns false and changes nothing if another live process is the
// runner, if the run number is not was, or if others took over from this process. What
// lbbot 0.1 accepted is withdrawn from its replicas in the same transaction.
func (s *Store) TakeLease(ctx context.Context, id string, was, run int64) (taken bool, err error) {
	before := false
	if was == 0 {
		if before, err = s.hasRunsBefore(ctx); err != nil {
			return false, s.explain("taking a lease in journal", err)
		}
	}
	write := s.writeOne
	if before {
		write = s.write
	}
	err = write(ctx, func(ctx context.Context, tx query.DBTX, q *query.Queries) error {
		n, err := q.TakeLease(ctx, query.TakeLeaseParams{ID: id, Was: was, Run: run, Runner: s.process})
		if taken = n > 0; err == nil && taken && before {
			_, err = tx.ExecContext(ctx, cancelRunsBefore, id)
		}
		return err
	})
	return taken && err == nil, s.explain("taking a lease in journal", err)
}

// EndLeases ends the leases of runs, by operation, in one commit. It does nothing about
// an operation that has a newer run.
func (s *Store) EndLeases(ctx context.Context, runs map[string]int64) error {
	write := s.write
	if len(runs) == 1 {
		write = s.writeOne
	}
	err := write(ctx, func(ctx context.Context, _ query.DBTX, q *query.Queries) error {
		for _, id := range slices.Sorted(maps.Keys(runs)) { // two processes lock in one order
			if err := q.EndLease(ctx, query.EndLeaseParams{ID: id, Run: runs[id]}); err != nil {
				return err
			}
		}
		return nil
	})
	return s.explain("ending leases in journal", err)
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
