package socket_test

import (
	"context"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot/sandbox"
	"lbbot/bot/slackapp/socket"
)

func TestSecondAckIsRefusedAndNeverSent(t *testing.T) {
	t.Parallel()
	r := connect(t, serve(t, sandbox.Options{}), quick())
	r.up(2)
	done := r.deliver("interactive", false)
	e := r.next()
	twin := e
	require.NoError(t, e.Ack(t.Context(), nil))
	require.ErrorIs(t, twin.Ack(t.Context(), nil), socket.ErrAlreadyAcked)
	require.True(t, (<-done).acked)
	require.EqualValues(t, 1, r.metric("acks_total", "already_acked"))
	require.Empty(t, r.slack.Findings())
}

func TestOversizedAckIsRefusedAndAnEmptyOneMayFollow(t *testing.T) {
	t.Parallel()
	r := connect(t, serve(t, sandbox.Options{}), quick())
	r.up(2)
	done := r.deliver("slash_commands", true)
	e := r.next()
	require.ErrorIs(t, e.Ack(t.Context(), strings.Repeat("x", 20480)), socket.ErrAckTooLarge)
	require.ErrorContains(t, e.Ack(t.Context(), math.NaN()), "encoding the payload")
	require.NoError(t, e.Ack(t.Context(), nil))
	require.True(t, (<-done).acked)
	require.Empty(t, r.slack.Findings())
}

func TestLargestAckGoesInOneFrame(t *testing.T) {
	t.Parallel()
	r := connect(t, serve(t, sandbox.Options{}), quick())
	r.up(2)
	done := r.deliver("slash_commands", true)
	e := r.next()
	around := len(`{"envelope_id":"","payload":""}`) + len(e.ID)
	require.ErrorIs(t, e.Ack(t.Context(), strings.Repeat("x", 20480-around)), socket.ErrAckTooLarge)
	require.NoError(t, e.Ack(t.Context(), strings.Repeat("x", 20479-around)))
	require.True(t, (<-done).acked)
	require.Empty(t, r.slack.Findings(), "neither too large nor fragmented")
}

func TestAckAfterTheConnectionIsGoneIsReportedAndNotSentElsewhere(t *testing.T) {
	t.Parallel()
	cfg := quick()
	cfg.Connections = 1
	r := connect(t, serve(t, sandbox.Options{AckLimit: 50 * time.Millisecond}), cfg)
	r.up(1)
	done := r.deliver("slash_commands", true)
	e := r.next()
	r.slack.DropConnections()
	r.counts("connects_total", "connected", 2)
	require.ErrorIs(t, e.Ack(t.Context(), nil), socket.ErrConnectionGone)
	require.False(t, (<-done).acked)
	require.EqualValues(t, 1, r.metric("acks_total", "connection_gone"))
	require.Empty(t, r.slack.Findings())
}

func TestLateAckIsWrittenAndCountedAsLate(t *testing.T) {
	t.Parallel()
	cfg := quick()
	start := time.Now()
	var offset = make(chan time.Duration, 1)
	offset <- 0
	cfg.Now = func() time.Time {
		d := <-offset
		offset <- d
		return start.Add(d)
	}
	r := connect(t, serve(t, sandbox.Options{AckLimit: 10 * time.Millisecond}), cfg)
	r.up(2)
	done := r.deliver("slash_commands", true)
	e := r.next()
	require.False(t, (<-done).acked)
	<-offset
	offset <- 4 * time.Second
	require.NoError(t, e.Ack(t.Context(), nil))
	require.EqualValues(t, 1, r.metric("acks_total", "late"))
	require.Equal(t, 1, r.logs.FilterMessageSnippet("ack was slow").Len())
	r.until(func() bool { return strings.Contains(strings.Join(r.slack.Findings(), ""), "too late") },
		"Slack sees it late")
}

func TestAckWithAnEndedContextIsNotWritten(t *testing.T) {
	t.Parallel()
	r := connect(t, serve(t, sandbox.Options{}), quick())
	r.up(2)
	done := r.deliver("slash_commands", true)
	e := r.next()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, e.Ack(ctx, nil), context.Canceled)
	require.NoError(t, e.Ack(t.Context(), nil), "another try is allowed")
	require.True(t, (<-done).acked)
}

func TestAckOfAnEnvelopeFromNowhereIsAnError(t *testing.T) {
	t.Parallel()
	require.ErrorIs(t, (&socket.Envelope{ID: "e"}).Ack(t.Context(), nil), socket.ErrConnectionGone)
}

func TestLeavingSendsACloseFrameOnEveryConnection(t *testing.T) {
	t.Parallel()
	r := connect(t, serve(t, sandbox.Options{}), quick())
	r.up(2)
	r.stop()
	require.NoError(t, r.end())
	r.until(func() bool { return len(r.slack.PastConnections()) == 2 }, "both are seen to leave")
	for _, past := range r.slack.PastConnections() {
		require.Equal(t, "close frame", past.Ended)
		require.Equal(t, 1000, past.CloseCode)
	}
	require.EqualValues(t, 2, r.metric("disconnects_total", "closed_by_us"))
	require.Zero(t, r.metric("connections", ""))
}

func TestStoppingIsBoundedWhenSlackDoesNotCloseTCP(t *testing.T) {
	t.Parallel()
	s := serve(t, sandbox.Options{})
	s.LeaveTCPOpen(true)
	cfg := quick()
	cfg.CloseWait, cfg.AckGrace = 10*time.Millisecond, 10*time.Millisecond
	r := connect(t, s, cfg)
	r.up(2)
	r.deliver("slash_commands", true) // never acked
	r.next()
	s.Mute(time.Hour)
	r.stop()
	require.NoError(t, r.end())
}

func TestDrainLetsOwedAcksOutBeforeTheCloseFrame(t *testing.T) {
	t.Parallel()
	cfg := quick()
	cfg.Connections, cfg.AckGrace = 1, patience
	r := connect(t, serve(t, sandbox.Options{AckLimit: patience}), cfg)
	r.up(1)
	first := r.deliver("slash_commands", true)
	e := r.next()
	drained := make(chan error, 1)
	go func() { drained <- r.client.Drain(t.Context()) }()
	r.until(func() bool { return r.client.Status().Draining }, "draining")
	require.False(t, r.client.Status().Ready)
	second := r.deliver("slash_commands", true) // Slack does not know yet
	late := r.next()
	require.NoError(t, e.Ack(t.Context(), nil))
	require.True(t, (<-first).acked)
	require.Len(t, r.slack.Connections(), 1, "it waits for the second ack")
	require.NoError(t, late.Ack(t.Context(), nil))
	require.True(t, (<-second).acked)
	require.NoError(t, <-drained)
	require.NoError(t, r.end())
	r.until(func() bool { return len(r.slack.PastConnections()) == 1 }, "it left")
	require.Equal(t, "close frame", r.slack.PastConnections()[0].Ended)
	require.NoError(t, r.client.Drain(t.Context()), "twice is once")
}

func TestDrainEndsWithItsContext(t *testing.T) {
	t.Parallel()
	cfg := quick()
	cfg.AckGrace = 300 * time.Millisecond
	r := connect(t, serve(t, sandbox.Options{}), cfg)
	r.up(2)
	r.deliver("slash_commands", true)
	r.next()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, r.client.Drain(ctx), context.Canceled)
}

func TestDrainBeforeRunMakesRunReturn(t *testing.T) {
	t.Parallel()
	cfg := quick()
	cfg.Open = func(ctx context.Context) (string, error) { <-ctx.Done(); return "", context.Cause(ctx) }
	cfg.Receive = func(socket.Envelope) {}
	c, err := socket.New(cfg)
	require.NoError(t, err)
	require.NoError(t, c.Drain(t.Context()))
	require.NoError(t, c.Run(t.Context()))
}
