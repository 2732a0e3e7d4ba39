package policy

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"time"

	"go.uber.org/zap"

	"lbbot/bot/policy/rules"
)

// Status returns which policies are in force now.
func (g *Gate) Status() Status {
	now := g.current.Load()
	s := Status{LoadedAt: now.at, Problem: now.problem, Absent: now.absent}
	if now.set != nil {
		s.Digest, s.Warnings = now.set.Digest, slices.Clone(now.set.Warnings)
	}
	return s
}

// Reload looks at the file now. A change is loaded when the file has stayed the
// same for filewatch.Steady; until then the policies loaded before stay in force. They also
// stay if the file is broken or absent, and the error says why. To withdraw all
// permissions, make the file empty. A file that has not changed keeps its load
// time.
func (g *Gate) Reload() error {
	_, err := g.reload()
	return err
}

// reload is Reload, and returns when to look again; 0: no change is waiting.
func (g *Gate) reload() (again time.Duration, err error) {
	g.reloading.Lock()
	defer g.reloading.Unlock()
	old := g.current.Load()
	set, wait, err := g.look(old)
	if wait > 0 {
		if !old.settling {
			g.log.Info("policy file changed; it is loaded when it has stayed the same", zap.String("file", g.path),
				zap.Duration("for", g.file.Steady))
		}
		next := *old
		next.settling = true
		g.current.Store(&next)
		return wait, old.problem
	}
	next := &loaded{set: old.set, at: old.at, problem: err, absent: errors.Is(err, fs.ErrNotExist)}
	if err != nil {
		next.seen = err.Error()
	} else {
		next.seen = set.Digest
		if old.set == nil || old.set.Digest != set.Digest {
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
	return 0, err
}

// look reads and parses the file as it is on disk; see filewatch.File.Look.
func (g *Gate) look(old *loaded) (set *policies, wait time.Duration, err error) {
	inForce := ""
	if old.set != nil {
		inForce = old.set.Digest
	}
	src, wait, err := g.file.Look(inForce)
	switch {
	case wait > 0:
		return nil, wait, nil
	case err != nil:
		return nil, 0, fmt.Errorf("reading the policy file: %w", err)
	}
	parsed, err := rules.Parse(g.path, src)
	if err != nil {
		return nil, 0, err
	}
	return &policies{parsed}, 0, nil
}

// announce logs and counts once what a change of the file led to.
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
		fields = append(fields, zap.String("digest", now.set.Digest), zap.Time("loaded", now.at),
			zap.Int("policies", len(now.set.Rules)))
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

func (g *Gate) warn(set *policies) {
	for _, w := range set.Warnings {
		g.log.Warn("policy warning", zap.String("file", g.path), zap.Int("line", w.Line),
			zap.String("policy", w.Policy), zap.String("text", w.Text))
	}
	if set.Incident && (len(g.creators) == 0 || len(g.incidents) == 0) {
		g.log.Warn("policy uses context.incident, which is never true: set incident channels and creators")
	}
}
