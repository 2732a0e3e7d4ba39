package audit

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"lbbot/bot/operation"
)

const (
	linkEvery   = 2 * time.Second
	headAsked   = time.Minute     // how often to check whether the head is due
	auditWithin = 3 * time.Second // for one round

	finishWithin = 2 * time.Second // for the last round
)

// Store is what an Auditor does with the stored trail. Each method is safe for
// several processes at once.
type Store interface {
	Cutter

	// Link puts the events into the chain that are not in it yet, and returns
	// how many it linked.
	Link(ctx context.Context) (int, error)

	// Record appends an event.
	Record(ctx context.Context, e operation.Event) error

	// Summarise stores the counts of denials and previews that are due.
	Summarise(ctx context.Context, now time.Time) (int, error)

	// NoteHead records the head as an event once an hour, and reports whether
	// this call did.
	NoteHead(ctx context.Context) (h Head, noted bool, err error)

	// Progress returns the end of the chain and how many events wait for it.
	Progress(ctx context.Context) (h Head, unlinked int64, err error)
}

// Config is what an Auditor needs.
type Config struct {
	Store      Store
	Key        string        // secret, see ParseKey; empty: nothing is deleted
	Retention  time.Duration // 0: nothing is deleted
	Now        func() time.Time
	Log        *zap.Logger
	Registerer prometheus.Registerer
}

// Auditor keeps the audit trail: it links what was recorded, notes the head,
// deletes what is too old, and records what the bot itself does. No request
// waits for it.
type Auditor struct {
	store Store
	key   atomic.Pointer[ed25519.PrivateKey] // nil: nothing is deleted
	keep  time.Duration                      // 0: forever
	now   func() time.Time
	log   *zap.Logger

	end      atomic.Int64
	head     prometheus.Gauge
	unlinked prometheus.Gauge
	errors   prometheus.Counter

	rounds  sync.Mutex // held by the one round that runs
	ended   bool       // nothing is written any more
	failing bool
	headAt  time.Time // of the last check whether the head is due

	summaryAt time.Time // of the last summaries

	mu    sync.Mutex
	notes []operation.Event // to be recorded
}

// New makes an Auditor. The error is that of a key that cannot be read.
func New(c Config) (*Auditor, error) {
	a := &Auditor{store: c.Store, keep: c.Retention, now: c.Now, log: c.Log,
		head: prometheus.NewGauge(prometheus.GaugeOpts{Name: "lbbot_audit_head_position",
			Help: "Events of the audit trail that are in the chain, those that retention deleted included."}),
		unlinked: prometheus.NewGauge(prometheus.GaugeOpts{Name: "lbbot_audit_unlinked_events",
			Help: "Events that are not in the chain yet."}),
		errors: prometheus.NewCounter(prometheus.CounterOpts{Name: "lbbot_audit_errors_total",
			Help: "Failed rounds of linking, cutting or posting the audit trail."})}
	if c.Key != "" {
		key, err := ParseKey(c.Key)
		if err != nil {
			return nil, err
		}
		a.key.Store(&key)
	}
	c.Registerer.MustRegister(a.head, a.unlinked, a.errors)
	return a, nil
}

// Announce logs at start what will be deleted, and the key that signs it.
func (a *Auditor) Announce() {
	switch {
	case a.keep == 0:
		a.log.Info("audit trail is kept forever")
	case a.key.Load() == nil:
		a.log.Warn("nothing is deleted, because no key signs checkpoints: set LBBOT_AUDIT_KEY",
			zap.String("retention", a.days()))
	default:
		a.log.Info("audit trail is deleted by retention", zap.String("retention", a.days()),
			zap.String("public_key", a.publicKey()))
	}
}

// days writes the retention in days, as the setting does.
func (a *Auditor) days() string { return fmt.Sprintf("%gd", a.keep.Hours()/24) }

// Note queues an event of the bot itself for the next round. It never blocks.
func (a *Auditor) Note(kind string, data map[string]string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.notes = append(a.notes, operation.Event{At: a.now(), Kind: kind, ActorID: operation.SystemActor, Data: data})
}

// Run does a round every two seconds until ctx ends. It returns nil.
func (a *Auditor) Run(ctx context.Context) error {
	t := time.NewTicker(linkEvery)
	defer t.Stop()
	for {
		a.rounds.Lock()
		if !a.ended {
			a.round(ctx)
		}
		a.rounds.Unlock()
		select {
		case <-ctx.Done():
			return nil
		case <-t.C:
		}
	}
}

// round records the queued events and links what is not in the chain yet. What
// fails is retried in the next round.
func (a *Auditor) round(ctx context.Context) {
	within, cancel := context.WithTimeoutCause(ctx, auditWithin, fmt.Errorf("not done within %s", auditWithin))
	defer cancel()
	err := errors.Join(a.record(within), a.summarise(within))
	unlinked, measured := a.measure(within)
	if err = errors.Join(err, measured); err == nil && unlinked > 0 {
		_, err = a.store.Link(within)
	}
	noted := false
	if err == nil {
		noted, err = a.hourly(within)
	}
	if noted || unlinked > 0 {
		_, measured = a.measure(within) // most useful when linking fails
		err = errors.Join(err, measured)
	}
	if ctx.Err() != nil {
		return // the bot stops; the next start does the rest
	}
	if err != nil {
		a.errors.Inc()
	}
	if failed := err != nil; failed != a.failing {
		a.failing = failed
		if failed {
			a.log.Warn("audit trail cannot be linked; retrying", zap.Error(err))
		} else {
			a.log.Info("audit trail is linked again")
		}
	}
}

// record stores the queued events, oldest first.
func (a *Auditor) record(ctx context.Context) error {
	for {
		a.mu.Lock()
		if len(a.notes) == 0 {
			a.mu.Unlock()
			return nil
		}
		next := a.notes[0]
		a.mu.Unlock()
		if err := a.store.Record(ctx, next); err != nil {
			return err
		}
		a.mu.Lock()
		a.notes = a.notes[1:]
		a.mu.Unlock()
	}
}

// summarise stores once a minute the counts of denials and previews that are due.
func (a *Auditor) summarise(ctx context.Context) error {
	if a.now().Sub(a.summaryAt).Abs() < headAsked {
		return nil
	}
	if _, err := a.store.Summarise(ctx, a.now()); err != nil {
		return err
	}
	a.summaryAt = a.now()
	return nil
}

// hourly records the head in the trail and logs it, once an hour for all processes
// together.
func (a *Auditor) hourly(ctx context.Context) (noted bool, err error) {
	if a.now().Sub(a.headAt) < headAsked {
		return false, nil
	}
	h, noted, err := a.store.NoteHead(ctx)
	if err != nil {
		return false, err
	}
	a.headAt = a.now()
	if noted {
		a.log.Info("audit trail head", zap.Int64("position", h.Position), zap.String("hash", h.Hash),
			zap.String("head", h.String()))
	}
	return noted, nil
}

// End returns the position of the end of the chain as the last round saw it.
func (a *Auditor) End() int64 { return a.end.Load() }

// measure publishes the end of the chain and returns how many events wait for it.
func (a *Auditor) measure(ctx context.Context) (unlinked int64, err error) {
	h, unlinked, err := a.store.Progress(ctx)
	if err == nil {
		a.end.Store(h.Position)
		a.head.Set(float64(h.Position))
		a.unlinked.Set(float64(unlinked))
	}
	return unlinked, err
}

// Finish records that the bot stops and links what is left. It waits for a running
// round, and then at most for finishWithin, so a database that does not answer
// delays the stop only briefly. Nothing is written after that.
func (a *Auditor) Finish(data map[string]string) {
	ctx, cancel := context.WithTimeoutCause(context.Background(), finishWithin,
		fmt.Errorf("not done within %s", finishWithin))
	defer cancel()
	a.Note(operation.EventEnded, data)
	a.rounds.Lock()
	defer a.rounds.Unlock()
	a.round(ctx)
	a.ended = true
}

// Cut deletes what is older than the retention. Without a key it deletes nothing.
func (a *Auditor) Cut(ctx context.Context) {
	key := a.key.Load()
	if key == nil || a.keep == 0 {
		return
	}
	now := a.now()
	c, err := Cut(ctx, a.store, now.Add(-a.keep), now, *key)
	if err != nil {
		a.errors.Inc()
		a.log.Error("old operations could not be deleted", zap.Error(err))
	}
	if c.Events > 0 {
		a.log.Info("old operations deleted", zap.Int64("operations", c.Operations), zap.Int64("events", c.Events),
			zap.String("checkpoint", c.Checkpoint.Head.String()), zap.String("public_key", c.Checkpoint.PublicKey))
	}
	if c.Held != "" {
		a.log.Warn("an old operation has not ended, so its events and all later events are kept",
			zap.String("ref", c.Held))
	}
}
