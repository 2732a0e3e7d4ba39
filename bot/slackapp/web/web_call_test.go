package web

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"lbbot/bot/slackapp/socket"
	"lbbot/zenlayer"
)

// TestWhatSlackRepeatsOfATokenIsInNoErrorAndNoLog lets Slack answer with the
// tokens it was sent, in every place of an answer.
func TestWhatSlackRepeatsOfATokenIsInNoErrorAndNoLog(t *testing.T) {
	t.Parallel()
	const bot, app = "xoxb-1234567890-abcdefghijklmnop", "xapp-1-A0123-45678-qrstuvwxyzabcdef"
	both := bot + " " + app
	tests := map[string]struct {
		status int
		body   string
	}{
		"in the error":        {200, `{"ok":false,"error":"` + both + `"}`},
		"as the error":        {200, `{"ok":false,"error":"` + bot + `"}`},
		"in the middle of it": {200, `{"ok":false,"error":"invalid_` + app + `_auth"}`},
		"in the scopes": {200, `{"ok":false,"error":"missing_scope","needed":"` + both + `","provided":"` + both +
			`"}`},
		"in the details": {200, `{"ok":false,"error":"invalid_arguments","errors":["` + both +
			`"],"response_metadata":{"messages":["[ERROR] ` + bot + `","[ERROR] ` + app + `"]}}`},
		"escaped": {200, `{"ok":false,"error":"invalid_arguments","response_metadata":{"messages":["` +
			url.QueryEscape(strings.ReplaceAll(bot, "-", "%2D")) + `"]}}`},
		"in a field": {200, `{"ok":"` + both + `","error":7,"user":"` + both + `"}`},
		"in a page":  {502, `<html>` + both + `</html>`},
		"in an address": {200, `{"ok":true,"url":["` + app + `"],"user":{"id":["` + bot + `"]},"team_id":{"` + bot +
			`":1}}`},
		"with too many": {429, both},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("X-Oauth-Scopes", both)
				w.Header().Set("Retry-After", "0")
				w.WriteHeader(tt.status)
				_, _ = io.WriteString(w, tt.body)
			}))
			defer s.Close()
			log := &lines{}
			web, err := New(Config{BotToken: zenlayer.NewSecret(bot), APIURL: s.URL + "/", Log: log.logger()})
			require.NoError(t, err)
			defer web.Close()
			web.patient.retries = 0
			var words []string
			note := func(err error) {
				require.Error(t, err)
				words = append(words, err.Error())
			}
			_, err = web.patient.call(t.Context(), "users.info", nil)
			if err == nil {
				_, err = NewDirectory(web, time.Now).Person(t.Context(), ana)
			}
			note(err)
			_, err = web.Opener(zenlayer.NewSecret(app))(t.Context())
			note(err)
			refusals, err := web.CheckTokens(t.Context(), zenlayer.NewSecret(app))
			for _, r := range refusals {
				words = append(words, r.String())
			}
			if err != nil {
				words = append(words, err.Error())
			}
			if err := web.Ready(true); err != nil {
				words = append(words, err.Error())
			}
			all := strings.Join(words, "\n") + log.String()
			for _, part := range []string{"1234567890", "abcdefghijklmnop", "45678", "qrstuvwxyzabcdef"} {
				require.NotContains(t, all, part)
			}
		})
	}
}

func TestACallWaitsAsLongAsSlackAsksAndNoLongerThanItsContext(t *testing.T) {
	t.Parallel()
	var calls atomic.Int32
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if calls.Add(1) == 1 {
			w.Header().Set("Retry-After", "0")
			w.WriteHeader(http.StatusTooManyRequests)
			return
		}
		if calls.Load() > 2 {
			w.WriteHeader(http.StatusTooManyRequests) // says nothing of how long: a minute
			return
		}
		_, _ = io.WriteString(w, `{"ok":true}`)
	}))
	defer s.Close()
	web, err := New(Config{BotToken: zenlayer.NewSecret(plantedBot), APIURL: s.URL + "/", Log: zap.NewNop()})
	require.NoError(t, err)
	defer web.Close()
	_, err = web.patient.call(t.Context(), "auth.test", nil)
	require.NoError(t, err)
	require.EqualValues(t, 2, calls.Load())
	short, cancel := context.WithTimeoutCause(t.Context(), 50*time.Millisecond, errPlanted)
	defer cancel()
	_, err = web.patient.call(short, "auth.test", nil)
	require.ErrorIs(t, err, errPlanted)
	_, err = web.quick.call(t.Context(), "auth.test", nil)
	require.Equal(t, CodeRateLimited, ErrorCode(err), "a trigger does not wait")
}

func TestACallThatIsRefusedSaysWhy(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		status int
		body   string
		says   string
		code   string
		sure   bool
	}{
		"a code": {200, `{"ok":false,"error":"not_in_channel"}`,
			"Slack answered x.y with not_in_channel", "not_in_channel", true},
		"false as text": {200, `{"ok":"false","error":"not_in_channel"}`,
			"Slack answered x.y with not_in_channel", "not_in_channel", true},
		"a scope": {200, `{"ok":false,"error":"missing_scope","needed":"users:read"}`,
			"Slack answered x.y with missing_scope: the app needs the scope users:read", "missing_scope", true},
		"details": {200,
			`{"ok":false,"error":"invalid_blocks","response_metadata":{"messages":["[ERROR] no ` +
				`[json-pointer:/blocks/0]"]}}`,
			"Slack answered x.y with invalid_blocks: [ERROR] no [json-pointer:/blocks/0]", "invalid_blocks",
			true},
		"details of another shape": {200,
			`{"ok":false,"error":"invalid_blocks","errors":[{"a":1}],"response_metadata":7}`,
			"Slack answered x.y with invalid_blocks", "invalid_blocks", true},
		"an error that is no text": {200, `{"ok":false,"error":{"code":7}}`, "Slack answered x.y with status 200", "",
			false},
		"an inner error": {200, `{"ok":false,"error":"internal_error"}`,
			"Slack answered x.y with internal_error", "internal_error", false},
		"a page":                {503, `<html>`, "Slack answered x.y with status 503", "", false},
		"no success":            {200, `{}`, "Slack answered x.y with status 200", "", false},
		"an unreadable success": {200, `{"ok":[]}`, "cannot read ok (it is not true or false)", "", false},
		"a redirect":            {302, ``, "Slack answered x.y with status 302", "", false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Location", "http://127.0.0.1:1/")
				w.WriteHeader(tt.status)
				_, _ = io.WriteString(w, tt.body)
			}))
			defer s.Close()
			web, err := New(Config{BotToken: zenlayer.NewSecret(plantedBot), APIURL: s.URL + "/", Log: zap.NewNop()})
			require.NoError(t, err)
			defer web.Close()
			_, err = web.patient.call(t.Context(), "x.y", nil)
			require.EqualError(t, err, tt.says)
			require.Equal(t, tt.code, ErrorCode(err))
			require.Equal(t, tt.sure, CertainlyNotDone(err))
		})
	}
	require.False(t, CertainlyNotDone(&socket.OpenError{}))
}

func TestSocketReasonSaysWhatToDo(t *testing.T) {
	t.Parallel()
	require.Contains(t, SocketReason("token_revoked"), "generate an app-level token")
	require.Contains(t, SocketReason("open_failed"), "lbbot retries: if this lasts, check the network path")
}
