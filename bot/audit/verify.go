package audit

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"
)

// Trail is the result of Verify.
type Trail struct {
	Events     int64       // verified; all of them if Break is nil
	First      int64       // position of the first one; 0 if there is none
	Head       Head        // the last verified one
	Checkpoint *Checkpoint // where the trail begins; nil: at position 1
	Unlinked   int64       // new events that are not in the chain yet
	Confirmed  []Head      // expected heads that match
	TooOld     []Head      // expected heads before the beginning, which prove nothing
	Break      *Break      // nil: the chain is unbroken
}

// Expected is what was kept outside of the database.
type Expected struct {
	Heads     []Head            // as the bot posted them
	PublicKey ed25519.PublicKey // of checkpoints; nil: any key

	// Progress is called after each page with what is verified so far; nil: it is not.
	Progress func(Trail)
}

// Verify reads the whole trail as it is at this moment, from the first event
// to the last, and reports the first break. The error means that the trail
// could not be read. What was verified until then is returned as well. It keeps
// three pages in memory, and takes some seconds for 1,000,000 events.
func Verify(ctx context.Context, s Source, x Expected) (Trail, error) {
	v := verifier{expected: x}
	err := s.ReadTrail(ctx, func(r Reading) error { return v.foundBreak(v.all(ctx, r)) })
	return v.trail, err
}

// verifyEntries is Verify for the entries of an export, in their order. An export
// may begin anywhere: only the expected heads prove what comes before it.
func verifyEntries(x Expected, entries func(yield func(Entry) error) error) (Trail, error) {
	v := verifier{expected: x}
	first := true
	err := entries(func(e Entry) error {
		if first {
			first = false
			v.trail.Head = Head{e.Position - 1, e.Previous}
			v.sort()
		}
		if e.Previous != v.trail.Head.Hash {
			return e.broken("its previous hash differs: an entry before it was changed, left out or moved")
		}
		err := v.next(&e, nil)
		if v.expected.Progress != nil && v.trail.Events%pageRows == 0 {
			v.expected.Progress(v.trail)
		}
		return err
	})
	if err == nil {
		if first {
			v.sort()
		}
		err = v.rest()
	}
	err = v.foundBreak(err)
	return v.trail, err
}

// verifier walks the chain.
type verifier struct {
	expected Expected
	trail    Trail
	heads    []Head // not reached yet, in order
	form     []byte // memory of sums
}

// sums reports whether the hash of an entry is right. It allocates nothing.
func (v *verifier) sums(e *Entry) bool {
	v.form = e.form(v.form[:0])
	raw := sha256.Sum256(v.form)
	var digits [2 * sha256.Size]byte
	hex.Encode(digits[:], raw[:])
	return string(digits[:]) == e.Hash
}

// foundBreak stores a break in the result; other errors stay errors.
func (v *verifier) foundBreak(err error) error {
	if b, ok := errors.AsType[*Break](err); ok {
		v.trail.Break, err = b, nil
	}
	return err
}

func (v *verifier) all(ctx context.Context, r Reading) error {
	if err := v.begin(ctx, r); err != nil {
		return err
	}
	v.sort()
	err := pages(ctx, r, func(page []Entry) error {
		for i := range page {
			e := &page[i]
			e.Previous = v.trail.Head.Hash
			if err := v.next(e, page[i:]); err != nil {
				return err
			}
		}
		if v.expected.Progress != nil {
			v.expected.Progress(v.trail)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if err := v.end(ctx, r); err != nil {
		return err
	}
	return v.strays(ctx, r)
}

// sort sets aside the heads before the beginning.
func (v *verifier) sort() {
	v.heads = slices.SortedFunc(slices.Values(v.expected.Heads),
		func(a, b Head) int { return int(a.Position - b.Position) })
	for len(v.heads) > 0 && v.heads[0].Position < v.trail.Head.Position {
		v.trail.TooOld, v.heads = append(v.trail.TooOld, v.heads[0]), v.heads[1:]
	}
}

// next verifies one entry, whose Previous is set. following is this entry and
// those after it, as far as they were read.
func (v *verifier) next(e *Entry, following []Entry) error {
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
	if !v.sums(e) {
		return e.broken("%s", v.different(*e, following))
	}
	if v.trail.First == 0 {
		v.trail.First = e.Position
	}
	v.trail.Events++
	v.trail.Head = Head{e.Position, e.Hash}
	return nil
}

// different says how an entry differs from its hash.
func (v *verifier) different(e Entry, following []Entry) string {
	for _, other := range following {
		moved := other
		moved.Position, moved.LinkedAt, moved.Previous = e.Position, e.LinkedAt, e.Previous
		if other.Position != e.Position && moved.Sum() == e.Hash {
			return "reordered: the event that belongs here, " + decimal(other.Seq) + ", is at position " +
				decimal(other.Position)
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

// meet compares the expected heads of the current position.
func (v *verifier) meet() error {
	at := v.trail.Head
	for len(v.heads) > 0 && v.heads[0].Position == at.Position {
		h := v.heads[0]
		if h.Hash != at.Hash {
			from := "the beginning"
			if n := len(v.trail.Confirmed); n > 0 {
				from = "position " + decimal(v.trail.Confirmed[n-1].Position+1)
			}
			return &Break{Position: h.Position,
				Problem: "rewritten: the head that was given has another hash, so something between " + from +
					" and here was replaced and the hashes were computed again"}
		}
		v.trail.Confirmed, v.heads = append(v.trail.Confirmed, h), v.heads[1:]
	}
	return nil
}

// rest compares the heads of the last position; later ones are a break.
func (v *verifier) rest() error {
	if err := v.meet(); err != nil {
		return err
	}
	if len(v.heads) > 0 {
		return &Break{Position: v.trail.Head.Position + 1,
			Problem: "cut: the trail ends before it, and the head that was given is at " + decimal(v.heads[0].Position)}
	}
	return nil
}

// begin finds the checkpoint that the trail begins at, and checks them all.
func (v *verifier) begin(ctx context.Context, r Reading) error {
	v.trail.Head = beginning()
	checkpoints, err := r.Checkpoints(ctx)
	for _, c := range checkpoints {
		if err := c.check(v.expected.PublicKey); err != nil {
			return &Break{Position: c.Position, Problem: "the checkpoint there is wrong: " + err.Error()}
		}
		v.trail.Checkpoint, v.trail.Head = &c, c.Head
	}
	return err
}

// end compares what was read with the end that is stored beside it.
func (v *verifier) end(ctx context.Context, r Reading) error {
	if err := v.rest(); err != nil {
		return err
	}
	end, err := r.End(ctx)
	if errors.Is(err, ErrNoEnd) {
		return &Break{Problem: err.Error()}
	}
	if err != nil {
		return err
	}
	switch at := v.trail.Head; {
	case end.Position != at.Position:
		return &Break{Position: min(end.Position, at.Position) + 1, Problem: "cut: the trail ends at position " +
			decimal(at.Position) + ", and had been linked up to " + decimal(end.Position)}
	case end.Hash != at.Hash:
		return &Break{Position: at.Position,
			Problem: "rewritten: the hash at the end of the trail is not the stored one"}
	}
	return nil
}

// strays looks at the events that are not in the chain.
func (v *verifier) strays(ctx context.Context, r Reading) error {
	stray, err := r.Stray(ctx, UnlinkedLimit)
	if err != nil {
		return err
	}
	if stray != nil {
		return stray.Entry.broken("%s", stray.Problem)
	}
	v.trail.Unlinked, err = r.Unlinked(ctx)
	return err
}
