package socket_test

import (
	"context"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap/zapcore"

	"lbbot/bot/sandbox"
	standin "lbbot/bot/sandbox/socket"
	"lbbot/bot/slackapp/socket"
)

func TestConfigurationNamesEveryProblemAtOnce(t *testing.T) {
	t.Parallel()
	_, err := socket.New(socket.Config{Connections: 11})
	for _, part := range []string{"Open", "Receive", "Connections"} {
		require.ErrorContains(t, err, part)
	}
}

func TestEnvelopeArrivesWholeAndItsAckGoesBack(t *testing.T) {
	t.Parallel()
	r := connect(t, serve(t, sandbox.Options{}), quick())
	r.up(2)
	require.True(t, r.client.Status().Ready)
	done := r.deliver("slash_commands", true)
	e := r.next()
	require.Equal(t, "slash_commands", e.Type)
	require.JSONEq(t, `{"text":"x"}`, string(e.Payload))
	require.False(t, e.ReceivedAt.IsZero())
	require.NoError(t, e.Ack(t.Context(), map[string]string{"text": "hi"}))
	got := <-done
	require.True(t, got.acked)
	require.JSONEq(t, `{"text":"hi"}`, string(got.payload))
	require.EqualValues(t, 1, r.metric("acks_total", "written"))
	require.EqualValues(t, 1, r.metric("ack_seconds", ""))
	require.EqualValues(t, 1, r.metric("envelopes_total", "slash_commands"))
	require.Empty(t, r.slack.Findings())
}

func TestUnknownTypesAreHandedOverToo(t *testing.T) {
	t.Parallel()
	r := connect(t, serve(t, sandbox.Options{}), quick())
	r.up(2)
	done := r.deliver("something_new", false)
	e := r.next()
	require.Equal(t, "something_new", e.Type)
	require.NoError(t, e.Ack(t.Context(), nil))
	require.True(t, (<-done).acked)
	require.EqualValues(t, 1, r.metric("envelopes_total", "other"))
}

func TestRefreshLosesNothingAndAlwaysHasAConnection(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		connections int
		ask         func(*sandbox.Slack)
		reason      string
	}{
		"two connections, Slack closes":   {2, (*sandbox.Slack).Refresh, "refresh_requested"},
		"one connection, Slack closes":    {1, (*sandbox.Slack).Refresh, "refresh_requested"},
		"one connection, after a warning": {1, func(s *sandbox.Slack) { s.Warn(time.Second) }, "warning"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) { // one after the other: each keeps a core busy
			cfg := quick()
			cfg.Connections, cfg.Linger = tt.connections, time.Hour
			s := serve(t, sandbox.Options{AckLimit: patience})
			s.SetTiming(standin.Timing{RefreshGrace: time.Second})
			var acked atomic.Int64
			cfg.Receive = func(e socket.Envelope) {
				if e.Ack(context.Background(), nil) == nil {
					acked.Add(1)
				}
			}
			r := connect(t, s, cfg)
			r.up(tt.connections)
			lowest := r.lowest()
			ctx, cancel := context.WithCancel(t.Context())
			sent := make(chan [2]int64, 1)
			go func() { // a stream of envelopes all the while
				var total, answered int64
				for tick := time.NewTicker(time.Millisecond); ctx.Err() == nil; <-tick.C {
					total++
					if _, ok := s.Deliver(t.Context(), "slash_commands", map[string]any{}, true); ok {
						answered++
					}
				}
				sent <- [2]int64{total, answered}
			}()
			tt.ask(s)
			r.counts("disconnects_total", tt.reason, float64(tt.connections))
			r.until(func() bool { return len(s.PastConnections()) == tt.connections }, "the old connections end")
			cancel()
			result := <-sent
			require.Equal(t, result[0], result[1], "every envelope was acked")
			require.Equal(t, result[0], acked.Load())
			require.GreaterOrEqual(t, lowest(), tt.connections)
			for _, past := range s.PastConnections() {
				require.Equal(t, "close frame", past.Ended)
			}
			require.Empty(t, s.Findings())
		})
	}
}

// TestRefreshesInARowLeaveNoGap: a refresh is no failure, so however often Slack
// asks for one, the next connection is there before the old one ends.
func TestRefreshesInARowLeaveNoGap(t *testing.T) {
	t.Parallel()
	cfg := quick()
	cfg.StableAfter, cfg.BackoffMax = time.Hour, time.Hour
	s := serve(t, sandbox.Options{})
	s.SetTiming(standin.Timing{RefreshGrace: 200 * time.Millisecond})
	r := connect(t, s, cfg)
	r.up(2)
	for n := 1; n <= 20; n++ { // the back-off of a 20th failure is 17 minutes
		s.Refresh()
		r.counts("connects_total", "connected", float64(2+2*n))
		r.until(func() bool { return len(s.Connections()) == 2 }, "the old ones end")
	}
	require.EqualValues(t, 0, r.metric("disconnects_total", "connection_lost"))
}

func TestReplacedConnectionIsClosedAfterLinger(t *testing.T) {
	t.Parallel()
	cfg := quick()
	cfg.Linger = 10 * time.Millisecond
	r := connect(t, serve(t, sandbox.Options{}), cfg)
	r.up(2)
	r.slack.Warn(time.Hour)
	r.until(func() bool { return len(r.slack.PastConnections()) == 2 }, "the old ones are left")
	for _, past := range r.slack.PastConnections() {
		require.Equal(t, "close frame", past.Ended)
	}
	r.up(2)
}

func TestLostConnectionsAreReplaced(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		fault  func(*sandbox.Slack)
		reason string
	}{
		"reset without a frame": {(*sandbox.Slack).DropConnections, "connection_lost"},
		"never pinged again":    {func(s *sandbox.Slack) { s.Mute(time.Hour) }, "ping_timeout"},
		"ghosts":                {func(s *sandbox.Slack) { s.Ghost(2) }, "ping_timeout"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := quick()
			cfg.PingTimeout, cfg.CloseWait = 2*time.Second, 10*time.Millisecond
			r := connect(t, serve(t, sandbox.Options{}), cfg)
			r.up(2)
			tt.fault(r.slack)
			r.counts("disconnects_total", tt.reason, 2)
			r.up(2)
			r.counts("connects_total", "connected", 4)
		})
	}
}

func TestConnectionThatWasNeverPingedIsReplaced(t *testing.T) {
	t.Parallel()
	cfg := quick()
	cfg.PingTimeout = 50 * time.Millisecond
	s := serve(t, sandbox.Options{})
	s.SetTiming(standin.Timing{Ping: time.Hour}) // one ping after hello, then none
	r := connect(t, s, cfg)
	r.counts("disconnects_total", "ping_timeout", 4)
	r.counts("connects_total", "connected", 4)
}

func TestGhostsAreNoticed(t *testing.T) {
	t.Parallel()
	cfg := quick()
	cfg.Connections, cfg.CloseWait = 1, 10*time.Millisecond
	r := connect(t, serve(t, sandbox.Options{}), cfg)
	r.up(1)
	require.Zero(t, r.metric("ghost_connections", ""))
	r.slack.Ghost(1)
	r.stop()
	require.NoError(t, r.end())
	again := connect(t, r.slack, cfg)
	again.up(1)
	again.until(func() bool { return again.metric("ghost_connections", "") == 1 }, "ghost gauge")
	require.EqualValues(t, 2, again.metric("connections_reported", ""))
	require.Equal(t, 1,
		again.logs.FilterMessageSnippet("more connections than we have").FilterLevelExact(zapcore.WarnLevel).Len())
}

func TestGhostsThatSlackForgetsAreNoLongerCounted(t *testing.T) {
	t.Parallel()
	cfg := quick()
	cfg.Connections, cfg.CloseWait, cfg.Recount = 1, 10*time.Millisecond, 50*time.Millisecond
	r := connect(t, serve(t, sandbox.Options{}), cfg)
	r.up(1)
	r.slack.Ghost(1)
	r.stop()
	require.NoError(t, r.end())
	again := connect(t, r.slack, cfg)
	again.until(func() bool { return again.metric("ghost_connections", "") == 1 }, "ghost gauge")
	r.slack.ForgetGhosts()
	again.until(func() bool { return again.metric("ghost_connections", "") == 0 }, "the gauge goes back")
	connects := again.metric("connects_total", "connected")
	require.Never(t, func() bool { return again.metric("connects_total", "connected") > connects+1 },
		5*cfg.Recount, cfg.Recount, "without ghosts it has no reason to connect again")
}

func TestReplicasAreNoGhosts(t *testing.T) {
	t.Parallel()
	cfg := quick()
	cfg.Connections, cfg.Replicas = 1, func() int { return 2 }
	s := serve(t, sandbox.Options{})
	connect(t, s, cfg).up(1)
	second := connect(t, s, cfg)
	second.up(1)
	require.EqualValues(t, 2, second.metric("connections_reported", ""))
	require.Zero(t, second.metric("ghost_connections", ""))
}

func TestFramesThatCannotBeUsedAreCountedAndAcked(t *testing.T) {
	t.Parallel()
	cfg := quick()
	cfg.Connections = 1
	r := connect(t, serve(t, sandbox.Options{}), cfg)
	r.up(1)
	for _, frame := range []string{`{"envelope_id": "e-1", "type": "interactive", "payload": {`,
		`{"type":"new_control_frame"}`, `not JSON`} {
		require.True(t, r.slack.SendFrame(t.Context(), frame))
	}
	r.counts("bad_frames_total", "", 3)
	r.until(func() bool { return strings.Contains(strings.Join(r.slack.Findings(), ""), "unknown envelope") },
		"the ack arrives")
	require.Len(t, r.slack.Findings(), 1, "one of the three names an envelope")
	require.EqualValues(t, 1, r.client.Status().Live, "the connection stays")
}

func TestFrameOverTheReadLimitClosesOnlyItsConnection(t *testing.T) {
	t.Parallel()
	cfg := quick()
	cfg.Connections, cfg.ReadLimit = 1, 1000
	r := connect(t, serve(t, sandbox.Options{}), cfg)
	r.up(1)
	require.True(t, r.slack.SendFrame(t.Context(), strings.Repeat("x", 1001)))
	r.counts("disconnects_total", "frame_too_large", 1)
	r.counts("connects_total", "connected", 2)
	r.up(1)
}

func TestRefusedUpgradesAreTriedAgain(t *testing.T) {
	t.Parallel()
	s := serve(t, sandbox.Options{})
	s.RefuseUpgrades(3, http.StatusServiceUnavailable)
	r := connect(t, s, quick())
	r.up(2)
	require.EqualValues(t, 3, r.metric("connects_total", "dial_failed"))
}

func TestStatusSaysWhyItIsNotReady(t *testing.T) {
	t.Parallel()
	s := serve(t, sandbox.Options{})
	s.RefuseUpgrades(-1, http.StatusServiceUnavailable)
	r := connect(t, s, quick())
	r.counts("connects_total", "dial_failed", 2)
	require.False(t, r.client.Status().Ready)
	require.Equal(t, "dial_failed", r.client.Status().Reason)
	s.RefuseUpgrades(0, 0)
	r.up(2)
	require.Empty(t, r.client.Status().Reason)
	require.Equal(t, 2, r.client.Status().Wanted)
}

func TestRunTwiceIsRefused(t *testing.T) {
	t.Parallel()
	r := connect(t, serve(t, sandbox.Options{}), quick())
	r.up(2)
	require.ErrorContains(t, r.client.Run(t.Context()), "twice")
}

func TestNoTicketAndNoTokenIsLogged(t *testing.T) {
	t.Parallel()
	s := serve(t, sandbox.Options{})
	var tickets []string
	asked := make(chan string, 100)
	open := socket.HTTPOpener(&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}, s.APIURL(),
		s.AppToken())
	cfg := quick()
	cfg.Connections = 1
	cfg.Open = func(ctx context.Context) (string, error) {
		address, err := open(ctx)
		select {
		case asked <- address[strings.Index(address, "ticket=")+len("ticket="):][:8]:
		default:
		}
		if len(asked) == 2 {
			return address + "\x7f", err // an address that does not parse
		}
		return address, err
	}
	s.RefuseUpgrades(1, http.StatusBadGateway)
	r := connect(t, s, cfg)
	r.up(1)
	s.DropConnections()
	r.counts("connects_total", "connected", 2)
	r.stop()
	require.NoError(t, r.end())
	close(asked)
	for ticket := range asked {
		tickets = append(tickets, ticket)
	}
	require.Greater(t, len(tickets), 3)
	for _, entry := range r.logs.All() {
		line := entry.Message
		for _, field := range entry.Context {
			line += " " + field.String
			if err, ok := field.Interface.(error); ok {
				line += " " + err.Error()
			}
		}
		require.NotContains(t, line, s.AppToken())
		for _, ticket := range tickets {
			require.NotContains(t, line, ticket)
		}
	}
}
