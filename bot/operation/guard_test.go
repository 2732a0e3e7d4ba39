package operation_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot/operation"
	"lbbot/bot/operation/intake"
)

// becomes stores an operation in another state, as a run would have.
func (h *house) becomes(id string, state operation.State) {
	h.journal.mu.Lock()
	defer h.journal.mu.Unlock()
	op, _ := h.journal.get(id)
	op.State, op.Version = state, op.Version+1
	h.journal.put(op, operation.Event{})
}

func TestARequesterWhoIsAGuestByNowPressesNoButton(t *testing.T) {
	t.Parallel()
	presses := map[string]func(h *house, c intake.Click) error{
		"stop": func(h *house, c intake.Click) error { _, err := h.intake.Stop(context.Background(), c); return err },
		"check": func(h *house, c intake.Click) error {
			_, err := h.intake.CheckNow(context.Background(), c)
			return err
		},
		"answer": func(h *house, c intake.Click) error {
			_, err := h.intake.Answer(context.Background(), c, operation.AnswerThere)
			return err
		},
	}
	for name, press := range presses {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scene(t, func(t *testing.T, h *house) {
				id := h.accepted(request())
				h.becomes(id, operation.NeedsPerson)
				before := h.journal.now(id)
				h.gate.admit = func(operation.Actor) operation.Decision {
					return operation.Decision{Code: operation.DeniedGuest}
				}
				require.Equal(t, operation.DeniedGuest, denied(t, h, press(h, h.click(id, ana))).Code)
				require.Equal(t, before, h.journal.now(id))
				require.Empty(t, h.engine.record(id).pokes, "nothing is woken")

				h.gate.admit = nil
				require.NoError(t, press(h, h.click(id, ana)), "the same press of one who may be here")
				require.Len(t, h.engine.record(id).pokes, 1)
			})
		})
	}
}

// moveListener changes everything of lst-1 that a rule can go by.
func (c *cloud) moveListener() {
	c.mu.Lock()
	defer c.mu.Unlock()
	l := &c.balancers[0].Listeners[0]
	l.Name, l.Protocol, l.Port, l.Kind, l.LoadBalancerID = "renamed", "UDP", "8443", "DR", "lb-2"
}

func TestTheLastCheckGoesByTheListenerAsItIsThen(t *testing.T) {
	t.Parallel()
	forbidsMoved := func(q operation.Question) operation.Decision {
		if q.Listener.LoadBalancerID == "lb-2" {
			return operation.Decision{Code: operation.DeniedForbidden, Reason: "pay-lb is frozen"}
		}
		return yes
	}
	tests := map[string]struct {
		sent   int // calls made before the listener changes
		end    operation.Reason
		Update func(t *testing.T, h *house, id string) operation.Operation
	}{
		"before the first call": {0, operation.ReasonDenied,
			func(_ *testing.T, h *house, id string) operation.Operation {
				h.cloud.moveListener()
				return h.carry(id)
			}},
		"before a repeat": {1, operation.ReasonProven, func(t *testing.T, h *house, id string) operation.Operation {
			h.cloud.goes(on("RegisterBackend", 1, fault{before: lost()}))
			done := h.process(id)
			pass(time.Second)
			require.Len(t, h.cloud.sent(), 1)
			h.cloud.moveListener()
			require.NoError(t, <-done)
			return h.journal.now(id)
		}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scene(t, func(t *testing.T, h *house) {
				id := h.accepted(request())
				h.gate.decide = forbidsMoved
				op := tt.Update(t, h, id)
				require.Equal(t, tt.end, op.Reason)
				require.Len(t, h.cloud.sent(), tt.sent)
				last := h.gate.asked[len(h.gate.asked)-1].Listener
				require.Equal(t, []string{"renamed", "UDP", "8443", "DR", "lb-2", "pay-lb", "FRA1"},
					[]string{last.Name, last.Protocol, last.Port, last.Kind, last.LoadBalancerID,
						last.LoadBalancerName, last.Zone})
			})
		})
	}
}

func TestTheMomentOfTheClickIsNotMovedBySlowLookUps(t *testing.T) {
	t.Parallel()
	const slow = 4 * time.Second
	tests := map[string]func(h *house){
		"reading the draft": func(h *house) {
			h.journal.goes(func(call string) fault {
				if call == "Operation" {
					return fault{hold: slow}
				}
				return fault{}
			})
		},
		"asking permission": func(h *house) {
			h.gate.decide = func(operation.Question) operation.Decision { <-time.After(slow); return yes }
		},
	}
	for name, slowDown := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scene(t, func(t *testing.T, h *house) {
				draft, err := h.intake.Preview(context.Background(), h.ask(request()))
				require.NoError(t, err)
				slowDown(h)
				clicked := time.Now()
				op, err := h.intake.Send(context.Background(), h.click(draft.ID, ana))
				require.NoError(t, err)
				require.Equal(t, slow, time.Since(clicked), "it was slow")
				require.True(t, clicked.Equal(op.ClickedAt), "%s, not %s", clicked, op.ClickedAt)
				require.True(t, clicked.Equal(h.journal.now(op.ID).ClickedAt))
				require.True(t, clicked.Equal(h.gate.asked[1].At))
			})
		})
	}
}

func TestAJournalThatNeitherAcceptsNorAnswersLeavesItOpen(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ accept, read fault }{
		"nothing was written":                    {fault{before: errJournal}, fault{before: errJournal}},
		"it was written":                         {fault{after: errJournal}, fault{before: errJournal}},
		"it was written and reading takes long":  {fault{after: errJournal}, fault{hold: time.Minute}},
		"it was written and reading finds no op": {fault{after: errJournal}, fault{before: operation.ErrNotFound}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scene(t, func(t *testing.T, h *house) {
				draft, err := h.intake.Preview(context.Background(), h.ask(request()))
				require.NoError(t, err)
				tried := false
				h.journal.goes(func(call string) fault {
					switch {
					case call == "Accept":
						tried = true
						return tt.accept
					case call == "Operation" && tried:
						return tt.read
					}
					return fault{}
				})
				_, err = h.intake.Send(context.Background(), h.click(draft.ID, ana))
				uncertain, ok := errors.AsType[*intake.UncertainError](err)
				require.True(t, ok, "%v", err)
				require.Equal(t, draft.Ref, uncertain.Ref)
				require.ErrorIs(t, err, errJournal)
			})
		})
	}
}

func TestSlowChecksDoNotMakeARepeatLate(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		slow   func(h *house)
		repeat bool
	}{
		"none": {func(*house) {}, true},
		"reading the listener": {func(h *house) {
			h.cloud.goes(func(name string, n int) fault {
				if name == "DescribeListeners" {
					return fault{hold: 25 * time.Second}
				}
				return on("RegisterBackend", 0, fault{before: lost()})(name, n)
			})
		}, false},
		"asking permission": {func(h *house) {
			h.gate.decide = func(operation.Question) operation.Decision { <-time.After(25 * time.Second); return yes }
		}, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scene(t, func(t *testing.T, h *house) {
				h.cloud.goes(on("RegisterBackend", 0, fault{before: lost()}))
				id := h.accepted(request())
				done := h.process(id)
				pass(time.Second)
				h.stop(errKilled)
				require.ErrorIs(t, <-done, errKilled)
				require.Len(t, h.cloud.sent(), 1)
				pass(85 * time.Second) // a repeat is still early enough, 25 seconds later none is
				tt.slow(h)
				asked := len(h.gate.asked)
				op := h.carry(id)
				require.Equal(t, operation.ReasonProven, op.Reason)
				require.Greater(t, len(h.gate.asked), asked, "a repeat was considered")
				require.Equal(t, tt.repeat, len(h.cloud.sent()) > 1)
			})
		})
	}
}
