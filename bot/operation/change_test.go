package operation_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot/operation"
)

func TestAChangeOfANewerVersionIsNeitherCalledNorEnded(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		id := h.accepted(request())
		h.journal.alter(id, func(op *operation.Operation) { op.Change = "swap" })
		done := h.process(id)
		pass(time.Minute)
		require.Equal(t, operation.Accepted, h.journal.now(id).State)
		require.NotZero(t, h.log.FilterMessage("step of an operation is tried again").Len())
		pass(operation.StartWithin)
		require.NoError(t, <-done)
		op := h.journal.now(id)
		require.Equal(t, operation.ReasonTooLate, op.Reason, "nothing was sent, so it ends after its time")
		require.Empty(t, op.Attempts)
		require.False(t, op.Known(), "nor are there words for it")
		require.False(t, op.Change.HasForm() || op.Change.MayBreakGlass() || op.Change.CanBeUndone())
	})
}
