package page

import (
	"bufio"
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot/sandbox"
)

func TestPageNeedsSlackAndACloud(t *testing.T) {
	t.Parallel()
	_, err := New(Options{Cloud: &fakeCloud{}, Control: &fakeCloud{}})
	require.ErrorContains(t, err, "Slack is missing")
	_, err = newPage(Options{}, newFakeSlack())
	require.ErrorContains(t, err, "Cloud is missing")
}

func TestPageShowsTheSmallSlack(t *testing.T) {
	t.Parallel()
	s := newFakeSlack()
	s.messages["C1"] = []sandbox.Message{
		{TS: "1795430000.000100", ChannelID: "C1", UserID: "U1", Text: "hello *there*"},
		{TS: "1795430001.000100", ChannelID: "C1", UserID: "UBOT", BotID: "B1", Text: "psst", Ephemeral: true,
			To: "U1"},
		{TS: "1795430002.000100", ChannelID: "C1", UserID: "UBOT", Text: "gone", Deleted: true},
	}
	h := pageOver(t, s, Options{
		Stories: typing("U1", "C1", `/lb-register api-lb/https-443 web-07 reason="more"`), Play: unplayed,
		Version: "v1.2.3",
		Samples: []Sample{{Kind: "Listener", ID: "api-lb/https-443", Label: "https-443", Detail: "TCP 443"}},
	})

	body := send(h, "GET", "/?as=U1&channel=C1", nil).Body.String()
	require.Contains(t, body, "hello <strong>there</strong>")
	require.Contains(t, body, "Only visible to you")
	require.NotContains(t, body, "gone")
	require.Contains(t, body, `/lb-register api-lb/https-443 web-07 reason=&#34;more&#34;</textarea>`)
	require.Contains(t, body, `data-insert="api-lb/https-443"`)
	require.Contains(t, body, "v1.2.3")
	for _, role := range []string{"r-Member", "r-Guest", "r-Outsider"} {
		require.Contains(t, body, role)
	}
	require.NotContains(t, body, `as=UBOT`, "nobody can act as the bot")

	other := send(h, "GET", "/live?as=U2&channel=C1", nil).Body.String()
	require.NotContains(t, other, "psst", "a private message is for one person")
	require.NotContains(t, other, "secret", "a guest does not see the private channel")
}

func TestActsReachSlack(t *testing.T) {
	t.Parallel()
	const blocks = `[{"type":"input","block_id":"b:1","label":{"type":"plain_text","text":"Weight"},
  "element":{"type":"number_input","action_id":"w","is_decimal_allowed":false}},
		{"type":"input","block_id":"b2","label":{"type":"plain_text","text":"After"},"element":{"type":"checkboxes",
   "action_id":"a","options":[{"text":{"type":"plain_text","text":"Watch"},"value":"watch"}]}},
		{"type":"actions","block_id":"b4","elements":[{"type":"button","action_id":"type_ids",
   "text":{"type":"plain_text","text":"Type IDs"}}]}]`
	state := sandbox.ViewState{"b:1": {"w": "50"}, "b2": {"a": []string{"watch"}}}
	tests := map[string]struct {
		path string
		form url.Values
		want act
	}{
		"a command keeps its text": {"/say", url.Values{"text": {`/lb-register a b reason="x  y"`}},
			act{What: "command", As: "U1", On: "C1", Action: "/lb-register", Value: `a b reason="x  y"`}},
		"a command alone has no text": {"/say", url.Values{"text": {"/lb-register"}},
			act{What: "command", As: "U1", On: "C1", Action: "/lb-register"}},
		"other words are a message": {"/say", url.Values{"text": {"good morning"}},
			act{What: "say", As: "U1", On: "C1", Value: "good morning"}},
		"a button is clicked": {"/click", url.Values{"ts": {"1.2"}, "action": {"req_send"}},
			act{What: "click", As: "U1", On: "C1/1.2", Action: "req_send"}},
		"a menu is picked from": {"/click", url.Values{"ts": {"1.2"}, "action": {"req_more"}, "selected": {"pool"}},
			act{What: "click", As: "U1", On: "C1/1.2", Action: "req_more", Value: "pool"}},
		"a form is submitted with what was filled in": {"/view/submit",
			url.Values{"view": {"V1"}, `["b:1","w"]`: {"50"}, `["b2","a"]`: {"watch"}, "stray": {"x"}},
			act{What: "submit", As: "U1", On: "V1", State: state}},
		"emptied fields are sent empty": {"/view/submit", url.Values{"view": {"V1"}, `["b:1","w"]`: {""}},
			act{What: "submit", As: "U1", On: "V1",
				State: sandbox.ViewState{"b:1": {"w": ""}, "b2": {"a": []string{}}}}},
		"a button in a form sends the form along": {"/view/click",
			url.Values{"view": {"V1"}, "action": {"type_ids"}, "selected": {"v"}, `["b:1","w"]`: {"50"},
				`["b2","a"]`: {"watch"}},
			act{What: "click in view", As: "U1", On: "V1", Action: "type_ids", Value: "v", State: state}},
		"a form is closed": {"/view/close", url.Values{"view": {"V1"}},
			act{What: "close", As: "U1", On: "V1"}},
		"the whole stack is closed": {"/view/close", url.Values{"view": {"V1"}, "whole": {"true"}},
			act{What: "close", As: "U1", On: "V1", Whole: true}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newFakeSlack()
			s.views = []sandbox.View{{ID: "V1", Type: "modal", Title: "Add server", Submit: "Check",
				Blocks: []byte(blocks)}}
			tt.form.Set("as", "U1")
			tt.form.Set("channel", "C1")
			w := send(pageOver(t, s, Options{}), "POST", tt.path, tt.form, "HX-Request", "true")
			require.Equal(t, http.StatusNoContent, w.Code, w.Body)
			require.Equal(t, []act{tt.want}, s.acts)
		})
	}
}

func TestARefusedActIsToldBesideTheComposer(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		failure string
		status  int
		said    string
	}{
		"Slack's client would not send it": {"refused: there is no command /x", 422,
			"That did not work: there is no command /x"},
		"nobody answered the click": {"operation_timeout", 204, "The app did not answer in time."},
		"nobody is connected":       {"dispatch_failed", 204, "The app could not be reached. Is the bot running?"},
		"the form says it itself":   {"connection_trouble", 204, ""},
		"a failure we do not know":  {"weird", 204, "Slack reports: weird"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newFakeSlack()
			s.answer = sandbox.Interaction{Failure: tt.failure}
			h := pageOver(t, s, Options{})
			w := send(h, "POST", "/click", url.Values{"as": {"U1"}, "channel": {"C1"}, "ts": {"1"}, "action": {"a"}},
				"HX-Request", "true")
			require.Equal(t, tt.status, w.Code)
			live := send(h, "GET", "/live?as=U1&channel=C1", nil).Body.String()
			require.Contains(t, live, `<hx-partial hx-target="#notice" hx-swap="innerMorph">`+tt.said+`</hx-partial>`)
			for _, elsewhere := range []string{"/live?as=U2", "/live?as=U1&channel=C2"} {
				require.Contains(t, send(h, "GET", elsewhere, nil).Body.String(),
					`hx-target="#notice" hx-swap="innerMorph"></hx-partial>`, elsewhere)
			}
		})
	}
}

func TestAFormThatIsNotFilledInSaysToCorrectTheMarkedFields(t *testing.T) {
	t.Parallel()
	s := newFakeSlack()
	s.answer = sandbox.Interaction{Failure: "refused: the form is not filled in",
		Errors: map[string]string{"field_server": "Please complete this required field."}}
	h := pageOver(t, s, Options{})
	send(h, "POST", "/view/submit", url.Values{"as": {"U1"}, "channel": {"C1"}, "view": {"V1"}}, "HX-Request", "true")
	live := send(h, "GET", "/live?as=U1&channel=C1", nil).Body.String()
	require.Contains(t, live, `hx-target="#notice" hx-swap="innerMorph">Correct the marked fields.</hx-partial>`)
}

func TestNoticeGoesAwayAfterAWhileAndWithTheNextAct(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newFakeSlack()
		h := pageOver(t, s, Options{})
		act := func(failure string) {
			s.answer = sandbox.Interaction{Failure: failure}
			send(h, "POST", "/click", url.Values{"as": {"U1"}, "channel": {"C1"}, "ts": {"1"}, "action": {"a"}},
				"HX-Request", "true")
		}
		shown := func() bool {
			return strings.Contains(send(h, "GET", "/live?as=U1&channel=C1", nil).Body.String(),
				"The app did not answer in time.")
		}
		act("operation_timeout")
		require.True(t, shown())
		<-time.After(noticeFor)
		require.False(t, shown())
		act("operation_timeout")
		require.True(t, shown())
		act("")
		require.False(t, shown())
	})
}

func TestAnEmptyMessageIsNotSent(t *testing.T) {
	t.Parallel()
	s := newFakeSlack()
	w := send(pageOver(t, s, Options{}), "POST", "/say", url.Values{"as": {"U1"}, "text": {"  \r\n"}}, "HX-Request",
		"true")
	require.Equal(t, http.StatusUnprocessableEntity, w.Code)
	require.Empty(t, s.acts)
}

func TestOnlyThePageItselfMayAct(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		method, target string
		header         []string
		status         int
	}{
		"the page's own form": {"POST", "/say", nil, 204},
		"localhost is this machine": {"POST", "/say",
			[]string{"Host", "localhost:8080", "Origin", "http://localhost:8080"}, 204},
		"so is ::1": {"POST", "/say",
			[]string{"Host", "[::1]:8080", "Origin", "http://[::1]:8080"}, 204},
		"another site's form":            {"POST", "/say", []string{"Origin", "https://evil.example"}, 403},
		"a form of an opaque origin":     {"POST", "/say", []string{"Origin", "null"}, 403},
		"another port of this machine":   {"POST", "/say", []string{"Origin", "http://127.0.0.1:9999"}, 403},
		"a browser that says cross-site": {"POST", "/say", []string{"Sec-Fetch-Site", "cross-site"}, 403},
		"a name that was rebound to us": {"POST", "/say",
			[]string{"Host", "evil.example:8080", "Origin", "http://evil.example:8080"}, 403},
		"reading under a rebound name":         {"GET", "/", []string{"Host", "evil.example"}, 403},
		"reading under a look-alike":           {"GET", "/", []string{"Host", "127.0.0.1.evil.example"}, 403},
		"reading under the address of the net": {"GET", "/live", []string{"Host", "192.168.1.5:8080"}, 403},
		"acting with GET":                      {"GET", "/say", nil, 405},
		"resetting with GET":                   {"GET", "/reset", nil, 405},
		"losing with GET":                      {"GET", "/lose", nil, 405},
		"a template of the page":               {"GET", "/static/page.html", nil, 404},
		"a page that is not there":             {"GET", "/nothing", nil, 404},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newFakeSlack()
			var form url.Values
			if tt.method == "POST" {
				form = url.Values{"as": {"U1"}, "channel": {"C1"}, "text": {"/x"}}
			}
			w := send(pageOver(t, s, Options{}), tt.method, tt.target, form,
				append([]string{"HX-Request", "true"}, tt.header...)...)
			require.Equal(t, tt.status, w.Code, w.Body)
			require.Equal(t, tt.status == 204, len(s.acts) == 1)
		})
	}
}

func TestEveryAnswerCarriesTheSecurityHeaders(t *testing.T) {
	t.Parallel()
	h := pageOver(t, newFakeSlack(), Options{})
	for _, target := range []string{"/", "/live", "/static/page.js", "/nothing"} {
		header := send(h, "GET", target, nil).Header()
		require.Equal(t, contentPolicy, header.Get("Content-Security-Policy"), target)
		require.NotContains(t, contentPolicy, "unsafe")
		require.Equal(t, "nosniff", header.Get("X-Content-Type-Options"))
		require.Equal(t, "no-store", header.Get("Cache-Control"))
	}
	body := send(h, "GET", "/", nil).Body.String()
	require.NotContains(t, body, " style=")
	require.NotContains(t, body, "<style")
	require.NotRegexp(t, `<script(>| [^>]*>[^<])`, body, "no inline script")
	require.NotRegexp(t, `\son[a-z]+=`, body, "no inline handlers")
	require.NotRegexp(t, `(src|href)="(https?:)?//`, body, "nothing from another host")
}

func TestOversizedBodiesAreNotRead(t *testing.T) {
	t.Parallel()
	s := newFakeSlack()
	send(pageOver(t, s, Options{}), "POST", "/say", url.Values{"as": {"U1"}, "text": {strings.Repeat("x", maxBody)}},
		"HX-Request", "true")
	require.Empty(t, s.acts)
}

func TestOnlyTheTopFormOfAStackIsShown(t *testing.T) {
	t.Parallel()
	s := newFakeSlack()
	s.views = []sandbox.View{
		{ID: "V1", Type: "modal", Title: "Add server", Submit: "Check", Blocks: []byte(`[]`)},
		{ID: "V2", Type: "modal", Title: "Check and add", Submit: "Add server", Close: "Back",
			Trouble: "We had some trouble connecting. Try again?", Blocks: []byte(`[]`)},
		{ID: "V3", Type: "home", Title: "Home", Blocks: []byte(`[]`)},
	}
	s.answer = sandbox.Interaction{Failure: "refused: the button is stuck"}
	h := pageOver(t, s, Options{})
	send(h, "POST", "/view/click", url.Values{"as": {"U1"}, "channel": {"C1"}, "view": {"V2"}, "action": {"x"}},
		"HX-Request", "true")
	body := send(h, "GET", "/live?as=U1&channel=C1", nil).Body.String()
	require.Regexp(t, `<form id="view-V1"[^>]* novalidate hidden>`, body, "what was typed below stays in the page")
	require.Regexp(t, `<form id="view-V2"[^>]* novalidate>`, body)
	require.NotContains(t, body, "view-V3", "the Home tab is not a modal")
	require.Contains(t, body, ">Back</button>")
	require.Contains(t, body, "We had some trouble connecting")
	require.Equal(t, 1, strings.Count(body, `role="alert">That did not work: the button is stuck`))
}

func TestTheSecondClickOfADoubleClickSaysNothing(t *testing.T) {
	t.Parallel()
	s := sandbox.New(sandbox.Options{Command: "/lb-register"})
	h, err := New(Options{Slack: s, Cloud: &fakeCloud{}, Control: &fakeCloud{}})
	require.NoError(t, err)
	for _, path := range []string{"/view/submit", "/view/click", "/view/close", "/click"} {
		form := url.Values{"as": {"U0ANA"}, "channel": {"C0OPS"}, "view": {"V404"}, "ts": {"1.1"}, "action": {"x"}}
		require.Equal(t, http.StatusNoContent, send(h, "POST", path, form, "HX-Request", "true").Code, path)
		require.NotContains(t, send(h, "GET", "/live?as=U0ANA", nil).Body.String(), "gone", path)
	}
	require.Contains(t, s.SubmitView(t.Context(), "U0ANA", "V404", nil).Failure, "ana does not see a view V404",
		"a program is told")
}

func TestAnEmptyWorkspaceStillShowsAPage(t *testing.T) {
	t.Parallel()
	s := newFakeSlack()
	s.world.People, s.world.Channels = nil, nil
	w := send(pageOver(t, s, Options{}), "GET", "/?as=U404&channel=C404", nil)
	require.Equal(t, http.StatusOK, w.Code)
	require.Contains(t, w.Body.String(), "No channels for this person.")
}

func TestLoseAndReset(t *testing.T) {
	t.Parallel()
	cloud := &fakeCloud{}
	resets := 0
	fail := error(nil)
	h := pageOver(t, newFakeSlack(),
		Options{Cloud: cloud, Reset: func(context.Context) error { resets++; return fail }})
	require.Equal(t, 204, send(h, "POST", "/lose", url.Values{}, "HX-Request", "true").Code)
	require.True(t, cloud.lose)
	require.Contains(t, send(h, "GET", "/live", nil).Body.String(), "Next answer will be lost")

	w := send(h, "POST", "/reset", url.Values{}, "HX-Request", "true")
	require.Equal(t, "/", w.Header().Get("HX-Redirect"))
	require.Equal(t, 1, resets)

	fail = errors.New("disk gone")
	w = send(h, "POST", "/reset", url.Values{"as": {"U1"}}, "HX-Request", "true")
	require.Equal(t, 422, w.Code)
	require.Empty(t, w.Header().Get("HX-Redirect"))
	require.NotContains(t, send(h, "GET", "/live?as=U1", nil).Body.String(), "disk gone")
}

func TestCallsShowRequestAndAnswerAsText(t *testing.T) {
	t.Parallel()
	cloud := &fakeCloud{backends: 3, calls: []Call{
		{Service: "bmc", Action: "DescribeBackends", Status: 200, Request: `{"a":1}`, Answer: `{}`},
		{Service: "bmc", Action: "RegisterBackend", Status: 404, Request: `{}`, Answer: `<b>no json</b>`},
		{Service: "bmc", Action: "RegisterBackend", Status: 200, Lost: true, Request: `{}`, Answer: `{}`},
		{Service: "vm", Action: "DescribeInstances", Request: `{}`},
	}}
	body := send(pageOver(t, newFakeSlack(), Options{Cloud: cloud}), "GET", "/live", nil).Body.String()
	require.Contains(t, body, `<b id="count-calls">4</b>`)
	require.Contains(t, body, `<b id="count-backends">3</b>`)
	require.Contains(t, body, "{\n  &#34;a&#34;: 1\n}")
	require.Contains(t, body, "&lt;b&gt;no json&lt;/b&gt;")
	require.Contains(t, body, `<span class="tone">404</span>`)
	require.Contains(t, body, `<span class="tone">answer lost</span>`)
	require.Contains(t, body, `<span class="tone">no answer</span>`)
	require.Less(t, strings.Index(body, "DescribeInstances"), strings.Index(body, "DescribeBackends"), "newest first")
}

func TestTimesReadInTheReadersZone(t *testing.T) {
	t.Parallel()
	s := newFakeSlack()
	s.messages["C1"] = []sandbox.Message{{TS: "1795430000.000100", ChannelID: "C1", UserID: "U1",
		Text: "<!date^1795430000^at {time}|then>"}}
	h := pageOver(t, s, Options{})
	for cookie, want := range map[string]string{
		"": ">at 10:33<", "zone=Asia.Singapore": ">at 18:33<", "zone=America.Argentina.Buenos_Aires": ">at 07:33<",
		"zone=../../etc/passwd": ">at 10:33<", "zone=Local": ">at 10:33<",
	} {
		require.Contains(t, send(h, "GET", "/live?as=U1&channel=C1", nil, "Cookie", cookie).Body.String(), want, cookie)
	}
}

func TestNewMessagesElsewhereAreMarkedUntilRead(t *testing.T) {
	t.Parallel()
	s := newFakeSlack()
	h := pageOver(t, s, Options{})
	look := func(channel string) string {
		return send(h, "GET", "/live?as=U1&channel="+channel, nil).Body.String()
	}
	require.NotContains(t, look("C1"), ", new messages")
	s.change(func() {
		s.messages["C2"] = []sandbox.Message{{TS: "1795430000.000100", ChannelID: "C2", UserID: "U1", Text: "x"}}
	})
	require.Contains(t, look("C1"), ", new messages")
	require.NotContains(t, look("C2"), ", new messages")
	require.NotContains(t, look("C1"), ", new messages")
}

func TestTheBannerStandsUntilTheBotIsReady(t *testing.T) {
	t.Parallel()
	ready := false
	h := pageOver(t, newFakeSlack(), Options{Ready: func() bool { return ready }})
	require.Contains(t, send(h, "GET", "/", nil).Body.String(), "The bot is connecting")
	ready = true
	require.NotContains(t, send(h, "GET", "/", nil).Body.String(), "The bot is connecting")
}

func TestEventsTellOfEveryKindOfChange(t *testing.T) {
	t.Parallel()
	s, cloud := newFakeSlack(), &fakeCloud{}
	server := httptest.NewServer(pageOver(t, s, Options{Cloud: cloud}))
	t.Cleanup(server.Close)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL+"/events", nil)
	require.NoError(t, err)
	answer, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer answer.Body.Close()
	require.Equal(t, "text/event-stream", answer.Header.Get("Content-Type"))

	lines := bufio.NewScanner(answer.Body)
	hear := func() {
		t.Helper()
		for lines.Scan() {
			if lines.Text() == "event: change" {
				return
			}
		}
		t.Fatal("the stream ended:", lines.Err())
	}
	hear() // at once, so that a reader who missed something catches up
	s.change(func() {})
	hear()
	cloud.register("{}", "{}")
	hear()
	form := url.Values{"as": {"U1"}, "channel": {"C1"}, "text": {"/x"}}
	post, err := http.NewRequestWithContext(ctx, http.MethodPost, server.URL+"/say", strings.NewReader(form.Encode()))
	require.NoError(t, err)
	post.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	post.Header.Set("HX-Request", "true")
	done, err := http.DefaultClient.Do(post)
	require.NoError(t, err)
	require.NoError(t, done.Body.Close())
	hear()

	cancel()
	require.Eventually(t, func() bool { s.mu.Lock(); defer s.mu.Unlock(); return len(s.watchers) == 0 }, 10*time.Second,
		5*time.Millisecond,
		"a stream ends with its request")
}
