package stage

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"lbbot/zenlayer"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestResultIsAMessageThatSaysAddedAndNamesTheServer(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		text string
		n    int
		ok   bool
	}{
		"by name":            {"Added: bench-000012 on 8443 as be-1.", 12, true},
		"by id":              {"Added: i-b000345 to lst-b001", 345, true},
		"not yet":            {"Adding bench-000012 to lst-b001", 0, false},
		"refused":            {"Not added: bench-000012", 0, false},
		"another server":     {"Added: web-07 to lst-b001", 0, false},
		"no server is named": {"Added", 0, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n, ok := added(tt.text)
			require.Equal(t, tt.ok, ok)
			require.Equal(t, tt.n, n)
		})
	}
}

func TestTextOfAMessageIsReadFromJSONAndFromAForm(t *testing.T) {
	t.Parallel()
	require.Equal(t, "Added: a & b", shownText("application/json; charset=utf-8", []byte(`{"text":"Added: a & b"}`)))
	require.Equal(t, "Added: a & b", shownText("application/x-www-form-urlencoded",
		[]byte(url.Values{"text": {"Added: a & b"}}.Encode())))
	require.Empty(t, shownText("application/json", []byte("no JSON")))
}

// post posts a text as the bot and returns the status.
func post(t *testing.T, s *Stage, channel, text string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.slackDoor.url+"/api/chat.postMessage",
		strings.NewReader(url.Values{"channel": {channel}, "text": {text}}.Encode()))
	require.NoError(t, err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Authorization", "Bearer "+s.slack.BotToken())
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	got, err := client.Do(r)
	require.NoError(t, err)
	require.NoError(t, got.Body.Close())
	require.Equal(t, http.StatusOK, got.StatusCode)
}

func TestTruthNamesWhatWasLostAndWhatCameTwice(t *testing.T) {
	t.Parallel()
	s, err := Open(4, false)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	add := func(n int) {
		s.cloud.AddBackend(zenlayer.Backend{ListenerID: listenerID(n), InstanceID: serverID(n)})
	}
	add(0)
	post(t, s, channelID(0), "Added: "+serverID(0))
	require.Empty(t, s.Truth(1))

	add(1)                                          // nobody was told
	post(t, s, channelID(2), "Added: "+serverID(2)) // it was not
	add(3)
	post(t, s, channelID(3), "Added: "+serverID(3))
	post(t, s, channelID(3), "Added: "+serverID(3))
	require.Equal(t, []string{
		`command 1: 0 messages say that i-b000001 was added; the person saw nothing`,
		`command 2: i-b000002 was added 0 times`,
		`command 3: 2 messages say that i-b000003 was added; the person saw "Added: i-b000003"`,
	}, s.Truth(4))
	require.Contains(t, s.Truth(2), "1 servers were added that nobody asked for")
	require.Equal(t, map[string]int{"chat.postMessage": 4}, s.Calls().Slack)
}

func TestCommandWithoutABotIsNotAcked(t *testing.T) {
	t.Parallel()
	s, err := Open(1, false)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	_, _, err = s.Add(t.Context(), 0)
	require.ErrorContains(t, err, "command 0 got no ack that Slack takes")
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	_, err = s.AwaitHello(ctx, 1)
	require.ErrorIs(t, err, context.DeadlineExceeded)
}
