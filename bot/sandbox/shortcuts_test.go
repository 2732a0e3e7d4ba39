package sandbox

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"lbbot/bot/sandbox/socket"
)

func withShortcuts(o *Options) {
	o.Shortcuts = []Shortcut{{Name: "Add", CallbackID: "add_global"},
		{Name: "Add", CallbackID: "add_here", OnMessage: true}}
}

const alertMessage = `{"text":"[FIRING] web-07 down",
	"blocks":[{"type":"section","text":{"type":"mrkdwn","text":"*web-07*"}}],
	"attachments":[{"color":"danger","fallback":"f",
  "fields":[{"title":"instance","value":"10.0.3.17:443","short":true}]}]}`

func TestAGlobalShortcutHasNoPlace(t *testing.T) {
	t.Parallel()
	r := newRig(t, withShortcuts)
	act := r.UseGlobalShortcut(t.Context(), "U0ANA", "add_global")
	require.True(t, act.Acked)
	require.Empty(t, act.ResponseURL)
	sent := r.link.last()
	require.Equal(t, socket.Interactive, sent.Kind)
	require.False(t, sent.Accepts)
	require.Equal(t, "shortcut", sent.Payload["type"])
	require.Equal(t, "add_global", sent.Payload["callback_id"])
	require.Equal(t, "U0ANA", sent.Payload["user"].(map[string]any)["id"])
	require.NotEmpty(t, sent.Payload["action_ts"])
	require.NotContains(t, sent.Payload, "channel")
	require.NotContains(t, sent.Payload, "response_url")
	r.ok("views.open", object{"trigger_id": act.TriggerID, "view": loading("")})
	require.Equal(t, "exchanged_trigger_id",
		r.call("views.open", object{"trigger_id": act.TriggerID, "view": loading("")})["error"])
}

func TestAMessageShortcutCarriesTheWholeMessage(t *testing.T) {
	t.Parallel()
	r := newRig(t, withShortcuts)
	alert, err := r.PostAs("U0INCBOT", "C0OPS", "", json.RawMessage(alertMessage))
	require.NoError(t, err)
	act := r.UseMessageShortcut(t.Context(), "U0ANA", "C0OPS", alert.TS, "add_here")
	require.True(t, act.Acked)
	p := r.link.last().Payload
	require.Equal(t, "message_action", p["type"])
	require.Equal(t, map[string]any{"id": "C0OPS", "name": "ops"}, p["channel"])
	require.Equal(t, alert.TS, p["message_ts"])
	m := p["message"].(map[string]any)
	require.Equal(t, "B0INCBOT", m["bot_id"])
	require.Equal(t, "U0INCBOT", m["user"])
	require.NotContains(t, m, "app_id")
	require.NotContains(t, m, "thread_ts", "nobody has replied yet")
	require.Len(t, m["blocks"], 1)
	require.Len(t, m["attachments"], 1)
	_, body := r.post(act.ResponseURL, `{"text":"only you"}`)
	require.Equal(t, "ok", body)
	require.Equal(t, []string{"[FIRING] web-07 down", "only you"}, r.texts("C0OPS", "U0ANA"))

	reply := r.reply(alert.TS, "one")
	r.UseMessageShortcut(t.Context(), "U0ANA", "C0OPS", reply, "add_here")
	m = r.link.last().Payload["message"].(map[string]any)
	require.Equal(t, alert.TS, m["thread_ts"])
	require.Equal(t, "U0INCBOT", m["parent_user_id"])
	require.Empty(t, r.Findings())
}

func TestShortcutsThatSlackDoesNotOffer(t *testing.T) {
	t.Parallel()
	r := newRig(t, withShortcuts)
	ours, _ := r.Say(t.Context(), "U0ANA", "C0OPS", "", "hello")
	shared, _ := r.Say(t.Context(), "U0OLGA", "C0PARTNER", "", "hello")
	private := r.ok("chat.postEphemeral",
		object{"channel": "C0OPS", "user": "U0ANA", "text": "x"})["message_ts"].(string)
	onMessage := func(user, channel, ts, id string) string {
		return r.UseMessageShortcut(t.Context(), user, channel, ts, id).Failure
	}
	require.Contains(t, onMessage("U0ANA", "C0OPS", ours.TS, "add_global"), "does not declare")
	require.Contains(t, r.UseGlobalShortcut(t.Context(), "U0ANA", "add_here").Failure, "does not declare")
	require.Contains(t, r.UseGlobalShortcut(t.Context(), "U0OLGA", "add_global").Failure, "another workspace")
	require.Contains(t, onMessage("U0OLGA", "C0PARTNER", shared.TS, "add_here"), "another workspace")
	require.Contains(t, onMessage("U0ANA", "C0OPS", private, "add_here"), "private")
	require.Contains(t, onMessage("U0ANA", "C0OPS", "1.0", "add_here"), "no such message")
	require.Contains(t, onMessage("U0DEV", "C0SECRET", ours.TS, "add_here"), "not in channel")
	require.Zero(t, r.link.count())
}

func TestMessagesOfOtherAppsFollowTheSameRules(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	alert, err := r.PostAs("U0INCBOT", "C0OPS", "", json.RawMessage(alertMessage))
	require.NoError(t, err)
	require.Contains(t, string(r.Messages("C0OPS", "U0ANA")[0].Attachments), "10.0.3.17")
	_, err = r.PostAs("U0INCBOT", "C0OPS", alert.TS, json.RawMessage(`{"text":"resolved"}`))
	require.NoError(t, err)
	require.Equal(t, "cant_update_message",
		r.call("chat.update", object{"channel": "C0OPS", "ts": alert.TS, "text": "x"})["error"])
	require.Contains(t, r.Click(t.Context(), "U0ANA", "C0OPS", alert.TS, "x", "").Failure, "not the app's")
	for name, c := range map[string][3]string{
		"a person":           {"U0ANA", "C0OPS", alertMessage},
		"no such channel":    {"U0INCBOT", "C0NONE", alertMessage},
		"nothing to show":    {"U0INCBOT", "C0OPS", `{}`},
		"not an object":      {"U0INCBOT", "C0OPS", `[]`},
		"an unknown element": {"U0INCBOT", "C0OPS", `{"text":"x","attachments":[{"txt":"x"}]}`},
	} {
		_, err := r.PostAs(c[0], c[1], "", json.RawMessage(c[2]))
		require.ErrorContains(t, err, "posting as another app", name)
	}
	_, err = r.PostAs("U0INCBOT", "C0OPS", "1.0", json.RawMessage(alertMessage))
	require.ErrorContains(t, err, "cannot_reply_to_message")
}
