package socket_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"

	"lbbot/bot/sandbox"
	"lbbot/bot/sandbox/socket"
)

const patience = 20 * time.Second // for what must happen; tests never wait for it when it does

// start serves a stand-in with quick intervals.
func start(t *testing.T, o sandbox.Options) *sandbox.Slack {
	t.Helper()
	s := sandbox.New(o)
	s.SetTiming(socket.Timing{Ping: 20 * time.Millisecond, RefreshGrace: 50 * time.Millisecond, CloseWait: time.Second})
	_, err := s.Start()
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

// address calls apps.connections.open.
func address(t *testing.T, s *sandbox.Slack) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.APIURL()+"apps.connections.open",
		http.NoBody)
	require.NoError(t, err)
	req.Header.Set("Authorization", "Bearer "+s.AppToken())
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer func() { _ = resp.Body.Close() }()
	var answer struct {
		OK    bool
		URL   string
		Error string
	}
	require.NoError(t, json.NewDecoder(resp.Body).Decode(&answer))
	require.True(t, answer.OK, answer.Error)
	return answer.URL
}

// client is a bare WebSocket.
type client struct {
	*testing.T
	ws *websocket.Conn
}

func dial(t *testing.T, s *sandbox.Slack) client {
	t.Helper()
	d := websocket.Dialer{WriteBufferSize: 64 << 10, EnableCompression: true}
	ws, resp, err := d.Dial(address(t, s), nil)
	require.NoError(t, err)
	require.Empty(t, resp.Header.Get("Sec-Websocket-Extensions"), "compression is declined")
	t.Cleanup(func() { _ = ws.Close() })
	return client{t, ws}
}

type frame struct {
	Type           string
	Reason         string
	NumConnections int    `json:"num_connections"`
	EnvelopeID     string `json:"envelope_id"`
	RetryAttempt   int    `json:"retry_attempt"`
	RetryReason    string `json:"retry_reason"`
	Payload        json.RawMessage
	ConnectionInfo struct {
		AppID string `json:"app_id"`
	} `json:"connection_info"`
	DebugInfo struct {
		Life int `json:"approximate_connection_time"`
	} `json:"debug_info"`
}

func (c client) next() frame {
	c.Helper()
	var f frame
	require.NoError(c, c.ws.SetReadDeadline(time.Now().Add(patience)))
	require.NoError(c, c.ws.ReadJSON(&f))
	return f
}

func (c client) send(text string) {
	c.Helper()
	require.NoError(c, c.ws.WriteMessage(websocket.TextMessage, []byte(text)))
}

// greeted dials and takes the hello.
func greeted(t *testing.T, s *sandbox.Slack) client {
	t.Helper()
	c := dial(t, s)
	require.Equal(t, "hello", c.next().Type)
	return c
}

// end reads until the connection ends and returns why.
func (c client) end() error {
	c.Helper()
	require.NoError(c, c.ws.SetReadDeadline(time.Now().Add(patience)))
	for {
		if _, _, err := c.ws.ReadMessage(); err != nil {
			return err
		}
	}
}

type ack struct {
	payload json.RawMessage
	acked   bool
}

// deliver sends one envelope in the background.
func deliver(t *testing.T, s *sandbox.Slack, kind string, accepts bool) <-chan ack {
	done := make(chan ack, 1)
	go func() {
		payload, acked := s.Deliver(t.Context(), kind, map[string]any{"text": "x"}, accepts)
		done <- ack{payload, acked}
	}()
	return done
}

func receive(t *testing.T, from <-chan ack) ack {
	t.Helper()
	select {
	case a := <-from:
		return a
	case <-time.After(patience):
		require.Fail(t, "the delivery never ended")
		return ack{}
	}
}

func requireFinding(t *testing.T, s *sandbox.Slack, part string) {
	t.Helper()
	require.Eventually(t, func() bool { return strings.Contains(strings.Join(s.Findings(), "\n"), part) }, patience,
		time.Millisecond,
		"no finding says %q", part)
}
