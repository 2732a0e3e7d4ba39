package journal

import (
	"crypto/ed25519"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot/audit"
	"lbbot/bot/operation"
)

func key(seed string) ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed([]byte(strings.Repeat(seed, ed25519.SeedSize)))
}

// finishedOp stores an operation that is over and reported; its last change is
// of the clock of s.
func finishedOp(t *testing.T, s *Store, name string) operation.Operation {
	t.Helper()
	op := accept(t, s, saveDraft(t, s, draft(name, "server-"+name)))
	op = moveTo(op, operation.Done)
	require.NoError(t, s.Save(t.Context(), op, event(operation.EventFinished)))
	_, err := s.Cards(OwnCard).BeginPost(t.Context(), op.ID, clock())
	require.NoError(t, err)
	cardKept(t)(s.Cards(OwnCard).SaveCard(t.Context(), op.ID, operation.Card{Channel: "C1", TS: "1.1",
		Shown: op.Version, Closed: true}))
	return op
}

func link(t *testing.T, s *Store) {
	t.Helper()
	_, err := s.Link(t.Context())
	require.NoError(t, err)
}

func TestRetentionCutsTheBeginningOfTheTrailUpToWhatIsOpen(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		first := finishedOp(t, s, "FIRST2")
		require.NoError(t, s.Record(t.Context(), event(operation.EventDenied)))
		open := accept(t, s, saveDraft(t, s, draft("OPEN22", "server-open")))
		behind := finishedOp(t, s, "BEHIND")
		link(t, s) // 3 + 1 + 2 + 3

		c, err := audit.Cut(t.Context(), s, clock(), s.now(), key("k"))
		require.NoError(t, err)
		require.Zero(t, c.Events, "nothing is older than that")
		require.Nil(t, c.Checkpoint)

		c, err = audit.Cut(t.Context(), s, clock().Add(time.Millisecond), s.now(), key("k"))
		require.NoError(t, err)
		require.Equal(t, int64(4), c.Events)
		require.Equal(t, int64(1), c.Operations)
		require.Equal(t, open.Ref, c.Held)
		require.Equal(t, int64(4), c.Checkpoint.Position)
		_, err = s.Operation(t.Context(), first.ID)
		require.ErrorIs(t, err, operation.ErrNotFound)
		for _, op := range []operation.Operation{open, behind} {
			got, err := s.Operation(t.Context(), op.ID)
			require.NoError(t, err)
			require.Equal(t, op, got)
		}
		trail := requireFine(t, s, 5)
		require.Equal(t, int64(5), trail.First)
		require.Equal(t, c.Checkpoint.Head, trail.Checkpoint.Head)

		open = moveTo(open, operation.NotDone)
		require.NoError(t, s.Save(t.Context(), open, event(operation.EventFinished)))
		link(t, s)
		c, err = audit.Cut(t.Context(), s, clock().Add(time.Millisecond), s.now(), key("k"))
		require.NoError(t, err)
		require.Equal(t, open.Ref, c.Held, "its card is not closed: somebody waits for an answer")
		cardKept(t)(s.Cards(OwnCard).SaveCard(t.Context(), open.ID, operation.Card{Channel: "C1", TS: "1.2",
			Shown: open.Version, Closed: true}))
		c, err = audit.Cut(t.Context(), s, clock().Add(time.Millisecond), s.now(), key("k"))
		require.NoError(t, err)
		require.Equal(t, []int64{6, 2}, []int64{c.Events, c.Operations})
		require.Empty(t, c.Held)
		require.Equal(t, int64(10), requireFine(t, s, 0).Checkpoint.Position)

		trailOf(t, s, 2)
		require.Equal(t, int64(11), requireFine(t, s, 2).First, "it goes on where it was")
	})
}

func TestNothingIsDeletedWithoutACheckpointThatCoversIt(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		trailOf(t, s, 4) // a second apart
		c, err := audit.Cut(t.Context(), s, clock().Add(2*time.Second), s.now(), key("k"))
		require.NoError(t, err)
		require.Equal(t, int64(2), c.Events)
		for _, statement := range []string{"delete from events", "delete from links", "update links set hash = ''",
			"update events set kind = ''"} {
			_, err := s.DB().ExecContext(t.Context(), statement)
			require.ErrorContains(t, err, " are never ", statement)
		}
		require.Len(t, exported(t, s), 2)
	})
}

func TestABrokenTrailIsNotCut(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		trailOf(t, s, 4)
		defenceless(t, s)
		tamper(t, s, "update events set actor_id = 'U0EVE' where seq = 2")
		_, err := audit.Cut(t.Context(), s, clock().Add(time.Hour), s.now(), key("k"))
		var b *audit.Break
		require.ErrorAs(t, err, &b)
		require.Equal(t, int64(2), b.Position)
		require.ErrorContains(t, err, "nothing is deleted")
		require.Len(t, exported(t, s), 4)
	})
}

func TestACheckpointIsAcceptedOnlyWithItsSignature(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		s.now = func() time.Time { return clock().Add(-time.Hour) }
		trailOf(t, s, 6)
		c, err := audit.Cut(t.Context(), s, clock().Add(3*time.Second), s.now(), key("k"))
		require.NoError(t, err)
		require.Equal(t, int64(3), c.Events)
		ours, theirs := key("k").Public().(ed25519.PublicKey), key("x").Public().(ed25519.PublicKey)
		for _, expected := range []ed25519.PublicKey{nil, ours} {
			trail, err := audit.Verify(t.Context(), s, audit.Expected{PublicKey: expected,
				Heads: []audit.Head{c.Checkpoint.Head, {Position: 1, Hash: noHash}}})
			require.NoError(t, err)
			require.Nil(t, trail.Break)
			require.Equal(t, []audit.Head{c.Checkpoint.Head}, trail.Confirmed)
			require.Equal(t, []audit.Head{{Position: 1, Hash: noHash}}, trail.TooOld)
		}
		trail, err := audit.Verify(t.Context(), s, audit.Expected{PublicKey: theirs})
		require.NoError(t, err)
		require.ErrorContains(t, trail.Break, "signed by another key, "+audit.ShowKey(ours))

		defenceless(t, s)
		requireBroken(t, s, 3, "rewritten", audit.Head{Position: 3, Hash: noHash})
		tamper(t, s, "update checkpoints set at = at + 1")
		requireBroken(t, s, 3, "its signature is wrong")
		tamper(t, s, "update checkpoints set at = at - 1")
		tamper(t, s, "delete from events where seq = 4")
		tamper(t, s, "delete from links where position = 4")
		requireBroken(t, s, 4, "missing: its link was deleted")
		all := exported(t, s)
		_, err = s.DB().ExecContext(t.Context(), "delete from checkpoints")
		require.NoError(t, err)
		requireBroken(t, s, 1, "missing: its link was deleted")
		forged := audit.Sign(audit.Head{Position: 4, Hash: all[0].Previous}, clock(), key("x"))
		tamper(t, s, "insert into checkpoints (position, hash, at, public_key, signature) values ($1, $2, $3, $4, $5)",
			forged.Position, forged.Hash, forged.At.UnixMilli(), forged.PublicKey, forged.Signature)
		trail, err = audit.Verify(t.Context(), s, audit.Expected{PublicKey: ours})
		require.NoError(t, err)
		require.ErrorContains(t, trail.Break, "signed by another key")
	})
}

func TestTheHeadIsNotedOnceAnHourByWhomever(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		trailOf(t, s, 2)
		want := requireFine(t, s, 2).Head
		var noted []audit.Head
		n := atOnce(4, func(int) error {
			h, ok, err := s.NoteHead(t.Context())
			if err == nil && !ok {
				return fmt.Errorf("not this one")
			}
			if ok {
				noted = append(noted, h) // one at most
			}
			return err
		}, func(err error) { require.EqualError(t, err, "not this one") })
		require.Equal(t, 1, n)
		require.Equal(t, []audit.Head{want}, noted)
		link(t, s)
		all := exported(t, s)
		require.Equal(t, `{"head":"`+want.String()+`"}`, all[2].Data)
		s.now = func() time.Time { return clock().Add(headEvery + time.Millisecond) }
		h, ok, err := s.NoteHead(t.Context())
		require.NoError(t, err)
		require.True(t, ok)
		require.Equal(t, int64(3), h.Position)
	})
}

func TestAClockThatIsSetBackSilencesNeitherHeadNorAuditChannel(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		trailOf(t, s, 2)
		_, noted, err := s.NoteHead(t.Context())
		require.NoError(t, err)
		require.True(t, noted)
		_, held, err := s.HoldLines(t.Context(), "dead", clock().Add(time.Minute))
		require.NoError(t, err)
		require.True(t, held)
		s.now = func() time.Time { return clock().Add(-5 * time.Minute) }
		_, held, err = s.HoldLines(t.Context(), "next", s.now().Add(time.Minute))
		require.NoError(t, err)
		require.False(t, held, "clocks differ by as much")
		s.now = func() time.Time { return clock().Add(-time.Hour) }
		_, held, err = s.HoldLines(t.Context(), "next", s.now().Add(time.Minute))
		require.NoError(t, err)
		require.True(t, held)
		_, noted, err = s.NoteHead(t.Context())
		require.NoError(t, err)
		require.True(t, noted)
	})
}

func TestOneProcessPostsTheLinesOfTheAuditChannel(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		trailOf(t, s, 3)
		at, end, err := s.LinesPosted(ctx)
		require.NoError(t, err)
		require.Equal(t, []int64{-1, 3}, []int64{at, end})
		at, held, err := s.HoldLines(ctx, "a", clock().Add(time.Minute))
		require.NoError(t, err)
		require.True(t, held)
		require.Equal(t, int64(3), at, "what was before the channel was there is not posted")
		_, held, err = s.HoldLines(ctx, "b", clock().Add(time.Minute))
		require.NoError(t, err)
		require.False(t, held)
		require.NoError(t, s.AdvanceLines(ctx, "a", 5))
		require.ErrorContains(t, s.AdvanceLines(ctx, "b", 6), "another process posts there now")

		s.now = func() time.Time { return clock().Add(time.Minute + time.Millisecond) } // a died
		at, held, err = s.HoldLines(ctx, "b", clock().Add(2*time.Minute))
		require.NoError(t, err)
		require.True(t, held)
		require.Equal(t, int64(5), at)
		require.ErrorContains(t, s.AdvanceLines(ctx, "a", 7), "another process posts there now")
	})
}

func TestAnOpenOperationIsKeptWhateverItsCardSays(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		open := accept(t, s, saveDraft(t, s, draft("OPEN22", "server-open")))
		cardKept(t)(s.Cards(OwnCard).SaveCard(t.Context(), open.ID, operation.Card{Channel: "C1", TS: "1.1",
			Shown: open.Version, Closed: true}))
		link(t, s)
		c, err := audit.Cut(t.Context(), s, clock().Add(time.Hour), s.now(), key("k"))
		require.NoError(t, err)
		require.Equal(t, open.Ref, c.Held)
		require.Zero(t, c.Events)
	})
}

func TestRetentionKnowsEveryTableThatRefersToOperations(t *testing.T) {
	t.Parallel()
	rows, err := openNew(t).DB().QueryContext(t.Context(),
		"select m.name from sqlite_master m, pragma_foreign_key_list(m.name) f where f.\"table\" = 'operations'")
	require.NoError(t, err)
	defer func() { require.NoError(t, rows.Close()) }()
	tables := 0
	for ; rows.Next(); tables++ {
		var table string
		require.NoError(t, rows.Scan(&table))
		require.True(t, slices.ContainsFunc(queriesIn(t), func(q string) bool {
			return strings.HasPrefix(q, "delete from "+table+" where operation_id")
		}), "rows of %s would keep operations from being deleted: drop them in Store.drop", table)
	}
	require.NoError(t, rows.Err())
	require.NotZero(t, tables)
}

func TestWhatWasLinkedOrChangedLatelyIsKept(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		cut := func(before time.Time, events, operations int64, held string) {
			t.Helper()
			c, err := audit.Cut(t.Context(), s, before, s.now(), key("k"))
			require.NoError(t, err)
			require.Equal(t, []int64{events, operations}, []int64{c.Events, c.Operations})
			require.Equal(t, held, c.Held)
		}
		late := event(operation.EventDenied)
		late.At = clock().Add(-time.Hour) // of a process that hung, or whose clock is slow
		require.NoError(t, s.Record(t.Context(), late))
		link(t, s)
		cut(clock(), 0, 0, "")
		cut(clock().Add(time.Millisecond), 1, 0, "")

		op := finishedOp(t, s, "LATE22")
		link(t, s)
		s.now = func() time.Time { return clock().Add(time.Minute) }
		op = moveTo(op, operation.Done)
		require.NoError(t, s.Save(t.Context(), op, event(operation.EventFinished)))
		cardKept(t)(s.Cards(OwnCard).SaveCard(t.Context(), op.ID, operation.Card{Channel: "C1", TS: "1.1",
			Shown: op.Version, Closed: true}))
		cut(clock().Add(time.Minute), 0, 0, op.Ref)
		require.Equal(t, int64(1), requireFine(t, s, 3).Unlinked)
		link(t, s)
		cut(clock().Add(time.Minute+time.Millisecond), 4, 1, "")
	})
}

func TestAnOperationIsKeptAsLongAsAnEventOfItIs(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		op := finishedOp(t, s, "FIRST2")
		asked := operation.Card{Channel: "C2", TS: "2.2", Shown: op.Version, Closed: true}
		cardKept(t)(s.Cards(ApprovalCard).SaveCard(t.Context(), op.ID, asked))
		card, err := s.Cards(OwnCard).Card(t.Context(), op.ID)
		require.NoError(t, err)
		link(t, s)
		no := event(operation.EventDenied) // somebody pressed a button of its card, which changes nothing
		no.At, no.OperationID = clock().Add(time.Hour), op.ID
		require.NoError(t, s.Record(t.Context(), no))
		link(t, s)
		c, err := audit.Cut(t.Context(), s, clock().Add(time.Hour), s.now(), key("k"))
		require.NoError(t, err)
		require.Equal(t, []int64{3, 0}, []int64{c.Events, c.Operations})
		got, err := s.Operation(t.Context(), op.ID)
		require.NoError(t, err, "who reads the event still finds what it is about")
		require.Equal(t, op, got)
		gotCard, err := s.Cards(OwnCard).Card(t.Context(), op.ID)
		require.NoError(t, err)
		require.Equal(t, card, gotCard, "and where it was shown: a later change edits that card")
		gotCard, err = s.Cards(ApprovalCard).Card(t.Context(), op.ID)
		require.NoError(t, err)
		require.Equal(t, asked, gotCard)
		c, err = audit.Cut(t.Context(), s, clock().Add(time.Hour+time.Millisecond), s.now(), key("k"))
		require.NoError(t, err)
		require.Equal(t, []int64{1, 1}, []int64{c.Events, c.Operations})
		_, err = s.Operation(t.Context(), op.ID)
		require.ErrorIs(t, err, operation.ErrNotFound)
	})
}

func TestALinkBeforeTheBeginningOfACutTrailIsFound(t *testing.T) {
	for _, position := range []int64{-1, 0, 2, 3} {
		t.Run(fmt.Sprint(position), func(t *testing.T) {
			onBoth(t, func(t *testing.T, s *Store) {
				trailOf(t, s, 6)
				c, err := audit.Cut(t.Context(), s, clock().Add(3*time.Second), s.now(), key("k"))
				require.NoError(t, err)
				require.Equal(t, int64(3), c.Events)
				defenceless(t, s)
				e := audit.Entry{Position: position, Previous: c.Checkpoint.Hash, LinkedAt: 1, Seq: 1000, At: 1,
					Kind: operation.EventAccepted, Data: "{}"}
				tamper(t, s,
					"insert into events (seq, at, kind, operation_id, actor_id, channel_id, data) values ($1, $2, "+
						"$3, '', '', '', $4)", e.Seq, e.At, e.Kind, e.Data)
				tamper(t, s, "insert into links (position, seq, linked_at, hash) values ($1, $2, $3, $4)", e.Position,
					e.Seq, e.LinkedAt, e.Sum())
				requireBroken(t, s, position,
					"event 1000 (accepted, 1970-01-01 00:00:00.001 UTC): its position comes before the beginning of "+
						"the trail")
			})
		})
	}
}
