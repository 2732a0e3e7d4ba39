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
	pollEvery = 30 * time.Second       // without being told, for file systems that do not tell
	settle    = 100 * time.Millisecond // after the last of several events
	settleMax = time.Second            // after the first of several events
)

// kubernetesData is the symbolic link that a mounted ConfigMap is switched
// with; see pkg/volume/util/atomic_writer.go in kubernetes/kubernetes.
const kubernetesData = "..data"

// Run reloads the file when it changes, until ctx ends, and returns nil. It
// activates what it loaded (see Activations). It
// watches the directory, because editors and Kubernetes replace the file
// rather than write it, and also looks every 30 seconds. It owns the goroutine
// of the file system's notifications, which ends before Run returns.
func (g *Gate) Run(ctx context.Context) error {
	w := g.watch()
	defer func() { w.close() }()
	poll := time.NewTicker(g.poll)
	defer poll.Stop()
	// Changes between New and here were not noticed.
	_ = g.Reload()
	_ = g.Ready(ctx)
	quiet := time.NewTimer(settle)
	quiet.Stop()
	defer quiet.Stop()
	var first time.Time
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
			quiet.Reset(max(0, min(settle, settleMax-now.Sub(first))))
		case err := <-w.errors():
			g.log.Warn("watching the policy file", zap.Error(err))
			quiet.Reset(settle)
		case <-quiet.C:
			first = time.Time{}
			_ = g.Reload() // logged and kept in Status
			_ = g.Ready(ctx)
		case <-poll.C:
			w = g.rewatch(w)
			_ = g.Reload()
			_ = g.Ready(ctx)
		}
	}
}

// concerns reports whether an event in the directory may be about the file.
// Others, such as those of a database beside it, are left to the poll.
func (g *Gate) concerns(e fsnotify.Event) bool {
	name := filepath.Base(e.Name)
	return name == filepath.Base(g.path) || name == kubernetesData
}

// watcher is an fsnotify.Watcher that may be missing; the poll then does all.
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
		if err = inner.Add(filepath.Dir(g.path)); err == nil {
			return watcher{inner}
		}
		err = errors.Join(err, inner.Close())
	}
	g.log.Warn("policy directory cannot be watched, so changes are noticed later", zap.Duration("every", g.poll), zap.Error(err))
	return watcher{}
}

// rewatch watches again if the directory was replaced or not there before.
func (g *Gate) rewatch(w watcher) watcher {
	if w.inner == nil {
		return g.watch()
	}
	if err := w.inner.Add(filepath.Dir(g.path)); err != nil { // harmless if it is watched
		w.close()
		return watcher{}
	}
	return w
}
