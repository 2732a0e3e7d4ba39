package operation_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot/operation"
)

// maintenance is a pause by the owner.
func maintenance() *operation.Pause {
	return &operation.Pause{By: operation.Actor{UserID: "U0LEO"}, At: time.Now(), Why: "maintenance"}
}

func TestWhatWaitsForTheEndOfAPauseIsSentOnceSomebodyResumes(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		h.journal.setPause(maintenance())
		id := h.accepted(request())
		end := h.process(id)
		pass(time.Minute)
		op := h.journal.now(id)
		require.Equal(t, operation.WaitPaused, op.WaitFor)
		require.Equal(t, "maintenance", op.Pause.Why)
		require.Equal(t, operation.Accepted, op.State)
		require.Empty(t, h.cloud.sent())
		versions := op.Version
		pass(time.Minute)
		require.Equal(t, versions, h.journal.now(id).Version, "waiting writes once")
		h.journal.setPause(nil)
		require.NoError(t, <-end)
		op = h.journal.now(id)
		require.Equal(t, operation.Done, op.State)
		require.Empty(t, op.WaitFor)
		require.Len(t, h.cloud.sent(), 1)
	})
}

func TestWhatIsPausedForFiveMinutesIsNotSent(t *testing.T) {
	t.Parallel()
	for name, accept := range map[string]func(h *house) string{
		"an addition": func(h *house) string { return h.accepted(request()) },
		"a removal":   (*house).leaving,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scene(t, func(t *testing.T, h *house) {
				h.journal.setPause(maintenance())
				id := accept(h)
				op := h.carry(id)
				require.Equal(t, operation.NotDone, op.State)
				require.Equal(t, operation.ReasonPaused, op.Reason)
				require.WithinRange(t, op.FinishedAt, h.clicked.Add(4*time.Minute),
					h.clicked.Add(operation.StartWithin))
				require.Equal(t, "U0LEO", op.Pause.By.UserID)
				require.Empty(t, h.cloud.sent())
				require.Zero(t, h.calls())
				require.True(t, h.isClosed(id))
			})
		})
	}
}

// The pause comes after the last checks began: only the journal can hold it back.
func TestAPauseDuringTheLastChecksHoldsTheAttemptBack(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		id := h.accepted(request())
		h.cloud.goes(on("DescribeBackends", 0, fault{hold: 5 * time.Second}))
		end := h.process(id)
		pass(time.Second)
		h.journal.setPause(maintenance())
		pass(30 * time.Second)
		require.Equal(t, operation.WaitPaused, h.journal.now(id).WaitFor)
		require.Empty(t, h.journal.now(id).Attempts)
		require.NoError(t, <-end)
		require.Equal(t, operation.ReasonPaused, h.journal.now(id).Reason)
		require.Empty(t, h.cloud.sent())
	})
}

func TestNothingIsRepeatedDuringAPauseAndSettlingGoesOn(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		answer fault
		state  operation.State
		reason operation.Reason
	}{
		"it worked":   {fault{after: lost()}, operation.Done, ""},
		"it was lost": {fault{before: lost()}, operation.NotDone, operation.ReasonProven},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scene(t, func(t *testing.T, h *house) {
				f := tt.answer
				f.hold = 2 * time.Second
				h.cloud.goes(on("RegisterBackend", 1, f))
				id := h.accepted(request())
				end := h.process(id)
				pass(time.Second) // the call is under way
				h.journal.setPause(maintenance())
				require.NoError(t, <-end)
				op := h.journal.now(id)
				require.Equal(t, tt.state, op.State)
				require.Equal(t, tt.reason, op.Reason)
				require.Len(t, h.cloud.sent(), 1, "no repeat")
			})
		})
	}
}

func TestStopEndsAWaitForTheEndOfAPause(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		h.journal.setPause(maintenance())
		id := h.accepted(request())
		end := h.process(id)
		pass(10 * time.Second)
		_, err := h.intake.Stop(t.Context(), h.click(id, ana))
		require.NoError(t, err)
		require.NoError(t, <-end)
		require.Equal(t, operation.ReasonStopped, h.journal.now(id).Reason)
	})
}

func TestAKilledProcessLeavesWhatWaitsForAPauseToTheNext(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		h.journal.setPause(maintenance())
		id := h.accepted(request())
		end := h.process(id)
		pass(10 * time.Second)
		h.stop(errKilled)
		require.ErrorIs(t, <-end, errKilled)
		end = h.process(id)
		pass(10 * time.Second)
		require.Equal(t, operation.WaitPaused, h.journal.now(id).WaitFor)
		h.journal.setPause(nil)
		require.NoError(t, <-end)
		require.Equal(t, operation.Done, h.journal.now(id).State)
		require.Len(t, h.cloud.sent(), 1)
	})
}

func TestAPreviewDuringAPauseSaysSo(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		h.journal.setPause(maintenance())
		draft, err := h.intake.Preview(t.Context(), h.ask(request()))
		require.NoError(t, err)
		require.Equal(t, operation.WarnPaused, draft.Warnings()[0].Code)
		require.Equal(t, "maintenance", draft.Warnings()[0].Pause.Why)
		op, err := h.intake.Send(t.Context(), h.click(draft.ID, ana))
		require.NoError(t, err)
		for _, w := range op.Warnings() {
			require.NotEqual(t, operation.WarnPaused, w.Code, "a card says it only while it waits")
		}
	})
}
