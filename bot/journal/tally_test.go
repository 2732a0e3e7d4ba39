package journal

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"lbbot/bot/operation"
	"lbbot/bot/operation/history"
)

func floodEvent(kind, person string, at time.Time) operation.Event {
	return operation.Event{At: at, Kind: kind, ActorID: person, ChannelID: "C1",
		Data: map[string]string{"code": "no_rule", "listener": "lst-1"}}
}

// stored counts the events of a kind, and how many events they stand for.
func stored(t *testing.T, s *Store, kind string) (lines, events int) {
	t.Helper()
	_, err := s.Link(t.Context())
	require.NoError(t, err)
	for _, entry := range exported(t, s) {
		e, err := entry.Event()
		require.NoError(t, err)
		if e.Kind == kind || e.Kind == operation.SummaryOf(kind) {
			lines++
			events += e.Summarised()
		}
	}
	return lines, events
}

// All processes count together, and a summary is written by one of them.
func countsAFlood(t *testing.T, s *Store) {
	const people, each = 3, 40
	won := atOnce(people*each, func(i int) error {
		return s.RecordBounded(t.Context(), floodEvent(operation.EventDenied, fmt.Sprint("U", i%people), clock()))
	}, func(err error) { require.NoError(t, err) })
	require.Equal(t, people*each, won)
	lines, _ := stored(t, s, operation.EventDenied)
	require.Equal(t, people*operation.StoredAlone, lines)

	n, err := s.Summarise(t.Context(), clock().Add(operation.StoredWithin-time.Second))
	require.NoError(t, err)
	require.Zero(t, n, "not yet")
	later := clock().Add(operation.StoredWithin)
	atOnce(5, func(int) error { _, err := s.Summarise(t.Context(), later); return err },
		func(err error) { require.NoError(t, err) })
	lines, events := stored(t, s, operation.EventDenied)
	require.Equal(t, people*(operation.StoredAlone+1), lines)
	require.Equal(t, people*each, events, "every denial is counted")
	requireFine(t, s, lines)

	list, err := s.Denials(t.Context(), history.Page{Limit: 100})
	require.NoError(t, err)
	more := 0
	for _, d := range list {
		if d.Event.Kind == operation.EventDeniedMore {
			more++
			require.Equal(t, "30", d.Event.Data["count"])
			require.Equal(t, "lst-1", d.Event.Data["listeners"])
		}
	}
	require.Equal(t, people, more, "history reads them with the denials")

	// The next one after the time is stored by itself, behind what was counted.
	for range operation.StoredAlone + 5 {
		require.NoError(t, s.RecordBounded(t.Context(), floodEvent(operation.EventDenied, "U0", later)))
	}
	require.NoError(t, s.RecordBounded(t.Context(), floodEvent(operation.EventDenied, "U0",
		later.Add(operation.StoredWithin))))
	lines, events = stored(t, s, operation.EventDenied)
	require.Equal(t, people*(operation.StoredAlone+1)+operation.StoredAlone+2, lines)
	require.Equal(t, people*each+operation.StoredAlone+6, events)

	_, err = s.Summarise(t.Context(), later.Add(24*time.Hour))
	require.NoError(t, err)
	var rows int
	require.NoError(t, s.DB().QueryRowContext(t.Context(), "select count(*) from tallies").Scan(&rows))
	require.Zero(t, rows, "nothing is kept of people who caused nothing for long")
}

// One tally that cannot be read holds up neither the others nor its person.
func skipsAnUnreadableTally(t *testing.T, s *Store) {
	core, logs := observer.New(zap.ErrorLevel)
	s.log = zap.New(core)
	flood := func(person string, n int, at time.Time) {
		for range n {
			require.NoError(t, s.RecordBounded(t.Context(), floodEvent(operation.EventDenied, person, at)))
		}
	}
	damage := func(person string) {
		_, err := s.DB().ExecContext(t.Context(), "update tallies set record = $1 where actor_id = $2",
			`{"count": "many"`, person)
		require.NoError(t, err)
	}
	flood("U1", 15, clock())
	flood("U2", 15, clock().Add(time.Second)) // due behind the damaged one
	damage("U1")
	later := clock().Add(operation.StoredWithin + time.Second)
	_, err := s.Summarise(t.Context(), later)
	require.NoError(t, err)
	_, events := stored(t, s, operation.EventDenied)
	require.Equal(t, operation.StoredAlone+15, events, "those of U2 are all counted")
	require.Equal(t, 1, logs.Len())
	require.Equal(t, "U1", logs.All()[0].ContextMap()["actor"])
	n, err := s.Summarise(t.Context(), later)
	require.NoError(t, err)
	require.Zero(t, n, "the damaged one is not due again")

	damage("U1")
	flood("U1", 15, later) // of which nothing fails
	require.Equal(t, 2, logs.Len())
	_, err = s.Summarise(t.Context(), later.Add(operation.StoredWithin))
	require.NoError(t, err)
	_, events = stored(t, s, operation.EventDenied)
	require.Equal(t, operation.StoredAlone+15+15, events, "the count begins anew")
}

func forgetsDraftsOfAFlood(t *testing.T, s *Store) {
	now := clock()
	s.now = func() time.Time { return now }
	preview := func(n int) operation.Operation {
		op := draft(fmt.Sprintf("F%03d", n), fmt.Sprint("server-", n))
		require.NoError(t, s.SaveDraft(t.Context(), op, floodEvent(operation.EventPreviewed, "U1", now)))
		return op
	}
	drafts := func() (n int) {
		require.NoError(t, s.DB().QueryRowContext(t.Context(),
			"select count(*) from operations where accepted_at is null").Scan(&n))
		return n
	}
	accept(t, s, preview(0))
	other := draft("OTHER", "server-x")
	other.Actor.UserID = "U2"
	require.NoError(t, s.SaveDraft(t.Context(), other, floodEvent(operation.EventPreviewed, "U2", now)))
	most := 0
	for n := range 200 { // one each 15 s, for 50 minutes
		now = now.Add(15 * time.Second)
		preview(n + 1)
		most = max(most, drafts())
	}
	require.LessOrEqual(t, most, 85, "the last ten minutes, and those that are stored alone")
	lines, _ := stored(t, s, operation.EventPreviewed)
	require.Less(t, lines, 70)
	now = now.Add(operation.StoredWithin)
	_, err := s.Summarise(t.Context(), now)
	require.NoError(t, err)
	_, events := stored(t, s, operation.EventPreviewed)
	require.Equal(t, 202, events)
	_, err = s.Operation(t.Context(), "LBR-F000")
	require.NoError(t, err, "what was accepted stays")
	_, err = s.Operation(t.Context(), other.Ref)
	require.NoError(t, err, "drafts of others stay")
	last, err := s.Operation(t.Context(), "LBR-F200")
	require.NoError(t, err)
	accept(t, s, last)
}

func prunesDrafts(t *testing.T, s *Store) {
	accept(t, s, saveDraft(t, s, draft("ABC234", "server-1")))
	old := saveDraft(t, s, draft("XYZ567", "server-2"))
	now := clock().Add(48 * time.Hour)
	s.now = func() time.Time { return now }
	fresh := saveDraft(t, s, draft("NEW234", "server-3"))
	n, err := s.PruneDrafts(t.Context(), now)
	require.NoError(t, err)
	require.Equal(t, int64(1), n)
	_, err = s.Operation(t.Context(), old.Ref)
	require.ErrorIs(t, err, operation.ErrNotFound)
	for _, ref := range []string{fresh.Ref, "LBR-ABC234"} {
		_, err = s.Operation(t.Context(), ref)
		require.NoError(t, err)
	}
	require.Equal(t, []string{operation.EventPreviewed}, kinds(t, s, old.ID), "its event stays")
}

// What was counted is on disk with each denial: a process that dies loses
// nothing of it.
func TestACountSurvivesTheProcess(t *testing.T) {
	t.Parallel()
	path := t.TempDir() + "/lbbot.db"
	s := openFile(t, path)
	for range 25 {
		require.NoError(t, s.RecordBounded(t.Context(), floodEvent(operation.EventDenied, "U1", clock())))
	}
	require.NoError(t, s.Close())
	s = openFile(t, path)
	_, err := s.Summarise(t.Context(), clock().Add(operation.StoredWithin))
	require.NoError(t, err)
	lines, events := stored(t, s, operation.EventDenied)
	require.Equal(t, operation.StoredAlone+1, lines)
	require.Equal(t, 25, events)

	for range 25 { // and a clock that is set back does not keep it for long
		require.NoError(t, s.RecordBounded(t.Context(), floodEvent(operation.EventDenied, "U2",
			clock().Add(24*time.Hour))))
	}
	_, err = s.Summarise(t.Context(), clock())
	require.NoError(t, err)
	_, events = stored(t, s, operation.EventDenied)
	require.Equal(t, 50, events)
}
