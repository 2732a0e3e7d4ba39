package operation_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot/operation"
	"lbbot/zenlayer"
)

func TestEveryRefusalHasItsReason(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		err    error
		reason operation.Reason
	}{
		"an unknown server":       {apiError(404, "INVALID_INSTANCE_NOT_FOUND"), operation.ReasonRefused},
		"a listener that is gone": {apiError(404, "INVALID_LB_LISTENER_NOT_FOUND"), operation.ReasonGone},
		"a wrong value":           {apiError(400, "INVALID_PARAMETER_VALUE"), operation.ReasonRefused},
		"a code nobody knows":     {apiError(403, "SOMETHING_NEW"), operation.ReasonRefused},
		"a key that is refused":   {apiError(401, "AUTHFAILURE_SIGNATURE_FAILURE"), operation.ReasonCredentials},
		"stopped in front":        {&zenlayer.APIError{Status: 403, Blocked: true}, operation.ReasonBlocked},
		"an invalid request":      {&zenlayer.InvalidError{Action: "A", Err: errJournal}, operation.ReasonRefused},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scene(t, func(t *testing.T, h *house) {
				h.cloud.goes(on("RegisterBackend", 0, fault{before: tt.err}))
				op := h.carry(h.accepted(request()))
				require.Equal(t, operation.NotDone, op.State)
				require.Equal(t, tt.reason, op.Reason)
				require.Len(t, h.cloud.sent(), 1)
				require.NotEmpty(t, op.Fault)
			})
		})
	}
}

func TestAConflictIsLookedAtBeforeItIsCalledRefused(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		appears func(*zenlayer.Backend)
		late    time.Duration
		state   operation.State
		reason  operation.Reason
	}{
		"the same entry":             {func(*zenlayer.Backend) {}, 0, operation.NothingToDo, ""},
		"the same entry, shown late": {func(*zenlayer.Backend) {}, 3 * time.Second, operation.NothingToDo, ""},
		"the same with another weight": {func(b *zenlayer.Backend) { b.Weight = 7 }, 0, operation.NotDone,
			operation.ReasonDiffers},
		"other ports": {func(b *zenlayer.Backend) { b.Port = "1" }, 0, operation.NotDone,
			operation.ReasonRefused},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scene(t, func(t *testing.T, h *house) {
				h.cloud.onCall = func(name string) {
					if name == "RegisterBackend" { // a colleague is faster by a moment
						b := ours("be-7")
						tt.appears(&b)
						h.cloud.add(b)
						h.cloud.entries[len(h.cloud.entries)-1].seen = time.Now().Add(tt.late)
					}
				}
				op := h.carry(h.accepted(request()))
				require.Equal(t, tt.state, op.State)
				require.Equal(t, tt.reason, op.Reason)
				require.Len(t, h.cloud.sent(), 1)
				if tt.reason == operation.ReasonRefused {
					require.Equal(t, "INVALID_BACKEND_INSTANCE_LISTENER_EXIST", op.Fault.Code)
				} else {
					require.Equal(t, "be-7", op.BackendID)
				}
			})
		})
	}
}

func TestAConflictWhosePoolCannotBeReadStaysARefusal(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		h.cloud.fault = func(name string, n int) fault {
			if name == "RegisterBackend" {
				return fault{before: apiError(409, "INVALID_BACKEND_INSTANCE_LISTENER_EXIST")}
			}
			if name == "DescribeBackends" && n > 3 {
				return fault{before: lost()}
			}
			return fault{}
		}
		op := h.carry(h.accepted(request()))
		require.Equal(t, operation.ReasonRefused, op.Reason)
		require.Equal(t, 409, op.Fault.Status)
	})
}

func TestBeingAskedToWaitIsHonoured(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		h.cloud.goes(on("RegisterBackend", 1,
			fault{before: &zenlayer.APIError{Status: 429, RetryAfter: 12 * time.Second}}))
		id := h.accepted(request())
		done := h.process(id)
		pass(time.Second)
		op := h.journal.now(id)
		require.Equal(t, operation.WaitRateLimit, op.WaitFor)
		require.Equal(t, 12*time.Second, op.WaitUntil.Sub(op.Attempts[0].AnsweredAt))
		// A stray button does not make it earlier.
		require.NoError(t, h.engine.Poke(t.Context(), id))
		require.NoError(t, <-done)
		sent := h.cloud.sent()
		require.Len(t, sent, 2)
		require.Equal(t, 12*time.Second, sent[1].at.Sub(sent[0].at))
		op = h.journal.now(id)
		require.Equal(t, operation.Done, op.State)
		require.Equal(t, operation.EvidenceAnswered, op.Evidence, "the first try did nothing, so this is the answer")
	})
}

func TestWaitingHasAnEnd(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		call   string
		err    error
		reason operation.Reason
		least  time.Duration
		most   time.Duration
	}{
		"asked to wait again and again": {"RegisterBackend", apiError(429, "REQUEST_LIMIT_EXCEEDED"),
			operation.ReasonRateLimited, time.Minute, operation.GiveUpAfter},
		"asked to wait too long": {"RegisterBackend",
			&zenlayer.APIError{Status: 429, Code: zenlayer.CodeRequestLimitExceeded,
				RetryAfter: time.Hour}, operation.ReasonRateLimited, 0, time.Second},
		"asked to wait while looking": {"DescribeBackends", apiError(429, ""), operation.ReasonRateLimited,
			time.Minute, operation.GiveUpAfter},
		"no network": {"RegisterBackend", unsent(), operation.ReasonUnreachable,
			10 * time.Second, 30 * time.Second},
		"no network while looking": {"DescribeListeners", unsent(), operation.ReasonUnreachable,
			10 * time.Second, 30 * time.Second},
		"a reading that never ends": {"DescribeBackends", nil, operation.ReasonUnreachable, 0, 2 * time.Minute},
		"a clock that is off, retried once": {"RegisterBackend", apiError(401, "AUTHFAILURE_SIGNATURE_EXPIRED"),
			operation.ReasonClockSkew, 0, 3 * time.Second},
		"not available": {"RegisterBackend", apiError(503, "SERVICE_TEMPORARY_UNAVAILABLE"),
			operation.ReasonProven, operation.ProofAfter, operation.ProofAfter + operation.GiveUpAfter},
		"not available while looking": {"DescribeBackends", apiError(503, "SERVICE_TEMPORARY_UNAVAILABLE"),
			operation.ReasonUnreachable, 10 * time.Second, operation.GiveUpAfter},
		"the key is refused while looking": {"DescribeListeners", apiError(401, "AUTHFAILURE_SIGNATURE_FAILURE"),
			operation.ReasonCredentials, 0, time.Second},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scene(t, func(t *testing.T, h *house) {
				id := h.accepted(request())
				h.cloud.goes(on(tt.call, 0, fault{before: tt.err}))
				if tt.err == nil {
					h.cloud.goes(on(tt.call, 0, fault{hold: 100 * time.Hour}))
				}
				begun := time.Now()
				op := h.carry(id)
				require.Equal(t, operation.NotDone, op.State)
				require.Equal(t, tt.reason, op.Reason)
				require.GreaterOrEqual(t, time.Since(begun), tt.least)
				require.LessOrEqual(t, time.Since(begun), tt.most)
				if tt.reason == operation.ReasonClockSkew {
					require.Len(t, h.cloud.sent(), 2)
				}
			})
		})
	}
}

func TestANetworkThatComesBackIsUsed(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		id := h.accepted(request())
		h.cloud.fault = func(name string, n int) fault {
			if name == "DescribeListeners" && n < 5 {
				return fault{before: unsent()}
			}
			return fault{}
		}
		require.Equal(t, operation.Done, h.carry(id).State)
	})
}

func TestWhatIsThereAlreadyIsNotSent(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		weight int
		state  operation.State
		reason operation.Reason
	}{
		"the same":       {50, operation.NothingToDo, ""},
		"another weight": {7, operation.NotDone, operation.ReasonDiffers},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scene(t, func(t *testing.T, h *house) {
				id := h.accepted(request())
				b := ours("be-7")
				b.Weight = tt.weight
				h.cloud.add(b) // after the click
				op := h.carry(id)
				require.Equal(t, tt.state, op.State)
				require.Equal(t, tt.reason, op.Reason)
				require.Equal(t, tt.weight, op.FoundWeight)
				require.Empty(t, h.cloud.sent())
			})
		})
	}
}

func TestTheRightIsAskedForAgainRightBeforeTheCall(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		id := h.accepted(request())
		require.Len(t, h.gate.asked, 2, "at the preview and at the click")
		h.gate.decide = func(operation.Question) operation.Decision {
			return operation.Decision{Code: operation.DeniedForbidden, Reason: "frozen"}
		}
		op := h.carry(id)
		require.Equal(t, operation.NotDone, op.State)
		require.Equal(t, operation.ReasonDenied, op.Reason)
		require.Equal(t, "frozen", op.Denial.Reason)
		require.Empty(t, h.cloud.sent())
		require.Equal(t, 50, h.gate.asked[2].Weight)
		require.Equal(t, "lb-1", h.gate.asked[2].Listener.LoadBalancerID)
	})
}

func TestStopBeforeSendingCancels(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		id := h.accepted(request())
		_, err := h.intake.Stop(t.Context(), h.click(id, bo))
		require.NoError(t, err)
		op := h.carry(id)
		require.Equal(t, operation.ReasonStopped, op.Reason)
		require.Equal(t, bo.UserID, op.StopBy)
		require.Empty(t, h.cloud.sent())
	})
}

func TestStopDuringTheLastChecksCancels(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		id := h.accepted(request())
		stopped := false
		h.cloud.onCall = func(name string) {
			if name == "DescribeBackends" && !stopped {
				stopped = true
				_, err := h.intake.Stop(context.Background(), h.click(id, ana))
				require.NoError(t, err)
			}
		}
		require.Equal(t, operation.ReasonStopped, h.carry(id).Reason)
		require.Empty(t, h.cloud.sent())
	})
}

func TestStopWhileWaitingCancelsAtOnce(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		h.cloud.goes(on("RegisterBackend", 0,
			fault{before: &zenlayer.APIError{Status: 429, Code: zenlayer.CodeRequestLimitExceeded,
				RetryAfter: time.Minute}}))
		id := h.accepted(request())
		done := h.process(id)
		pass(time.Second)
		_, err := h.intake.Stop(t.Context(), h.click(id, ana))
		require.NoError(t, err)
		begun := time.Now()
		require.NoError(t, <-done)
		require.Less(t, time.Since(begun), time.Second)
		require.Equal(t, operation.ReasonStopped, h.journal.now(id).Reason)
		require.Len(t, h.cloud.sent(), 1)
	})
}

func TestStopAfterSendingMeansNoFurtherAttempt(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		id := h.accepted(request())
		h.cloud.lag = time.Minute
		h.cloud.goes(on("RegisterBackend", 1, fault{hold: 5 * time.Second, after: lost()}))
		done := h.process(id)
		pass(time.Second)
		_, err := h.intake.Stop(t.Context(), h.click(id, ana)) // while the call is under way
		require.NoError(t, err)
		require.NoError(t, <-done)
		op := h.journal.now(id)
		require.Equal(t, operation.Done, op.State, "what was sent is settled all the same")
		require.Equal(t, ana.UserID, op.StopBy)
		require.Len(t, h.cloud.sent(), 1)
	})
}

func TestARehearsalDoesEverythingButTheWrite(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		h.intake.Settings.Rehearsal = true
		op := h.carry(h.accepted(request()))
		require.Equal(t, operation.ReasonRehearsal, op.Reason)
		require.Empty(t, h.cloud.sent())
	})
}

func TestAnAnswerIsKeptUntilTheJournalTakesIt(t *testing.T) {
	t.Parallel()
	for name, err := range map[string]error{"an answer": nil, "a refusal": apiError(400, "INVALID_PARAMETER_VALUE")} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scene(t, func(t *testing.T, h *house) {
				id := h.accepted(request())
				var until time.Time
				h.cloud.goes(on("RegisterBackend", 0, fault{before: err}))
				h.cloud.onCall = func(name string) {
					if name == "RegisterBackend" {
						until = time.Now().Add(time.Minute)
					}
				}
				h.journal.fault = func(string) fault {
					if time.Now().Before(until) {
						return fault{before: errJournal}
					}
					return fault{}
				}
				op := h.carry(id)
				require.Len(t, h.cloud.sent(), 1)
				if err == nil {
					require.Equal(t, operation.EvidenceAnswered, op.Evidence)
				} else {
					require.Equal(t, operation.ReasonRefused, op.Reason)
				}
				require.False(t, h.journal.was(func(o operation.Operation) bool {
					return o.State == operation.Unconfirmed
				}))
			})
		})
	}
}

func TestAPanicBeforeSendingIsNotAddedAfterwardsAPersonsMatter(t *testing.T) {
	t.Parallel()
	t.Run("before", func(t *testing.T) {
		t.Parallel()
		scene(t, func(t *testing.T, h *house) {
			id := h.accepted(request())
			h.cloud.goes(on("DescribeListeners", 0, fault{panics: true}))
			op := h.carry(id)
			require.Equal(t, operation.NotDone, op.State)
			require.Equal(t, operation.ReasonInternal, op.Reason)
			require.Empty(t, h.cloud.calls[len(h.cloud.calls):])
			require.Empty(t, h.cloud.sent())
			require.True(t, h.isClosed(id))
		})
	})
	t.Run("after", func(t *testing.T) {
		t.Parallel()
		scene(t, func(t *testing.T, h *house) {
			id := h.accepted(request())
			h.cloud.goes(on("RegisterBackend", 0, fault{panics: true}))
			done := h.process(id)
			pass(time.Minute)
			require.Equal(t, operation.NeedsPerson, h.journal.now(id).State)
			require.Len(t, h.reporter.told, 1)
			pass(20 * time.Minute)
			_, err := h.intake.Answer(t.Context(), h.click(id, ana), operation.AnswerNotThere)
			require.NoError(t, err)
			require.NoError(t, <-done)
			require.Equal(t, operation.ReasonPerson, h.journal.now(id).Reason)
		})
	})
	t.Run("in the first card", func(t *testing.T) {
		t.Parallel()
		scene(t, func(t *testing.T, h *house) {
			id := h.accepted(request())
			n := 0
			h.reporter.fault = func(string) fault { n++; return fault{panics: n == 1} }
			require.Equal(t, operation.Done, h.carry(id).State)
		})
	})
	t.Run("in the journal", func(t *testing.T) {
		t.Parallel()
		scene(t, func(t *testing.T, h *house) {
			id := h.accepted(request())
			n := 0
			h.journal.fault = func(call string) fault {
				if call == "Save" {
					n++
				}
				return fault{panics: call == "Save" && n < 4}
			}
			op := h.carry(id)
			require.True(t, op.State.Final(), "ending what broke may break as well")
		})
	})
}

func TestASlowFirstCardHoldsNothingUp(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		id := h.accepted(request())
		first := true
		h.reporter.fault = func(string) fault {
			defer func() { first = false }()
			return map[bool]fault{true: {hold: time.Hour}}[first]
		}
		begun := time.Now()
		op := h.carry(id)
		require.Equal(t, operation.Done, op.State)
		require.LessOrEqual(t, h.cloud.sent()[0].at.Sub(begun), 2*time.Second)
	})
}

func TestAResultIsReportedHoweverLongSlackIsAway(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		id := h.accepted(request())
		back := time.Now().Add(50 * time.Hour)
		tries := 0
		h.reporter.fault = func(string) fault {
			tries++
			if time.Now().Before(back) {
				return fault{before: errJournal}
			}
			return fault{}
		}
		require.Equal(t, operation.Done, h.carry(id).State)
		require.True(t, h.isClosed(id))
		require.Less(t, time.Since(back), 2*time.Hour)
		require.Less(t, tries, 400)
	})
}

func TestABackendThatIsNeverListedIsTheOwnersMatter(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		h.cloud.lag = time.Hour
		begun := time.Now()
		op := h.carry(h.accepted(request()))
		require.Equal(t, operation.Done, op.State)
		require.Empty(t, op.BackendStatus)
		require.Len(t, h.reporter.told, 1)
		require.Less(t, time.Since(begun), 5*time.Minute)
	})
}

func TestAStatusIsNotWatchedWhenThatWasAsked(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		reg := request()
		reg.NoWatch = true
		op := h.carry(h.accepted(reg))
		require.Equal(t, operation.Done, op.State)
		require.Zero(t, op.StatusLooks)
	})
}
