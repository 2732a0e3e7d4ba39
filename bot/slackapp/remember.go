package slackapp

import (
	"maps"
	"sync"
	"time"

	"lbbot/commands"
)

// memory keeps what was typed for a while, so that a button can open the form
// with it. Losing it costs a person some typing and decides nothing.
type memory struct {
	now   func() time.Time
	newID func() string

	mu    sync.Mutex
	items map[string]memo
	order []string
}

type memo struct {
	values commands.Values
	until  time.Time
}

const (
	memoFor  = time.Hour
	maxMemos = 1000
)

func newMemory(now func() time.Time, newID func() string) *memory {
	return &memory{now: now, newID: newID, items: map[string]memo{}}
}

// keep stores values and returns the key to them.
func (m *memory) keep(v commands.Values) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	for len(m.order) > 0 && (len(m.order) >= maxMemos || !m.now().Before(m.items[m.order[0]].until)) {
		delete(m.items, m.order[0])
		m.order = m.order[1:]
	}
	key := m.newID()
	m.items[key] = memo{maps.Clone(v), m.now().Add(memoFor)}
	m.order = append(m.order, key)
	return key
}

// recall returns what was kept under a key; ok is false when it is forgotten.
func (m *memory) recall(key string) (v commands.Values, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	item, ok := m.items[key]
	if !ok || !m.now().Before(item.until) {
		return nil, false
	}
	return maps.Clone(item.values), true
}
