package zenlayer_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/zenlayer"
)

// passes notes who passed a limiter, in order, and when.
type passes struct {
	mu    sync.Mutex
	names []string
	at    []time.Duration
	start time.Time
}

func (p *passes) note(name string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.names, p.at = append(p.names, name), append(p.at, time.Since(p.start))
}

// waits has a call wait, and returns when it does.
func (p *passes) waits(ctx context.Context, l zenlayer.Limiter, name string, rank int) <-chan error {
	done := make(chan error, 1)
	go func() {
		err := l.Wait(zenlayer.WithWaiting(ctx, zenlayer.Waiting{Rank: rank}))
		if err == nil {
			p.note(name)
		}
		done <- err
	}()
	synctest.Wait()
	return done
}

func TestLimiterAdmitsHighestRankThenFirst(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := zenlayer.NewRankedLimiter(2, time.Second)
		p := &passes{start: time.Now()}
		var done []<-chan error
		for _, w := range []struct {
			name string
			rank int
		}{{"at once", 0}, {"at once", -1}, {"low 1", -1}, {"plain 1", 0}, {"high 1", 1}, {"low 2", -1}, {"plain 2", 0},
			{"high 2", 1}, {"top", 2}} {
			done = append(done, p.waits(t.Context(), l, w.name, w.rank))
		}
		require.Equal(t, 7, l.Waiting(-1))
		require.Equal(t, 5, l.Waiting(0))
		require.Equal(t, 1, l.Waiting(2))
		for _, d := range done {
			require.NoError(t, <-d)
		}
		require.Equal(t, []string{"at once", "at once", "top", "high 1", "high 2", "plain 1", "plain 2", "low 1",
			"low 2"}, p.names)
		for n, at := range p.at[2:] {
			require.InDelta(t, float64(n+1)*0.5, at.Seconds(), 0.01, "two a second, not more and not less")
		}
		require.Zero(t, l.Waiting(-1))
	})
}

func TestCancelledWaiterDoesNotBlockOthers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := zenlayer.NewRankedLimiter(1, time.Second)
		p := &passes{start: time.Now()}
		require.NoError(t, <-p.waits(t.Context(), l, "at once", 0))
		ctx, cancel := context.WithCancel(t.Context())
		first, middle := p.waits(ctx, l, "first", 2), p.waits(ctx, l, "middle", 1)
		last := p.waits(t.Context(), l, "last", 0)
		cancel()
		require.ErrorIs(t, <-first, context.Canceled)
		require.ErrorIs(t, <-middle, context.Canceled)
		require.NoError(t, <-last)
		require.Equal(t, []string{"at once", "last"}, p.names)
		require.InDelta(t, 1, p.at[1].Seconds(), 0.01, "those who left used no place")
	})
}

func TestWaitFailsAtOnceIfItsDeadlineCannotBeMet(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := zenlayer.NewRankedLimiter(1, time.Second)
		p := &passes{start: time.Now()}
		require.NoError(t, <-p.waits(t.Context(), l, "at once", 0))
		var done []<-chan error
		for range 3 {
			done = append(done, p.waits(t.Context(), l, "patient", 0))
		}
		short, cancel := context.WithTimeout(t.Context(), 2500*time.Millisecond)
		defer cancel()
		start := time.Now()
		require.Error(t, l.Wait(short), "three before it, one a second")
		require.Zero(t, time.Since(start))
		require.NoError(t, l.Wait(zenlayer.WithWaiting(short, zenlayer.Waiting{Rank: 1})),
			"with a higher rank nobody is before it")
		for _, d := range done {
			require.NoError(t, <-d)
		}
	})
}

func TestCallNotAdmittedInTimeIsNotSent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := client(t, "http://127.0.0.1:1", func(cfg *zenlayer.Config) { cfg.Limiter = gate{make(chan struct{})} })
		ctx := zenlayer.WithWaiting(t.Context(), zenlayer.Waiting{AtMost: 5 * time.Second})
		start := time.Now()
		_, err := c.RegisterBackend(ctx, request())
		requireTransport(t, err, false, zenlayer.OutcomeRetry)
		require.True(t, zenlayer.IsLimited(err))
		require.Equal(t, 5*time.Second, time.Since(start))
		_, err = c.DescribeBackends(ctx, "lst-1", zenlayer.BackendFilter{})
		require.True(t, zenlayer.IsLimited(err))
		require.Equal(t, 10*time.Second, time.Since(start), "a reading does not wait anew for nothing")
	})
	require.False(t, zenlayer.IsLimited(&zenlayer.TransportError{Err: errors.New("connection refused")}))
	require.False(t, zenlayer.IsLimited(nil))
}

func TestManyWaitersAreAdmittedInOrder(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := zenlayer.NewRankedLimiter(5, time.Second)
		p := &passes{start: time.Now()}
		var done []<-chan error
		var want []string
		for n := range 200 {
			name := string(rune('a'+n%26)) + string(rune('0'+n/26))
			want = append(want, name)
			done = append(done, p.waits(t.Context(), l, name, 0))
		}
		for _, d := range done {
			require.NoError(t, <-d)
		}
		require.True(t, slices.Equal(want, p.names))
		require.InDelta(t, 39, p.at[199].Seconds(), 0.05, "195 of them wait, five a second")
	})
}

// TestLimiterUsesTheFullRateWithManyTimeouts has low ranks wait, leave
// and come again while higher ranks pass them for five minutes.
func TestLimiterUsesTheFullRateWithManyTimeouts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := zenlayer.NewRankedLimiter(2, time.Second)
		random := rand.New(rand.NewPCG(1, 2))
		var all sync.WaitGroup
		over := time.Now().Add(5 * time.Minute)
		for range 10 {
			pause := time.Duration(random.IntN(500)) * time.Millisecond
			all.Go(func() {
				for time.Now().Before(over) {
					require.NoError(t, l.Wait(zenlayer.WithWaiting(t.Context(), zenlayer.Waiting{Rank: 1})))
					<-time.After(pause)
				}
			})
		}
		for range 113 {
			all.Go(func() {
				for {
					ctx, cancel := context.WithTimeout(zenlayer.WithWaiting(t.Context(), zenlayer.Waiting{Rank: -1}),
						time.Minute)
					err := l.Wait(ctx)
					cancel()
					if err == nil {
						return
					}
					<-time.After(15 * time.Second)
				}
			})
		}
		all.Wait()
		require.Zero(t, l.Waiting(-1))
		require.Less(t, time.Since(over), 80*time.Second, "113 calls at two a second, and the end of a pause")
	})
}

func TestBackgroundCallsLeaveHalfOfTheCallsToOthers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := zenlayer.NewRankedLimiter(10, time.Second)
		background := zenlayer.WithWaiting(t.Context(), zenlayer.Waiting{Rank: -2, Background: true})
		start := time.Now()
		for range 15 {
			require.NoError(t, l.Wait(background))
		}
		require.InDelta(t, 1, time.Since(start).Seconds(), 0.01, "five at once, then ten a second")

		done := make(chan error, 1)
		go func() { done <- l.Wait(background) }()
		synctest.Wait()
		require.Equal(t, 1, l.Waiting(-2))
		require.Zero(t, l.Waiting(0), "nothing that a preview would wait for")
		start = time.Now()
		for range 5 {
			require.NoError(t, l.Wait(t.Context()))
		}
		require.Zero(t, time.Since(start), "other calls are admitted at once")
		require.NoError(t, <-done)
		require.InDelta(t, 0.6, time.Since(start).Seconds(), 0.01, "when six are left again")
	})
}

func TestBackgroundCallIsAdmittedAtAnyRate(t *testing.T) {
	t.Parallel()
	for name, n := range map[string]int{"no limit": 0, "one": 1, "two": 2, "three": 3} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				l := zenlayer.NewRankedLimiter(n, time.Second)
				ctx, cancel := context.WithTimeout(zenlayer.WithWaiting(t.Context(),
					zenlayer.Waiting{Background: true}), 10*time.Second)
				defer cancel()
				for range 9 {
					require.NoError(t, l.Wait(ctx))
				}
			})
		})
	}
}

func TestBackgroundCallFailsAtOnceIfItsDeadlineCannotBeMet(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := zenlayer.NewRankedLimiter(2, time.Second)
		require.NoError(t, l.Wait(t.Context()))
		ctx, cancel := context.WithTimeout(zenlayer.WithWaiting(t.Context(), zenlayer.Waiting{Background: true}),
			400*time.Millisecond)
		defer cancel()
		start := time.Now()
		require.Error(t, l.Wait(ctx), "two are left again after half a second")
		require.Zero(t, time.Since(start))
	})
}
