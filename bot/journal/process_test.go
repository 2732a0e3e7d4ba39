package journal

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"lbbot/bot/operation"
)

// The test binary runs itself again as another process, with one of these
// tasks in the environment and a file as its argument.
const (
	taskVariable = "LBBOT_JOURNAL_TEST_TASK"
	taskHold     = "hold"   // open, say so, wait for the end of standard input
	taskAccept   = "accept" // accept operations, one line each, until killed
	taskOpen     = "open"   // open and print the error
)

func TestMain(m *testing.M) {
	if task := os.Getenv(taskVariable); task != "" {
		fmt.Println(perform(task, os.Args[len(os.Args)-1]))
		return
	}
	code := m.Run()
	if err := servers.Stop(); err != nil {
		fmt.Fprintln(os.Stderr, "stopping PostgreSQL:", err)
		code = max(code, 1)
	}
	os.Exit(code)
}

func perform(task, path string) string {
	ctx := context.Background()
	s, err := Open(ctx, Config{URL: "sqlite:" + path, Now: clock})
	if err != nil {
		return err.Error()
	}
	defer func() { _ = s.Close() }() // the process ends anyway
	switch task {
	case taskHold:
		fmt.Println("open")
		_, _ = io.Copy(io.Discard, os.Stdin)
	case taskAccept:
		for i := 0; ; i++ {
			op := draft(fmt.Sprintf("N%d", i), fmt.Sprintf("server-%d", i))
			previewed := event(operation.EventPreviewed)
			previewed.ActorID = fmt.Sprint("U", i) // of one person, they would be counted
			if err := s.SaveDraft(ctx, op, previewed); err != nil {
				return err.Error()
			}
			if err := s.Accept(ctx, accepted(op)); err != nil {
				return err.Error()
			}
			fmt.Println(op.Ref)
		}
	}
	return "done"
}

// another starts a process with a task and returns its output and a way to
// end its input.
func another(t *testing.T, binary, task, path string, user *syscall.Credential) (*exec.Cmd, *bufio.Scanner, io.Closer) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), binary, path)
	cmd.Env = append(os.Environ(), taskVariable+"="+task)
	cmd.Dir = filepath.Dir(binary)
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: user}
	in, err := cmd.StdinPipe()
	require.NoError(t, err)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	return cmd, bufio.NewScanner(out), in
}

func self(t *testing.T) string {
	t.Helper()
	path, err := os.Executable()
	require.NoError(t, err)
	return path
}

func TestASecondProcessOnTheSameFileIsRefused(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "lbbot.db")
	cmd, out, in := another(t, self(t), taskHold, path, nil)
	require.True(t, out.Scan())
	require.Equal(t, "open", out.Text())

	_, err := Open(t.Context(), Config{URL: "sqlite:" + path})
	require.EqualError(t, err,
		"opening journal "+path+": another lbbot is using it: stop that one, or give this one a database of its own "+
			"with --database or LBBOT_DATABASE_URL")
	reader, err := Open(t.Context(), Config{URL: "sqlite:" + path, ReadOnly: true})
	require.NoError(t, err, "reading needs no lock")
	require.NoError(t, reader.Close())

	require.NoError(t, in.Close())
	require.NoError(t, cmd.Wait())
	openFile(t, path) // the lock ended with its process, although the lock file is still there
}

func TestWhatAKilledProcessAcceptedIsThere(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "lbbot.db")
	cmd, out, _ := another(t, self(t), taskAccept, path, nil)
	var told []string
	for len(told) < 50 && out.Scan() {
		told = append(told, out.Text())
	}
	require.NoError(t, cmd.Process.Kill())
	for out.Scan() { // what it still said before it died
		told = append(told, out.Text())
	}
	require.Error(t, cmd.Wait(), "killed")
	require.GreaterOrEqual(t, len(told), 50)

	s := openFile(t, path)
	for _, ref := range told {
		op, err := s.Operation(t.Context(), ref)
		require.NoError(t, err, ref)
		require.Equal(t, operation.Accepted, op.State)
		require.Equal(t, []string{operation.EventPreviewed, operation.EventAccepted}, kinds(t, s, op.ID))
	}
	var check string
	require.NoError(t, s.DB().QueryRowContext(t.Context(), "pragma integrity_check").Scan(&check))
	require.Equal(t, "ok", check)
}

func TestAFolderThatCannotBeWrittenIsNamed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	binary, user := self(t), (*syscall.Credential)(nil)
	if os.Getuid() == 0 { // permissions do not hold root back
		binary, user = copied(t), &syscall.Credential{Uid: 65534, Gid: 65534}
		require.NoError(t, os.Chmod(filepath.Dir(dir), 0o755))
	}
	open := func(path string) string {
		cmd, out, _ := another(t, binary, taskOpen, path, user)
		require.True(t, out.Scan())
		said := out.Text()
		require.NoError(t, cmd.Wait())
		return said
	}
	require.NoError(t, os.Chmod(dir, 0o555))
	said := open(filepath.Join(dir, "lbbot.db"))
	require.True(t,
		strings.HasPrefix(said, "opening journal "+filepath.Join(dir,
			"lbbot.db")+": the folder must be writable for this user"), said)
	require.NoFileExists(t, filepath.Join(dir, "lbbot.db"))

	require.NoError(t, os.Chmod(dir, 0o777))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "kept.db"), nil, 0o400))
	if user != nil {
		require.NoError(t, os.Chmod(filepath.Join(dir, "kept.db"), 0o444))
	}
	require.Contains(t, open(filepath.Join(dir, "kept.db")), "the file and its folder must be writable for this user")
}

// copied puts the test binary where another user may run it.
func copied(t *testing.T) string {
	t.Helper()
	content, err := os.ReadFile(self(t))
	require.NoError(t, err)
	dir, err := os.MkdirTemp("", "journal-test")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(dir)) })
	require.NoError(t, os.Chmod(dir, 0o755))
	path := filepath.Join(dir, "journal.test")
	require.NoError(t, os.WriteFile(path, content, 0o755))
	return path
}
