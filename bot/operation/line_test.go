package operation_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"lbbot/bot/operation"
	"lbbot/bot/operation/intake"
	"lbbot/bot/operation/runner"
	"lbbot/commands"
	"lbbot/zenlayer"
)

// crowd has n operations accepted, a second apart, each for a server of its own.
func (h *house) crowd(n int) []string {
	ids := make([]string, n)
	for i := range ids {
		name := fmt.Sprintf("crowd-%02d", i)
		h.cloud.instances = append(h.cloud.instances,
			zenlayer.Instance{ID: "i-" + name, Name: name, Status: "RUNNING", Type: zenlayer.InstanceBM})
		ids[i] = h.accepted(commands.Registration{Listener: named("lst-1"), Server: name, Ports: []int{8080},
			Weight: 50})
		pass(time.Second)
	}
	return ids
}

// carryAll carries operations out at the same time, the last one first.
func (h *house) carryAll(ids []string) map[string]operation.Operation {
	ends := map[string]<-chan error{}
	for _, id := range slices.Backward(ids) {
		ends[id] = h.process(id)
		pass(time.Millisecond)
	}
	ops := map[string]operation.Operation{}
	for id, end := range ends {
		require.NoError(h.t, <-end)
		ops[id] = h.journal.now(id)
	}
	return ops
}

// versions are what was shown of one operation.
func (r *reporter) versions(id string) []operation.Operation {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(r.shown), func(op operation.Operation) bool { return op.ID != id })
}

func TestWhoClickedFirstHasTheFirstTurn(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		h.runner.Line = runner.NewLine(1, true)
		ids := h.crowd(6)
		h.cloud.goes(on("RegisterBackend", 0, fault{hold: 10 * time.Second}))
		ops := h.carryAll(ids)
		var order []string
		for _, c := range h.cloud.sent() {
			order = append(order, c.token)
		}
		// The last one found the line empty; of the others, clicks decide.
		want := append([]string{ids[5]}, ids[:5]...)
		for n, id := range want {
			require.Equal(t, operation.Done, ops[id].State)
			require.Equal(t, ops[id].Request.ClientToken, order[n])
			require.Zero(t, ops[id].InLine, "it is in line no more")
		}
		for n, c := range h.cloud.sent()[1:] {
			require.GreaterOrEqual(t, c.at.Sub(h.cloud.sent()[n].at), 10*time.Second, "one turn at a time")
		}
	})
}

func TestThoseInLineReadSoWithANumberThatIsTrue(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		alone bool
		want  []int
	}{"one process": {true, []int{3, 3, 3, 3}}, "several processes, whose lines are not known": {false,
		[]int{0, 0, 0, 0}}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scene(t, func(t *testing.T, h *house) {
				h.runner.Line = runner.NewLine(1, tt.alone)
				ids := h.crowd(5)
				h.cloud.goes(on("RegisterBackend", 0, fault{hold: 10 * time.Second}))
				h.carryAll(ids)
				var others []int
				for _, id := range ids[:4] {
					said := slices.DeleteFunc(h.reporter.versions(id),
						func(op operation.Operation) bool { return op.WaitFor != operation.WaitLine })
					require.NotEmpty(t, said)
					require.Equal(t, operation.Accepted, said[0].State, "nothing is sent")
					require.Equal(t, said[0].Version, said[len(said)-1].Version,
						"one change is enough: the card names the time")
					others = append(others, said[0].Others)
				}
				require.Equal(t, tt.want, others)
				require.Empty(t, slices.DeleteFunc(h.reporter.versions(ids[4]),
					func(op operation.Operation) bool { return op.WaitFor != operation.WaitLine }), "it did not wait")
			})
		})
	}
}

func TestWhatIsStillInLineAfterFiveMinutesIsNotAddedAndCounted(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		counts := prometheus.NewRegistry()
		h.runner.Metrics = runner.NewMetrics(counts)
		h.runner.Line = runner.NewLine(1, true)
		ids := h.crowd(40)
		h.cloud.goes(on("RegisterBackend", 0, fault{hold: 12 * time.Second}))
		ops := h.carryAll(ids)
		added, late := 0, 0
		for _, op := range ops {
			require.True(t, h.isClosed(op.ID))
			there := slices.ContainsFunc(h.cloud.entries,
				func(e entry) bool { return e.InstanceID == op.Request.InstanceID })
			if op.State == operation.Done {
				require.True(t, there)
				require.Less(t, op.FirstSent().Sub(op.ClickedAt), operation.StartWithin)
				added++
				continue
			}
			require.False(t, there)
			require.Equal(t, operation.NotDone, op.State)
			require.Equal(t, operation.ReasonTooLate, op.Reason)
			require.NotZero(t, op.InLine, "the card says that it was in line")
			require.Empty(t, op.Attempts)
			require.Less(t, op.FinishedAt.Sub(op.ClickedAt), operation.StartWithin,
				"and says so as soon as it is certain")
			late++
		}
		require.Equal(t, 40, added+late, "nothing is lost")
		require.Greater(t, added, 20)
		require.Positive(t, late)
		require.InDelta(t, late, gathered(t, counts, "lbbot_operations_finished_total", "too_late"), 0)
	})
}

// gathered is the value of a counter, of the one with this label if there are
// several; -1 if there is none.
func gathered(t *testing.T, counts *prometheus.Registry, name, label string) float64 {
	t.Helper()
	families, err := counts.Gather()
	require.NoError(t, err)
	for _, f := range families {
		for _, m := range f.GetMetric() {
			found := label == ""
			for _, l := range m.GetLabel() {
				found = found || l.GetValue() == label
			}
			if f.GetName() == name && found {
				return m.GetCounter().GetValue()
			}
		}
	}
	return -1
}

func TestChecksThatEndTooLateBecauseTheTurnCameLateSaySo(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		h.runner.Line = runner.NewLine(1, true)
		ids := h.crowd(2)
		h.cloud.goes(on("RegisterBackend", 1, fault{hold: 14 * time.Second}))
		pass(4*time.Minute + 20*time.Second) // the second one has until 4:45
		first := h.process(ids[0])
		pass(time.Millisecond)
		second := h.process(ids[1])
		pass(time.Millisecond)
		h.cloud.goes(func(string, int) fault { return fault{hold: 5 * time.Second} })
		require.NoError(t, <-first)
		require.NoError(t, <-second)
		op := h.journal.now(ids[1])
		require.Equal(t, operation.ReasonTooLate, op.Reason)
		require.NotZero(t, op.InLine)
		require.Len(t, h.cloud.sent(), 1)
	})
}

func TestStopEndsTheWaitInLine(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		h.runner.Line = runner.NewLine(1, true)
		ids := h.crowd(2)
		h.cloud.goes(on("RegisterBackend", 0, fault{hold: 14 * time.Second}))
		first := h.process(ids[0])
		pass(time.Millisecond)
		second := h.process(ids[1])
		pass(3 * time.Second)
		_, err := h.intake.Stop(context.Background(), h.click(ids[1], ana))
		require.NoError(t, err)
		stopped := time.Now()
		require.NoError(t, <-second)
		require.LessOrEqual(t, time.Since(stopped), 2*time.Second)
		require.Equal(t, operation.ReasonStopped, h.journal.now(ids[1]).Reason)
		require.NoError(t, <-first)
		require.Len(t, h.cloud.sent(), 1)
		third := h.accepted(request())
		require.Equal(t, operation.Done, h.carry(third).State, "the turn came back")
	})
}

func TestAProcessThatStopsLetsGoOfTheLineAndTheNextOneGoesOn(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		h.runner.Line = runner.NewLine(1, true)
		ids := h.crowd(2)
		h.cloud.goes(on("RegisterBackend", 1, fault{hold: 14 * time.Second}))
		first := h.process(ids[0])
		pass(time.Millisecond)
		second := h.process(ids[1])
		pass(3 * time.Second)
		h.runner.Line.Close()
		h.runner.Line.Close()
		pass(time.Millisecond)
		h.stop(errKilled) // the second one's, which waits between two steps
		require.ErrorIs(t, <-second, errKilled)
		require.NoError(t, <-first)
		require.Empty(t, h.journal.now(ids[1]).Attempts)
		h.runner.Line = runner.NewLine(1, true)
		require.Equal(t, operation.Done, h.carry(ids[1]).State)
		require.Len(t, h.cloud.sent(), 2)
	})
}

func TestACallThatTheLimiterKeptBackIsTriedAgainAndNeverCalledSent(t *testing.T) {
	t.Parallel()
	for name, at := range map[string]string{"the call": "RegisterBackend", "reading the listener": "DescribeListeners",
		"reading the pool": "DescribeBackends"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scene(t, func(t *testing.T, h *house) {
				id := h.accepted(request())
				before := len(h.cloud.sent())
				h.cloud.goes(func(called string, n int) fault {
					if called == at && time.Since(h.clicked) < 2*time.Minute {
						return fault{before: limited()}
					}
					return fault{}
				})
				op := h.carry(id)
				require.Zero(t, before)
				require.Equal(t, operation.Done, op.State, "two minutes are no reason to give up")
				require.Zero(t, op.Tries, "nobody was asked, so it is no try")
				for _, shown := range h.reporter.versions(id) {
					require.NotContains(t, []operation.State{operation.Unconfirmed, operation.NeedsPerson}, shown.State)
					if len(shown.Unanswered()) == 0 && shown.State == operation.Sending {
						require.Zero(t, shown.LastSent(), "the card does not say that it was sent")
						require.Equal(t, operation.WaitLine, shown.WaitFor)
					}
				}
			})
		})
	}
}

func TestACallThatNeverGetsAPlaceEndsAsTooLate(t *testing.T) {
	t.Parallel()
	for name, at := range map[string]string{"the call": "RegisterBackend",
		"reading the listener": "DescribeListeners"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scene(t, func(t *testing.T, h *house) {
				id := h.accepted(request())
				h.cloud.goes(on(at, 0, fault{before: limited()}))
				op := h.carry(id)
				require.Equal(t, operation.NotDone, op.State)
				require.Equal(t, operation.ReasonTooLate, op.Reason, "Zenlayer was not unreachable")
				require.NotZero(t, op.InLine)
				require.Zero(t, op.LastSent())
				require.Zero(t, h.oursOn())
				require.Greater(t, op.FinishedAt.Sub(op.ClickedAt), 4*time.Minute)
				require.Less(t, op.FinishedAt.Sub(op.ClickedAt), operation.StartWithin)
			})
		})
	}
}

func TestARefusalIsNotForgottenInLine(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		id := h.accepted(request())
		h.cloud.goes(func(called string, n int) fault {
			switch {
			case called != "RegisterBackend":
				return fault{}
			case n == 1:
				return fault{before: apiError(429, "REQUEST_LIMIT_EXCEEDED")}
			}
			return fault{before: limited()}
		})
		op := h.carry(id)
		require.Equal(t, operation.ReasonRateLimited, op.Reason,
			"something was sent, so the card must not say that it did not start")
	})
}

func TestWhatWasAcceptedGoesBeforePreviewsAndStatusGoesLast(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		id := h.accepted(request())
		for _, c := range h.cloud.calls {
			require.Zero(t, c.rank, "%s of a preview", c.name)
		}
		previewed := len(h.cloud.calls)
		require.Equal(t, operation.Done, h.carry(id).State)
		added := false
		for _, c := range h.cloud.calls[previewed:] {
			switch {
			case c.name == "RegisterBackend":
				require.Equal(t, 2, c.rank)
				added = true
			case added:
				require.Equal(t, -1, c.rank, "the status")
			default:
				require.Equal(t, 1, c.rank, "%s before the call", c.name)
			}
		}
		require.True(t, added)
		require.Equal(t, zenlayer.InstanceBM, h.cloud.kinds[len(h.cloud.kinds)-1], "the status takes one call")
	})
	scene(t, func(t *testing.T, h *house) {
		h.cloud.goes(on("RegisterBackend", 1, fault{before: lost()}))
		id := h.accepted(request())
		previewed := len(h.cloud.calls)
		require.Equal(t, operation.Done, h.carry(id).State)
		sent := 0
		for _, c := range h.cloud.calls[previewed:] {
			if c.name == "RegisterBackend" {
				sent++
			}
			if sent == 1 && c.name != "RegisterBackend" {
				require.Equal(t, 1, c.rank, "settling goes before previews as well")
			}
		}
		require.Equal(t, 2, sent)
	})
}

func TestAStatusThatNobodyCouldAskForIsAskedForLater(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		added := time.Time{}
		h.cloud.goes(func(called string, _ int) fault {
			if called == "RegisterBackend" {
				added = time.Now()
			}
			if called == "DescribeBackends" && !added.IsZero() && time.Since(added) < 20*time.Minute {
				return fault{before: limited()}
			}
			return fault{}
		})
		reg := request()
		reg.NoWatch = false
		op := h.carry(h.accepted(reg))
		require.Equal(t, "Available", op.BackendStatus)
		require.Equal(t, 1, op.StatusLooks)
		require.Empty(t, h.reporter.told, "the owner is not told that it is not listed")
	})
}

func TestAPreviewThatCannotBeMadeInTimeSaysThatZenlayerIsBusy(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		fault fault
		busy  bool
	}{
		"our own limiter":  {fault{before: limited()}, true},
		"Zenlayer says so": {fault{before: apiError(429, "REQUEST_LIMIT_EXCEEDED")}, true},
		"no answer":        {fault{before: lost()}, false},
		"not reached":      {fault{before: unsent()}, false},
		"slow":             {fault{hold: time.Minute}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scene(t, func(t *testing.T, h *house) {
				counts := prometheus.NewRegistry()
				h.intake.Metrics = intake.NewMetrics(counts)
				h.cloud.goes(on("DescribeLoadBalancers", 0, tt.fault))
				_, err := h.intake.Preview(t.Context(), h.ask(request()))
				away, ok := errors.AsType[*intake.UnavailableError](err)
				require.True(t, ok, err)
				require.Equal(t, "Zenlayer", away.What)
				require.Equal(t, tt.busy, away.Busy)
				require.Equal(t, tt.busy, gathered(t, counts, "lbbot_previews_busy_total", "") == 1)
			})
		})
	}
}

func TestAPoolThatCannotBeReadInTimeLeavesTimeForThePreview(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		h.cloud.goes(on("DescribeBackends", 0, fault{hold: time.Minute}))
		op, err := h.intake.Preview(t.Context(), h.ask(request()))
		require.NoError(t, err)
		require.NotEmpty(t, op.PoolFault.Message)
		require.Nil(t, op.Shown)
	})
}
