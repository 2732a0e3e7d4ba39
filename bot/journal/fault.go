package journal

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"lbbot/bot/operation"
)

// See postgresql.org/docs/current/errcodes-appendix.html.
const (
	postgresUnique  = "23505"
	postgresForeign = "23503"

	postgresReadOnly = "25006"
	postgresTooMany  = "53300"
	postgresStopping = "57P01"
	postgresStarting = "57P03"
)

// explain adds to an error what was being done to which database, and what a person
// can do about it. nil and the errors that operation.Journal names stay unchanged.
func (s *Store) explain(doing string, err error) error {
	if err == nil || named(err) {
		return err
	}
	if advice := cmp.Or(sqliteAdvice(err), postgresAdvice(err)); advice != "" {
		return fmt.Errorf("%s %s: %s: %w", doing, s.name, advice, err)
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

func sqliteAdvice(err error) string {
	e, ok := errors.AsType[*sqlite.Error](err)
	if !ok || errors.Is(err, context.Canceled) {
		return ""
	}
	switch e.Code() & 0xff { // the primary result code
	case sqlite3.SQLITE_FULL:
		return "the disk is full: free space on it; the bot then continues by itself"
	case sqlite3.SQLITE_NOTADB:
		return "this file is not a database: name another with --database or LBBOT_DATABASE_URL, " +
			"or move it away and start again"
	case sqlite3.SQLITE_CORRUPT:
		return "the file is damaged: stop the bot, keep a copy, and restore a backup " +
			"or recover it with sqlite3 .recover"
	case sqlite3.SQLITE_READONLY:
		return "it cannot be written: check the permissions of the file and its folder"
	case sqlite3.SQLITE_CANTOPEN:
		return "it cannot be opened: check that the folder exists and the permissions of both"
	case sqlite3.SQLITE_BUSY:
		return "another program has locked it: end that program"
	case sqlite3.SQLITE_IOERR:
		return "its disk reports an error: check the disk, its free space and the limit for the size of a file; " +
			"the bot then continues by itself"
	}
	return ""
}

func postgresAdvice(err error) string {
	e, ok := errors.AsType[*pgconn.PgError](err)
	if !ok {
		return ""
	}
	switch e.Code {
	case postgresReadOnly:
		return "the server or the database is read-only: make it writable, or set LBBOT_DATABASE_URL to one that is; " +
			"the bot then continues by itself"
	case postgresTooMany:
		return "the server has no connection left: end some, or raise max_connections; the bot then continues by itself"
	case postgresStopping, postgresStarting:
		return "the server is restarting; the bot continues by itself afterwards"
	}
	return ""
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
