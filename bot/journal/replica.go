package journal

import (
	"context"
	"errors"
	"time"

	"lbbot/bot/operation"
)

// The statements use PostgreSQL's clock, because replicas never compare the clocks of
// their machines. They run on a separate connection, because a heartbeat must not wait
// behind a burst of requests: a silent replica loses its operations.
const (
	// databaseTime is the database's time in Unix milliseconds. Unlike now(), it
	// advances within a transaction.
	databaseTime = `(extract(epoch from clock_timestamp()) * 1000)::bigint`

	joinReplica = `insert into replicas (id, beat_at, gone) values ($1, ` + databaseTime + `, false)`

	// beatReplica also declares dead whoever was silent for longer than $2, and counts
	// the leases of this replica and of dead ones, and the live replicas, so that an
	// idle replica costs the database one transaction a second.
	beatReplica = `with me as (
			update replicas set beat_at = ` + databaseTime + ` where id = $1 and not gone returning id),
		dead as (
			update replicas set gone = true where id <> $1 and not gone and $2 > 0
				and beat_at < ` + databaseTime + ` - $2 and exists (select 1 from me) returning id)
		select exists (select 1 from me), (select count(*) from dead), (
			select count(*) from operations o where o.runner > '' and (o.runner = $1
				or not exists (select 1 from replicas r where r.id = o.runner and not r.gone))), (
			select count(*) from replicas where not gone and id not in (select id from dead))`

	leaveReplica = `with me as (
			insert into replicas (id, beat_at, gone) values ($1, ` + databaseTime + `, true)
			on conflict (id) do update set gone = true returning '')
		select pg_notify('` + wakeChannel + `', '') from me`
	forgetGone = `delete from replicas where gone and beat_at < ` + databaseTime + ` - $1`
)

// goneFor is how long a dead replica stays in the table, so that a paused process
// learns that it was taken over.
const goneFor = 24 * time.Hour

var errOneProcess = errors.New("replicas need PostgreSQL: SQLite belongs to one process")

// Join registers a replica as alive. An id that was used before is an error.
func (s *Store) Join(ctx context.Context, id string) error {
	_, err := s.replicas(ctx, forgetGone, goneFor.Milliseconds())
	if err == nil {
		_, err = s.replicas(ctx, joinReplica, id)
	}
	return s.explain("joining the replicas in journal", err)
}

// Beat stores a heartbeat by the database's clock. alive is false if the replica is
// dead: it left, others took over from it, or it is not registered. That is final. A
// live one declares other replicas dead whose last heartbeat is older than silence,
// unless that is 0; they learn it at their next heartbeat. Leases is how many Leases
// listed before they were declared dead.
func (s *Store) Beat(ctx context.Context, id string, silence time.Duration) (b operation.Beat, err error) {
	if s.beats == nil {
		return b, errOneProcess
	}
	err = s.beats.QueryRowContext(ctx, beatReplica, id, silence.Milliseconds()).
		Scan(&b.Alive, &b.Dead, &b.Leases, &b.Live)
	return b, s.explain("writing the heartbeat in journal", err)
}

// Leave declares the replica dead and wakes the others, so that they take over at once.
// It need not be registered.
func (s *Store) Leave(ctx context.Context, id string) error {
	_, err := s.replicas(ctx, leaveReplica, id)
	return s.explain("leaving the replicas in journal", err)
}

// PostgresURL returns the URL of the database, "" on SQLite. It may contain a password:
// do not log it.
func (s *Store) PostgresURL() string { return s.url }

// UseLogin makes the next connections use the login of another URL, after it worked once; see login.Login.
func (s *Store) UseLogin(ctx context.Context, url string) error { return s.login.Use(ctx, s.url, url) }

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
