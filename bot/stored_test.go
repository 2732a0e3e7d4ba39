package bot_test

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot"
	"lbbot/bot/journal"
	"lbbot/bot/operation"
	"lbbot/bot/policy"
	"lbbot/zenlayer"
	"lbbot/zenlayer/zenlayertest"
)

// storedEnds are the servers of the recordings by what must become of their
// requests after the buttons of deciding.
func storedEnds() map[string]operation.State {
	return map[string]operation.State{
		"old-added": operation.Done, "old-here": operation.NothingToDo, "old-not-added": operation.NotDone,
		"old-unconfirmed-now": operation.Done, "old-unconfirmed-stop": operation.Unconfirmed,
		"old-person-yes": operation.Done, "old-person-no": operation.NeedsPerson, // until the proof, ten minutes later
		"old-send": operation.Done, "old-change": operation.Draft, "old-cancel": operation.Draft,
		"old-accepted": operation.NotDone, "old-sending": operation.Done, "old-unsent": operation.Done,
		// Only of the later recording.
		"old-ask": operation.Waiting, "old-glass": operation.Draft, "old-approve": operation.Done,
		"old-deny": operation.Waiting, "old-question": operation.Waiting,
		"old-withdraw": operation.NotDone, "old-stopped": operation.NotDone,
	}
}

type press struct{ server, button, person string }

// deciding are the buttons that change a request, in the order in which they are
// pressed, with the server they are pressed for and who presses.
func deciding() []press {
	return []press{
		{"old-accepted", "op_stop", ana},
		{"old-unconfirmed-now", "settle_now", ana},
		{"old-unconfirmed-stop", "settle_now", ana},
		{"old-person-yes", "settle_yes", ana},
		{"old-person-no", "settle_no", ana},
		{"old-send", "req_send", ana},
		{"old-cancel", "req_cancel", ana},
		{"old-ask", "approval_ask", dev},
		{"old-approve", "ap_yes", chen},
		{"old-withdraw", "op_stop", dev},
	}
}

// TestWhatVersion010StoredEndsAndItsButtonsWork starts today's bot on what
// lbbot 0.1.0 left behind when it was killed, with a request in every state and
// a card of every kind, and presses every button of every card. There are two
// recordings: of the release, and of the last version with its number, which had
// approvals.
func TestWhatVersion010StoredEndsAndItsButtonsWork(t *testing.T) {
	t.Parallel()
	for _, file := range []string{"stored_0.1.0", "stored_0.1.0_approvals"} {
		for database, use := range databases() {
			t.Run(file+" on "+database, func(t *testing.T) {
				t.Parallel()
				s := readStored(t, file)
				h := withLeads(t, func(c *bot.Config) {
					use(t, c)
					require.NoError(t, policy.Install(c.Policy, []byte(rules+leadsMay+`
@id("glass") permit (principal in Usergroup::"S02DEV", action == Action::"breakGlass", resource is Listener);
`)))
				})
				h.restore(s)
				h.changesMeanwhile(s)
				release := h.holdsCalls()
				h.start()
				h.pressesAll(s)
				h.decides(s)
				release()
				h.endsAs(s)
			})
		}
	}
}

// changesMeanwhile makes what people say in deciding true: a backend that nobody
// saw is there, and those of another request are gone.
func (h *house) changesMeanwhile(s stored) {
	for _, i := range s.Instances {
		switch i.Name {
		case "old-unconfirmed-now":
			h.cloud.AddBackend(zenlayer.Backend{ListenerID: listener, InstanceID: i.ID, Weight: 50})
		case "old-person-no":
			for _, b := range h.ofServer(listener, i.ID) {
				h.cloud.RemoveBackend(b.BackendID)
			}
		}
	}
}

// holdsCalls holds what the bot reads of a listener's servers and what it
// sends, so that each card is still as it was when its buttons are pressed.
func (h *house) holdsCalls() (release func()) {
	gate := make(chan struct{})
	h.cloud.SetOnCall(func(c zenlayertest.Call, p zenlayertest.Phase) {
		if p == zenlayertest.BeforeExecute && (c.Action == "RegisterBackend" || c.Action == "DescribeBackends") {
			select {
			case <-gate:
			case <-h.t.Context().Done():
			}
		}
	})
	return func() { close(gate) }
}

// pressesAll presses each kind of button that decides nothing, once for each kind
// of card. Each must be acked, and none may be one that the bot does not know.
func (h *house) pressesAll(s stored) {
	h.t.Helper()
	done := map[string]bool{}
	for _, m := range s.Messages {
		kind, _, _ := strings.Cut(m.Text, ":")
		for button, values := range m.buttons() {
			if decides(button) || button == "req_change" && !strings.Contains(m.Text, "old-change") {
				continue // a preview that is changed is gone
			}
			for _, value := range values {
				entry, _, _ := strings.Cut(value, ":")
				key := strings.Join([]string{m.Channel, kind, button, entry}, " ")
				if done[key] {
					continue
				}
				done[key] = true
				h.presses(m, button, value, cmp.Or(m.To, map[bool]string{true: chen}[m.Channel == approvals], ana))
			}
		}
	}
	h.presses(h.others(), "hist_older", "", ana)
	h.presses(h.others(), "form_open", "", ana)
	h.presses(h.others(), "link_open", "", ana)
}

// others is a message with the buttons that the recordings do not have.
func (h *house) others() storedMessage {
	m := storedMessage{Channel: incident, To: ana, Text: "old", Blocks: json.RawMessage(`[{"type":"actions","elements":[
		{"type":"button","action_id":"hist_older","value":"k1:0","text":{"type":"plain_text","text":"Older"}},
		{"type":"button","action_id":"form_open","value":"k1:0","text":{"type":"plain_text","text":"Open the form"}},
		{"type":"button","action_id":"link_open","url":"https://example.com","text":{"type":"plain_text","text":"Open"}}
	]}]`)}
	m.TS = h.post(m)
	return m
}

func decides(button string) bool {
	return slices.ContainsFunc(deciding(), func(b press) bool { return b.button == button })
}

// decides presses the buttons that change a request.
func (h *house) decides(s stored) {
	h.t.Helper()
	for _, b := range deciding() {
		if s.has(b.server) {
			h.presses(s.about(h.t, b.server, b.button), b.button, "", b.person)
		}
	}
}

// presses presses a button and closes what opens.
func (h *house) presses(m storedMessage, button, value, person string) {
	h.t.Helper()
	in := h.slack.Click(h.t.Context(), person, m.Channel, m.TS, button, value)
	require.Empty(h.t, in.Failure, "%s %s of %q", button, value, m.Text)
	require.True(h.t, in.Acked, "%s %s of %q", button, value, m.Text)
	for _, v := range h.slack.Views(person) {
		h.slack.CloseView(h.t.Context(), person, v.ID, true)
	}
}

// endsAs waits until each request of a recording is in its state. It requires that
// nothing was added twice, and that the bot knew every button and its value.
func (h *house) endsAs(s stored) {
	h.t.Helper()
	store, err := journal.Open(h.t.Context(), journal.Config{URL: h.config.DatabaseURL, ReadOnly: true})
	require.NoError(h.t, err)
	defer func() { require.NoError(h.t, store.Close()) }()
	want := map[string]operation.State{}
	for name, state := range storedEnds() {
		if s.has(name) {
			want[name] = state
		}
	}
	got := map[string]operation.State{}
	same := func() bool {
		for _, row := range s.Rows["operations"] {
			op, err := store.Operation(h.t.Context(), strings.Trim(string(row["id"]), `"`))
			require.NoError(h.t, err)
			got[op.Server.Name] = op.State
			if op.Server.Name == "old-person-no" {
				require.Equal(h.t, operation.AnswerNotThere, op.Answer, "what was pressed is kept")
			}
		}
		return maps.Equal(want, got)
	}
	if deadline := time.Now().Add(20 * time.Second); !same() {
		for time.Now().Before(deadline) && !same() {
			pause(h.t.Context(), 50*time.Millisecond)
		}
	}
	require.Equal(h.t, want, got)
	for token, n := range h.cloud.EffectsByToken() {
		require.Equal(h.t, 1, n, token)
	}
	for _, said := range []string{"unknown button", "not a value of this bot's buttons", "panic"} {
		require.NotContains(h.t, h.log.String(), said)
	}
}
