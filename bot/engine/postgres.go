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
	// connections is the size of the engine's pool on PostgreSQL. One connection
	// always listens for wake-ups.
	connections = 8

	// migrationLock is the key of the advisory lock for migrating the engine's
	// tables. DBOS does not expect replicas that start at the same time.
	migrationLock = 0x6c62626f74 // "lbbot"
)

// openPool connects to PostgreSQL. Each use of a connection must be admitted. pgx
// keeps passwords out of its errors, except errors about an invalid URL.
func openPool(ctx context.Context, url string, admit func(context.Context) error) (*pgxpool.Pool, error) {
	c, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, errors.New("the database URL is not a valid postgres:// URL")
	}
	c.MaxConns, c.MinConns = connections, 0
	c.MaxConnLifetime, c.MaxConnIdleTime = time.Hour, 5*time.Minute
	c.ConnConfig.ConnectTimeout = 5 * time.Second
	// A process that is paused inside a transaction must not keep its locks: other
	// replicas take over its work.
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

// readOnly reports whether a connection can only read. It stays read-only even
// when the database no longer is, so the pool closes it.
func readOnly(conn *pgx.Conn) bool {
	status := conn.PgConn().ParameterStatus
	return status("default_transaction_read_only") == "on" || status("in_hot_standby") == "on"
}

// withMigrationLock runs fn while no other replica does. It polls for the lock,
// because a statement that waits in the database blocks the creation of indexes.
func withMigrationLock(ctx context.Context, pool *pgxpool.Pool, fn func() error) error {
	conn, err := pool.Acquire(ctx)
	if err != nil {
		return fmt.Errorf("connecting: %w", err)
	}
	defer conn.Release()
	t := time.NewTicker(50 * time.Millisecond)
	defer t.Stop()
	for {
		var got bool
		if err := conn.QueryRow(ctx, "select pg_try_advisory_lock($1)", int64(migrationLock)).Scan(&got); err != nil {
			return fmt.Errorf("taking the migration lock: %w", err)
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
	if _, unlockErr := conn.Exec(ctx, "select pg_advisory_unlock($1)", int64(migrationLock)); unlockErr != nil {
		err = errors.Join(err, fmt.Errorf("releasing the migration lock: %w", unlockErr))
	}
	return err
}
