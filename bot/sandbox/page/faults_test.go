package page

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"lbbot/bot/sandbox"
	"lbbot/bot/sandbox/control"
	"lbbot/zenlayer/zenlayertest"
)

func TestFaultsAreSetAndEndedOnThePage(t *testing.T) {
	t.Parallel()
	s := sandbox.New(sandbox.Options{})
	p := control.New(control.Options{Slack: s, Cloud: zenlayertest.New(zenlayertest.Options{})})
	h, err := New(Options{Slack: s, Cloud: &fakeCloud{}, Control: p})
	require.NoError(t, err)
	press := func(fault, on string) int {
		form := url.Values{"as": {"U0ANA"}, "channel": {"C0OPS"}, "fault": {fault}, "on": {on}}
		return send(h, "POST", "/fault", form, "HX-Request", "true").Code
	}
	show := func() string { return send(h, "GET", "/live?as=U0ANA&channel=C0OPS", nil).Body.String() }
	require.Regexp(t, `aria-pressed="false"\s+aria-describedby="about-edits-refused"`, show())
	require.Equal(t, http.StatusNoContent, press("edits-refused", "true"))
	require.True(t, s.Scripted("edits-refused"))
	require.Regexp(t, `aria-pressed="true"\s+aria-describedby="about-edits-refused"`, show())
	require.Equal(t, http.StatusNoContent, press("edits-refused", "false"))
	require.False(t, s.Scripted("edits-refused"))
	require.NotContains(t, show(), "about-web-api", "a fault that needs more than its name has no button")
	require.Equal(t, http.StatusUnprocessableEntity, press("fire", "true"))
	require.Contains(t, show(), "there is no fault")
}

func TestEverythingSentIsListedOnOnePageAndFiltered(t *testing.T) {
	t.Parallel()
	s := sandbox.New(sandbox.Options{BotToken: "xoxb-hidden"})
	p := control.New(control.Options{Slack: s, Cloud: zenlayertest.New(zenlayertest.Options{})})
	h, err := New(Options{Slack: s, Cloud: &fakeCloud{}, Control: p})
	require.NoError(t, err)
	require.Contains(t, send(h, "GET", "/log", nil).Body.String(), "Nothing was sent yet")
	s.TypeCommand(t.Context(), "U0ANA", "C0OPS", "/deploy", "<b>xoxb-hidden")
	all := send(h, "GET", "/log", nil)
	require.Contains(t, all.Header().Get("Content-Security-Policy"), "default-src 'none'")
	require.Contains(t, all.Body.String(), "no connection")
	require.NotContains(t, all.Body.String(), "xoxb-hidden")
	require.NotContains(t, all.Body.String(), "<b>[masked]", "what was sent is text")
	require.Contains(t, send(h, "GET", "/log?kind=envelope&contains=deploy", nil).Body.String(), "slash_commands")
	none := send(h, "GET", "/log?kind=ack", nil).Body.String()
	require.NotContains(t, none, "slash_commands")
	require.Contains(t, none, `value="ack" checked`)
	require.NotContains(t, none, `value="envelope" checked`)
}
