package bot_test

import (
	"encoding/json"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot"
	"lbbot/bot/operation"
	"lbbot/bot/sandbox"
)

// Whatever Slack was acked for is there after a kill right after the ack,
// also when Slack needs its time to say who somebody is.
func TestPressIsStoredWhenTheProcessIsKilledRightAfterItsAck(t *testing.T) {
	t.Parallel()
	state := func(want operation.State) func(*house) bool {
		return func(h *house) bool { return h.only().State == want }
	}
	tests := map[string]struct {
		press func(h *house, card sandbox.Message) sandbox.Interaction
		there func(h *house) bool
	}{
		"Approve": {func(h *house, card sandbox.Message) sandbox.Interaction {
			return h.slack.Click(h.t.Context(), chen, approvals, card.TS, "ap_yes", "")
		}, state(operation.Done)},
		"Deny": {func(h *house, card sandbox.Message) sandbox.Interaction {
			h.clicks(chen, card, "ap_no")
			form := h.view(chen, "Deny")
			return h.slack.SubmitView(h.t.Context(), chen, form.ID,
				sandbox.ViewState{"field_reason": {"field_reason": "wrong listener"}})
		}, state(operation.NotDone)},
		"Stop": {func(h *house, _ sandbox.Message) sandbox.Interaction {
			own := h.sees(dev, incident, "LBR-", "op_stop")
			return h.slack.Click(h.t.Context(), dev, incident, own.TS, "op_stop", "")
		}, state(operation.NotDone)},
		"Ask a question": {func(h *house, card sandbox.Message) sandbox.Interaction {
			return h.slack.Click(h.t.Context(), chen, approvals, card.TS, "ap_question", "")
		}, func(h *house) bool {
			for _, m := range h.slack.Messages(approvals, chen) {
				if has(m, "has a question for") {
					return true
				}
			}
			return false
		}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := withLeads(t, func(*bot.Config) {})
			p := h.launch()
			card := h.asksForApproval()
			h.slack.OnAPICall(func(method string, phase sandbox.Phase) {
				if phase == sandbox.BeforeExecute &&
					(method == "users.info" || method == "usergroups.list" || method == "conversations.info") {
					pause(t.Context(), 150*time.Millisecond)
				}
			})
			require.True(t, tt.press(h, card).Acked)
			p.kill()
			h.slack.OnAPICall(nil)
			h.launch()
			require.Eventually(t, func() bool { return tt.there(h) }, 30*time.Second, 10*time.Millisecond,
				"acked and lost")
		})
	}
}

// only is the one operation of the journal.
func (h *house) only() operation.Operation {
	h.t.Helper()
	c := chaos{house: h}
	ops := c.operations(h.t.Context())
	require.Len(h.t, ops, 1)
	return ops[0]
}

// A click that is refused and arrives at two replicas at once is answered once.
func TestRefusedClickThatArrivesAtTwoReplicasIsAnsweredOnce(t *testing.T) {
	t.Parallel()
	h := withLeads(t, func(c *bot.Config) { onPostgres(t, c) })
	h.launch()
	h.launch()
	card := h.asksForApproval()
	value := buttonOf(t, card, "ap_yes")
	h.slack.OnAPICall(func(method string, phase sandbox.Phase) { // so that both are refused before one is answered
		if phase == sandbox.BeforeExecute && method == "chat.postEphemeral" {
			pause(t.Context(), 300*time.Millisecond)
		}
	})
	click := map[string]any{"type": "block_actions", "trigger_id": "1.2.3", "team": map[string]any{"id": "T0LOCAL"},
		"user": map[string]any{"id": ana, "team_id": "T0LOCAL"}, "channel": map[string]any{"id": approvals},
		"container": map[string]any{"type": "message", "message_ts": card.TS, "channel_id": approvals},
		"actions":   []any{map[string]any{"action_id": "ap_yes", "value": value, "action_ts": "9.9"}}}
	var both sync.WaitGroup
	for range 6 { // each on a connection that the stand-in picks
		both.Go(func() {
			_, acked := h.slack.Deliver(t.Context(), "interactive", click, false)
			require.True(t, acked)
		})
	}
	both.Wait()
	told := 0
	for _, m := range h.slack.Messages(approvals, ana) {
		if m.Ephemeral && m.BotID != "" {
			told++
		}
	}
	require.Equal(t, 1, told)
}

// buttonOf is the value of a button of a message.
func buttonOf(t *testing.T, m sandbox.Message, action string) string {
	t.Helper()
	var blocks []struct {
		Elements []struct {
			ActionID string `json:"action_id"`
			Value    string `json:"value"`
		} `json:"elements"`
	}
	require.NoError(t, json.Unmarshal(m.Blocks, &blocks))
	for _, b := range blocks {
		for _, e := range b.Elements {
			if e.ActionID == action {
				return e.Value
			}
		}
	}
	require.FailNow(t, "no button "+action)
	return ""
}
