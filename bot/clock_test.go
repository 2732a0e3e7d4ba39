package bot_test

import (
	"database/sql"
	"encoding/base64"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/zenlayer/zenlayertest"
)

// waits returns until when the engine remembers to wait, by the row that says
// so, of waits that are not over for a while.
func (h *house) waits(db *sql.DB) map[int]time.Time {
	h.t.Helper()
	rows, err := db.QueryContext(h.t.Context(),
		"select rowid, output from operation_outputs where function_name = 'DBOS.sleep'")
	require.NoError(h.t, err)
	defer func() { require.NoError(h.t, rows.Close()) }()
	waits := map[int]time.Time{}
	for rows.Next() {
		var row int
		var output string
		require.NoError(h.t, rows.Scan(&row, &output))
		text, err := base64.StdEncoding.DecodeString(output)
		require.NoError(h.t, err)
		ms, err := strconv.ParseInt(string(text), 10, 64)
		require.NoError(h.t, err, "%s", text)
		if until := time.UnixMilli(ms); time.Until(until) > 2*time.Second {
			waits[row] = until
		}
	}
	require.NoError(h.t, rows.Err())
	return waits
}

// TestAWaitIsEndedWhenTheClockWasSetBackMeanwhile moves what is stored an hour
// ahead while the bot is down: that is what a clock that was set back meets.
func TestAWaitIsEndedWhenTheClockWasSetBackMeanwhile(t *testing.T) {
	t.Parallel()
	h := stand(t, nil)
	h.cloud.Inject(zenlayertest.Fault{Kind: zenlayertest.AnswerLost, Action: "RegisterBackend"})
	// the preview, the click and the last check
	h.cloud.Inject(zenlayertest.Fault{Kind: zenlayertest.BadGateway, Action: "DescribeBackends", Skip: 6, Times: -1})
	p := h.launch()
	h.types(ana, incident, good)
	h.clicks(ana, h.sees(ana, incident, "Preview"), "req_send")
	db, err := sql.Open("sqlite", h.file())
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	require.Eventually(t, func() bool { return len(h.waits(db)) > 0 }, 60*time.Second, 20*time.Millisecond,
		"it never waits for long")
	p.kill()
	h.cloud.ClearFaults()
	for row, until := range h.waits(db) {
		text := base64.StdEncoding.EncodeToString([]byte(strconv.FormatInt(until.Add(time.Hour).UnixMilli(), 10)))
		_, err := db.ExecContext(t.Context(), "update operation_outputs set output = $1 where rowid = $2", text, row)
		require.NoError(t, err)
	}
	h.older(-time.Hour, "$.clicked_at", "$.attempts[0].sent_at")
	h.launch()
	h.sees("U0BO", incident, "Added", "The answer was lost")
	require.Len(t, h.registerBodies(), 1)
	require.Len(t, h.cards(incident), 1)
}
