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

	"lbbot/bot/policy/rules"
)

// Steady is how long a policy file must stay the same before it is loaded. An
// editor or a copy writes a file in several steps, and a file that is read in
// between may lack its last forbid. A program that pauses for longer must write
// another file and rename it. Two changes are loaded at once: the switch of a
// ..data link, which is atomic, and at start a file whose last change is older.
const Steady = 3 * time.Second

// kubernetesData is the symbolic link that switches a mounted ConfigMap to a new
// version; see pkg/volume/util/atomic_writer.go in kubernetes/kubernetes.
const kubernetesData = "..data"

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
		l.info.ModTime().Equal(m.info.ModTime()) && changeTime(l.info).Equal(changeTime(m.info))
}

// look reads and parses the file as it is on disk.
func (g *Gate) look() (look, *policies, error) {
	l := look{data: dataOf(g.path)}
	src, err := g.read(&l)
	l.torn = l.data != dataOf(g.path)
	if err != nil {
		err = fmt.Errorf("reading the policy file: %w", err)
		l.fault = err.Error()
		return l, nil, err
	}
	l.digest = sha256.Sum256(src)
	set, err := rules.Parse(g.path, src)
	if err != nil {
		return l, nil, err
	}
	return l, &policies{set}, nil
}

// read returns the bytes of the file and notes the identity of the open file.
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
	if src, err = io.ReadAll(io.LimitReader(file, rules.MaxFile+1)); err != nil {
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

// settling returns how long the file must still stay the same before it is
// loaded; 0: load it now. Call it once for each look, with g.reloading held.
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
	case old.set != nil && old.set.Digest == hex.EncodeToString(seen.digest[:]) || first && g.old(seen, now):
		return 0
	}
	return max(0, g.pendingAt.Add(g.steady).Sub(now))
}

// old reports whether a file that is seen for the first time was last changed
// more than g.steady ago. A file that cannot be read permits nothing, so there is
// no reason to wait.
func (g *Gate) old(seen look, now time.Time) bool {
	if seen.info == nil {
		return true
	}
	at := changeTime(seen.info)
	return !at.IsZero() && now.Sub(at) >= g.steady
}

// Install writes a policy file as Kubernetes mounts one: path leads through a
// ..data link, and the switch of that link is atomic, so the new policies are
// loaded at once. Nothing else may write in the folder at the same time.
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
