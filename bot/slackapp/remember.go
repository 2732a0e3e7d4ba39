package slackapp

import (
	"maps"
	"sync"
	"time"

	"lbbot/bot/slackapp/render/form"
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
	problems []string      // what was wrong with the rest
	stranger bool          // as delivery.Stranger, of the person who typed
	searches form.Searches // as delivery.Searches
	thread   string        // operation.Place.ThreadTS of what was typed
	respond  string        // the response URL of a private message that is used up later
	until    time.Time
}

const (
	memoFor  = time.Hour
	maxMemos = 1000
)

func newMemory(now func() time.Time, newID func() string) *memory {
	return &memory{now: now, newID: newID, items: map[string]memo{}}
}

// keep returns the key under which an item can be recalled.
func (m *memory) keep(item memo) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	for len(m.order) > 0 && (len(m.order) >= maxMemos || !m.now().Before(m.items[m.order[0]].until)) {
		delete(m.items, m.order[0])
		m.order = m.order[1:]
	}
	key := m.newID()
	item.values, item.until = maps.Clone(item.values), m.now().Add(memoFor)
	m.items[key] = item
	m.order = append(m.order, key)
	return key
}

// recall returns what was kept under a key; ok is false when it is forgotten.
func (m *memory) recall(key string) (item memo, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	item, ok = m.items[key]
	if !ok || !m.now().Before(item.until) {
		return memo{}, false
	}
	item.values = maps.Clone(item.values)
	return item, true
}

// lastActions remember for a limited time the last thing that a person did in each
// open form, so that an answer to something earlier does not replace it.
type lastActions struct {
	now func() time.Time

	mu sync.Mutex
	of map[string]*lastAction // by view
}

type lastAction struct {
	at    string // Slack's time of the action
	until time.Time

	drawing sync.Mutex // held while the form is drawn
	hash    string     // of the form as it was drawn here last; guarded by drawing
}

const lastActionFor = 10 * time.Minute

func newLastActions(now func() time.Time) *lastActions {
	return &lastActions{now: now, of: map[string]*lastAction{}}
}

// note stores an action and reports whether none in this view was later.
func (c *lastActions) note(view, at string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.now()
	maps.DeleteFunc(c.of, func(_ string, last *lastAction) bool { return !now.Before(last.until) })
	of := c.of[view]
	if of == nil {
		of = &lastAction{}
		c.of[view] = of
	}
	if of.at > at {
		return false
	}
	of.at, of.until = at, now.Add(lastActionFor)
	return true
}

// draw calls update for an action, unless it is not the last one in its view. It
// does so for one action of a view at a time. update gets the hash of the view as
// this process drew it last, and returns the new one; both may be empty.
func (c *lastActions) draw(view, at string, update func(own string) (hash string)) {
	c.mu.Lock()
	of := c.of[view]
	c.mu.Unlock()
	if of == nil {
		return
	}
	of.drawing.Lock()
	defer of.drawing.Unlock()
	c.mu.Lock()
	last := of.at == at
	c.mu.Unlock()
	if !last {
		return
	}
	if hash := update(of.hash); hash != "" {
		of.hash = hash
	}
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
