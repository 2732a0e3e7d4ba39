package bot

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"lbbot/bot/journal"
	"lbbot/bot/operation"
	"lbbot/bot/policy"
)

const (
	linkEvery   = 500 * time.Millisecond // an event is in the chain within a second
	headAsked   = time.Minute            // how often to ask whether the hour is over
	auditWithin = 3 * time.Second        // one round

	finishWithin = 2 * time.Second // the last one
)

// auditor keeps the audit trail: it links what was recorded, notes the head,
// cuts what is too old, and records what the bot itself does. Nobody waits for
// it.
type auditor struct {
	journal *journal.Store
	key     ed25519.PrivateKey // nil: nothing is deleted
	keep    time.Duration      // 0: for good
	now     func() time.Time
	log     *zap.Logger

	head     prometheus.Gauge
	unlinked prometheus.Gauge
	errors   prometheus.Counter

	rounds  sync.Mutex // held by the one round that runs
	ended   bool       // nothing is written any more
	failing bool
	headAt  time.Time // when the head was last asked for

	summaryAt time.Time // when summaries were last stored

	mu    sync.Mutex
	notes []operation.Event // to be recorded
}

func newAuditor(c Config, j *journal.Store, log *zap.Logger, r prometheus.Registerer) (*auditor, error) {
	a := &auditor{journal: j, keep: time.Duration(c.Retention), now: time.Now, log: log,
		head:     prometheus.NewGauge(prometheus.GaugeOpts{Name: "lbbot_audit_head_position", Help: "Events of the audit trail that are in the chain, those that retention deleted included."}),
		unlinked: prometheus.NewGauge(prometheus.GaugeOpts{Name: "lbbot_audit_unlinked_events", Help: "Events that are not in the chain yet."}),
		errors:   prometheus.NewCounter(prometheus.CounterOpts{Name: "lbbot_audit_errors_total", Help: "Failed rounds of linking, cutting or posting the audit trail."})}
	if !c.AuditKey.IsZero() {
		key, err := journal.ParseKey(c.AuditKey.Reveal())
		if err != nil {
			return nil, err
		}
		a.key = key
	}
	r.MustRegister(a.head, a.unlinked, a.errors)
	return a, nil
}

// publicKey is what checkpoints are checked with; empty if there is no key.
func (a *auditor) publicKey() string {
	if a.key == nil {
		return ""
	}
	return journal.ShowKey(a.key.Public().(ed25519.PublicKey))
}

// announce says at start what will be deleted, and how that is signed.
func (a *auditor) announce() {
	switch {
	case a.keep == 0:
		a.log.Info("audit trail is kept for good")
	case a.key == nil:
		a.log.Warn("finished operations and their audit trail are kept for good, because no key signs what would be deleted: set LBBOT_AUDIT_KEY", zap.Stringer("retention", Duration(a.keep)))
	default:
		a.log.Info("audit trail is cut by retention", zap.Stringer("retention", Duration(a.keep)), zap.String("public_key", a.publicKey()))
	}
}

// note has an event of the bot itself recorded soon. It never blocks.
func (a *auditor) note(kind string, data map[string]string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.notes = append(a.notes, operation.Event{At: a.now(), Kind: kind, ActorID: operation.SystemActor, Data: data})
}

// policyChanged notes what a change of the policy file led to.
func (a *auditor) policyChanged(s policy.Status) {
	data := map[string]string{"result": "good", "digest": s.Digest}
	switch {
	case s.Absent:
		data["result"] = "absent"
	case s.Problem != nil:
		data["result"], data["problem"] = "broken", fmt.Sprintf("%.500s", s.Problem.Error())
	}
	a.note(operation.EventPolicy, data)
}

// run links twice a second until ctx ends.
func (a *auditor) run(ctx context.Context) error {
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

// round records what was noted and links what was recorded. What fails is
// tried again in the next one.
func (a *auditor) round(ctx context.Context) {
	within, cancel := context.WithTimeoutCause(ctx, auditWithin, fmt.Errorf("not done within %s", auditWithin))
	defer cancel()
	err := errors.Join(a.record(within), a.summarise(within))
	if err == nil {
		_, err = a.journal.Link(within)
	}
	if err == nil {
		err = a.hourly(within)
	}
	err = errors.Join(err, a.measure(within)) // above all when nothing is linked
	if ctx.Err() != nil {
		return // the bot stops; what was not done is done when it starts
	}
	if err != nil {
		a.errors.Inc()
	}
	if failed := err != nil; failed != a.failing {
		a.failing = failed
		if failed {
			a.log.Warn("audit trail cannot be linked; it is tried again", zap.Error(err))
		} else {
			a.log.Info("audit trail is linked again")
		}
	}
}

// record stores the notes, oldest first.
func (a *auditor) record(ctx context.Context) error {
	for {
		a.mu.Lock()
		if len(a.notes) == 0 {
			a.mu.Unlock()
			return nil
		}
		next := a.notes[0]
		a.mu.Unlock()
		if err := a.journal.Record(ctx, next); err != nil {
			return err
		}
		a.mu.Lock()
		a.notes = a.notes[1:]
		a.mu.Unlock()
	}
}

// summarise stores, once a minute, what was counted of denials and previews
// and is due.
func (a *auditor) summarise(ctx context.Context) error {
	if a.now().Sub(a.summaryAt).Abs() < headAsked {
		return nil
	}
	if _, err := a.journal.Summarise(ctx, a.now()); err != nil {
		return err
	}
	a.summaryAt = a.now()
	return nil
}

// hourly writes the head down, in the trail and in the log, once an hour for
// all processes together.
func (a *auditor) hourly(ctx context.Context) error {
	if a.now().Sub(a.headAt) < headAsked {
		return nil
	}
	h, noted, err := a.journal.NoteHead(ctx)
	if err != nil {
		return err
	}
	a.headAt = a.now()
	if noted {
		a.log.Info("audit trail head", zap.Int64("position", h.Position), zap.String("hash", h.Hash), zap.String("head", h.String()))
	}
	return nil
}

func (a *auditor) measure(ctx context.Context) error {
	h, err := a.journal.Head(ctx)
	if err != nil {
		return err
	}
	a.head.Set(float64(h.Position))
	n, err := a.journal.Unlinked(ctx)
	if err != nil {
		return err
	}
	a.unlinked.Set(float64(n))
	return nil
}

// finish records that the bot stops and links what is left, within
// finishWithin once a round under way has ended: a database that is away does
// not hold the stop up for long. Nothing is written after that.
func (a *auditor) finish(data map[string]string) {
	ctx, cancel := context.WithTimeoutCause(context.Background(), finishWithin, fmt.Errorf("not done within %s", finishWithin))
	defer cancel()
	a.note(operation.EventEnded, data)
	a.rounds.Lock()
	defer a.rounds.Unlock()
	a.round(ctx)
	a.ended = true
}

// cut deletes what is older than the retention, if it may.
func (a *auditor) cut(ctx context.Context) {
	if a.key == nil || a.keep == 0 {
		return
	}
	c, err := a.journal.Cut(ctx, a.now().Add(-a.keep), a.key)
	if err != nil {
		a.errors.Inc()
		a.log.Error("old operations could not be deleted", zap.Error(err))
	}
	if c.Events > 0 {
		a.log.Info("old operations deleted", zap.Int64("operations", c.Operations), zap.Int64("events", c.Events),
			zap.String("checkpoint", c.Checkpoint.Head.String()), zap.String("public_key", c.Checkpoint.PublicKey))
	}
	if c.Held != "" {
		a.log.Warn("an old operation is not over, so its events and those after them are kept", zap.String("ref", c.Held))
	}
}
