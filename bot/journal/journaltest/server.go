package journaltest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"time"
)

// ErrNone means that this machine has no PostgreSQL to start.
var ErrNone = errors.New(
	"no initdb and postgres on PATH or under /usr/lib/postgresql: the tests on PostgreSQL do not run")

// Server is a PostgreSQL in a temporary folder. It listens on a socket in that folder,
// not on a port. It is not safe for concurrent use.
type Server struct {
	dir      string
	postgres string
	options  []string        // of postgres
	prepare  func(*exec.Cmd) // called before postgres is started; nil: nothing
	user     *syscall.SysProcAttr
	cmd      *exec.Cmd // nil: not running
}

// Start creates a server and blocks until it accepts connections, for at most a minute.
// Stop a server that is not nil, also after an error.
func Start() (*Server, error) {
	// Without fsync only a crash of the machine loses data, not one of the server.
	return start(&Server{options: []string{"-c", "fsync=off"}}, parent())
}

// StartDurable is Start with a server that keeps each commit on the disk of the temporary
// folder. prepare is called with the command before it is started.
func StartDurable(prepare func(*exec.Cmd)) (*Server, error) {
	return start(&Server{prepare: prepare}, "")
}

func start(s *Server, parent string) (*Server, error) {
	initdb, err := program("initdb")
	if err != nil {
		return nil, err
	}
	postgres, err := program("postgres")
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(parent, "pg") // short: the path of a socket may have 107 characters
	if err != nil {
		return nil, err
	}
	s.dir, s.postgres = dir, postgres
	if s.user, err = unprivileged(dir); err != nil {
		return s, err
	}
	create := exec.CommandContext(context.Background(), initdb, "-D", s.data(), "-U", "postgres", "-A", "trust", "-E",
		"UTF8", "--no-sync")
	create.SysProcAttr, create.Dir = s.user, dir
	if out, err := create.CombinedOutput(); err != nil {
		return s, fmt.Errorf("creating a database: %w\n%s", err, out)
	}
	return s, s.Up()
}

func (s *Server) data() string { return filepath.Join(s.dir, "data") }

// URL returns the URL of the server's database "postgres".
func (s *Server) URL() string {
	return "postgres://postgres@/postgres?host=" + url.QueryEscape(s.dir)
}

// parent is where the server's folder is made: in memory if there is room for
// it, since a new database is a copy of three hundred files. Empty: the default.
func parent() string {
	const memory, room = "/dev/shm", 2 << 30
	var s syscall.Statfs_t
	if err := syscall.Statfs(memory, &s); err != nil || s.Bavail*uint64(s.Bsize) < room { //nolint:gosec // not negative
		return ""
	}
	return memory
}

// Up starts the server if it is down and blocks until it accepts connections.
func (s *Server) Up() error {
	if s.cmd != nil {
		return nil
	}
	cmd := exec.CommandContext(context.Background(), s.postgres, append([]string{"-D", s.data(), "-k", s.dir, "-c",
		"listen_addresses=", "-c", "max_connections=200"}, s.options...)...)
	cmd.SysProcAttr, cmd.Dir = s.user, s.dir
	if s.prepare != nil {
		s.prepare(cmd)
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("starting PostgreSQL: %w", err)
	}
	s.cmd = cmd
	return s.answers()
}

// Down kills the server, like a crash, and blocks until it has ended.
func (s *Server) Down() {
	if s.cmd == nil {
		return
	}
	_ = s.cmd.Process.Signal(syscall.SIGQUIT)
	_ = s.cmd.Wait() // its error is the signal
	s.cmd = nil
}

// Stop ends the server and deletes its folder.
func (s *Server) Stop() error {
	s.Down()
	return os.RemoveAll(s.dir)
}

// answers blocks until the server accepts connections.
func (s *Server) answers() error {
	db, err := sql.Open("pgx", s.URL())
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	give := time.NewTimer(time.Minute)
	defer give.Stop()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		if err = db.PingContext(context.Background()); err == nil {
			return nil
		}
		select {
		case <-give.C:
			return fmt.Errorf("PostgreSQL does not answer: %w", err)
		case <-tick.C:
		}
	}
}

// program finds a program of PostgreSQL.
func program(name string) (string, error) {
	if path, err := exec.LookPath(name); err == nil {
		return path, nil
	}
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/" + name)
	if err != nil || len(found) == 0 {
		return "", ErrNone
	}
	slices.Sort(found)
	return found[len(found)-1], nil
}

// unprivileged makes a command run as another user if this process is root, because
// PostgreSQL refuses root. It gives dir to that user.
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
		owner := &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)} //nolint:gosec // the system's own ids
		return &syscall.SysProcAttr{Credential: owner}, nil
	}
	return nil, errors.New("running as root without a user postgres or nobody to run PostgreSQL as")
}
