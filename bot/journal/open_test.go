package journal

import (
	"context"
	"database/sql"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot/journal/internal/sqlitefile"
	"lbbot/bot/operation"
)

func TestOpenRefusesURLsItCannotKeepAPromiseOn(t *testing.T) {
	t.Parallel()
	for url, want := range map[string]string{
		"":                                  `must start with "sqlite:" or "postgres://"`,
		"lbbot.db":                          `must start with "sqlite:" or "postgres://"`,
		"mysql://user:hunter2@host/db":      `must start with "sqlite:" or "postgres://"`,
		"sqlite:":                           "names no file",
		"sqlite::memory:":                   "loses what was accepted",
		"sqlite:file::memory:?cache=shared": "loses what was accepted",
		"sqlite:x.db?mode=memory":           "loses what was accepted",
		"sqlite:x.db?_journal_mode=OFF":     "takes no options",
		"sqlite://host/x.db":                "without a host",
		"postgres://u:hunter2@h:port/db":    "not a valid postgres:// URL",
	} {
		_, err := Open(t.Context(), Config{URL: url})
		require.ErrorContains(t, err, want, url)
		require.NotContains(t, err.Error(), "hunter2")
	}
}

func TestOpenSaysWhatToDoAboutAFileItCannotUse(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, content string) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
		return path
	}
	for path, want := range map[string]string{
		filepath.Join(dir, "none", "lbbot.db"): "the folder " + filepath.Join(dir, "none") +
			" does not exist: create it",
		dir: "this is a folder",
		filepath.Join(write("plain", "x"), "lbbot.db"):           "plain",
		write("text.db", strings.Repeat("not a database\n", 99)): "this file is not a database: name another",
	} {
		_, err := Open(t.Context(), Config{URL: "sqlite:" + path})
		require.ErrorContains(t, err, want)
		require.ErrorContains(t, err, path)
	}
	content, err := os.ReadFile(filepath.Join(dir, "text.db"))
	require.NoError(t, err)
	require.Equal(t, strings.Repeat("not a database\n", 99), string(content), "a file that is not ours stays as it is")

	_, err = Open(t.Context(), Config{URL: "sqlite:" + filepath.Join(dir, "never.db"), ReadOnly: true})
	require.ErrorContains(t, err, "there is no such file")
	require.NoFileExists(t, filepath.Join(dir, "never.db"))
}

func TestOpenCreatesFilesForTheirOwnerOnly(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := openFile(t, filepath.Join(dir, "odd name %41.db"))
	accept(t, s, saveDraft(t, s, draft("ABC234", "server-1")))
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	names := map[string]fs.FileMode{}
	for _, e := range entries {
		info, err := e.Info()
		require.NoError(t, err)
		names[e.Name()] = info.Mode().Perm()
	}
	require.Equal(t, map[string]fs.FileMode{
		"odd name %41.db": 0o600, "odd name %41.db-wal": 0o600, "odd name %41.db-shm": 0o600,
		"odd name %41.db.lock": 0o600,
	}, names)
}

func TestADamagedFileIsSaidToBeDamaged(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "lbbot.db")
	s := openFile(t, path)
	saveDraft(t, s, draft("ABC234", "server-1"))
	require.NoError(t, s.Close())
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	for i := 100; i < len(content); i++ { // all but the header
		content[i] = 0xa5
	}
	require.NoError(t, os.WriteFile(path, content, 0o600))
	for _, readOnly := range []bool{false, true} {
		_, err = Open(t.Context(), Config{URL: "sqlite:" + path, ReadOnly: readOnly})
		require.ErrorContains(t, err, "the file is damaged: stop the bot, keep a copy, and restore a backup")
		require.ErrorContains(t, err, path)
	}
}

// newest is the version of the newest migration.
func newest(t *testing.T) string {
	t.Helper()
	p, err := openNew(t).provider()
	require.NoError(t, err)
	sources := p.ListSources()
	return strconv.FormatInt(sources[len(sources)-1].Version, 10)
}

func TestTablesOfANewerVersionAreRefusedAndLeftAlone(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "lbbot.db")
	s := openFile(t, path)
	_, err := s.DB().ExecContext(t.Context(), "insert into journal_version (version_id, is_applied) values (99, true)")
	require.NoError(t, err)
	require.NoError(t, s.Close())
	for _, readOnly := range []bool{false, true} {
		_, err = Open(t.Context(), Config{URL: "sqlite:" + path, ReadOnly: readOnly})
		require.ErrorContains(t, err,
			"its tables have version 99 and this lbbot knows "+newest(t)+": run the newer lbbot")
	}
}

func TestTablesOfAnOlderVersionAreOnlyUpdatedByAWriter(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "lbbot.db")
	require.NoError(t, os.WriteFile(path, nil, 0o600))
	_, err := Open(t.Context(), Config{URL: "sqlite:" + path, ReadOnly: true})
	require.ErrorContains(t, err, "have version 0 and this lbbot needs "+newest(t)+": start the bot once")
	require.NoError(t, openFile(t, path).Close())
	s, err := Open(t.Context(), Config{URL: "sqlite:" + path, ReadOnly: true})
	require.NoError(t, err)
	require.NoError(t, s.Close())
}

func TestPragmasAreReadBackOnEveryConnection(t *testing.T) {
	t.Parallel()
	s := openNew(t)
	require.NoError(t, sqlitefile.Check(t.Context(), s.DB(), sqliteConnections))
	for _, p := range sqlitefile.Pragmas() { // and on the one that writes
		var got string
		require.NoError(t, s.group.conn.QueryRowContext(t.Context(), "pragma "+p.Name).Scan(&got))
		require.Equal(t, p.Want, got, p.Name)
	}
	for _, p := range []struct{ statement, want string }{
		{"pragma synchronous = normal", "synchronous is 1 and must be 2"},
		{"pragma foreign_keys = off", "foreign_keys is 0 and must be 1"},
		{"pragma busy_timeout = 0", "busy_timeout is 0 and must be 5000"},
	} {
		s := openNew(t)
		conn, err := s.DB().Conn(t.Context()) // one of the two
		require.NoError(t, err)
		_, err = conn.ExecContext(t.Context(), p.statement)
		require.NoError(t, err)
		require.NoError(t, conn.Close())
		require.ErrorContains(t, sqlitefile.Check(t.Context(), s.DB(), sqliteConnections), p.want, p.statement)
	}

	// Names which the driver does not know are ignored.
	db, err := sql.Open("sqlite", "file:"+filepath.Join(t.TempDir(), "x.db")+
		"?_journalmode=WAL&_pragma=busy_timeout(5000)&_pragma=foreign_keys(1)")
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	require.ErrorContains(t, sqlitefile.Check(t.Context(), db, 1), "journal_mode is delete and must be wal")
}

func TestAReaderSeesWhatTheRunningBotWritesAndCannotWrite(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "lbbot.db")
	s := openFile(t, path)
	reader, err := Open(t.Context(), Config{URL: "sqlite:" + path, ReadOnly: true})
	require.NoError(t, err)
	defer func() { require.NoError(t, reader.Close()) }()
	op := accept(t, s, saveDraft(t, s, draft("ABC234", "server-1")))
	got, err := reader.Operation(t.Context(), op.Ref)
	require.NoError(t, err)
	require.Equal(t, op, got)
	require.NoError(t, reader.Ping(t.Context()))
	err = reader.Save(t.Context(), moveTo(op, operation.Sending), event(operation.EventAttempt))
	require.ErrorContains(t, err, "it cannot be written")
}

func TestWhatWasStoredIsThereAfterReopening(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "lbbot.db")
	s := openFile(t, path)
	a := accepted(saveDraft(t, s, draft("ABC234", "server-1")))
	require.NoError(t, s.Accept(t.Context(), a))
	_, err := s.Cards(OwnCard).BeginPost(t.Context(), a.Operation.ID, clock())
	require.NoError(t, err)
	require.NoError(t, s.Close())

	s = openFile(t, path)
	got, err := s.Operation(t.Context(), a.Operation.ID)
	require.NoError(t, err)
	require.Equal(t, a.Operation, got)
	require.Equal(t, &operation.DuplicateError{Operation: got}, s.Accept(t.Context(), a))
	c, err := s.Cards(OwnCard).Card(t.Context(), got.ID)
	require.NoError(t, err)
	require.Equal(t, operation.Card{Posting: clock()}, c)
	require.Equal(t, []string{operation.EventPreviewed, operation.EventAccepted}, kinds(t, s, got.ID))
}

func TestWaitingForTheDatabaseEndsWithTheContext(t *testing.T) {
	t.Parallel()
	s := openNew(t)
	op := saveDraft(t, s, draft("ABC234", "server-1"))
	tx, err := s.DB().BeginTx(t.Context(), nil) // somebody else is writing
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	lost := func(err error) { require.ErrorIs(t, err, context.DeadlineExceeded) }
	wins := atOnce(4, func(int) error { return s.Accept(ctx, accepted(op)) }, lost)
	require.Zero(t, wins)
	lost(s.Ping(ctx))
	require.NoError(t, tx.Rollback())
	require.NoError(t, s.Ping(t.Context()))
	accept(t, s, op)
}

func TestAFullDiskLosesNothingAndTheJournalGoesOnAfterwards(t *testing.T) {
	t.Parallel()
	ctx, s := context.Background(), openNew(t)
	set := func(pages int) { // the limit belongs to a connection
		_, err := s.group.conn.ExecContext(ctx, fmt.Sprintf("pragma max_page_count = %d", pages))
		require.NoError(t, err)
	}
	var drafts []operation.Operation
	for i := range 200 {
		drafts = append(drafts, saveDraft(t, s, draft(fmt.Sprintf("N%d", i), fmt.Sprintf("server-%d", i))))
	}
	set(1) // as many as there are now
	var full operation.Acceptance
	for _, op := range drafts {
		a := accepted(op)
		a.Event.Data = map[string]string{"padding": strings.Repeat("x", 10_000)}
		if err := s.Accept(ctx, a); err != nil {
			require.ErrorContains(t, err, "the disk is full: free space on it")
			full = a
			break
		}
	}
	require.NotEmpty(t, full.Delivery, "the disk was never full")
	got, err := s.Operation(ctx, full.Operation.ID)
	require.NoError(t, err)
	require.Equal(t, operation.Draft, got.State)
	require.Equal(t, []string{operation.EventPreviewed}, kinds(t, s, got.ID))

	set(1 << 30)
	require.NoError(t, s.Accept(ctx, full), "the same delivery, which was not used up")
	require.Equal(t, []string{operation.EventPreviewed, operation.EventAccepted}, kinds(t, s, got.ID))
}
