package control

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestAProgramActsAsPeopleAndReadsWhatTheySee(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.bot()
	done := r.ok("POST", "/_control/command", `{"as":"ana","channel":"#ops","command":"/deploy","text":"now"}`)
	require.Equal(t, true, done["acked"])
	r.reads("ops", "Press")
	require.Contains(t, fmt.Sprint(r.ok("GET", "/_control/messages?as=U0ANA&channel=C0OPS&contains=heard", "")),
		"only_for:U0ANA", "the answer in the ack is for her only")
	require.Empty(t, r.ok("GET", "/_control/messages?as=bo&channel=ops&contains=heard", "")["messages"])

	r.ok("POST", "/_control/click", `{"as":"bo","channel":"ops","action":"go"}`)
	r.sees("bo", "Deploy")
	status, answer := r.ask("POST", "/_control/submit", `{"as":"bo"}`)
	require.Equal(t, http.StatusUnprocessableEntity, status, "Slack's client does not send an empty required field")
	require.Contains(t, answer["errors"], "host")
	r.ok("POST", "/_control/submit", `{"as":"bo","fields":{"host":{"name":"web-07"}}}`)
	r.reads("ops", "Deployed to web-07")
	require.Empty(t, r.ok("GET", "/_control/views?as=bo", "")["modals"])

	r.ok("POST", "/_control/shortcut", `{"as":"dev","shortcut":"deploy"}`)
	r.sees("dev", "Deploy")
	r.ok("POST", "/_control/close", `{"as":"dev"}`)
	require.Empty(t, r.ok("GET", "/_control/views?as=dev", "")["modals"])

	said := r.ok("POST", "/_control/say", `{"as":"chen","channel":"ops","text":"@lbbot hello"}`)
	require.Equal(t, "<@U0LBBOT> hello", said["result"].(map[string]any)["text"])
	r.reads("ops", "You called")
	require.Empty(t, r.ok("GET", "/_control/findings", "")["findings"])
	r.ok("POST", "/_control/reset", "")
	require.Empty(t, r.ok("GET", "/_control/messages?as=ana&channel=ops", "")["messages"])
	require.Empty(t, r.Log(Filter{}))
}

// reads waits for a message.
func (r *rig) reads(channel, text string) {
	r.t.Helper()
	text = strings.ReplaceAll(text, " ", "+")
	r.ok("GET", "/_control/messages?as=ana&wait=60s&channel="+channel+"&contains="+text, "")
}

// sees waits for a modal.
func (r *rig) sees(as, title string) {
	r.t.Helper()
	require.Eventually(r.t, func() bool {
		return strings.Contains(fmt.Sprint(r.ok("GET", "/_control/views?as="+as, "")["modals"]), title)
	}, time.Minute, 5*time.Millisecond)
}

func TestRequestsThatAreRefusedSayWhatIsWrong(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for name, c := range map[string]struct {
		method, path, body string
		status             int
		want               string
	}{
		"no JSON":           {"POST", "command", `as=ana`, 400, "not the JSON object"},
		"an unknown field":  {"POST", "command", `{"as":"ana","chanel":"ops"}`, 400, "not take chanel: it takes as,"},
		"another's field":   {"POST", "home", `{"as":"ana","text":"x"}`, 400, "does not take text"},
		"nobody":            {"POST", "command", `{"channel":"ops"}`, 400, `there is no person ""`},
		"no such channel":   {"POST", "say", `{"as":"ana","channel":"opps"}`, 400, `there is no channel "opps"`},
		"not a member":      {"POST", "say", `{"as":"dev","channel":"secret","text":"x"}`, 422, "not in channel"},
		"nothing to press":  {"POST", "click", `{"as":"dev","channel":"ops","action":"go"}`, 422, "no such message"},
		"no channel":        {"GET", "messages?as=ana", "", 400, "channel is missing"},
		"a wrong wait":      {"GET", "messages?as=ana&channel=ops&wait=1h", "", 400, "up to 1m0s"},
		"nothing came":      {"GET", "messages?as=ana&channel=ops&wait=1ms", "", 408, "within 1ms"},
		"a wrong time":      {"GET", "log?since=now", "", 400, "2026-11-30T22:00:00Z"},
		"a wrong kind":      {"GET", "log?kind=ack,fire", "", 400, `not one of envelope, ack, web-api`},
		"an unknown fault":  {"POST", "faults", `{"fault":"fire"}`, 400, "choose one of lost-answer, cloud-502"},
		"a field too many":  {"POST", "faults", `{"fault":"slack-drop","times":2}`, 400, "it takes nothing"},
		"no such field":     {"POST", "faults", `{"fault":"slack-drop","time":2}`, 400, `unknown field "time"`},
		"no such kind":      {"POST", "faults", `{"fault":"zenlayer","kind":"fire"}`, 400, `"answer lost"`},
		"no such method":    {"POST", "faults", `{"fault":"web-api","method":"x","error":"e"}`, 400, `no method "x"`},
		"two ways to fail":  {"POST", "faults", `{"fault":"web-api","error":"e","hang":true}`, 400, "exactly one"},
		"a wrong drop":      {"POST", "faults", `{"fault":"web-api","drop":"now"}`, 400, "before or after"},
		"a wrong token":     {"POST", "faults", `{"fault":"token-revoked"}`, 400, "bot or app"},
		"clear the unknown": {"DELETE", "faults?fault=fire", "", 400, "choose one of"},
	} {
		t.Run(name, func(t *testing.T) {
			status, answer := r.ask(c.method, "/_control/"+c.path, c.body)
			require.Equal(t, c.status, status, answer)
			require.Contains(t, fmt.Sprint(answer["error"], answer["failure"]), c.want)
		})
	}
	require.Empty(t, slices.DeleteFunc(r.Faults(), func(f Fault) bool { return !f.On }), "nothing was set")
}

func TestEveryFaultIsShownWhileItIsOnAndCleared(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.bot()
	needed := map[string]Setting{"zenlayer": {Kind: "451"}, "web-api": {Method: "chat.update", Status: 500},
		"token-revoked": {Token: "app"}, "scopes-missing": {Scopes: []string{"users:read"}}}
	on := func(name string) bool {
		all := r.Faults()
		return all[slices.IndexFunc(all, func(f Fault) bool { return f.Name == name })].On
	}
	for _, f := range r.faults {
		if f.gone {
			continue
		}
		s := needed[f.Name]
		s.Fault = f.Name
		require.Eventually(t, func() bool { // a ghost needs a connection, which an earlier fault may have cut
			require.NoError(t, r.SetFault(s), f.Name)
			return on(f.Name) == (f.on != nil)
		}, time.Minute, 5*time.Millisecond, "%s", f.Name)
		require.NoError(t, r.ClearFault(f.Name))
		require.Eventually(t, func() bool { return !on(f.Name) }, time.Minute, time.Millisecond, "%s", f.Name)
	}
	require.NoError(t, r.SetFault(Setting{Fault: CloudOff}))
	require.NoError(t, r.SetFault(Setting{Fault: LostAnswer}))
	require.NoError(t, r.ClearFault(CloudOff))
	require.True(t, on(LostAnswer), "one fault is cleared, and not the other")
	require.ErrorContains(t, r.SetFault(Setting{Fault: "bot-killed"}), "kill the one that you have started")
	require.NoError(t, r.SetFault(Setting{Fault: "edits-refused"}))
	require.NoError(t, r.ClearFault(""))
	require.Empty(t, slices.DeleteFunc(r.Faults(), func(f Fault) bool { return !f.On }))
}

func TestTheLogHasEveryEnvelopeAckAndCallWithoutSecrets(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.ok("POST", "/_control/command", `{"as":"ana","channel":"ops","command":"/deploy"}`)
	require.Equal(t, "no connection", r.Log(Filter{})[0].Result)
	r.bot()
	require.NoError(t, r.SetFault(Setting{Fault: "lost-acks"}))
	lost := r.slack.TypeCommand(t.Context(), "U0ANA", "C0OPS", "/deploy", secret)
	require.Equal(t, "operation_timeout", lost.Failure)
	require.NoError(t, r.SetFault(Setting{Fault: "duplicates"}))
	r.ok("POST", "/_control/command",
		`{"as":"ana","channel":"ops","command":"/deploy","text":"`+secret+` xoxb-1-a\txapp-2-b"}`)
	var acked []Entry
	require.Eventually(t, func() bool {
		acked = r.Log(Filter{Kinds: []string{AckKind}, Contains: "slash_commands"})
		return len(acked) == 3
	}, time.Minute, 5*time.Millisecond)
	require.Equal(t, "timed out", acked[0].Result)
	require.GreaterOrEqual(t, acked[0].Took, int64(3000))
	require.Equal(t, "acked", acked[1].Result)
	require.Equal(t, acked[1].ID, acked[2].ID, "a duplicate comes in the same envelope")
	require.JSONEq(t, `{"text":"Heard [masked]"}`, string(acked[1].Answer))
	require.NoError(t, r.SetFault(Setting{Fault: "web-api", Method: "auth.test", Error: "fatal_error"}))

	entries := r.ok("GET", "/_control/log?kind=envelope,web-api", "")["log"].([]any)
	all := fmt.Sprint(entries)
	require.Contains(t, all, "apps.connections.open")
	require.Contains(t, all, "chat.postMessage")
	require.Contains(t, all, "response_url")
	for _, hidden := range []string{secret, "xoxb-", "xapp-", lost.ResponseURL} {
		require.NotContains(t, all, hidden)
	}
	require.Empty(t, r.Log(Filter{Since: time.Now().Add(time.Hour)}))
}
