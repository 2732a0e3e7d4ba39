package operation_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"lbbot/bot/operation"
)

func deniedAt(at time.Time, listener string) operation.Event {
	return operation.Event{At: at, Kind: operation.EventDenied, ActorID: "U0ELI", ChannelID: "C1",
		Data: map[string]string{"code": "no_rule", "listener": listener, "name": "eli", "team": "T1"}}
}

func TestTenEventsAreStoredAloneAndTheRestAsOne(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	var tally operation.Tally
	for n := range operation.StoredAlone {
		require.True(t, tally.Note(deniedAt(at.Add(time.Duration(n)*time.Second), "lst-1")))
		require.True(t, tally.Due().IsZero())
	}
	first := at.Add(time.Minute)
	for n := range 37 {
		require.False(t, tally.Note(deniedAt(first.Add(time.Duration(n)*time.Second), fmt.Sprintf("lst-%d", n%3))))
	}
	require.Equal(t, first.Add(operation.StoredWithin), tally.Due())
	require.False(t, tally.Over(tally.Due().Add(-time.Millisecond)))
	require.True(t, tally.Over(tally.Due()))
	require.True(t, tally.Over(first.Add(-time.Hour)), "a clock that was set back")
	e := tally.Summary(operation.EventDenied, "U0ELI")
	require.Equal(t, operation.Event{At: first.Add(36 * time.Second), Kind: operation.EventDeniedMore,
		ActorID: "U0ELI", ChannelID: "C1",
		Data: map[string]string{"count": "37", "first": "2026-03-01T12:01:00.000Z", "last": "2026-03-01T12:01:36.000Z",
			"listeners": "lst-0 lst-1 lst-2", "channels": "C1", "codes": "no_rule", "name": "eli", "team": "T1"}}, e)
	require.Equal(t, 37, e.Summarised())
	require.True(t, tally.Due().IsZero(), "it begins anew")

	elsewhere := deniedAt(first, "lst-1")
	elsewhere.ChannelID = "C2"
	tally.Note(deniedAt(first, "lst-1"))
	tally.Note(elsewhere)
	e = tally.Summary(operation.EventDenied, "U0ELI")
	require.Empty(t, e.ChannelID)
	require.Equal(t, "C1 C2", e.Data["channels"])
}

func TestASummaryNamesABoundedNumberOfListeners(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	var tally operation.Tally
	for n := range 1000 {
		tally.Note(deniedAt(at, fmt.Sprintf("lst-%d", n)))
	}
	require.Len(t, tally.Listeners, 20)
	require.Equal(t, "yes", tally.Summary(operation.EventDenied, "U0ELI").Data["more_listeners"])
}

// Whenever events come, and however the clock jumps: each is stored alone or
// counted, and little is stored in any ten minutes.
func TestEveryEventIsCountedOnceAndLittleIsStored(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
		jumps := rapid.Bool().Draw(t, "the clock jumps")
		var tally operation.Tally
		var stored []time.Time
		total, counted := 0, 0
		store := func(e operation.Event) {
			stored = append(stored, now)
			counted += e.Summarised()
		}
		for range rapid.IntRange(1, 300).Draw(t, "events") {
			step := time.Duration(rapid.IntRange(0, 60_000).Draw(t, "ms")) * time.Millisecond
			if now = now.Add(step); jumps && rapid.IntRange(0, 20).Draw(t, "jump") == 0 {
				now = now.Add(time.Duration(rapid.IntRange(-100, 100).Draw(t, "hours")) * time.Hour)
			}
			if tally.Over(now) {
				store(tally.Summary(operation.EventDenied, "U0ELI"))
			}
			total++
			if e := deniedAt(now, "lst-1"); tally.Note(e) {
				store(e)
			}
			require.LessOrEqual(t, len(tally.Alone), operation.StoredAlone)
		}
		require.Equal(t, total, counted+tally.Count)
		if jumps {
			return
		}
		for i, at := range stored {
			n := 0
			for _, other := range stored[i:] {
				if other.Sub(at) < operation.StoredWithin {
					n++
				}
			}
			require.LessOrEqual(t, n, operation.StoredAlone+2, "in ten minutes")
		}
	})
}
