package journal

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// postgresConnections is the size of the pool. One more connection is for the
// heartbeat, and the engine has its own.
const postgresConnections = 8

// connectPostgres opens a pool. pgx keeps passwords out of its errors.
func (s *Store) connectPostgres(ctx context.Context, url string) error {
	s.dialect = postgresDialect()
	config, err := pgx.ParseConfig(url)
	if err != nil {
		// The cause can hold a part of the URL, so it is not passed on.
		return errors.New("opening journal: the database URL is not a valid postgres:// URL")
	}
	s.name = fmt.Sprintf("postgres %s:%d/%s", config.Host, config.Port, config.Database)
	if s.readOnly {
		config.RuntimeParams["default_transaction_read_only"] = "on"
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
		return fmt.Errorf("opening journal %s: synchronous_commit is off, so an accepted operation could be lost: switch it on for this database", s.name)
	}
	return nil
}

// writable gives up a connection that can only read, before it is used again:
// a connection keeps what it was opened with, so one to a server or database
// that was read-only for a while would stay so for good. The server reports
// both settings by itself, so this costs nothing.
func (s *Store) writable(_ context.Context, conn *pgx.Conn) error {
	said := conn.PgConn().ParameterStatus
	if !s.readOnly && (said("default_transaction_read_only") == "on" || said("in_hot_standby") == "on") {
		return driver.ErrBadConn
	}
	return nil
}
