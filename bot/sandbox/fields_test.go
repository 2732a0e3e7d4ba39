package sandbox

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
)

// element decodes an element as a view holds it.
func element(t *testing.T, raw string) object {
	t.Helper()
	v, err := decodeJSON([]byte(raw))
	require.NoError(t, err)
	return v.(object)
}

func TestEveryFieldHasTheStateSlackGivesIt(t *testing.T) {
	t.Parallel()
	const options = `"options":[{"text":{"type":"plain_text","text":"a"},"value":"a"},{"text":{"type":"plain_text","text":"b"},"value":"b"}]`
	const a = `{"text":{"type":"plain_text","text":"a"},"value":"a"}`
	const b = `{"text":{"type":"plain_text","text":"b"},"value":"b"}`
	cases := map[string]struct {
		element, untouched string
		value              any
		entered            string
	}{
		"a text":              {`{"type":"plain_text_input"}`, `{"type":"plain_text_input","value":null}`, "x", `{"type":"plain_text_input","value":"x"}`},
		"a text with a start": {`{"type":"plain_text_input","initial_value":"i"}`, `{"type":"plain_text_input","value":"i"}`, "", `{"type":"plain_text_input","value":null}`},
		"a number":            {`{"type":"number_input","is_decimal_allowed":false,"initial_value":"7"}`, `{"type":"number_input","value":"7"}`, "8", `{"type":"number_input","value":"8"}`},
		"a menu":              {`{"type":"static_select",` + options + `}`, `{"type":"static_select","selected_option":null}`, "b", `{"type":"static_select","selected_option":` + b + `}`},
		"a menu with a start": {`{"type":"static_select",` + options + `,"initial_option":` + a + `}`, `{"type":"static_select","selected_option":` + a + `}`, nil, `{"type":"static_select","selected_option":null}`},
		"radio buttons":       {`{"type":"radio_buttons",` + options + `}`, `{"type":"radio_buttons","selected_option":null}`, "a", `{"type":"radio_buttons","selected_option":` + a + `}`},
		"check boxes":         {`{"type":"checkboxes",` + options + `,"initial_options":[` + a + `]}`, `{"type":"checkboxes","selected_options":[` + a + `]}`, []string{"a", "b"}, `{"type":"checkboxes","selected_options":[` + a + `,` + b + `]}`},
		"a menu for several":  {`{"type":"multi_static_select",` + options + `}`, `{"type":"multi_static_select","selected_options":[]}`, []any{"b"}, `{"type":"multi_static_select","selected_options":[` + b + `]}`},
		"a person":            {`{"type":"users_select"}`, `{"type":"users_select","selected_user":null}`, "U1", `{"type":"users_select","selected_user":"U1"}`},
		"several people":      {`{"type":"multi_users_select","initial_users":["U1"]}`, `{"type":"multi_users_select","selected_users":["U1"]}`, []string{}, `{"type":"multi_users_select","selected_users":[]}`},
		"a place":             {`{"type":"conversations_select"}`, `{"type":"conversations_select","selected_conversation":null}`, "C1", `{"type":"conversations_select","selected_conversation":"C1"}`},
		"the place one is in": {`{"type":"conversations_select","default_to_current_conversation":true}`, `{"type":"conversations_select","selected_conversation":"C0"}`, "C1", `{"type":"conversations_select","selected_conversation":"C1"}`},
		"several places":      {`{"type":"multi_conversations_select"}`, `{"type":"multi_conversations_select","selected_conversations":[]}`, "C1", `{"type":"multi_conversations_select","selected_conversations":["C1"]}`},
		"a channel":           {`{"type":"channels_select","initial_channel":"C2"}`, `{"type":"channels_select","selected_channel":"C2"}`, "C1", `{"type":"channels_select","selected_channel":"C1"}`},
		"a date":              {`{"type":"datepicker","initial_date":"2026-11-23"}`, `{"type":"datepicker","selected_date":"2026-11-23"}`, "2026-11-24", `{"type":"datepicker","selected_date":"2026-11-24"}`},
		"a time":              {`{"type":"timepicker"}`, `{"type":"timepicker","selected_time":null}`, "10:30", `{"type":"timepicker","selected_time":"10:30"}`},
		"a moment":            {`{"type":"datetimepicker","initial_date_time":1795430000}`, `{"type":"datetimepicker","selected_date_time":1795430000}`, "1795430001", `{"type":"datetimepicker","selected_date_time":1795430001}`},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := element(t, c.element)
			require.JSONEq(t, c.untouched, string(mustJSON(initialEntry(e, "C0"))))
			entry, err := shape(e, c.value, nil)
			require.NoError(t, err)
			require.JSONEq(t, c.entered, string(mustJSON(entry)))
		})
	}
}

func TestValuesThatAFieldCannotTake(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		element string
		value   any
		why     string
	}{
		"two values in a text":       {`{"type":"plain_text_input"}`, []string{"a", "b"}, "takes one value"},
		"a number instead of a text": {`{"type":"plain_text_input"}`, 7, "not int"},
		"an option not offered":      {`{"type":"static_select","options":[]}`, "a", "not offered"},
		"a moment that is none":      {`{"type":"datetimepicker"}`, "soon", "not a time"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := shape(element(t, c.element), c.value, nil)
			require.ErrorContains(t, err, c.why)
		})
	}
	r := newRig(t)
	v := r.opened()
	require.Contains(t, r.SubmitView(t.Context(), "U0ANA", v.ID, ViewState{"none": {"none": "x"}}).Failure, "no field none/none")
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
	require.Equal(t, "E0GRID", r.ok("team.info", object{})["team"].(map[string]any)["enterprise_id"])
	r.command("")
	require.Equal(t, "E0GRID", r.link.last().Payload["enterprise_id"])
	r.Shortcut(t.Context(), "U0ANA", "x", MessageRef{})
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
