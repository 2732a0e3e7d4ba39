package journal

import (
	"context"
	"database/sql"
	"fmt"
	"os"

	"github.com/gofrs/flock"
	"go.uber.org/zap"
	_ "modernc.org/sqlite" // the driver "sqlite"

	"lbbot/bot/journal/internal/prepared"
	"lbbot/bot/journal/internal/query"
	"lbbot/bot/journal/internal/sqlitefile"
)

// sqliteConnections is the size of the pool that reads. One more connection writes.
const sqliteConnections = 2

func (s *Store) connectSQLite(ctx context.Context, rest string) error {
	s.dialect = sqliteDialect()
	path, err := sqlitefile.Path(rest)
	if err != nil {
		return err
	}
	s.name = path
	if s.readOnly {
		err = sqlitefile.CheckReadable(path)
	} else {
		err = s.claimFile(path)
	}
	if err != nil {
		return err
	}
	if s.db, err = sql.Open("sqlite", sqlitefile.DSN(path, s.readOnly)); err != nil {
		return fmt.Errorf("opening journal %s: %w", path, err)
	}
	s.db.SetMaxOpenConns(sqliteConnections)
	s.db.SetMaxIdleConns(sqliteConnections)
	s.prepared = prepared.New(s.db)
	if s.readOnly {
		return nil
	}
	return s.explain("opening journal", sqlitefile.Check(ctx, s.db, sqliteConnections))
}

// reads returns what queries outside a write use.
func (s *Store) reads() query.DBTX {
	if s.prepared != nil {
		return s.metrics.Reads(s.prepared)
	}
	return s.metrics.Reads(s.db)
}

// startGroup starts the one writer of an SQLite file.
func (s *Store) startGroup(ctx context.Context) (err error) {
	if s.place == nil {
		return nil
	}
	if s.writer, err = sql.Open("sqlite", sqlitefile.DSN(s.name, false)); err != nil {
		return err
	}
	s.writer.SetMaxOpenConns(1)
	if err := sqlitefile.Check(ctx, s.writer, 1); err != nil {
		return err
	}
	s.group, err = newGroup(ctx, s, s.writer)
	return err
}

// claimFile locks the file. It creates the file if it does not exist, readable by its
// owner only.
func (s *Store) claimFile(path string) error {
	if err := sqlitefile.CheckFolder(path); err != nil {
		return err
	}
	lock := flock.New(path+".lock", flock.SetPermissions(0o600))
	got, err := lock.TryLock()
	if err != nil {
		return fmt.Errorf("opening journal %s: the folder must be writable for this user: %w", path, err)
	}
	if !got {
		return fmt.Errorf("opening journal %s: another lbbot is using it: stop that one, "+
			"or give this one a database of its own with --database or LBBOT_DATABASE_URL", path)
	}
	s.lock = lock
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("opening journal %s: the file and its folder must be writable for this user: %w", path, err)
	}
	if s.place, err = newPlace(path, f); err != nil {
		return fmt.Errorf("opening journal %s: %w", path, err)
	}
	if info := s.place.identity; info.Mode().Perm()&0o077 != 0 {
		s.log.Warn("journal file is open to other users; it should have mode 0600",
			zap.String("file", path), zap.Stringer("mode", info.Mode().Perm()))
	}
	return nil
}
