package socket_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot/sandbox"
	"lbbot/bot/slackapp/socket"
)

// opener asks a stand-in for connections with a token.
func opener(s *sandbox.Slack, token string) socket.Opener {
	return socket.HTTPOpener(&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}, s.APIURL(), token)
}

func TestReopenReplacesEveryConnectionBeforeItLeavesTheOldOnes(t *testing.T) {
	t.Parallel()
	cfg := quick()
	cfg.Linger = 50 * time.Millisecond
	s := serve(t, sandbox.Options{AppToken: "xapp-1"})
	r := connect(t, s, cfg)
	r.up(2)
	lowest := r.lowest()
	s.IssueToken(sandbox.TheAppToken, "xapp-2")
	require.NoError(t, r.client.Reopen(t.Context(), opener(s, "xapp-2")))
	s.WithdrawToken("xapp-1")
	r.until(func() bool { return len(s.PastConnections()) == 2 }, "the old connections end")
	r.up(2)
	require.GreaterOrEqual(t, lowest(), 2, "no gap")
	for _, past := range s.PastConnections() {
		require.Equal(t, "close frame", past.Ended)
	}
	s.Refresh()
	r.until(func() bool { return len(s.PastConnections()) == 4 && len(s.Connections()) == 2 },
		"the next connections are of the new token")
	require.EqualValues(t, 0, r.metric("connects_total", "refused"))
}

func TestReopenEndsTheWaitAfterARefusal(t *testing.T) {
	t.Parallel()
	cfg := quick()
	cfg.AlarmRetry = time.Hour
	s := serve(t, sandbox.Options{AppToken: "xapp-1"})
	r := connect(t, s, cfg)
	r.up(2)
	s.WithdrawToken("xapp-1")
	s.Refresh()
	r.counts("connects_total", "refused", 2)
	r.up(0)
	s.IssueToken(sandbox.TheAppToken, "xapp-2")
	require.NoError(t, r.client.Reopen(t.Context(), opener(s, "xapp-2")))
	r.up(2)
}

func TestReopenThatFailsChangesNothing(t *testing.T) {
	t.Parallel()
	other := sandbox.SampleWorkspace()
	other.AppID = "A0OTHER"
	elsewhere := serve(t, sandbox.Options{Workspace: other})
	for name, tt := range map[string]struct {
		open func(s *sandbox.Slack) socket.Opener
		why  string
	}{
		"a wrong token": {func(s *sandbox.Slack) socket.Opener { return opener(s, "xapp-wrong") }, "invalid_auth"},
		"a token of another app": {func(*sandbox.Slack) socket.Opener {
			return opener(elsewhere, elsewhere.AppToken())
		}, "belongs to another app"},
		"no answer": {func(*sandbox.Slack) socket.Opener {
			return func(context.Context) (string, error) { return "", errors.New("planted trouble") }
		}, "planted trouble"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, sandbox.Options{})
			r := connect(t, s, quick())
			r.up(2)
			require.ErrorContains(t, r.client.Reopen(t.Context(), tt.open(s)), tt.why)
			require.Len(t, s.Connections(), 2)
			require.Empty(t, s.PastConnections())
			s.Refresh()
			r.until(func() bool { return len(s.PastConnections()) == 2 && len(s.Connections()) == 2 },
				"the old token works on")
		})
	}
}

func TestReopenEndsWithItsContextAndWithRun(t *testing.T) {
	t.Parallel()
	s := serve(t, sandbox.Options{})
	idle, err := socket.New(socket.Config{Open: opener(s, s.AppToken()), Receive: func(socket.Envelope) {}})
	require.NoError(t, err)
	short, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	require.ErrorIs(t, idle.Reopen(short, opener(s, s.AppToken())), context.DeadlineExceeded)
	r := connect(t, s, quick())
	r.up(2)
	r.stop()
	require.NoError(t, r.end())
	require.ErrorContains(t, r.client.Reopen(t.Context(), opener(s, s.AppToken())), "stopping")
}
