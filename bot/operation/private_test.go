package operation_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"lbbot/bot/operation"
	"lbbot/bot/operation/intake"
)

func TestARequestOfAPrivateChannelIsFoundOnlyByThoseWhoseItIs(t *testing.T) {
	t.Parallel()
	in := func(channel string) operation.Place { return operation.Place{TeamID: ana.TeamID, ChannelID: channel} }
	tests := map[string]struct {
		who  operation.Actor
		from string
		sees bool
	}{
		"from the channel itself":     {dee, here.ChannelID, true},
		"the asker, from elsewhere":   {ana, "C0ELSE", true},
		"an approver, from elsewhere": {bo, "C0ELSE", true},
		"who was asked to approve":    {chen, "C0ELSE", true},
		"from the approvers' channel": {dee, approvers.ChannelID, true},
		"somebody else, from elsewhere": {operation.Actor{UserID: "U0ELSE", TeamID: ana.TeamID}, "C0ELSE",
			false},
		"somebody else, from a direct message": {operation.Actor{UserID: "U0ELSE", TeamID: ana.TeamID}, "D0ELSE",
			false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scene(t, func(t *testing.T, h *house) {
				court(h, 2)
				h.gate.private = map[string]bool{here.ResultID: true}
				h.gate.who = operation.People{IDs: []string{bo.UserID, chen.UserID}}
				op := h.asked(request())
				h.journal.edit(op.ID, func(op *operation.Operation) { op.Approval.Channel = approvers.ChannelID })
				require.NoError(t, h.approves(op.ID, bo))
				got, err := h.history.Status(t.Context(), op.Ref, tt.who, in(tt.from))
				if !tt.sees {
					require.ErrorIs(t, err, operation.ErrNotFound, "as if there were none")
					require.Empty(t, got)
					return
				}
				require.NoError(t, err)
				require.Equal(t, op.ID, got.ID)
			})
		})
	}
}

func TestARequestWhoseChannelCannotBeReadIsNotShown(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		id := h.accepted(request())
		op := h.journal.now(id)
		somewhere := operation.Place{TeamID: ana.TeamID, ChannelID: "C0ELSE"}
		other := operation.Actor{UserID: "U0ELSE", TeamID: ana.TeamID}
		h.gate.publicErr = errors.New("Slack is away")
		away := &intake.UnavailableError{}
		_, err := h.history.Status(t.Context(), op.Ref, other, somewhere)
		require.ErrorAs(t, err, &away)
		h.gate.publicErr = nil
		_, err = h.history.Status(t.Context(), op.Ref, other, somewhere)
		require.NoError(t, err, "one of a public channel is anybody's to see")
	})
}

func TestAnAddServerClickFromAnotherOrganizationIsChecked(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*operation.Actor){
		"another organization": func(a *operation.Actor) { a.EnterpriseID = "E99" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scene(t, func(t *testing.T, h *house) {
				h.gate.decide = func(q operation.Question) operation.Decision {
					if q.Actor.EnterpriseID != "" {
						return operation.Decision{Code: operation.DeniedWorkspace}
					}
					return yes
				}
				draft, err := h.intake.Preview(t.Context(), h.ask(request()))
				require.NoError(t, err)
				c := h.click(draft.ID, ana)
				change(&c.Actor)
				_, err = h.intake.Send(t.Context(), c)
				denied := &intake.DeniedError{}
				require.ErrorAs(t, err, &denied)
				require.Equal(t, operation.DeniedWorkspace, denied.Decision.Code)
				require.Equal(t, operation.Draft, h.journal.now(draft.ID).State)
			})
		})
	}
}
