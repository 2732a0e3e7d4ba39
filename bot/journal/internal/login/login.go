// Package login lets the user and the password of a PostgreSQL database change while
// connections are open.
package login

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"sync/atomic"

	"github.com/jackc/pgx/v5"
)

// Login is the user and the password for the next connections. The zero value leaves
// them as they are. It is safe for concurrent use.
type Login struct{ current atomic.Pointer[account] }

type account struct{ user, password string }

// Apply puts the current login into the settings of a new connection.
func (l *Login) Apply(_ context.Context, config *pgx.ConnConfig) error {
	if now := l.current.Load(); now != nil {
		config.User, config.Password = now.user, now.password
	}
	return nil
}

// harmless needs the right to read and to write, and changes nothing.
const harmless = "update operations set id = id where false"

// Use opens a connection with the login of another URL of the same database and, if that
// works, uses it for the next connections. It blocks for a connection. Its error has no
// password.
func (l *Login) Use(ctx context.Context, old, address string) error {
	before, err := anonymous(old)
	after, afterErr := anonymous(address)
	config, parseErr := pgx.ParseConfig(address)
	switch {
	case err != nil || afterErr != nil || parseErr != nil:
		return errors.New("it is not a valid postgres:// URL") // the errors may repeat parts of it
	case before != after:
		return errors.New("it differs in more than user and password: restart lbbot to use another database")
	}
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return err
	}
	_, err = conn.Exec(ctx, harmless)
	if err = errors.Join(err, conn.Close(ctx)); err != nil {
		return fmt.Errorf("trying the new login: %w", err)
	}
	l.current.Store(&account{config.User, config.Password})
	return nil
}

// anonymous returns a URL without user and password.
func anonymous(address string) (string, error) {
	u, err := url.Parse(address)
	if err != nil {
		return "", err
	}
	u.User = nil
	query := u.Query()
	query.Del("user")
	query.Del("password")
	u.RawQuery = query.Encode()
	return u.String(), nil
}
