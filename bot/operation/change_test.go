package operation_test

import (
	"context"
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot/operation"
	"lbbot/zenlayer"
)

// takeOff is a second kind of change: it takes the server off the listener. Its
// call has no client token, and a reading proves it by the absence of an entry.
type takeOff struct{ cloud *cloud }

const kindTakeOff operation.ChangeKind = "take_off"

func (c takeOff) Send(ctx context.Context, op operation.Operation) (got operation.Receipt, err error) {
	err = c.cloud.do(ctx, "TakeOff", "", func() error {
		kept := slices.DeleteFunc(slices.Clone(c.cloud.entries),
			func(e entry) bool { return e.InstanceID == op.Request.InstanceID })
		if len(kept) == len(c.cloud.entries) {
			return apiError(404, "NO_SUCH_BACKEND")
		}
		c.cloud.entries, got = kept, operation.Receipt{BackendID: "be-7", RequestID: "T-off"}
		return nil
	})
	return got, err
}

func (c takeOff) Before(op operation.Operation, pool []zenlayer.Backend) operation.Comparison {
	return operation.Comparison{Done: len(operation.OfServer(op, pool)) == 0}
}

func (c takeOff) After(op operation.Operation, pool []zenlayer.Backend) operation.Proof {
	return operation.Proof{Done: len(operation.OfServer(op, pool)) == 0}
}

func (c takeOff) SaysDone(err error) bool { return zenlayer.IsNotFound(err) }

func (c takeOff) Differences(operation.Operation, operation.Picture, operation.Picture) []operation.Difference {
	return nil
}

// takingOff has a request accepted that takes web-01 off the listener it is on.
func takingOff(h *house) string {
	h.runner.Changes[kindTakeOff] = takeOff{h.cloud}
	id := h.accepted(request())
	h.journal.mu.Lock()
	defer h.journal.mu.Unlock()
	op, _ := h.journal.get(id)
	op.Change, op.Watch = kindTakeOff, false
	stored, err := json.Marshal(op)
	h.journal.ops[id] = stored
	require.NoError(h.t, err)
	h.cloud.entries = append(h.cloud.entries, entry{Backend: ours("be-7")})
	return id
}

func TestASecondKindOfChangeIsCarriedOutByTheSameRules(t *testing.T) {
	t.Parallel()
	lostReadings := func(name string, n int) fault {
		switch {
		case name == "TakeOff":
			return fault{after: lost()}
		case name == "DescribeBackends" && n > 3: // for the preview, at the click, before the call
			return fault{before: apiError(500, "")}
		}
		return fault{}
	}
	for name, tt := range map[string]struct {
		faults   func(string, int) fault
		answer   string // of a person, once one is asked
		state    operation.State
		reason   operation.Reason
		evidence operation.Evidence
		calls    int
		left     int // entries of the server
	}{
		"answered": {nil, "", operation.Done, "", operation.EvidenceAnswered, 1, 0},
		"refused": {on("TakeOff", 0, fault{before: apiError(400, "INVALID")}), "", operation.NotDone,
			operation.ReasonRefused, "", 1, 1},
		"the answer is lost, and a reading proves it done": {on("TakeOff", 1, fault{after: lost()}), "",
			operation.Done, "", operation.EvidenceSeen, 1, 0},
		"the request is lost, and repeated after a reading": {on("TakeOff", 1, fault{before: lost()}), "",
			operation.Done, "", operation.EvidenceRepeated, 2, 0},
		"every request is lost, and readings prove it not done": {on("TakeOff", 0, fault{before: lost()}), "",
			operation.NotDone, operation.ReasonProven, "", 1 + operation.MaxRepeats, 1},
		"no reading works, and a person and a reading settle it": {lostReadings, operation.AnswerThere,
			operation.Done, "", operation.EvidencePerson, 1, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scene(t, func(t *testing.T, h *house) {
				id := takingOff(h)
				h.cloud.goes(tt.faults)
				done := h.process(id)
				if tt.answer != "" {
					pass(15 * time.Minute)
					require.Equal(t, operation.NeedsPerson, h.journal.now(id).State)
					h.cloud.goes(nil)
					_, err := h.intake.Answer(t.Context(), h.click(id, ana), tt.answer)
					require.NoError(t, err)
				}
				require.NoError(t, <-done)
				op := h.journal.now(id)
				require.Equal(t, tt.state, op.State)
				require.Equal(t, tt.reason, op.Reason)
				require.Equal(t, tt.evidence, op.Evidence)
				require.Len(t, op.Attempts, tt.calls)
				require.Equal(t, tt.calls, h.cloud.count("TakeOff"))
				require.Zero(t, h.cloud.count("RegisterBackend"))
				left := slices.DeleteFunc(slices.Clone(h.cloud.entries),
					func(e entry) bool { return e.InstanceID != op.Request.InstanceID })
				require.Len(t, left, tt.left)
				last := h.gate.asked[len(h.gate.asked)-1]
				require.Equal(t, operation.Action(kindTakeOff), last.Action, "the policy is asked about the change")
				require.True(t, h.isClosed(id))
			})
		})
	}
}

func TestAChangeThatIsDoneAlreadyMakesNoCall(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		id := takingOff(h)
		h.cloud.entries = nil
		require.Equal(t, operation.NothingToDo, h.carry(id).State)
		require.Zero(t, h.cloud.count("TakeOff"))
	})
}

func TestARefusalThatSaysDoneIsBelievedAfterAReading(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		id := takingOff(h)
		h.cloud.onCall = func(name string) {
			if name == "TakeOff" { // a colleague was faster
				h.cloud.mu.Lock()
				h.cloud.entries = nil
				h.cloud.mu.Unlock()
			}
		}
		require.Equal(t, operation.NothingToDo, h.carry(id).State)
		require.Equal(t, 1, h.cloud.count("TakeOff"))
	})
}

func TestAChangeOfANewerVersionIsNeitherCalledNorEnded(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		id := takingOff(h)
		delete(h.runner.Changes, kindTakeOff)
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
	})
}
