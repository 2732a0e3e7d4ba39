// Package advice says what a person can do about an error of a database.
package advice

import (
	"cmp"
	"context"
	"errors"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// See postgresql.org/docs/current/errcodes-appendix.html.
const (
	postgresReadOnly = "25006"
	postgresTooMany  = "53300"
	postgresStopping = "57P01"
	postgresStarting = "57P03"
	postgresLogin    = "28000"
	postgresPassword = "28P01"
	postgresUnknown  = "3D000"
)

// On returns what a person can do about an error of SQLite or PostgreSQL; "" if there is
// nothing to say.
func On(err error) string { return cmp.Or(sqliteAdvice(err), postgresAdvice(err)) }

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
	if _, connects := errors.AsType[*pgconn.ConnectError](err); !ok && connects {
		return "the server cannot be reached: start it, or correct the host and the port in LBBOT_DATABASE_URL"
	}
	if !ok {
		return ""
	}
	switch e.Code {
	case postgresLogin, postgresPassword:
		return "the server refuses the login: correct the user and the password in LBBOT_DATABASE_URL"
	case postgresUnknown:
		return "the server has no such database: create it, or correct its name in LBBOT_DATABASE_URL"
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
