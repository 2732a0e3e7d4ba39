package slackapp

import (
	"context"
	"sync"
	"time"

	"lbbot/bot/operation"
)

// shelf is a journal in memory whose every method can be made to fail or wait.
type shelf struct {
	mu      sync.Mutex
	ops     map[string]operation.Operation
	used    map[string]operation.Operation // by delivery
	answers map[string]operation.Delivered
	cards   map[string]operation.Card
	commits []string                  // the writes of cards
	asked   map[string]operation.Card // the approval cards
	kept    map[string][2]string      // choices: for whom, and what
	events  []operation.Event
	pause   *operation.Pause
	before  func(ctx context.Context, method string) error // nil: nothing happens
}

func newShelf() *shelf {
	return &shelf{ops: map[string]operation.Operation{}, used: map[string]operation.Operation{},
		answers: map[string]operation.Delivered{}, cards: map[string]operation.Card{},
		asked: map[string]operation.Card{}, kept: map[string][2]string{}}
}

func (s *shelf) hook(f func(ctx context.Context, method string) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.before = f
}

func (s *shelf) enter(ctx context.Context, method string) error {
	s.mu.Lock()
	f := s.before
	s.mu.Unlock()
	if f == nil {
		return ctx.Err()
	}
	return f(ctx, method)
}

func (s *shelf) SaveDraft(ctx context.Context, op operation.Operation, e operation.Event) error {
	if err := s.enter(ctx, "SaveDraft"); err != nil {
		return err
	}
	return s.put(op, e)
}

func (s *shelf) put(op operation.Operation, e operation.Event) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if e.OperationID == "" {
		e.OperationID = op.ID
	}
	if err := s.record(e); err != nil {
		return err
	}
	s.ops[op.ID] = op
	return nil
}

func (s *shelf) Accept(ctx context.Context, a operation.Acceptance) error {
	if err := s.enter(ctx, "Accept"); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if op, ok := s.used[a.Delivery]; ok {
		return &operation.DuplicateError{Operation: s.ops[op.ID]}
	}
	now := s.ops[a.Operation.ID]
	if !a.Insert && (now.Version != a.Operation.Version-1 || now.State != operation.Draft) {
		return &operation.StaleError{Operation: now}
	}
	for _, op := range s.ops {
		if op.State.Open() && op.Subject() == a.Operation.Subject() {
			return &operation.BusyError{Operation: op}
		}
	}
	s.used[a.Delivery] = a.Operation
	s.ops[a.Operation.ID], s.events = a.Operation, append(s.events, a.Event)
	return nil
}

func (s *shelf) Save(ctx context.Context, op operation.Operation, e operation.Event) error {
	if err := s.enter(ctx, "Save"); err != nil {
		return err
	}
	s.mu.Lock()
	now := s.ops[op.ID]
	s.mu.Unlock()
	if now.Version != op.Version-1 {
		return &operation.StaleError{Operation: now}
	}
	return s.put(op, e)
}

func (s *shelf) Paused(context.Context) (*operation.Pause, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.pause, nil
}

func (s *shelf) Operation(ctx context.Context, idOrRef string) (operation.Operation, error) {
	if err := s.enter(ctx, "Operation"); err != nil {
		return operation.Operation{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, op := range s.ops {
		if op.ID == idOrRef || op.Ref == idOrRef {
			return op, nil
		}
	}
	return operation.Operation{}, operation.ErrNotFound
}

func (s *shelf) Record(ctx context.Context, e operation.Event) error {
	if err := s.enter(ctx, "Record"); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.record(e)
}

// record appends an event, once for each delivery that it names.
func (s *shelf) record(e operation.Event) error {
	if e.Delivery != "" {
		if first := s.answers[e.Delivery].OperationID; first != "" {
			return &operation.DuplicateError{Operation: s.ops[first]}
		}
		s.answers[e.Delivery] = operation.Delivered{OperationID: e.OperationID}
	}
	s.events = append(s.events, e)
	return nil
}

func (s *shelf) RecordBounded(ctx context.Context, e operation.Event) error { return s.Record(ctx, e) }

func (s *shelf) Delivered(ctx context.Context, delivery string) (operation.Delivered, error) {
	if err := s.enter(ctx, "Delivered"); err != nil {
		return operation.Delivered{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.answers[delivery], nil
}

// Claim lets every process answer what is not answered yet.
func (s *shelf) Claim(ctx context.Context, delivery string) (bool, error) {
	if err := s.enter(ctx, "Claim"); err != nil {
		return false, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return !s.answers[delivery].Told, nil
}

func (s *shelf) Told(ctx context.Context, delivery string) error {
	if err := s.enter(ctx, "Told"); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	known := s.answers[delivery]
	known.Told = true
	s.answers[delivery] = known
	return nil
}

func (s *shelf) Unreported(context.Context, time.Time, string, int) ([]operation.Operation, error) {
	return nil, nil
}

func (s *shelf) AcceptedSince(context.Context, string, time.Time) ([]time.Time, error) {
	return nil, nil
}

// BrokenSince returns what BrokenSince of a journal would.
func (s *shelf) BrokenSince(_ context.Context, userID string, since time.Time) ([]time.Time, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var times []time.Time
	for _, op := range s.ops {
		if op.Glass != nil && op.Actor.UserID == userID && op.State != operation.Draft && op.ClickedAt.After(since) {
			times = append(times, op.ClickedAt)
		}
	}
	return times, nil
}

// Leaving returns what Leaving of a journal would.
func (s *shelf) Leaving(ctx context.Context, _, listenerID, instanceID string, since time.Time) (
	list []operation.Operation, err error) {
	if err := s.enter(ctx, "Leaving"); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, op := range s.ops {
		if op.Request.ListenerID == listenerID && (instanceID == "" || op.Request.InstanceID == instanceID) {
			list = append(list, op)
		}
	}
	return operation.StillLeaving(list, since), nil
}

func (s *shelf) Events(context.Context, string) ([]operation.Event, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]operation.Event{}, s.events...), nil
}

func (s *shelf) Card(ctx context.Context, id string) (operation.Card, error) {
	if err := s.enter(ctx, "Card"); err != nil {
		return operation.Card{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.cards[id], nil
}

func (s *shelf) card(id string) operation.Card {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.cards[id]
}

func (s *shelf) BeginPost(_ context.Context, id string, at time.Time) (operation.Card, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.commits = append(s.commits, "BeginPost")
	return beginIn(s.cards, id, at), nil
}

func (s *shelf) PlaceCard(ctx context.Context, id string, c operation.Card, gone string) (operation.Card, error) {
	s.mu.Lock()
	held := s.cards[id]
	s.mu.Unlock()
	if held.TS != "" && held.TS != gone && held.TS != c.TS {
		return held, nil
	}
	return s.SaveCard(ctx, id, c)
}

func (s *shelf) SaveCard(ctx context.Context, id string, c operation.Card) (operation.Card, error) {
	if err := s.enter(ctx, "SaveCard"); err != nil {
		return operation.Card{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.commits = append(s.commits, "SaveCard")
	before := s.cards[id]
	saveIn(s.cards, id, c)
	return before, nil
}

// inState lists the operations in a state.
func (s *shelf) inState(state operation.State) []operation.Operation {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []operation.Operation
	for _, op := range s.ops {
		if op.State == state {
			out = append(out, op)
		}
	}
	return out
}

func (s *shelf) edit(id string, f func(*operation.Operation)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	op := s.ops[id]
	f(&op)
	s.ops[id] = op
}
