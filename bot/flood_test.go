package bot_test

import (
	"database/sql"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot/operation"
)

// Whoever types on gets an answer each time, and the last preview still works,
// but the trail grows by ten events and a count.
func TestTypingOnIsAnsweredAndCountedInsteadOfStored(t *testing.T) {
	t.Parallel()
	h := open(t, nil)
	const typed = operation.StoredAlone + 4
	for n := range typed {
		h.types(gil, ops, fmt.Sprintf("lst-8f2c web-%02d", n))
		h.types(ana, incident, fmt.Sprintf(`lst-8f2c web-07 weight=20 ports=8443 reason="try %d"`, n))
		h.sees(ana, incident, "Preview", fmt.Sprintf("try %d", n))
	}
	require.Eventually(t, func() bool {
		told := 0
		for _, m := range h.slack.Messages(ops, gil) {
			if m.Ephemeral && has(m, "Guests cannot use this command") {
				told++
			}
		}
		return told == typed
	}, 20*time.Second, 10*time.Millisecond, "each is answered")
	h.clicks(ana, h.sees(ana, incident, "Preview", fmt.Sprintf("try %d", typed-1)), "req_send")
	h.sees(ana, incident, "Added")

	j := h.reader()
	kinds := map[string]int{}
	require.Eventually(t, func() bool { // links of the chain come every 2 s
		clear(kinds)
		entries, err := j.Entries(t.Context(), 0, 1000)
		require.NoError(t, err)
		for _, e := range entries {
			kinds[e.Kind]++
		}
		return kinds[operation.EventFinished] == 1
	}, 20*time.Second, 50*time.Millisecond)
	require.Equal(t, operation.StoredAlone, kinds[operation.EventDenied])
	require.Equal(t, operation.StoredAlone, kinds[operation.EventPreviewed])
	db, err := sql.Open("sqlite", h.file())
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	rows, err := db.QueryContext(t.Context(), "select kind, record from tallies order by kind")
	require.NoError(t, err)
	defer func() { require.NoError(t, rows.Close()) }()
	for _, want := range []string{operation.EventDenied, operation.EventPreviewed} {
		var kind, record string
		require.True(t, rows.Next())
		require.NoError(t, rows.Scan(&kind, &record))
		require.Equal(t, want, kind)
		require.Contains(t, record, fmt.Sprintf(`"count":%d`, typed-operation.StoredAlone), "the rest is counted")
	}
	require.NoError(t, rows.Err())
	h.calm()
}
