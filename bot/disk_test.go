package bot_test

import (
	"bytes"
	"database/sql"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const other = `api-lb/https-443 web-06 ports=8443 weight=20 reason="inc-2041 once more"`

// file is the database of this house.
func (h *house) file() string { return strings.TrimPrefix(h.config.DatabaseURL, "sqlite:") }

// added has a server added and returns the reference of the request.
func (h *house) added(text string) string {
	h.t.Helper()
	h.types(ana, incident, text)
	h.clicks(ana, h.sees(ana, incident, "Preview"), "req_send")
	return refOf(h.t, h.sees("U0BO", incident, "Added", "be-"))
}

// still requires that an earlier request is there with its end.
func (h *house) still(ref string) {
	h.t.Helper()
	h.types("U0BO", incident, "status "+ref)
	require.True(h.t, h.sees("U0BO", incident, ref+": Added").Ephemeral)
}

var adminAddress = regexp.MustCompile(`"admin":"([^"]+)"`)

// readyz asks the binary that was launched last.
func (h *house) readyz() string {
	all := adminAddress.FindAllStringSubmatch(h.log.String(), -1)
	require.NotEmpty(h.t, all, "the log does not name the admin address")
	resp, err := (&http.Client{Timeout: 10 * time.Second}).Get("http://" + all[len(all)-1][1] + "/readyz")
	if err != nil {
		return err.Error()
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	require.NoError(h.t, err)
	require.Equal(h.t, strings.HasPrefix(string(body), "not ready"), resp.StatusCode == http.StatusServiceUnavailable)
	return string(body)
}

// unready waits until the binary says that it is not ready, and why.
func (h *house) unready(why string) {
	h.t.Helper()
	said := ""
	h.t.Cleanup(func() {
		if h.t.Failed() {
			h.t.Log("/readyz said", said)
		}
	})
	require.Eventually(h.t, func() bool { said = h.readyz(); return strings.Contains(said, why) }, 30*time.Second,
		20*time.Millisecond,
		"/readyz does not say %q", why)
	require.True(h.t, strings.HasPrefix(said, "not ready: "), said)
}

// refuses starts the binary, as somebody without rights if need be, and returns
// what it said when it ended.
func (h *house) refuses(user *syscall.Credential) string {
	h.t.Helper()
	path, err := binary()
	require.NoError(h.t, err)
	cmd := exec.CommandContext(h.t.Context(), path, "run")
	var said bytes.Buffer
	cmd.Dir, cmd.Env, cmd.Stderr = "/", h.environment(), &said
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: user}
	err = cmd.Run()
	require.Error(h.t, err, "it started")
	require.Equal(h.t, 1, cmd.ProcessState.ExitCode(), said.String())
	return said.String()
}

// ends stops the binary in order.
func (p *process) ends(t *testing.T) {
	t.Helper()
	require.NoError(t, p.cmd.Process.Signal(syscall.SIGTERM))
	<-p.done
	require.NoError(t, p.err)
}

func TestAFolderThatCannotBeWrittenIsSaidAndNothingIsLost(t *testing.T) {
	t.Parallel()
	h := stand(t, nil)
	p := h.launch()
	ref := h.added(good)
	p.ends(t)

	folder := filepath.Dir(h.file())
	entries, err := os.ReadDir(folder)
	require.NoError(t, err)
	mode := func(folderMode, fileMode os.FileMode) {
		require.NoError(t, os.Chmod(folder, folderMode))
		for _, e := range entries {
			require.NoError(t, os.Chmod(filepath.Join(folder, e.Name()), fileMode))
		}
	}
	user := (*syscall.Credential)(nil)
	if os.Getuid() == 0 { // permissions do not hold root back
		user = &syscall.Credential{Uid: 65534, Gid: 65534}
		h.reachable(folder)
	}
	mode(0o555, 0o444)
	said := h.refuses(user)
	require.Contains(t, said, "opening journal "+h.file()+": the file and its folder must be writable for this user")
	require.NotContains(t, said, "connected to Slack")
	mode(0o755, 0o600)
	h.launch()
	h.still(ref)
}

// reachable lets everybody into the folders on the way to this one, and run
// the binary.
func (h *house) reachable(folder string) {
	path, err := binary()
	require.NoError(h.t, err)
	require.NoError(h.t, os.Chmod(filepath.Dir(path), 0o755))
	require.NoError(h.t, os.Chmod(filepath.Dir(folder), 0o755))
}

// backup makes a copy as operating.md says.
func (h *house) backup(to string) {
	h.t.Helper()
	db, err := sql.Open("sqlite", h.file())
	require.NoError(h.t, err)
	defer func() { require.NoError(h.t, db.Close()) }()
	_, err = db.ExecContext(h.t.Context(), "vacuum into ?", to)
	require.NoError(h.t, err)
}

// restores puts a backup in place of the file, as operating.md says.
func (h *house) restores(from string) {
	h.t.Helper()
	for _, end := range []string{"-wal", "-shm"} {
		if err := os.Remove(h.file() + end); err != nil {
			require.ErrorIs(h.t, err, os.ErrNotExist)
		}
	}
	content, err := os.ReadFile(from)
	require.NoError(h.t, err)
	require.NoError(h.t, os.WriteFile(h.file(), content, 0o600))
}

func TestADamagedFileIsSaidAtTheStartAndABackupGoesOn(t *testing.T) {
	t.Parallel()
	h := stand(t, nil)
	p := h.launch()
	ref := h.added(good)
	backup := filepath.Join(t.TempDir(), "backup.db")
	h.backup(backup)
	p.ends(t)

	content, err := os.ReadFile(h.file())
	require.NoError(t, err)
	for i := 4096; i < len(content); i++ {
		content[i] = 0xa5
	}
	require.NoError(t, os.WriteFile(h.file(), content, 0o600))
	said := h.refuses(nil)
	require.Contains(t, said, h.file())
	require.Contains(t, said, "the file is damaged: stop the bot, keep a copy, and restore a backup")
	left, err := os.ReadFile(h.file())
	require.NoError(t, err)
	require.Equal(t, content, left, "a file that cannot be read is left alone")

	h.restores(backup)
	h.launch()
	h.still(ref)
	require.Len(t, h.registerBodies(), 1)
}

func TestAFileThatIsDamagedWhileTheBotRunsAcceptsNothing(t *testing.T) {
	t.Parallel()
	h := stand(t, nil)
	p := h.launch()
	ref := h.added(good)
	h.types(ana, incident, other)
	preview := h.sees(ana, incident, "Preview", "web-06")
	backup := filepath.Join(t.TempDir(), "backup.db")
	h.backup(backup)

	db, err := sql.Open("sqlite", h.file())
	require.NoError(t, err)
	db.SetMaxOpenConns(1)
	for _, statement := range []string{"pragma busy_timeout = 5000", "pragma writable_schema = on",
		"update sqlite_schema set sql = 'create table torn' where name = 'operations'",
		"pragma schema_version = 4711"} {
		_, err = db.ExecContext(t.Context(), statement)
		require.NoError(t, err, statement)
	}
	require.NoError(t, db.Close())

	h.unready("journal: writing to journal " + h.file() +
		": the file is damaged: stop the bot, keep a copy, and restore a backup")
	h.clicks(ana, preview, "req_send")
	h.sees(ana, incident, "I cannot store requests right now")
	require.Len(t, h.registerBodies(), 1)
	require.Len(t, h.cards(incident), 1)
	p.ends(t)

	h.restores(backup)
	h.launch()
	h.still(ref)
	h.clicks(ana, preview, "req_send")
	require.Eventually(t, func() bool { return len(h.cards(incident)) == 2 && has(h.cards(incident)[1], "Added") },
		30*time.Second, 5*time.Millisecond)
	require.Len(t, h.ofServer(listener, "i-55a0"), 1)
}
