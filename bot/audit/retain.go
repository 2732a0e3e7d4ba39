package audit

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"
)

// cutRounds bounds one call of Cut.
const cutRounds = 250

// cutRows is how many entries one transaction deletes: on SQLite other writers
// wait for it, about 10 ms.
const cutRows = 200

// Deleted is what retention deleted.
type Deleted struct {
	Events     int64
	Operations int64
	Checkpoint *Checkpoint // the newest one; nil if nothing was deleted
	Held       string      // Ref of the operation that keeps older events; empty if none does
}

// Cutter stores a trail whose beginning can be deleted.
type Cutter interface {
	// CutTrail calls fn in one transaction. Nobody links or cuts until it ends.
	CutTrail(ctx context.Context, fn func(Cutting) error) error
}

// Cutting is a trail inside the transaction of Cutter.CutTrail.
type Cutting interface {
	// Beginning returns the head of the newest checkpoint; the zero value if
	// nothing was ever deleted.
	Beginning(ctx context.Context) (Head, error)

	// Entries is that of Reading.
	Entries(ctx context.Context, after int64, limit int) ([]Entry, error)

	// Standing returns what keeps an operation. The zero value is an operation
	// that is not stored.
	Standing(ctx context.Context, operationID string) (Standing, error)

	// Delete stores the checkpoint and deletes the events up to its position,
	// and of the operations those that have no event left.
	Delete(ctx context.Context, c Checkpoint, operationIDs []string) (events, operations int64, err error)
}

// Standing says whether an operation may be deleted.
type Standing struct {
	Ref       string
	Unsettled bool // open, or its result is not reported yet
	ChangedAt time.Time
}

// Cut deletes the beginning of the trail, as far as every event in it is older
// than the given time, and the operations that it belonged to, if they are
// over, reported, and unchanged since then. An operation that is not keeps its
// events and everything after them. Each part is verified, its end signed as a
// checkpoint and the part deleted in one transaction, so the trail always
// begins at a checkpoint. A trail that is broken is a *Break, and nothing is
// deleted. Cut deletes 50,000 events at most: call it again.
func Cut(ctx context.Context, s Cutter, olderThan, now time.Time, key ed25519.PrivateKey) (Deleted, error) {
	var total Deleted
	for range cutRounds {
		var d Deleted
		err := s.CutTrail(ctx, func(tx Cutting) (err error) {
			d, err = cutSome(ctx, tx, olderThan, func(h Head) Checkpoint { return Sign(h, now, key) })
			return err
		})
		if err != nil {
			return total, err
		}
		total.Events, total.Operations, total.Held = total.Events+d.Events, total.Operations+d.Operations, d.Held
		if d.Checkpoint != nil {
			total.Checkpoint = d.Checkpoint
		}
		if d.Events < cutRows {
			break
		}
	}
	return total, nil
}

func cutSome(ctx context.Context, tx Cutting, before time.Time, sign func(Head) Checkpoint) (d Deleted, err error) {
	p, err := prefix(ctx, tx, before)
	d.Held = p.held
	if err != nil || p.events == 0 {
		return d, err
	}
	c := sign(p.head)
	d.Checkpoint = &c
	d.Events, d.Operations, err = tx.Delete(ctx, c, slices.Sorted(maps.Keys(p.operations)))
	return d, err
}

// part is a beginning of the trail that may be deleted.
type part struct {
	events     int
	head       Head
	operations map[string]bool // ids
	held       string
}

// prefix finds how much of the beginning may be deleted, and verifies it: a
// checkpoint never hides a break.
func prefix(ctx context.Context, tx Cutting, before time.Time) (part, error) {
	p := part{operations: map[string]bool{}}
	head, err := tx.Beginning(ctx)
	if err != nil {
		return p, err
	}
	if p.head = head; head == (Head{}) {
		p.head = beginning()
	}
	entries, err := tx.Entries(ctx, math.MinInt64, cutRows)
	if err != nil {
		return p, err
	}
	v := verifier{trail: Trail{Head: p.head}}
	for _, e := range entries {
		e.Previous = v.trail.Head.Hash
		if limit := before.UnixMilli(); e.At >= limit || e.LinkedAt >= limit {
			return p, nil
		}
		over, err := p.over(ctx, tx, e.OperationID, before)
		if err != nil || !over {
			return p, err
		}
		if err := v.next(&e, nil); err != nil {
			return p, fmt.Errorf("nothing is deleted: %w", err)
		}
		p.events, p.head = p.events+1, v.trail.Head
	}
	return p, nil
}

// over reports whether the events of an operation may be deleted.
func (p *part) over(ctx context.Context, tx Cutting, id string, before time.Time) (bool, error) {
	if id == "" || p.operations[id] {
		return true, nil
	}
	o, err := tx.Standing(ctx, id)
	if err != nil {
		return false, err
	}
	if o.Ref == "" {
		return true, nil // a denial of something that was never stored
	}
	if o.Unsettled || o.ChangedAt.UnixMilli() >= before.UnixMilli() {
		p.held = o.Ref
		return false, nil
	}
	p.operations[id] = true
	return true, nil
}
