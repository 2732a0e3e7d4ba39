package policy

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"go.uber.org/zap"
)

// Status returns what is in force now.
func (g *Gate) Status() Status {
	now := g.current.Load()
	s := Status{LoadedAt: now.at, Problem: now.problem, Absent: now.absent}
	if now.set != nil {
		s.Digest, s.Warnings = now.set.digest, now.set.Warnings()
	}
	return s
}

// Reload reads the file now. If it is broken or absent, the old policies stay
// in force and the error says why; to take all rights away, make it empty. A
// file that has not changed keeps its loading time.
func (g *Gate) Reload() error {
	g.reloading.Lock()
	defer g.reloading.Unlock()
	old := g.current.Load()
	set, err := g.read()
	next := &loaded{set: old.set, at: old.at, problem: err, absent: errors.Is(err, fs.ErrNotExist)}
	if err != nil {
		next.seen = err.Error()
	} else {
		next.seen = set.digest
		if old.set == nil || old.set.digest != set.digest {
			next.set, next.at = set, g.now()
		}
	}
	g.current.Store(next)
	if next.seen != old.seen {
		g.announce(next)
		if g.changed != nil {
			g.changed(g.Status())
		}
	}
	return err
}

// read parses the file as it is on disk.
func (g *Gate) read() (*Set, error) {
	info, err := os.Stat(g.path)
	if err != nil {
		return nil, fmt.Errorf("reading the policy file: %w", err)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("reading the policy file: %s is not a regular file", g.path)
	}
	file, err := os.Open(g.path)
	if err != nil {
		return nil, fmt.Errorf("reading the policy file: %w", err)
	}
	src, err := io.ReadAll(io.LimitReader(file, maxFile+1))
	if err = errors.Join(err, file.Close()); err != nil {
		return nil, fmt.Errorf("reading the policy file: %w", err)
	}
	return Parse(g.path, src)
}

// announce says once in log and metrics what a change of the file led to.
func (g *Gate) announce(now *loaded) {
	result := loadGood
	switch {
	case now.absent:
		result = loadAbsent
	case now.problem != nil:
		result = loadBroken
	}
	g.metrics.loads.WithLabelValues(result).Inc()
	g.metrics.problem.Set(0)
	fields := []zap.Field{zap.String("file", g.path), zap.String("result", result)}
	if now.set != nil {
		g.metrics.loadedAt.Set(float64(now.at.Unix()))
		fields = append(fields, zap.String("digest", now.set.digest), zap.Time("loaded", now.at), zap.Int("policies", len(now.set.rules)))
	}
	if now.problem == nil {
		g.log.Info("policy loaded", fields...)
		g.warn(now.set)
		return
	}
	g.metrics.problem.Set(1)
	fields = append(fields, zap.Error(now.problem))
	if now.set == nil {
		g.log.Error("policy file cannot be used: everybody is denied until it is repaired", fields...)
		return
	}
	g.log.Error("policy file cannot be used: the policies loaded before stay in force", fields...)
}

func (g *Gate) warn(set *Set) {
	for _, w := range set.warnings {
		g.log.Warn("policy warning", zap.String("file", g.path), zap.Int("line", w.Line), zap.String("policy", w.Policy), zap.String("text", w.Text))
	}
	if set.incident && (len(g.creators) == 0 || len(g.incidents) == 0) {
		g.log.Warn("policy uses context.incident, which is never true: no incident channels or no incident creators are set")
	}
}
