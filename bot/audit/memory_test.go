package audit

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"lbbot/bot/operation"
)

// memory keeps a trail and the position of an audit channel in memory.
type memory struct {
	now         func() time.Time
	fault       error // every write fails with it, if it is not nil
	pending     []Entry
	chain       []Entry
	head        Head
	checkpoints []Checkpoint
	noted       time.Time // when the head was last noted
	recorded    int64
	posted      int64
	taken       bool // the audit channel, by another process
}

func newMemory(now func() time.Time) *memory { return &memory{now: now, head: beginning()} }

func (m *memory) Record(_ context.Context, e operation.Event) error {
	if m.fault != nil {
		return m.fault
	}
	data, err := json.Marshal(e.Data)
	m.recorded++
	m.pending = append(m.pending, Entry{Seq: m.recorded, At: e.At.UnixMilli(), Kind: e.Kind, OperationID: e.OperationID,
		ActorID: e.ActorID, ChannelID: e.ChannelID, Data: string(data)})
	return err
}

func (m *memory) Link(context.Context) (int, error) {
	n := len(m.pending)
	m.head = Extend(m.head, m.now(), m.pending)
	m.chain, m.pending = append(m.chain, m.pending...), nil
	return n, m.fault
}

func (m *memory) Summarise(context.Context, time.Time) (int, error) { return 0, m.fault }

func (m *memory) NoteHead(ctx context.Context) (Head, bool, error) {
	if m.now().Sub(m.noted) < time.Hour {
		return Head{}, false, nil
	}
	m.noted = m.now()
	return m.head, true, m.Record(ctx, operation.Event{At: m.now(), Kind: operation.EventHead})
}

func (m *memory) Head(context.Context) (Head, error)      { return m.head, m.fault }
func (m *memory) End(context.Context) (Head, error)       { return m.head, nil }
func (m *memory) Unlinked(context.Context) (int64, error) { return int64(len(m.pending)), nil }

func (m *memory) Progress(context.Context) (Head, int64, error) {
	return m.head, int64(len(m.pending)), m.fault
}

func (m *memory) ReadTrail(_ context.Context, fn func(Reading) error) error { return fn(m) }
func (m *memory) CutTrail(_ context.Context, fn func(Cutting) error) error {
	return errors.Join(m.fault, fn(m))
}
func (m *memory) Checkpoints(context.Context) ([]Checkpoint, error)    { return m.checkpoints, nil }
func (m *memory) Stray(context.Context, time.Duration) (*Stray, error) { return nil, nil } //nolint:nilnil // none
func (m *memory) Standing(context.Context, string) (Standing, error)   { return Standing{}, nil }

func (m *memory) Beginning(context.Context) (Head, error) {
	if n := len(m.checkpoints); n > 0 {
		return m.checkpoints[n-1].Head, nil
	}
	return Head{}, nil
}

func (m *memory) Entries(_ context.Context, after int64, limit int) ([]Entry, error) {
	i := slices.IndexFunc(m.chain, func(e Entry) bool { return e.Position > after })
	if i < 0 {
		return nil, nil
	}
	return slices.Clone(m.chain[i:min(i+limit, len(m.chain))]), nil // the reader changes what it gets
}

func (m *memory) Delete(_ context.Context, c Checkpoint, _ []string) (events, operations int64, err error) {
	before := len(m.chain)
	m.checkpoints = append(m.checkpoints, c)
	m.chain = slices.DeleteFunc(m.chain, func(e Entry) bool { return e.Position <= c.Position })
	return int64(before - len(m.chain)), 0, nil
}

func (m *memory) LinesPosted(context.Context) (posted, end int64, err error) {
	return m.posted, m.head.Position, nil
}

func (m *memory) HoldLines(context.Context, string, time.Time) (int64, bool, error) {
	return m.posted, !m.taken, nil
}

func (m *memory) AdvanceLines(_ context.Context, _ string, position int64) error {
	m.posted = position
	return nil
}
