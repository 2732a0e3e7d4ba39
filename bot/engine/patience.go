package engine

import (
	"slices"
	"time"
)

type span struct{ from, to time.Time }

// maxLate limits the stored gaps. Older ones end before any silence that counts.
const maxLate = 16

// patience returns the silence after which other replicas count as dead; 0 means
// that none does.
//
// If a heartbeat of this replica failed, the database may have been down for all
// replicas: their silence counts from the end of the failure. If one was only
// late, the machine may have been busy for all: the gap does not count as silence,
// and others get the time of two heartbeats after it. Counting does not restart
// after a gap, because on a busy machine gaps follow each other and the operations
// of a dead replica would wait for all of them.
func (e *Engine) patience(now time.Time) time.Duration {
	e.mu.Lock()
	defer e.mu.Unlock()
	r := e.replica
	if r.steady.IsZero() || now.Sub(r.renewed) > 2*r.every {
		return 0
	}
	silence := r.gone
	for _, gap := range slices.Backward(r.late) {
		switch since := now.Sub(gap.to); {
		case since < 2*r.every:
			return 0
		case since < silence:
			silence += gap.to.Sub(gap.from)
		}
	}
	if now.Sub(r.steady) < silence {
		return 0
	}
	return silence
}
