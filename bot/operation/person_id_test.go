package operation_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot/operation"
	"lbbot/bot/operation/intake"
)

// grid gives people the ids that their organization knows them by.
func (l *law) grid(h *house, ids map[string]string) {
	decide := l.decide
	h.gate.decide = func(q operation.Question) operation.Decision {
		d := decide(q)
		d.PersonID = ids[q.Actor.UserID]
		return d
	}
	h.gate.admit = func(a operation.Actor) operation.Decision {
		d := yes
		d.PersonID = ids[a.UserID]
		return d
	}
}

// anaToo is Ana under her second id; she is among those who may approve.
func anaToo() operation.Actor { return operation.Actor{UserID: bo.UserID, TeamID: bo.TeamID} }

func TestNobodyApprovesTheirOwnRequestUnderAnotherID(t *testing.T) {
	t.Parallel()
	for name, prepare := range map[string]func(*house, string){
		"asked since ids are told apart": func(*house, string) {},
		"asked before that": func(h *house, id string) {
			h.journal.edit(id, func(op *operation.Operation) { op.Actor.PersonID = "" })
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scene(t, func(t *testing.T, h *house) {
				court(h, 1).grid(h, map[string]string{ana.UserID: "W0ANA", anaToo().UserID: "W0ANA",
					chen.UserID: "W0CHEN"})
				op := h.asked(request())
				prepare(h, op.ID)
				denied := &intake.DeniedError{}
				require.ErrorAs(t, h.approves(op.ID, anaToo()), &denied)
				require.Equal(t, operation.DeniedSelf, denied.Decision.Code)
				require.Empty(t, h.journal.now(op.ID).Approval.Votes)
				require.NoError(t, h.approves(op.ID, chen))
				require.Equal(t, "W0CHEN", h.journal.now(op.ID).Approval.Votes[0].By.PersonID)
			})
		})
	}
}

func TestAnApprovalIsRefusedWhileItIsNotKnownWhoAsked(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		court(h, 1).grid(h, map[string]string{chen.UserID: "W0CHEN"})
		op := h.asked(request())
		denied := &intake.DeniedError{}
		require.ErrorAs(t, h.approves(op.ID, chen), &denied)
		require.Equal(t, operation.DeniedUnchecked, denied.Decision.Code)
		require.Equal(t, operation.FactAsker, denied.Decision.What)
	})
}

func TestOnePersonWithTwoIDsIsOneOfTwoApprovers(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		court(h, 2).grid(h, map[string]string{ana.UserID: "W0ANA", bo.UserID: "W0BO", chen.UserID: "W0BO",
			dee.UserID: "W0DEE"})
		op := h.asked(request())
		require.NoError(t, h.approves(op.ID, bo))
		require.NoError(t, h.approves(op.ID, chen), "agreeing twice is agreeing once")
		require.Len(t, h.journal.now(op.ID).Approval.Votes, 1)
		require.Equal(t, operation.Waiting, h.journal.now(op.ID).State)
		require.NoError(t, h.approves(op.ID, dee))
		require.Equal(t, operation.Accepted, h.journal.now(op.ID).State)
	})
}

// TestTheLastCheckCountsOnePersonOnce is about votes that were stored before
// people were told apart by the id of their organization.
func TestTheLastCheckCountsOnePersonOnce(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		l := court(h, 2)
		op := h.asked(request())
		done := h.process(op.ID)
		require.NoError(t, h.approves(op.ID, bo))
		l.grid(h, map[string]string{ana.UserID: "W0ANA", bo.UserID: "W0BO", chen.UserID: "W0BO", dee.UserID: "W0DEE"})
		h.journal.edit(op.ID, func(op *operation.Operation) {
			second := op.Approval.Votes[0]
			second.By = chen
			op.Approval.Votes = append(op.Approval.Votes, second)
			op.State, op.ClickedAt = operation.Accepted, time.Now()
		})
		_ = h.engine.Poke(t.Context(), op.ID)
		pass(5 * time.Second)
		require.Empty(t, h.cloud.sent())
		require.Equal(t, operation.Waiting, h.journal.now(op.ID).State)
		require.Len(t, h.journal.now(op.ID).Approval.Votes, 1)
		h.ends()
		_ = done
	})
}

// TestTheLastCheckDoesNotCountTheAsker is about a vote that was stored before it was
// known that its person asked.
func TestTheLastCheckDoesNotCountTheAsker(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		l := court(h, 2)
		op := h.asked(request())
		h.process(op.ID)
		require.NoError(t, h.approves(op.ID, bo))
		require.NoError(t, h.approves(op.ID, chen))
		l.grid(h, map[string]string{ana.UserID: "W0ANA", anaToo().UserID: "W0ANA", chen.UserID: "W0CHEN"})
		h.journal.edit(op.ID, func(op *operation.Operation) {
			for i := range op.Approval.Votes {
				op.Approval.Votes[i].By.PersonID = ""
			}
		})
		pass(5 * time.Second)
		require.Empty(t, h.cloud.sent())
		require.Equal(t, operation.Waiting, h.journal.now(op.ID).State)
		require.Len(t, h.journal.now(op.ID).Approval.Votes, 1)
		h.ends()
	})
}

// edit changes a stored operation as an earlier version would have written it.
func (m *memory) edit(id string, change func(*operation.Operation)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	op, _ := m.get(id)
	change(&op)
	m.put(op, operation.Event{})
}
