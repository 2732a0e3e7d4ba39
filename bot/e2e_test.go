package bot_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot"
	"lbbot/bot/operation/intake"
	"lbbot/bot/sandbox"
	"lbbot/zenlayer/zenlayertest"
)

func TestTypedCommandEndsInACardWithBothIDs(t *testing.T) {
	t.Parallel()
	h := open(t, nil)
	h.types(ana, incident, good)
	preview := h.sees(ana, incident, "Preview", "web-07", "lst-8f2c", "8443", "20")
	require.True(t, preview.Ephemeral)
	require.Empty(t, h.cloud.CallsOf("RegisterBackend"), "a preview changes nothing")

	h.clicks(ana, preview, "req_send")
	card := h.sees(ana, incident, "Added", "Backend ID", "Request ID", "Available")
	require.False(t, card.Ephemeral)

	added := h.ofServer(listener, "i-55a1")
	require.Len(t, added, 1)
	require.True(t, has(card, added[0].BackendID))
	require.Equal(t, 20, added[0].Weight)
	require.Len(t, h.cards(incident), 1, "one card for one operation")
	bodies := h.registerBodies()
	require.Len(t, bodies, 1)
	require.NotEmpty(t, bodies[0]["clientToken"])
	for _, m := range h.slack.Messages(incident, ana) {
		require.False(t, m.Ephemeral && has(m, "Preview") && !m.Deleted, "the used preview is taken away")
	}
	h.calm()
}

func TestFormEndsInACardAndSetsEveryField(t *testing.T) {
	t.Parallel()
	h := open(t, nil)
	view := h.typedForm(ana, incident)
	state := sandbox.ViewState{}
	for key, value := range map[string]string{"listener": "lst-8f2c", "server": "vm-a002", "type": "vm",
		"ports": "8080,8081", "weight": "7", "name": "edge.one", "reason": "from the form"} {
		state["field_"+key] = map[string]any{"field_" + key: value}
	}
	in := h.slack.SubmitView(t.Context(), ana, view.ID, state)
	require.Empty(t, in.Failure)
	require.Empty(t, in.Errors)
	second := h.view(ana, "Check and add")
	require.Empty(t, h.cloud.CallsOf("RegisterBackend"))

	in = h.slack.SubmitView(t.Context(), ana, second.ID, nil)
	require.Empty(t, in.Failure)
	require.Empty(t, h.slack.Views(ana), "the form closes once the operation is on disk")
	h.sees(ana, incident, "Added", "edge-vm-02", "from the form", "Available")
	body := h.registerBodies()[0]
	require.Equal(t, "lst-8f2c", body["listenerId"])
	require.Equal(t, "vm-a002", body["instanceId"])
	require.Equal(t, "VM", body["instanceType"])
	require.Equal(t, "edge.one", body["backendName"])
	require.Equal(t, []any{8080.0, 8081.0}, body["portList"])
	require.Equal(t, 7.0, body["weight"])
	require.Len(t, body["clientToken"], 36)
	h.calm()
}

// typedForm opens the form and turns its lists into fields to type into.
func (h *house) typedForm(person, channel string) sandbox.View {
	h.t.Helper()
	h.types(person, channel, "")
	view := h.view(person, "Add server")
	if strings.Contains(string(view.Blocks), "form_type_ids") { // not while the lists are not read yet
		require.Empty(h.t, h.slack.ClickInView(h.t.Context(), person, view.ID, "form_type_ids", "", nil).Failure)
	}
	require.Eventually(h.t, func() bool {
		view = h.view(person, "Add server")
		return strings.Contains(string(view.Blocks), "field_listener")
	}, 20*time.Second, 5*time.Millisecond, "the form has no fields to type into")
	return view
}

// view waits for a modal with this title on top of a person's screen.
func (h *house) view(person, title string) sandbox.View {
	h.t.Helper()
	var top sandbox.View
	require.Eventually(h.t, func() bool {
		views := h.slack.Views(person)
		if len(views) == 0 {
			return false
		}
		top = views[len(views)-1]
		return top.Title == title
	}, 20*time.Second, 5*time.Millisecond, "no view "+title)
	return top
}

func TestWrongInputIsRefusedPrivatelyInTheRightWords(t *testing.T) {
	t.Parallel()
	h := open(t, nil)
	tests := map[string]struct {
		person, channel, text string
		words                 []string
	}{
		"a weight of 500": {ana, incident, "lst-8f2c web-07 weight=500",
			[]string{"Not sent", "Use a whole number from 1 to 100."}},
		"a weight of 0": {ana, incident, "lst-8f2c web-07 weight=0",
			[]string{"Not sent", "The lowest weight is 1."}},
		"an unknown key and a bad port": {ana, incident, "lst-8f2c web-07 wieght=50 ports=80808",
			[]string{"Not sent", "2 things to fix", "Did you mean", "a port is a number from 1 to 65535"}},
		"an unknown listener": {ana, incident, "api-lb/htps-443 web-07",
			[]string{"Not sent", "No listener called", "Closest"}},
		"an unknown server": {ana, incident, "lst-8f2c wbe-07",
			[]string{"Not sent", "No server called", "web-07"}},
		"ports on a direct routing listener": {ana, ops, "dns-53 web-07 ports=8443",
			[]string{"direct routing", "Remove ports=8443"}},
		"a name that is taken": {ana, incident, "lst-8f2c web-07 name=web-03",
			[]string{"The name web-03 is taken on this listener. Suggestion: web-03-2."}},
		"a frozen listener": {ana, ops, "lst-53d0 web-07",
			[]string{"Not sent", "Name service changes are frozen"}},
		"too much weight for the channel": {ana, incident, "lst-8f2c web-07 weight=60",
			[]string{"Not sent", "may not add"}},
		"a person who needs approval": {dev, incident, "lst-8f2c web-07", []string{"Not sent", "approval"}},
		"a guest":                     {gil, ops, "lst-8f2c web-07", []string{"Guests cannot use this command"}},
		"a shared channel":            {ana, partner, "lst-8f2c web-07", []string{"shared with another organi"}},
		"a channel without the bot":   {ana, general, "lst-8f2c web-07", []string{"I am not in"}},
	}
	for name, tt := range tests {
		if tt.words == nil {
			continue
		}
		t.Run(name, func(t *testing.T) {
			h.types(tt.person, tt.channel, tt.text)
			m := h.sees(tt.person, tt.channel, tt.words...)
			require.True(t, m.Ephemeral || m.ChannelID[0] == 'D', "only the caller sees it")
		})
	}
	require.Empty(t, h.cloud.CallsOf("RegisterBackend"))
	for _, channel := range []string{incident, ops, general, partner} {
		require.Empty(t, h.cards(channel), "nothing public was said")
	}
	h.calm()
}

func TestServerThatIsThereAlreadyIsNothingToDo(t *testing.T) {
	t.Parallel()
	h := open(t, nil)
	there := h.cloud.Backends()[0]
	h.types(ana, incident, there.ListenerID+" "+there.InstanceID+" ports="+there.Port)
	h.sees(ana, incident, "Nothing to do", there.BackendID)
	h.types(ana, incident, there.ListenerID+" "+there.InstanceID+" weight=7 ports="+there.Port)
	h.sees(ana, incident, "cannot change a weight in place")
	require.Empty(t, h.cloud.CallsOf("RegisterBackend"))
}

func TestLostAnswerIsNeverCalledFailed(t *testing.T) {
	t.Parallel()
	h := open(t, nil)
	h.cloud.LoseNextAnswer()
	h.types(ana, incident, good)
	h.clicks(ana, h.sees(ana, incident, "Preview"), "req_send")
	card := h.sees(ana, incident, "Added", "The answer was lost")
	require.Len(t, h.ofServer(listener, "i-55a1"), 1)
	require.Len(t, h.cards(incident), 1)
	seen := false
	for _, old := range card.History {
		require.NotContains(t, string(old), "Not added")
		seen = seen || has(sandbox.Message{Text: string(old)}, "Not confirmed")
	}
	require.True(t, seen, "while it was not known, the card said so")
	h.calm()
}

func TestLostRequestIsRepeatedWithTheSameToken(t *testing.T) {
	t.Parallel()
	h := open(t, nil)
	h.cloud.Inject(zenlayertest.Fault{Kind: zenlayertest.BadGateway, Action: "RegisterBackend"})
	h.types(ana, incident, good)
	h.clicks(ana, h.sees(ana, incident, "Preview"), "req_send")
	h.sees(ana, incident, "Added", "second try")
	bodies := h.registerBodies()
	require.Len(t, bodies, 2)
	require.Equal(t, bodies[0], bodies[1], "the repeat is the same request, token included")
	require.Len(t, h.ofServer(listener, "i-55a1"), 1)
	h.calm()
}

func TestTwiceIsOnce(t *testing.T) {
	t.Parallel()
	h := open(t, nil)
	in := h.types(ana, incident, good)
	preview := h.sees(ana, incident, "Preview")
	again := h.slack.Redeliver(t.Context(), in, true)
	require.True(t, again.Acked)

	var g sync.WaitGroup
	var clicks [4]sandbox.Interaction
	for i := range clicks {
		g.Go(func() {
			clicks[i] = h.slack.Click(t.Context(), ana, incident, preview.TS, "req_send", "")
		})
	}
	g.Wait()
	for _, c := range clicks {
		if c.Acked {
			h.slack.Redeliver(t.Context(), c, true)
			h.slack.Redeliver(t.Context(), c, false)
		}
	}
	h.sees(ana, incident, "Added", "Available")
	require.Len(t, h.registerBodies(), 1)
	require.Len(t, h.ofServer(listener, "i-55a1"), 1)
	require.Len(t, h.cards(incident), 1)
}

func TestSameServerByTwoPeopleIsAddedOnce(t *testing.T) {
	t.Parallel()
	h := open(t, nil)
	h.types(ana, incident, good)
	first := h.sees(ana, incident, "Preview")
	h.types("U0BO", incident, good)
	second := h.sees("U0BO", incident, "Preview")

	release := make(chan struct{})
	h.cloud.SetOnCall(func(c zenlayertest.Call, p zenlayertest.Phase) {
		if c.Action == "RegisterBackend" && p == zenlayertest.BeforeExecute {
			<-release
		}
	})
	h.clicks(ana, first, "req_send")
	h.sees(ana, incident, "Adding")
	h.clicks("U0BO", second, "req_send")
	h.sees("U0BO", incident, "is already adding web-07 here")
	close(release)
	h.sees(ana, incident, "Added")
	require.Len(t, h.ofServer(listener, "i-55a1"), 1)
}

func TestSomebodyElsesPreviewCannotBeSent(t *testing.T) {
	t.Parallel()
	h := open(t, nil)
	h.types(ana, incident, good)
	preview := h.sees(ana, incident, "Preview")
	in := h.slack.Click(t.Context(), "U0BO", incident, preview.TS, "req_send", "")
	require.NotEmpty(t, in.Failure, "Slack does not show it to anybody else")
	require.Empty(t, h.registerBodies())
}

func TestRefusalsAndFaultsEndInTheirOwnWords(t *testing.T) {
	t.Parallel()
	refused := func(status int, code string) zenlayertest.Fault {
		return zenlayertest.Fault{Kind: zenlayertest.Refused, Action: "RegisterBackend", Status: status, Code: code,
			Message: "planted message"}
	}
	tests := map[string]struct {
		fault zenlayertest.Fault
		words []string
	}{
		"refused with a known code": {refused(404, "INVALID_INSTANCE_NOT_FOUND"),
			[]string{"Not added", "Zenlayer refused", "INVALID_INSTANCE_NOT_FOUND", "404"}},
		"refused with an unknown code": {refused(403, "SOMETHING_NEW"),
			[]string{"Not added", "SOMETHING_NEW", "I do not know this code yet."}},
		"the listener is gone": {refused(404, "INVALID_LB_LISTENER_NOT_FOUND"),
			[]string{"Not added", "The listener no longer exists"}},
		"the key is refused": {refused(401, "AUTHFAILURE_SIGNATURE_FAILURE"),
			[]string{"Not added", "Zenlayer refused the bot's key or its rights", "check or replace its access key"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := open(t, nil)
			h.cloud.Inject(tt.fault)
			h.types(ana, incident, good)
			h.clicks(ana, h.sees(ana, incident, "Preview"), "req_send")
			h.sees(ana, incident, tt.words...)
			require.Empty(t, h.ofServer(listener, "i-55a1"))
			h.calm()
		})
	}
}

func TestRateLimitIsWaitedFor(t *testing.T) {
	t.Parallel()
	h := open(t, nil)
	h.cloud.Inject(zenlayertest.Fault{Kind: zenlayertest.RateLimited, Action: "RegisterBackend", RetryAfter: "1"})
	h.types(ana, incident, good)
	h.clicks(ana, h.sees(ana, incident, "Preview"), "req_send")
	h.sees(ana, incident, "Added", "Available")
	require.Len(t, h.ofServer(listener, "i-55a1"), 1)
	h.calm()
}

func TestRightTakenAwayBetweenTheStepsStopsIt(t *testing.T) {
	t.Parallel()
	h := open(t, nil)
	h.types(ana, incident, good)
	preview := h.sees(ana, incident, "Preview")
	// a moment after the preview read her
	h.slack.SetPerson(sandbox.Person{ID: ana, Name: "ana", RealName: "Ana", TeamID: "T0LOCAL", Guest: true})
	h.clicks(ana, preview, "req_send")
	h.sees(ana, incident, "Not sent", "Guests cannot use this command")
	require.Empty(t, h.registerBodies())
	require.Empty(t, h.cards(incident))
}

func TestConfirmNeverSendsAtOnceButProtectedListenersAsk(t *testing.T) {
	t.Parallel()
	h := open(t, func(c *bot.Config) {
		c.Confirm, c.Protected = intake.ConfirmNever, []string{"payments-lb/*"}
	})
	h.types(ana, incident, good)
	h.sees(ana, incident, "Added", "Available")
	h.types(ana, ops, "payments-lb/https-443 pay-vm-01")
	preview := h.sees(ana, ops, "Preview", "payments-lb")
	require.True(t, has(preview, "Add to a protected listener?"))
	require.Len(t, h.registerBodies(), 1)
	h.calm()
}

func TestRehearsalDoesEverythingButTheWrite(t *testing.T) {
	t.Parallel()
	h := open(t, func(c *bot.Config) { c.TestMode = true })
	h.types(ana, incident, good)
	h.clicks(ana, h.sees(ana, incident, "Preview"), "req_send")
	h.sees(ana, incident, "Not added", "ehearsal")
	require.Empty(t, h.registerBodies())
}

func TestDryRunEndsAtThePreview(t *testing.T) {
	t.Parallel()
	h := open(t, nil)
	h.types(ana, incident, good+" dry-run")
	m := h.sees(ana, incident, "Dry run: nothing was sent.")
	require.False(t, has(m, "req_send"))
}

func TestHelpWhoamiAndStatusAnswerPrivately(t *testing.T) {
	t.Parallel()
	h := open(t, nil)
	h.types(ana, incident, "help")
	h.sees(ana, incident, "/lb-register api-lb/https-443 web-07")
	h.types(ana, incident, "whoami")
	h.sees(ana, incident, ana, "S01SRE", "sre-in-incidents")
	h.types(ana, incident, "status LBR-NOSUCH")
	h.sees(ana, incident, "LBR-NOSUCH")
	h.types(ana, incident, good)
	h.clicks(ana, h.sees(ana, incident, "Preview"), "req_send")
	card := h.sees(ana, incident, "Added", "LBR-")
	ref := refOf(t, card)
	h.types(ana, incident, "status "+ref)
	h.sees(ana, incident, ref+": Added")
	require.Len(t, h.cards(incident), 1)
	h.calm()
}

func TestHelpListsWhatThePolicyAllowsTheReader(t *testing.T) {
	t.Parallel()
	h := open(t, nil)
	for person, channel := range map[string]string{gil: ops, "U0CHEN": incident} {
		h.types(person, channel, "help")
		m := h.sees(person, channel, "7 more commands need other rights.", "whoami", "status", "history")
		require.False(t, has(m, "web-07"), "%s may add nothing", person)
	}
	h.types(ana, incident, "help")
	m := h.sees(ana, incident, "/lb-register api-lb/https-443 web-07", "history", "undo LBR-7F3KQ2")
	require.True(t, has(m, "4 more commands need other rights.") && !has(m, " remove "), "no policy permits it")
	h.slack.FailNext("users.info", sandbox.APIFault{Error: "internal_error", Times: -1})
	h.types(dev, incident, "help")
	h.sees(dev, incident, "I could not check which commands you may use", "/lb-register api-lb/https-443 web-07")
}

func TestWorkGoesOnAfterARestart(t *testing.T) {
	t.Parallel()
	h := open(t, nil)
	entered, release := make(chan struct{}), make(chan struct{})
	var once sync.Once
	h.cloud.SetOnCall(func(c zenlayertest.Call, p zenlayertest.Phase) {
		if c.Action == "RegisterBackend" && p == zenlayertest.BeforeExecute {
			once.Do(func() { close(entered) })
			<-release
		}
	})
	h.types(ana, incident, good)
	h.clicks(ana, h.sees(ana, incident, "Preview"), "req_send")
	<-entered
	stopped := make(chan error, 1)
	go func() { stopped <- h.stop() }()
	close(release) // the call under way gets its answer although the bot is stopping
	require.NoError(t, <-stopped)
	h.start()
	h.sees(ana, incident, "Added", "Available")
	require.Len(t, h.registerBodies(), 1)
	require.Len(t, h.cards(incident), 1)
}
