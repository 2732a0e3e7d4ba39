package web

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"lbbot/zenlayer"
)

func TestResponseURLAnswersCountAsDeliveredOrRefused(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		status int
		body   string
		want   bool
	}{
		"plain ok":                   {200, "ok", true},
		"ok with a line end":         {200, "ok\n", true},
		"JSON":                       {200, `{"ok":true}`, true},
		"JSON with a warning":        {200, ` {"ok":true,"warning":"missing_charset"}`, true},
		"no body":                    {200, "", true},
		"white space only":           {200, "\r\n", true},
		"JSON that says no":          {200, `{"ok":false,"error":"\"ok\":true"}`, false},
		"JSON with ok as text":       {200, `{"ok":"true"}`, false},
		"JSON without ok":            {200, `{}`, false},
		"a code as text":             {200, "used_url", false},
		"a page":                     {200, "<html>ok</html>", false},
		"no content":                 {204, "", false},
		"a redirect":                 {302, "ok", false},
		"not found":                  {404, "ok", false},
		"expired, without a body":    {404, "", false},
		"Slack is down, no body":     {503, "", false},
		"too many, with a good body": {429, `{"ok":true}`, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			calls := 0
			slack := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				calls++
				w.Header().Set("Location", "/elsewhere")
				w.WriteHeader(tt.status)
				_, _ = io.WriteString(w, tt.body)
			}))
			t.Cleanup(slack.Close)
			web, err := New(Config{BotToken: zenlayer.NewSecret(plantedBot), APIURL: slack.URL + "/api/",
				Log: zap.NewNop()})
			require.NoError(t, err)
			t.Cleanup(web.Close)
			err = web.Respond(t.Context(), slack.URL+"/commands/T/1/x", Response{Text: "x"})
			require.Equal(t, 1, calls)
			if tt.want {
				require.NoError(t, err)
				return
			}
			require.Error(t, err)
			require.NotContains(t, err.Error(), strings.TrimPrefix(slack.URL, "http://"))
		})
	}
}

func TestOnlySlacksOwnAddressesAreAnswered(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for _, address := range []string{"", "https://example.com/x", "http://hooks.slack.com/x",
		"https://hooks.slack.com@evil.example/x", "https://hooks.slack.com.evil.example/",
		"https://user@hooks.slack.com/x", "ftp://hooks.slack.com/x", "://", "https://127.0.0.1:1/x"} {
		err := d.web.Respond(t.Context(), address, Response{Text: "x"})
		require.Error(t, err, address)
		if address != "" {
			require.NotContains(t, err.Error(), address)
		}
	}
	require.True(t, d.web.responseAddress("https://hooks.slack.com/commands/T/1/x"))
	require.True(t, d.web.responseAddress("https://hooks.slack-gov.com/commands/T/1/x"))
}
