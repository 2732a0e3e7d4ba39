package operation_test

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot/operation"
	"lbbot/bot/operation/history"
	"lbbot/bot/operation/intake"
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
				require.Equal(t, operation.Done, stale.Operation.State)
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

// Zenlayer lists a listener in two ways, which differ in what they leave out and in how they write it.
func TestSettingsAreComparedByWhatTheyMean(t *testing.T) {
	t.Parallel()
	const usual = "TCP 443, wrr, FNAT, health check true"
	for name, tt := range map[string]struct {
		before, now string
		same        bool
	}{
		"alike":            {usual, usual, true},
		"another port":     {usual, "TCP 80, wrr, FNAT, health check true", false},
		"another protocol": {usual, "UDP 443, wrr, FNAT, health check true", false},
		"ports in another order": {"TCP 80,443, wrr, FNAT, health check true",
			"tcp 443, 80, wrr, FNAT, health check true", true},
		"one port more": {"TCP 80, wrr, FNAT, health check true",
			"TCP 80,443, wrr, FNAT, health check true", false},
		"stored in another case": {"TCP 443, RR, FNAT, health check true",
			"TCP 443, rr, FNAT, health check true", true},
		"other scheduling": {"TCP 443, WRR, FNAT, health check true",
			"TCP 443, rr, FNAT, health check true", false},
		"the other word for FNAT": {"TCP 443, wrr, NAT, health check true", usual, true},
		"other routing": {"TCP 443, wrr, NAT, health check true",
			"TCP 443, wrr, DR, health check true", false},
		"everything is left out":  {usual, " , , , health check unknown", true},
		"everything was left out": {" , , , health check unknown", usual, true},
		"checks that nobody read of": {"TCP 443, wrr, FNAT, health check unknown",
			"TCP 443, wrr, FNAT, health check false", false},
		"checks are not told": {"TCP 443, wrr, FNAT, health check false",
			"TCP 443, wrr, FNAT, health check unknown", true},
	} {
		require.Equal(t, tt.same, operation.SameSettings(tt.before, tt.now), name)
	}
}

// A fresh preview is made for what the first one did not say.
func TestPreviewIsShownAgainForWhatWasNotKnown(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		before, now func(*cloud)
		want        []operation.Difference // empty: it does not matter
	}{
		"health checks, which are off": {
			func(c *cloud) { c.balancers[0].Listeners[0].HealthCheck = nil },
			func(c *cloud) { c.balancers[0].Listeners[0].HealthCheck = new(false) },
			[]operation.Difference{{Code: operation.DiffSettings, From: "TCP 443, wrr, FNAT, health check unknown",
				To: "TCP 443, wrr, FNAT, health check false"}}},
		"health checks, which are on": {
			func(c *cloud) { c.balancers[0].Listeners[0].HealthCheck = nil },
			func(c *cloud) { c.balancers[0].Listeners[0].HealthCheck = new(true) }, nil},
		"the share, which is all": {
			func(c *cloud) { c.entries[0].Weight = 0 }, func(c *cloud) { c.entries = nil },
			[]operation.Difference{{Code: operation.DiffShare, Before: operation.ShareNotKnown, After: 100}}},
		"the share, which is small": {
			func(c *cloud) { c.entries[0].Weight = 0 }, func(c *cloud) { c.entries[0].Weight = 100 }, nil},
		"nothing, and the other list writes it otherwise": {
			func(c *cloud) { c.balancers[0].Listeners[0].Port = "80,443" },
			func(c *cloud) {
				l := &c.balancers[0].Listeners[0]
				l.Port, l.Scheduler, l.Kind = "443, 80", "", "NAT"
			}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scene(t, func(t *testing.T, h *house) {
				tt.before(h.cloud)
				draft, err := h.intake.Preview(t.Context(), h.ask(request()))
				require.NoError(t, err)
				tt.now(h.cloud)
				_, err = h.intake.Send(t.Context(), h.pressed(draft))
				if len(tt.want) == 0 {
					require.NoError(t, err)
					return
				}
				again := h.seesAgain(err)
				require.Equal(t, tt.want, again.Moved)
				_, err = h.intake.Send(t.Context(), h.pressed(again))
				require.NoError(t, err)
			})
		})
	}
}

// A card is seen by everybody in its channel, the servers of a listener by those who have a right there.
func TestPoolIsShownToThoseWithARightOnTheListener(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		decide func(operation.Question) operation.Decision
		want   error // nil: it is shown
	}{
		"may add": {permits(operation.ActionRegister, yes), nil},
		"may add, with approval": {permits(operation.ActionRegister,
			operation.Decision{Code: operation.DeniedApproval}), nil},
		"may approve":            {permits(operation.ActionApprove, yes), nil},
		"may see the history":    {permits(operation.ActionViewHistory, yes), nil},
		"may skip approval only": {permits(operation.ActionBreakGlass, yes), history.ErrPoolHidden},
		"it cannot be checked": {permits(operation.ActionApprove, operation.Decision{Code: operation.DeniedUnchecked,
			What: operation.FactGroups}), &intake.UnavailableError{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scene(t, func(t *testing.T, h *house) {
				id := h.accepted(request())
				h.gate.rules(func(q operation.Question) operation.Decision {
					require.Equal(t, approvers, q.Place)
					require.Equal(t, dee.UserID, q.Actor.UserID)
					return tt.decide(q)
				})
				before := len(h.cloud.calls)
				op, _, err := h.history.Pool(t.Context(), id, dee, approvers)
				if tt.want == nil {
					require.NoError(t, err)
					return
				}
				require.IsType(t, tt.want, err)
				require.Equal(t, id, op.ID)
				require.Len(t, h.cloud.calls, before, "nothing is read")
				_, _, err = h.history.Pool(t.Context(), id, ana, approvers)
				require.NoError(t, err, "who asked sees it")
			})
		})
	}
}

// permits are rules that say d about one action, and nothing about the others.
func permits(action operation.Action, d operation.Decision) func(operation.Question) operation.Decision {
	return func(q operation.Question) operation.Decision {
		if q.Action == action {
			return d
		}
		return operation.Decision{Code: operation.DeniedNoRule}
	}
}
