package bot_test

import (
	"encoding/json"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot"
	"lbbot/bot/journal"
	"lbbot/bot/operation"
	"lbbot/bot/operation/intake"
	"lbbot/bot/sandbox"
	"lbbot/zenlayer/zenlayertest"
)

// older makes the one operation in the database of a stopped bot older than it
// is, by moving the times that promises are counted from.
func (h *house) older(d time.Duration) {
	h.t.Helper()
	h.changes(func(op *operation.Operation) {
		op.ClickedAt = op.ClickedAt.Add(-d)
		if len(op.Attempts) > 0 {
			op.Attempts[0].SentAt = op.Attempts[0].SentAt.Add(-d)
		}
	})
}

// changes stores the one accepted operation with a change, past the journal's own way.
func (h *house) changes(change func(*operation.Operation)) {
	h.t.Helper()
	ops, err := h.reader().Search(h.t.Context(), journal.Filter{Limit: 2})
	require.NoError(h.t, err)
	require.Len(h.t, ops, 1)
	change(&ops[0])
	record, err := json.Marshal(ops[0])
	require.NoError(h.t, err)
	_, err = h.database().ExecContext(h.t.Context(), `update operations set record = $1 where id = $2`,
		record, ops[0].ID)
	require.NoError(h.t, err)
}

// killedAt launches the binary, has a request accepted and kills the process
// where arm says.
func (h *house) killedAt(arm func(kill func())) {
	h.t.Helper()
	p := h.launch()
	h.types(ana, incident, good)
	preview := h.sees(ana, incident, "Preview")
	var once sync.Once
	arm(func() { once.Do(p.kill) })
	h.slack.Click(h.t.Context(), ana, incident, preview.TS, "req_send", "")
	select {
	case <-p.done:
	case <-time.After(30 * time.Second):
		require.FailNow(h.t, "the process was not killed")
	}
}

func TestWhatLayLongerThanFiveMinutesIsNotSent(t *testing.T) {
	t.Parallel()
	h := stand(t, func(c *bot.Config) { c.Confirm = intake.ConfirmNever })
	p := h.launch()
	posted := make(chan struct{})
	card := sync.OnceFunc(func() { close(posted) })
	h.slack.OnAPICall(func(method string, p sandbox.Phase) {
		if method == "chat.postMessage" && p == sandbox.AfterExecute {
			card()
		}
	})
	h.cloud.SetOnCall(func(c zenlayertest.Call, phase zenlayertest.Phase) {
		if c.Action == "DescribeBackends" && phase == zenlayertest.BeforeExecute { // the last check, in the run
			<-posted
			p.kill()
		}
	})
	h.types(ana, incident, good)
	<-p.done
	require.Empty(t, h.registerBodies())
	h.older(5 * time.Minute)
	h.cloud.SetOnCall(nil)
	h.launch()
	h.sees(ana, incident, "Not added", "I could not start within 5 minutes of your click")
	require.Empty(t, h.registerBodies())
	require.Len(t, h.cards(incident), 1)
}

func TestAnUnansweredCallIsNotRepeatedLate(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		after time.Duration // between the call and the next start
		ends  string        // first word of the card
	}{
		"after two minutes it is only read":                     {2 * time.Minute, "Not confirmed"},
		"after ten minutes complete readings prove its absence": {10 * time.Minute, "Not added"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := stand(t, nil)
			h.killedAt(func(kill func()) {
				h.cloud.SetOnCall(func(c zenlayertest.Call, p zenlayertest.Phase) {
					if c.Action == "RegisterBackend" && p == zenlayertest.AfterExecute {
						kill()
					}
				})
			})
			for _, b := range h.ofServer(listener, "i-55a1") {
				h.cloud.RemoveBackend(b.BackendID) // the answer and the effect are lost
			}
			h.older(test.after)
			reads := len(h.cloud.CallsOf("DescribeBackends"))
			h.launch()
			h.sees(ana, incident, test.ends)
			// Two more readings, each of bare metal and of virtual machines: a
			// repeat would have come between them.
			require.Eventually(t, func() bool {
				return len(h.cloud.CallsOf("DescribeBackends")) >= reads+4 || test.ends == "Not added"
			}, 30*time.Second, 5*time.Millisecond)
			require.Len(t, h.registerBodies(), 1, "no repeat")
			require.Empty(t, h.ofServer(listener, "i-55a1"))
		})
	}
}
