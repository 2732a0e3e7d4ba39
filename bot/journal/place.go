package journal

import (
	"bytes"
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"syscall"

	"lbbot/bot/operation"
)

// place checks that the open SQLite file is still the one at its path. SQLite commits
// into a file that was deleted, moved or overwritten, and those commits are lost at the
// next start. A nil place has no fault.
//
// A copy over the file keeps its inode. Two numbers in the file's header show it
// (sqlite.org/fileformat2.html#the_database_header): the user version, which is random
// for each run, and the change counter, which only grows. A copy from this same run with
// the same counter is not detected.
type place struct {
	path, log string // log is the write-ahead log, which has the newest commits

	// file stays open until SQLite has closed its own: closing any descriptor of a
	// file releases all locks of this process on it.
	file     handle
	identity os.FileInfo
	logged   os.FileInfo

	// pin is an unused connection. While it is open SQLite does not delete the log, so
	// a log with another identity is not the open one.
	pin *sql.DB

	nonce, before uint32 // the user version of this run, and the one before it
	stat          func(path string) (os.FileInfo, error)

	mu          sync.Mutex
	nonceSeen   bool // in the file, so the version before is no longer valid
	counter     uint32
	overwritten bool // never reset: later writes may restore the header, but not the rest
}

// handle is the part of *os.File that a place uses.
type handle interface {
	io.ReaderAt
	io.Closer
	Stat() (os.FileInfo, error)
}

// Offsets in the header, in bytes.
const (
	headerMagic   = "SQLite format 3\x00"
	headerCounter = 24
	headerVersion = 60
	headerSize    = 100
)

// newPlace takes ownership of the open file. SQLite must not have opened it yet.
func newPlace(path string, file *os.File) (*place, error) {
	identity, err := file.Stat()
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	real, err := filepath.EvalSymlinks(path) // SQLite keeps the log beside the real file
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return &place{path: path, log: real + "-wal", file: file, identity: identity, stat: os.Stat}, nil
}

// mark writes the nonce of this run. Call it when the tables are up to date.
func (p *place) mark(ctx context.Context, db *sql.DB, dsn string) error {
	if p == nil {
		return nil
	}
	var err error
	if p.pin, err = sql.Open("sqlite", dsn); err != nil {
		return err
	}
	p.pin.SetMaxOpenConns(1)
	if err := p.pin.QueryRowContext(ctx, "pragma user_version").Scan(&p.before); err != nil {
		return err
	}
	var random [4]byte
	_, _ = rand.Read(random[:])                            // never fails
	p.nonce = binary.BigEndian.Uint32(random[:])>>1 | 1<<8 // a positive int32, never 0
	for _, statement := range []string{
		fmt.Sprintf("pragma user_version = %d", p.nonce), "pragma wal_checkpoint(passive)"} {
		if _, err := db.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	if p.logged, err = p.stat(p.log); err != nil {
		return err
	}
	return p.check()
}

// check returns a *operation.JournalMovedError if commits do not reach the file at the
// path, and another error if that cannot be checked. It costs two stats and one read of
// a cached page.
func (p *place) check() error {
	if p == nil {
		return nil
	}
	now, err := p.stat(p.path)
	switch {
	case isGone(err):
		return gone("the file was deleted or moved",
			", put it and its -wal file back, or restore a backup, and start it again")
	case err != nil:
		return unchecked("the file", err)
	case !os.SameFile(now, p.identity):
		return gone("the file was replaced by another one", ", put the old file back, "+
			"or delete the -wal and -shm files to use the new one, and start it again")
	}
	overwritten, err := p.isOverwritten()
	switch {
	case err != nil:
		return unchecked("the file", err)
	case overwritten:
		return gone("the file was overwritten",
			", delete the -wal and -shm files, restore the backup again, and start it again")
	}
	now, err = p.stat(p.log)
	switch {
	case err != nil && !isGone(err):
		return unchecked(filepath.Base(p.log)+" beside the file", err)
	case err != nil || !os.SameFile(now, p.logged):
		return gone(filepath.Base(p.log)+" beside the file was deleted or replaced",
			" with SIGTERM, so that it saves what it committed, and start it again")
	}
	return nil
}

// isGone reports whether a stat failed because the path does not exist. Other errors,
// for example of a disk or a file server, say nothing about the file.
func isGone(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR)
}

func unchecked(what string, err error) error {
	return fmt.Errorf("%s could not be checked: %w; retrying", what, err)
}

func gone(what, advice string) error {
	return &operation.JournalMovedError{What: what + " while the bot was running", Advice: "stop the bot" + advice}
}

// isOverwritten reports whether this process cannot have written the header. It holds
// the lock while it reads, so that counters are compared in the order of the reads.
func (p *place) isOverwritten() (bool, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.overwritten {
		return true, nil
	}
	var header [headerSize]byte
	if n, err := p.file.ReadAt(header[:], 0); n < headerSize {
		if !errors.Is(err, io.EOF) {
			return false, err
		}
		info, err := p.file.Stat()
		if err != nil {
			return false, err
		}
		if info.Size() >= headerSize {
			return false, io.ErrUnexpectedEOF
		}
		p.overwritten = true
		return true, nil
	}
	version := binary.BigEndian.Uint32(header[headerVersion:])
	counter := binary.BigEndian.Uint32(header[headerCounter:])
	p.nonceSeen = p.nonceSeen || version == p.nonce
	p.overwritten = !bytes.HasPrefix(header[:], []byte(headerMagic)) || counter < p.counter ||
		version != p.nonce && (p.nonceSeen || version != p.before)
	p.counter = max(p.counter, counter)
	return p.overwritten, nil
}

// close closes the file. SQLite must have closed its other connections.
func (p *place) close() error {
	if p == nil {
		return nil
	}
	var err error
	if p.pin != nil {
		err = p.pin.Close()
	}
	return errors.Join(err, p.file.Close())
}
