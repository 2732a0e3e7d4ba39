package web

import (
	"context"
	"errors"
	"sync"
	"time"

	"lbbot/bot/operation"
)

// recent caches the answers of a look-up for some time and makes one look-up for
// concurrent callers. Errors are not cached. singleflight.Group does not fit: all its
// callers get the failure of the one that looks up, also when only that one's timeout is over.
type recent[T any] struct {
	now  func() time.Time
	keep time.Duration
	read func(context.Context, string) (T, error)

	mu      sync.Mutex
	entries map[string]*entry[T]
}

type entry[T any] struct {
	done  chan struct{} // closed when the rest is set
	value T
	err   error
	cut   bool // err is the caller's timeout
	at    time.Time
}

// maxRecent bounds the entries; beyond it old ones are dropped.
const maxRecent = 10_000

func newRecent[T any](now func() time.Time, keep time.Duration,
	read func(context.Context, string) (T, error)) *recent[T] {
	return &recent[T]{now: now, keep: keep, read: read, entries: map[string]*entry[T]{}}
}

func (r *recent[T]) get(ctx context.Context, key string) (T, error) {
	for {
		e, mine := r.entry(key)
		if mine {
			r.look(ctx, key, e)
			return e.value, e.err
		}
		select {
		case <-e.done:
		case <-ctx.Done():
			var zero T
			return zero, context.Cause(ctx)
		}
		if !e.cut {
			return e.value, e.err
		}
		// The caller that made the look-up had a shorter timeout than this one: retry.
	}
}

// entry returns the entry of a key; mine says that the caller has to fill it.
func (r *recent[T]) entry(key string) (e *entry[T], mine bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	e, ok := r.entries[key]
	if ok && (!e.settled() || e.err == nil && r.young(e)) {
		return e, false
	}
	r.prune()
	e = &entry[T]{done: make(chan struct{}), at: r.now()} // the age counts from the start of the look-up
	r.entries[key] = e
	return e, true
}

// young reports whether an answer may still be used. An answer from the future may
// not: the clock was set back, so its age is unknown.
func (r *recent[T]) young(e *entry[T]) bool {
	age := operation.Age(r.now(), e.at)
	return age >= 0 && age < r.keep
}

// drop drops the cached answer of a key and a running look-up, which may have read
// an old state. Callers that wait for the look-up still get its answer.
func (r *recent[T]) drop(key string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.entries, key)
}

// age drops the cached answer of a key if it is that old. A running look-up is
// current and stays.
func (r *recent[T]) age(key string, older time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if e, ok := r.entries[key]; ok && e.settled() && operation.Age(r.now(), e.at) >= older {
		delete(r.entries, key)
	}
}

// look fills an entry. It releases the waiting callers even if the read panics.
func (r *recent[T]) look(ctx context.Context, key string, e *entry[T]) {
	e.err, e.cut = errors.New("the look-up broke off"), true
	defer close(e.done)
	e.value, e.err = r.read(ctx, key)
	e.cut = e.err != nil && ctx.Err() != nil
}

func (e *entry[T]) settled() bool {
	select {
	case <-e.done:
		return true
	default:
		return false
	}
}

func (r *recent[T]) prune() {
	if len(r.entries) < maxRecent {
		return
	}
	for key, e := range r.entries {
		if e.settled() && (e.err != nil || !r.young(e)) {
			delete(r.entries, key)
		}
	}
}
