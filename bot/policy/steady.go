package policy

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

// Steady is how long a policy file must have stayed the same before it counts.
// An editor or a copy writes a file in several steps, and a file that is read
// between them can lack its last forbid. A program that pauses for longer than
// this must write another file and rename it. Two cases count at once: the
// switch of a ..data link, which is atomic, and at the start a file whose last
// change is older.
const Steady = 3 * time.Second

// kubernetesData is the symbolic link that a mounted ConfigMap is switched
// with; see pkg/volume/util/atomic_writer.go in kubernetes/kubernetes.
const kubernetesData = "..data"

// look is what was at the path at one moment.
type look struct {
	info   os.FileInfo // nil if there is no file
	digest [sha256.Size]byte
	fault  string // why it could not be read
	data   string // where the ..data link leads; empty if the path does not use one
	torn   bool   // the ..data link was switched during the look
}

// same reports whether nothing changed between two looks.
func (l look) same(m look) bool {
	if l.torn || m.torn || (l.info == nil) != (m.info == nil) || l.digest != m.digest || l.fault != m.fault || l.data != m.data {
		return false
	}
	return l.info == nil || os.SameFile(l.info, m.info) && l.info.Size() == m.info.Size() &&
		l.info.ModTime().Equal(m.info.ModTime()) && changeTime(l.info).Equal(changeTime(m.info))
}

// look reads and parses the file as it is on disk.
func (g *Gate) look() (look, *Set, error) {
	l := look{data: dataOf(g.path)}
	src, err := g.read(&l)
	l.torn = l.data != dataOf(g.path)
	if err != nil {
		err = fmt.Errorf("reading the policy file: %w", err)
		l.fault = err.Error()
		return l, nil, err
	}
	l.digest = sha256.Sum256(src)
	set, err := Parse(g.path, src)
	return l, set, err
}

// read returns the bytes of the file. Its identity is that of the open file, so
// it belongs to them.
func (g *Gate) read(l *look) (src []byte, err error) {
	info, err := os.Stat(g.path) // opening a pipe would block
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a regular file", g.path)
	}
	file, err := os.Open(g.path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	if src, err = io.ReadAll(io.LimitReader(file, maxFile+1)); err != nil {
		return nil, err
	}
	l.info, err = file.Stat() // after reading: a write in between changes its times
	return src, err
}

// dataOf returns where the ..data link leads through which the file is reached.
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

// settling returns for how long what was seen must still stay the same before
// it counts; 0: it counts now. It must be asked under g.reloading, once for
// each look.
func (g *Gate) settling(seen look, old *loaded) time.Duration {
	now, first := g.now(), g.pendingAt.IsZero()
	if first || !seen.same(g.pending) {
		g.pending, g.pendingAt = seen, now
	}
	switch {
	case seen.torn:
	case seen.data != "" && seen.data != g.data:
		g.data = seen.data
		return 0
	case old.set != nil && old.set.digest == hex.EncodeToString(seen.digest[:]) || first && g.old(seen, now):
		return 0
	}
	return max(0, g.pendingAt.Add(g.steady).Sub(now))
}

// old reports whether a file that is seen for the first time was last changed
// longer than g.steady ago. A file that cannot be read allows nothing, so
// there is nothing to wait for.
func (g *Gate) old(seen look, now time.Time) bool {
	if seen.info == nil {
		return true
	}
	at := changeTime(seen.info)
	return !at.IsZero() && now.Sub(at) >= g.steady
}

// Install writes a policy file the way Kubernetes mounts one: path leads
// through a ..data link, and switching that link is atomic, so the new policies
// count at once. Nothing else may write in the folder at the same time.
func Install(path string, src []byte) error {
	dir, name := filepath.Dir(path), filepath.Base(path)
	old := dataOf(path)
	version, err := os.MkdirTemp(dir, "..v")
	if err != nil {
		return fmt.Errorf("installing the policy file: %w", err)
	}
	err = os.WriteFile(filepath.Join(version, name), src, 0o600)
	if err == nil {
		err = relink(filepath.Base(version), filepath.Join(dir, kubernetesData))
	}
	if err == nil && old == "" {
		err = relink(filepath.Join(kubernetesData, name), path)
	}
	if err == nil && old != "" {
		err = os.RemoveAll(filepath.Join(dir, old))
	}
	if err != nil {
		return fmt.Errorf("installing the policy file: %w", err)
	}
	return nil
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
