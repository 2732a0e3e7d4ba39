package slackapp

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestTasksOfOneLaneKeepTheirOrder(t *testing.T) {
	t.Parallel()
	l := newLanes(1000, nil)
	var mu sync.Mutex
	var got []int
	for i := range 500 {
		require.True(t, l.run("a", func() { mu.Lock(); got = append(got, i); mu.Unlock() }))
	}
	l.wait()
	for i := range 500 {
		require.Equal(t, i, got[i])
	}
	require.Empty(t, l.waiting)
}

func TestLanesRunSideBySide(t *testing.T) {
	t.Parallel()
	l := newLanes(10, nil)
	meet := make(chan struct{}) // both have to be running for either to end
	for _, lane := range []string{"a", "b"} {
		l.run(lane, func() {
			select {
			case meet <- struct{}{}:
			case <-meet:
			}
		})
	}
	l.run("", func() {})
	l.wait()
}

func TestLanesAreBounded(t *testing.T) {
	t.Parallel()
	l := newLanes(2, nil)
	release := make(chan struct{})
	require.True(t, l.run("a", func() { <-release }))
	require.True(t, l.run("a", func() {}), "waiting counts")
	require.False(t, l.run("b", func() {}))
	close(release)
	l.wait()
	require.True(t, l.run("b", func() {}))
	l.wait()
}

func TestAPanicInALaneEndsNothingElse(t *testing.T) {
	t.Parallel()
	caught := make(chan any, 2)
	l := newLanes(10, func(cause any) { caught <- cause })
	ran := make(chan struct{})
	l.run("a", func() { panic("planted") })
	l.run("a", func() { close(ran) })
	l.run("", func() { panic("planted") })
	<-ran
	l.wait()
	require.Len(t, caught, 2)
	require.Zero(t, l.count)
}

func TestAcceptedRequestsYieldWhileManyEnvelopesAreNotAcked(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		unacked, acked int // acked are acked after 100 ms
		want           time.Duration
	}{
		"few":                     {backlogMost, 0, 0},
		"many, then few":          {backlogMost + 5, 5, 100 * time.Millisecond},
		"many, and still as many": {backlogMost + 5, 4, backlogWaits},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var c backlog
				for range tt.unacked {
					c.enter()
				}
				time.AfterFunc(100*time.Millisecond, func() {
					for range tt.acked {
						c.leave()
					}
				})
				started := time.Now()
				c.wait(t.Context())
				require.Equal(t, tt.want, time.Since(started))
				synctest.Wait()
			})
		})
	}
}
