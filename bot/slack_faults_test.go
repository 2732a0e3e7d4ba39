package bot_test

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot"
	"lbbot/bot/sandbox"
	"lbbot/zenlayer/zenlayertest"
)

// held stops the first call that adds or removes a backend, before or after it took
// effect, until release is called.
func (h *house) held(phase zenlayertest.Phase) (arrived <-chan struct{}, release func()) {
	at, gate := make(chan struct{}), make(chan struct{})
	var once sync.Once
	h.cloud.SetOnCall(func(c zenlayertest.Call, p zenlayertest.Phase) {
		if (c.Action == "RegisterBackend" || c.Action == "DeregisterBackend") && p == phase {
			once.Do(func() { close(at); <-gate })
		}
	})
	return at, sync.OnceFunc(func() { close(gate) })
}

// reaches waits until a test has come to a moment.
func reaches(t *testing.T, moment <-chan struct{}) {
	t.Helper()
	select {
	case <-moment:
	case <-time.After(30 * time.Second):
		require.FailNow(t, "the moment did not come")
	}
}

// away is how long Slack is away.
func away() time.Duration {
	return sized(2*time.Second, 2*time.Second, time.Minute)
}

// fails makes calls of a method fail.
func fails(method string, faults ...sandbox.APIFault) func(*house) {
	return func(h *house) {
		for _, f := range faults {
			h.slack.FailNext(method, f)
		}
	}
}

func TestWhateverSlackDoesTheResultIsToldOnce(t *testing.T) {
	t.Parallel()
	unavailable, broken := sandbox.APIFault{Status: 503}, sandbox.APIFault{Error: "internal_error"}
	tests := map[string]struct {
		before  func(*house) // before the click
		during  func(*house) // while the backend is being added
		after   func(*house) // when it is added
		unacked bool         // the click gets no answer
		channel string       // where the last card is
	}{
		"all connections are refreshed":        {during: func(h *house) { h.slack.Refresh() }},
		"all connections are announced to end": {during: func(h *house) { h.slack.Warn(time.Second) }},
		"all connections drop without a frame": {during: func(h *house) { h.slack.DropConnections() }},
		"a connection becomes a ghost":         {during: func(h *house) { h.slack.Ghost(1) }},
		"the ack of the click is lost":         {before: func(h *house) { h.slack.SwallowAcks(1) }, unacked: true},
		"the first card has no answer": {before: fails("chat.postMessage",
			sandbox.APIFault{DropAfter: true})},
		"the first card is not taken": {before: fails("chat.postMessage", broken, unavailable,
			sandbox.APIFault{DropBefore: true})},
		"Slack asks to wait with the first card": {before: fails("chat.postMessage",
			sandbox.APIFault{RetryAfter: time.Second})},
		"the first card is too long": {before: fails("chat.postMessage",
			sandbox.APIFault{Error: "msg_too_long"})},
		"the result is not taken": {during: fails("chat.update", unavailable, broken,
			sandbox.APIFault{DropBefore: true})},
		"the result has no answer": {during: fails("chat.update", sandbox.APIFault{DropAfter: true})},
		"Slack asks to wait with the result": {during: fails("chat.update",
			sandbox.APIFault{RetryAfter: time.Second})},
		"the result is too long": {during: fails("chat.update",
			sandbox.APIFault{Error: "msg_too_long"})},
		"the response URL is used up": {before: fails("response_url",
			sandbox.APIFault{Error: "used_url", Times: -1})},
		"no card can be edited": {before: fails("chat.update",
			sandbox.APIFault{Error: "edit_window_closed", Times: -1})},
		"somebody deletes the card": {during: func(h *house) { h.deletes() }},
		"the bot is not in the channel any more": {before: fails("chat.postMessage",
			sandbox.APIFault{Error: "not_in_channel"}), channel: "D0ANA"},
		// the stand-in deletes there
		"the channel is archived in the meantime": {during: func(h *house) { h.archives() }, channel: "D0ANA"},
		"nothing of Slack works for a while": {during: func(h *house) { h.away() },
			after: func(h *house) { h.back() }},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := open(t, func(c *bot.Config) { c.SlackConnections = 2 })
			require.Eventually(t, func() bool { return len(h.slack.Connections()) == 2 }, 20*time.Second,
				5*time.Millisecond)
			arrived, release := h.held(zenlayertest.BeforeExecute)
			t.Cleanup(release)
			h.types(ana, incident, good)
			preview := h.sees(ana, incident, "Preview")
			if tt.before != nil {
				tt.before(h)
			}
			clicked := h.slack.Click(t.Context(), ana, incident, preview.TS, "req_send", "")
			require.NotEqual(t, tt.unacked, clicked.Acked)
			reaches(t, arrived)
			if tt.during != nil {
				tt.during(h)
			}
			release()
			require.Eventually(t, func() bool { return len(h.ofServer(listener, "i-55a1")) == 1 }, 20*time.Second,
				5*time.Millisecond)
			if tt.after != nil {
				tt.after(h)
			}
			where := incident
			if tt.channel != "" {
				where = tt.channel
			}
			h.toldOnce(where)
			h.served(clicked)
		})
	}
}

// toldOnce requires one final card in a channel, and none in the incident
// channel if that is another one: what is replaced is deleted.
func (h *house) toldOnce(channel string) {
	h.t.Helper()
	final := func() (n int) {
		for _, m := range h.cards(channel) {
			if has(m, "Added", "be-20d1") {
				n++
			}
		}
		return n
	}
	require.Eventually(h.t, func() bool { return final() == 1 }, 60*time.Second, 10*time.Millisecond,
		"the result is not told")
	stand := map[bool]int{true: 1, false: 0}[channel == incident]
	require.Eventually(h.t, func() bool { return len(h.cards(incident)) == stand }, 20*time.Second, 5*time.Millisecond)
	require.Len(h.t, h.registerBodies(), 1)
}

// served requires that a redelivery changes nothing and that people are
// answered. What goes to a ghost is lost, and typed again.
func (h *house) served(clicked sandbox.Interaction) {
	h.t.Helper()
	h.slack.ClearFaults()
	for _, newEnvelope := range []bool{true, false} {
		h.slack.Redeliver(h.t.Context(), clicked, newEnvelope)
	}
	require.Eventually(h.t, func() bool {
		return h.slack.TypeCommand(h.t.Context(), "U0BO", ops, command, "help").Acked
	}, 60*time.Second, 50*time.Millisecond)
	require.Len(h.t, h.registerBodies(), 1)
	require.Len(h.t, h.ofServer(listener, "i-55a1"), 1)
}

// deletes deletes the card as a person does.
func (h *house) deletes() {
	h.t.Helper()
	card := h.sees("U0BO", incident, "Adding")
	require.NoError(h.t, h.slack.DeleteMessage(incident, card.TS))
}

func (h *house) archives() {
	h.sees("U0BO", incident, "Adding")
	h.slack.SetChannel(sandbox.Channel{ID: incident, Name: "inc-2041", Creator: "U0INCBOT",
		Members: []string{ana, "U0BO"}, BotMember: true, Archived: true})
}

// away takes all of Slack away.
func (h *house) away() {
	h.slack.RefuseUpgrades(-1, 503)
	h.slack.FailNext("*", sandbox.APIFault{Status: 503, Times: -1})
	h.slack.DropConnections()
	require.Eventually(h.t, func() bool { return h.ready() != nil }, 20*time.Second, 5*time.Millisecond,
		"not ready while Slack is away")
}

// back brings it back after the outage.
func (h *house) back() {
	over := time.NewTimer(away())
	defer over.Stop()
	select {
	case <-over.C:
	case <-h.t.Context().Done():
	}
	h.slack.ClearFaults()
	h.slack.RefuseUpgrades(0, 0)
	require.Eventually(h.t, func() bool { return h.ready() == nil }, 60*time.Second, 5*time.Millisecond)
}
