package container

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// laid is what the final stage contains, in a folder, with the mounts of a container that
// has a read-only root.
type laid struct {
	image
	t        *testing.T
	root     string
	env      map[string]string
	work     chan func() // runs where the mounts are
	mounted  bool
	uid, gid uint32
}

// lay copies what the COPY lines of the final stage name. What the build stage brings comes
// from this machine: the program that was built here, and root certificates.
// certificate is added to the root certificates.
func lay(t *testing.T, certificate []byte) *laid {
	t.Helper()
	if os.Getuid() != 0 {
		if os.Getenv("CI") != "" {
			require.Fail(t, "only root can start a program with another root folder and another user")
		}
		t.Skip("only root can start a program with another root folder and another user")
	}
	l := &laid{image: dockerfile(t), t: t, root: filepath.Join(t.TempDir(), "root"), work: make(chan func())}
	require.NoError(t, os.Mkdir(l.root, 0o755))
	_, err := fmt.Sscanf(l.user, "%d:%d", &l.uid, &l.gid)
	require.NoError(t, err)
	for _, c := range l.layout {
		require.Equal(t, "build", c.From)
		require.Len(t, c.SourcePaths, 1)
		source, place := c.SourcePaths[0], filepath.Join(l.root, c.DestPath)
		require.NoError(t, os.MkdirAll(filepath.Dir(place), 0o755))
		switch source {
		case "/out/lbbot":
			source = program(t)
		case "/out/state":
			source = t.TempDir()
		}
		said, err := exec.CommandContext(t.Context(), "cp", "-a", source, place).CombinedOutput()
		require.NoError(t, err, string(said))
		if c.Chown != "" {
			require.Equal(t, l.user, c.Chown)
			require.NoError(t, os.Chown(place, int(l.uid), int(l.gid)))
		}
	}
	bundle, err := os.OpenFile(filepath.Join(l.root, "etc/ssl/certs/ca-certificates.crt"), os.O_APPEND|os.O_WRONLY, 0)
	require.NoError(t, err)
	_, err = bundle.Write(certificate)
	require.NoError(t, err)
	require.NoError(t, bundle.Close())

	for _, folder := range []string{l.rules(), filepath.Join(l.root, "proc"), filepath.Join(l.root, "dev")} {
		require.NoError(t, os.MkdirAll(folder, 0o755))
	}
	mounted := make(chan error)
	go l.mounts(mounted)
	require.NoError(t, <-mounted)
	t.Cleanup(func() { close(l.work) })
	return l
}

// rules returns the folder of the policy, which is a mount.
func (l *laid) rules() string {
	return filepath.Join(l.root, filepath.Dir(l.image.env["LBBOT_POLICY"]))
}

// mounts makes the root read-only but for the volume, for this thread and what it starts,
// and then runs the work. The mounts end with the thread.
func (l *laid) mounts(done chan<- error) {
	runtime.LockOSThread() // and never unlocked
	done <- func() error {
		if err := syscall.Unshare(syscall.CLONE_NEWNS); err != nil {
			if err == syscall.EPERM {
				fmt.Println("not checked here: a read-only root, because this machine permits no mounts")
				return nil
			}
			return err
		}
		volume := filepath.Join(l.root, l.folder)
		for _, m := range []struct {
			source, target string
			flags          uintptr
		}{
			{"", "/", syscall.MS_REC | syscall.MS_PRIVATE},
			{l.root, l.root, syscall.MS_BIND},
			{volume, volume, syscall.MS_BIND},
			{filepath.Join(top, "deploy"), l.rules(), syscall.MS_BIND},
			{"", l.rules(), syscall.MS_REMOUNT | syscall.MS_BIND | syscall.MS_RDONLY},
			{"/dev", filepath.Join(l.root, "dev"), syscall.MS_BIND | syscall.MS_REC},
			{"/proc", filepath.Join(l.root, "proc"), syscall.MS_BIND | syscall.MS_REC},
			{"", l.root, syscall.MS_REMOUNT | syscall.MS_BIND | syscall.MS_RDONLY},
		} {
			if err := syscall.Mount(m.source, m.target, "", m.flags, ""); err != nil {
				return fmt.Errorf("mounting %s: %w", m.target, err)
			}
		}
		if err := os.WriteFile(filepath.Join(l.root, "x"), nil, 0o600); err == nil {
			return fmt.Errorf("%s is not read-only", l.root)
		}
		l.mounted = true
		return nil
	}()
	for f := range l.work {
		f()
	}
}

// start starts the entry point with arguments.
func (l *laid) start(args ...string) (*exec.Cmd, *strings.Builder) {
	l.t.Helper()
	var said strings.Builder
	cmd := exec.CommandContext(l.t.Context(), l.entry[0], args...)
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = l.folder, pairs(l.image.env), &said, &said
	cmd.Env = append(cmd.Env, pairs(l.env)...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Chroot: l.root, Credential: &syscall.Credential{Uid: l.uid, Gid: l.gid}}
	started := make(chan error)
	l.work <- func() { started <- cmd.Start() }
	require.NoError(l.t, <-started)
	return cmd, &said
}

// runs runs the entry point and returns the exit code and what it said.
func (l *laid) runs(args ...string) (int, string) {
	l.t.Helper()
	cmd, said := l.start(args...)
	_ = cmd.Wait()
	return cmd.ProcessState.ExitCode(), said.String()
}

// healthy runs the health command.
func (l *laid) healthy() (int, string) {
	l.t.Helper()
	require.Equal(l.t, l.entry[0], l.health.Health.Test[1])
	return l.runs(l.health.Health.Test[2:]...)
}

// files returns the names in the volume.
func (l *laid) files() []string {
	l.t.Helper()
	var names []string
	volume := filepath.Join(l.root, l.folder)
	require.NoError(l.t, filepath.WalkDir(volume, func(_ string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			names = append(names, d.Name())
		}
		return err
	}))
	return names
}

// found returns what a check of lbbot doctor found, and its verdict.
func found(t *testing.T, report, check string) string {
	t.Helper()
	var r struct {
		Checks []struct{ Check, Verdict, Found string }
	}
	require.NoError(t, json.NewDecoder(strings.NewReader(report)).Decode(&r), report)
	for _, c := range r.Checks {
		if c.Check == check {
			return c.Verdict + ": " + c.Found
		}
	}
	require.Fail(t, "no such check", check)
	return ""
}
