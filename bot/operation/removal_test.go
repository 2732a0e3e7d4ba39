package operation_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot/operation"
	"lbbot/zenlayer"
)

// calls counts the DeregisterBackend calls.
func (h *house) calls() int { return h.cloud.count("DeregisterBackend") }

// noReading loses the answer of the call, and every reading after the one before it.
func noReading(name string, n int) fault {
	switch {
	case name == "DeregisterBackend":
		return fault{after: lost()}
	case name == "DescribeBackends" && n > 1:
		return fault{before: apiError(500, "")}
	}
	return fault{}
}

func TestARemovalIsCarriedOutByTheSameRules(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		faults   func(string, int) fault
		answer   string // of a person, once one is asked
		state    operation.State
		reason   operation.Reason
		evidence operation.Evidence
		calls    int
		left     bool
	}{
		"answered": {nil, "", operation.Done, "", operation.EvidenceAnswered, 1, false},
		"refused": {on("DeregisterBackend", 0, fault{before: apiError(400, "INVALID")}), "", operation.NotDone,
			operation.ReasonRefused, "", 1, true},
		"the answer is lost, and a reading proves it done": {on("DeregisterBackend", 1, fault{after: lost()}), "",
			operation.Done, "", operation.EvidenceSeen, 1, false},
		"the request is lost, and repeated after a reading": {on("DeregisterBackend", 1, fault{before: lost()}), "",
			operation.Done, "", operation.EvidenceRepeated, 2, false},
		"every request is lost, and readings prove it not done": {on("DeregisterBackend", 0, fault{before: lost()}), "",
			operation.NotDone, operation.ReasonProven, "", 1 + operation.MaxRepeats, true},
		"no reading works, and a person and a reading settle it": {noReading, operation.AnswerThere,
			operation.Done, "", operation.EvidencePerson, 1, false},
		"asked to wait": {on("DeregisterBackend", 1, fault{before: apiError(429, "")}), "",
			operation.Done, "", operation.EvidenceAnswered, 2, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scene(t, func(t *testing.T, h *house) {
				id := h.leaving()
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
				require.Equal(t, tt.calls, h.calls())
				require.Zero(t, h.cloud.count("RegisterBackend"))
				require.Equal(t, tt.left, h.cloud.there("be-7"))
				last := h.gate.asked[len(h.gate.asked)-1]
				require.Equal(t, operation.ActionRemove, last.Action, "the policy is asked about the change")
				require.Equal(t, 50, last.Weight)
				require.Equal(t, []int{8080}, last.Ports)
				require.True(t, h.isClosed(id))
				if op.State == operation.Done {
					require.Equal(t, "be-7", op.BackendID)
					require.False(t, op.StatusAt.IsZero(), "a reading has not shown it any more")
					require.False(t, op.Listed)
				}
			})
		})
	}
}

func TestARemovalWhoseAnswerIsLostMakesOneCallWhileThePoolCannotBeRead(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		id := h.leaving()
		h.cloud.goes(noReading)
		h.process(id)
		pass(3 * time.Hour)
		require.Equal(t, operation.NeedsPerson, h.journal.now(id).State)
		require.Equal(t, 1, h.calls())
		h.stop(errKilled)
	})
}

func TestARemovalIsNotRepeatedOnceItsEntryHasChanged(t *testing.T) {
	t.Parallel()
	for name, edit := range map[string]func(*zenlayer.Backend){
		"ports":  func(b *zenlayer.Backend) { b.Port = "9090" },
		"weight": func(b *zenlayer.Backend) { b.Weight = 20 },
		"server": func(b *zenlayer.Backend) { b.InstanceID = "i-2" }, // its id was given again
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scene(t, func(t *testing.T, h *house) {
				id := h.leaving()
				h.cloud.goes(on("DeregisterBackend", 0, fault{before: lost()}))
				h.cloud.onCall = func(called string) {
					if called == "DeregisterBackend" {
						h.cloud.change("be-7", edit)
					}
				}
				done := h.process(id)
				pass(15 * time.Minute)
				op := h.journal.now(id)
				require.Equal(t, operation.NeedsPerson, op.State)
				require.Equal(t, 1, h.calls())
				changed := leaver()
				edit(&changed)
				require.Equal(t, operation.TargetOf(changed), *op.Found)

				_, err := h.intake.Answer(t.Context(), h.click(id, ana), operation.AnswerThere)
				require.NoError(t, err)
				pass(time.Minute)
				op = h.journal.now(id)
				require.Equal(t, operation.NeedsPerson, op.State, "a reading contradicts that it was removed")
				require.True(t, op.Mismatch)

				_, err = h.intake.Answer(t.Context(), h.click(id, ana), operation.AnswerNotThere)
				require.NoError(t, err)
				require.NoError(t, <-done)
				op = h.journal.now(id)
				require.Equal(t, operation.NotDone, op.State)
				require.Equal(t, operation.ReasonPerson, op.Reason)
				require.Equal(t, 1, h.calls())
				require.True(t, h.cloud.there("be-7"))
			})
		})
	}
}

func TestAnEntryThatChangedBeforeTheCallIsNotRemoved(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		id := h.leaving()
		h.cloud.change("be-7", func(b *zenlayer.Backend) { b.Port, b.Weight = "9090", 20 })
		op := h.carry(id)
		require.Equal(t, operation.NotDone, op.State)
		require.Equal(t, operation.ReasonDiffers, op.Reason)
		require.Equal(t, operation.Target{BackendID: "be-7", Name: "web-01", Ports: "9090", Weight: 20,
			InstanceID: "i-1"}, *op.Found)
		require.Zero(t, h.calls())
	})
}

func TestAnEntryThatIsGoneBeforeTheCallLeavesNothingToDo(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		id := h.leaving()
		h.cloud.change("be-7", nil)
		op := h.carry(id)
		require.Equal(t, operation.NothingToDo, op.State)
		require.Equal(t, "be-7", op.BackendID)
		require.Zero(t, h.calls())
	})
}

// A list that lags shows the entry, so the call is repeated; then Zenlayer does not
// know it any more. Until the list agrees, nothing is claimed.
func TestARepeatThatFindsNothingIsNeverCalledNotRemoved(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		lag  time.Duration
		ends operation.State
	}{
		"the list follows":             {5 * time.Minute, operation.Done},
		"the list follows too late":    {30 * time.Minute, operation.NeedsPerson},
		"the list follows immediately": {4 * time.Second, operation.Done},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scene(t, func(t *testing.T, h *house) {
				h.cloud.lag = tt.lag
				h.cloud.goes(on("DeregisterBackend", 1, fault{after: lost()}))
				id := h.leaving()
				h.process(id)
				pass(20 * time.Minute)
				op := h.journal.now(id)
				require.Equal(t, tt.ends, op.State)
				require.Equal(t, []string{"be-7"}, h.cloud.taken)
				require.Equal(t, 2, h.calls())
				h.stop(errKilled)
			})
		})
	}
}

// Zenlayer does not know the entry: a colleague was faster, or Zenlayer is wrong. Until
// the list agrees, nothing is claimed.
func TestARefusalThatSaysTheEntryIsGoneIsBelievedAfterAReading(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		gone   bool
		lag    time.Duration
		before operation.State // 9 minutes after the call
		ends   operation.State
	}{
		"the list agrees":          {true, 0, operation.NothingToDo, operation.NothingToDo},
		"the list agrees late":     {true, 40 * time.Second, operation.NothingToDo, operation.NothingToDo},
		"the list goes on showing": {false, 0, operation.Unconfirmed, operation.NeedsPerson},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scene(t, func(t *testing.T, h *house) {
				id := h.leaving()
				h.cloud.lag = tt.lag
				h.cloud.goes(on("DeregisterBackend", 0,
					fault{before: apiError(404, "OPERATION_FAILED_RESOURCE_NOT_FOUND")}))
				h.cloud.onCall = func(name string) {
					if name == "DeregisterBackend" && tt.gone { // a colleague was faster
						h.cloud.change("be-7", nil)
					}
				}
				h.process(id)
				pass(9 * time.Minute)
				require.Equal(t, tt.before, h.journal.now(id).State)
				pass(6 * time.Minute)
				require.Equal(t, tt.ends, h.journal.now(id).State)
				require.Equal(t, 1, h.calls())
				h.stop(errKilled)
			})
		})
	}
}

func TestARemovalAfterAnErrorThatDidNothingIsNotClaimedByTheBot(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		id := h.leaving()
		h.cloud.goes(on("DeregisterBackend", 1, fault{after: apiError(503, zenlayer.CodeTemporarilyUnavailable)}))
		op := h.carry(id)
		require.Equal(t, operation.Done, op.State)
		require.Equal(t, operation.EvidenceSeen, op.Evidence)
		require.Equal(t, 1, h.calls(), "the reading before the next try shows it")
	})
}

func TestAnEntryThatChangedAfterADoubtfulAnswerIsSettledByAPerson(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		id := h.leaving()
		h.cloud.goes(on("DeregisterBackend", 1, fault{before: apiError(503, zenlayer.CodeTemporarilyUnavailable)}))
		h.cloud.onCall = func(name string) {
			if name == "DeregisterBackend" {
				h.cloud.change("be-7", func(b *zenlayer.Backend) { b.Weight = 20 })
			}
		}
		done := h.process(id)
		pass(15 * time.Minute)
		require.Equal(t, operation.NeedsPerson, h.journal.now(id).State)
		_, err := h.intake.Answer(t.Context(), h.click(id, ana), operation.AnswerNotThere)
		require.NoError(t, err)
		require.NoError(t, <-done)
		require.Equal(t, operation.ReasonPerson, h.journal.now(id).Reason)
		require.Equal(t, 1, h.calls())
	})
}

func TestAListThatStillShowsARemovedEntryIsSaidSo(t *testing.T) {
	t.Parallel()
	for name, lag := range map[string]time.Duration{"for a while": 40 * time.Second, "for long": time.Hour} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scene(t, func(t *testing.T, h *house) {
				h.cloud.lag = lag
				op := h.carry(h.leaving())
				require.Equal(t, operation.Done, op.State)
				require.Equal(t, operation.EvidenceAnswered, op.Evidence)
				require.Equal(t, "T-off-be-7", op.RequestID)
				long := lag > time.Minute
				require.Equal(t, long, op.Listed)
				if long {
					require.Equal(t, "Available", op.BackendStatus)
					require.Len(t, h.reporter.told, 1, "the owner is told")
					return
				}
				require.Empty(t, op.BackendStatus)
				require.Empty(t, h.reporter.told)
				require.True(t, h.journal.was(func(o operation.Operation) bool { return o.Listed }))
			})
		})
	}
}

func TestAListenerThatIsGoneSettlesARemoval(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		id := h.leaving()
		h.cloud.removeListener("lst-1")
		op := h.carry(id)
		require.Equal(t, operation.NotDone, op.State)
		require.Equal(t, operation.ReasonGone, op.Reason)
		require.Zero(t, h.calls())
	})
	scene(t, func(t *testing.T, h *house) {
		id := h.leaving()
		h.cloud.goes(on("DeregisterBackend", 1, fault{before: lost()}))
		h.cloud.onCall = func(name string) {
			if name == "DeregisterBackend" {
				h.cloud.removeListener("lst-1")
			}
		}
		op := h.carry(id)
		require.Equal(t, operation.Done, op.State)
		require.Equal(t, operation.EvidenceGone, op.Evidence)
		require.Equal(t, 1, h.calls())
	})
}

func TestAPoolThatIsNotFoundProvesNoRemovalWhileTheListenerIsListed(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		id := h.leaving()
		h.cloud.goes(func(name string, n int) fault {
			switch {
			case name == "DeregisterBackend":
				return fault{before: lost()}
			case name == "DescribeBackends" && n > 1:
				return fault{before: apiError(404, "INVALID_LB_LISTENER_NOT_FOUND")}
			}
			return fault{}
		})
		h.process(id)
		pass(15 * time.Minute)
		require.Equal(t, operation.NeedsPerson, h.journal.now(id).State)
		require.Equal(t, 1, h.calls())
		h.stop(errKilled)
	})
}

func TestPermissionIsAskedAgainBeforeARemovalIsRepeated(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		id := h.leaving()
		h.cloud.goes(on("DeregisterBackend", 0, fault{before: lost()}))
		h.cloud.onCall = func(name string) {
			if name == "DeregisterBackend" {
				h.gate.rules(func(operation.Question) operation.Decision {
					return operation.Decision{Code: operation.DeniedNoRule}
				})
			}
		}
		op := h.carry(id)
		require.Equal(t, operation.NotDone, op.State)
		require.Equal(t, operation.ReasonProven, op.Reason)
		require.Equal(t, 1, h.calls())
	})
}

func TestAnEntryThatAnotherRemovalHasJustTakenOffLeavesNothingToDo(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		h.cloud.lag = 40 * time.Second
		h.journal.alter(h.leaving(), func(op *operation.Operation) {
			op.State, op.BackendID, op.FinishedAt = operation.Done, "be-7", time.Now()
		})
		op := h.carry(h.removal(leaver()))
		require.Equal(t, operation.NothingToDo, op.State, "although the list still shows it")
		require.Equal(t, "be-7", op.BackendID)
		require.Zero(t, h.calls())
	})
}
