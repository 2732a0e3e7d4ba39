package sandbox

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestFormsThatAPersonCannotSend(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	v := r.opened()
	require.Contains(t, r.SubmitView(t.Context(), "U0ANA", v.ID, ViewState{"none": {"none": "x"}}).Failure,
		"no field none/none")
	require.Contains(t, r.SubmitView(t.Context(), "U0BO", v.ID, nil).Failure, "does not see")
	r.ok("views.update", object{"view_id": v.ID, "view": loading("")})
	require.Contains(t, r.SubmitView(t.Context(), "U0ANA", v.ID, nil).Failure, "no submit button")
	require.Contains(t, r.CloseView(t.Context(), "U0BO", v.ID, false).Failure, "does not see")
}

func TestAnEnterpriseIsNamedInEveryPayload(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(o *Options) {
		o.Workspace = SampleWorkspace()
		o.Workspace.EnterpriseID = "E0GRID"
	})
	require.Equal(t, "E0GRID", r.ok("auth.test", object{})["enterprise_id"])
	r.command("")
	require.Equal(t, "E0GRID", r.link.last().Payload["enterprise_id"])
	card := r.ok("chat.postMessage", object{"channel": "C0OPS", "text": "x", "blocks": buttons})
	r.Click(t.Context(), "U0ANA", "C0OPS", card["ts"].(string), "req_send", "")
	require.Equal(t, "E0GRID", r.link.last().Payload["enterprise"].(map[string]any)["id"])
	r.OpenHome(t.Context(), "U0ANA")
	require.Equal(t, "E0GRID", r.link.last().Payload["authorizations"].([]any)[0].(map[string]any)["enterprise_id"])
}

func TestAnEventIsNotChangedForItsSender(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	event := map[string]any{"type": "member_joined_channel", "user": "U0LBBOT", "channel": "C0OPS"}
	require.True(t, r.Event(t.Context(), event).Acked)
	require.Len(t, event, 3)
	sent, err := json.Marshal(r.link.last().Payload["event"])
	require.NoError(t, err)
	require.Contains(t, string(sent), "event_ts")
}

func TestTheSampleWorkspaceHoldsTogether(t *testing.T) {
	t.Parallel()
	w := SampleWorkspace()
	known := map[string]bool{w.BotUserID: true}
	for _, p := range w.People {
		require.False(t, known[p.ID], p.ID)
		known[p.ID] = true
	}
	for _, g := range w.Groups {
		for _, id := range g.Members {
			require.True(t, known[id], id)
		}
	}
	for _, c := range w.Channels {
		require.False(t, known[c.ID], c.ID)
		known[c.ID] = true
		require.True(t, known[c.Creator], c.Creator)
		for _, id := range c.Members {
			require.True(t, known[id], id)
		}
	}
}
