package slackapp

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"lbbot/bot/operation"
	"lbbot/bot/sandbox"
	"lbbot/bot/slackapp/delivery"
	"lbbot/bot/slackapp/render"
	"lbbot/bot/slackapp/render/form"
	"lbbot/bot/slackapp/render/private"
	"lbbot/commands"
	"lbbot/zenlayer"
)

func TestValuesAreShownAsPickedOnlyIfTheyAreExactlyOneThing(t *testing.T) {
	t.Parallel()
	const listener, server = "https-443 on api-lb (TCP 443)", "web-07 (10.0.3.17)"
	tests := map[string]struct {
		values        commands.Values
		stranger      bool
		shown, absent []string
	}{
		"ids": {commands.Values{"listener": "lst-8f2c", "server": "i-55a1"}, false, []string{listener, server}, nil},
		"names": {commands.Values{"listener": "api-lb/https-443", "server": "web-07"}, false,
			[]string{listener, server}, nil},
		"a port and an address": {commands.Values{"listener": "api-lb:443", "server": "10.0.3.17"}, false,
			[]string{listener, server}, nil},
		"its type": {commands.Values{"server": "i-55a1", "type": "bm"}, false, []string{server},
			[]string{"field_type"}},
		"two of one name": {commands.Values{"listener": "https-443"}, false,
			[]string{`"initial_value":"https-443"`, pickServer}, nil},
		"a piece of a name": {commands.Values{"server": "web-0"}, false,
			[]string{`"initial_value":"web-0"`, "field_type", pickListener}, nil},
		"another type": {commands.Values{"server": "i-55a1", "type": "vm"}, false,
			[]string{`"initial_value":"i-55a1"`, "Virtual machine"}, []string{server}},
		"nothing there": {commands.Values{"listener": "lst-gone", "server": "web-77"}, false,
			[]string{`"initial_value":"lst-gone"`, `"initial_value":"web-77"`}, []string{pickListener, pickServer}},
		"ids of a stranger": {commands.Values{"listener": "lst-8f2c", "server": "i-55a1"}, true,
			[]string{`"text":"lst-8f2c"`, `"text":"i-55a1"`},
			[]string{"https-443", "web-07", "api-lb · ", "10.0.3.17"}},
		"names of a stranger": {commands.Values{"listener": "api-lb/https-443", "server": "web-07"}, true,
			[]string{`"initial_value":"api-lb/https-443"`, `"initial_value":"web-07"`}, []string{"lst-8f2c", "i-55a1"}},
	}
	r := openListed(t, sampleLists())
	for name, tt := range tests {
		d := delivery.Delivery{Stranger: tt.stranger}
		d.Place.ChannelID = incident
		view := form.Register(r.app.newForm(d, tt.values, nil))
		requireView(t, view)
		b, err := json.Marshal(view)
		require.NoError(t, err)
		raw := string(b)
		for _, s := range tt.shown {
			require.Contains(t, raw, s, name)
		}
		for _, s := range tt.absent {
			require.NotContains(t, raw, s, name)
		}
	}
}

func TestChangeShowsTheFormWithWhatWasAskedForPicked(t *testing.T) {
	t.Parallel()
	r := openListed(t, sampleLists())
	r.clicks(ana, r.preview(ana, incident), render.ActReqChange, "")
	v := r.shows(ana, "https-443 on api-lb (TCP 443)", "web-07 (10.0.3.17)", "8443", "more room",
		"api-lb · TCP 443 · weighted round robin · health check on · 4 servers")
	require.Empty(t, r.submits(ana, v, filled(map[string]string{"weight": "30"})).Errors)
	second := r.view(ana, private.ViewCheckTitle)
	require.True(t, has(sandbox.Message{Blocks: second.Blocks}, "lst-8f2c", "i-55a1", "30"), string(second.Blocks))
	r.calm()
}

func TestTheFormFromATypingMistakeTellsNamesOnlyToWhomTheyMayBeTold(t *testing.T) {
	t.Parallel()
	r := openListed(t, sampleLists())
	r.types(ana, incident, "lst-8f2c i-55a1 wieght=50")
	r.gate.deny(operation.DeniedNoRule)
	r.clicks(ana, r.sees(ana, incident, "fix_open_form"), render.ActFixOpenForm, "")
	v := r.shows(ana, form.NotAllowed, `"value":"lst-8f2c"`, `"value":"i-55a1"`, "wieght")
	for _, name := range []string{"https-443", "web-07", "10.0.3.17", "api-lb · "} {
		require.NotContains(t, string(v.Blocks), name)
	}
	// It cannot be checked while Slack does not answer.
	r.gate.mu.Lock()
	r.gate.say, r.gate.unchecked = "", true
	r.gate.mu.Unlock()
	r.slack.CloseView(t.Context(), ana, v.ID, true)
	r.clicks(ana, r.sees(ana, incident, "fix_open_form"), render.ActFixOpenForm, "")
	v = r.shows(ana, `"value":"lst-8f2c"`)
	r.idle()
	require.NotContains(t, string(r.slack.Views(ana)[0].Blocks), "api-lb · ")
	r.gate.mu.Lock()
	r.gate.unchecked = false
	r.gate.mu.Unlock()
	r.slack.CloseView(t.Context(), ana, v.ID, true)
	r.clicks(ana, r.sees(ana, incident, "fix_open_form"), render.ActFixOpenForm, "")
	r.shows(ana, "api-lb · TCP 443", "4 servers", "wieght")
	r.calm()
}

func TestAListenerThatIsGoneMeanwhileIsSaidWhereItWasPicked(t *testing.T) {
	t.Parallel()
	lists := sampleLists()
	r := openListed(t, lists)
	v := r.form(ana)
	r.offers(ana, v, pickListener, "")
	r.offers(ana, v, pickServer, "web-07")
	lists.set(func(l *memoryLists) {
		l.lbs[0].Listeners = slices.DeleteFunc(l.lbs[0].Listeners, func(x zenlayer.Listener) bool {
			return x.ListenerID == "lst-8f2c"
		})
	})
	r.acked(r.slack.ClickInView(t.Context(), ana, v.ID, pickListener, "lst-8f2c", nil))
	v = r.shows(ana, form.Gone)
	require.True(t, r.cloud.RemoveListener("lst-8f2c"))
	in := r.acked(r.submits(ana, v, picked("", "i-55a1", nil)))
	require.Contains(t, in.Errors[pickListener], "No listener called")
	require.Len(t, in.Errors, 1)
	require.Empty(t, r.shelf.inState(operation.Draft))
	r.calm()
}

func TestAListThatWasReadLongAgoOpensTheTypedForm(t *testing.T) {
	t.Parallel()
	lists := sampleLists()
	r := openListed(t, lists)
	r.preview(ana, incident)
	lists.set(func(l *memoryLists) { l.unread = true })
	r.clicks(ana, r.sees(ana, incident, "req_send"), render.ActReqChange, "")
	r.shows(ana, "no current list", `"initial_value":"api-lb/https-443"`, `"initial_value":"web-07"`)
	r.calm()
}
