package operation_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot/operation"
	"lbbot/bot/operation/intake"
	"lbbot/commands"
	"lbbot/zenlayer"
)

// At the call the rules of that moment count, for everybody.
func TestRulesThatChangeAfterTheApproval(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		needed int // at first
		Update func(*law)
		then   operation.State // Waiting: more people are asked
		reason operation.Reason
		left   int // agreements that still count
		code   operation.DenialCode
	}{
		"nothing changes": {1, func(*law) {}, operation.Done, "", 1, ""},
		"the approver loses the right": {1, func(l *law) { l.may[bo.UserID] = false }, operation.Waiting, "",
			0, ""},
		"the asker loses the right": {1, func(l *law) { l.no = operation.DeniedNoRule }, operation.NotDone,
			operation.ReasonDenied, 1, operation.DeniedNoRule},
		"it is forbidden": {1, func(l *law) { l.no = operation.DeniedForbidden },
			operation.NotDone, operation.ReasonDenied, 1, operation.DeniedForbidden},
		"the rules ask for one more":        {1, func(l *law) { l.approvals = 2 }, operation.Waiting, "", 1, ""},
		"the rules ask for nobody any more": {1, func(l *law) { l.approvals = 0 }, operation.Done, "", 1, ""},
		"the approver's right cannot be read": {1, func(l *law) { l.unchecked[bo.UserID] = true }, operation.NotDone,
			operation.ReasonDenied, 1, operation.DeniedUnchecked},
		"the rules ask for approval now": {0, func(l *law) { l.approvals = 1 }, operation.Waiting, "", 0, ""},
		"the rules want a reason now": {1, func(l *law) { l.reason = true }, operation.NotDone,
			operation.ReasonDenied, 1, operation.DeniedReason},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scene(t, func(t *testing.T, h *house) {
				l := court(h, tt.needed)
				var id string
				if tt.needed == 0 {
					id = h.accepted(request())
				} else {
					id = h.asked(request()).ID
					require.NoError(t, h.approves(id, bo))
				}
				l.change(tt.Update)
				done := h.process(id)
				pass(time.Second)
				op := h.journal.now(id)
				require.Equal(t, tt.then, op.State, "%s %+v", op.Reason, op.Denial)
				require.Equal(t, tt.reason, op.Reason)
				if tt.needed > 0 || tt.then == operation.Waiting {
					require.Len(t, op.Approval.Votes, tt.left)
				}
				if tt.code != "" {
					require.Equal(t, tt.code, op.Denial.Code)
				}
				if tt.code == operation.DeniedUnchecked {
					require.Equal(t, operation.ActionApprove, op.Denial.Action, "it is about the approver")
					require.Equal(t, []operation.Lost{{By: bo, Code: operation.DeniedUnchecked}}, op.Approval.Lost)
				}
				if tt.then != operation.Done {
					require.Empty(t, h.cloud.sent())
				}
				if tt.then != operation.Waiting {
					require.NoError(t, <-done)
					return
				}
				require.Equal(t, operation.AgainRules, op.Approval.Again)
				require.Len(t, op.Approval.Past, tt.needed-tt.left)
				require.Len(t, op.Approval.Lost, tt.needed-tt.left)
				require.NoError(t, h.approves(id, chen))
				require.NoError(t, <-done)
				require.Equal(t, operation.Done, h.journal.now(id).State)
				require.Len(t, h.cloud.sent(), 1)
			})
		})
	}
}

// What people agreed to is what they saw.
func TestAPictureThatChangedIsShownAgain(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		Update func(*cloud)
		moved  operation.Difference // zero: it does not matter
	}{
		"another server came": {func(c *cloud) {
			c.add(zenlayer.Backend{ListenerID: "lst-1", BackendID: "be-2", Name: "web-98", Port: "8080", Weight: 20,
				InstanceID: "i-98"})
		}, operation.Difference{}},
		"the same server on other ports": {func(c *cloud) {
			c.add(zenlayer.Backend{ListenerID: "lst-1", BackendID: "be-2", Name: "x", Port: "9", Weight: 20,
				InstanceID: "i-1"})
		}, operation.Difference{Code: operation.DiffServer, To: "be-2"}},
		"the name is taken": {func(c *cloud) {
			c.add(zenlayer.Backend{ListenerID: "lst-1", BackendID: "be-2", Name: "web-01", Port: "9", Weight: 20,
				InstanceID: "i-98"})
		}, operation.Difference{Code: operation.DiffName, From: "web-01", To: "be-2"}},
		"health checks were switched off": {func(c *cloud) { c.balancers[0].Listeners[0].HealthCheck = new(false) },
			operation.Difference{Code: operation.DiffSettings,
				From: "TCP 443, wrr, FNAT, health check true", To: "TCP 443, wrr, FNAT, health check false"}},
		"most servers are gone": {func(c *cloud) { c.entries = c.entries[:1]; c.entries[0].Weight = 1 },
			operation.Difference{Code: operation.DiffShare, Before: 31, After: 98}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scene(t, func(t *testing.T, h *house) {
				court(h, 1)
				h.cloud.add(zenlayer.Backend{ListenerID: "lst-1", BackendID: "be-80", Name: "web-80", Port: "8080",
					Weight: 90, InstanceID: "i-80"})
				op := h.asked(request())
				old := h.says(op.ID, chen)
				require.NoError(t, h.approves(op.ID, bo))
				tt.Update(h.cloud)
				done := h.process(op.ID)
				pass(time.Second)
				op = h.journal.now(op.ID)
				if tt.moved == (operation.Difference{}) {
					require.Equal(t, operation.Done, op.State)
					require.NoError(t, <-done)
					return
				}
				require.Equal(t, operation.Waiting, op.State)
				require.Equal(t, operation.AgainPicture, op.Approval.Again)
				require.Equal(t, []operation.Difference{tt.moved}, op.Approval.Moved)
				require.Empty(t, op.Approval.Changes)
				require.Empty(t, op.Approval.Votes)
				require.Len(t, op.Approval.Past, 1)
				require.Empty(t, h.cloud.sent())

				_, err := h.intake.Approve(t.Context(), old)
				stale := &operation.StaleError{}
				require.ErrorAs(t, err, &stale, "a click on the card with the old picture does not count")
				require.NoError(t, h.approves(op.ID, bo))
				require.NoError(t, <-done)
				require.Len(t, h.cloud.sent(), 1, "with the new picture agreed to, it is asked for")
			})
		})
	}
}

func TestTwoApproversAtTheSameInstant(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		court(h, 1)
		op := h.asked(request())
		done := h.process(op.ID)
		pass(time.Second)
		clicks := []intake.Click{h.says(op.ID, bo), h.says(op.ID, chen), h.says(op.ID, dee)}
		errs := make(chan error, len(clicks))
		for _, c := range clicks {
			go func() { _, err := h.intake.Approve(context.Background(), c); errs <- err }()
		}
		counted := 0
		for range clicks {
			late := &intake.DecidedError{}
			if err := <-errs; err == nil {
				counted++
			} else {
				require.ErrorAs(t, err, &late)
			}
		}
		require.NoError(t, <-done)
		require.Equal(t, 1, counted, "the first one counts")
		require.Len(t, h.journal.now(op.ID).Approval.Votes, 1)
		require.Len(t, h.cloud.sent(), 1)
	})
}

func TestANeedForApprovalThatChangedSinceThePreviewIsShownFirst(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ before, now int }{"needed by now": {0, 1}, "not needed any more": {1, 0}}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scene(t, func(t *testing.T, h *house) {
				l := court(h, tt.before)
				draft, err := h.intake.Preview(t.Context(), h.ask(request()))
				require.NoError(t, err)
				l.change(func(l *law) { l.approvals = tt.now })
				_, err = h.intake.Send(t.Context(), h.click(draft.ID, ana))
				changed := &intake.ChangedError{}
				require.ErrorAs(t, err, &changed)
				require.Equal(t, tt.now > 0, changed.Operation.Approval != nil)
				require.Equal(t, operation.Draft, h.journal.now(draft.ID).State)
				op, err := h.intake.Send(t.Context(), h.click(draft.ID, ana))
				require.NoError(t, err, "now they have seen it")
				require.Equal(t, tt.now > 0, op.State == operation.Waiting)
			})
		})
	}
}

func TestAReasonThatTheRulesWantIsAskedFor(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		court(h, 0).reason = true
		_, err := h.intake.Preview(t.Context(), h.ask(request()))
		problem := &commands.InputError{}
		require.ErrorAs(t, err, &problem)
		require.Equal(t, commands.KeyReason, problem.Problems[0].Field)
		reg := request()
		reg.Reason = "inc-1 add capacity"
		_, err = h.intake.Preview(t.Context(), h.ask(reg))
		require.NoError(t, err)
	})
}
