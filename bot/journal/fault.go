package journal

import (
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"lbbot/bot/journal/internal/advice"
	"lbbot/bot/operation"
)

// See postgresql.org/docs/current/errcodes-appendix.html.
const (
	postgresUnique  = "23505"
	postgresForeign = "23503"
)

// explain adds to an error what was being done to which database, and what a person
// can do about it. nil and the errors that operation.Journal names stay unchanged.
func (s *Store) explain(doing string, err error) error {
	if err == nil || named(err) {
		return err
	}
	if do := advice.On(err); do != "" {
		return fmt.Errorf("%s %s: %s: %w", doing, s.name, do, err)
	}
	return fmt.Errorf("%s %s: %w", doing, s.name, err)
}

func named(err error) bool {
	if errors.Is(err, operation.ErrNotFound) || errors.Is(err, operation.ErrRefTaken) {
		return true
	}
	if _, ok := errors.AsType[*operation.DuplicateError](err); ok {
		return true
	}
	if _, ok := errors.AsType[*operation.BusyError](err); ok {
		return true
	}
	if _, ok := errors.AsType[*operation.LimitError](err); ok {
		return true
	}
	if _, ok := errors.AsType[*operation.PausedError](err); ok {
		return true
	}
	_, ok := errors.AsType[*operation.StaleError](err)
	return ok
}

// isUnique reports whether a unique key was violated.
func isUnique(err error) bool {
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		return e.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE || e.Code() == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY
	}
	e, ok := errors.AsType[*pgconn.PgError](err)
	return ok && e.Code == postgresUnique
}

// isForeign reports whether a row refers to a row that does not exist.
func isForeign(err error) bool {
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		return e.Code() == sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY
	}
	e, ok := errors.AsType[*pgconn.PgError](err)
	return ok && e.Code == postgresForeign
}
