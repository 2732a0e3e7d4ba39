package bot_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"lbbot/bot"
	"lbbot/bot/sandbox"
	"lbbot/bot/sandbox/socket"
)

// TestRefreshesUnderLoadLoseNothing has Slack renew all connections again and
// again while people go on typing and pressing.
func TestRefreshesUnderLoadLoseNothing(t *testing.T) {
	refreshes := sized(2, 5, 100)
	const most = 1000 // commands
	s := openStorm(t, most, func(c *bot.Config) { c.SlackConnections = 2 })
	// The stand-in gives two seconds; with less there are more refreshes a minute.
	s.slack.SetTiming(socket.Timing{RefreshGrace: time.Second})
	require.Eventually(t, func() bool { return len(s.slack.Connections()) == 2 }, 20*time.Second, 5*time.Millisecond)
	watch := watchConnections(s.slack)

	done := make(chan struct{})
	commands := 0
	stories, ctx := errgroup.WithContext(t.Context())
	stories.Go(func() error {
		calm := &plan{commands: make([]duplicate, most), clicks: make([]duplicate, most)}
		pace := time.NewTicker(250 * time.Millisecond)
		defer pace.Stop()
		for ; commands < most; commands++ {
			select {
			case <-done:
				return nil
			case <-ctx.Done():
				return nil
			case <-pace.C:
				n := commands
				stories.Go(func() error { return s.story(ctx, n, calm) })
			}
		}
		return nil
	})
	started := time.Now()
	for n := range refreshes {
		if !s.renewed(ctx) {
			t.Errorf("refresh %d: the connections were not renewed", n+1)
			break
		}
	}
	took := time.Since(started)
	close(done)
	err := stories.Wait()
	gap := watch()
	t.Logf("%d refreshes of both connections in %s under %d commands, slowest ack %s: %d lost, %s without a live "+
		"connection",
		refreshes, took.Round(time.Millisecond), commands, s.slowest.Round(time.Millisecond), s.lost, gap)
	require.NoError(t, err)
	require.Zero(t, gap)
	require.Zero(t, s.lost)
	require.Greater(t, commands, refreshes)
	s.servers = commands
	require.NoError(t, s.stop())
	require.Equal(t, balance{}, s.balance())
	s.calm()
}

// renewed refreshes all connections and waits until two new ones are there and
// the old ones are gone.
func (s *storm) renewed(ctx context.Context) bool {
	last := 0
	for _, c := range s.slack.Connections() {
		last = max(last, c.ID)
	}
	s.slack.Refresh()
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	changes, stop := s.slack.Subscribe()
	defer stop()
	for {
		now := s.slack.Connections()
		if len(now) == 2 && !slices.ContainsFunc(now, func(c socket.Connection) bool { return c.ID <= last }) {
			return true
		}
		select {
		case <-changes:
		case <-ctx.Done():
			return false
		}
	}
}

// watchConnections measures how long Slack has no connection to send anything
// to, until the function that it returns is called.
func watchConnections(slack *sandbox.Slack) (stop func() time.Duration) {
	changes, unsubscribe := slack.Subscribe()
	ctx, cancel := context.WithCancel(context.Background())
	total := make(chan time.Duration)
	go func() {
		defer unsubscribe()
		var gap time.Duration
		var since time.Time // without one; zero while there is one
		for {
			live := len(slack.Connections()) > 0
			switch {
			case !live && since.IsZero():
				since = time.Now()
			case live && !since.IsZero():
				gap += max(time.Since(since), 1)
				since = time.Time{}
			}
			select {
			case <-changes:
			case <-ctx.Done():
				if !since.IsZero() {
					gap += max(time.Since(since), 1)
				}
				total <- gap
				return
			}
		}
	}()
	return func() time.Duration { cancel(); return <-total }
}
