package operation_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot/operation"
)

func TestWhatWasAcceptedWaitsForTheNewestRules(t *testing.T) {
	t.Parallel()
	for name, no := range map[string]operation.Decision{
		"this replica is behind":       {Code: operation.DeniedOutdated},
		"the policy file is new":       {Code: operation.DeniedUnchecked, What: operation.FactPolicyFile},
		"the database cannot be asked": {Code: operation.DeniedUnchecked, What: operation.FactNewest},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scene(t, func(t *testing.T, h *house) {
				id := h.accepted(request())
				h.gate.decide = func(operation.Question) operation.Decision { return no }
				done := h.process(id)
				pass(time.Minute)
				op := h.journal.now(id)
				require.Equal(t, operation.Accepted, op.State)
				require.Equal(t, operation.WaitRules, op.WaitFor)
				h.gate.rules(nil)
				require.NoError(t, <-done)
				require.Equal(t, operation.Done, h.journal.now(id).State)
				require.Len(t, h.cloud.sent(), 1)
			})
		})
		t.Run(name+" for good", func(t *testing.T) {
			t.Parallel()
			scene(t, func(t *testing.T, h *house) {
				id := h.accepted(request())
				h.gate.decide = func(operation.Question) operation.Decision { return no }
				began := time.Now()
				op := h.carry(id)
				require.Equal(t, operation.NotDone, op.State)
				require.Equal(t, operation.ReasonDenied, op.Reason)
				require.Equal(t, no.Code, op.Denial.Code)
				require.Empty(t, h.cloud.sent())
				require.Less(t, time.Since(began), operation.StartWithin)
			})
		})
	}
}
