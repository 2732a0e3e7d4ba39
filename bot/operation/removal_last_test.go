package operation_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot/operation"
	"lbbot/zenlayer"
)

// alone takes every other server of the listener down.
func alone(h *house) {
	for _, id := range []string{"be-1", "be-2"} {
		h.cloud.change(id, func(b *zenlayer.Backend) { b.Status = "Unavailable" })
	}
}

func TestARemovalThatHasBecomeTheLastWaitsForASecondPerson(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		decide func(t *testing.T, h *house, id string)
		state  operation.State
		reason operation.Reason
		calls  int
	}{
		"who approves": {func(t *testing.T, h *house, id string) { require.NoError(t, h.approves(id, bo)) },
			operation.Done, "", 1},
		"who says no": {func(t *testing.T, h *house, id string) {
			_, err := h.intake.Deny(t.Context(), h.says(id, bo), "it is the last one")
			require.NoError(t, err)
		}, operation.NotDone, operation.ReasonNotApproved, 0},
		"who does not answer": {func(*testing.T, *house, string) {},
			operation.NotDone, operation.ReasonUnanswered, 0},
		"who is not the requester": {func(t *testing.T, h *house, id string) { require.Error(t, h.approves(id, ana)) },
			operation.NotDone, operation.ReasonUnanswered, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scene(t, func(t *testing.T, h *house) {
				court(h, 0)
				id := h.leaving()
				alone(h)
				done := h.process(id)
				pass(time.Minute)
				op := h.journal.now(id)
				require.Equal(t, operation.Waiting, op.State)
				require.Equal(t, 1, op.Approval.Needed)
				require.Equal(t, []operation.Difference{{Code: operation.DiffLast}}, op.Approval.Moved)
				require.Contains(t, op.Warnings(), operation.Warning{Code: operation.WarnLast})
				require.Zero(t, h.calls())
				tt.decide(t, h, id)
				require.NoError(t, <-done)
				op = h.journal.now(id)
				require.Equal(t, tt.state, op.State)
				require.Equal(t, tt.reason, op.Reason)
				require.Equal(t, tt.calls, h.calls())
			})
		})
	}
}

func TestTheLastServerIsNotRemovedIfNobodyElseCouldApprove(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		id := h.leaving()
		alone(h)
		op := h.carry(id)
		require.Equal(t, operation.NotDone, op.State)
		require.Equal(t, operation.DeniedNobody, op.Denial.Code)
		require.Zero(t, h.calls())
	})
}

func TestAnApprovalThatWasGivenBeforeItWasTheLastIsAskedForAgain(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		court(h, 1)
		id := h.leaving()
		done := h.process(id)
		pass(time.Minute)
		require.Equal(t, operation.Waiting, h.journal.now(id).State, "the policy asks for it")
		require.Empty(t, h.journal.now(id).Approval.Moved)
		alone(h)
		require.NoError(t, h.approves(id, bo))
		pass(time.Minute)
		op := h.journal.now(id)
		require.Equal(t, operation.Waiting, op.State)
		require.Equal(t, operation.AgainPicture, op.Approval.Again)
		require.Equal(t, []operation.Difference{{Code: operation.DiffLast}}, op.Approval.Moved)
		require.NoError(t, h.approves(id, bo))
		require.NoError(t, <-done)
		require.Equal(t, operation.Done, h.journal.now(id).State)
		require.Equal(t, 1, h.calls())
	})
}

func TestBreakGlassIsNoSecondPerson(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		court(h, 0).change(func(l *law) { l.glass = true })
		id := h.leaving()
		h.journal.alter(id, func(op *operation.Operation) { op.Glass = &operation.BreakGlass{Why: "fire"} })
		alone(h)
		h.process(id)
		pass(time.Minute)
		require.Equal(t, operation.Waiting, h.journal.now(id).State)
		require.Zero(t, h.calls())
		h.stop(errKilled)
	})
}

func TestTheLastServerIsNotRemovedByARepeat(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		court(h, 0)
		id := h.leaving()
		h.cloud.goes(on("DeregisterBackend", 1, fault{before: lost()}))
		h.cloud.onCall = func(name string) {
			if name == "DeregisterBackend" {
				alone(h)
			}
		}
		op := h.carry(id)
		require.Equal(t, operation.ReasonProven, op.Reason)
		require.Equal(t, 1, h.calls(), "nobody is asked about a repeat, so it is not made")
	})
}

// meanwhile runs a second removal at one point of the first one's life, until it waits
// for a person or has ended. early: it was accepted before.
func meanwhile(t *testing.T, lag time.Duration, early bool, point int) (points int) {
	t.Helper()
	scene(t, func(t *testing.T, h *house) {
		court(h, 0)
		h.cloud.lag = lag
		h.cloud.change("be-1", nil)
		pass(lag + time.Second)
		first := h.leaving()
		second := ""
		if early {
			second = h.removal(other("be-2", "Available"))
		}
		h.at.arm(nil)
		begun := false
		h.at.aside = func(n int, _ string) {
			if begun || n != point {
				return
			}
			begun = true
			if !early {
				second = h.removal(other("be-2", "Available"))
			}
			h.process(second)
			for s := operation.Accepted; !s.Final() && s != operation.Waiting; s = h.journal.now(second).State {
				<-time.After(10 * time.Millisecond)
			}
		}
		done := h.process(first)
		pass(20 * time.Minute)
		require.True(t, h.cloud.there("be-7") || h.cloud.there("be-2"), "nobody else agreed")
		h.cloud.mu.Lock()
		taken := len(h.cloud.taken)
		h.cloud.mu.Unlock()
		require.LessOrEqual(t, taken, 1)
		h.at.mu.Lock()
		points = len(h.at.seen)
		h.at.mu.Unlock()
		require.NoError(t, <-done)
		pass(time.Hour)
	})
	return points
}

// TestTwoRemovalsAtOnceDoNotEmptyAListener runs the second one, in another process, at
// each point of the first one's life.
func TestTwoRemovalsAtOnceDoNotEmptyAListener(t *testing.T) {
	t.Parallel()
	for _, lag := range []time.Duration{0, 40 * time.Second} {
		for _, early := range []bool{true, false} {
			t.Run(fmt.Sprintf("lag %s, accepted before %t", lag, early), func(t *testing.T) {
				t.Parallel()
				points := meanwhile(t, lag, early, 0)
				require.Greater(t, points, 20)
				for n := 1; n <= points; n++ {
					meanwhile(t, lag, early, n)
				}
			})
		}
	}
}

func TestAnApprovalFromBeforeItWasTheLastPermitsNoFurtherCall(t *testing.T) {
	t.Parallel()
	for name, first := range map[string]fault{
		"a repeat":                          {before: lost()},
		"the next try after a doubtful one": {before: apiError(503, zenlayer.CodeTemporarilyUnavailable)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scene(t, func(t *testing.T, h *house) {
				court(h, 1)
				id := h.leaving()
				h.cloud.goes(on("DeregisterBackend", 1, first))
				h.cloud.onCall = func(name string) {
					if name == "DeregisterBackend" {
						alone(h)
					}
				}
				done := h.process(id)
				pass(time.Minute)
				require.NoError(t, h.approves(id, bo))
				require.NoError(t, <-done)
				op := h.journal.now(id)
				require.Equal(t, operation.NotDone, op.State)
				require.Equal(t, operation.ReasonProven, op.Reason)
				require.Equal(t, 1, h.calls())
				require.True(t, h.cloud.there("be-7"))
			})
		})
	}
}

func TestARepeatCountsWhatOtherRemovalsTakeOff(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		court(h, 0)
		id := h.leaving()
		h.cloud.goes(on("DeregisterBackend", 1, fault{before: lost()}))
		h.cloud.onCall = func(name string) {
			if name == "DeregisterBackend" && h.calls() == 1 {
				h.cloud.change("be-1", func(b *zenlayer.Backend) { b.Status = "Unavailable" })
				h.removal(other("be-2", "Available")) // accepted, and not carried out yet
			}
		}
		done := h.process(id)
		pass(20 * time.Minute)
		require.NoError(t, <-done)
		require.Equal(t, operation.ReasonProven, h.journal.now(id).Reason)
		require.True(t, h.cloud.there("be-7"))
	})
}
