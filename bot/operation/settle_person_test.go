package operation_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot/operation"
)

func TestAnUnreadablePoolNeedsAPersonAndTheOwnerIsToldOnce(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		id, done := stuck(t, h)
		pass(30 * time.Hour)
		require.Equal(t, operation.NeedsPerson, h.journal.now(id).State, "it waits for a person, however long")
		require.Len(t, h.reporter.told, 1)
		_, err := h.intake.Answer(t.Context(), h.click(id, ana), operation.AnswerNotThere)
		require.NoError(t, err)
		require.NoError(t, <-done)
		op := h.journal.now(id)
		require.Equal(t, operation.NotDone, op.State)
		require.Equal(t, operation.ReasonPerson, op.Reason)
		require.Equal(t, ana.UserID, op.AnswerBy)
		require.Len(t, h.reporter.told, 1)
	})
}

func TestTheOwnerIsToldOnceAlsoWhenAClickComesInBetween(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		var id string
		h.reporter.fault = func(name string) fault {
			if name == "TellOwner" {
				_, err := h.intake.Answer(context.Background(), h.click(id, bo), operation.AnswerThere)
				require.NoError(t, err)
			}
			return fault{}
		}
		h.gate.decide = func(operation.Question) operation.Decision { return yes }
		id = h.accepted(request())
		h.cloud.fault = func(name string, n int) fault {
			if name == "RegisterBackend" || name == "DescribeBackends" && n > 3 {
				return fault{before: lost()}
			}
			return fault{}
		}
		h.process(id)
		pass(30 * time.Minute)
		require.Len(t, h.reporter.told, 1)
		require.Equal(t, bo.UserID, h.journal.now(id).AnswerBy, "the click is not lost")
		h.stop(errKilled)
	})
}

func TestAPersonsWaitIsNotHeldUpBySlack(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		h.reporter.fault = func(name string) fault {
			if name == "TellOwner" {
				return fault{hold: 1000 * time.Hour}
			}
			return fault{}
		}
		id, done := stuck(t, h)
		_, err := h.intake.Answer(t.Context(), h.click(id, ana), operation.AnswerNotThere)
		require.NoError(t, err)
		begun := time.Now()
		require.NoError(t, <-done)
		require.Less(t, time.Since(begun), time.Minute)
	})
}

func TestAPersonAndAReadingAgree(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		id, done := stuck(t, h)
		h.cloud.add(ours("be-7"))
		_, err := h.intake.Answer(t.Context(), h.click(id, bo), operation.AnswerThere)
		require.NoError(t, err)
		require.NoError(t, <-done)
		op := h.journal.now(id)
		require.Equal(t, operation.Done, op.State)
		require.Equal(t, operation.EvidencePerson, op.Evidence)
		require.Equal(t, "be-7", op.BackendID)
	})
}

func TestAPersonAndAReadingDisagree(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		answer string
		there  bool
		end    operation.State
	}{
		"yes, but it is not seen": {operation.AnswerThere, false, operation.Done},
		"no, but it is seen":      {operation.AnswerNotThere, true, operation.NotDone},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scene(t, func(t *testing.T, h *house) {
				id, done := stuck(t, h)
				if tt.there {
					h.cloud.add(ours("be-7"))
				}
				answered, err := h.intake.Answer(t.Context(), h.click(id, ana), tt.answer)
				require.NoError(t, err)
				pass(time.Minute)
				op := h.journal.now(id)
				require.Equal(t, operation.NeedsPerson, op.State)
				require.True(t, op.Mismatch)
				require.Greater(t, op.PersonSince, answered.Version,
					"they are asked again, so a card that cannot be edited is replaced")

				// The pool then changes to what the person said.
				h.cloud.mu.Lock()
				h.cloud.entries = h.cloud.entries[:1]
				h.cloud.mu.Unlock()
				if !tt.there {
					h.cloud.add(ours("be-7"))
				}
				_, err = h.intake.CheckNow(t.Context(), h.click(id, ana))
				require.NoError(t, err)
				require.NoError(t, <-done)
				require.Equal(t, tt.end, h.journal.now(id).State)
			})
		})
	}
}
