package operation_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot/operation"
	"lbbot/bot/operation/intake"
)

// The listener is read between the permission and the call, and under load
// that reading waits at the account's limiter.
func TestARightThatIsTakenAwayWhileTheListenerIsReadIsGone(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		l := court(h, 0)
		id := h.accepted(request())
		h.cloud.goes(on("DescribeBackends", 3, fault{hold: 25 * time.Second}))
		h.process(id)
		defer h.ends()
		pass(5 * time.Second)
		l.change(func(l *law) { l.no = operation.DeniedForbidden })
		pass(time.Minute)
		require.Empty(t, h.cloud.sent(), "it is forbidden since 20 seconds")
	})
}

// Whoever presses a button, and whoever agreed, is asked for anew, in the place
// where they pressed it.
func TestRightsAreReadAgainWhereTheButtonIsPressed(t *testing.T) {
	t.Parallel()
	elsewhere := operation.Place{TeamID: "T1", ChannelID: "C0ELSE"}
	tests := map[string]struct {
		press  func(h *house, op operation.Operation)
		action operation.Action
		who    operation.Actor
		place  string
	}{
		"agreeing": {func(h *house, op operation.Operation) { require.NoError(h.t, h.approves(op.ID, bo)) },
			operation.ActionApprove, bo, approvers.ChannelID},
		"saying no": {func(h *house, op operation.Operation) {
			_, err := h.intake.Deny(context.Background(), h.says(op.ID, chen), "no")
			require.NoError(h.t, err)
		}, operation.ActionApprove, chen, approvers.ChannelID},
		"stopping what somebody else asked for": {func(h *house, op operation.Operation) {
			c := h.click(op.ID, bo)
			c.Place = elsewhere
			_, err := h.intake.Stop(context.Background(), c)
			require.NoError(h.t, err)
		}, operation.ActionRegister, bo, elsewhere.ChannelID},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scene(t, func(t *testing.T, h *house) {
				court(h, 1)
				op := h.asked(request())
				h.gate.mu.Lock()
				h.gate.asked = nil
				h.gate.mu.Unlock()
				tt.press(h, op)
				require.True(t, slices.ContainsFunc(h.gate.asked, func(q operation.Question) bool {
					return q.Action == tt.action && q.Actor == tt.who && q.Fresh && q.Place.ChannelID == tt.place
				}), "%+v", h.gate.asked)
			})
		})
	}
}

func TestRightBeforeTheCallEverybodyIsReadAgainInTheirPlace(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		court(h, 1)
		op := h.asked(request())
		require.NoError(t, h.approves(op.ID, bo))
		h.gate.mu.Lock()
		h.gate.asked = nil
		h.gate.mu.Unlock()
		h.carry(op.ID)
		for _, q := range h.gate.asked {
			require.True(t, q.Last, "%+v", q)
			if q.Action == operation.ActionApprove {
				require.Equal(t, approvers.ChannelID, q.Place.ChannelID)
			} else {
				require.Equal(t, here.ChannelID, q.Place.ChannelID)
			}
		}
		require.Len(t, h.gate.asked, 2, "the asker and who agreed")
	})
}

func TestSendingAndBreakingTheGlassReadAgainWhereTheyAreClicked(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		court(h, 1).glass = true
		draft, err := h.intake.Preview(t.Context(), h.ask(request()))
		require.NoError(t, err)
		h.gate.asked = nil
		c := h.click(draft.ID, ana)
		c.Place = operation.Place{TeamID: "T1", ChannelID: "C0ELSE", ResultID: "C0ELSE"}
		_, err = h.intake.Break(t.Context(), c, breaking())
		require.NoError(t, err)
		require.Len(t, h.gate.asked, 2)
		for _, q := range h.gate.asked {
			require.True(t, q.Fresh, q.Action)
			require.Equal(t, "C0ELSE", q.Place.ChannelID, q.Action)
		}
	})
	scene(t, func(t *testing.T, h *house) {
		draft, err := h.intake.Preview(t.Context(), h.ask(request()))
		require.NoError(t, err)
		h.gate.asked = nil
		_, err = h.intake.Send(t.Context(), h.click(draft.ID, ana))
		require.NoError(t, err)
		require.Len(t, h.gate.asked, 1)
		require.True(t, h.gate.asked[0].Fresh)
	})
}

// After a try that did nothing the agreements are counted as before it.
func TestAnApproverWhoLosesTheRightAfterATryThatDidNothingDoesNotCount(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		l := court(h, 1)
		op := h.asked(request())
		require.NoError(t, h.approves(op.ID, bo))
		h.cloud.goes(on("RegisterBackend", 1, fault{before: apiError(429, "REQUEST_LIMIT_EXCEEDED")}))
		done := h.process(op.ID)
		pass(500 * time.Millisecond)
		l.change(func(l *law) { l.may[bo.UserID] = false })
		pass(time.Minute)
		require.Equal(t, operation.Waiting, h.journal.now(op.ID).State)
		require.Len(t, h.cloud.sent(), 1)
		require.NoError(t, h.approves(op.ID, chen))
		require.NoError(t, <-done)
		require.Equal(t, operation.Done, h.journal.now(op.ID).State)
	})
}

func TestWithoutABudgetNobodyBreaksTheGlass(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		court(h, 1).glass = true
		h.intake.Settings.Glass = 0
		draft, err := h.intake.Preview(t.Context(), h.ask(request()))
		require.NoError(t, err)
		require.False(t, draft.MayBreak, "it is not offered")
		_, err = h.intake.Break(t.Context(), h.click(draft.ID, ana), breaking())
		denied := &intake.DeniedError{}
		require.ErrorAs(t, err, &denied)
		require.Equal(t, operation.DeniedBudget, denied.Decision.Code)
		require.Equal(t, operation.Draft, h.journal.now(draft.ID).State)
	})
}
