package journal

import (
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// server is a PostgreSQL of the tests' own, in a temporary folder and without
// a port: it listens on a socket in that folder.
type server struct {
	dir string
	cmd *exec.Cmd
}

// errNoPostgres says that this machine has no PostgreSQL to start.
var errNoPostgres = errors.New("no initdb and postgres on PATH or under /usr/lib/postgresql: the tests on PostgreSQL do not run")

// ownServer starts the server once for all tests; stopServer ends it.
var ownServer = sync.OnceValues(startServer)

// serverBegun says that there may be something to stop.
var serverBegun atomic.Bool

// postgresBinary finds a program of PostgreSQL.
func postgresBinary(name string) (string, error) {
	if path, err := exec.LookPath(name); err == nil {
		return path, nil
	}
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/" + name)
	if err != nil || len(found) == 0 {
		return "", errNoPostgres
	}
	slices.Sort(found)
	return found[len(found)-1], nil
}

// unprivileged makes a command run as another user if this process is root,
// since PostgreSQL refuses root, and hands dir over to that user.
func unprivileged(dir string) (*syscall.SysProcAttr, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, uidErr := strconv.Atoi(u.Uid)
		gid, gidErr := strconv.Atoi(u.Gid)
		if err := errors.Join(uidErr, gidErr, os.Chown(dir, uid, gid)); err != nil {
			return nil, err
		}
		return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}, nil //nolint:gosec // ids of the system's own
	}
	return nil, errors.New("running as root without a user postgres or nobody to run PostgreSQL as")
}

func startServer() (s *server, err error) {
	serverBegun.Store(true)
	initdb, err := postgresBinary("initdb")
	if err != nil {
		return nil, err
	}
	postgres, err := postgresBinary("postgres")
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "pg") // short: the path of a socket may have 107 characters
	if err != nil {
		return nil, err
	}
	attributes, err := unprivileged(dir)
	if err != nil {
		return nil, err
	}
	s = &server{dir: dir}
	data := filepath.Join(dir, "data")
	create := exec.Command(initdb, "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync")
	create.SysProcAttr, create.Dir = attributes, dir
	if out, err := create.CombinedOutput(); err != nil {
		return s, fmt.Errorf("creating a database: %w\n%s", err, out)
	}
	s.cmd = exec.Command(postgres, "-D", data, "-k", dir, "-c", "listen_addresses=", "-c", "max_connections=200")
	s.cmd.SysProcAttr, s.cmd.Dir = attributes, dir
	if err := s.cmd.Start(); err != nil {
		return s, fmt.Errorf("starting PostgreSQL: %w", err)
	}
	return s, s.answers()
}

// answers waits until the server takes connections.
func (s *server) answers() error {
	db, err := sql.Open("pgx", s.url())
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	give := time.NewTimer(time.Minute)
	defer give.Stop()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		if err = db.Ping(); err == nil {
			return nil
		}
		select {
		case <-give.C:
			return fmt.Errorf("PostgreSQL does not answer: %w", err)
		case <-tick.C:
		}
	}
}

func (s *server) url() string {
	return "postgres://postgres@/postgres?host=" + url.QueryEscape(s.dir)
}

// stopServer ends the server if a test started one.
func stopServer() error {
	if !serverBegun.Load() {
		return nil
	}
	s, _ := ownServer() // its error has failed the tests that wanted it
	if s == nil {
		return nil
	}
	if s.cmd != nil && s.cmd.Process != nil {
		_ = s.cmd.Process.Signal(syscall.SIGQUIT) // at once: nothing in it is worth keeping
		_ = s.cmd.Wait()
	}
	if err := os.RemoveAll(s.dir); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
