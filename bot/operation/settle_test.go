package operation_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot/operation"
	"lbbot/commands"
	"lbbot/zenlayer"
)

// answers are the ways in which a call can end without our knowing.
func answers() map[string]fault {
	return map[string]fault{
		"lost after it worked":     {after: lost()},
		"lost before it worked":    {before: lost()},
		"timed out":                {hold: time.Hour},
		"a bad gateway":            {before: apiError(502, "")},
		"a bad gateway afterwards": {after: apiError(502, "")},
	}
}

func TestAnAnsweredCallIsAdded(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		reg := request()
		id := h.accepted(reg)
		op := h.carry(id)
		require.Equal(t, operation.Done, op.State)
		require.Equal(t, operation.EvidenceAnswered, op.Evidence)
		require.Equal(t, "be-101", op.BackendID)
		require.Equal(t, "T-be-101", op.RequestID)
		require.Equal(t, "Available", op.BackendStatus)
		require.Len(t, h.cloud.sent(), 1)
		require.True(t, h.isClosed(id))
		require.Equal(t, []operation.State{operation.Accepted, operation.Done}, h.reporter.states())
	})
}

func TestARepeatWithTheSameTokenConfirms(t *testing.T) {
	t.Parallel()
	for name, f := range answers() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scene(t, func(t *testing.T, h *house) {
				h.cloud.lag = 5 * time.Minute // so that looking cannot settle it
				h.cloud.goes(on("RegisterBackend", 1, f))
				op := h.carry(h.accepted(request()))
				require.Equal(t, operation.Done, op.State)
				require.Equal(t, operation.EvidenceRepeated, op.Evidence)
				sent := h.cloud.sent()
				require.Len(t, sent, 2)
				require.Equal(t, sent[0].token, sent[1].token)
				require.Equal(t, 1, h.oursOn())
			})
		})
	}
}

func TestAnEntryThatWasNotThereBeforeIsSeen(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		h.cloud.goes(on("RegisterBackend", 1, fault{after: lost()}))
		op := h.carry(h.accepted(request()))
		require.Equal(t, operation.Done, op.State)
		require.Equal(t, operation.EvidenceSeen, op.Evidence)
		require.Equal(t, "be-101", op.BackendID)
		require.Len(t, h.cloud.sent(), 1, "it was seen, so it was not asked for again")
		require.False(t, h.journal.was(func(o operation.Operation) bool { return o.State == operation.NotDone }))
		require.True(t, h.journal.was(func(o operation.Operation) bool { return o.State == operation.Unconfirmed }))
	})
}

func TestOnlyThisServerThesePortsAndThisWeightAreOurs(t *testing.T) {
	t.Parallel()
	other := func(change func(*zenlayer.Backend)) zenlayer.Backend {
		b := ours("be-x")
		change(&b)
		return b
	}
	tests := map[string]zenlayer.Backend{
		"the same name only": other(func(b *zenlayer.Backend) { b.Name, b.InstanceID = "web-01", "i-77" }),
		"other ports":        other(func(b *zenlayer.Backend) { b.Port = "9090" }),
		"more ports":         other(func(b *zenlayer.Backend) { b.Port = "8080,8081" }),
		"another weight":     other(func(b *zenlayer.Backend) { b.Weight = 20 }),
	}
	for name, b := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scene(t, func(t *testing.T, h *house) {
				h.cloud.goes(on("RegisterBackend", 0, fault{before: lost()}))
				id := h.accepted(request())
				done := h.process(id)
				pass(time.Second)
				h.cloud.add(b)
				require.NoError(t, <-done)
				op := h.journal.now(id)
				require.Equal(t, operation.NotDone, op.State)
				require.Equal(t, operation.ReasonProven, op.Reason)
			})
		})
	}
}

func TestAnEntryFromBeforeTheFirstAttemptIsNotOurs(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		// It was there with another weight on the same server and other
		// ports; a colleague then changes it into what was asked for.
		b := ours("be-old")
		b.Port = "9090"
		h.cloud.add(b)
		h.cloud.goes(on("RegisterBackend", 0, fault{before: lost()}))
		id := h.accepted(request())
		done := h.process(id)
		pass(time.Second)
		h.cloud.mu.Lock()
		h.cloud.entries[len(h.cloud.entries)-1].Port = "8080"
		h.cloud.mu.Unlock()
		require.NoError(t, <-done)
		require.Equal(t, operation.ReasonProven, h.journal.now(id).Reason)
	})
}

func TestNotAddedAfterNoAnswerNeedsTenMinutesAndACompleteReading(t *testing.T) {
	t.Parallel()
	for name, f := range map[string]fault{"lost": {before: lost()}, "timed out": {hold: time.Hour},
		"bad gateway": {before: apiError(502, "")}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scene(t, func(t *testing.T, h *house) {
				h.cloud.goes(on("RegisterBackend", 0, f))
				op := h.carry(h.accepted(request()))
				require.Equal(t, operation.NotDone, op.State)
				require.Equal(t, operation.ReasonProven, op.Reason)
				require.GreaterOrEqual(t, op.FinishedAt.Sub(op.LastSent()), operation.ProofAfter)
				require.Less(t, op.FinishedAt.Sub(op.LastSent()), operation.ProofAfter+2*time.Minute)
				require.Equal(t, op.FinishedAt, op.LastLook, "the last reading is the proof")
				require.Len(t, op.Attempts, 1+operation.MaxRepeats)
			})
		})
	}
}

func TestABackendThatShowsLateIsStillSeen(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		h.cloud.lag = 9 * time.Minute
		h.cloud.goes(on("RegisterBackend", 0, fault{after: lost()}))
		op := h.carry(h.accepted(request()))
		require.Equal(t, operation.Done, op.State)
		require.Equal(t, operation.EvidenceSeen, op.Evidence)
		require.Equal(t, 1, h.oursOn(), "the repeats had the same token")
	})
}

// stuck brings an operation to where it needs a person: the pool cannot be
// read. It returns the run's end.
func stuck(t *testing.T, h *house) (id string, done <-chan error) {
	t.Helper()
	id = h.accepted(request())
	sent := false
	h.cloud.fault = func(name string, _ int) fault {
		switch {
		case name == "RegisterBackend":
			sent = true
			return fault{before: lost()}
		case name == "DescribeBackends" && sent:
			return fault{before: apiError(503, "SERVICE_TEMPORARY_UNAVAILABLE")}
		}
		return fault{}
	}
	done = h.process(id)
	pass(9 * time.Minute)
	require.Equal(t, operation.Unconfirmed, h.journal.now(id).State)
	pass(2 * time.Minute)
	op := h.journal.now(id)
	require.Equal(t, operation.NeedsPerson, op.State)
	require.NotEmpty(t, op.LookFault)
	require.Positive(t, op.PersonSince)
	require.LessOrEqual(t, op.PersonSince, op.Version)
	require.Len(t, h.cloud.sent(), 1, "who cannot look does not repeat")
	h.cloud.goes(nil)
	return id, done
}

func TestSeveralMatchesNeedAPerson(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		h.cloud.twice = true
		h.cloud.goes(on("RegisterBackend", 0, fault{after: lost()}))
		h.cloud.lag = time.Second
		id := h.accepted(request())
		done := h.process(id)
		pass(500 * time.Millisecond)
		h.cloud.add(ours("be-7"))
		pass(5 * time.Second)
		op := h.journal.now(id)
		require.Equal(t, operation.NeedsPerson, op.State)
		require.ElementsMatch(t, []string{"be-7", "be-101"}, op.Matches)

		// "Not there" is no proof while what was sent can still arrive, even
		// when a reading agrees for the moment.
		h.cloud.mu.Lock()
		kept := h.cloud.entries
		h.cloud.entries = kept[:1]
		h.cloud.mu.Unlock()
		_, err := h.intake.Answer(t.Context(), h.click(id, ana), operation.AnswerNotThere)
		require.NoError(t, err)
		pass(5 * time.Minute)
		require.Equal(t, operation.NeedsPerson, h.journal.now(id).State)
		pass(6 * time.Minute)
		require.NoError(t, <-done)
		require.Equal(t, operation.ReasonPerson, h.journal.now(id).Reason)
	})
}

func TestAnEntryThatMayBeOursIsNeverProofThatNothingIsThere(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		ports  []int
		port   string
		weight int
	}{
		"ports that cannot be read":                 {[]int{8080}, "tcp/8080", 50},
		"ports of its own when none were asked for": {nil, "8443", 50},
		"a weight that is not shown":                {[]int{8080}, "8080", 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scene(t, func(t *testing.T, h *house) {
				reg := request()
				reg.Ports = tt.ports
				h.cloud.goes(on("RegisterBackend", 0, fault{before: lost()}))
				id := h.accepted(reg)
				done := h.process(id)
				pass(time.Second)
				b := ours("be-7")
				b.Port, b.Weight = tt.port, tt.weight
				h.cloud.add(b)
				pass(20 * time.Minute)
				op := h.journal.now(id)
				require.Equal(t, operation.NeedsPerson, op.State)
				require.Equal(t, []string{"be-7"}, op.Matches)
				_, err := h.intake.Answer(t.Context(), h.click(id, ana), operation.AnswerThere)
				require.NoError(t, err)
				require.NoError(t, <-done)
				require.Equal(t, operation.Done, h.journal.now(id).State)
			})
		})
	}
}

func TestAListenerThatIsGoneHoldsNothing(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		h.cloud.goes(on("RegisterBackend", 0, fault{before: lost()}))
		id := h.accepted(request())
		done := h.process(id)
		pass(time.Second)
		h.cloud.removeListener("lst-1")
		require.NoError(t, <-done)
		op := h.journal.now(id)
		require.Equal(t, operation.ReasonProven, op.Reason)
		require.GreaterOrEqual(t, op.FinishedAt.Sub(op.LastSent()), operation.ProofAfter)
		require.Len(t, h.cloud.sent(), 1, "nothing is sent to a listener that is gone")
	})
}

func TestAPageWithStatus404IsNoReading(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		id := h.accepted(request())
		h.cloud.fault = func(name string, n int) fault {
			if name == "RegisterBackend" {
				return fault{after: lost()}
			}
			if name == "DescribeBackends" && n > 3 {
				return fault{before: apiError(404, "")}
			}
			return fault{}
		}
		h.process(id)
		pass(20 * time.Minute)
		require.Equal(t, operation.NeedsPerson, h.journal.now(id).State)
		h.stop(errKilled)
	})
}

func TestARefusedRepeatProvesNothing(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		h.cloud.forget = time.Millisecond // the token is forgotten at once
		h.cloud.lag = 4 * time.Minute
		h.cloud.goes(on("RegisterBackend", 1, fault{after: lost()}))
		op := h.carry(h.accepted(request()))
		require.Equal(t, operation.Done, op.State)
		require.Equal(t, operation.EvidenceSeen, op.Evidence)
		require.Len(t, op.Attempts, 2, "a refused repeat is not repeated")
		require.Equal(t, 1, h.oursOn())
		require.False(t, h.journal.was(func(o operation.Operation) bool { return o.State == operation.NotDone }))
	})
}

func TestARepeatIsNotMadeWithoutTheRight(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		h.cloud.goes(on("RegisterBackend", 1, fault{before: lost()}))
		id := h.accepted(request())
		done := h.process(id)
		pass(time.Second)
		h.gate.mu.Lock()
		h.gate.decide = func(operation.Question) operation.Decision {
			return operation.Decision{Code: operation.DeniedNoRule}
		}
		h.gate.mu.Unlock()
		require.NoError(t, <-done)
		require.Len(t, h.cloud.sent(), 1)
		require.Equal(t, operation.ReasonProven, h.journal.now(id).Reason)
	})
}

func TestAServerWithoutPortsIsSeenOnTheListenersOwn(t *testing.T) {
	t.Parallel()
	for name, reg := range map[string]commands.Registration{
		"network address translation": {Listener: named("lst-1"), Server: "i-1"},
		"direct routing":              {Listener: named("lst-dr"), Server: "i-1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scene(t, func(t *testing.T, h *house) {
				h.cloud.goes(on("RegisterBackend", 1, fault{after: lost()}))
				op := h.carry(h.accepted(reg))
				require.Equal(t, operation.EvidenceSeen, op.Evidence, fmt.Sprint(op.Fault))
			})
		})
	}
}

// A 503 with the API's own code says that nothing was done, and is tried
// again. If it was done all the same, that is not somebody else's entry.
func TestWhatAppearsAfterAnErrorOfTheServersIsAdded(t *testing.T) {
	t.Parallel()
	unavailable := apiError(503, zenlayer.CodeTemporarilyUnavailable)
	tests := map[string]struct {
		fault fault
		stop  bool
		other bool // and a colleague adds another entry like it
		state operation.State
	}{
		"seen by the next try":    {fault: fault{after: unavailable}, state: operation.Done},
		"seen when it is stopped": {fault: fault{after: unavailable}, stop: true, state: operation.Done},
		"nothing was done, and it is not": {fault: fault{before: unavailable}, stop: true,
			state: operation.NotDone},
		"two of them, one may be a person's": {fault: fault{after: unavailable}, other: true,
			state: operation.NeedsPerson},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scene(t, func(t *testing.T, h *house) {
				h.cloud.goes(on("RegisterBackend", 0, tt.fault))
				id := h.accepted(request())
				done := h.process(id)
				pass(500 * time.Millisecond)
				require.Equal(t, operation.Sending, h.journal.now(id).State)
				if tt.other {
					h.cloud.add(ours("be-7"))
				}
				if tt.stop {
					_, err := h.intake.Stop(t.Context(), h.click(id, ana))
					require.NoError(t, err)
				}
				pass(11 * time.Minute) // that nothing was added needs a proof
				op := h.journal.now(id)
				require.Equal(t, tt.state, op.State, "%s", op.Reason)
				if tt.state == operation.Done {
					require.Equal(t, operation.EvidenceSeen, op.Evidence)
					require.Equal(t, "be-101", op.BackendID)
				}
				if tt.state == operation.NeedsPerson {
					_, err := h.intake.Answer(t.Context(), h.click(id, ana), operation.AnswerThere)
					require.NoError(t, err)
				}
				require.NoError(t, <-done)
			})
		})
	}
}

func TestLooksComeLessAndLessOften(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		h.cloud.goes(on("RegisterBackend", 0, fault{before: lost()}))
		op := h.carry(h.accepted(request()))
		require.Equal(t, operation.ReasonProven, op.Reason)
		var looks []time.Time
		for _, c := range h.cloud.calls {
			if c.name == "DescribeBackends" && c.at.After(op.FirstSent()) {
				looks = append(looks, c.at)
			}
		}
		require.Greater(t, len(looks), 10)
		for n := 2; n < len(looks)-1; n++ { // the last is when the proof is complete
			require.GreaterOrEqual(t, looks[n].Sub(looks[n-1]), looks[n-1].Sub(looks[n-2]), "look %d", n)
			require.LessOrEqual(t, looks[n].Sub(looks[n-1]), time.Minute)
		}
		require.Equal(t, operation.ProofAfter, looks[len(looks)-1].Sub(op.LastSent()).Truncate(time.Second))
	})
}
