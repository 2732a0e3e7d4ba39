package operation_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot/operation"
	"lbbot/zenlayer"
)

func TestACallThatTakesLongIsSaidToTakeLong(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		takes time.Duration
		shown int
	}{
		"an answer within 0.7 seconds":   {700 * time.Millisecond, 0},
		"an answer within three seconds": {2 * time.Second, 1},
		"an answer after five":           {5 * time.Second, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scene(t, func(t *testing.T, h *house) {
				h.cloud.goes(on("RegisterBackend", 1, fault{hold: tt.takes}))
				id := h.accepted(request())
				done := h.process(id)
				pass(tt.takes - time.Millisecond)
				waiting := h.journal.now(id)
				require.Equal(t, operation.Sending, waiting.State)
				shown := 0
				h.reporter.mu.Lock()
				for _, op := range h.reporter.shown {
					if op.State == operation.Sending {
						shown++
					}
				}
				h.reporter.mu.Unlock()
				require.Equal(t, tt.shown, shown, "the card says Adding, then that it takes long")
				require.NoError(t, <-done)
				op := h.journal.now(id)
				require.Equal(t, operation.Done, op.State)
				require.Equal(t, 1, h.oursOn())
			})
		})
	}
}

func TestWhatOnlyTheOwnersCanMendIsToldToThemOnce(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		err  error
		told int
	}{
		"the key is refused":          {apiError(401, "AUTHFAILURE_SIGNATURE_FAILURE"), 1},
		"stopped in front of it":      {&zenlayer.APIError{Status: 451, Blocked: true}, 1},
		"an ordinary refusal":         {apiError(404, "INVALID_INSTANCE_NOT_FOUND"), 0},
		"the listener does not exist": {apiError(404, "INVALID_LB_LISTENER_NOT_FOUND"), 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scene(t, func(t *testing.T, h *house) {
				h.cloud.goes(on("RegisterBackend", 1, fault{before: tt.err}))
				id := h.accepted(request())
				op := h.carry(id)
				require.Equal(t, operation.NotDone, op.State)
				require.Len(t, h.reporter.told, tt.told)
				require.Equal(t, tt.told == 1, !op.OwnerTold.IsZero())
				require.True(t, h.isClosed(id))
			})
		})
	}
}
