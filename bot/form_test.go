package bot_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot/sandbox"
	"lbbot/zenlayer/zenlayertest"
)

// pickForm opens the form once its lists are read.
func (h *house) pickForm(person, channel string) sandbox.View {
	h.t.Helper()
	var view sandbox.View
	require.Eventually(h.t, func() bool {
		h.closeViews(person)
		h.types(person, channel, "")
		view = h.view(person, "Add server")
		return strings.Contains(string(view.Blocks), "pick_listener") &&
			strings.Contains(string(view.Blocks), "pick_server")
	}, 20*time.Second, 20*time.Millisecond, "the form has no lists")
	return view
}

func (h *house) closeViews(person string) {
	for _, v := range h.slack.Views(person) {
		h.slack.CloseView(h.t.Context(), person, v.ID, true)
	}
}

// offered are the values that a list of the form on top offers.
func (h *house) offered(person, field, typed string) (values []string) {
	h.t.Helper()
	options, in := h.slack.Suggest(h.t.Context(), person, h.view(person, "Add server").ID, field, typed, nil)
	require.Empty(h.t, in.Failure)
	for _, o := range options {
		values = append(values, o.Value)
	}
	return values
}

// Line 1 of the script's tests.
func TestCommandToAddedInOneLineAndOneTap(t *testing.T) {
	t.Parallel()
	h := open(t, nil)
	h.types(ana, incident, good)
	h.clicks(ana, h.sees(ana, incident, "Preview"), "req_send")
	h.sees(ana, incident, "Added", "Backend ID")
	require.Len(t, h.registerBodies(), 1)
	h.calm()
}

// Nothing is typed: two things are picked, one button checks, one adds.
func TestFormToAddedInFourTaps(t *testing.T) {
	t.Parallel()
	h := open(t, nil)
	view := h.pickForm(ana, incident)
	require.Contains(t, h.offered(ana, "pick_listener", ""), listener)
	in := h.slack.ClickInView(t.Context(), ana, view.ID, "pick_listener", listener, nil) // 1
	require.Empty(t, in.Failure)
	require.Contains(t, h.offered(ana, "pick_server", "web-07"), "i-55a1")
	in = h.slack.SubmitView(t.Context(), ana, view.ID,
		sandbox.ViewState{"pick_server": {"pick_server": "i-55a1"}}) // 2 and 3
	require.Empty(t, in.Failure)
	require.Empty(t, in.Errors)
	require.Empty(t, h.slack.SubmitView(t.Context(), ana, h.view(ana, "Check and add").ID, nil).Failure) // 4
	h.sees(ana, incident, "Added", "Backend ID", "web-07")
	bodies := h.registerBodies()
	require.Len(t, bodies, 1)
	require.Equal(t, listener, bodies[0]["listenerId"])
	require.Equal(t, "i-55a1", bodies[0]["instanceId"])
	require.Equal(t, 50.0, bodies[0]["weight"], "as the other servers")

	h.pickForm(ana, incident)
	require.Equal(t, listener, h.offered(ana, "pick_listener", "")[0], "used lately here")
	h.calm()
}

// Line 1 of the script's tests: the shortcut, Check, Add server. Nothing is typed or
// picked, and the result comes to the thread of the alert.
func TestAlertToAddedInThreeTaps(t *testing.T) {
	t.Parallel()
	h := open(t, nil)
	h.pickForm(ana, incident) // the lists are read
	h.closeViews(ana)
	alert, _ := h.slack.Say(t.Context(), dev, incident, "",
		`[FIRING:1] BackendMissing listener="api-lb/https-443" instance="web-07:9100"`)

	in := h.slack.UseMessageShortcut(t.Context(), ana, incident, alert.TS, "add_server_message") // 1
	require.Empty(t, in.Failure)
	var form sandbox.View
	require.Eventually(t, func() bool {
		form = h.view(ana, "Add server")
		return strings.Contains(string(form.Blocks), "From the alert: web-07 (10.0.3.17)")
	}, 20*time.Second, 10*time.Millisecond, "the form is not filled")
	in = h.slack.SubmitView(t.Context(), ana, form.ID, nil) // 2
	require.Empty(t, in.Failure)
	require.Empty(t, in.Errors)
	require.Empty(t, h.slack.SubmitView(t.Context(), ana, h.view(ana, "Check and add").ID, nil).Failure) // 3

	card := h.sees(ana, incident, "Added", "Backend ID", "web-07")
	require.Equal(t, alert.TS, card.ThreadTS)
	bodies := h.registerBodies()
	require.Len(t, bodies, 1)
	require.Equal(t, listener, bodies[0]["listenerId"])
	require.Equal(t, "i-55a1", bodies[0]["instanceId"])
	h.calm()
}

// Line 8 of the script's tests, as far as it is about the form.
func TestTheFormOffersOnlyWhatThePolicyAllows(t *testing.T) {
	t.Parallel()
	h := open(t, nil)
	h.pickForm(ana, incident)
	offered := h.offered(ana, "pick_listener", "")
	require.Contains(t, offered, listener)
	require.NotContains(t, offered, "lst-53d0", "name service changes are frozen")
	h.pickForm(dev, incident)
	require.Contains(t, h.offered(dev, "pick_listener", ""), listener, "with approval")
	h.pickForm(ana, general)
	none := []string{"list:nothing-allowed"} // says so, and names no listener
	require.Equal(t, none, h.offered(ana, "pick_listener", ""), "the bot is not in the channel")
	for person, channel := range map[string]string{gil: ops, ana: partner} {
		h.pickForm(person, channel)
		require.Equal(t, none, h.offered(person, "pick_listener", ""), person)
		require.Equal(t, none, h.offered(person, "pick_server", "web"), person)
		h.closeViews(person)
	}
	h.calm()
}

func TestWithTheCloudOffTheFormTakesTypedIDsAndNothingIsSentUnchecked(t *testing.T) {
	t.Parallel()
	h := stand(t, nil)
	h.cloud.Inject(zenlayertest.Fault{Kind: zenlayertest.BadGateway, Times: -1})
	h.start()
	h.types(ana, incident, "")
	view := h.view(ana, "Add server")
	require.True(t, has(sandbox.Message{Blocks: view.Blocks}, "no current list of listeners and servers", "field_type"))
	typed := sandbox.ViewState{"field_listener": {"field_listener": listener},
		"field_server": {"field_server": "i-55a1"}}
	require.Empty(t, h.slack.SubmitView(t.Context(), ana, view.ID, typed).Failure)
	said := ""
	require.Eventually(t, func() bool {
		view = h.view(ana, "Add server")
		for _, words := range view.Errors {
			said = words
		}
		return strings.Contains(said+string(view.Blocks), "Zenlayer did not answer")
	}, 20*time.Second, 5*time.Millisecond, "it does not say what could not be checked")
	require.Empty(t, h.registerBodies())

	h.cloud.ClearFaults()
	require.Empty(t, h.slack.SubmitView(t.Context(), ana, view.ID, typed).Failure)
	second := h.view(ana, "Check and add")
	require.Empty(t, h.registerBodies(), "a preview changes nothing")

	// Off again between the two screens: the listener is read before the call, and there is none.
	h.cloud.Inject(zenlayertest.Fault{Kind: zenlayertest.BadGateway, Times: -1})
	require.Empty(t, h.slack.SubmitView(t.Context(), ana, second.ID, nil).Failure)
	h.sees(ana, incident, "Waiting", "Nothing is sent yet")
	require.Empty(t, h.registerBodies())
	h.cloud.ClearFaults()
	h.sees(ana, incident, "Added", "Backend ID")
	require.Len(t, h.registerBodies(), 1)
	h.calm()
}
