package health

import (
	"sync"
	"time"
)

// Tracker remembers since when each reason has held. Its zero value is ready to use, and
// it is safe for concurrent use.
type Tracker struct {
	mu    sync.Mutex
	since map[Code]time.Time
}

// Note takes the reasons that hold now and fills in when they were first noticed.
func (t *Tracker) Note(reasons []Reason, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	held := t.since
	t.since = map[Code]time.Time{}
	for i, r := range reasons {
		at := r.Since
		if at.IsZero() {
			at = held[r.Code]
		}
		if at.IsZero() {
			at = now
		}
		t.since[r.Code], reasons[i].Since = at, at
	}
}
