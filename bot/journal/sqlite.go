package journal

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/gofrs/flock"
	"go.uber.org/zap"
	_ "modernc.org/sqlite" // the driver "sqlite"

	"lbbot/bot/journal/internal/prepared"
	"lbbot/bot/journal/internal/query"
)

// sqliteConnections is the size of the pool that reads. One more connection writes.
const sqliteConnections = 2

// sqlitePragmas are set on every connection and read back, because the driver ignores
// unknown names. See sqlite.org/pragma.html.
//
// With synchronous=FULL each commit is on disk when it returns, so a power cut repeats
// nothing that a caller was told is stored. What it can repeat was in no commit: the
// answer of a call, a post of a card whose place was not stored, a private message whose
// delivery was not recorded as answered.
func sqlitePragmas() []pragma {
	return []pragma{
		{"busy_timeout", "5000", "5000"},
		{"foreign_keys", "1", "1"},
		{"journal_mode", "WAL", "wal"},
		{"synchronous", "FULL", "2"},
	}
}

type pragma struct{ name, set, want string }

func (s *Store) connectSQLite(ctx context.Context, rest string) error {
	s.dialect = sqliteDialect()
	path, err := sqlitePath(rest)
	if err != nil {
		return err
	}
	s.name = path
	if s.readOnly {
		err = checkReadable(path)
	} else {
		err = s.claimFile(path)
	}
	if err != nil {
		return err
	}
	if s.db, err = sql.Open("sqlite", sqliteDSN(path, s.readOnly)); err != nil {
		return fmt.Errorf("opening journal %s: %w", path, err)
	}
	s.db.SetMaxOpenConns(sqliteConnections)
	s.db.SetMaxIdleConns(sqliteConnections)
	s.prepared = prepared.New(s.db)
	if s.readOnly {
		return nil
	}
	return s.explain("opening journal", checkPragmas(ctx, s.db, sqliteConnections))
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
	if s.writer, err = sql.Open("sqlite", sqliteDSN(s.name, false)); err != nil {
		return err
	}
	s.writer.SetMaxOpenConns(1)
	if err := checkPragmas(ctx, s.writer, 1); err != nil {
		return err
	}
	s.group, err = newGroup(ctx, s, s.writer)
	return err
}

// sqlitePath turns what follows "sqlite:" into an absolute path.
func sqlitePath(rest string) (string, error) {
	if strings.HasPrefix(rest, "///") {
		rest = rest[2:]
	}
	switch {
	case rest == "":
		return "", errors.New("opening journal: the database URL names no file: " +
			"write sqlite:lbbot.db or sqlite:/path/to/lbbot.db")
	case strings.Contains(rest, ":memory:"), strings.Contains(rest, "mode=memory"):
		return "", errors.New("opening journal: a database in memory loses what was accepted: " +
			"name a file, for example sqlite:lbbot.db")
	case strings.HasPrefix(rest, "//"):
		return "", errors.New("opening journal: write sqlite:name.db or sqlite:/path/to/name.db, without a host")
	case strings.ContainsAny(rest, "?#"):
		return "", errors.New("opening journal: an sqlite: URL takes no options: leave out what follows the file name")
	}
	path, err := filepath.Abs(rest)
	if err != nil {
		return "", fmt.Errorf("opening journal %s: %w", rest, err)
	}
	return path, nil
}

func sqliteDSN(path string, readOnly bool) string {
	q := url.Values{"_txlock": {"immediate"}}
	for _, p := range sqlitePragmas() {
		if readOnly && p.name == "journal_mode" {
			continue // setting it is a write; the file has it
		}
		q.Add("_pragma", p.name+"("+p.set+")")
	}
	if readOnly {
		q.Set("mode", "ro")
		q.Add("_pragma", "query_only(1)")
	}
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + q.Encode()
}

// checkPragmas reads the pragmas back on every connection of a pool.
func checkPragmas(ctx context.Context, db *sql.DB, connections int) error {
	for range connections {
		conn, err := db.Conn(ctx)
		if err != nil {
			return err
		}
		defer func() { _ = conn.Close() }() // kept open, so that each iteration gets another connection
		for _, p := range sqlitePragmas() {
			var got string
			if err := conn.QueryRowContext(ctx, "pragma "+p.name).Scan(&got); err != nil {
				return err
			}
			if got != p.want {
				return fmt.Errorf("%s is %s and must be %s: put the file on a local disk", p.name, got, p.want)
			}
		}
	}
	return nil
}

// claimFile locks the file. It creates the file if it does not exist, readable by its
// owner only.
func (s *Store) claimFile(path string) error {
	if err := checkFolder(path); err != nil {
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

func checkFolder(path string) error {
	folder := filepath.Dir(path)
	info, err := os.Stat(folder)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("opening journal %s: the folder %s does not exist: create it, "+
			"or name another with --database or LBBOT_DATABASE_URL", path, folder)
	case err != nil:
		return fmt.Errorf("opening journal %s: %w", path, err)
	case !info.IsDir():
		return fmt.Errorf("opening journal %s: %s is not a folder", path, folder)
	}
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return fmt.Errorf("opening journal %s: this is a folder: name a file in it", path)
	}
	return nil
}

func checkReadable(path string) error {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("reading journal %s: there is no such file: the bot creates it at its first start; "+
			"check --database or LBBOT_DATABASE_URL", path)
	}
	if err != nil {
		return fmt.Errorf("reading journal %s: %w", path, err)
	}
	return f.Close()
}
