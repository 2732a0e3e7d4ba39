package journal

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// wakeChannel is the PostgreSQL channel on which replicas wake each other. The payload
// is the id of an operation, or empty.
const wakeChannel = "lbbot_wake"

// listenCheck is how long a listening connection may be silent before it is checked: a
// connection that a firewall has dropped is silent as well.
const listenCheck = 15 * time.Second

// Wake makes the Listen of every replica hear of an operation.
func (s *Store) Wake(ctx context.Context, operation string) error {
	_, err := s.db.ExecContext(ctx, "select pg_notify($1, $2)", wakeChannel, operation)
	return s.explain("waking other replicas", err)
}

// Listen calls hear with each operation that is woken from now on, and with "" when it
// has begun to listen and when a replica has left. It has a connection of its own and
// blocks until ctx ends or the connection is lost.
func (s *Store) Listen(ctx context.Context, hear func(operation string)) error {
	conn, err := s.listening(ctx)
	if err != nil {
		return fmt.Errorf("listening for other replicas: %w", err)
	}
	defer func() {
		within, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		_ = conn.Close(within)
	}()
	hear("")
	for {
		within, cancel := context.WithTimeout(ctx, s.listenCheck)
		n, err := conn.WaitForNotification(within)
		silent := within.Err() != nil && ctx.Err() == nil
		cancel()
		if silent {
			within, cancel := context.WithTimeout(ctx, pingLimit)
			err = conn.Ping(within)
			cancel()
		}
		if err != nil {
			return fmt.Errorf("listening for other replicas: %w", err)
		}
		if n != nil {
			hear(n.Payload)
		}
	}
}

func (s *Store) listening(ctx context.Context) (*pgx.Conn, error) {
	if s.beats == nil {
		return nil, errOneProcess
	}
	config, err := pgx.ParseConfig(s.url)
	if err != nil {
		return nil, errors.New("the database URL is not a valid postgres:// URL")
	}
	config.ConnectTimeout = pingLimit
	_ = s.login.Apply(ctx, config) // never fails
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return nil, err
	}
	if _, err := conn.Exec(ctx, "listen "+wakeChannel); err != nil {
		return nil, errors.Join(err, conn.Close(ctx))
	}
	return conn, nil
}
