package journal

import (
	"context"
	"crypto/ed25519"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"time"

	"lbbot/bot/journal/internal/query"
)

// cutRounds bounds one call of Cut.
const cutRounds = 250

// cutRows is how many entries one transaction cuts off: on SQLite others wait
// for it, about 10 ms.
const cutRows = 200

// Cut is what retention deleted.
type Cut struct {
	Events     int64
	Operations int64
	Checkpoint *Checkpoint // the newest one; nil if nothing was cut
	Held       string      // Ref of the operation that keeps older events than that; empty: none
}

// Cut deletes the beginning of the trail, as far as every event in it is older
// than the given time, and the operations that it belonged to, if they are
// over, reported, and unchanged since then. An operation that is not keeps its
// events and therefore everything after them. Each part is checked, its end
// signed as a checkpoint and the part deleted in one transaction: the trail
// always begins at a checkpoint. A trail that is broken is a *Break, and
// nothing of it is deleted. It cuts 50,000 events at most: call it again.
func (s *Store) Cut(ctx context.Context, olderThan time.Time, key ed25519.PrivateKey) (Cut, error) {
	var total Cut
	for range cutRounds {
		c, err := s.cutSome(ctx, olderThan.UnixMilli(), key)
		if err != nil {
			return total, s.explain("cutting the audit trail in journal", err)
		}
		total.Events, total.Operations, total.Held = total.Events+c.Events, total.Operations+c.Operations, c.Held
		if c.Checkpoint != nil {
			total.Checkpoint = c.Checkpoint
		}
		if c.Events < cutRows {
			break
		}
	}
	return total, nil
}

func (s *Store) cutSome(ctx context.Context, before int64, key ed25519.PrivateKey) (c Cut, err error) {
	err = s.write(ctx, func(q *query.Queries) error {
		c = Cut{}
		if _, err := q.LockChain(ctx, s.now().UnixMilli()); err != nil {
			return err
		}
		part, err := s.prefix(ctx, q, before)
		c.Held = part.held
		if err != nil || part.events == 0 {
			return err
		}
		point := sign(part.head, s.now(), key)
		c.Checkpoint = &point
		return s.cutPart(ctx, q, part, &c)
	})
	return c, err
}

// part is what can go.
type part struct {
	events     int64
	head       Head
	operations map[string]bool // by id; false: it has to stay
	held       string
}

// prefix finds how far the beginning of the trail can go, and checks it: a
// checkpoint never covers up a break.
func (s *Store) prefix(ctx context.Context, q *query.Queries, before int64) (part, error) {
	p := part{head: Head{0, noHash}, operations: map[string]bool{}}
	last, err := q.LastCheckpoint(ctx)
	if err == nil {
		p.head = Head{last.Position, last.Hash}
	} else if !errors.Is(err, sql.ErrNoRows) {
		return p, err
	}
	rows, err := q.ChainPage(ctx, query.ChainPageParams{After: math.MinInt64, MaxRows: cutRows})
	if err != nil {
		return p, err
	}
	v := verifier{trail: Trail{Head: p.head}}
	for _, e := range entries(rows) {
		e.Previous = v.trail.Head.Hash
		if e.At >= before || e.LinkedAt >= before {
			return p, nil
		}
		over, err := p.over(ctx, q, e.OperationID, before)
		if err != nil || !over {
			return p, err
		}
		if err := v.next(e, nil); err != nil {
			return p, fmt.Errorf("nothing is deleted: %w", err)
		}
		p.events, p.head = p.events+1, v.trail.Head
	}
	return p, nil
}

// over reports whether the events of an operation may go.
func (p *part) over(ctx context.Context, q *query.Queries, id string, before int64) (bool, error) {
	if id == "" || p.operations[id] {
		return true, nil
	}
	o, err := q.Standing(ctx, id)
	if errors.Is(err, sql.ErrNoRows) {
		return true, nil // a denial about something that was never stored
	}
	if err != nil {
		return false, err
	}
	if o.Open || o.UnreportedSince.Valid || o.UpdatedAt >= before {
		p.held = o.Ref
		return false, nil
	}
	p.operations[id] = true
	return true, nil
}

// cutPart writes the checkpoint down and deletes what it covers.
func (s *Store) cutPart(ctx context.Context, q *query.Queries, p part, c *Cut) (err error) {
	point := *c.Checkpoint
	if err := q.InsertCheckpoint(ctx, query.InsertCheckpointParams{Position: point.Position, Hash: point.Hash,
		At: point.At.UnixMilli(), PublicKey: point.PublicKey, Signature: point.Signature}); err != nil {
		return err
	}
	if c.Events, err = q.CutEvents(ctx, point.Position); err != nil {
		return err
	}
	if _, err := q.CutLinks(ctx, point.Position); err != nil {
		return err
	}
	for id := range p.operations {
		n, err := s.drop(ctx, q, id)
		if err != nil {
			return err
		}
		c.Operations += n
	}
	return nil
}

// drop deletes an operation whose last event is gone.
func (s *Store) drop(ctx context.Context, q *query.Queries, id string) (int64, error) {
	if left, err := q.EventLeft(ctx, id); err != nil || len(left) > 0 {
		return 0, err
	}
	if err := q.DropCards(ctx, id); err != nil {
		return 0, err
	}
	return q.DropOperation(ctx, id)
}
