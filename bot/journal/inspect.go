package journal

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/gofrs/flock"

	"lbbot/bot/journal/internal/advice"
	"lbbot/bot/journal/internal/sqlitefile"
)

// Inspection is what is found in a database without changing it.
type Inspection struct {
	Name   string // the file, or host and database; no password
	File   string // empty on PostgreSQL
	Absent bool   // there is no file yet; the bot creates it at its first start

	Version, Known int64     // of the tables, and of those that this program needs; Version 0: there are none
	Replicas       int       // on PostgreSQL: processes with a heartbeat in the last minute
	Settings       []Setting // that decide whether commits survive a power cut
}

const liveReplicas = "select count(*) from replicas where not gone and beat_at > " + databaseTime + " - 60000"

// Setting is one setting of a database.
type Setting struct {
	Name, Value string
	Unsafe      bool // commits may be lost
}

// Inspect reads a database that a bot may be using, in another process. Its errors say what
// to do. It blocks until ctx ends.
func Inspect(ctx context.Context, url string) (found Inspection, err error) {
	s := newStore(Config{ReadOnly: true})
	if rest, ok := strings.CutPrefix(url, "sqlite:"); ok {
		path, err := sqlitefile.Path(rest)
		if err == nil {
			err = sqlitefile.CheckFolder(path)
		}
		found.Name, found.File = path, path
		if _, none := os.Stat(path); err != nil || errors.Is(none, os.ErrNotExist) {
			found.Absent = err == nil
			return found, err
		}
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	if err := s.connect(ctx, url); err != nil {
		return found, err
	}
	return s.Inspect(ctx)
}

// Inspect is the function of this name for an open journal. The file of an SQLite journal
// must not be opened twice in one process: closing it would release the locks of both.
func (s *Store) Inspect(ctx context.Context) (found Inspection, err error) {
	p, err := s.provider()
	if err != nil {
		return found, err
	}
	sources := p.ListSources()
	found.Name, found.Known = s.name, sources[len(sources)-1].Version
	if s.url == "" {
		found.File = s.name
	}
	if found.Version, err = s.storedVersion(ctx); err != nil {
		return found, s.explain("reading the version of journal", err)
	}
	if s.url != "" && found.Version == found.Known {
		if err := s.db.QueryRowContext(ctx, liveReplicas).Scan(&found.Replicas); err != nil {
			return found, s.explain("counting the replicas in journal", err)
		}
	}
	found.Settings, err = s.durability(ctx)
	return found, s.explain("reading the settings of journal", err)
}

// durability reads the settings that decide whether a commit is on disk when it returns.
// The bot itself sets the others of SQLite on each connection.
func (s *Store) durability(ctx context.Context) ([]Setting, error) {
	queries, safe := []string{"pragma journal_mode"}, []string{"wal"}
	if s.url != "" {
		queries = []string{"show synchronous_commit", "show fsync", "show full_page_writes"}
		safe = []string{"on", "local", "remote_write", "remote_apply"}
	}
	list := make([]Setting, len(queries))
	for i, query := range queries {
		_, list[i].Name, _ = strings.Cut(query, " ")
		if err := s.db.QueryRowContext(ctx, query).Scan(&list[i].Value); err != nil {
			return nil, err
		}
		list[i].Unsafe = !slices.Contains(safe, list[i].Value)
	}
	return list, nil
}

// Advice says what a person can do about an error of a journal; "" if there is nothing to say.
func Advice(err error) string { return advice.On(err) }

// InUse reports whether another process has locked an SQLite file. It takes a shared lock
// for a moment, in which a bot cannot start.
func InUse(file string) (bool, error) {
	lock := flock.New(file+".lock", flock.SetFlag(os.O_RDONLY))
	if _, err := os.Stat(lock.Path()); errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	free, err := lock.TryRLock()
	if err != nil {
		return false, fmt.Errorf("looking at the lock of %s: %w", file, err)
	}
	return !free, lock.Close()
}
