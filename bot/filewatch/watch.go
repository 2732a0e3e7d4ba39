package filewatch

import (
	"cmp"
	"context"
	"errors"
	"path/filepath"
	"slices"
	"time"

	"github.com/fsnotify/fsnotify"
	"go.uber.org/zap"
)

// PollEvery is how often Watch looks on file systems that do not notify.
const PollEvery = 30 * time.Second

// How soon a change is noticed.
const (
	calm    = 100 * time.Millisecond // after the last of several events
	calmMax = time.Second            // after the first of several events
)

// Watch calls look at once, when one of the files may have changed, and once in each poll,
// until ctx ends. look returns when to call it again if nothing happens before; 0: at the
// next change or poll. Watch watches the directories, because editors and Kubernetes
// replace a file instead of writing it.
func Watch(ctx context.Context, paths []string, poll time.Duration, log *zap.Logger, look func() time.Duration) {
	f := files{paths, poll, log}
	w := f.watch()
	defer func() { _ = w.close() }()
	polls := time.NewTicker(poll)
	defer polls.Stop()
	quiet := time.NewTimer(0) // for changes before Watch
	defer quiet.Stop()
	var first time.Time
	looks := func() {
		if again := look(); again > 0 {
			quiet.Reset(again)
		}
	}
	for {
		select {
		case <-ctx.Done():
			return
		case e, ok := <-w.events():
			if !ok {
				w = w.close()
			}
			if f.concern(e) {
				first = cmp.Or(first, time.Now())
				quiet.Reset(max(0, min(calm, calmMax-time.Since(first))))
			}
		case err := <-w.errors():
			log.Warn("watching files", zap.Strings("files", paths), zap.Error(err))
			quiet.Reset(calm)
		case <-quiet.C:
			first = time.Time{}
			looks()
		case <-polls.C:
			w = f.rewatch(w)
			looks()
		}
	}
}

// files are what Watch watches.
type files struct {
	paths []string
	poll  time.Duration
	log   *zap.Logger
}

// concern reports whether an event in a directory may be about a file. The poll finds the
// rest. A database in the same directory causes many other events.
func (f files) concern(e fsnotify.Event) bool {
	name := filepath.Base(e.Name)
	return name == kubernetesData ||
		slices.ContainsFunc(f.paths, func(path string) bool { return name == filepath.Base(path) })
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

// close returns a watcher that is missing.
func (w watcher) close() watcher {
	if w.inner != nil {
		_ = w.inner.Close()
	}
	return watcher{}
}

func (f files) watch() watcher {
	inner, err := fsnotify.NewWatcher()
	if err == nil {
		if err = f.watchIn(inner); err == nil {
			return watcher{inner}
		}
		err = errors.Join(err, inner.Close())
	}
	f.log.Warn("directory cannot be watched, so changes are noticed later", zap.Strings("files", f.paths),
		zap.Duration("every", f.poll), zap.Error(err))
	return watcher{}
}

// rewatch watches again if a directory was replaced or has appeared.
func (f files) rewatch(w watcher) watcher {
	if w.inner == nil {
		return f.watch()
	}
	if err := f.watchIn(w.inner); err != nil {
		return w.close()
	}
	return w
}

// watchIn watches the directory of each path and, if that is a link, also the one of the
// file itself. Both may be watched already.
func (f files) watchIn(inner *fsnotify.Watcher) error {
	for _, path := range f.paths {
		if real, err := filepath.EvalSymlinks(path); err == nil && filepath.Dir(real) != filepath.Dir(path) {
			if err := inner.Add(filepath.Dir(real)); err != nil {
				return err
			}
		}
		if err := inner.Add(filepath.Dir(path)); err != nil {
			return err
		}
	}
	return nil
}
