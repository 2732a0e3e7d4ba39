package socket_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"

	"lbbot/bot/sandbox"
)

func TestAckOnAnotherConnectionCountsIfTheSwitchSaysSo(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Options{AckLimit: time.Hour})
	s.AcceptAcksAnywhere(true)
	first := greeted(t, s)
	done := deliver(t, s, "interactive", true)
	id := first.next().EnvelopeID
	second := greeted(t, s)
	second.send(fmt.Sprintf(`{"envelope_id":%q}`, id))
	require.True(t, receive(t, done).acked)
	require.Empty(t, s.Findings())
}

func TestFrameRulesCanBeSwitchedOff(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Options{AckLimit: time.Hour})
	s.DropLargeFrames(true)
	s.JoinFragments(true)
	// Messages that are longer than the buffer are fragments.
	ws, answer, err := (&websocket.Dialer{WriteBufferSize: 32}).Dial(address(t, s), nil)
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())
	t.Cleanup(func() { _ = ws.Close() })
	c := client{t, ws}
	require.Equal(t, "hello", c.next().Type)
	c.send(`{"envelope_id":"` + strings.Repeat("x", 20481) + `"}`)
	done := deliver(t, s, "interactive", true)
	id := c.next().EnvelopeID
	w, err := c.ws.NextWriter(websocket.TextMessage)
	require.NoError(t, err)
	for _, part := range []string{`{"envelope_id":"`, id, `","payload":{}}`} {
		_, err = w.Write([]byte(part))
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	require.True(t, receive(t, done).acked)
	require.Empty(t, s.Findings())
	require.True(t, s.Switches().DropLarge)
}

func TestWhatWasNotAckedComesAgainAfterTheNextConnection(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Options{AckLimit: 20 * time.Millisecond})
	s.RedeliverUnacked(true)
	first := greeted(t, s)
	require.Equal(t, "operation_timeout", s.TypeCommand(t.Context(), "U0ANA", "C0OPS", "/x", "").Failure)
	lost := first.next()
	s.DropConnections()
	require.Error(t, first.end())
	again := greeted(t, s).next()
	require.Equal(t, lost.EnvelopeID, again.EnvelopeID)
	require.JSONEq(t, string(lost.Payload), string(again.Payload))
	require.Zero(t, again.RetryAttempt, "only events count their retries")
}
