package operation_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot/operation"
)

// settled checks what holds at the end of every operation, whatever happened
// to it.
func settled(t require.TestingT, h *house, id string) {
	op := h.journal.now(id)
	require.True(t, op.State.Final(), "%s", op.State)
	require.True(t, h.isClosed(id), "the card shows the final state")
	if op.Change == operation.ChangeRemove {
		removed(t, h, op)
		return
	}
	require.LessOrEqual(t, h.oursOn(), 1, "one backend")
	for _, c := range h.cloud.sent() {
		require.Equal(t, op.Request.ClientToken, c.token, "one client token")
	}
	if h.oursOn() == 1 {
		require.Equal(t, operation.Done, op.State, "ours is there: %s %v", op.Reason, op.Fault)
		require.Equal(t, "be-101", op.BackendID)
	}
	punctual(t, h, op)
}

// punctual checks that nothing was sent late: by the calls that were made, not
// by what was written down about them.
func punctual(t require.TestingT, h *house, op operation.Operation) {
	sent := h.cloud.sent()
	clicked := h.clicked
	if op.Approval != nil { // the last approval, perhaps by a clock that was set back
		clicked = op.ClickedAt.Add(-time.Duration(h.skew.Load()))
	}
	if len(sent) > 0 {
		require.Less(t, sent[0].at.Sub(clicked), operation.StartWithin, "the first call is in time")
	}
	looked := false
	for _, c := range h.cloud.calls[h.before:] {
		switch c.name {
		case "DescribeBackends":
			looked = true
		case "RegisterBackend", "DeregisterBackend":
			require.True(t, looked, "each call looks first")
			looked = false
		}
	}
	open := op.Unanswered()
	if len(open) == 0 {
		for _, c := range sent {
			require.Less(t, c.at.Sub(clicked), operation.StartWithin, "tries that changed nothing are in time as well")
		}
		return
	}
	require.LessOrEqual(t, len(op.Attempts)-open[0].Number, operation.MaxRepeats)
	if len(sent) > 0 && len(op.Attempts) > open[0].Number {
		last := sent[len(sent)-1].at
		require.Less(t, last.Sub(clicked), operation.StartWithin+operation.RepeatWithin, "no late repeat")
	}
}

// storm is a call that goes wrong in a certain way.
type storm struct {
	fault   func(string, int) fault
	lag     time.Duration
	end     operation.State // when nobody is killed
	removal bool
}

func storms() map[string]storm {
	return map[string]storm{
		"calm":              {end: operation.Done},
		"shown late":        {lag: 30 * time.Second, end: operation.Done},
		"an answer is lost": {fault: on("RegisterBackend", 1, fault{after: lost()}), end: operation.Done},
		"lost and shown late": {lag: 30 * time.Second, fault: on("RegisterBackend", 1, fault{after: lost()}),
			end: operation.Done},
		"a request is lost": {fault: on("RegisterBackend", 1, fault{before: lost()}), end: operation.Done},
		"asked to wait": {fault: on("RegisterBackend", 1, fault{before: apiError(429, "")}),
			end: operation.Done},
		"refused": {fault: on("RegisterBackend", 0,
			fault{before: apiError(400, "INVALID_PARAMETER_VALUE")}), end: operation.NotDone},
		"a conflict": {fault: on("RegisterBackend", 0,
			fault{before: apiError(409, "INVALID_BACKEND_INSTANCE_LISTENER_EXIST")}), end: operation.NotDone},
		"lost for good": {fault: on("RegisterBackend", 0, fault{before: lost()}), end: operation.NotDone},
		"lost for good, but not": {lag: 9 * time.Minute, fault: on("RegisterBackend", 0, fault{after: lost()}),
			end: operation.Done},
	}
}

// playStorm carries one operation through a storm and kills its process at one
// point; 0 kills nobody. It returns the points that were passed.
func playStorm(t *testing.T, s storm, kill int, down time.Duration) (names []string) {
	t.Helper()
	scene(t, func(t *testing.T, h *house) {
		h.cloud.fault, h.cloud.lag = s.fault, s.lag
		id := ""
		if s.removal {
			id = h.leaving()
		} else {
			id = h.accepted(request())
		}
		h.at.arm(func(n int, _ string) bool { return n == kill })
		err := <-h.process(id)
		if kill == 0 {
			require.NoError(t, err)
			require.Equal(t, s.end, h.journal.now(id).State)
		} else {
			require.ErrorIs(t, err, errKilled)
			pass(down)
			h.carry(id)
		}
		names = h.at.seen
		settled(t, h, id)
		if op := h.journal.now(id); !s.removal && h.oursOn() == 0 {
			require.Equal(t, operation.NotDone, op.State)
		}
	})
	return names
}

func TestKilledAnywhereThereIsOneBackendOneTokenAndAClosedCard(t *testing.T) {
	t.Parallel()
	killedAnywhere(t, storms())
}

// killedAnywhere plays each storm without a kill, and with one at each point.
func killedAnywhere(t *testing.T, storms map[string]storm) {
	t.Helper()
	for name, s := range storms {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			names := playStorm(t, s, 0, 0)
			require.Greater(t, len(names), 20)
			for kill := 1; kill <= len(names); kill++ {
				for _, down := range []time.Duration{0, 6 * time.Hour} {
					t.Run(fmt.Sprintf("%d %s, down %s", kill, names[kill-1], down),
						func(t *testing.T) { playStorm(t, s, kill, down) })
				}
			}
		})
	}
}

func TestKilledBeforeSendingItStillGoesOutWhenThereIsTime(t *testing.T) {
	t.Parallel()
	for _, point := range []string{"before a wait", "after a wait", "before DescribeListeners",
		"after DescribeBackends", "before Save"} {
		t.Run(point, func(t *testing.T) {
			t.Parallel()
			scene(t, func(t *testing.T, h *house) {
				id := h.accepted(request())
				h.at.arm(func(_ int, name string) bool { return name == point })
				require.ErrorIs(t, <-h.process(id), errKilled)
				h.at.arm(nil)
				require.Equal(t, operation.Done, h.carry(id).State)
				require.Len(t, h.cloud.sent(), 1)
			})
		})
	}
}
