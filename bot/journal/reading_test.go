package journal

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot/operation"
)

// acceptAt stores an operation of a person that was accepted at a time.
func acceptAt(t *testing.T, s *Store, name, user string, at time.Time) operation.Operation {
	t.Helper()
	op := draft(name, "server-"+name)
	op.Actor.UserID = user
	a := accepted(op)
	a.Operation.ClickedAt, a.Operation.Version, a.Insert = at, 1, true
	require.NoError(t, s.Accept(t.Context(), a))
	return a.Operation
}

func refs(ops []operation.Operation) []string {
	var r []string
	for _, op := range ops {
		r = append(r, op.Ref)
	}
	return r
}

func recordsEvents(t *testing.T, s *Store) {
	e := event(operation.EventDenied)
	require.NoError(t, s.Record(t.Context(), e))
	require.NoError(t, s.Record(t.Context(), operation.Event{Kind: operation.EventStatus}))
	events, err := s.Events(t.Context(), "")
	require.NoError(t, err)
	require.Equal(t, []operation.Event{e, {At: clock(), Kind: operation.EventStatus}}, events)
}

func guardsEvents(t *testing.T, s *Store) {
	require.NoError(t, s.Record(t.Context(), event(operation.EventDenied)))
	for _, statement := range []string{"update events set kind = 'other'", "delete from events"} {
		_, err := s.DB().ExecContext(t.Context(), statement)
		require.ErrorContains(t, err, "events are never")
	}
	require.Equal(t, []string{operation.EventDenied}, kinds(t, s, ""))
}

func countsAcceptances(t *testing.T, s *Store) {
	acceptAt(t, s, "LATE22", "U1", clock().Add(2*time.Minute))
	acceptAt(t, s, "EARLY2", "U1", clock().Add(-time.Minute))
	acceptAt(t, s, "EXACT2", "U1", clock())
	acceptAt(t, s, "OTHER2", "U2", clock())
	saveDraft(t, s, draft("DRAFT2", "server-x"))
	times, err := s.AcceptedSince(t.Context(), "U1", clock())
	require.NoError(t, err)
	require.Equal(t, []time.Time{clock(), clock().Add(2 * time.Minute)}, times)
	times, err = s.AcceptedSince(t.Context(), "U3", clock())
	require.NoError(t, err)
	require.Empty(t, times)
}

func listsUnreported(t *testing.T, s *Store) {
	ctx := t.Context()
	second := acceptAt(t, s, "SECOND", "U1", clock().Add(time.Second))
	first := acceptAt(t, s, "FIRST2", "U1", clock())
	acceptAt(t, s, "TOOLATE", "U1", clock().Add(time.Minute))
	saveDraft(t, s, draft("DRAFT2", "server-x"))
	shown := acceptAt(t, s, "SHOWN2", "U1", clock())
	cardKept(t)(s.Cards(OwnCard).SaveCard(ctx, shown.ID, operation.Card{Channel: "C1", TS: "1.1", Shown: 1}))
	closed := acceptAt(t, s, "CLOSED", "U1", clock())
	cardKept(t)(s.Cards(OwnCard).SaveCard(ctx, closed.ID, operation.Card{Channel: "C1", TS: "1.2", Shown: 1,
		Closed: true}))

	ops, err := s.Unreported(ctx, clock().Add(time.Minute), "", 10)
	require.NoError(t, err)
	require.Equal(t, []string{"LBR-FIRST2", "LBR-SECOND", "LBR-SHOWN2"}, refs(ops))
	first.Run = 0 // lists do not say it
	require.Equal(t, first, ops[0])
	rest, err := s.Unreported(ctx, clock().Add(time.Minute), ops[0].ID, 10)
	require.NoError(t, err)
	require.Equal(t, refs(ops)[1:], refs(rest), "page by page")
	last, err := s.Unreported(ctx, clock().Add(time.Minute), ops[2].ID, 10)
	require.NoError(t, err)
	require.Empty(t, last)

	require.NoError(t, s.Save(ctx, moveTo(second, operation.Done), event(operation.EventFinished)))
	ops, err = s.Unreported(ctx, clock().Add(time.Minute), "", 10)
	require.NoError(t, err)
	require.Contains(t, refs(ops), second.Ref, "final is not yet reported")
	ops, err = s.Unreported(ctx, clock().Add(time.Minute), "", 1)
	require.NoError(t, err)
	require.Equal(t, []string{"LBR-FIRST2"}, refs(ops))
	ops, err = s.Unreported(ctx, clock().Add(time.Minute), "", -1)
	require.NoError(t, err)
	require.Empty(t, ops)
}

func pagesHistory(t *testing.T, s *Store) {
	ctx := t.Context()
	for i := range 5 {
		// pairs share a moment
		acceptAt(t, s, fmt.Sprintf("PAGE%d", i), fmt.Sprintf("U%d", i%2), clock().Add(time.Duration(i/2)*time.Second))
	}
	saveDraft(t, s, draft("DRAFT2", "server-x"))
	ops, err := s.Search(ctx, Filter{Limit: 9})
	require.NoError(t, err)
	require.Equal(t, []string{"LBR-PAGE4", "LBR-PAGE3", "LBR-PAGE2", "LBR-PAGE1", "LBR-PAGE0"}, refs(ops))
	ops, err = s.Search(ctx, Filter{Limit: 2})
	require.NoError(t, err)
	require.Equal(t, []string{"LBR-PAGE4", "LBR-PAGE3"}, refs(ops))
	ops, err = s.Search(ctx, Filter{})
	require.NoError(t, err)
	require.Empty(t, ops)
}

func remembersPost(t *testing.T, s *Store) {
	for name, c := range map[string]Cards{"own": s.Cards(OwnCard), "approval": s.Cards(ApprovalCard)} {
		t.Run(name, func(t *testing.T) { remembersPostOf(t, acceptAt(t, s, "ABC23"+name[:1], "U1", clock()), c) })
	}
}

func remembersPostOf(t *testing.T, op operation.Operation, s Cards) {
	ctx := t.Context()
	cardKept(t)(s.SaveCard(ctx, op.ID, operation.Card{})) // the post that the acceptance began did not happen
	c, err := s.Card(ctx, op.ID)
	require.NoError(t, err)
	require.Equal(t, operation.Card{}, c)

	before, err := s.BeginPost(ctx, op.ID, clock())
	require.NoError(t, err)
	require.Equal(t, operation.Card{}, before, "nothing was begun before")
	before, err = s.BeginPost(ctx, op.ID, clock().Add(time.Minute))
	require.NoError(t, err)
	require.Equal(t, operation.Card{Posting: clock()}, before, "the post whose answer is not stored")
	c, err = s.Card(ctx, op.ID)
	require.NoError(t, err)
	require.Equal(t, operation.Card{Posting: clock()}, c)

	posted := operation.Card{Channel: "C1", TS: "1.1", Shown: 1, Posting: clock()}
	cardKept(t)(s.SaveCard(ctx, op.ID, posted))
	posted.Posting = time.Time{}
	c, err = s.Card(ctx, op.ID)
	require.NoError(t, err)
	require.Equal(t, posted, c)
	before, err = s.BeginPost(ctx, op.ID, clock().Add(time.Hour))
	require.NoError(t, err)
	require.Equal(t, posted, before, "posting anew keeps the old place until it is done")
}

// cardKept requires that a card was stored; what it was before does not matter.
func cardKept(t *testing.T) func(operation.Card, error) {
	t.Helper()
	return func(_ operation.Card, err error) {
		t.Helper()
		require.NoError(t, err)
	}
}

func cardNeverGoesBack(t *testing.T, s *Store) {
	for name, c := range map[string]Cards{"own": s.Cards(OwnCard), "approval": s.Cards(ApprovalCard)} {
		t.Run(name, func(t *testing.T) { cardNeverGoesBackOf(t, acceptAt(t, s, "ABC23"+name[:1], "U1", clock()), c) })
	}
}

func cardNeverGoesBackOf(t *testing.T, op operation.Operation, s Cards) {
	ctx := t.Context()
	for _, step := range []struct {
		save, want operation.Card
	}{
		{operation.Card{Channel: "C1", TS: "1.1", Shown: 3}, operation.Card{Channel: "C1", TS: "1.1", Shown: 3}},
		{operation.Card{Channel: "C9", TS: "9.9", Shown: 2}, operation.Card{Channel: "C1", TS: "1.1", Shown: 3}},
		{operation.Card{Channel: "C2", TS: "2.2", Shown: 3}, operation.Card{Channel: "C2", TS: "2.2", Shown: 3}},
		{operation.Card{Channel: "C2", TS: "2.2", Shown: 4, Closed: true}, operation.Card{Channel: "C2", TS: "2.2",
			Shown: 4, Closed: true}},
		{operation.Card{Channel: "C1", TS: "1.1", Shown: 3}, operation.Card{Channel: "C2", TS: "2.2", Shown: 4,
			Closed: true}},
		{operation.Card{Channel: "C2", TS: "2.2", Shown: 5}, operation.Card{Channel: "C2", TS: "2.2", Shown: 5,
			Closed: true}},
	} {
		was, err := s.Card(ctx, op.ID)
		require.NoError(t, err)
		before, err := s.SaveCard(ctx, op.ID, step.save)
		require.NoError(t, err)
		require.Equal(t, was, before)
		c, err := s.Card(ctx, op.ID)
		require.NoError(t, err)
		require.Equal(t, step.want, c)
	}
}

func theFirstPlaceCounts(t *testing.T, s *Store) {
	op := acceptAt(t, s, "ABC234", "U1", clock())
	for name, c := range map[string]Cards{"own": s.Cards(OwnCard), "approval": s.Cards(ApprovalCard)} {
		t.Run(name, func(t *testing.T) { theFirstPlaceCountsOf(t, op, c) })
	}
	open, err := s.Unreported(t.Context(), clock().Add(time.Hour), "", 10)
	require.NoError(t, err)
	require.Empty(t, open, "a closed card was answered")
}

func theFirstPlaceCountsOf(t *testing.T, op operation.Operation, s Cards) {
	ctx := t.Context()
	cardKept(t)(s.SaveCard(ctx, op.ID, operation.Card{}))
	first := operation.Card{Channel: "C1", TS: "1.1", Shown: 2}
	places := func(c operation.Card, gone string, before, after operation.Card, why string) {
		t.Helper()
		was, err := s.PlaceCard(ctx, op.ID, c, gone)
		require.NoError(t, err)
		require.Equal(t, before, was)
		now, err := s.Card(ctx, op.ID)
		require.NoError(t, err)
		require.Equal(t, after, now, why)
	}
	places(first, "", operation.Card{}, first, "the first one")
	places(operation.Card{Channel: "C1", TS: "2.2", Shown: 3, Closed: true}, "", first, first, "another was faster")
	places(first, "", first, first, "the same again")
	anew := operation.Card{Channel: "C1", TS: "3.3", Shown: 3, Closed: true}
	places(anew, "1.1", first, anew, "the first one is gone")
}

func cardOfNothing(t *testing.T, s *Store) {
	for _, c := range []Cards{s.Cards(OwnCard), s.Cards(ApprovalCard)} {
		_, err := c.BeginPost(t.Context(), "id-none", clock())
		require.Equal(t, operation.ErrNotFound, err)
		_, err = c.SaveCard(t.Context(), "id-none", operation.Card{TS: "1.1"})
		require.Equal(t, operation.ErrNotFound, err)
		_, err = c.PlaceCard(t.Context(), "id-none", operation.Card{TS: "1.1"}, "")
		require.Equal(t, operation.ErrNotFound, err)
	}
}

// storedAsText stores an accepted operation as versions before 0.2 did, without an event.
func storedAsText(t *testing.T, s *Store) operation.Operation {
	t.Helper()
	op := accepted(draft("ABC234", "server-1")).Operation
	require.NoError(t, s.put(t.Context(), "storing", &op, s.insert(&op, clock()), operation.Event{}))
	record, err := json.Marshal(op)
	require.NoError(t, err)
	_, err = s.DB().ExecContext(t.Context(), "update operations set record = $1", string(record))
	require.NoError(t, err)
	return op
}

func keepsOldCards(t *testing.T, s *Store) {
	ctx := t.Context()
	op := storedAsText(t, s)
	cards := map[string]operation.Card{
		"cards":          {Channel: "C1", TS: "1.1", Shown: 3, Closed: true},
		"approval_cards": {Channel: "C2", TS: "2.2", Shown: 2, Posting: clock()},
	}
	_, err := s.DB().ExecContext(ctx, "delete from cards")
	require.NoError(t, err)
	p, err := s.provider()
	require.NoError(t, err)
	_, err = p.DownTo(ctx, 39)
	require.NoError(t, err)
	for table, c := range cards {
		_, err = s.DB().ExecContext(ctx, "insert into "+table+
			" (operation_id, channel, ts, posting_at, shown_version, closed, updated_at) values ($1, $2, $3, $4, "+
			"$5, $6, 0)",
			op.ID, c.Channel, c.TS, millis(c.Posting), c.Shown, c.Closed)
		require.NoError(t, err)
	}
	_, err = p.Up(ctx)
	require.NoError(t, err)
	own, err := s.Cards(OwnCard).Card(ctx, op.ID)
	require.NoError(t, err)
	require.Equal(t, cards["cards"], own)
	asked, err := s.Cards(ApprovalCard).Card(ctx, op.ID)
	require.NoError(t, err)
	require.Equal(t, cards["approval_cards"], asked)
}

// cardsAreApart also proves that a closed approval card answers for nothing:
// the operation stays unreported until its own card is closed.
func cardsAreApart(t *testing.T, s *Store) {
	ctx := t.Context()
	op := acceptAt(t, s, "ABC234", "U1", clock())
	asked := operation.Card{Channel: "C2", TS: "2.2", Shown: 5, Closed: true}
	cardKept(t)(s.Cards(ApprovalCard).SaveCard(ctx, op.ID, asked))
	c, err := s.Cards(OwnCard).Card(ctx, op.ID)
	require.NoError(t, err)
	require.Equal(t, operation.Card{Posting: clock()}, c)
	open, err := s.Unreported(ctx, clock().Add(time.Hour), "", 10)
	require.NoError(t, err)
	require.Len(t, open, 1)
	cardKept(t)(s.Cards(OwnCard).SaveCard(ctx, op.ID, operation.Card{Channel: "C1", TS: "1.1", Shown: 4, Closed: true}))
	c, err = s.Cards(ApprovalCard).Card(ctx, op.ID)
	require.NoError(t, err)
	require.Equal(t, asked, c)
}

func pings(t *testing.T, s *Store) {
	require.NoError(t, s.Ping(t.Context()))
	require.NoError(t, s.Ping(t.Context()))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, s.Ping(ctx), context.Canceled)
	_, err := s.DB().ExecContext(t.Context(), "drop table pulse")
	require.NoError(t, err)
	require.ErrorContains(t, s.Ping(t.Context()), "writing to journal "+s.name)
	require.NoError(t, s.Close())
	require.Error(t, s.Ping(t.Context()))
}

func closedStoreFails(t *testing.T, s *Store) {
	ctx := t.Context()
	require.NoError(t, s.Close())
	_, reading := s.Operation(ctx, "LBR-ABC234")
	_, listing := s.Unreported(ctx, clock(), "", 1)
	_, counting := s.AcceptedSince(ctx, "U1", clock())
	_, remembering := s.Claim(ctx, "key")
	_, paging := s.Search(ctx, Filter{Limit: 1})
	_, pruning := s.Prune(ctx, clock())
	_, events := s.Events(ctx, "id")
	_, card := s.Cards(OwnCard).Card(ctx, "id")
	_, post := s.Cards(OwnCard).BeginPost(ctx, "id", clock())
	_, save := s.Cards(OwnCard).SaveCard(ctx, "id", operation.Card{})
	for _, err := range []error{
		reading, listing, counting, remembering, paging, pruning, events, card, post,
		s.SaveDraft(ctx, draft("ABC234", "server-1"), event(operation.EventPreviewed)),
		s.Accept(ctx, accepted(draft("ABC234", "server-1"))),
		s.Save(ctx, draft("ABC234", "server-1"), event(operation.EventFinished)),
		s.Record(ctx, event(operation.EventDenied)),
		save,
	} {
		require.ErrorContains(t, err, "journal "+s.name)
		require.False(t, named(err), "%v", err)
	}
}
