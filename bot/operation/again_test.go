package operation_test

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot/operation"
	"lbbot/zenlayer"
)

// Approval becomes needed at a click at which the listener cannot be read: those who approve see the picture of the
// first preview, and agree to that.
func TestPictureOfThePreviewIsApprovedIfTheListenerCannotBeReadAgain(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		unread string
		move   func(*cloud)
		sent   int
		moved  []operation.Difference
	}{
		"nothing changes": {"DescribeListeners", func(*cloud) {}, 1, nil},
		"the pool could not be read, and nothing changes": {"DescribeBackends", func(*cloud) {}, 1, nil},
		"most weight goes": {"DescribeListeners", func(c *cloud) { c.entries = c.entries[:1] }, 0,
			[]operation.Difference{{Code: operation.DiffShare, Before: 31, After: 71}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scene(t, func(t *testing.T, h *house) {
				h.cloud.add(another("be-2", "web-98", 90))
				h.cloud.add(zenlayer.Backend{ListenerID: "lst-1", BackendID: "be-9", Name: "x", Port: "9", Weight: 1,
					InstanceID: "i-1"}) // the same server, which the preview says
				draft, err := h.intake.Preview(t.Context(), h.ask(request()))
				require.NoError(t, err)
				court(h, 1)
				h.cloud.goes(on(tt.unread, 0, fault{before: apiError(500, "X")}))
				_, err = h.intake.Send(t.Context(), h.pressed(draft))
				again := h.seesAgain(err)
				require.Equal(t, draft.Shown, &again.Approval.Picture)
				h.cloud.goes(nil)
				_, err = h.intake.Send(t.Context(), h.pressed(again))
				require.NoError(t, err)
				require.NoError(t, h.approves(draft.ID, bo))
				tt.move(h.cloud)
				done := h.process(draft.ID)
				pass(time.Second)
				require.Len(t, h.cloud.sent(), tt.sent)
				require.Equal(t, tt.moved, h.journal.now(draft.ID).Approval.Moved)
				if tt.sent == 0 {
					require.NoError(t, h.approves(draft.ID, bo))
				}
				require.NoError(t, <-done)
				require.Len(t, h.cloud.sent(), 1)
			})
		})
	}
}

// Two replicas get the same click. One is done while the other reads the listener, which shows what the first one did.
func TestSecondReplicaSaysOfTheSameClickWhatTheFirstOneStored(t *testing.T) {
	t.Parallel()
	for name, then := range map[string]func(*house){
		"the server is there": func(*house) {},
		"the rules deny it": func(h *house) {
			h.cloud.balancers[0].Listeners[0].HealthCheck = new(false)
			h.gate.rules(func(q operation.Question) operation.Decision {
				if *q.Listener.HealthCheck {
					return yes
				}
				return operation.Decision{Code: operation.DeniedNoRule}
			})
		},
		"its ports are not those of the listener": func(h *house) {
			h.cloud.balancers[0].Listeners[0].Kind = operation.DirectRouting
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scene(t, func(t *testing.T, h *house) {
				draft, err := h.intake.Preview(t.Context(), h.ask(request()))
				require.NoError(t, err)
				var once atomic.Bool
				h.cloud.onCall = func(string) {
					if once.Swap(true) {
						return
					}
					_, err := h.intake.Send(t.Context(), h.pressed(draft))
					require.NoError(t, err)
					h.carry(draft.ID)
					then(h)
				}
				_, err = h.intake.Send(t.Context(), h.pressed(draft))
				stale := &operation.StaleError{}
				require.ErrorAs(t, err, &stale)
				require.Equal(t, operation.Added, stale.Operation.State)
				require.NotContains(t, h.journal.kinds(draft.ID), operation.EventDenied)
			})
		})
	}
}

// Who skips approval has read what they take responsibility for.
func TestBreakGlassIsForThePreviewThatWasRead(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		sent bool // the button of the preview was pressed before, which made a fresh one
	}{"something changed since": {false}, "a fresh preview was made": {true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scene(t, func(t *testing.T, h *house) {
				court(h, 1).glass = true
				draft, err := h.intake.Preview(t.Context(), h.ask(request()))
				require.NoError(t, err)
				h.cloud.add(another("be-2", "web-01", 20))
				if tt.sent {
					_, err = h.intake.Send(t.Context(), h.pressed(draft))
					h.seesAgain(err)
				}
				_, err = h.intake.Break(t.Context(), h.pressed(draft), breaking())
				again := h.seesAgain(err)
				require.Equal(t, []operation.Difference{{Code: operation.DiffName, From: "web-01", To: "be-2"}},
					again.Moved)
				require.Equal(t, draft.Version+1, again.Version)
				require.True(t, again.MayBreak)
				op, err := h.intake.Break(t.Context(), h.pressed(again), breaking())
				require.NoError(t, err)
				require.Equal(t, operation.Accepted, op.State)
			})
		})
	}
}
