package socket_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/slack-go/slack"
	"github.com/slack-go/slack/socketmode"
	"github.com/stretchr/testify/require"

	"lbbot/bot/sandbox"
	"lbbot/bot/sandbox/socket"
)

func TestHelloComesAtOnceAndCountsConnections(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Options{})
	first := dial(t, s).next()
	require.Equal(t, "hello", first.Type)
	require.Equal(t, 1, first.NumConnections)
	require.Equal(t, 18060, first.DebugInfo.Life)
	require.Equal(t, s.Workspace().AppID, first.ConnectionInfo.AppID)
	require.Equal(t, 2, dial(t, s).next().NumConnections)
}

func TestDebugReconnectsShortensTheLife(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Options{})
	ws, _, err := websocket.DefaultDialer.Dial(address(t, s)+"&debug_reconnects=true", nil)
	require.NoError(t, err)
	defer func() { _ = ws.Close() }()
	require.Equal(t, 360, client{t, ws}.next().DebugInfo.Life)
}

func TestConnectionIsWarnedAndRefreshedAtTheEndOfItsLife(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Options{})
	s.SetTiming(socket.Timing{Life: 40 * time.Millisecond, WarnBefore: 20 * time.Millisecond,
		RefreshGrace: time.Millisecond})
	c := greeted(t, s)
	require.Equal(t, "warning", c.next().Reason)
	require.Equal(t, "refresh_requested", c.next().Reason)
	require.True(t, websocket.IsCloseError(c.end(), websocket.CloseNormalClosure))
}

func TestTicketWorksOnce(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Options{})
	url := address(t, s)
	ws, _, err := websocket.DefaultDialer.Dial(url, nil)
	require.NoError(t, err)
	defer func() { _ = ws.Close() }()
	_, resp, err := websocket.DefaultDialer.Dial(url, nil)
	require.Error(t, err)
	require.Equal(t, http.StatusForbidden, resp.StatusCode)
	requireFinding(t, s, "ticket")
}

func TestServerPingsAndAnswersPings(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Options{})
	c := greeted(t, s)
	pinged, ponged := make(chan string, 100), make(chan string, 100)
	c.ws.SetPingHandler(func(text string) error {
		pinged <- text
		return c.ws.WriteControl(websocket.PongMessage, []byte(text), time.Now().Add(time.Second))
	})
	c.ws.SetPongHandler(func(text string) error { ponged <- text; return nil })
	require.NoError(t, c.ws.WriteControl(websocket.PingMessage, []byte("mine"), time.Now().Add(time.Second)))
	go func() { _, _, _ = c.ws.ReadMessage() }()
	require.Contains(t, <-pinged, "Ping from applink-")
	require.Equal(t, "mine", <-ponged)
	require.Eventually(t, func() bool { return s.Connections()[0].Pongs > 1 }, patience, time.Millisecond)
}

func TestAcks(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		ack, payload string
		accepts      bool
		finding      string
	}{
		"without a payload":     {`{"envelope_id":"ID"}`, "", true, ""},
		"with an empty payload": {`{"envelope_id":"ID","payload":{}}`, "", false, ""},
		"with a null payload":   {`{"envelope_id":"ID","payload":null}`, "", false, ""},
		"with a payload": {`{"envelope_id":"ID","payload":{"text":"hi"}}`, `{"text":"hi"}`,
			true, ""},
		"with a payload where none is accepted": {`{"envelope_id":"ID","payload":{"text":"hi"}}`, `{"text":"hi"}`,
			false, "accepts no payload"},
		"after a frame that is no ack": {"{}" + "\n" + `{"envelope_id":"ID"}`, "", true, "not an ack"},
		"after an ack for an unknown envelope": {`{"envelope_id":"other"}` + "\n" + `{"envelope_id":"ID"}`, "", true,
			"unknown envelope"},
		"twice; the second one is only recorded": {`{"envelope_id":"ID"}` + "\n" +
			`{"envelope_id":"ID","payload":{"a":1}}`, "", true, "acked twice"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t, sandbox.Options{})
			c := greeted(t, s)
			done := deliver(t, s, "slash_commands", tt.accepts)
			id := c.next().EnvelopeID
			for line := range strings.SplitSeq(tt.ack, "\n") {
				c.send(strings.ReplaceAll(line, "ID", id))
			}
			got := receive(t, done)
			require.True(t, got.acked)
			require.Equal(t, tt.payload, string(got.payload))
			if tt.finding == "" {
				require.Empty(t, s.Findings())
			} else {
				requireFinding(t, s, tt.finding)
			}
		})
	}
}

func TestAckThatComesTooLateIsAFinding(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Options{AckLimit: 10 * time.Millisecond})
	c := greeted(t, s)
	done := deliver(t, s, "slash_commands", true)
	id := c.next().EnvelopeID
	require.False(t, receive(t, done).acked)
	c.send(`{"envelope_id":"` + id + `"}`)
	requireFinding(t, s, "too late")
}

func TestSwallowedAckLooksLikeNone(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Options{AckLimit: 100 * time.Millisecond})
	c := greeted(t, s)
	s.SwallowAcks(1)
	done := deliver(t, s, "slash_commands", true)
	c.send(`{"envelope_id":"` + c.next().EnvelopeID + `"}`)
	require.False(t, receive(t, done).acked)
	require.Empty(t, s.Findings())
}

func TestAckOnAnotherConnectionIsRejected(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Options{AckLimit: time.Second})
	a, b := greeted(t, s), greeted(t, s)
	got := make(chan string, 2)
	for at, other := range map[client]client{a: b, b: a} {
		go func() {
			var f frame
			if at.ws.ReadJSON(&f) == nil {
				got <- f.EnvelopeID
				_ = other.ws.WriteMessage(websocket.TextMessage, []byte(`{"envelope_id":"`+f.EnvelopeID+`"}`))
			}
		}()
	}
	require.False(t, receive(t, deliver(t, s, "slash_commands", true)).acked)
	require.Len(t, got, 1, "an envelope goes to one connection only")
	require.Len(t, s.Findings(), 1)
}

func TestEventSentAgainSaysWhy(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Options{})
	c := greeted(t, s)
	read := make(chan frame, 2)
	go func() {
		for range 2 {
			f := c.next()
			c.send(`{"envelope_id":"` + f.EnvelopeID + `"}`)
			read <- f
		}
	}()
	first := s.OpenHome(t.Context(), "U0ANA")
	require.True(t, first.Acked)
	require.True(t, s.Redeliver(t.Context(), first, true).Acked)
	require.Empty(t, (<-read).RetryReason)
	again := <-read
	require.Equal(t, 1, again.RetryAttempt)
	require.Equal(t, "timeout", again.RetryReason)
}

func TestNoConnectionIsToldAtOnce(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Options{AckLimit: time.Hour})
	require.False(t, receive(t, deliver(t, s, "slash_commands", true)).acked)
}

func TestEleventhConnectionIsTooMany(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Options{})
	for range 10 {
		greeted(t, s)
	}
	c := dial(t, s)
	require.Equal(t, "too_many_websockets", c.next().Reason)
	require.Error(t, c.end())
	require.Len(t, s.Connections(), 10)
}

func TestFrameRules(t *testing.T) {
	t.Parallel()
	oversized := func(c client) { c.send(`{"envelope_id":"` + strings.Repeat("x", 20481) + `"}`) }
	fragmented := func(c client) {
		w, err := c.ws.NextWriter(websocket.TextMessage)
		require.NoError(c, err)
		_, err = io.WriteString(w, `{"envelope_id":"unknown","payload":"`+strings.Repeat("y", 70<<10)+`"}`)
		require.NoError(c, err)
		require.NoError(c, w.Close())
	}
	tests := map[string]struct {
		act     func(client)
		finding string
		code    int
	}{
		"a frame over 20,480 bytes ends the connection": {oversized, "over the limit", websocket.CloseMessageTooBig},
		"fragments are refused":                         {fragmented, "fragments", websocket.CloseProtocolError},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t, sandbox.Options{})
			c := greeted(t, s)
			tt.act(c)
			requireFinding(t, s, tt.finding)
			require.True(t, websocket.IsCloseError(c.end(), tt.code))
		})
	}
}

func TestScriptedEnds(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		script func(*sandbox.Slack)
		reason string
		code   int
	}{
		"refresh": {(*sandbox.Slack).Refresh, "refresh_requested", websocket.CloseNormalClosure},
		"warning": {func(s *sandbox.Slack) { s.Warn(time.Millisecond) }, "warning", websocket.CloseNormalClosure},
		"link disabled": {func(s *sandbox.Slack) { s.LinkDisabled(true) }, "link_disabled",
			websocket.CloseNormalClosure},
		"dropped": {(*sandbox.Slack).DropConnections, "", 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t, sandbox.Options{})
			c := greeted(t, s)
			tt.script(s)
			if tt.reason != "" {
				require.Equal(t, tt.reason, c.next().Reason)
			}
			err := c.end()
			require.Equal(t, tt.code != 0, websocket.IsCloseError(err, websocket.CloseNormalClosure), "%v", err)
			require.Eventually(t, func() bool { return len(s.Connections()) == 0 }, patience, time.Millisecond)
		})
	}
}

func TestLinkStaysDisabledUntilSwitchedOn(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Options{})
	s.LinkDisabled(true)
	require.Equal(t, "link_disabled", dial(t, s).next().Reason)
	s.LinkDisabled(false)
	greeted(t, s)
}

func TestRefreshWaitsForTheAcksItIsOwed(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Options{})
	s.SetTiming(socket.Timing{RefreshGrace: time.Nanosecond})
	c := greeted(t, s)
	done := deliver(t, s, "slash_commands", true)
	id := c.next().EnvelopeID
	s.Refresh()
	require.Equal(t, "refresh_requested", c.next().Reason)
	c.send(`{"envelope_id":"` + id + `"}`)
	require.True(t, receive(t, done).acked)
	require.True(t, websocket.IsCloseError(c.end(), websocket.CloseNormalClosure))
}

func TestGhostKeepsItsPlaceAndSwallowsEnvelopes(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Options{AckLimit: 20 * time.Millisecond})
	c := greeted(t, s)
	s.Ghost(1)
	require.False(t, receive(t, deliver(t, s, "slash_commands", true)).acked)
	require.NoError(t, c.ws.Close())
	require.Equal(t, 2, dial(t, s).next().NumConnections, "the client is gone, its place is not")
	s.ForgetGhosts()
	require.Eventually(t, func() bool { return len(s.Connections()) == 1 }, patience, time.Millisecond)
}

func TestMuteHoldsFramesBack(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Options{AckLimit: 30 * time.Millisecond})
	c := greeted(t, s)
	s.Mute(time.Hour)
	require.False(t, receive(t, deliver(t, s, "slash_commands", true)).acked)
	s.Mute(time.Nanosecond)
	done := deliver(t, s, "events_api", false)
	c.send(`{"envelope_id":"` + c.next().EnvelopeID + `"}`)
	receive(t, done)
}

func TestRefusedUpgrades(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Options{})
	s.RefuseUpgrades(1, http.StatusBadGateway)
	_, resp, err := websocket.DefaultDialer.Dial(address(t, s), nil)
	require.Error(t, err)
	require.Equal(t, http.StatusBadGateway, resp.StatusCode)
	greeted(t, s)
}

func TestCloseHandshake(t *testing.T) {
	t.Parallel()
	for name, leave := range map[string]bool{"TCP is closed": false, "TCP is left open": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t, sandbox.Options{})
			s.LeaveTCPOpen(leave)
			c := greeted(t, s)
			goodbye := websocket.FormatCloseMessage(websocket.CloseGoingAway, "")
			require.NoError(t, c.ws.WriteControl(websocket.CloseMessage, goodbye, time.Now().Add(time.Second)))
			require.True(t, websocket.IsCloseError(c.end(), websocket.CloseGoingAway), "the close frame is answered")
			require.Eventually(t, func() bool { return len(s.PastConnections()) == 1 }, patience, time.Millisecond)
			require.Equal(t, "close frame", s.PastConnections()[0].Ended)
			require.Equal(t, websocket.CloseGoingAway, s.PastConnections()[0].CloseCode)

			raw := c.ws.UnderlyingConn()
			limit := patience
			if leave {
				limit = 20 * time.Millisecond
			}
			require.NoError(t, raw.SetReadDeadline(time.Now().Add(limit)))
			_, err := raw.Read(make([]byte, 1))
			if leave {
				require.ErrorContains(t, err, "timeout")
			} else {
				require.ErrorIs(t, err, io.EOF)
			}
		})
	}
}

func TestClientThatJustCutsIsRecorded(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Options{})
	require.NoError(t, greeted(t, s).ws.Close())
	require.Eventually(t, func() bool { return len(s.PastConnections()) == 1 }, patience, time.Millisecond)
	require.Equal(t, "cut", s.PastConnections()[0].Ended)
}

func TestSlackGoWorksUnchanged(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Options{})
	api := slack.New(s.BotToken(), slack.OptionAppLevelToken(s.AppToken()), slack.OptionAPIURL(s.APIURL()))
	bot := socketmode.New(api)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- bot.RunContext(ctx) }()
	seen := make(chan struct{}, 1)
	go func() {
		for { // the library may send events after its end, so they are never closed
			var event socketmode.Event
			select {
			case event = <-bot.Events:
			case <-ctx.Done():
				return
			}
			switch event.Type {
			case socketmode.EventTypeHello:
				seen <- struct{}{}
			case socketmode.EventTypeSlashCommand:
				_ = bot.AckCtx(ctx, event.Request.EnvelopeID,
					map[string]string{"text": event.Data.(slack.SlashCommand).Text})
			}
		}
	}()
	<-seen
	got := receive(t, deliver(t, s, "slash_commands", true))
	require.True(t, got.acked)
	require.JSONEq(t, `{"text":"x"}`, string(got.payload))
	s.Refresh()
	<-seen
	require.True(t, receive(t, deliver(t, s, "slash_commands", true)).acked)
	require.Empty(t, s.Findings())
	cancel()
	require.ErrorIs(t, <-ended, context.Canceled)
}
