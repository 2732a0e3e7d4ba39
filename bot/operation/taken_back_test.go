package operation_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"lbbot/bot/operation"
)

// undone has leaver's addition stored as done, and its undo accepted.
func (h *house) undone() (addition, undo string) {
	addition = h.accepted(request())
	h.journal.edit(addition, func(op *operation.Operation) {
		op.State, op.BackendID, op.FinishedAt = operation.Done, leaver().BackendID, op.ClickedAt
	})
	undo = h.leaving()
	h.journal.edit(undo, func(op *operation.Operation) { op.Undoes = addition })
	return addition, undo
}

func TestAnAdditionSaysThatItWasTakenBack(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		faults func(string, int) fault
		state  operation.State
	}{
		"once it is": {nil, operation.Done},
		"not while it is not done": {on("DeregisterBackend", 0, fault{before: apiError(400, "INVALID")}),
			operation.NotDone},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scene(t, func(t *testing.T, h *house) {
				addition, undo := h.undone()
				h.cloud.goes(tt.faults)
				op := h.carry(undo)
				require.Equal(t, tt.state, op.State)
				of := h.journal.now(addition)
				if tt.state != operation.Done {
					require.Nil(t, of.TakenBack)
					return
				}
				require.Equal(t, &operation.TakenBack{Ref: op.Ref, By: op.Actor, At: op.FinishedAt}, of.TakenBack)
				require.True(t, slices.ContainsFunc(h.reporter.shown, func(shown operation.Operation) bool {
					return shown.ID == addition && shown.TakenBack != nil
				}), "its card shows it")
				h.carry(undo)
				require.Equal(t, of.Version, h.journal.now(addition).Version, "it is noted once")
			})
		})
	}
}

func TestAnUndoEndsAlthoughItsAdditionIsNotKeptAnyMore(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		_, undo := h.undone()
		h.journal.edit(undo, func(op *operation.Operation) { op.Undoes = "id-forgotten" })
		require.Equal(t, operation.Done, h.carry(undo).State)
		require.True(t, h.isClosed(undo))
	})
}
