package operation

import (
	"fmt"
	"time"
)

// stuckAfter is added to what the states of an operation may last: a reading
// takes up to a minute, and so does the pause before it.
const stuckAfter = 2 * time.Minute

// stuckAt returns when an operation has certainly been in its state for too long,
// zero if it may stay there: it waits for people, or it is over.
func (o Operation) stuckAt() time.Time {
	var last time.Time
	switch o.State {
	case Waiting:
		if o.Approval == nil { // stored by another version or damaged: nobody is asked
			last = o.ClickedAt
		} else if last = o.Approval.ExpiresAt; o.Approval.Denied != nil {
			last = o.Approval.Denied.At
		}
	case Accepted, Sending:
		last = o.ClickedAt.Add(StartWithin)
	case Unconfirmed:
		last = o.LastSent().Add(ProofAfter)
	}
	if last.IsZero() {
		return last
	}
	return last.Add(stuckAfter)
}

// progress is what a sweep found about the operations that are open.
type progress struct {
	oldest time.Duration // since the click, of those that do not wait for people
	stuck  []Operation   // oldest first
}

func progressOf(ops []Operation, now time.Time) (p progress) {
	for _, op := range ops {
		if !op.State.Open() {
			continue
		}
		if op.State != Waiting && op.State != NeedsPerson {
			p.oldest = max(p.oldest, now.Sub(op.ClickedAt))
		}
		if at := op.stuckAt(); !at.IsZero() && now.After(at) {
			p.stuck = append(p.stuck, op)
		}
	}
	return p
}

// problem says which operations do not go on; nil if there are none.
func (p progress) problem() error {
	if len(p.stuck) == 0 {
		return nil
	}
	op, more := p.stuck[0], ""
	if n := len(p.stuck) - 1; n > 0 {
		more = fmt.Sprintf(", and %d more", n)
	}
	return fmt.Errorf("%s has been %s since %s and does not go on%s: search the log for operation %s, and restart lbbot if it names no cause",
		op.Ref, op.State, op.ClickedAt.UTC().Format("2006-01-02 15:04:05 UTC"), more, op.ID)
}
