package slackapp

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot/operation"
	"lbbot/bot/sandbox"
	"lbbot/bot/slackapp/render"
	"lbbot/bot/slackapp/render/form"
	"lbbot/bot/slackapp/render/private"
	"lbbot/commands"
	"lbbot/zenlayer/zenlayertest"
)

func TestAListenerThatIsPickedIsDescribedAndWhatWasTypedStays(t *testing.T) {
	t.Parallel()
	r := openListed(t, sampleLists())
	v := r.form(ana)
	state := filled(map[string]string{"ports": "8443", "reason": "typed before"})
	r.offers(ana, v, pickListener, "")
	r.acked(r.slack.ClickInView(t.Context(), ana, v.ID, pickListener, "lst-8f2c", state))
	v = r.shows(ana, "api-lb · TCP 443 · weighted round robin · health check on · 4 servers",
		"Leave empty to use the listener's port (443). The other servers use 8080.",
		"The other servers on this listener use 50. Leave empty for the same.", "typed before", "8443")

	r.acked(r.slack.ClickInView(t.Context(), ana, v.ID, pickListener, "lst-53d0", nil))
	v = r.shows(ana, "UDP 53", "Ports: this listener uses direct routing, so ports follow the listener.")
	require.NotContains(t, string(v.Blocks), "field_ports")

	r.acked(r.slack.ClickInView(t.Context(), ana, v.ID, pickListener, "lst-80aa", nil))
	v = r.shows(ana, "TCP 80", "This listener shares traffic equally, so weight has no effect now.", "8443")
	require.NotContains(t, string(v.Blocks), "direct routing")
	r.offers(ana, v, pickServer, "web-07")
	r.acked(r.submits(ana, v, picked("", "i-55a1", nil)))
	second := r.view(ana, private.ViewCheckTitle)
	require.True(t, has(sandbox.Message{Blocks: second.Blocks}, "lst-80aa", "i-55a1", "8443", "typed before"))
	r.calm()
}

func TestPortsTypedBeforeDirectRoutingAreNotSent(t *testing.T) {
	t.Parallel()
	r := openListed(t, sampleLists())
	v := r.form(ana)
	r.offers(ana, v, pickListener, "")
	r.acked(r.slack.ClickInView(t.Context(), ana, v.ID, pickListener, "lst-53d0",
		filled(map[string]string{"ports": "8443"})))
	v = r.shows(ana, "direct routing")
	r.offers(ana, v, pickServer, "web-07")
	in := r.acked(r.submits(ana, v, picked("", "i-55a1", nil)))
	require.Empty(t, in.Errors)
	r.view(ana, private.ViewCheckTitle)
	require.Empty(t, r.shelf.inState(operation.Draft)[0].Request.PortList)
}

func TestAFormKeepsItsChannelWhateverWasTyped(t *testing.T) {
	t.Parallel()
	for attack, s := range hostile() {
		f := form.New(incident, commands.Values{commands.KeyPorts: s}, []string{s, s})
		f.Alert = s
		f.Searches = form.SearchesFor(&commands.InputError{Problems: []commands.Problem{
			{Field: commands.KeyListener, Choices: []commands.Choice{{Label: s}}},
			{Field: commands.KeyServer, Choices: []commands.Choice{{Label: s}}}},
			Asked: commands.Values{commands.KeyListener: s, commands.KeyServer: s}})
		f.About = &form.About{Listener: operation.Listener{Kind: operation.DirectRouting}}
		v := form.Register(f)
		require.LessOrEqual(t, len(v.PrivateMetadata), render.MaxMetadata, attack)
		m, ok := form.ReadMeta(v.PrivateMetadata)
		require.True(t, ok, attack)
		require.Equal(t, incident, m.Channel, attack)
	}
}

func TestManyPortsThatTheListenerDoesNotTakeAreShortened(t *testing.T) {
	t.Parallel()
	r := openListed(t, sampleLists())
	v := r.form(ana)
	r.offers(ana, v, pickListener, "")
	r.acked(r.slack.ClickInView(t.Context(), ana, v.ID, pickListener, "lst-53d0",
		filled(map[string]string{"ports": strings.Repeat("8080,", 599) + "8080"})))
	v = r.shows(ana, "direct routing")
	r.offers(ana, v, pickServer, "web-07")
	require.Empty(t, r.acked(r.submits(ana, v, picked("", "i-55a1", nil))).Errors)
	r.view(ana, private.ViewCheckTitle)
	r.calm()
}

func TestAListenerWhoseServersCannotBeReadIsDescribedByTheList(t *testing.T) {
	t.Parallel()
	r := openListed(t, sampleLists())
	v := r.form(ana)
	r.cloud.Inject(zenlayertest.Fault{Kind: zenlayertest.BadGateway, Times: -1})
	r.picks(ana, v, "lst-8f2c")
	v = r.shows(ana, "api-lb · TCP 443", "Leave empty for the weight that most servers on the listener have")
	require.NotContains(t, string(v.Blocks), "No server is on this listener")
	r.calm()
}

func TestTheLastListenerPickedIsDescribedWhateverIsReadFirst(t *testing.T) {
	t.Parallel()
	r := openListed(t, sampleLists())
	v := r.form(ana)
	entered, release := make(chan struct{}, 1), make(chan struct{})
	r.cloud.SetOnCall(func(c zenlayertest.Call, p zenlayertest.Phase) {
		if p == zenlayertest.BeforeExecute && strings.Contains(c.Request, "lst-8f2c") {
			select {
			case entered <- struct{}{}:
				<-release
			default:
			}
		}
	})
	r.picks(ana, v, "lst-8f2c")
	<-entered
	r.picks(ana, v, "lst-44fa")
	r.shows(ana, "payments-lb · TCP 443")
	close(release)
	r.idle()
	v = r.shows(ana, "payments-lb · TCP 443")
	require.NotContains(t, string(v.Blocks), "api-lb · TCP 443")
	r.calm()
}

// The form is drawn again for the first choice while the second is on its way, with
// the hash of the form before.
func TestAChoiceInAFormThatWasDrawnAgainIsStillDescribed(t *testing.T) {
	t.Parallel()
	r := openListed(t, sampleLists())
	v := r.form(ana)
	r.picks(ana, v, "lst-44fa")
	r.shows(ana, "payments-lb · TCP 443")
	click := func(at, id, hash string) {
		_, acked := r.slack.Deliver(t.Context(), "interactive", map[string]any{"type": "block_actions",
			"user": map[string]any{"id": ana, "team_id": teamID}, "team": map[string]any{"id": teamID},
			"container": map[string]any{"type": "view", "view_id": v.ID},
			"actions": []any{map[string]any{"action_id": pickListener, "action_ts": at,
				"selected_option": map[string]any{"value": id}}},
			"view": map[string]any{"id": v.ID, "hash": hash, "callback_id": render.ViewForm,
				"private_metadata": v.PrivateMetadata, "state": map[string]any{"values": map[string]any{
					pickListener: map[string]any{pickListener: map[string]any{"type": "external_select",
						"selected_option": map[string]any{"value": id,
							"text": map[string]any{"type": "plain_text", "text": id}}}}}}}}, false)
		require.True(t, acked)
		r.idle()
	}
	click("9999999999.000002", "lst-80aa", v.Hash)
	r.shows(ana, "api-lb · TCP 80 ")
	click("9999999999.000001", "lst-84ad", v.Hash) // overtaken by the other
	shown := r.shows(ana, "api-lb · TCP 80 ")
	require.NotContains(t, string(shown.Blocks), "8443")
	r.calm()
}

func TestAChoiceInAFormThatIsClosedMeanwhileChangesNothing(t *testing.T) {
	t.Parallel()
	r := openListed(t, sampleLists())
	v := r.form(ana)
	_, release := r.slowCloud()
	r.picks(ana, v, "lst-8f2c")
	r.slack.CloseView(t.Context(), ana, v.ID, true)
	close(release)
	r.idle()
	require.Empty(t, r.slack.Views(ana))
	_, answers := r.said(ana, incident)
	require.Empty(t, answers)
	require.NotContains(t, r.log.String(), "a view could not be replaced")
	r.calm()
}

func TestAChoiceThatIsReadLateDoesNotReplaceWhatAnotherReplicaDrew(t *testing.T) {
	t.Parallel()
	for name, drawnBefore := range map[string]bool{"drawn here before": true, "not drawn here": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := openListed(t, sampleLists())
			v := r.form(ana)
			if drawnBefore {
				r.picks(ana, v, "lst-80aa")
				v = r.shows(ana, "api-lb · TCP 80 ")
			}
			entered, release := r.slowCloud()
			r.picks(ana, v, "lst-8f2c")
			<-entered
			// The other replica got the next choice.
			l, _ := r.lists.Listener("lst-44fa")
			f := form.New(incident, commands.Values{}, nil)
			f.Pick(commands.KeyListener, form.ListenerOption(l))
			f.About = &form.About{Listener: l}
			_, err := r.app.Web.UpdateView(t.Context(), v.ID, "", form.Register(f))
			require.NoError(t, err)
			close(release)
			r.idle()
			v = r.shows(ana, "payments-lb · TCP 443")
			require.NotContains(t, string(v.Blocks), "api-lb · TCP 443")
			r.calm()
		})
	}
}

// What is read for a choice comes back while the form is being checked: it must not
// take the waiting screen away.
func TestAChoiceThatIsReadLateDoesNotReplaceTheWaitingScreen(t *testing.T) {
	t.Parallel()
	r := openListed(t, sampleLists())
	v := r.form(ana)
	r.offers(ana, v, pickServer, "web-07")
	entered, release := r.slowCloud()
	r.picks(ana, v, "lst-8f2c")
	<-entered
	in := r.acked(r.submits(ana, v, picked("", "i-55a1", nil)))
	require.Less(t, in.AckAfter, 3*time.Second)
	require.Contains(t, string(r.view(ana, form.Title).Blocks), "Checking…")
	close(release)
	r.view(ana, private.ViewCheckTitle)
	r.idle()
	require.Equal(t, private.ViewCheckTitle, r.slack.Views(ana)[len(r.slack.Views(ana))-1].Title)
	r.calm()
}

func TestTypeIDsInsteadKeepsEverythingThatWasFilledIn(t *testing.T) {
	t.Parallel()
	r := openListed(t, sampleLists())
	v := r.form(ana)
	r.picks(ana, v, "lst-8f2c")
	v = r.shows(ana, "api-lb · TCP 443")
	r.offers(ana, v, pickServer, "web-07")
	state := picked("", "i-55a1", map[string]string{"ports": "8443", "weight": "20", "reason": "kept"})
	r.acked(r.slack.ClickInView(t.Context(), ana, v.ID, render.ActFormTyped, "", state))
	v = r.shows(ana, "field_listener", "field_server", "field_type", "lst-8f2c", "i-55a1", "8443", "20", "kept")
	require.NotContains(t, string(v.Blocks), "api-lb · TCP 443")

	// An error brings it back typed, with the values.
	in := r.acked(r.submits(ana, v, filled(map[string]string{"server": "wbe-07", "type": "bm"})))
	require.Contains(t, in.Errors[render.FieldBlockID(commands.KeyServer)], "No bare metal server called")
	require.Empty(t, r.submits(ana, v, filled(map[string]string{"server": "web-07", "type": "auto"})).Errors)
	second := r.view(ana, private.ViewCheckTitle)
	require.True(t, has(sandbox.Message{Blocks: second.Blocks}, "lst-8f2c", "i-55a1", "8443", "kept"))
	r.calm()
}

func TestPickFromListsBringsTheListsBackWithWhatWasTyped(t *testing.T) {
	t.Parallel()
	lists := sampleLists()
	r := openListed(t, lists)
	v := r.form(ana)
	r.acked(r.slack.ClickInView(t.Context(), ana, v.ID, render.ActFormTyped, "", nil))
	v = r.shows(ana, "field_listener", "field_server", render.ActFormLists)
	require.NotContains(t, string(v.Blocks), render.ActFormTyped)
	typed := filled(map[string]string{"listener": "lst-8f2c", "server": "web-0", "ports": "8443"})
	r.acked(r.slack.ClickInView(t.Context(), ana, v.ID, render.ActFormLists, "", typed))
	v = r.shows(ana, pickListener, `"value":"lst-8f2c"`, "api-lb · TCP 443", pickServer, "8443", render.ActFormTyped)
	require.NotContains(t, string(v.Blocks), render.ActFormLists)
	require.NotContains(t, string(v.Blocks), "field_type")
	require.Len(t, r.offers(ana, v, pickServer, ""), 7, "what was typed is sought")

	// A person without rights learns no name.
	r.acked(r.slack.ClickInView(t.Context(), ana, v.ID, render.ActFormTyped, "", nil))
	v = r.shows(ana, "field_listener", render.ActFormLists)
	r.gate.deny(operation.DeniedNoRule)
	typed = filled(map[string]string{"listener": "lst-8f2c", "server": "10.0.3.17"})
	r.acked(r.slack.ClickInView(t.Context(), ana, v.ID, render.ActFormLists, "", typed))
	v = r.shows(ana, pickListener, form.NotAllowed)
	for _, name := range []string{"https-443", "web-07", "i-55a1", "api-lb"} {
		require.NotContains(t, string(v.Blocks), name)
	}
	r.gate.deny("")

	// The lists are gone when the button is pressed.
	r.acked(r.slack.ClickInView(t.Context(), ana, v.ID, render.ActFormTyped, "", nil))
	v = r.shows(ana, "field_listener", render.ActFormLists)
	lists.set(func(l *memoryLists) { l.unread = true })
	r.acked(r.slack.ClickInView(t.Context(), ana, v.ID, render.ActFormLists, "", nil))
	v = r.shows(ana, "no current list of listeners and servers", "field_listener", "field_server")
	require.NotContains(t, string(v.Blocks), render.ActFormLists)
	r.calm()
}

func TestAFormThatIsDrawnAgainAfterTheWaitingScreenKeepsItsListsAndValues(t *testing.T) {
	t.Parallel()
	r := openListed(t, sampleLists())
	v := r.form(ana)
	r.picks(ana, v, "lst-8f2c")
	v = r.shows(ana, "api-lb · TCP 443")
	r.offers(ana, v, pickServer, "web-07")
	_, release := r.slowCloud()
	r.acked(r.submits(ana, v, picked("", "i-55a1", map[string]string{"ports": "8443", "name": "a b!",
		"reason": "kept"})))
	require.Contains(t, string(r.view(ana, form.Title).Blocks), "Checking…")
	close(release)
	v = r.shows(ana, "1 thing to fix", "Backend name: ", pickListener, "https-443 on api-lb (TCP 443)", pickServer,
		"web-07 (10.0.3.17)", "8443", "kept", "api-lb · TCP 443")
	in := r.acked(r.submits(ana, v, filled(map[string]string{"name": "fine"})))
	require.Empty(t, in.Errors)
	r.view(ana, private.ViewCheckTitle)
	r.calm()
}
