package journal

import (
	"context"
	"errors"
	"time"
)

// The statements here are PostgreSQL's own, since they use its clock: replicas
// compare nothing with the clocks of their machines. They run on a connection
// of their own, because a heartbeat must not queue behind a burst of requests:
// a replica that is silent loses its work to another.
const (
	// databaseTime is the database's time in Unix milliseconds; unlike now(), it does
	// not stand still within a transaction.
	databaseTime = `(extract(epoch from clock_timestamp()) * 1000)::bigint`

	joinReplica  = `insert into replicas (id, beat_at, gone) values ($1, ` + databaseTime + `, false)`
	beatReplica  = `update replicas set beat_at = ` + databaseTime + ` where id = $1 and not gone`
	leaveReplica = `insert into replicas (id, beat_at, gone) values ($1, ` + databaseTime + `, true)
		on conflict (id) do update set gone = true`
	claimSilent = `update replicas set gone = true where id <> $1 and not gone and beat_at < ` + databaseTime + ` - $2`
	forgetGone  = `delete from replicas where gone and beat_at < ` + databaseTime + ` - $1`
)

// goneFor is how long a replica that is gone stays known, so that a process which
// was paused is told.
const goneFor = 24 * time.Hour

// errOneProcess says that SQLite has no replicas.
var errOneProcess = errors.New("replicas need PostgreSQL: SQLite belongs to one process")

// Join makes a replica known, alive from now on. An id that was used before is
// an error.
func (s *Store) Join(ctx context.Context, id string) error {
	_, err := s.replicas(ctx, forgetGone, goneFor.Milliseconds())
	if err == nil {
		_, err = s.replicas(ctx, joinReplica, id)
	}
	return s.explain("joining the replicas in journal", err)
}

// Beat says that the replica is alive now, by the database's clock. It reports
// false when the replica is gone: it left, others took over from it, or its
// row is not there. That never changes again.
func (s *Store) Beat(ctx context.Context, id string) (bool, error) {
	n, err := s.replicas(ctx, beatReplica, id)
	return n > 0, s.explain("writing the heartbeat in journal", err)
}

// Leave says that the replica is gone, so that others take over at once. It is
// right also for one whose row is not there.
func (s *Store) Leave(ctx context.Context, id string) error {
	_, err := s.replicas(ctx, leaveReplica, id)
	return s.explain("leaving the replicas in journal", err)
}

// GiveUp declares other replicas gone whose last heartbeat is older than that, and
// returns how many: either they beat before, or they learn of it with their next
// heartbeat.
func (s *Store) GiveUp(ctx context.Context, id string, silent time.Duration) (int64, error) {
	n, err := s.replicas(ctx, claimSilent, id, silent.Milliseconds())
	return n, s.explain("looking for silent replicas in journal", err)
}

// PostgresURL is the URL of the database, or empty on SQLite. It may hold a
// password: it is for opening further connections, never for a log.
func (s *Store) PostgresURL() string { return s.url }

// replicas runs a statement and returns how many rows it changed.
func (s *Store) replicas(ctx context.Context, statement string, args ...any) (int64, error) {
	if s.beats == nil {
		return 0, errOneProcess
	}
	done, err := s.beats.ExecContext(ctx, statement, args...)
	if err != nil {
		return 0, err
	}
	return done.RowsAffected()
}
