package journal

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"maps"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// postgresConnections is the size of the pool. The heartbeat has one more connection,
// and so has Listen.
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
		// A process that is paused inside a transaction must not keep its locks, because
		// other replicas take over its operations. A reader has no locks that others
		// need, and may write to a slow pipe.
		config.RuntimeParams["idle_in_transaction_session_timeout"] = "5000"
	}
	options := []stdlib.OptionOpenDB{stdlib.OptionResetSession(s.writable), stdlib.OptionShouldPing(shouldPing),
		stdlib.OptionBeforeConnect(s.login.Apply)}
	s.db = stdlib.OpenDB(*config, options...)
	s.db.SetMaxOpenConns(postgresConnections)
	s.db.SetMaxIdleConns(postgresConnections)
	s.url, s.beats = url, openBeats(*config, options)
	var durable string
	if err := s.db.QueryRowContext(ctx, "show synchronous_commit").Scan(&durable); err != nil {
		return s.explain("opening journal", err)
	}
	if durable == "off" && !s.readOnly {
		return fmt.Errorf("opening journal %s: synchronous_commit is off, so an accepted operation could be lost: "+
			"switch it on for this database", s.name)
	}
	return nil
}

// openBeats opens the connection for replica.go. A power cut of the server may lose the
// last heartbeats, which are old by then, or that a replica was declared dead: that is
// stored again. It cannot lose it and keep a lease that was taken after it.
func openBeats(config pgx.ConnConfig, options []stdlib.OptionOpenDB) *sql.DB {
	config.RuntimeParams = maps.Clone(config.RuntimeParams)
	config.RuntimeParams["synchronous_commit"] = "off"
	db := stdlib.OpenDB(config, options...)
	db.SetMaxOpenConns(1)
	return db
}

// pingAfter is how long a connection may be unused before a ping asks whether a firewall
// has dropped it. What the server has closed is seen without a ping.
const pingAfter = 15 * time.Second

func shouldPing(_ context.Context, p stdlib.ShouldPingParams) bool {
	closed := p.Conn.PgConn().CheckConn //nolint:staticcheck // it costs no round trip; the ping does the rest
	return p.IdleDuration > pingAfter || p.IdleDuration > time.Second && closed() != nil
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
