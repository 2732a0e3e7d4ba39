package journal

import (
	"context"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot/journal/internal/query"
	"lbbot/bot/operation"
)

// copyOver overwrites a file in place, as cp does: the inode stays.
func copyOver(t *testing.T, from, to string) {
	t.Helper()
	content, err := os.ReadFile(from)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(to, content, 0o600))
}

// backupOf writes a consistent copy of the database beside the test.
func backupOf(t *testing.T, s *Store) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), "backup.db")
	_, err := s.DB().ExecContext(t.Context(), "vacuum into ?", to)
	require.NoError(t, err)
	return to
}

// grow makes the database larger and copies its write-ahead log into the file.
func grow(t *testing.T, s *Store) {
	t.Helper()
	for _, statement := range []string{"create table ballast (x text)",
		"insert into ballast values (hex(randomblob(20000)))", "pragma wal_checkpoint(truncate)"} {
		_, err := s.DB().ExecContext(t.Context(), statement)
		require.NoError(t, err)
	}
}

func TestFileTakenAwayUnderTheBotAcceptsNothing(t *testing.T) {
	t.Parallel()
	rename := func(t *testing.T, from, to string) { require.NoError(t, os.Rename(from, to)) }
	for name, c := range map[string]struct {
		take func(t *testing.T, s *Store, path, before string) // before: a backup made before the store was opened
		want string
	}{
		"deleted": {func(t *testing.T, _ *Store, path, _ string) { require.NoError(t, os.Remove(path)) },
			"the file was deleted or moved while the bot was running"},
		"moved": {func(t *testing.T, _ *Store, path, _ string) { rename(t, path, path+".old") },
			"the file was deleted or moved while the bot was running"},
		"folder moved": {func(t *testing.T, _ *Store, path, _ string) {
			rename(t, filepath.Dir(path), filepath.Dir(path)+".old")
		},
			"the file was deleted or moved while the bot was running"},
		"folder deleted": {func(t *testing.T, _ *Store, path, _ string) {
			require.NoError(t, os.RemoveAll(filepath.Dir(path)))
		},
			"the file was deleted or moved while the bot was running"},
		"replaced": {func(t *testing.T, _ *Store, path, before string) { rename(t, before, path) },
			"the file was replaced by another one while the bot was running"},
		"replaced by an equal copy": {func(t *testing.T, s *Store, path, _ string) { rename(t, backupOf(t, s), path) },
			"the file was replaced by another one while the bot was running"},
		"folder replaced": {func(t *testing.T, _ *Store, path, before string) {
			rename(t, filepath.Dir(path), filepath.Dir(path)+".old")
			require.NoError(t, os.Mkdir(filepath.Dir(path), 0o700))
			rename(t, before, path)
		}, "the file was replaced by another one while the bot was running"},
		"overwritten by a backup": {func(t *testing.T, _ *Store, path, before string) { copyOver(t, before, path) },
			"the file was overwritten while the bot was running"},
		"overwritten by a backup of this run": {func(t *testing.T, s *Store, path, _ string) {
			now := backupOf(t, s)
			grow(t, s)
			require.NoError(t, s.Ping(t.Context()))
			copyOver(t, now, path)
		}, "the file was overwritten while the bot was running"},
		"emptied": {func(t *testing.T, _ *Store, path, _ string) { require.NoError(t, os.Truncate(path, 0)) },
			"the file was overwritten while the bot was running"},
		"overwritten by text": {func(t *testing.T, _ *Store, path, _ string) {
			require.NoError(t, os.WriteFile(path, make([]byte, 9000), 0o600))
		}, "the file was overwritten while the bot was running"},
		"log deleted": {func(t *testing.T, _ *Store, path, _ string) { require.NoError(t, os.Remove(path+"-wal")) },
			"lbbot.db-wal beside the file was deleted or replaced while the bot was running"},
		"log replaced": {func(t *testing.T, _ *Store, path, _ string) {
			rename(t, path+"-wal", path+"-wal.old")
			require.NoError(t, os.WriteFile(path+"-wal", nil, 0o600))
		}, "lbbot.db-wal beside the file was deleted or replaced while the bot was running"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "data", "lbbot.db")
			require.NoError(t, os.Mkdir(filepath.Dir(path), 0o700))
			first := openFile(t, path)
			before := backupOf(t, first)
			require.NoError(t, first.Close())
			s := openFile(t, path)
			kept := saveDraft(t, s, draft("KEPT22", "server-1"))
			require.NoError(t, s.Ping(t.Context()))

			c.take(t, s, path, before)
			refused := func(doing string, err error) {
				t.Helper()
				var moved *operation.JournalMovedError
				require.ErrorAs(t, err, &moved, doing)
				require.False(t, moved.Committed, doing)
				require.ErrorContains(t, err, path, doing)
				require.ErrorContains(t, err, c.want, doing)
				require.ErrorContains(t, err, "stop the bot", doing)
			}
			refused("accepting", s.Accept(t.Context(), accepted(kept)))
			refused("saving a draft", s.SaveDraft(t.Context(), draft("NEVER2", "server-2"),
				event(operation.EventPreviewed)))
			refused("saving", s.Save(t.Context(), moveTo(kept, operation.Sending), event(operation.EventAccepted)))
			refused("recording", s.Record(t.Context(), event(operation.EventDenied)))
			_, err := s.Claim(t.Context(), "delivery")
			refused("claiming a delivery", err)
			refused("noting an answer", s.Told(t.Context(), "delivery"))
			_, err = s.Delivered(t.Context(), "delivery")
			refused("looking up a delivery", err)
			_, err = s.Prune(t.Context(), clock())
			refused("forgetting deliveries", err)
			_, err = s.Operation(t.Context(), kept.ID)
			refused("looking up an operation", err)
			_, err = s.Unreported(t.Context(), clock().Add(time.Hour), "", 10)
			refused("listing what is open", err)
			refused("readiness", s.Ping(t.Context()))
		})
	}
}

func TestFilePutBackIsUsedAgain(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(t.TempDir(), "data")
	require.NoError(t, os.Mkdir(folder, 0o700))
	s := openFile(t, filepath.Join(folder, "lbbot.db"))
	op := saveDraft(t, s, draft("BACK22", "server-1"))

	require.NoError(t, os.Rename(folder, folder+".old"))
	require.ErrorAs(t, s.Accept(t.Context(), accepted(op)), new(*operation.JournalMovedError))
	require.NoError(t, os.Rename(folder+".old", folder))

	got, err := s.Operation(t.Context(), op.ID)
	require.NoError(t, err)
	require.Equal(t, operation.Draft, got.State, "what was refused is not stored")
	accept(t, s, op)
}

func TestOverwrittenFileStaysRefusedAlsoWhenTheBotWroteToItAgain(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "lbbot.db")
	first := openFile(t, path)
	before := backupOf(t, first)
	require.NoError(t, first.Close())
	s := openFile(t, path)
	copyOver(t, before, path)
	require.ErrorAs(t, s.Ping(t.Context()), new(*operation.JournalMovedError))
	_, err := s.DB().ExecContext(t.Context(), "pragma wal_checkpoint(truncate)")
	require.NoError(t, err)
	require.ErrorAs(t, s.Ping(t.Context()), new(*operation.JournalMovedError))
}

// badReads is an open file whose reads fail.
type badReads struct {
	handle
	n   int
	err error
}

func (b badReads) ReadAt([]byte, int64) (int, error) { return b.n, b.err }

// A disk that fails for a moment is no sign of a file taken away: nothing is
// stored meanwhile, and the bot goes on when the file can be checked again.
func TestFileThatCannotBeCheckedIsTriedAgain(t *testing.T) {
	t.Parallel()
	s := openFile(t, filepath.Join(t.TempDir(), "lbbot.db"))
	grow(t, s) // the file itself has more than the header
	op := saveDraft(t, s, draft("EIOS22", "server-1"))
	file := s.place.file
	read := func(n int, err error) func() {
		return func() { s.place.file = badReads{file, n, err} }
	}
	stat := func(path string, err error) func() {
		return func() {
			s.place.stat = func(name string) (os.FileInfo, error) {
				if name == path {
					return nil, &fs.PathError{Op: "stat", Path: name, Err: err}
				}
				return os.Stat(name)
			}
		}
	}
	for _, c := range []struct {
		name string
		fail func()
		want error
	}{
		{"the read fails", read(0, syscall.EIO), syscall.EIO},
		{"the read fails half-way", read(50, syscall.ESTALE), syscall.ESTALE},
		{"the read is short, the file is not", read(50, io.EOF), io.ErrUnexpectedEOF},
		{"the file cannot be looked at", stat(s.place.path, syscall.EACCES), syscall.EACCES},
		{"the log cannot be looked at", stat(s.place.log, syscall.EIO), syscall.EIO},
	} {
		c.fail()
		acceptErr, checkErr := s.Accept(t.Context(), accepted(op)), s.place.check()
		s.place.file, s.place.stat = file, os.Stat
		for _, err := range []error{acceptErr, checkErr} {
			require.ErrorIs(t, err, c.want, c.name)
			require.NotErrorAs(t, err, new(*operation.JournalMovedError), c.name)
			require.ErrorContains(t, err, "could not be checked", c.name)
			require.ErrorContains(t, err, "retrying", c.name)
		}
		got, err := s.Operation(t.Context(), op.ID)
		require.NoError(t, err, c.name)
		require.Equal(t, operation.Draft, got.State, c.name)
	}
	for _, path := range []string{s.place.path, s.place.log} { // a folder that became a file
		stat(path, syscall.ENOTDIR)()
		err := s.place.check()
		s.place.stat = os.Stat
		require.ErrorAs(t, err, new(*operation.JournalMovedError), path)
	}
	accept(t, s, op)
}

// A commit whose file vanishes before the confirmation is not reported as
// stored. It may be on disk, where the file went.
func TestFileTakenAwayDuringACommit(t *testing.T) {
	t.Parallel()
	s := openNew(t)
	for name, c := range map[string]struct {
		looks     int // the look that finds the file gone
		committed bool
	}{"before the commit": {2, false}, "after the commit": {3, true}} {
		looks := 0
		s.place.stat = func(path string) (os.FileInfo, error) {
			if path == s.name {
				looks++
			}
			if looks >= c.looks {
				return nil, os.ErrNotExist
			}
			return os.Stat(path)
		}
		err := s.write(t.Context(), func(ctx context.Context, _ query.DBTX, q *query.Queries) error {
			return s.appendEvent(ctx, q, event(name))
		})
		s.place.stat = os.Stat
		var moved *operation.JournalMovedError
		require.ErrorAs(t, err, &moved, name)
		require.Equal(t, c.committed, moved.Committed, name)
		var stored int
		require.NoError(t, s.db.QueryRowContext(t.Context(), "select count(*) from events where kind = $1",
			name).Scan(&stored))
		require.Equal(t, c.committed, stored == 1, name)
	}
}

func TestFileBehindASymbolicLink(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	link := filepath.Join(dir, "link.db")
	require.NoError(t, os.Symlink(filepath.Join(dir, "real.db"), link))
	s := openFile(t, link)
	op := saveDraft(t, s, draft("LINK22", "server-1"))
	require.NoError(t, os.Remove(link))
	require.NoError(t, os.Symlink(filepath.Join(dir, "other.db"), link))
	require.ErrorAs(t, s.Accept(t.Context(), accepted(op)), new(*operation.JournalMovedError))
}

// The bot's own work on its file is never taken for somebody else's: both
// connections fail and are opened again, the log is emptied, the file grows.
func TestNormalWritesAreNotReportedAsMovedFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "lbbot.db")
	for range 3 { // also over restarts
		s := openFile(t, path)
		for round := range 3 {
			grow(t, s)
			s.db.SetMaxIdleConns(0) // closes the pool's connections
			require.NoError(t, s.Ping(t.Context()))
			s.db.SetMaxIdleConns(sqliteConnections)
			require.NoError(t, s.Ping(t.Context()), round)
			_, err := s.DB().ExecContext(t.Context(), "drop table ballast")
			require.NoError(t, err)
			reader, err := Open(t.Context(), Config{URL: "sqlite:" + path, ReadOnly: true})
			require.NoError(t, err)
			require.NoError(t, reader.Ping(t.Context()))
			require.NoError(t, reader.Close())
		}
		require.NoError(t, s.Close())
	}
}

func TestCommitsOfADeletedLogSurviveAnOrderlyStop(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "lbbot.db")
	s := openFile(t, path)
	op := saveDraft(t, s, draft("WALS22", "server-1"))
	require.NoError(t, os.Remove(path+"-wal"))
	require.ErrorContains(t, s.Ping(t.Context()), "with SIGTERM")
	require.NoError(t, s.Close())
	got, err := openFile(t, path).Operation(t.Context(), op.ID)
	require.NoError(t, err)
	require.Equal(t, op.Ref, got.Ref)
}
