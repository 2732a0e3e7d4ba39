package journal

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// postgresConnections is the size of the pool. The heartbeat has one more connection,
// and the engine has its own pool.
const postgresConnections = 8

// connectPostgres opens a pool. pgx keeps passwords out of its errors.
func (s *Store) connectPostgres(ctx context.Context, url string) error {
	s.dialect = postgresDialect()
	config, err := pgx.ParseConfig(url)
	if err != nil {
		// err may repeat a part of the URL.
		return errors.New("opening journal: the database URL is not a valid postgres:// URL")
	}
	s.name = fmt.Sprintf("postgres %s:%d/%s", config.Host, config.Port, config.Database)
	if s.readOnly {
		config.RuntimeParams["default_transaction_read_only"] = "on"
	} else {
		// The engine has the same limit: a process that is paused inside a transaction
		// must not keep its locks, because other replicas take over its operations. A
		// reader has no locks that others need, and may write to a slow pipe.
		config.RuntimeParams["idle_in_transaction_session_timeout"] = "5000"
	}
	options := []stdlib.OptionOpenDB{stdlib.OptionResetSession(s.writable)}
	s.db = stdlib.OpenDB(*config, options...)
	s.db.SetMaxOpenConns(postgresConnections)
	s.db.SetMaxIdleConns(postgresConnections)
	s.url, s.beats = url, stdlib.OpenDB(*config, options...)
	s.beats.SetMaxOpenConns(1)
	var durable string
	if err := s.db.QueryRowContext(ctx, "show synchronous_commit").Scan(&durable); err != nil {
		return s.explain("opening journal", err)
	}
	if durable == "off" {
		return fmt.Errorf("opening journal %s: synchronous_commit is off, so an accepted operation could be lost: "+
			"switch it on for this database", s.name)
	}
	return nil
}

// writable closes a read-only connection before it is used again: it stays read-only
// even when the server or the database no longer is. The server reports both settings
// by itself, so this needs no query.
func (s *Store) writable(_ context.Context, conn *pgx.Conn) error {
	status := conn.PgConn().ParameterStatus
	if !s.readOnly && (status("default_transaction_read_only") == "on" || status("in_hot_standby") == "on") {
		return driver.ErrBadConn
	}
	return nil
}
