// Package memory is what one process of the bot remembers between two clicks of a person: what they typed, what they
// did last in an open form, and what may be done only once.
//
// Everything is in memory, bounded, and forgotten after a while or a restart; whoever needs more asks the journal.
// All methods are safe for concurrent use. Only LastActions.Draw blocks, for the update that it calls.
package memory

import (
	"maps"
	"sync"
	"time"

	"lbbot/bot/slackapp/render/form"
	"lbbot/commands"
)

// Items keeps typed values for a limited time, so that a button can open the form
// with them. If they are lost, the person types again; nothing else depends on them.
type Items struct {
	now   func() time.Time
	newID func() string

	mu    sync.Mutex
	items map[string]Item
	order []string
}

// Item is what is kept under one key.
type Item struct {
	Values   commands.Values
	Problems []string      // what was wrong with the rest
	Stranger bool          // as delivery.Stranger, of the person who typed
	Searches form.Searches // as delivery.Searches
	Thread   string        // operation.Place.ThreadTS of what was typed
	Respond  string        // the response URL of a private message that is used up later
	until    time.Time
}

const (
	itemFor  = time.Hour
	maxItems = 1000
)

// NewItems makes an empty memory.
func NewItems(now func() time.Time, newID func() string) *Items {
	return &Items{now: now, newID: newID, items: map[string]Item{}}
}

// Keep returns the key under which an item can be recalled.
func (m *Items) Keep(item Item) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	for len(m.order) > 0 && (len(m.order) >= maxItems || !m.now().Before(m.items[m.order[0]].until)) {
		delete(m.items, m.order[0])
		m.order = m.order[1:]
	}
	key := m.newID()
	item.Values, item.until = maps.Clone(item.Values), m.now().Add(itemFor)
	m.items[key] = item
	m.order = append(m.order, key)
	return key
}

// Recall returns what was kept under a key; ok is false when it is forgotten.
func (m *Items) Recall(key string) (item Item, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	item, ok = m.items[key]
	if !ok || !m.now().Before(item.until) {
		return Item{}, false
	}
	item.Values = maps.Clone(item.Values)
	return item, true
}

// LastActions remember for a limited time the last thing that a person did in each
// open form, so that an answer to something earlier does not replace it.
type LastActions struct {
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

// NewLastActions makes an empty memory.
func NewLastActions(now func() time.Time) *LastActions {
	return &LastActions{now: now, of: map[string]*lastAction{}}
}

// Note stores an action and reports whether none in this view was later.
func (c *LastActions) Note(view, at string) bool {
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

// Draw calls update for an action, unless it is not the last one in its view. It
// does so for one action of a view at a time. update gets the hash of the view as
// this process drew it last, and returns the new one; both may be empty.
func (c *LastActions) Draw(view, at string, update func(own string) (hash string)) {
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

// Claims remember for a limited time what this process may do only once, such as
// one person's question about one request.
type Claims struct {
	now func() time.Time

	mu    sync.Mutex
	until map[string]time.Time
}

const claimFor = 10 * time.Minute

// NewClaims makes an empty memory.
func NewClaims(now func() time.Time) *Claims {
	return &Claims{now: now, until: map[string]time.Time{}}
}

// Claim reports whether key was not claimed lately, and claims it.
func (c *Claims) Claim(key string) bool {
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

// Release withdraws a claim after its work failed.
func (c *Claims) Release(key string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.until, key)
}
