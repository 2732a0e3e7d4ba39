package operation_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"lbbot/bot/operation"
)

// memory is a Journal in memory. It stores what JSON keeps of an operation, as
// the real one does.
type memory struct {
	mu         sync.Mutex
	ops        map[string][]byte
	runs       map[string]int64
	order      []string
	accepted   map[string]time.Time
	deliveries map[string]string
	answers    map[string]operation.Delivered
	closed     map[string]bool
	history    []operation.Operation // every version that was stored
	events     []operation.Event
	pause      *operation.Pause

	at    *points
	fault func(call string) fault

	onSave func(operation.Operation) // sees every version that is stored
}

// fault is what a scripted call does wrong.
type fault struct {
	before error         // it did nothing and returned this
	after  error         // it did its work and returned this
	hold   time.Duration // it takes this long, or until its context ends
	panics bool
}

var errJournal = errors.New("disk is on fire")

// errConnection is as of PostgreSQL: whether it commits later is not known.
var errConnection = fmt.Errorf("commit: %w", io.ErrUnexpectedEOF)

func newMemory(at *points) *memory {
	return &memory{ops: map[string][]byte{}, runs: map[string]int64{}, accepted: map[string]time.Time{},
		deliveries: map[string]string{},
		answers:    map[string]operation.Delivered{}, closed: map[string]bool{}, at: at}
}

// do makes one transaction, with the faults that were scripted.
func (m *memory) do(ctx context.Context, call string, work func() error) error {
	m.at.hit("before " + call)
	var f fault
	m.mu.Lock()
	if m.fault != nil {
		f = m.fault(call)
	}
	m.mu.Unlock()
	if err := f.start(ctx); err != nil {
		return err
	}
	m.mu.Lock()
	err := work()
	m.mu.Unlock()
	m.at.hit("after " + call)
	if err != nil {
		return err
	}
	return f.after
}

// goes changes the script.
func (m *memory) goes(script func(string) fault) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.fault = script
}

func (f fault) start(ctx context.Context) error {
	if f.panics {
		panic("planted")
	}
	if f.hold > 0 {
		t := time.NewTimer(f.hold)
		defer t.Stop()
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-t.C:
		}
	}
	if f.before != nil {
		return f.before
	}
	return ctx.Err()
}

func (m *memory) get(id string) (op operation.Operation, ok bool) {
	data, ok := m.ops[id]
	if ok && json.Unmarshal(data, &op) != nil {
		panic("record cannot be read")
	}
	op.Run = m.runs[id]
	return op, ok
}

// lease returns the number of the current run of an operation.
func (m *memory) lease(id string) int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.runs[id]
}

// takeLease raises the run of an operation, as a process does that carries it
// out, and returns its number.
func (m *memory) takeLease(id string) int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.runs[id]++
	return m.runs[id]
}

func (m *memory) put(op operation.Operation, e operation.Event) {
	data, err := json.Marshal(op)
	if err != nil {
		panic(err)
	}
	if _, ok := m.ops[op.ID]; !ok {
		m.order = append(m.order, op.ID)
	}
	m.ops[op.ID] = data
	stored, _ := m.get(op.ID)
	m.history = append(m.history, stored)
	m.events = append(m.events, e)
	if m.onSave != nil {
		m.onSave(stored)
	}
}

func (m *memory) SaveDraft(ctx context.Context, op operation.Operation, e operation.Event) error {
	return m.do(ctx, "SaveDraft", func() error {
		for _, id := range m.order {
			if other, _ := m.get(id); other.Ref == op.Ref && id != op.ID {
				return operation.ErrRefTaken
			}
		}
		if err := m.onlyOnce(e); err != nil {
			return err
		}
		m.put(op, e)
		return nil
	})
}

func (m *memory) Accept(ctx context.Context, a operation.Acceptance) error {
	return m.do(ctx, "Accept", func() error {
		if id, ok := m.deliveries[a.Delivery]; ok {
			op, _ := m.get(id)
			return &operation.DuplicateError{Operation: op}
		}
		stored, ok := m.get(a.Operation.ID)
		if !a.Insert && (!ok || stored.Version != a.Operation.Version-1 || stored.State != operation.Draft) {
			return &operation.StaleError{Operation: stored}
		}
		for _, id := range m.order {
			if other, _ := m.get(id); id != a.Operation.ID && other.State.Open() &&
				other.Subject() == a.Operation.Subject() {
				return &operation.BusyError{Operation: other}
			}
		}
		lately := m.acceptedSince(a.Since,
			func(op operation.Operation) bool { return op.Actor.UserID == a.Operation.Actor.UserID })
		if a.Limit > 0 && len(lately) >= a.Limit {
			return &operation.LimitError{Of: operation.LimitPerson, Times: lately}
		}
		onListener := m.acceptedSince(a.ListenerSince,
			func(op operation.Operation) bool { return op.Request.ListenerID == a.Operation.Request.ListenerID })
		if a.ListenerLimit > 0 && len(onListener) >= a.ListenerLimit {
			return &operation.LimitError{Of: operation.LimitListener, Times: onListener}
		}
		broken := m.broken(a.Operation.Actor.UserID, a.GlassSince)
		if a.Operation.Glass != nil && len(broken) >= a.GlassLimit {
			return &operation.LimitError{Of: operation.LimitGlass, Times: broken}
		}
		m.deliveries[a.Delivery] = a.Operation.ID
		m.accepted[a.Operation.ID] = a.Operation.ClickedAt
		if a.Previewed.Kind != "" {
			m.events = append(m.events, a.Previewed)
		}
		m.put(a.Operation, a.Event)
		return nil
	})
}

func (m *memory) Save(ctx context.Context, op operation.Operation, e operation.Event) error {
	return m.do(ctx, "Save", func() error {
		stored, ok := m.get(op.ID)
		if !ok {
			return operation.ErrNotFound
		}
		if stored.Request.ClientToken != op.Request.ClientToken {
			return errors.New("an operation keeps its client token")
		}
		if stored.Version != op.Version-1 || stored.Run != op.Run {
			return &operation.StaleError{Operation: stored}
		}
		if e.Kind == operation.EventAttempt && m.pause != nil {
			return &operation.PausedError{Pause: *m.pause}
		}
		m.put(op, e)
		return nil
	})
}

func (m *memory) Paused(ctx context.Context) (p *operation.Pause, err error) {
	err = m.do(ctx, "Paused", func() error { p = m.pause; return nil })
	return p, err
}

// setPause pauses the bot, or lets it go on.
func (m *memory) setPause(p *operation.Pause) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.pause = p
}

func (m *memory) Operation(ctx context.Context, idOrRef string) (op operation.Operation, err error) {
	err = m.do(ctx, "Operation", func() error {
		for _, id := range m.order {
			if o, _ := m.get(id); o.ID == idOrRef || strings.EqualFold(o.Ref, idOrRef) {
				op = o
				return nil
			}
		}
		return operation.ErrNotFound
	})
	return op, err
}

func (m *memory) Record(ctx context.Context, e operation.Event) error {
	return m.do(ctx, "Record", func() error {
		if err := m.onlyOnce(e); err != nil {
			return err
		}
		m.events = append(m.events, e)
		return nil
	})
}

// RecordBounded stores every event: bounding is the real journal's.
func (m *memory) RecordBounded(ctx context.Context, e operation.Event) error { return m.Record(ctx, e) }

// onlyOnce claims the delivery of an event.
func (m *memory) onlyOnce(e operation.Event) error {
	if e.Delivery == "" {
		return nil
	}
	if id := m.answers[e.Delivery].OperationID; id != "" {
		op, _ := m.get(id)
		return &operation.DuplicateError{Operation: op}
	}
	m.answers[e.Delivery] = operation.Delivered{OperationID: e.OperationID}
	return nil
}

func (m *memory) Delivered(ctx context.Context, delivery string) (known operation.Delivered, err error) {
	err = m.do(ctx, "Delivered", func() error { known = m.answers[delivery]; return nil })
	return known, err
}

func (m *memory) Claim(ctx context.Context, delivery string) (mine bool, err error) {
	err = m.do(ctx, "Claim", func() error { mine = !m.answers[delivery].Told; return nil })
	return mine, err
}

func (m *memory) Told(ctx context.Context, delivery string) error {
	return m.do(ctx, "Told", func() error {
		known := m.answers[delivery]
		known.Told = true
		m.answers[delivery] = known
		return nil
	})
}

func (m *memory) Unreported(ctx context.Context, before time.Time, after string,
	limit int) (ops []operation.Operation, err error) {
	err = m.do(ctx, "Unreported", func() error {
		for _, id := range slices.Sorted(slices.Values(m.order)) {
			if at, ok := m.accepted[id]; ok && id > after && at.Before(before) && !m.closed[id] && len(ops) < limit {
				op, _ := m.get(id)
				ops = append(ops, op)
			}
		}
		return nil
	})
	return ops, err
}

func (m *memory) AcceptedSince(ctx context.Context, userID string, since time.Time) (times []time.Time, err error) {
	err = m.do(ctx, "AcceptedSince", func() error {
		times = m.acceptedSince(since, func(op operation.Operation) bool { return op.Actor.UserID == userID })
		return nil
	})
	return times, err
}

func (m *memory) BrokenSince(ctx context.Context, userID string, since time.Time) (times []time.Time, err error) {
	err = m.do(ctx, "BrokenSince", func() error { times = m.broken(userID, since); return nil })
	return times, err
}

func (m *memory) Leaving(
	ctx context.Context, account, listenerID, instanceID string, since time.Time,
) (list []operation.Operation, err error) {
	err = m.do(ctx, "Leaving", func() error {
		for _, id := range m.order {
			op, _ := m.get(id)
			if op.Account == account && op.Request.ListenerID == listenerID &&
				(instanceID == "" || op.Request.InstanceID == instanceID) {
				list = append(list, op)
			}
		}
		list = operation.StillLeaving(list, since)
		return nil
	})
	return list, err
}

func (m *memory) broken(userID string, since time.Time) []time.Time {
	return m.acceptedSince(since, func(op operation.Operation) bool {
		return op.Actor.UserID == userID && op.Glass != nil
	})
}

func (m *memory) acceptedSince(since time.Time, counts func(operation.Operation) bool) (times []time.Time) {
	for id, at := range m.accepted {
		if op, _ := m.get(id); counts(op) && !at.Before(since) {
			times = append(times, at)
		}
	}
	slices.SortFunc(times, time.Time.Compare)
	return times
}

// now returns what is stored, without any fault.
func (m *memory) now(id string) operation.Operation {
	m.mu.Lock()
	defer m.mu.Unlock()
	op, _ := m.get(id)
	return op
}

// alter changes what is stored, as another version would have stored it.
func (m *memory) alter(id string, edit func(*operation.Operation)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	op, _ := m.get(id)
	edit(&op)
	data, err := json.Marshal(op)
	if err != nil {
		panic(err)
	}
	m.ops[id] = data
}

// kinds lists the kinds of the events of an operation.
func (m *memory) kinds(id string) []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	var kinds []string
	for _, e := range m.events {
		if e.OperationID == id {
			kinds = append(kinds, e.Kind)
		}
	}
	return kinds
}

// was reports whether any stored version satisfies is.
func (m *memory) was(is func(operation.Operation) bool) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.ContainsFunc(m.history, is)
}
