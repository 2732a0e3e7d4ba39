package health

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestReportSaysEachReasonAndTheNextStep(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 12, 1, 3, 0, 0, 0, time.UTC)
	r := Report{Reasons: []Reason{
		NewReason(Database, errors.New("journal: the disk is full\nfree some room"), at),
		NewReason(Policy, errors.New("policy: not the newest"), at)}}
	require.Equal(t, "not ready: journal: the disk is full; free some room; policy: not the newest\n", r.Text())
	text, err := json.Marshal(r.Reasons[0])
	require.NoError(t, err)
	require.JSONEq(t, `{"code": "database", "words": "journal: the disk is full; free some room",
		"since": "2026-12-01T03:00:00Z", "next": "check the disk, or the PostgreSQL server",
		"runbook": "deploy/docs/runbook.md#the-database-takes-no-write"}`, string(text))
	for _, code := range Codes() {
		reason := NewReason(code, errors.New("x"), at)
		require.NotEmpty(t, reason.Next, code)
		require.NotEqual(t, runbook, reason.Runbook, code)
	}
	require.Len(t, steps(), len(Codes()))
}

func TestReportOfAPausedBotIsReadyAndSaysWhoPausedIt(t *testing.T) {
	t.Parallel()
	r := Report{Ready: true, Paused: &Pause{Since: time.Date(2026, 12, 1, 3, 0, 0, 0, time.UTC), By: "U0ANA"}}
	require.Equal(t, "ready\npaused since 2026-12-01 03:00:00 UTC by U0ANA\n", r.Text())
	require.Equal(t, "ready\n", Report{Ready: true}.Text())
}

func TestTrackerKeepsWhenAReasonWasFirstNoticed(t *testing.T) {
	t.Parallel()
	var tracker Tracker
	first, known := time.Unix(100, 0), time.Unix(50, 0)
	note := func(at time.Time, list ...Reason) []Reason {
		tracker.Note(list, at)
		return list
	}
	require.Equal(t, first, note(first, Reason{Code: Database})[0].Since)
	require.Equal(t, first, note(first.Add(time.Minute), Reason{Code: Database})[0].Since, "the same outage")
	require.Equal(t, known, note(first, Reason{Code: Policy, Since: known})[0].Since, "the cause knows better")
	again := first.Add(time.Hour)
	require.Equal(t, again, note(again, Reason{Code: Database})[0].Since, "it had ended in between")
}
