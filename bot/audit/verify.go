package journal

import (
	"context"
	"crypto/ed25519"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"lbbot/bot/journal/internal/query"
)

// UnlinkedLimit is how long an event may wait for the sequencer, which runs
// twice a second, before Verify calls it a break.
const UnlinkedLimit = 10 * time.Minute

// pageRows is how many entries are read at once.
const pageRows = 1000

// Trail is what Verify found.
type Trail struct {
	Events     int64       // checked, all of them if Break is nil
	First      int64       // position of the first one; 0 if there is none
	Head       Head        // the last one that is right
	Checkpoint *Checkpoint // where the trail begins; nil: at its very beginning
	Unlinked   int64       // events too young to be in the chain
	Confirmed  []Head      // of the heads that were given, those that fit
	TooOld     []Head      // of the heads that were given, those before the beginning: nothing can be said
	Break      *Break      // nil: everything is as it was recorded
}

// Expected is what somebody kept outside of the database.
type Expected struct {
	Heads     []Head            // as posted
	PublicKey ed25519.PublicKey // that has signed checkpoints; nil: whatever key they name
}

// Verify reads the whole trail as it is at this moment, from the first event
// to the last, and reports the first break. The error means that it could not
// be read. It needs memory for a page, and time: some seconds for 1,000,000
// events.
func (s *Store) Verify(ctx context.Context, x Expected) (Trail, error) {
	var t Trail
	err := s.snapshot(ctx, func(tx *sql.Tx, q *query.Queries) error {
		v := verifier{expected: x}
		err := v.all(ctx, tx, q, s.now().Add(-UnlinkedLimit))
		t = v.trail
		return err
	})
	if b, ok := errors.AsType[*Break](err); ok {
		t.Break, err = b, nil
	}
	return t, s.explain("verifying the audit trail in journal", err)
}

// VerifyEntries does what Verify does for entries from elsewhere, such as an
// export, in their order. An export may begin anywhere: what comes before its
// first entry is vouched for by the heads only.
func VerifyEntries(x Expected, entries func(yield func(Entry) error) error) (Trail, error) {
	v := verifier{expected: x}
	first := true
	err := entries(func(e Entry) error {
		if first {
			first = false
			v.trail.Head = Head{e.Position - 1, e.Previous}
			v.sort()
		}
		if e.Previous != v.trail.Head.Hash {
			return e.broken("the hash before it is not the one of the entry before: an entry was changed, left out or moved")
		}
		return v.next(e, nil)
	})
	if err == nil {
		if first {
			v.sort()
		}
		err = v.rest()
	}
	if b, ok := errors.AsType[*Break](err); ok {
		v.trail.Break, err = b, nil
	}
	return v.trail, err
}

// verifier walks the chain.
type verifier struct {
	expected Expected
	trail    Trail
	heads    []Head // not met yet, in order
}

func (v *verifier) all(ctx context.Context, tx *sql.Tx, q *query.Queries, before time.Time) error {
	if err := v.begin(ctx, tx); err != nil {
		return err
	}
	v.sort()
	rows := pages(ctx, q, math.MinInt64)
	for {
		page, err := rows.next()
		if err != nil {
			return err
		}
		if len(page) == 0 {
			break
		}
		for i, e := range page {
			e.Previous = v.trail.Head.Hash
			if err := v.next(e, page[i:]); err != nil {
				return err
			}
		}
	}
	if err := v.end(ctx, q); err != nil {
		return err
	}
	return v.outside(ctx, tx, before)
}

// sort puts aside the heads from before the beginning.
func (v *verifier) sort() {
	v.heads = slices.SortedFunc(slices.Values(v.expected.Heads), func(a, b Head) int { return int(a.Position - b.Position) })
	for len(v.heads) > 0 && v.heads[0].Position < v.trail.Head.Position {
		v.trail.TooOld, v.heads = append(v.trail.TooOld, v.heads[0]), v.heads[1:]
	}
}

// next checks one entry, whose Previous is what the one before has. following
// is what comes after it, as far as it was read.
func (v *verifier) next(e Entry, following []Entry) error {
	if err := v.meet(); err != nil {
		return err
	}
	switch want := v.trail.Head.Position + 1; {
	case e.Position > want:
		return &Break{Position: want, Problem: "missing: its link was deleted"}
	case e.Position < want:
		return e.broken("its position comes before the beginning of the trail")
	case e.Kind == "" && e.At == 0:
		return e.broken("missing: the event was deleted")
	}
	if e.Sum() != e.Hash {
		return e.broken("%s", v.different(e, following))
	}
	if v.trail.First == 0 {
		v.trail.First = e.Position
	}
	v.trail.Events++
	v.trail.Head = Head{e.Position, e.Hash}
	return nil
}

// different says how an entry is not what its hash says.
func (v *verifier) different(e Entry, following []Entry) string {
	for _, other := range following {
		moved := other
		moved.Position, moved.LinkedAt, moved.Previous = e.Position, e.LinkedAt, e.Previous
		if other.Position != e.Position && moved.Sum() == e.Hash {
			return "reordered: the event that belongs here, " + decimal(other.Seq) + ", stands at position " + decimal(other.Position)
		}
	}
	if len(following) > 1 {
		after := following[1]
		if after.Previous = e.Sum(); after.Sum() == after.Hash {
			return "altered: the hash of its link; the event is as it was recorded"
		}
	}
	return "altered: the event or its link is not as it was recorded"
}

// meet compares the heads that were given for the position that was reached.
func (v *verifier) meet() error {
	at := v.trail.Head
	for len(v.heads) > 0 && v.heads[0].Position == at.Position {
		h := v.heads[0]
		if h.Hash != at.Hash {
			from := "the beginning"
			if n := len(v.trail.Confirmed); n > 0 {
				from = "position " + decimal(v.trail.Confirmed[n-1].Position+1)
			}
			return &Break{Position: h.Position, Problem: "rewritten: the head that was given has another hash, so something between " + from + " and here was replaced and the hashes were computed anew"}
		}
		v.trail.Confirmed, v.heads = append(v.trail.Confirmed, h), v.heads[1:]
	}
	return nil
}

// rest checks the last position, and that no head lies beyond it.
func (v *verifier) rest() error {
	if err := v.meet(); err != nil {
		return err
	}
	if len(v.heads) > 0 {
		return &Break{Position: v.trail.Head.Position + 1, Problem: "cut: the trail ends before it, and the head that was given stands at " + decimal(v.heads[0].Position)}
	}
	return nil
}

// begin finds the checkpoint that the trail begins at, and checks them all.
func (v *verifier) begin(ctx context.Context, tx *sql.Tx) (err error) {
	rows, err := tx.QueryContext(ctx, "select position, hash, at, public_key, signature from checkpoints order by position")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	v.trail.Head = Head{0, noHash}
	for rows.Next() {
		var c Checkpoint
		var at int64
		if err := rows.Scan(&c.Position, &c.Hash, &at, &c.PublicKey, &c.Signature); err != nil {
			return err
		}
		c.At = time.UnixMilli(at).UTC()
		if err := c.check(v.expected.PublicKey); err != nil {
			return &Break{Position: c.Position, Problem: "the checkpoint there is not right: " + err.Error()}
		}
		v.trail.Checkpoint, v.trail.Head = &c, c.Head
	}
	return rows.Err()
}

// end compares what was read with the end that is kept beside it.
func (v *verifier) end(ctx context.Context, q *query.Queries) error {
	if err := v.rest(); err != nil {
		return err
	}
	end, err := q.ChainEnd(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return &Break{Problem: errNoTrail.Error()}
	}
	if err != nil {
		return err
	}
	switch at := v.trail.Head; {
	case end.Position != at.Position:
		return &Break{Position: min(end.Position, at.Position) + 1, Problem: fmt.Sprintf("cut: the trail ends at position %d, and had been linked up to %d", at.Position, end.Position)}
	case end.Hash != at.Hash:
		return &Break{Position: at.Position, Problem: "rewritten: the end of the trail has another hash than was kept of it"}
	}
	return nil
}

// outside looks for events that are not in the chain, and for those that were
// deleted before they came into it.
func (v *verifier) outside(ctx context.Context, tx *sql.Tx, before time.Time) error {
	for _, look := range []struct{ query, problem string }{
		{`select p.seq, 0, '' from events_pending p left join events e on e.seq = p.seq where e.seq is null order by p.seq limit 1`,
			"missing: the event was deleted before it was linked"},
		{`select e.seq, e.at, e.kind from events e left join links l on l.seq = e.seq left join events_pending p on p.seq = e.seq
		  where l.seq is null and p.seq is null order by e.seq limit 1`,
			"not linked: it was put in past the bot, or its link was deleted"},
		{`select p.seq, l.linked_at, '' from events_pending p join links l on l.seq = p.seq order by p.seq limit 1`,
			"linked, and said to be waiting as well"},
	} {
		if err := found(ctx, tx, look.problem, look.query); err != nil {
			return err
		}
	}
	if err := found(ctx, tx, "not linked for more than "+UnlinkedLimit.String()+": is the bot running? It links what is left when it starts",
		`select e.seq, e.at, e.kind from events_pending p join events e on e.seq = p.seq where e.at < $1 order by e.seq limit 1`, before.UnixMilli()); err != nil {
		return err
	}
	return tx.QueryRowContext(ctx, "select count(*) from events_pending").Scan(&v.trail.Unlinked)
}

// found turns a row into a break.
func found(ctx context.Context, tx *sql.Tx, problem, statement string, args ...any) error {
	var e Entry
	err := tx.QueryRowContext(ctx, statement, args...).Scan(&e.Seq, &e.At, &e.Kind)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	return e.broken("%s", problem)
}
