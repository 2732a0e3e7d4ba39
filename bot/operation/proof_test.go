package operation_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot/operation"
	"lbbot/zenlayer"
)

// Every status, with and without a code of Zenlayer's, is answered to every
// RegisterBackend call, after it took effect and instead of it.
func TestOnlyZenlayersOwnCodeProvesThatACallDidNothing(t *testing.T) {
	t.Parallel()
	type end struct {
		state    operation.State
		reason   operation.Reason
		evidence operation.Evidence
	}
	refused := func(r operation.Reason) end { return end{operation.NotDone, r, ""} }
	var (
		proven    = refused(operation.ReasonProven)
		seen      = end{operation.Done, "", operation.EvidenceSeen}
		seenThere = end{operation.NothingToDo, "", operation.EvidenceSeen}
	)
	codes := map[int]string{
		400: "INVALID_PARAMETER_VALUE", 401: "AUTHFAILURE_SIGNATURE_FAILURE",
		403: "OPERATION_FAILED_FOR_RECYCLE_RESOURCE",
		404: "INVALID_INSTANCE_NOT_FOUND", 429: zenlayer.CodeRequestLimitExceeded,
	}
	play := func(status int, code string, worked bool, want end) {
		t.Run(fmt.Sprintf("%d %s, worked: %t", status, code, worked), func(t *testing.T) {
			t.Parallel()
			scene(t, func(t *testing.T, h *house) {
				f := fault{before: apiError(status, code)}
				if worked {
					f = fault{after: apiError(status, code)}
				}
				h.cloud.goes(on("RegisterBackend", 0, f))
				begun := time.Now()
				op := h.carry(h.accepted(request()))
				require.Equal(t, want, end{op.State, op.Reason, op.Evidence})
				require.True(t, op.State == operation.NotDone || op.BackendID == "be-101")
				if want == proven {
					require.GreaterOrEqual(t, time.Since(begun), operation.ProofAfter)
				}
			})
		})
	}
	for status := 300; status < 500; status++ {
		switch status {
		case 429:
			play(status, "", false, proven)
			play(status, "", true, seenThere)
		case 451: // the clients know it as a network rule, see zenlayer.APIError.Blocked
		default:
			play(status, "", false, proven)
			play(status, "", true, seen)
		}
	}
	play(429, codes[429], false, refused(operation.ReasonRateLimited))
	play(429, codes[429], true, seenThere)
	play(401, codes[401], false, refused(operation.ReasonCredentials))
	for _, status := range []int{400, 403, 404} {
		play(status, codes[status], false, refused(operation.ReasonRefused))
	}
	play(418, "SOMETHING_NEW", false, proven)
}

func TestA429EndsAsAddedOnlyByAnAnswerToTheSameToken(t *testing.T) {
	t.Parallel()
	for name, err := range map[string]error{"with a code": apiError(429, zenlayer.CodeRequestLimitExceeded),
		"without": apiError(429, "")} {
		t.Run(name+", and a repeat is answered", func(t *testing.T) {
			t.Parallel()
			scene(t, func(t *testing.T, h *house) {
				h.cloud.lag = time.Minute // the list does not show it before the repeat
				h.cloud.goes(on("RegisterBackend", 1, fault{after: err}))
				op := h.carry(h.accepted(request()))
				require.Equal(t, []any{operation.Done, operation.EvidenceAnswered}, []any{op.State, op.Evidence})
				sent := h.cloud.sent()
				require.Len(t, sent, 2)
				require.Equal(t, sent[0].token, sent[1].token)
				require.Equal(t, 1, h.oursOn())
			})
		})
		t.Run(name+", and somebody else adds it", func(t *testing.T) {
			t.Parallel()
			scene(t, func(t *testing.T, h *house) {
				h.cloud.goes(on("RegisterBackend", 0, fault{before: err}))
				id := h.accepted(request())
				done := h.process(id)
				pass(500 * time.Millisecond)
				h.cloud.add(ours("be-7"))
				require.NoError(t, <-done)
				op := h.journal.now(id)
				require.Equal(t, []any{operation.NothingToDo, operation.EvidenceSeen, "be-7"},
					[]any{op.State, op.Evidence, op.BackendID})
			})
		})
	}
}
