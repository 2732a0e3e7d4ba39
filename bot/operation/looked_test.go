package operation_test

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot/operation"
	"lbbot/bot/operation/intake"
	"lbbot/commands"
	"lbbot/zenlayer"
)

// another is an entry of another server.
func another(id, name string, weight int) zenlayer.Backend {
	return zenlayer.Backend{ListenerID: "lst-1", BackendID: id, Name: name, Port: "8080", Weight: weight,
		InstanceID: "i-98"}
}

// pressed is the click on the button of a preview.
func (h *house) pressed(draft operation.Operation) intake.Click {
	c := h.click(draft.ID, ana)
	c.Version = draft.Version
	return c
}

// What a person sends is what they read.
func TestPreviewIsShownAgainWhenSomethingThatMattersMoved(t *testing.T) {
	t.Parallel()
	settings := "TCP 443, wrr, FNAT, health check "
	for name, tt := range map[string]struct {
		move func(*cloud)
		want []operation.Difference // empty: it does not matter
	}{
		"nothing":             {func(*cloud) {}, nil},
		"another server came": {func(c *cloud) { c.add(another("be-2", "web-98", 20)) }, nil},
		"another server went": {func(c *cloud) { c.entries = c.entries[:1] }, nil},
		"a weight changed":    {func(c *cloud) { c.entries[0].Weight = 30 }, nil},
		"the same server on other ports": {func(c *cloud) {
			c.add(zenlayer.Backend{ListenerID: "lst-1", BackendID: "be-2", Name: "x", Port: "9", Weight: 20,
				InstanceID: "i-1"})
		}, []operation.Difference{{Code: operation.DiffServer, To: "be-2"}}},
		"the name is taken": {func(c *cloud) { c.add(another("be-2", "web-01", 20)) },
			[]operation.Difference{{Code: operation.DiffName, From: "web-01", To: "be-2"}}},
		"health checks were switched off": {func(c *cloud) { c.balancers[0].Listeners[0].HealthCheck = new(false) },
			[]operation.Difference{{Code: operation.DiffSettings, From: settings + "true", To: settings + "false"}}},
		"health checks are not told": {func(c *cloud) { c.balancers[0].Listeners[0].HealthCheck = nil }, nil},
		"it shares traffic equally": {func(c *cloud) { c.balancers[0].Listeners[0].Scheduler = "rr" },
			[]operation.Difference{{Code: operation.DiffSettings, From: settings + "true",
				To: "TCP 443, rr, FNAT, health check true"}}},
		"most weight is gone": {func(c *cloud) { c.entries[0].Weight, c.entries[1].Weight = 1, 1 },
			[]operation.Difference{{Code: operation.DiffShare, Before: 45, After: 96}}},
		"the listener is gone": {func(c *cloud) { c.removeListener("lst-1") }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scene(t, func(t *testing.T, h *house) {
				h.cloud.add(another("be-80", "web-80", 40))
				draft, err := h.intake.Preview(t.Context(), h.ask(request()))
				require.NoError(t, err)
				tt.move(h.cloud)
				pass(time.Minute)
				first := h.pressed(draft)
				op, err := h.intake.Send(t.Context(), first)
				if len(tt.want) == 0 {
					require.NoError(t, err)
					require.Equal(t, operation.Accepted, op.State)
					require.Equal(t, h.journal.now(draft.ID).Shown, op.Shown)
					require.Equal(t, draft.Shown.Weights, op.Shown.Weights, "what was read stays what was read")
					return
				}
				again := h.seesAgain(err)
				require.Equal(t, tt.want, again.Moved)
				require.WithinDuration(t, time.Now().Add(operation.DraftLife), again.ExpiresAt, 0)

				for _, old := range []intake.Click{first, h.pressed(draft)} { // delivered again, pressed twice
					_, err = h.intake.Send(t.Context(), old)
					require.Equal(t, again, h.seesAgain(err), "nobody has read the new one")
				}
				require.Equal(t, again.Version, h.journal.now(draft.ID).Version)
				op, err = h.intake.Send(t.Context(), h.pressed(again))
				require.NoError(t, err, "now they have")
				require.Equal(t, operation.Accepted, op.State)
				require.Equal(t, draft.Request.ClientToken, op.Request.ClientToken)
				require.Equal(t, draft.Ref, op.Ref)
			})
		})
	}
}

// seesAgain is the fresh preview that a click led to, with nothing accepted.
func (h *house) seesAgain(err error) operation.Operation {
	changed := &intake.ChangedError{}
	require.ErrorAs(h.t, err, &changed)
	require.Equal(h.t, operation.Draft, changed.Operation.State)
	shown, err := json.Marshal(changed.Operation)
	require.NoError(h.t, err)
	require.JSONEq(h.t, string(shown), string(h.journal.ops[changed.Operation.ID]))
	return h.journal.now(changed.Operation.ID)
}

func TestFreshPreviewShowsWhatIsThereNow(t *testing.T) {
	t.Parallel()
	for text, command := range map[string]string{
		"lst-1 web-01 ports=8080":           "/lb-register lst-1 web-01 ports=8080",
		"lst-1 web-01 ports=8080 name=mine": "/lb-register lst-1 web-01 ports=8080 name=mine-2"} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			scene(t, func(t *testing.T, h *house) {
				reg := typed(t, text)
				draft, err := h.intake.Preview(t.Context(), h.ask(reg))
				require.NoError(t, err)
				h.cloud.add(another("be-2", draft.Request.BackendName, 20))
				h.cloud.balancers[0].Listeners[0].HealthCheck = new(false)
				_, err = h.intake.Send(t.Context(), h.pressed(draft))
				again := h.seesAgain(err)
				require.Equal(t, draft.Request.BackendName+"-2", again.Request.BackendName)
				require.Equal(t, 2, again.Shown.Servers)
				require.Equal(t, 2, again.Listener.Servers)
				require.Equal(t, []operation.Warning{{Code: operation.WarnHealthChecksOff}}, again.Warnings())
				require.Equal(t, draft.Listener.LoadBalancerName, again.Listener.LoadBalancerName)
				require.Equal(t, command, again.Command)
			})
		})
	}
}

func TestClickOnWhatNeedsNothingAnyMoreIsToldSo(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		draft, err := h.intake.Preview(t.Context(), h.ask(request()))
		require.NoError(t, err)
		h.cloud.add(ours("be-7"))
		_, err = h.intake.Send(t.Context(), h.pressed(draft))
		there := &intake.PresentError{}
		require.ErrorAs(t, err, &there)
		require.True(t, there.Same)
		require.Equal(t, "be-7", there.Backend.BackendID)
		require.Equal(t, draft.Version, h.journal.now(draft.ID).Version, "nothing was accepted")
	})
	scene(t, func(t *testing.T, h *house) {
		draft, err := h.intake.Preview(t.Context(), h.ask(request()))
		require.NoError(t, err)
		h.cloud.balancers[0].Listeners[0].Kind = operation.DirectRouting
		_, err = h.intake.Send(t.Context(), h.pressed(draft))
		problem := &commands.InputError{}
		require.ErrorAs(t, err, &problem)
		require.Equal(t, commands.KeyPorts, problem.Problems[0].Field)
		require.Equal(t, operation.Draft, h.journal.now(draft.ID).State)
	})
}

// The Runner reads the listener right before the call, and makes none without.
func TestListenerThatCannotBeReadAtTheClickHoldsNothingUp(t *testing.T) {
	t.Parallel()
	for name, f := range map[string]fault{"it does not answer": {hold: time.Hour}, "it refuses": {before: lost()},
		"it is asked too much": {before: limited()}} {
		for _, action := range []string{"DescribeBackends", "DescribeListeners"} {
			t.Run(name+", "+action, func(t *testing.T) {
				t.Parallel()
				scene(t, func(t *testing.T, h *house) {
					draft, err := h.intake.Preview(t.Context(), h.ask(request()))
					require.NoError(t, err)
					h.cloud.add(another("be-2", "web-01", 20))
					h.cloud.goes(on(action, 0, f))
					began := time.Now()
					op, err := h.intake.Send(t.Context(), h.pressed(draft))
					require.NoError(t, err)
					require.Equal(t, operation.Accepted, op.State)
					require.LessOrEqual(t, time.Since(began), time.Second, "Slack waits three")
				})
			})
		}
	}
}

func TestDraftOfTheVersionBeforeIsAcceptedWithoutAPool(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		draft, err := h.intake.Preview(t.Context(), h.ask(request()))
		require.NoError(t, err)
		h.journal.mu.Lock()
		old, _ := h.journal.get(draft.ID)
		old.Shown = nil
		h.journal.ops[draft.ID], err = json.Marshal(old)
		h.journal.mu.Unlock()
		require.NoError(t, err)
		h.cloud.add(another("be-2", "web-01", 20))
		op, err := h.intake.Send(t.Context(), h.pressed(draft))
		require.NoError(t, err)
		require.Equal(t, operation.Accepted, op.State)
	})
}

func TestNothingIsReadForAClickThatIsRefused(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		then func(*house)
		is   any
	}{
		"the right is gone": {func(h *house) {
			h.gate.rules(func(operation.Question) operation.Decision {
				return operation.Decision{Code: operation.DeniedForbidden, Person: true, Channel: true}
			})
		}, &intake.DeniedError{}},
		"the preview expired": {func(*house) { pass(operation.DraftLife) }, &intake.ExpiredError{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scene(t, func(t *testing.T, h *house) {
				draft, err := h.intake.Preview(t.Context(), h.ask(request()))
				require.NoError(t, err)
				h.cloud.add(another("be-2", "web-01", 20))
				tt.then(h)
				before := len(h.cloud.calls)
				_, err = h.intake.Send(t.Context(), h.pressed(draft))
				require.IsType(t, tt.is, err)
				require.Len(t, h.cloud.calls, before)
				require.Equal(t, draft.Version, h.journal.now(draft.ID).Version)
			})
		})
	}
}

func TestRulesAreAskedAboutTheListenerAsItIsNow(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		draft, err := h.intake.Preview(t.Context(), h.ask(request()))
		require.NoError(t, err)
		h.cloud.balancers[0].Listeners[0].HealthCheck = new(false)
		h.gate.rules(func(q operation.Question) operation.Decision {
			if q.Listener.HealthCheck != nil && !*q.Listener.HealthCheck {
				return operation.Decision{Code: operation.DeniedForbidden, Person: true, Channel: true}
			}
			return yes
		})
		_, err = h.intake.Send(t.Context(), h.pressed(draft))
		denied := &intake.DeniedError{}
		require.ErrorAs(t, err, &denied)
	})
}

func TestFreshPreviewContradictsNothingThatItWasShown(t *testing.T) {
	t.Parallel()
	again := func(t *testing.T, h *house, draft operation.Operation) operation.Operation {
		_, err := h.intake.Send(t.Context(), h.pressed(draft))
		return h.seesAgain(err)
	}
	for name, run := range map[string]func(*testing.T, *house){
		"the usual weight is another now": func(t *testing.T, h *house) {
			h.cloud.add(another("be-2", "web-97", 50))
			h.cloud.add(another("be-3", "web-98", 50))
			draft, err := h.intake.Preview(t.Context(), h.ask(typed(t, "lst-1 web-01 ports=8080")))
			require.NoError(t, err)
			require.True(t, draft.UsualWeight)
			for i := range h.cloud.entries {
				h.cloud.entries[i].Weight = 5
			}
			op := again(t, h, draft)
			require.Equal(t, 50, op.Request.Weight, "it stays what was read")
			require.False(t, op.UsualWeight)
			require.Equal(t, []operation.Difference{{Code: operation.DiffShare, Before: 29, After: 77}}, op.Moved)
		},
		"the usual weight is still the same": func(t *testing.T, h *house) {
			draft, err := h.intake.Preview(t.Context(), h.ask(typed(t, "lst-1 web-01 ports=8080")))
			require.NoError(t, err)
			h.cloud.balancers[0].Listeners[0].HealthCheck = new(false)
			require.True(t, again(t, h, draft).UsualWeight)
		},
		"the pool can be read now": func(t *testing.T, h *house) {
			h.cloud.goes(on("DescribeBackends", 0, fault{before: limited()}))
			draft, err := h.intake.Preview(t.Context(), h.ask(request()))
			require.NoError(t, err)
			require.NotZero(t, draft.PoolFault)
			h.cloud.goes(nil)
			court(h, 1)
			op := again(t, h, draft)
			require.Zero(t, op.PoolFault)
			require.True(t, op.Shown.Read)
		},
		"the server is on another listener now": func(t *testing.T, h *house) {
			draft, err := h.intake.Preview(t.Context(), h.ask(request()))
			require.NoError(t, err)
			h.intake.Lists = serversOn{on: map[string][]string{"i-1": {"lst-2"}}}
			h.cloud.balancers[0].Listeners[0].HealthCheck = new(false)
			require.Equal(t, 1, again(t, h, draft).Elsewhere)
		},
		"the same server went": func(t *testing.T, h *house) {
			h.cloud.add(zenlayer.Backend{ListenerID: "lst-1", BackendID: "be-2", Name: "x", Port: "9", Weight: 20,
				InstanceID: "i-1"})
			draft, err := h.intake.Preview(t.Context(), h.ask(request()))
			require.NoError(t, err)
			require.Len(t, draft.There, 1)
			h.cloud.entries = h.cloud.entries[:1]
			h.cloud.balancers[0].Listeners[0].HealthCheck = new(false)
			require.Empty(t, again(t, h, draft).There)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scene(t, run)
		})
	}
}

func TestReasonThatIsNeededNowIsAskedForAtOnce(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		draft, err := h.intake.Preview(t.Context(), h.ask(request()))
		require.NoError(t, err)
		h.cloud.balancers[0].Listeners[0].HealthCheck = new(false)
		h.gate.rules(func(q operation.Question) operation.Decision {
			d := yes
			d.ReasonRequired = q.Listener.HealthCheck != nil && !*q.Listener.HealthCheck
			return d
		})
		_, err = h.intake.Send(t.Context(), h.pressed(draft))
		denied := &intake.DeniedError{}
		require.ErrorAs(t, err, &denied)
		require.Equal(t, operation.DeniedReason, denied.Decision.Code)
		require.Equal(t, draft.Version, h.journal.now(draft.ID).Version)
	})
}

func TestCaseOfTheListenersValuesDoesNotMatter(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		l := &h.cloud.balancers[0].Listeners[0]
		l.Scheduler, l.Kind = "RR", "dr"
		draft, err := h.intake.Preview(t.Context(), h.ask(typed(t, "lst-1 web-01 weight=20")))
		require.NoError(t, err)
		require.Equal(t, []operation.Warning{{Code: operation.WarnDirectRouting},
			{Code: operation.WarnRoundRobin, Weight: 20}}, draft.Warnings())
		percent, known := draft.Share()
		require.True(t, known)
		require.Equal(t, 50, percent)
		l.Scheduler, l.Kind = "rr", "DR"
		_, err = h.intake.Send(t.Context(), h.pressed(draft))
		require.NoError(t, err, "nothing moved")
	})
}

// serversOn are lists that know on which listeners a server is; nil: they do not.
type serversOn struct {
	intake.Lists
	on     map[string][]string
	partly bool // some listeners do not say which servers they have
}

func (l serversOn) ListenersOf(instanceID string) (ids []string, known bool) {
	return l.on[instanceID], l.on != nil && !l.partly
}

func TestPreviewCountsTheOtherListenersOfAServer(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		on   map[string][]string
		some bool
		want int
	}{"not known": {}, "on none": {on: map[string][]string{}},
		"on this one":           {on: map[string][]string{"i-1": {"lst-1"}}},
		"on one more, at least": {on: map[string][]string{"i-1": {"lst-2"}}, some: true}, // a number would be a guess
		"on two more": {on: map[string][]string{"i-1": {"lst-1", "lst-2", "lst-3"}, "i-2": {"lst-4"}},
			want: 2}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scene(t, func(t *testing.T, h *house) {
				h.intake.Lists = serversOn{on: tt.on, partly: tt.some}
				op, err := h.intake.Preview(t.Context(), h.ask(request()))
				require.NoError(t, err)
				require.Equal(t, tt.want, op.Elsewhere)
			})
		})
	}
}

func TestPoolIsShownToWhoeverMaySeeTheRequest(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		draft, err := h.intake.Preview(t.Context(), h.ask(request()))
		require.NoError(t, err)
		h.cloud.add(another("be-2", "web-98", 20))
		_, pool, err := h.history.Pool(t.Context(), draft.ID, ana, here)
		require.NoError(t, err)
		require.Len(t, pool, 2, "as it is now")
		_, _, err = h.history.Pool(t.Context(), draft.ID, bo, here)
		require.ErrorIs(t, err, operation.ErrNotFound, "a draft is its asker's alone")
		_, err = h.intake.Send(t.Context(), h.pressed(draft))
		require.NoError(t, err)
		_, _, err = h.history.Pool(t.Context(), draft.ID, bo, here)
		require.NoError(t, err)

		h.cloud.goes(on("DescribeBackends", 0, fault{before: apiError(401, "AUTHFAILURE_SIGNATURE_FAILURE")}))
		_, _, err = h.history.Pool(t.Context(), draft.ID, bo, here)
		away := &intake.UnavailableError{}
		require.ErrorAs(t, err, &away)
		require.Equal(t, "AUTHFAILURE_SIGNATURE_FAILURE", away.Fault.Code)

		h.gate.admit = func(operation.Actor) operation.Decision {
			return operation.Decision{Code: operation.DeniedGuest}
		}
		before := len(h.cloud.calls)
		_, _, err = h.history.Pool(t.Context(), draft.ID, ana, here)
		denied := &intake.DeniedError{}
		require.ErrorAs(t, err, &denied)
		require.Len(t, h.cloud.calls, before)
	})
}

// BenchmarkSend is a click on Add server while a reading of Zenlayer takes no time, 200 ms, or never ends. Slack
// waits three seconds for its ack.
func BenchmarkSend(b *testing.B) {
	for name, hold := range map[string]time.Duration{"at once": 0, "200ms": 200 * time.Millisecond,
		"silent": time.Hour} {
		b.Run(name, func(b *testing.B) {
			var took []time.Duration
			for b.Loop() {
				h := newHouse(b)
				draft, err := h.intake.Preview(b.Context(), h.ask(request()))
				require.NoError(b, err)
				if hold > 0 {
					h.cloud.goes(func(string, int) fault { return fault{hold: hold} })
				}
				began := time.Now()
				_, err = h.intake.Send(b.Context(), h.pressed(draft))
				require.NoError(b, err)
				took = append(took, time.Since(began))
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
		})
	}
}
