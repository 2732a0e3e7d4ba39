package sandbox

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lbbot/bot/sandbox/socket"
)

// picks is a form whose pool dispatches, as the pick lists of a bot do.
var picks = strings.Replace(form, `{"type":"input","block_id":"pool_b"`,
	`{"type":"input","dispatch_action":true,"block_id":"pool_b"`, 1)

const euOne = `{"text":{"type":"plain_text","text":"EU one"},"value":"eu-1",
	"description":{"type":"plain_text","text":"4 servers"}}`

// suggests lets Ana type into the pool's menu while the bot answers so.
func (r *rig) suggests(v View, typed, answer string) ([]Option, Interaction) {
	r.t.Helper()
	r.link.answer(answer)
	return r.Suggest(r.t.Context(), "U0ANA", v.ID, "pool_a", typed, nil)
}

func options(list string) string { return `{"options":[` + list + `]}` }

func (r *rig) openedAs(form string) View {
	r.t.Helper()
	r.ok("views.open", object{"trigger_id": r.command("").TriggerID, "view": form})
	return r.top()
}

// held is what the pool holds in the state of the top view.
func (r *rig) held(block string) any {
	r.t.Helper()
	views := r.state.stacks["U0ANA"]
	return views[len(views)-1].state()[block]["pool_a"]["selected_option"]
}

func TestMenuShowsNothingForAnUnusableAnswer(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]string{
		"no payload": ``, "both keys": `{"options":[],"option_groups":[]}`,
		"a value twice": options(euOne + "," + euOne),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			offered, act := r.suggests(r.opened(), "eu", answer)
			require.Empty(t, offered)
			require.True(t, act.Acked)
			require.Equal(t, "menu_error", act.Failure)
			require.Len(t, r.Findings(), 1)
		})
	}
	for want, result := range map[string]socket.Ack{
		"operation_timeout": {TimedOut: true}, "dispatch_failed": {NoConnection: true},
	} {
		r := newRig(t)
		v := r.opened()
		r.link.fail(result)
		offered, act := r.Suggest(t.Context(), "U0ANA", v.ID, "pool_a", "eu", nil)
		require.Empty(t, offered)
		require.Equal(t, want, act.Failure)
	}
}

func TestSuggestionIsRefusedBeforeItIsSent(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	v := r.openedAs(strings.Replace(form, `"min_query_length":0`, `"min_query_length":2`, 1))
	sent := r.link.count()
	for action, why := range map[string]string{"host_a": "not an external select", "none": "no component",
		"pool_a": "at least 2 characters"} {
		_, act := r.Suggest(t.Context(), "U0ANA", v.ID, action, "世", nil)
		require.Contains(t, act.Failure, why)
	}
	_, act := r.Suggest(t.Context(), "U0BO", v.ID, "pool_a", "eu", nil)
	require.Contains(t, act.Failure, "does not see")
	require.Equal(t, sent, r.link.count())
	v = r.openedAs(strings.NewReplacer(`,"min_query_length":0`, ``, `"external_id":"x1",`, ``).Replace(form))
	_, act = r.Suggest(t.Context(), "U0ANA", v.ID, "pool_a", "eu", nil)
	require.Contains(t, act.Failure, "at least 3 characters", "Slack's default")
}

func TestSuggestionCarriesWhatSlackWouldSend(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	v := r.opened()
	r.link.answer(`{"option_groups":[{"label":{"type":"plain_text","text":"Used lately here"},"options":[` + euOne +
		`]},{"label":{"type":"plain_text","text":"Others"},"options":[{"text":{"type":"plain_text","text":"b"},
  "value":"b"}]}]}`)
	offered, act := r.Suggest(t.Context(), "U0ANA", v.ID, "pool_a", "eu", ViewState{"host_b": {"host_a": "web-7"}})
	require.Empty(t, act.Failure)
	require.Equal(t, []Option{{Group: "Used lately here", Text: "EU one", Value: "eu-1", Description: "4 servers"},
		{Group: "Others", Text: "b", Value: "b"}}, offered)
	sent := r.link.last()
	require.True(t, sent.Accepts)
	p := sent.Payload
	require.Equal(t, []any{"block_suggestion", "pool_b", "pool_a", "eu"},
		[]any{p["type"], p["block_id"], p["action_id"], p["value"]})
	require.Equal(t, map[string]any{"type": "view", "view_id": v.ID}, p["container"])
	require.Contains(t, string(mustJSON(p["view"])), `"value":"web-7"`)
	for _, key := range []string{"trigger_id", "response_url", "actions"} {
		require.NotContains(t, p, key)
	}
}

func TestOptionsThatWereNeverOfferedCannotBeChosen(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	v := r.openedAs(picks)
	require.Contains(t, r.SubmitView(t.Context(), "U0ANA", v.ID, filled).Failure, "not offered")
	require.Contains(t, r.ClickInView(t.Context(), "U0ANA", v.ID, "pool_a", "eu-1", nil).Failure, "not offered")
	require.Nil(t, r.held("pool_b"))
}

func TestChoiceInADispatchingFieldIsSentAtOnce(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	v := r.openedAs(picks)
	r.suggests(v, "", options(euOne))
	act := r.ClickInView(t.Context(), "U0ANA", v.ID, "pool_a", "eu-1", ViewState{"host_b": {"host_a": "web-7"}})
	require.Empty(t, act.Failure)
	p := r.link.last().Payload
	require.Equal(t, "block_actions", p["type"])
	require.Equal(t, act.TriggerID, p["trigger_id"])
	require.NotEmpty(t, act.TriggerID)
	require.Equal(t, map[string]any{"type": "view", "view_id": v.ID}, p["container"])
	view := p["view"].(map[string]any)
	require.Equal(t, v.Hash, view["hash"])
	values := view["state"].(map[string]any)["values"].(map[string]any)
	require.JSONEq(t, `{"pool_a":{"type":"external_select","selected_option":`+euOne+`}}`,
		string(mustJSON(values["pool_b"])))
	require.Contains(t, string(mustJSON(values["host_b"])), "web-7")
	require.Len(t, p["actions"], 1)
	action := p["actions"].([]any)[0].(map[string]any)
	require.JSONEq(t, euOne, string(mustJSON(action["selected_option"])))
	require.Equal(t, []any{"external_select", "pool_b", "pool_a"},
		[]any{action["type"], action["block_id"], action["action_id"]})

	// Clearing it is sent too.
	require.Empty(t, r.ClickInView(t.Context(), "U0ANA", v.ID, "pool_a", "", nil).Failure)
	action = r.link.last().Payload["actions"].([]any)[0].(map[string]any)
	require.Contains(t, action, "selected_option")
	require.Nil(t, action["selected_option"])
}

func TestUpdateKeepsTheChoiceOnlyWhereTheFieldIsTheSame(t *testing.T) {
	t.Parallel()
	const selects = `"element":{"type":"external_select",
  "action_id":"pool_a","min_query_length":0}`
	instead := func(element string) string { return strings.Replace(form, selects, `"element":`+element, 1) }
	cases := map[string]struct {
		view  string
		block string
		kept  bool
	}{
		"the same field": {strings.Replace(form, `"Pool"`, `"Listener"`, 1), "pool_b", true},
		"another first option": {instead(`{"type":"external_select","action_id":"pool_a","min_query_length":0,
			"initial_option":{"text":{"type":"plain_text","text":"b"},"value":"b"}}`), "pool_b", true},
		"another block id":   {strings.ReplaceAll(form, "pool_b", "pool_c"), "pool_c", false},
		"a field for typing": {instead(`{"type":"plain_text_input","action_id":"pool_a"}`), "pool_b", false},
		"a menu with the same name": {instead(`{"type":"static_select","action_id":"pool_a","options":[` + euOne +
			`]}`), "pool_b", false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			v := r.openedAs(picks)
			r.suggests(v, "", options(euOne))
			require.Empty(t, r.ClickInView(t.Context(), "U0ANA", v.ID, "pool_a", "eu-1", nil).Failure)
			require.NotEqual(t, form, c.view)
			r.ok("views.update", object{"view_id": v.ID, "hash": v.Hash, "view": c.view})
			require.Equal(t, c.kept, r.held(c.block) != nil)
			if c.kept { // the form that the person sees still says so
				require.Empty(t, r.ClickInView(t.Context(), "U0ANA", v.ID, "type_ids", "",
					ViewState{c.block: {"pool_a": "eu-1"}}).Failure)
			}
			// What was gone once does not come back.
			r.ok("views.update", object{"view_id": v.ID, "view": picks})
			require.Equal(t, c.kept, r.held("pool_b") != nil)
		})
	}
}

func TestUntouchedFieldKeepsItsFirstValueThroughAnUpdate(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	with := func(value string) string {
		return strings.Replace(form, `"action_id":"host_a"`, `"action_id":"host_a","initial_value":"`+value+`"`, 1)
	}
	v := r.openedAs(with("one"))
	r.ok("views.update", object{"view_id": v.ID, "view": with("two")})
	require.Contains(t, string(r.top().Raw), `{"type":"plain_text_input","value":"one"}`)
	r.ok("views.update", object{"view_id": v.ID, "view": strings.ReplaceAll(with("two"), "host_b", "host_c")})
	require.Contains(t, string(r.top().Raw), `{"type":"plain_text_input","value":"two"}`)
}

func TestOlderListStaysOpenToChoiceAfterANewerOne(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	v := r.openedAs(picks)
	r.suggests(v, "eu", options(euOne))
	r.suggests(v, "us", options(strings.ReplaceAll(euOne, "eu-1", "us-1")))
	r.suggests(v, "eu-", options(strings.ReplaceAll(euOne, "EU one", "EU one, renamed")))
	require.Empty(t, r.ClickInView(t.Context(), "U0ANA", v.ID, "pool_a", "us-1", nil).Failure)
	require.Empty(t, r.ClickInView(t.Context(), "U0ANA", v.ID, "pool_a", "eu-1", nil).Failure)
	require.Contains(t, string(mustJSON(r.held("pool_b"))), "renamed", "the newest text of a value counts")
}
