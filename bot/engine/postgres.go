package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

const (
	// connections is the size of the engine's pool on PostgreSQL. One of them
	// listens for wake-ups all the time.
	connections = 8

	// migrating is the key of the advisory lock that is held while the
	// engine's tables are made: DBOS does not expect replicas that start at
	// the same time.
	migrating = 0x6c62626f74 // "lbbot"
)

// openPool connects to PostgreSQL. Whoever wants a connection must be admitted. pgx keeps passwords out of its errors,
// except for those about a URL it cannot read.
func openPool(ctx context.Context, url string, admit func(context.Context) error) (*pgxpool.Pool, error) {
	c, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, errors.New("the database URL is not a valid postgres:// URL")
	}
	c.MaxConns, c.MinConns = connections, 0
	c.MaxConnLifetime, c.MaxConnIdleTime = time.Hour, 5*time.Minute
	c.ConnConfig.ConnectTimeout = 5 * time.Second
	// A process that stops in the middle of a transaction must not keep its
	// locks: others take over what it was doing.
	c.ConnConfig.RuntimeParams["idle_in_transaction_session_timeout"] = "5000"
	c.PrepareConn = func(ctx context.Context, conn *pgx.Conn) (bool, error) {
		if readOnly(conn) {
			return false, errReadOnly
		}
		return true, admit(ctx)
	}
	return pgxpool.NewWithConfig(ctx, c)
}

var errReadOnly = errors.New("the database is read-only")

// readOnly reports whether a connection can only read. It would stay so for
// good, also when the database does not any more, so it is not kept.
func readOnly(conn *pgx.Conn) bool {
	said := conn.PgConn().ParameterStatus
	return said("default_transaction_read_only") == "on" || said("in_hot_standby") == "on"
}

// alone runs fn while no other replica does. It asks for the lock again and
// again instead of waiting in the database, because a statement that waits
// there holds up the building of indexes.
func alone(ctx context.Context, pool *pgxpool.Pool, fn func() error) error {
	conn, err := pool.Acquire(ctx)
	if err != nil {
		return fmt.Errorf("connecting: %w", err)
	}
	defer conn.Release()
	t := time.NewTicker(50 * time.Millisecond)
	defer t.Stop()
	for {
		var got bool
		if err := conn.QueryRow(ctx, "select pg_try_advisory_lock($1)", int64(migrating)).Scan(&got); err != nil {
			return fmt.Errorf("taking the lock for migrating: %w", err)
		}
		if got {
			break
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("waiting for another replica to migrate: %w", ctx.Err())
		case <-t.C:
		}
	}
	err = fn()
	if _, unlockErr := conn.Exec(ctx, "select pg_advisory_unlock($1)", int64(migrating)); unlockErr != nil {
		err = errors.Join(err, fmt.Errorf("giving back the lock for migrating: %w", unlockErr))
	}
	return err
}
