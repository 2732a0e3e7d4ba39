package policy

import (
	"context"
	"errors"
	"path/filepath"
	"time"

	"github.com/fsnotify/fsnotify"
	"go.uber.org/zap"
)

// How soon a change of the file is noticed.
const (
	pollEvery = 30 * time.Second       // for file systems that do not notify
	calm      = 100 * time.Millisecond // after the last of several events
	calmMax   = time.Second            // after the first of several events
)

// Run reloads the file when it changes, until ctx ends, and returns nil. It
// activates what it loaded (see Activations). It watches the directory, because
// editors and Kubernetes replace the file instead of writing it, and also looks
// every 30 seconds. It owns the goroutine of the file system's notifications,
// which ends before Run returns.
func (g *Gate) Run(ctx context.Context) error {
	w := g.watch()
	defer func() { w.close() }()
	poll := time.NewTicker(g.poll)
	defer poll.Stop()
	quiet := time.NewTimer(0) // for changes between New and Run
	defer quiet.Stop()
	var first time.Time
	look := func() {
		if again, _ := g.reload(); again > 0 { // errors are logged and kept in Status
			quiet.Reset(again)
		}
		_ = g.Ready(ctx)
	}
	for {
		select {
		case <-ctx.Done():
			return nil
		case e, ok := <-w.events():
			if !ok {
				w.close()
				w = watcher{}
				continue
			}
			if !g.concerns(e) {
				continue
			}
			now := time.Now()
			if first.IsZero() {
				first = now
			}
			quiet.Reset(max(0, min(calm, calmMax-now.Sub(first))))
		case err := <-w.errors():
			g.log.Warn("watching the policy file", zap.Error(err))
			quiet.Reset(calm)
		case <-quiet.C:
			first = time.Time{}
			look()
		case <-poll.C:
			w = g.rewatch(w)
			look()
		}
	}
}

// concerns reports whether an event in the directory may be about the file. The
// poll finds the rest. A database in the same directory causes many other events.
func (g *Gate) concerns(e fsnotify.Event) bool {
	name := filepath.Base(e.Name)
	return name == filepath.Base(g.path) || name == kubernetesData
}

// watcher is an fsnotify.Watcher that may be missing: then only the poll looks.
type watcher struct{ inner *fsnotify.Watcher }

func (w watcher) events() <-chan fsnotify.Event {
	if w.inner == nil {
		return nil
	}
	return w.inner.Events
}

func (w watcher) errors() <-chan error {
	if w.inner == nil {
		return nil
	}
	return w.inner.Errors
}

func (w watcher) close() {
	if w.inner != nil {
		_ = w.inner.Close()
	}
}

func (g *Gate) watch() watcher {
	inner, err := fsnotify.NewWatcher()
	if err == nil {
		if err = g.watchIn(inner); err == nil {
			return watcher{inner}
		}
		err = errors.Join(err, inner.Close())
	}
	g.log.Warn("policy directory cannot be watched, so changes are noticed later", zap.Duration("every", g.poll),
		zap.Error(err))
	return watcher{}
}

// rewatch watches again if the directory was replaced or has appeared.
func (g *Gate) rewatch(w watcher) watcher {
	if w.inner == nil {
		return g.watch()
	}
	if err := g.watchIn(w.inner); err != nil {
		w.close()
		return watcher{}
	}
	return w
}

// watchIn watches the directory of the path and, if that is a link, also the
// one of the file itself. Both may be watched already.
func (g *Gate) watchIn(inner *fsnotify.Watcher) error {
	if real, err := filepath.EvalSymlinks(g.path); err == nil && filepath.Dir(real) != filepath.Dir(g.path) {
		if err := inner.Add(filepath.Dir(real)); err != nil {
			return err
		}
	}
	return inner.Add(filepath.Dir(g.path))
}
