package slackapp

import (
	"maps"
	"sync"
	"time"

	"lbbot/commands"
)

// memory keeps typed values for a limited time, so that a button can open the form
// with them. If they are lost, the person types again; nothing else depends on them.
type memory struct {
	now   func() time.Time
	newID func() string

	mu    sync.Mutex
	items map[string]memo
	order []string
}

type memo struct {
	values   commands.Values
	problems []string // what was wrong with the rest
	until    time.Time
}

const (
	memoFor  = time.Hour
	maxMemos = 1000
)

func newMemory(now func() time.Time, newID func() string) *memory {
	return &memory{now: now, newID: newID, items: map[string]memo{}}
}

// keep stores values, and what was wrong with the rest, and returns the key to
// them.
func (m *memory) keep(v commands.Values, problems ...string) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	for len(m.order) > 0 && (len(m.order) >= maxMemos || !m.now().Before(m.items[m.order[0]].until)) {
		delete(m.items, m.order[0])
		m.order = m.order[1:]
	}
	key := m.newID()
	m.items[key] = memo{maps.Clone(v), problems, m.now().Add(memoFor)}
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

// problems returns what was wrong with the rest of what is kept under a key.
func (m *memory) problems(key string) []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.items[key].problems
}

// claims remember for a limited time what this process may do only once, such as
// one person's question about one request.
type claims struct {
	now func() time.Time

	mu    sync.Mutex
	until map[string]time.Time
}

const claimFor = 10 * time.Minute

func newClaims(now func() time.Time) *claims {
	return &claims{now: now, until: map[string]time.Time{}}
}

// claim reports whether key was not claimed lately, and claims it.
func (c *claims) claim(key string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.now()
	maps.DeleteFunc(c.until, func(_ string, until time.Time) bool { return !now.Before(until) })
	if _, taken := c.until[key]; taken {
		return false
	}
	c.until[key] = now.Add(claimFor)
	return true
}

// release withdraws a claim after its work failed.
func (c *claims) release(key string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.until, key)
}
