package bot_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/zenlayer/zenlayertest"
)

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
	db := h.database()
	require.Eventually(t, func() bool {
		return len(column(t, db, `select id from operations where json_extract(record, '$.state') = 'unconfirmed'
			and julianday(json_extract(record, '$.wait_until')) > julianday('now', '+2 seconds')`)) > 0
	}, 60*time.Second, 20*time.Millisecond, "it never waits for long")
	p.kill()
	h.cloud.ClearFaults()
	h.older(-time.Hour, "$.clicked_at", "$.attempts[0].sent_at", "$.wait_until")
	h.launch()
	h.sees("U0BO", incident, "Added", "The answer was lost")
	require.Len(t, h.registerBodies(), 1)
	require.Len(t, h.cards(incident), 1)
}
