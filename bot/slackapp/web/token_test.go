package web

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"lbbot/zenlayer"
)

// tokenSlack answers auth.test by token; other methods it refuses for tokens it lacks.
type tokenSlack struct {
	bots   map[string]string // team, bot and scopes by token
	onCall func(method, token string)
	calls  atomic.Int32
}

func (s *tokenSlack) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.calls.Add(1)
	token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	if s.onCall != nil {
		s.onCall(strings.TrimPrefix(r.URL.Path, "/"), token)
	}
	bot, ok := s.bots[token]
	if !ok {
		_, _ = io.WriteString(w, `{"ok":false,"error":"token_revoked"}`)
		return
	}
	parts := strings.Split(bot, " ")
	w.Header().Set("X-Oauth-Scopes", parts[2])
	_, _ = fmt.Fprintf(w, `{"ok":true,"team_id":%q,"bot_id":%q,"user_id":"U1"}`, parts[0], parts[1])
}

const everyScope = "chat:write,users:read,channels:read,usergroups:read"

func withTokens(t *testing.T, s *tokenSlack) *Client {
	t.Helper()
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	c, err := New(Config{BotToken: zenlayer.NewSecret("xoxb-1"), APIURL: server.URL + "/", Log: zap.NewNop()})
	require.NoError(t, err)
	t.Cleanup(c.Close)
	_, err = c.CheckTokens(t.Context(), zenlayer.NewSecret("xapp-1"))
	require.NoError(t, err)
	return c
}

func TestBotTokenIsReplacedOnlyByOneOfTheSameBot(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ next, why string }{
		"the same bot":      {"T1 B1 " + everyScope, ""},
		"more scopes":       {"T1 B1 " + everyScope + ",im:write", ""},
		"another workspace": {"T2 B1 " + everyScope, "of workspace T2 and the bot is in T1: restart lbbot"},
		"another app":       {"T1 B2 " + everyScope, "the token is of bot B2 and this bot is B1: restart lbbot"},
		"a scope less":      {"T1 B1 chat:write,users:read,channels:read", "the token lacks the scope usergroups:read"},
		"revoked":           {"", "Slack answered auth.test with token_revoked"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &tokenSlack{bots: map[string]string{"xoxb-1": "T1 B1 " + everyScope}}
			if tt.next != "" {
				s.bots["xoxb-2"] = tt.next
			}
			c := withTokens(t, s)
			err := c.UseBotToken(t.Context(), zenlayer.NewSecret("xoxb-2"))
			used := "xoxb-1"
			if tt.why == "" {
				require.NoError(t, err)
				used = "xoxb-2"
			} else {
				require.ErrorContains(t, err, tt.why)
			}
			require.NoError(t, c.Ready(true), "a refused try is no fault of the token in use")
			s.onCall = func(_, token string) { require.Equal(t, used, token) }
			for _, caller := range []*caller{c.quick, c.patient} {
				_, err := caller.call(t.Context(), "users.info", nil)
				require.NoError(t, err)
			}
		})
	}
}

// The old token is revoked between a call's request and its answer, after the new one
// was taken.
func TestCallThatLostItsTokenIsMadeAgainWithTheNewOne(t *testing.T) {
	t.Parallel()
	s := &tokenSlack{bots: map[string]string{"xoxb-1": "T1 B1 " + everyScope, "xoxb-2": "T1 B1 " + everyScope}}
	c := withTokens(t, s)
	s.onCall = func(method, token string) {
		if method == "users.info" && token == "xoxb-1" {
			require.NoError(t, c.UseBotToken(t.Context(), zenlayer.NewSecret("xoxb-2")))
			delete(s.bots, "xoxb-1")
		}
	}
	before := s.calls.Load()
	_, err := c.patient.call(t.Context(), "users.info", nil)
	require.NoError(t, err)
	require.EqualValues(t, 3, s.calls.Load()-before, "refused, auth.test, again")
	require.NoError(t, c.Ready(true))
}

func TestRefusalOfTheTokenEndsWithAGoodOne(t *testing.T) {
	t.Parallel()
	s := &tokenSlack{bots: map[string]string{"xoxb-1": "T1 B1 " + everyScope}}
	c := withTokens(t, s)
	delete(s.bots, "xoxb-1")
	_, err := NewDirectory(c, time.Now).Person(t.Context(), ana)
	require.Error(t, err)
	require.ErrorContains(t, c.Ready(true), "token_revoked")
	s.bots["xoxb-2"] = "T1 B1 " + everyScope
	require.NoError(t, c.UseBotToken(t.Context(), zenlayer.NewSecret("xoxb-2")))
	require.NoError(t, c.Ready(true))
}
