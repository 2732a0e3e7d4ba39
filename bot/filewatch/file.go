// Package filewatch reads files that other programs replace while lbbot runs: the policy
// and the secrets. A changed file is read only when it has stayed the same for Steady, so
// a file that is being written is never used.
//
// It starts no goroutine, but for that of the file system's notifications, which Watch
// ends. It does not know what is in a file.
package filewatch

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Steady is how long a file must stay the same before it is used. An editor or a copy
// writes a file in several steps, and a file that is read in between may lack its end. A
// program that pauses for longer must write another file and rename it. Two changes are
// used at once: the switch of a ..data link, which is atomic, and at start a file whose
// last change is older.
const Steady = 3 * time.Second

// kubernetesData is the symbolic link that switches a mounted ConfigMap or Secret to a new
// version; see pkg/volume/util/atomic_writer.go in kubernetes/kubernetes.
const kubernetesData = "..data"

// File is a file that changes. It is not safe for concurrent use.
type File struct {
	Path   string           // cleaned
	Limit  int64            // bytes that are read at most
	Steady time.Duration    // package constant Steady, or less
	Now    func() time.Time // required

	pending   look      // the last one
	pendingAt time.Time // since then all looks were the same
	data      string    // target of the ..data link when the file was last used
}

// look is the file at one moment.
type look struct {
	info   os.FileInfo // nil if there is no file
	digest [sha256.Size]byte
	fault  string // why it could not be read
	data   string // target of the ..data link; empty without one
	torn   bool   // the ..data link was switched during the look
}

// same reports whether nothing changed between two looks.
func (l look) same(m look) bool {
	if l.torn || m.torn || (l.info == nil) != (m.info == nil) || l.digest != m.digest || l.fault != m.fault ||
		l.data != m.data {
		return false
	}
	return l.info == nil || os.SameFile(l.info, m.info) && l.info.Size() == m.info.Size() &&
		l.info.ModTime().Equal(m.info.ModTime()) && ChangeTime(l.info).Equal(ChangeTime(m.info))
}

// Look reads the file as it is on disk. wait is how long the file must still stay the same
// before it may be used; 0: use src or err now. inForce is the digest, in hex, of what is
// in use: a file with that needs no wait.
func (f *File) Look(inForce string) (src []byte, wait time.Duration, err error) {
	l := look{data: dataOf(f.Path)}
	src, err = f.read(&l)
	l.torn = l.data != dataOf(f.Path)
	if err != nil {
		l.fault = err.Error()
	} else {
		l.digest = sha256.Sum256(src)
	}
	return src, f.settling(l, inForce), err
}

// Version names the state of the ..data link at the last Look; empty without a link.
func (f *File) Version() string { return f.pending.data }

// read returns the bytes of the file and notes the identity of the open file.
func (f *File) read(l *look) (src []byte, err error) {
	info, err := os.Stat(f.Path) // opening a pipe would block
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a regular file", f.Path)
	}
	file, err := os.Open(f.Path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	if src, err = io.ReadAll(io.LimitReader(file, f.Limit)); err != nil {
		return nil, err
	}
	l.info, err = file.Stat() // after reading: a write in between changes its times
	return src, err
}

// dataOf returns the target of the ..data link in the path of the file.
func dataOf(path string) string {
	target, err := os.Readlink(path)
	if err != nil || !strings.HasPrefix(filepath.ToSlash(filepath.Clean(target)), kubernetesData+"/") {
		return ""
	}
	to, err := os.Readlink(filepath.Join(filepath.Dir(path), kubernetesData))
	if err != nil {
		return ""
	}
	return to
}

// settling returns how long the file must still stay the same. Call it once for each look.
func (f *File) settling(seen look, inForce string) time.Duration {
	now, first := f.Now(), f.pendingAt.IsZero()
	if first || !seen.same(f.pending) {
		f.pending, f.pendingAt = seen, now
	}
	switch {
	case seen.torn:
	case seen.data != "" && seen.data != f.data:
		f.data = seen.data
		return 0
	case inForce != "" && inForce == hex.EncodeToString(seen.digest[:]) || first && f.old(seen, now):
		return 0
	}
	return max(0, f.pendingAt.Add(f.Steady).Sub(now))
}

// old reports whether a file that is seen for the first time was last changed
// more than f.Steady ago. A file that cannot be read permits nothing, so there is
// no reason to wait.
func (f *File) old(seen look, now time.Time) bool {
	if seen.info == nil {
		return true
	}
	at := ChangeTime(seen.info)
	return !at.IsZero() && now.Sub(at) >= f.Steady
}

// Install writes files into a folder as Kubernetes mounts them: each path leads through a
// ..data link, and the switch of that link is atomic, so the new contents are used at
// once. It removes what an earlier call wrote. Nothing else may write in the folder at the
// same time.
func Install(dir string, contents map[string][]byte) error {
	version, err := os.MkdirTemp(dir, "..v")
	if err != nil {
		return err
	}
	data := filepath.Join(dir, kubernetesData)
	old, _ := os.Readlink(data) // none the first time
	for name, src := range contents {
		if err := os.WriteFile(filepath.Join(version, name), src, 0o600); err != nil {
			return err
		}
	}
	if err := relink(filepath.Base(version), data); err != nil {
		return err
	}
	for name := range contents {
		if path := filepath.Join(dir, name); dataOf(path) == "" {
			if err := relink(filepath.Join(kubernetesData, name), path); err != nil {
				return err
			}
		}
	}
	if old == "" {
		return nil
	}
	return os.RemoveAll(filepath.Join(dir, old))
}

// relink makes link lead to target, whatever was there before.
func relink(target, link string) error {
	fresh := link + "_tmp"
	_ = os.Remove(fresh) // left behind by a crash; if it stays, the next line says why
	if err := os.Symlink(target, fresh); err != nil {
		return err
	}
	return os.Rename(fresh, link)
}
