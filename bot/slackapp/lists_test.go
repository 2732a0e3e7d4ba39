package slackapp

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	"lbbot/bot/operation"
	"lbbot/bot/sandbox"
	"lbbot/bot/sandbox/blockkit"
	"lbbot/bot/slackapp/render"
	"lbbot/bot/slackapp/render/form"
	"lbbot/commands"
	"lbbot/zenlayer"
	"lbbot/zenlayer/zenlayertest"
)

func TestTheFormIsOpenBeforeAnythingIsLookedUp(t *testing.T) {
	t.Parallel()
	lists := sampleLists()
	var r *formRig
	woken := make(chan bool, 8)
	lists.onWake = func() { woken <- len(r.slack.Views(ana)) == 1 }
	r = openListed(t, lists)
	r.cloud.Inject(zenlayertest.Fault{Kind: zenlayertest.Hang, Times: -1})
	v := r.form(ana)
	require.Contains(t, string(v.Blocks), "Search by name, ID or port")
	require.NotContains(t, string(v.Blocks), "field_type", "the server that is picked has it")
	require.Empty(t, r.cloud.Calls())
	require.True(t, <-woken, "the lists are woken once the form is open")
	r.cloud.ReleaseHangs()
	r.calm()
}

func TestTheFormWithoutListsIsTypedAndSaysSo(t *testing.T) {
	t.Parallel()
	lists := sampleLists()
	r := openListed(t, lists)
	lists.set(func(l *memoryLists) { l.noServers = true })
	v := r.form(ana)
	require.True(t, has(sandbox.Message{Blocks: v.Blocks}, "no current list of servers from Zenlayer", pickListener,
		"field_server", "field_type", "they will be checked before anything is sent"))
	lists.set(func(l *memoryLists) { l.unread = true })
	v = r.form(ana)
	require.True(t, has(sandbox.Message{Blocks: v.Blocks}, "no current list of listeners and servers",
		"field_listener", "field_server", "field_type"))
	require.NotContains(t, string(v.Blocks), pickListener)
	require.NotContains(t, string(v.Blocks), render.ActFormTyped, "there is nothing to turn into fields")
	require.Empty(t, r.submits(ana, v, goodForm()).Errors)
	r.view(ana, "Check and add")
	r.calm()
}

func TestTheListsOfferWhatThePersonMayChange(t *testing.T) {
	t.Parallel()
	r := openListed(t, sampleLists())
	v := r.form(ana)
	listeners := r.offers(ana, v, pickListener, "")
	require.Len(t, listeners, 5)
	require.Contains(t, listeners, sandbox.Option{Group: "api-lb", Text: "https-443 on api-lb (TCP 443)",
		Value: "lst-8f2c", Description: "SIN1 · lst-8f2c"})
	require.Equal(t, "payments-lb", listeners[4].Group)
	require.Equal(t, []string{"lst-53d0"}, values(r.offers(ana, v, pickListener, "dns")))
	require.Empty(t, r.offers(ana, v, pickListener, "nothing like this"))

	_, in := r.slack.Suggest(t.Context(), ana, v.ID, pickServer, "w", nil)
	require.Contains(t, in.Failure, "at least 2 characters")
	servers := r.offers(ana, v, pickServer, "web-0")
	require.Contains(t, servers, sandbox.Option{Text: "web-07 (10.0.3.17)", Value: "i-55a1",
		Description: "Bare metal · Running · i-55a1"})
	require.Contains(t, servers, sandbox.Option{Text: "web-08 (10.0.3.18)", Value: "i-55a8",
		Description: "Bare metal · Stopped · cannot take traffic · i-55a8"})

	r.picks(ana, v, "lst-44fa") // in FRA1
	v = r.shows(ana, "payments-lb")
	require.Equal(t, "vm-b001", r.offers(ana, v, pickServer, "vm")[0].Value, "those in the same zone come first")

	require.Eventually(t, func() bool { // counted after the answer
		return testutil.ToFloat64(r.app.metrics.lists.WithLabelValues("listener", listOffered)) == 4
	}, 10*time.Second, time.Millisecond)
	r.calm()
}

func TestListenersUsedLatelyHereComeFirst(t *testing.T) {
	t.Parallel()
	r := openListed(t, sampleLists())
	r.preview(ana, incident)
	m := r.sees(ana, incident, "Preview", "req_send")
	r.clicks(ana, m, render.ActReqSend, "")
	r.idle()
	options := r.offers(ana, r.form(ana), pickListener, "")
	require.Equal(t, "Used lately here", options[0].Group)
	require.Equal(t, "lst-8f2c", options[0].Value)
	require.Len(t, options, 5, "it is not offered twice")
	require.NotEqual(t, "Used lately here", r.offers(ana, r.form(ana), pickListener, "https")[0].Group)
}

const nothingAllowed = `{"options":[{"text":{"type":"plain_text","emoji":false,
	"text":"You may not change any listener from here. Type /lb-register whoami"},"value":"list:nothing-allowed"}]}`

func TestWhoMayChangeNothingIsToldSoInTheListsAndOnTheFields(t *testing.T) {
	t.Parallel()
	r := openListed(t, sampleLists())
	v := r.form(ana)
	r.gate.deny(operation.DeniedNoRule)
	require.Equal(t, []string{form.NoneToYou}, values(r.offers(ana, v, pickListener, "")))
	require.Equal(t, []string{form.NoneToYou}, values(r.offers(ana, v, pickServer, "web")))
	in := r.acked(r.submits(ana, v, picked(form.NoneToYou, form.NoneToYou, nil)))
	require.Equal(t, map[string]string{pickListener: form.NoneToYouHelp, pickServer: form.NoneToYouHelp}, in.Errors)
	r.picks(ana, v, form.NoneToYou)
	v = r.shows(ana, form.NoneToYouHelp)
	r.acked(r.slack.ClickInView(t.Context(), ana, v.ID, render.ActFormTyped, "", nil))
	v = r.shows(ana, "field_listener", "field_server")
	require.NotContains(t, string(v.Blocks), form.NoneToYou)
	require.Empty(t, r.shelf.denials(), "a list that is opened is no request")
	r.calm()
}

func TestWhoIsNotAdmittedLearnsNoNameFromAList(t *testing.T) {
	t.Parallel()
	r := openListed(t, sampleLists())

	for name, edit := range map[string]func(payload map[string]any){
		"another workspace": func(p map[string]any) {
			p["user"] = map[string]any{"id": olga, "team_id": "T0PARTNER"}
		},
		"a shared channel": func(p map[string]any) {
			p["view"].(map[string]any)["private_metadata"] = form.Meta{Channel: partner}.String()
		},
	} {
		for _, field := range []string{pickListener, pickServer} {
			payload := suggestion(ana, field, "web")
			edit(payload)
			answer, acked := r.slack.Deliver(t.Context(), "interactive", payload, true)
			require.True(t, acked)
			require.JSONEq(t, nothingAllowed, string(answer), "%s: %s", name, field)
		}
	}
	require.Empty(t, r.shelf.denials(), "a list that is opened is no request")
}

// suggestion is a question for options that Slack's client would not ask.
func suggestion(person, field, typed string) map[string]any {
	return map[string]any{"type": "block_suggestion", "user": map[string]any{"id": person, "team_id": teamID},
		"team": map[string]any{"id": teamID}, "action_id": field, "block_id": field, "value": typed,
		"view": map[string]any{"id": "V1", "hash": "h", "callback_id": render.ViewForm,
			"private_metadata": form.Meta{Channel: incident}.String(),
			"state":            map[string]any{"values": map[string]any{}}}}
}

func TestAnyQuestionForOptionsGetsAnAnswerThatSlackTakes(t *testing.T) {
	t.Parallel()
	lists := sampleLists()
	var lbs []zenlayer.LoadBalancer
	var servers []zenlayer.Instance
	for n := range 300 { // names that nearly fill the frame of an ack
		name := fmt.Sprintf("%d-%s", n, strings.Repeat("监听器&", 16))
		lbs = append(lbs, zenlayer.LoadBalancer{ID: fmt.Sprintf("lb-%d", n), Name: name, Listeners: []zenlayer.Listener{
			{ListenerID: fmt.Sprintf("lst-%d", n), Name: name, Protocol: "TCP", Port: "443"}}})
		servers = append(servers, zenlayer.Instance{ID: fmt.Sprintf("i-%d", n), Name: name, PrivateIPs: []string{name},
			Type: zenlayer.InstanceBM})
	}
	lbs = append(lbs, zenlayer.LoadBalancer{Listeners: []zenlayer.Listener{
		{ListenerID: strings.Repeat("x", 200), Name: "too long an id"}}})
	lists.add(lbs, servers...)
	r := openListed(t, lists)
	v := r.form(ana)
	for _, field := range []string{pickListener, pickServer} {
		all := r.offers(ana, v, field, "&监")
		require.Greater(t, len(all), 20)
		require.LessOrEqual(t, len(all), 100)
		require.Contains(t, all[0].Group, "more: type more letters")
	}
	require.Empty(t, r.offers(ana, v, pickListener, "too long an id"))
	for attack, s := range hostile() {
		for _, field := range []string{pickListener, pickServer, "of_another_app", ""} {
			answer, acked := r.slack.Deliver(t.Context(), "interactive", suggestion(ana, field, s), true)
			require.True(t, acked, "%s: %s", attack, field)
			_, err := blockkit.Suggestions(answer)
			require.NoError(t, err, "%s: %s", attack, field)
		}
	}
	r.idle()
	r.calm()
	require.Zero(t, testutil.ToFloat64(r.app.metrics.acks.WithLabelValues("failed")))
}

func TestAListThatIsNotAvailableIsLoggedOnceForAllLetters(t *testing.T) {
	t.Parallel()
	r := openListed(t, sampleLists())
	v := r.form(ana)
	r.lists.set(func(l *memoryLists) { l.noServers = true })
	for n := range 50 {
		r.offers(ana, v, pickServer, strings.Repeat("a", n+2))
	}
	require.Eventually(t, func() bool { // counted after the answer
		return testutil.ToFloat64(r.app.metrics.lists.WithLabelValues("server", listUnavailable)) == 50
	}, 10*time.Second, time.Millisecond)
	require.Equal(t, 1, strings.Count(r.log.String(), "the form has nothing to offer"))
	r.lists.set(func(l *memoryLists) { l.unread = true })
	r.offers(ana, v, pickListener, "")
	require.Eventually(t, func() bool {
		return strings.Count(r.log.String(), "the form has nothing to offer") == 2
	}, 10*time.Second, time.Millisecond, "another list")
	r.calm()
}

const noList = `{"options":[{"text":{"type":"plain_text","emoji":false,
	"text":"List not available. Close this menu and type the ID instead"},"value":"list:not-available"}]}`

func TestAListThatIsNotAvailableSaysToTypeTheID(t *testing.T) {
	t.Parallel()
	lists := sampleLists()
	r := openListed(t, lists)
	v := r.form(ana)
	lists.set(func(l *memoryLists) { l.noServers = true })
	answer, _ := r.slack.Deliver(t.Context(), "interactive", suggestion(ana, pickServer, "web"), true)
	require.JSONEq(t, noList, string(answer))
	r.offers(ana, v, pickListener, "")
	r.offers(ana, v, pickServer, "web")
	in := r.acked(r.submits(ana, v, picked("lst-8f2c", form.NotListed, map[string]string{"ports": "x"})))
	require.Equal(t, "This list was not available. Press Type IDs instead, and type the ID.", in.Errors[pickServer])
	require.Contains(t, in.Errors[render.FieldBlockID(commands.KeyPorts)], "not a port")
	require.Len(t, in.Errors, 2)

	lists.set(func(l *memoryLists) { l.unread = true })
	r.picks(ana, v, form.NotListed)
	v = r.shows(ana, "field_listener", "field_server", "field_type")
	require.NotContains(t, string(v.Blocks), form.NotListed)
	require.Empty(t, r.shelf.inState(operation.Draft))
	r.calm()
}

func TestAListThatTakesTooLongIsAnsweredInTime(t *testing.T) {
	t.Parallel()
	r := openListed(t, sampleLists())
	v := r.form(ana)
	release := make(chan struct{})
	r.gate.mu.Lock()
	r.gate.wait = release
	r.gate.mu.Unlock()
	options, in := r.slack.Suggest(t.Context(), ana, v.ID, pickListener, "", nil)
	r.acked(in)
	require.Less(t, in.AckAfter, 3*time.Second)
	require.Equal(t, []string{form.NotListed}, values(options))
	close(release)
	r.until("it is offered again", func() bool { return len(r.offers(ana, v, pickListener, "")) == 5 })
	r.calm()
}

func TestAQuestionForOptionsThatComesTwiceIsAnsweredTwice(t *testing.T) {
	t.Parallel()
	r := openListed(t, sampleLists())
	v := r.form(ana)
	payload := suggestion(ana, pickListener, "")
	payload["view"].(map[string]any)["id"] = v.ID
	var said [2]json.RawMessage
	for i := range said {
		var acked bool
		said[i], acked = r.slack.Deliver(t.Context(), "interactive", payload, true)
		require.True(t, acked)
	}
	require.Contains(t, string(said[0]), "lst-8f2c")
	require.JSONEq(t, string(said[0]), string(said[1]))
	r.idle()
	require.Len(t, r.slack.Views(ana), 1)
	_, answers := r.said(ana, incident)
	require.Empty(t, answers)
}

func TestTooMuchWorkLeavesAListUnavailable(t *testing.T) {
	t.Parallel()
	r := openListed(t, sampleLists())
	r.app.lanes.mu.Lock()
	r.app.lanes.count = maxTasks
	r.app.lanes.mu.Unlock()
	answer, acked := r.slack.Deliver(t.Context(), "interactive", suggestion(ana, pickListener, ""), true)
	require.True(t, acked)
	require.JSONEq(t, noList, string(answer))
	r.app.lanes.mu.Lock()
	r.app.lanes.count = 0
	r.app.lanes.mu.Unlock()
}
