package journal

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"math"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot/audit"
	"lbbot/bot/operation"
)

// noHash is the previous hash of the first position.
const noHash = "0000000000000000000000000000000000000000000000000000000000000000"

// trailOf records n events, links them and returns the trail.
func trailOf(t testing.TB, s *Store, n int) []audit.Entry {
	t.Helper()
	for i := range n {
		e := operation.Event{At: clock().Add(time.Duration(i) * time.Second), Kind: operation.EventDenied,
			OperationID: fmt.Sprint("id-", i),
			ActorID:     fmt.Sprint("U", i), ChannelID: "C1", Data: map[string]string{"code": "no_rule",
				"n": fmt.Sprint(i)}}
		require.NoError(t, s.Record(t.Context(), e))
	}
	_, err := s.Link(t.Context())
	require.NoError(t, err)
	return exported(t, s)
}

func exported(t testing.TB, s *Store) (all []audit.Entry) {
	t.Helper()
	require.NoError(t, s.ReadTrail(t.Context(), func(r audit.Reading) (err error) {
		previous := noHash
		checkpoints, err := r.Checkpoints(t.Context())
		if n := len(checkpoints); n > 0 {
			previous = checkpoints[n-1].Hash
		}
		require.NoError(t, err)
		all, err = r.Entries(t.Context(), math.MinInt64, maxRows)
		for i := range all {
			all[i].Previous, previous = previous, all[i].Hash
		}
		return err
	}))
	require.Less(t, len(all), maxRows)
	return all
}

// defenceless drops what keeps people from changing the trail, as somebody
// with all rights on the database could.
func defenceless(t testing.TB, s *Store) {
	t.Helper()
	all := []string{"drop trigger events_never_updated", "drop trigger events_never_deleted",
		"drop trigger links_never_updated",
		"drop trigger links_never_deleted", "drop trigger checkpoints_never_updated",
		"drop trigger checkpoints_never_deleted", "drop trigger events_queued"}
	if s.url != "" {
		all = []string{"drop trigger events_never_changed on events", "drop trigger links_never_changed on links",
			"drop trigger checkpoints_never_changed on checkpoints", "drop trigger events_queued on events"}
	}
	for _, statement := range all {
		tamper(t, s, statement)
	}
}

func tamper(t testing.TB, s *Store, statement string, args ...any) {
	t.Helper()
	done, err := s.DB().ExecContext(t.Context(), statement, args...)
	require.NoError(t, err, statement)
	if !strings.HasPrefix(statement, "drop") {
		n, err := done.RowsAffected()
		require.NoError(t, err)
		require.NotZero(t, n, "changed nothing: %s", statement)
	}
}

// forge computes the hashes anew from a position on, as somebody who knows the
// canonical form would.
func forge(t testing.TB, s *Store, from int64) audit.Head {
	t.Helper()
	head := audit.Head{Position: 0, Hash: noHash}
	for _, e := range exported(t, s) {
		if e.Position >= from {
			e.Previous = head.Hash
			e.Hash = e.Sum()
			tamper(t, s, "update links set hash = $1 where position = $2", e.Hash, e.Position)
		}
		head = audit.Head{Position: e.Position, Hash: e.Hash}
	}
	tamper(t, s, "update chain set position = $1, hash = $2", head.Position, head.Hash)
	return head
}

func verified(t testing.TB, s *Store, heads ...audit.Head) audit.Trail {
	t.Helper()
	trail, err := audit.Verify(t.Context(), s, audit.Expected{Heads: heads})
	require.NoError(t, err)
	return trail
}

func requireFine(t testing.TB, s *Store, events int, heads ...audit.Head) audit.Trail {
	t.Helper()
	trail := verified(t, s, heads...)
	require.Nil(t, trail.Break)
	require.Equal(t, int64(events), trail.Events)
	require.Len(t, trail.Confirmed, len(heads))
	return trail
}

func requireBroken(t testing.TB, s *Store, position int64, problem string, heads ...audit.Head) {
	t.Helper()
	trail := verified(t, s, heads...)
	require.NotNil(t, trail.Break, "not found: %s", problem)
	require.Equal(t, position, trail.Break.Position, trail.Break.Error())
	require.Contains(t, trail.Break.Error(), problem)
}

const trailLength = 7

func TestWhateverIsDoneToOneEventIsFoundAtItsPlace(t *testing.T) {
	tests := map[string]struct {
		statements []string // %[1]d is the position, %[2]d the one after it
		problem    string
		shift      int64 // where it is found, from the position on
	}{
		"the time is altered": {[]string{"update events set at = at + 1 where seq = %[1]d"}, "altered", 0},
		"the kind is altered": {[]string{"update events set kind = 'accepted' where seq = %[1]d"}, "altered",
			0},
		"the operation is altered": {[]string{"update events set operation_id = '' where seq = %[1]d"}, "altered",
			0},
		"the person is altered": {[]string{"update events set actor_id = 'U9' where seq = %[1]d"}, "altered",
			0},
		"the channel is altered": {[]string{"update events set channel_id = 'C9' where seq = %[1]d"}, "altered",
			0},
		"the data is altered": {[]string{"update events set data = '{}' where seq = %[1]d"}, "altered", 0},
		"text moves between two columns": {
			[]string{"update events set actor_id = actor_id || channel_id, channel_id = '' where seq = %[1]d"},
			"altered", 0},
		"the number is altered": {[]string{"update events set seq = 1000 where seq = %[1]d"},
			"missing: the event was deleted", 0},
		"the number is altered everywhere": {[]string{"update events set seq = 1000 where seq = %[1]d",
			"update links set seq = 1000 where seq = %[1]d"}, "altered", 0},
		"the event is deleted": {[]string{"delete from events where seq = %[1]d"}, "missing: the event was deleted", 0},
		"the link is deleted": {[]string{"delete from links where position = %[1]d"}, "missing: its link was deleted",
			0},
		"both are deleted": {[]string{"delete from events where seq = %[1]d",
			"delete from links where position = %[1]d"}, "missing: its link was deleted", 0},
		"both are deleted and the gap is closed": {[]string{"delete from events where seq = %[1]d",
			"delete from links where position = %[1]d",
			"update links set position = -position where position > %[1]d",
			"update links set position = -position - 1 where position < 0",
			"update chain set position = position - 1"}, "altered", 0},
		"the link's hash is altered": {[]string{"update links set hash = '" + noHash + "' where position = %[1]d"},
			"altered: the hash of its link", 0},
		"the time of linking is altered": {
			[]string{"update links set linked_at = linked_at - 1 where position = %[1]d"}, "altered", 0},
		"two links are swapped": {[]string{"update links set seq = -seq where position in (%[1]d, %[2]d)",
			"update links set seq = case position when %[1]d then %[2]d else %[1]d end " +
				"where position in (%[1]d, %[2]d)"},
			"reordered: the event that belongs here, %[1]d, is at position %[2]d", 0},
		"two whole links are swapped": {
			[]string{"update links set position = -position where position in (%[1]d, %[2]d)",
				"update links set position = case position when -%[1]d then %[2]d else %[1]d end where position in " +
					"(-%[1]d, -%[2]d)"}, "altered", 0},
		"two events are swapped": {[]string{"update events set seq = -seq where seq in (%[1]d, %[2]d)",
			"update events set seq = case seq when -%[1]d then %[2]d else %[1]d end where seq in (-%[1]d, -%[2]d)"},
			"altered", 0},
		"one is put in between, with a link": {[]string{"update links set position = -position where position >= %[1]d",
			"update links set position = -position + 1 where position < 0",
			"insert into events (seq, at, kind, operation_id, actor_id, channel_id, data) values (1000, 1, " +
				"'accepted', '', 'U1', 'C1', '{}')",
			"insert into links (position, seq, linked_at, hash) values (%[1]d, 1000, 1, '" + noHash + "')",
			"update chain set position = position + 1"}, "altered", 0},
	}
	onBoth(t, func(t *testing.T, s *Store) {
		trailOf(t, s, trailLength)
		requireFine(t, s, trailLength)
		defenceless(t, s)
		for name, test := range tests {
			for at := int64(1); at < trailLength; at++ {
				restore := saved(t, s)
				for _, statement := range test.statements {
					tamper(t, s, fmt.Sprintf(statement+"%[3]s", at, at+1, ""))
				}
				trail := verified(t, s)
				require.NotNil(t, trail.Break, "%s at %d is not found", name, at)
				require.Equal(t, at, trail.Break.Position, "%s: %v", name, trail.Break)
				require.Contains(t, trail.Break.Problem, strings.NewReplacer("%[1]d", fmt.Sprint(at), "%[2]d",
					fmt.Sprint(at+1)).Replace(test.problem), name)
				require.Equal(t, at-1, trail.Events, "%s: what comes before is fine", name)
				restore()
			}
		}
		requireFine(t, s, trailLength)
	})
}

// SQLite stores any type in any column, and a reader gets the text of a blob, which queries by text do not find.
func TestAColumnOfAnotherTypeIsFound(t *testing.T) {
	t.Parallel()
	s := openNew(t)
	trailOf(t, s, 2)
	require.NoError(t, s.Record(t.Context(), operation.Event{At: clock(), Kind: operation.EventDenied}))
	_, err := s.Link(t.Context())
	require.NoError(t, err)
	requireFine(t, s, 3)
	defenceless(t, s)
	for _, column := range []string{"kind", "operation_id", "actor_id", "channel_id"} {
		for _, value := range []string{column, "'C_PLANTED'", "''"} {
			restore := saved(t, s)
			tamper(t, s, "update events set "+column+" = cast("+value+" as blob) where seq = 3")
			requireBroken(t, s, 3, "altered")
			_, err := audit.Cut(t.Context(), s, clock().AddDate(1, 0, 0), clock(),
				ed25519.NewKeyFromSeed(make([]byte, 32)))
			require.ErrorContains(t, err, "altered")
			restore()
		}
	}
	for _, statement := range []string{"update events set at = cast('0' as blob) where seq = 3",
		"update events set at = at + 0.5 where seq = 3",
		"update links set linked_at = cast('0' as blob) where seq = 3"} {
		restore := saved(t, s)
		tamper(t, s, statement)
		requireBroken(t, s, 3, "altered")
		restore()
	}
	requireFine(t, s, 3)
}

func TestADamagedTextIsFoundAtItsPlaceAndHidesNothing(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		trailOf(t, s, trailLength)
		defenceless(t, s)
		tamper(t, s, "update events set data = $1 where seq = 5", []byte{2, 255, 255, 255})
		requireBroken(t, s, 5, "altered")
		tamper(t, s, "update links set hash = $1 where seq = 5", []byte{1})
		requireBroken(t, s, 5, "altered")
		tamper(t, s, "update events set actor_id = 'U9' where seq = 2")
		requireBroken(t, s, 2, "altered")
	})
}

func TestADamagedEventDoesNotKeepThoseAfterItFromTheirLinks(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		trailOf(t, s, 2)
		for range 3 {
			require.NoError(t, s.Record(t.Context(), event(operation.EventDenied)))
		}
		defenceless(t, s)
		tamper(t, s, "update events set data = $1 where seq = 4", []byte{2, 255, 255, 255})
		n, err := s.Link(t.Context())
		require.NoError(t, err)
		require.Equal(t, 3, n)
		require.Len(t, exported(t, s), 5)
		requireBroken(t, s, 4, "altered")
	})
}

// saved returns what puts the trail back as it is now.
func saved(t *testing.T, s *Store) func() {
	all := exported(t, s)
	return func() {
		for _, table := range []string{"events", "links"} {
			_, err := s.DB().ExecContext(t.Context(), "delete from "+table)
			require.NoError(t, err)
		}
		for _, e := range all {
			tamper(t, s,
				"insert into events (seq, at, kind, operation_id, actor_id, channel_id, data) values ($1, $2, $3, "+
					"$4, $5, $6, $7)",
				e.Seq, e.At, e.Kind, e.OperationID, e.ActorID, e.ChannelID, e.Data)
			tamper(t, s, "insert into links (position, seq, linked_at, hash) values ($1, $2, $3, $4)", e.Position,
				e.Seq, e.LinkedAt, e.Hash)
		}
		last := all[len(all)-1]
		tamper(t, s, "update chain set position = $1, hash = $2", last.Position, last.Hash)
	}
}

func TestATrailThatWasRewrittenOrCutAsAWholeIsFoundAgainstAHead(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		all := trailOf(t, s, trailLength)
		var heads []audit.Head
		for _, e := range all {
			heads = append(heads, audit.Head{Position: e.Position, Hash: e.Hash})
		}
		last := heads[trailLength-1]
		requireFine(t, s, trailLength, heads...)
		defenceless(t, s)
		for from := int64(1); from <= trailLength; from++ {
			restore := saved(t, s)
			tamper(t, s, "update events set actor_id = 'U0EVE' where seq = $1", from)
			forge(t, s, from)
			requireFine(t, s, trailLength)
			requireBroken(t, s, last.Position, "rewritten", last)
			requireBroken(t, s, from, "rewritten", heads...)
			restore()

			tamper(t, s, "delete from events where seq >= $1", from)
			tamper(t, s, "delete from links where position >= $1", from)
			requireBroken(t, s, from,
				"cut: the trail ends at position "+fmt.Sprint(from-1)+", and had been linked up to 7")
			before := audit.Head{Position: 0, Hash: noHash}
			if from > 1 {
				before = heads[from-2]
			}
			tamper(t, s, "update chain set position = $1, hash = $2", before.Position, before.Hash)
			requireFine(t, s, int(from-1))
			requireBroken(t, s, from, "cut: the trail ends before it, and the head that was given is at 7", last)
			restore()
		}
		requireFine(t, s, trailLength, heads...)
	})
}

func TestAnEndThatWasRewrittenIsFound(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		all := trailOf(t, s, trailLength)
		tamper(t, s, "update chain set hash = $1", noHash)
		requireBroken(t, s, trailLength, "the hash at the end of the trail is not the stored one")
		tamper(t, s, "update chain set hash = $1", all[trailLength-1].Hash)
		requireFine(t, s, trailLength)
		tamper(t, s, "update chain set position = $1", trailLength-1)
		requireBroken(t, s, trailLength, "cut: the trail ends at position 7, and had been linked up to 6")
	})
}

func TestEventsThatWereAddedOrDroppedBesideTheChainAreFound(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		trailOf(t, s, trailLength)
		require.NoError(t, s.Record(t.Context(), event(operation.EventDenied)))
		require.Equal(t, int64(1), requireFine(t, s, trailLength).Unlinked, "young, so nothing is wrong")
		require.NoError(t, s.Record(t.Context(), operation.Event{At: clock().Add(-audit.UnlinkedLimit - time.Second),
			Kind: operation.EventDenied}))
		requireBroken(t, s, 0, "not linked for more than 10 minutes: is the bot running?")
		_, err := s.Link(t.Context())
		require.NoError(t, err)
		requireFine(t, s, trailLength+2)

		require.NoError(t, s.Record(t.Context(), event(operation.EventDenied)))
		defenceless(t, s)
		tamper(t, s, "delete from events where seq = 10")
		requireBroken(t, s, 0, "event 10: missing: the event was deleted before it was linked")
		tamper(t, s, "delete from events_pending")
		requireFine(t, s, trailLength+2)
		tamper(t, s,
			"insert into events (seq, at, kind, operation_id, actor_id, channel_id, data) values (1000, 1000, "+
				"'accepted', '', 'U1', 'C1', '{}')")
		requireBroken(t, s, 0,
			"event 1000 (accepted, 1970-01-01 00:00:01.000 UTC): not linked: the bot did not write it")
	})
}

func TestSequencersAtOnceNeverFork(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		const writers, each, sequencers = 4, 50, 4
		done := make(chan struct{})
		var writing, linking sync.WaitGroup
		faults := make(chan error, writers*each+1000)
		for range sequencers {
			linking.Go(func() {
				for {
					if _, err := s.Link(context.WithoutCancel(t.Context())); err != nil {
						faults <- err
						return
					}
					select {
					case <-done:
						return
					default:
					}
				}
			})
		}
		for w := range writers {
			writing.Go(func() {
				for i := range each {
					if err := s.Record(t.Context(), operation.Event{Kind: operation.EventDenied,
						ActorID: fmt.Sprint(w, "-", i)}); err != nil {
						faults <- err
					}
				}
			})
		}
		writing.Wait()
		close(done)
		linking.Wait()
		close(faults)
		for err := range faults {
			require.NoError(t, err)
		}
		_, err := s.Link(t.Context())
		require.NoError(t, err)
		requireFine(t, s, writers*each)
		seen := map[string]bool{}
		for _, e := range exported(t, s) {
			require.False(t, seen[e.ActorID], "twice in the chain")
			seen[e.ActorID] = true
		}
	})
}

func TestEventsThatCommitLateAreLinkedLate(t *testing.T) {
	t.Parallel()
	s := openPostgres(t, postgresURL(t))
	late, err := s.DB().BeginTx(t.Context(), nil)
	require.NoError(t, err)
	_, err = late.ExecContext(t.Context(),
		"insert into events (at, kind, operation_id, actor_id, channel_id, data) values (1000, 'accepted', '', "+
			"'U0LATE', 'C1', 'null')")
	require.NoError(t, err)
	all := trailOf(t, s, 3) // numbers 2 to 4: neither they nor the sequencer wait
	require.Len(t, all, 3)
	require.Equal(t, int64(2), all[0].Seq)
	require.NoError(t, late.Commit())
	n, err := s.Link(t.Context())
	require.NoError(t, err)
	require.Equal(t, 1, n)
	last := exported(t, s)[3]
	require.Equal(t, "U0LATE", last.ActorID)
	require.Equal(t, int64(1), last.Seq)
	requireFine(t, s, 4)
}

func TestLinkingThatIsCutShortGoesOnWhereItWas(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		for range 2*linkRows + 50 {
			require.NoError(t, s.Record(t.Context(), event(operation.EventDenied)))
		}
		n, err := s.linkSome(t.Context()) // and then the process is killed
		require.NoError(t, err)
		require.Equal(t, linkRows, n)
		require.Equal(t, int64(linkRows+50), requireFine(t, s, linkRows).Unlinked)

		tx, err := s.DB().BeginTx(t.Context(), nil) // killed in the middle of a batch
		require.NoError(t, err)
		_, err = tx.ExecContext(t.Context(), "delete from events_pending")
		require.NoError(t, err)
		require.NoError(t, tx.Rollback())

		n, err = s.Link(t.Context())
		require.NoError(t, err)
		require.Equal(t, linkRows+50, n)
		require.Zero(t, requireFine(t, s, 2*linkRows+50).Unlinked)
		n, err = s.Link(t.Context())
		require.NoError(t, err)
		require.Zero(t, n)
	})
}

func TestEventsOfAnOlderVersionAreLinked(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		trailOf(t, s, 3)
		defenceless(t, s)
		for _, statement := range []string{"delete from links", "update chain set position = 0, hash = '" + noHash +
			"'",
			"insert into events_pending (seq) select seq from events"} { // as migration 6 does
			tamper(t, s, statement)
		}
		_, err := s.Link(t.Context())
		require.NoError(t, err)
		requireFine(t, s, 3)
	})
}
