package sandbox

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot/sandbox/socket"
)

// opened opens the form for Ana from #ops.
func (r *rig) opened() View {
	r.t.Helper()
	act := r.command("")
	r.ok("views.open", object{"trigger_id": act.TriggerID, "view": form})
	return r.top()
}

func (r *rig) top() View {
	r.t.Helper()
	views := r.Views("U0ANA")
	require.NotEmpty(r.t, views)
	return views[len(views)-1]
}

func loading(external string) object {
	return object{"type": "modal", "external_id": external, "title": object{"type": "plain_text", "text": "Loading"},
		"blocks": []any{}}
}

// filled is a complete form once the pool's options were offered.
var filled = ViewState{"host_b": {"host_a": "web-7"}, "weight_b": {"weight_a": "50"}, "pool_b": {"pool_a": "eu-1"},
	"opt_b": {"opt_a": []string{"watch"}}}

func (r *rig) offerPools(v View) {
	r.t.Helper()
	r.link.answer(`{"options":[{"text":{"type":"plain_text","text":"EU one"},"value":"eu-1"}]}`)
	options, act := r.Suggest(r.t.Context(), "U0ANA", v.ID, "pool_a", "", nil)
	require.Empty(r.t, act.Failure)
	require.Equal(r.t, []Option{{Text: "EU one", Value: "eu-1"}}, options)
}

func TestATriggerWorksOnceAndForThreeSeconds(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	open := func(trigger string) any {
		return r.call("views.open", object{"trigger_id": trigger, "view": loading("")})["error"]
	}
	act := r.command("")
	r.clock.add(3 * time.Second)
	require.Nil(t, open(act.TriggerID))
	require.Equal(t, "exchanged_trigger_id", open(act.TriggerID))
	act = r.command("")
	r.clock.add(3*time.Second + 1)
	require.Equal(t, "expired_trigger_id", open(act.TriggerID))
	require.Equal(t, "invalid_trigger_id", open("1.2.made-up"))
	require.Equal(t, "invalid_arguments", open(""))
}

func TestViewsAreRefusedAsSlackRefusesThem(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		view any
		want string
	}{
		"no view":                 {nil, "invalid_arguments"},
		"a view that is not JSON": {"{", "invalid_arguments"},
		"a view without a title":  {object{"type": "modal", "blocks": []any{}}, "invalid_arguments"},
		"a home tab as a modal":   {object{"type": "home", "blocks": []any{}}, "invalid_arguments"},
		"a view of more than 250kB": {object{"type": "modal",
			"title": object{"type": "plain_text", "text": strings.Repeat("x", 260_000)}, "blocks": []any{}},
			"view_too_large"},
		"an external id in use": {loading("x1"), "duplicate_external_id"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			r.opened()
			act := r.TypeCommand(t.Context(), "U0BO", "C0OPS", "/lb-register", "")
			answer := r.call("views.open", object{"trigger_id": act.TriggerID, "view": c.view})
			require.Equal(t, c.want, answer["error"], answer)
			require.Empty(t, r.Views("U0BO"))
			r.ok("views.open", object{"trigger_id": act.TriggerID, "view": loading("")}) // not used up by the refusal
		})
	}
}

func TestAnUpdateNeedsTheViewToBeOpenAndTheHashToBeRight(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	v := r.opened()
	require.Equal(t, "invalid_arguments", r.call("views.update", object{"view": loading("")})["error"])
	require.Equal(t, "not_found", r.call("views.update", object{"view_id": "V0NONE", "view": loading("")})["error"])
	require.Equal(t, "hash_conflict",
		r.call("views.update", object{"view_id": v.ID, "hash": "old", "view": loading("")})["error"])
	r.ok("views.update", object{"view_id": v.ID, "hash": v.Hash, "view": loading("x2")})
	require.Equal(t, "hash_conflict",
		r.call("views.update", object{"view_id": v.ID, "hash": v.Hash, "view": loading("")})["error"],
		"each change makes a new hash")
	r.ok("views.update", object{"external_id": "x2", "view": loading("x2")})
	require.Equal(t, "Loading", r.top().Title)
	require.Zero(t, r.CloseView(t.Context(), "U0ANA", v.ID, false), "it did not ask to be told")
	require.Equal(t, "not_found", r.call("views.update", object{"view_id": v.ID, "view": loading("")})["error"])
	require.Empty(t, r.Views("U0ANA"))
}

func TestWhatWasTypedSurvivesAnUpdateWithTheSameIDs(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	v := r.opened()
	act := r.ClickInView(t.Context(), "U0ANA", v.ID, "type_ids", "", ViewState{"host_b": {"host_a": "web-7"}})
	require.Empty(t, act.Failure)
	r.ok("views.update", object{"view_id": v.ID, "view": form})
	require.Contains(t, string(r.top().Raw), `"value":"web-7"`)
	r.ok("views.update", object{"view_id": v.ID, "view": strings.ReplaceAll(form, "host_b", "host_c")})
	require.NotContains(t, string(r.top().Raw), `"value":"web-7"`)
}

func TestTheStackHoldsThreeViewsAndTakesPushesFromInsideOnly(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	outside := r.command("")
	require.Equal(t, "not_found",
		r.call("views.push", object{"trigger_id": outside.TriggerID, "view": loading("")})["error"])
	r.opened()
	form := strings.ReplaceAll(form, `"external_id":"x1",`, "")
	for range 2 {
		act := r.ClickInView(t.Context(), "U0ANA", r.top().ID, "type_ids", "", nil)
		r.ok("views.push", object{"trigger_id": act.TriggerID, "view": form})
	}
	views := r.Views("U0ANA")
	require.Len(t, views, 3)
	require.Contains(t, string(views[2].Raw), `"root_view_id":"`+views[0].ID+`"`)
	require.Contains(t, string(views[2].Raw), `"previous_view_id":"`+views[1].ID+`"`)
	act := r.ClickInView(t.Context(), "U0ANA", r.top().ID, "type_ids", "", nil)
	require.Equal(t, "push_limit_reached",
		r.call("views.push", object{"trigger_id": act.TriggerID, "view": form})["error"])
	require.Contains(t, r.ClickInView(t.Context(), "U0ANA", views[0].ID, "type_ids", "", nil).Failure, "refused",
		"only the top is seen")

	closed := r.CloseView(t.Context(), "U0ANA", r.top().ID, true)
	require.True(t, closed.Acked)
	payload := r.link.last().Payload
	require.Equal(t, "view_closed", payload["type"])
	require.Equal(t, true, payload["is_cleared"])
	require.Equal(t, views[0].ID, payload["view"].(map[string]any)["id"])
	require.Empty(t, r.Views("U0ANA"))
}

func TestHomeTabsArePublishedPerPerson(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	home := object{"type": "home", "blocks": []any{object{"type": "actions", "elements": []any{
		object{"type": "button", "action_id": "add", "text": object{"type": "plain_text", "text": "Add server"}}}}}}
	require.Equal(t, "invalid_arguments", r.call("views.publish", object{"user_id": "U0NONE", "view": home})["error"])
	require.Equal(t, "invalid_arguments", r.call("views.publish", object{"user_id": "U0ANA", "view": form})["error"])
	_, there := r.Home("U0ANA")
	require.False(t, there)
	r.ok("views.publish", object{"user_id": "U0ANA", "view": home})
	v, there := r.Home("U0ANA")
	require.True(t, there)
	require.Equal(t, "hash_conflict",
		r.call("views.publish", object{"user_id": "U0ANA", "view": home, "hash": "old"})["error"])
	r.ok("views.publish", object{"user_id": "U0ANA", "view": home, "hash": v.Hash})

	require.True(t, r.OpenHome(t.Context(), "U0ANA").Acked)
	event := r.link.last().Payload["event"].(map[string]any)
	require.Equal(t, "app_home_opened", event["type"])
	require.Equal(t, v.ID, event["view"].(map[string]any)["id"])
	act := r.ClickInView(t.Context(), "U0ANA", v.ID, "add", "", nil)
	require.Empty(t, act.Failure)
	require.Empty(t, act.ResponseURL)
	require.NotContains(t, r.link.last().Payload, "channel")
	r.ok("views.open", object{"trigger_id": act.TriggerID, "view": loading("")})
}

func TestSlacksClientChecksAFormBeforeItSends(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		state ViewState
		block string
	}{
		"an empty required field": {nil, "host_b"},
		"a text that is too long": {ViewState{"host_b": {"host_a": "12345678901"}}, "host_b"},
		"a number that is none":   {ViewState{"weight_b": {"weight_a": "many"}}, "weight_b"},
		"a fraction":              {ViewState{"weight_b": {"weight_a": "1.5"}}, "weight_b"},
		"a number out of range":   {ViewState{"weight_b": {"weight_a": "101"}}, "weight_b"},
		"a number below range":    {ViewState{"weight_b": {"weight_a": "0"}}, "weight_b"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			v := r.opened()
			sent := r.link.count()
			act := r.SubmitView(t.Context(), "U0ANA", v.ID, c.state)
			require.Contains(t, act.Failure, "refused")
			require.Contains(t, act.Errors, c.block)
			require.Equal(t, sent, r.link.count())
			require.Equal(t, act.Errors, r.top().Errors)
		})
	}
}

func TestASubmitCarriesWhatSlackWouldSend(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	v := r.opened()
	r.offerPools(v)
	r.link.answer("")
	act := r.SubmitView(t.Context(), "U0ANA", v.ID, filled)
	require.Empty(t, act.Failure)
	require.Empty(t, r.Views("U0ANA"), "an empty ack closes the view")
	sent := r.link.last()
	require.True(t, sent.Accepts)
	require.Equal(t, socket.Interactive, sent.Kind)
	p := sent.Payload
	require.Equal(t, "view_submission", p["type"])
	require.Nil(t, p["enterprise"])
	require.Equal(t, false, p["is_enterprise_install"])
	require.Equal(t, map[string]any{"id": "U0ANA", "username": "ana", "name": "ana", "team_id": "T0LOCAL"}, p["user"])
	view := p["view"].(map[string]any)
	require.Equal(t, v.Hash, view["hash"])
	require.Equal(t, "m1", view["private_metadata"])
	require.JSONEq(t, `{"values":{
		"host_b":{"host_a":{"type":"plain_text_input","value":"web-7"}},
		"weight_b":{"weight_a":{"type":"number_input","value":"50"}},
		"pool_b":{"pool_a":{"type":"external_select","selected_option":{"text":{"type":"plain_text","text":"EU one"},
   "value":"eu-1"}}},
		"chan_b":{"chan_a":{"type":"conversations_select","selected_conversation":"C0OPS"}},
		"opt_b":{"opt_a":{"type":"checkboxes","selected_options":[{"text":{"type":"plain_text","text":"Watch"},
   "value":"watch"}]}}}}`,
		string(mustJSON(view["state"])))
	require.Empty(t, r.Findings())
}

func TestAnswersToASubmit(t *testing.T) {
	t.Parallel()
	simple := strings.ReplaceAll(string(mustJSON(loading("x1"))), "Loading", "Next")
	cases := map[string]struct {
		answer, failure, title string
		views, findings        int
		errors                 map[string]string
	}{
		"field errors keep the view": {`{"response_action":"errors","errors":{"host_b":"No such server."}}`, "",
			"Add server", 1, 0, map[string]string{"host_b": "No such server."}},
		"errors for an unknown block": {`{"response_action":"errors","errors":{"none":"x"}}`, "connection_trouble",
			"Add server", 1, 1, nil},
		"errors for a button's block": {`{"response_action":"errors","errors":{"type_b":"x"}}`, "connection_trouble",
			"Add server", 1, 1, nil},
		"errors without entries": {`{"response_action":"errors","errors":{}}`, "connection_trouble",
			"Add server", 1, 1, nil},
		"an error of 151 characters": {`{"response_action":"errors","errors":{"host_b":"` +
			strings.Repeat("x", 151) + `"}}`, "connection_trouble", "Add server", 1, 1, nil},
		"an update replaces the view": {`{"response_action":"update","view":` + simple + `}`, "", "Next", 1, 0, nil},
		"an invalid update": {`{"response_action":"update","view":{"type":"modal","blocks":[]}}`,
			"connection_trouble", "Add server", 1, 1, nil},
		"an update without a view": {`{"response_action":"update"}`, "connection_trouble", "Add server", 1, 1,
			nil},
		"a push puts a view on top": {`{"response_action":"push","view":` + strings.ReplaceAll(simple, "x1", "x9") +
			`}`, "", "Next", 2, 0, nil},
		"a push of an id in use": {`{"response_action":"push","view":` + simple + `}`, "connection_trouble",
			"Add server", 1, 1, nil},
		"clear closes everything":       {`{"response_action":"clear"}`, "", "", 0, 0, nil},
		"an action that does not exist": {`{"response_action":"close"}`, "connection_trouble", "Add server", 1, 1, nil},
		"an array":                      {`[]`, "connection_trouble", "Add server", 1, 1, nil},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			v := r.opened()
			r.offerPools(v)
			r.link.answer(c.answer)
			act := r.SubmitView(t.Context(), "U0ANA", v.ID, filled)
			require.True(t, act.Acked)
			require.Equal(t, c.failure, act.Failure)
			require.Equal(t, c.errors, act.Errors)
			require.Len(t, r.Findings(), c.findings, r.Findings())
			views := r.Views("U0ANA")
			require.Len(t, views, c.views)
			if c.views > 0 {
				require.Equal(t, c.title, r.top().Title)
				require.Equal(t, c.failure != "", r.top().Trouble != "")
			}
		})
	}
}

func TestASubmitWithoutAckLeavesTheViewOpenWithSlacksTrouble(t *testing.T) {
	t.Parallel()
	for want, result := range map[string]socket.Ack{
		"operation_timeout": {TimedOut: true}, "dispatch_failed": {NoConnection: true},
	} {
		r := newRig(t)
		v := r.opened()
		r.offerPools(v)
		r.link.fail(result)
		act := r.SubmitView(t.Context(), "U0ANA", v.ID, filled)
		require.False(t, act.Acked)
		require.Equal(t, want, act.Failure)
		require.Equal(t, submitTrouble, r.top().Trouble)
	}
}

func TestARepeatedSubmitOfAClosedViewChangesNothing(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	v := r.opened()
	r.offerPools(v)
	r.link.answer("")
	act := r.SubmitView(t.Context(), "U0ANA", v.ID, filled)
	r.link.answer(`{"response_action":"update","view":` + string(mustJSON(loading(""))) + `}`)
	require.True(t, r.Redeliver(t.Context(), act, true).Acked)
	require.Empty(t, r.Views("U0ANA"))
}

func TestFieldsThatDispatchSendAtOnceAndOthersDoNot(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	v := r.opened()
	sent := r.link.count()
	require.Contains(t, r.ClickInView(t.Context(), "U0ANA", v.ID, "host_a", "web-7", nil).Failure,
		"dispatch_action is off")
	require.Equal(t, sent, r.link.count())
	require.Empty(t, r.ClickInView(t.Context(), "U0ANA", v.ID, "weight_a", "20", nil).Failure)
	action := r.link.last().Payload["actions"].([]any)[0].(map[string]any)
	require.Equal(t, "20", action["value"])
	require.Equal(t, "weight_b", action["block_id"])
	require.Contains(t, string(r.top().Raw), `"value":"web-7"`, "it was typed all the same")
	require.Contains(t, r.ClickInView(t.Context(), "U0BO", v.ID, "type_ids", "", nil).Failure, "does not see")
}
