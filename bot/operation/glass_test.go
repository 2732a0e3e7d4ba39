package operation_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot/operation"
	"lbbot/bot/operation/intake"
	"lbbot/commands"
)

func breaking() intake.Justification {
	return intake.Justification{Why: "customers cannot pay, nobody answered", Incident: "inc-2041", Responsible: true}
}

// broken previews a request and skips the approval that it needs.
func (h *house) broken(reg commands.Registration) (operation.Operation, error) {
	draft, err := h.intake.Preview(context.Background(), h.ask(reg))
	require.NoError(h.t, err)
	return h.intake.Break(context.Background(), h.click(draft.ID, ana), breaking())
}

func TestBreakGlassGoesWithoutApprovalAndTellsThoseItSkipped(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		court(h, 2).glass = true
		draft, err := h.intake.Preview(t.Context(), h.ask(request()))
		require.NoError(t, err)
		require.True(t, draft.MayBreak)
		op, err := h.intake.Break(t.Context(), h.click(draft.ID, ana), breaking())
		require.NoError(t, err)
		op = h.carry(op.ID)
		require.Equal(t, operation.Done, op.State)
		require.Equal(t, "inc-2041", op.Glass.Incident)
		require.False(t, op.Approval.ToldAt.IsZero())
		require.Equal(t, []string{"TellSkipped " + op.Ref}, h.reporter.heard())
		kinds := h.journal.kinds(op.ID)
		require.Contains(t, kinds, operation.EventBreakGlass)
		require.NotContains(t, kinds, operation.EventAccepted)
		denied := &operation.StaleError{}
		require.ErrorAs(t, h.approves(op.ID, bo), &denied, "there is nothing to approve")
	})
}

func TestThoseWhoWereSkippedAreToldAlsoWhenSlackIsAway(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		court(h, 1).glass = true
		n := 0
		h.reporter.fault = func(name string) fault {
			if name == "TellSkipped" {
				if n++; n < 2 {
					return fault{before: errJournal}
				}
			}
			return fault{}
		}
		op, err := h.broken(request())
		require.NoError(t, err)
		h.carry(op.ID)
		require.Len(t, h.reporter.heard(), 1)
	})
}

func TestBreakGlassNeedsMoreThanThePress(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		law   func(*law)
		code  operation.DenialCode
		again bool // a new preview is shown
	}{
		"the rule for it": {func(l *law) { l.glass = false }, operation.DeniedNoRule, false},
		"a request that is permitted": {func(l *law) { l.no = operation.DeniedNoRule }, operation.DeniedNoRule,
			false},
		"a request that is not forbidden": {func(l *law) { l.no = operation.DeniedForbidden },
			operation.DeniedForbidden, false},
		"something to skip": {func(l *law) { l.approvals = 0 }, "", true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scene(t, func(t *testing.T, h *house) {
				l := court(h, 1)
				l.glass = true
				draft, err := h.intake.Preview(t.Context(), h.ask(request()))
				require.NoError(t, err)
				l.change(tt.law)
				_, err = h.intake.Break(t.Context(), h.click(draft.ID, ana), breaking())
				if tt.again {
					changed := &intake.ChangedError{}
					require.ErrorAs(t, err, &changed)
				} else {
					denied := &intake.DeniedError{}
					require.ErrorAs(t, err, &denied)
					require.Equal(t, tt.code, denied.Decision.Code)
				}
				require.Equal(t, operation.Draft, h.journal.now(draft.ID).State)
			})
		})
	}
}

func TestTheRightToBreakTheGlassIsAskedForAgainBeforeTheCall(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		law  func(*law)
		code operation.DenialCode
	}{
		"the right to skip is gone":    {func(l *law) { l.glass = false }, operation.DeniedNoRule},
		"the request is forbidden now": {func(l *law) { l.no = operation.DeniedForbidden }, operation.DeniedForbidden},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scene(t, func(t *testing.T, h *house) {
				l := court(h, 1)
				l.glass = true
				op, err := h.broken(request())
				require.NoError(t, err)
				l.change(tt.law)
				op = h.carry(op.ID)
				require.Equal(t, operation.ReasonDenied, op.Reason)
				require.Equal(t, tt.code, op.Denial.Code)
				require.Empty(t, h.cloud.sent())
			})
		})
	}
}

func TestTheBudgetOfBreakGlass(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		court(h, 1).glass = true
		servers := []string{"web-01", "edge", "twin"}
		for n, server := range servers[:2] {
			used, limit, window, err := h.intake.GlassUsed(t.Context(), ana)
			require.NoError(t, err)
			require.Equal(t, []any{n, 2, 7 * 24 * time.Hour}, []any{used, limit, window})
			reg := request()
			reg.Server = server
			op, err := h.broken(reg)
			require.NoError(t, err)
			h.carry(op.ID)
			pass(24 * time.Hour)
		}
		reg := request()
		reg.Server, reg.Type = "twin", "VM"
		_, err := h.broken(reg)
		denied := &intake.DeniedError{}
		require.ErrorAs(t, err, &denied)
		require.Equal(t, operation.DeniedBudget, denied.Decision.Code)
		require.Equal(t, 2, denied.Decision.Limit)
		require.WithinDuration(t, time.Now().Add(5*24*time.Hour), denied.Decision.Until, time.Hour)
		pass(5*24*time.Hour + time.Hour)
		_, err = h.broken(reg)
		require.NoError(t, err)
	})
}

func TestBreakGlassSaysEveryProblemAtOnce(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		court(h, 1).glass = true
		draft, err := h.intake.Preview(t.Context(), h.ask(request()))
		require.NoError(t, err)
		_, err = h.intake.Break(t.Context(), h.click(draft.ID, ana), intake.Justification{Why: "  too short  "})
		problem := &commands.InputError{}
		require.ErrorAs(t, err, &problem)
		fields := []string{}
		for _, p := range problem.Problems {
			fields = append(fields, p.Field)
		}
		require.Equal(t, []string{intake.FieldWhy, intake.FieldIncident, intake.FieldResponsible}, fields)
	})
}

func TestATokenInAReasonIsRefusedInEveryForm(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		court(h, 1).glass = true
		draft, err := h.intake.Preview(t.Context(), h.ask(request()))
		require.NoError(t, err)
		secret := strings.Join([]string{"xo", "xb-1234567890-abcdefghijklmnop"}, "")
		refuses := func(err error, fields ...string) {
			problem := &commands.InputError{}
			require.ErrorAs(t, err, &problem)
			var got []string
			for _, p := range problem.Problems {
				require.Equal(t, commands.TokenText, p.Text)
				got = append(got, p.Field)
			}
			require.Equal(t, fields, got)
			require.NotContains(t, err.Error(), secret)
		}
		_, err = h.intake.Break(t.Context(), h.click(draft.ID, ana),
			intake.Justification{Why: "the key is " + secret + " for now", Incident: secret, Responsible: true})
		refuses(err, intake.FieldWhy, intake.FieldIncident)
		op, err := h.intake.Send(t.Context(), h.click(draft.ID, ana))
		require.NoError(t, err)
		_, err = h.intake.Deny(t.Context(), h.says(op.ID, bo), "use "+secret)
		refuses(err, commands.KeyReason)
	})
}

func TestALimitForEachListener(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		h.intake.Settings.ListenerRate, h.intake.Settings.ListenerRateIn = 1, 10*time.Minute
		h.carry(h.accepted(request()))
		reg := request()
		reg.Server = "edge"
		draft, err := h.intake.Preview(t.Context(), h.ask(reg))
		require.NoError(t, err)
		_, err = h.intake.Send(t.Context(), h.click(draft.ID, ana))
		denied := &intake.DeniedError{}
		require.ErrorAs(t, err, &denied)
		require.Equal(t, operation.DeniedListenerRate, denied.Decision.Code)
		require.Equal(t, 10*time.Minute, denied.Decision.Window)
		reg.Listener = named("lst-3")
		h.cloud.balancers[1].Status = "Available"
		h.accepted(reg)
	})
}
