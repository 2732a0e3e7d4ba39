package operation_test

import (
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot/operation"
)

func TestARunReadsTheOperationOnceAndAfterEachWait(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		fault fault
		reads int
	}{
		"nothing to wait for":   {reads: 1},
		"one try after a pause": {fault: fault{before: apiError(503, "INTERNAL")}, reads: 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scene(t, func(t *testing.T, h *house) {
				id := h.accepted(request())
				h.cloud.goes(on("DescribeListeners", 2, tt.fault))
				reads := 0
				h.journal.goes(func(call string) fault {
					if call == "Operation" {
						reads++
					}
					return fault{}
				})
				require.NoError(t, <-h.process(id))
				require.Equal(t, operation.Done, h.journal.now(id).State)
				require.Equal(t, tt.reads, reads)
			})
		})
	}
}

func TestAnApprovalBetweenTheReadingAndTheStepIsNotMissed(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		court(h, 1)
		id := h.asked(request()).ID
		var once sync.Once
		approved := errors.New("nobody pressed a button")
		h.at.aside = func(_ int, name string) {
			if name == "before a wait" {
				once.Do(func() { approved = h.approves(id, chen) })
			}
		}
		done := h.process(id)
		pass(time.Second)
		require.NoError(t, approved)
		require.Equal(t, operation.Done, h.journal.now(id).State)
		require.NoError(t, <-done)
	})
}
