package bot_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lbbot/bot"
	"lbbot/bot/operation/intake"
	"lbbot/bot/sandbox"
)

func TestWhatPeopleReallyTypeIsUnderstood(t *testing.T) {
	t.Parallel()
	h := open(t, nil)
	for text, words := range map[string][]string{
		`lst-8f2c *web-07* reason="the “blue” pool"`: {"Preview", "web-07",
			"the “blue” pool"},
		"lst-8f2c `web-07` weight=*20*":                                      {"Preview", "web-07", "20"},
		"listener= lst-8f2c server : i-55a1 weight= 21":                      {"Preview", "web-07", "21"},
		"lst-8f2c web-07\u2063 ports=\"8443 8444\" weight=22":                {"Preview", "8443, 8444"},
		"<https://console.example.com/lb/lst-8f2c> &lt;web-07&gt; weight=23": {"Preview", "web-07", "23"},
		"lst-8f2c web-07 weight=500 wieght=5": {"2 things to fix",
			"Use a whole number from 1 to 100.", "Did you mean"},
		"lst-8f2d wbe-07": {"2 things to fix", "No listener called",
			"No server called", "fix_pick_1", "fix_open_form"},
		"doctor": {"Only people who may pause the bot may use /lb-register doctor.", "you may not pause the bot"},
		"cancel LBR-7F3KQ2": {"cannot stop a request by command",
			"I can add a server"},
	} {
		h.types(ana, incident, text)
		require.True(t, h.sees(ana, incident, words...).Ephemeral, text)
	}
	require.Empty(t, h.cloud.CallsOf("RegisterBackend"))
	h.calm()
}

func TestASuggestionIsPickedAfterARestartAndOnceOnly(t *testing.T) {
	t.Parallel()
	h := open(t, func(c *bot.Config) { c.Confirm = intake.ConfirmNever })
	h.types(ana, incident, "lst-8f2c wbe-07 weight=20 ports=8443")
	m := h.sees(ana, incident, "Closest:", "fix_pick_1")
	require.NoError(t, h.stop())
	h.start()
	in := h.clicks(ana, m, pickOf(t, m, "web-07"))
	h.slack.Redeliver(t.Context(), in, true)
	h.slack.Redeliver(t.Context(), in, false)
	preview := h.sees(ana, incident, "Preview", "web-07", "8443", "20", "req_send")
	require.Empty(t, h.cloud.CallsOf("RegisterBackend"), "a suggestion is never sent, whatever LBBOT_CONFIRM says")
	h.clicks(ana, preview, "req_send")
	h.sees(ana, incident, "Added", "Available")
	require.Len(t, h.registerBodies(), 1)
	require.Len(t, h.cards(incident), 1)
	for _, private := range h.slack.Messages(incident, ana) {
		require.False(t, private.Ephemeral && !private.Deleted && has(private, "Preview"),
			"there was one preview, and it is used up")
	}
	h.calm()
}

// pickOf is the action of the button whose words contain words.
func pickOf(t *testing.T, m sandbox.Message, words string) string {
	t.Helper()
	var blocks []struct {
		Elements []struct {
			ActionID string `json:"action_id"`
			Text     struct{ Text string }
		}
	}
	require.NoError(t, json.Unmarshal(m.Blocks, &blocks))
	for _, b := range blocks {
		for _, e := range b.Elements {
			if strings.HasPrefix(e.ActionID, "fix_pick_") && strings.Contains(e.Text.Text, words) {
				return e.ActionID
			}
		}
	}
	require.FailNow(t, "no button with "+words)
	return ""
}
