// Package journaltest gives tests and the benchmark a PostgreSQL server: the one that the environment
// names, or one in a temporary folder.
//
// Database gives each test an empty database. A temporary server listens only on a socket
// in its folder, and Stop deletes it. The package must not know what the databases are
// used for.
package journaltest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"sync"
	"sync/atomic"

	"github.com/google/uuid"
	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
)

// Variable may have the postgres:// URL of a server on which tests create and drop
// databases. Without it they start one.
const Variable = "LBBOT_TEST_POSTGRES"

// T is the part of *testing.T that Database uses.
type T interface {
	Helper()
	Skip(args ...any)
	Fatal(args ...any)
	Cleanup(fn func())
}

// Shared is a server for all tests of one process. The zero value is ready; call Stop
// when all tests have ended.
type Shared struct {
	once   sync.Once
	server atomic.Pointer[Server]
	err    error
}

// Database creates an empty database and returns its URL, which has a query.
// The database is dropped when the test ends. Without any PostgreSQL the test
// is skipped, or fails where CI is "true".
func (s *Shared) Database(t T) string {
	t.Helper()
	base := os.Getenv(Variable)
	if base == "" {
		base = s.own(t)
	}
	address, drop, err := Create(base)
	if err != nil {
		t.Fatal("creating a database: ", err)
	}
	t.Cleanup(func() {
		if err := drop(); err != nil {
			t.Fatal("dropping a database: ", err)
		}
	})
	return address
}

func (s *Shared) own(t T) string {
	t.Helper()
	s.once.Do(func() {
		server, err := Start()
		s.server.Store(server)
		s.err = err
	})
	Need(t, s.err)
	return s.server.Load().URL()
}

// Need skips a test if err is ErrNone, or fails it if the variable CI is "true". Any
// other error fails it.
func Need(t T, err error) {
	t.Helper()
	if errors.Is(err, ErrNone) && os.Getenv("CI") != "true" {
		t.Skip(err.Error())
	}
	if err != nil {
		t.Fatal(err)
	}
}

// Stop ends the server if a test started one.
func (s *Shared) Stop() error {
	if server := s.server.Load(); server != nil {
		return server.Stop()
	}
	return nil
}

// Create makes another database on the server of base. drop deletes it, also while it is
// in use.
func Create(base string) (address string, drop func() error, err error) {
	u, err := url.Parse(base)
	if err != nil {
		return "", nil, err
	}
	admin, err := sql.Open("pgx", base)
	if err != nil {
		return "", nil, err
	}
	admin.SetMaxOpenConns(1)
	admin.SetMaxIdleConns(0)
	name := "lbbot_" + uuid.NewString()
	ctx := context.Background()
	if _, err := admin.ExecContext(ctx, fmt.Sprintf("create database %q", name)); err != nil {
		return "", nil, errors.Join(err, admin.Close())
	}
	u.Path = "/" + name
	q := u.Query()
	q.Set("connect_timeout", "10")
	u.RawQuery = q.Encode()
	return u.String(), func() error {
		_, err := admin.ExecContext(ctx, fmt.Sprintf("drop database %q with (force)", name))
		return errors.Join(err, admin.Close())
	}, nil
}

// Writes returns how many writing transactions the whole server of address has begun: the
// next transaction id. pg_stat_database would be seconds late.
func Writes(ctx context.Context, address string) (n int64, err error) {
	db, err := sql.Open("pgx", address)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	err = db.QueryRowContext(ctx, "select txid_snapshot_xmax(txid_current_snapshot())").Scan(&n)
	return n, err
}
