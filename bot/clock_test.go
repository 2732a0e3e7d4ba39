package bot_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot/journal"
	"lbbot/bot/operation"
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
	j := h.reader()
	require.Eventually(t, func() bool {
		ops, err := j.Search(t.Context(), journal.Filter{State: operation.Unconfirmed, Limit: 1})
		require.NoError(t, err)
		return len(ops) > 0 && time.Until(ops[0].WaitUntil) > 2*time.Second
	}, 60*time.Second, 20*time.Millisecond, "it never waits for long")
	p.kill()
	h.cloud.ClearFaults()
	h.older(-time.Hour)
	h.changes(func(op *operation.Operation) { op.WaitUntil = op.WaitUntil.Add(time.Hour) })
	h.launch()
	h.sees("U0BO", incident, "Added", "The answer was lost")
	require.Len(t, h.registerBodies(), 1)
	require.Len(t, h.cards(incident), 1)
}
