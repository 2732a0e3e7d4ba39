package operation_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot/operation"
	"lbbot/bot/operation/intake"
	"lbbot/zenlayer"
)

// source is the cloud of a house behind operation.Shared, where every question
// takes a second.
func source(h *house) *intake.Shared {
	h.cloud.goes(func(string, int) fault { return fault{hold: time.Second} })
	return &intake.Shared{Source: h.cloud, Now: time.Now}
}

// count is how often something was asked.
func (c *cloud) count(name string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := 0
	for _, k := range c.calls {
		if k.name == name {
			n++
		}
	}
	return n
}

func balancers(ctx context.Context, s *intake.Shared) error {
	got, err := s.DescribeLoadBalancers(ctx, zenlayer.LoadBalancerFilter{})
	if err == nil && len(got) == 0 {
		return errors.New("an empty answer")
	}
	return err
}

func TestTheSameQuestionAtTheSameTimeIsAskedOnce(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		s := source(h)
		var people sync.WaitGroup
		for range 100 {
			people.Go(func() { require.NoError(t, balancers(t.Context(), s)) })
			people.Go(func() {
				pool, err := s.DescribeBackends(t.Context(), "lst-1", zenlayer.BackendFilter{})
				require.NoError(t, err)
				require.Len(t, pool, 1)
			})
			people.Go(func() {
				got, err := s.DescribeListeners(t.Context(), zenlayer.ListenerFilter{ListenerIDs: []string{"lst-1"}})
				require.NoError(t, err)
				require.Len(t, got, 1)
			})
		}
		people.Wait()
		s.Close()
		require.Equal(t, 1, h.cloud.count("DescribeLoadBalancers"))
		require.Equal(t, 1, h.cloud.count("DescribeBackends"))
		require.Equal(t, 1, h.cloud.count("DescribeListeners"))
	})
}

func TestAnAnswerServesForSecondsAndAPoolOnlyThoseWhoWaitForIt(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		s := source(h)
		look := func() {
			require.NoError(t, balancers(t.Context(), s))
			_, err := s.DescribeBackends(t.Context(), "lst-1", zenlayer.BackendFilter{})
			require.NoError(t, err)
		}
		look()
		look()
		require.Equal(t, 1, h.cloud.count("DescribeLoadBalancers"))
		require.Equal(t, 2, h.cloud.count("DescribeBackends"), "what was added a moment ago is seen")
		pass(5 * time.Second)
		look()
		require.Equal(t, 2, h.cloud.count("DescribeLoadBalancers"))
	})
}

func TestAFailureIsToldToThoseWhoWaitAndNotRemembered(t *testing.T) {
	t.Parallel()
	for name, f := range map[string]fault{"an error": {hold: time.Second, after: lost()},
		"a refusal": {hold: time.Second, before: apiError(500, "")}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scene(t, func(t *testing.T, h *house) {
				s := &intake.Shared{Source: h.cloud, Now: time.Now}
				h.cloud.goes(on("DescribeLoadBalancers", 1, f))
				first := make(chan error, 1)
				go func() { first <- balancers(t.Context(), s) }()
				synctest.Wait()
				require.Error(t, balancers(t.Context(), s))
				require.Error(t, <-first)
				require.NoError(t, balancers(t.Context(), s))
				require.Equal(t, 2, h.cloud.count("DescribeLoadBalancers"))
			})
		})
	}
}

func TestWhoLeavesFailsNobodyElse(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		s := source(h)
		leaving, leave := context.WithCancelCause(t.Context())
		gone, stays := make(chan error, 1), make(chan error, 1)
		go func() { gone <- balancers(leaving, s) }()
		synctest.Wait()
		go func() { stays <- balancers(t.Context(), s) }()
		synctest.Wait()
		leave(errKilled)
		require.ErrorIs(t, <-gone, errKilled)
		require.NoError(t, <-stays)
		require.Equal(t, 1, h.cloud.count("DescribeLoadBalancers"))
	})
}

func TestAQuestionThatNobodyWaitsForIsGivenUp(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		h.cloud.goes(on("DescribeLoadBalancers", 1, fault{hold: time.Hour}))
		s := &intake.Shared{Source: h.cloud, Now: time.Now}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		require.ErrorIs(t, balancers(ctx, s), context.DeadlineExceeded)
		start := time.Now()
		s.Close()
		require.Zero(t, time.Since(start), "it does not take its hour")
		require.NoError(t, balancers(t.Context(), s), "who comes now asks anew")
	})
}

func TestManyServersAreFoundInOneList(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		for n := range 200 {
			h.cloud.instances = append(h.cloud.instances, zenlayer.Instance{ID: fmt.Sprintf("i-m%03d", n),
				Name:     fmt.Sprintf("many-%03d", n),
				Hostname: fmt.Sprintf("host-%03d", n), PrivateIPs: []string{fmt.Sprintf("10.8.0.%d",
					n)}, Status: "RUNNING", Type: zenlayer.InstanceBM})
		}
		s := source(h)
		finds := func(f zenlayer.InstanceFilter, want string) {
			got, err := s.DescribeInstances(t.Context(), zenlayer.InstanceBM, f)
			require.NoError(t, err)
			require.Len(t, got, 1)
			require.Equal(t, want, got[0].ID)
		}
		var people sync.WaitGroup
		for n := range 200 {
			want := fmt.Sprintf("i-m%03d", n)
			filters := []zenlayer.InstanceFilter{{InstanceIDs: []string{want}}, {Name: fmt.Sprintf("many-%03d", n)},
				{Hostname: fmt.Sprintf("host-%03d", n)}, {PrivateIPs: []string{fmt.Sprintf("10.8.0.%d", n)}}}
			people.Go(func() { finds(filters[n%4], want) })
		}
		people.Wait()
		require.LessOrEqual(t, h.cloud.count("DescribeInstances"), 12,
			"a few single ones, by whoever came before it was a crowd, and the list")
		none, err := s.DescribeInstances(t.Context(), zenlayer.InstanceBM, zenlayer.InstanceFilter{Name: "nobody"})
		require.NoError(t, err)
		require.Empty(t, none)
		pass(6 * time.Second)
		asked := h.cloud.count("DescribeInstances")
		finds(zenlayer.InstanceFilter{Name: "many-007"}, "i-m007")
		require.Equal(t, asked+1, h.cloud.count("DescribeInstances"), "when it is quiet, only the one is asked for")
	})
}

func TestAListThatCannotBeReadWholeIsNotNeeded(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		asked := &listless{cloud: h.cloud}
		s := &intake.Shared{Source: asked, Now: time.Now}
		h.cloud.goes(func(string, int) fault { return fault{hold: time.Second} })
		tried := 0
		for round := range 2 {
			var people sync.WaitGroup
			for _, id := range []string{"i-1", "i-2", "i-3", "i-8"} {
				people.Go(func() {
					got, err := s.DescribeInstances(t.Context(), zenlayer.InstanceBM,
						zenlayer.InstanceFilter{InstanceIDs: []string{id}})
					require.NoError(t, err)
					require.Len(t, got, 1)
				})
			}
			people.Wait()
			pass(6 * time.Second)
			if round == 0 {
				tried = asked.whole
				require.Positive(t, tried)
			}
		}
		require.Equal(t, tried, asked.whole, "it is not tried again at once")
	})
}

// listless has too many servers for one list.
type listless struct {
	*cloud
	whole int
}

func (l *listless) DescribeInstances(ctx context.Context, kind zenlayer.InstanceType,
	f zenlayer.InstanceFilter) ([]zenlayer.Instance, error) {
	if len(f.InstanceIDs) == 0 {
		l.mu.Lock()
		l.whole++
		l.mu.Unlock()
		return nil, &zenlayer.IncompleteError{Action: "DescribeInstances", Reason: "too many"}
	}
	return l.cloud.DescribeInstances(ctx, kind, f)
}

func TestTimeThatRanOutWhileCallsWaitedIsCalledBusy(t *testing.T) {
	t.Parallel()
	for name, waiting := range map[string]int{"calls wait": 7, "no call waits": 0} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scene(t, func(t *testing.T, h *house) {
				h.cloud.goes(on("DescribeLoadBalancers", 0, fault{hold: time.Hour}))
				s := &intake.Shared{Source: h.cloud, Waiting: func() int { return waiting }, Now: time.Now}
				h.intake.Catalog, h.intake.Pools = s, s
				_, err := h.intake.Preview(t.Context(), h.ask(request()))
				away, ok := errors.AsType[*intake.UnavailableError](err)
				require.True(t, ok, err)
				require.Equal(t, waiting > 0, away.Busy)
				s.Close()
			})
		})
	}
}

func TestTheLastChecksNeverUseWhatPreviewsShare(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		s := &intake.Shared{Source: h.cloud, Now: time.Now}
		h.intake.Catalog, h.intake.Pools = s, s
		draft, err := h.intake.Preview(t.Context(), h.ask(request()))
		require.NoError(t, err)
		op, err := h.intake.Send(t.Context(), h.click(draft.ID, ana))
		require.NoError(t, err)
		h.cloud.add(ours("be-hand")) // between the preview and the last look
		require.Equal(t, operation.NothingToDo, h.carry(op.ID).State)

		again, err := h.intake.Preview(t.Context(), h.ask(request()))
		var present *intake.PresentError
		require.ErrorAs(t, err, &present, "%v", again)
	})
}

func TestAReadingThatPanicsIsAnError(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		s := &intake.Shared{Now: time.Now} // no source
		require.ErrorContains(t, balancers(t.Context(), s), "panicked")
		s.Close()
		_ = h
	})
}
