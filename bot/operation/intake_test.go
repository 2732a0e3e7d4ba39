package operation_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot/operation"
	"lbbot/bot/operation/intake"
	"lbbot/commands"
	"lbbot/zenlayer"
)

// typed turns what a person types into a registration.
func typed(t *testing.T, text string) commands.Registration {
	t.Helper()
	c, err := commands.Parse(text)
	require.NoError(t, err)
	reg, err := commands.BuildRegistration(c.Values)
	require.NoError(t, err)
	return reg
}

func TestAPreviewFindsWhatIsNamedExactly(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		text     string
		listener string
		server   string
	}{
		"ids":                             {"lst-1 i-1", "lst-1", "i-1"},
		"a server's name":                 {"lst-1 web-01", "lst-1", "i-1"},
		"a host name":                     {"lst-1 web-01.local", "lst-1", "i-1"},
		"an address":                      {"lst-1 10.0.0.1", "lst-1", "i-1"},
		"a virtual machine":               {"lst-1 edge", "lst-1", "vm-1"},
		"load balancer and listener":      {"api-lb/https-443 web-01", "lst-1", "i-1"},
		"load balancer's id and listener": {"lb-2/https-443 web-01", "lst-2", "i-1"},
		"load balancer and port":          {"pay-lb:443 web-01", "lst-2", "i-1"},
		"a listener's name":               {"admin web-01", "lst-3", "i-1"},
		"one of two by its type":          {"lst-1 twin type=vm", "lst-1", "vm-8"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scene(t, func(t *testing.T, h *house) {
				op, err := h.intake.Preview(t.Context(), h.ask(typed(t, tt.text)))
				require.NoError(t, err)
				require.Equal(t, tt.listener, op.Request.ListenerID)
				require.Equal(t, tt.server, op.Request.InstanceID)
				require.Equal(t, operation.Draft, op.State)
				require.NotEmpty(t, op.Request.ClientToken)
				shown, err := json.Marshal(op)
				require.NoError(t, err)
				require.JSONEq(t, string(shown), string(h.journal.ops[op.ID]), "it is stored as it is shown")
				require.Empty(t, h.cloud.sent())
				if tt.server == "vm-8" || tt.server == "vm-1" {
					require.Equal(t, zenlayer.InstanceVM, op.Request.InstanceType)
				}
			})
		})
	}
}

func TestAPreviewNeverGuesses(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		text  string
		words []string
	}{
		"a listener's name that two have": {"https-443 web-01", []string{"matches 2 listeners", "lst-1", "lst-2"}},
		"a server's name that two have":   {"lst-1 twin", []string{"matches 2 servers", "i-8", "vm-8"}},
		"an unknown listener": {"api-lb/htps-443 web-01",
			[]string{"No listener called", "Closest", "api-lb/https-443"}},
		"an unknown server": {"lst-1 wbe-01", []string{"No server called", "web-01"}},
		"nothing near": {"foo-lb/ftp-999 web-01",
			[]string{`No listener called "foo-lb/ftp-999". Give its ID, or name,`}},
		"both unknown": {"nothing-here nobody-here",
			[]string{"No listener called", "No server called"}},
		"a beginning of a name": {"lst-1 web", []string{"No server called"}},
		"ports on direct routing": {"lst-dr web-01 ports=8080",
			[]string{"direct routing", "Remove ports=8080"}},
		"a name that is taken": {"lst-1 web-01 name=web-99",
			[]string{"The name web-99 is taken on this listener. Suggestion: web-99-2."}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scene(t, func(t *testing.T, h *house) {
				_, err := h.intake.Preview(t.Context(), h.ask(typed(t, tt.text)))
				input, ok := errors.AsType[*commands.InputError](err)
				require.True(t, ok, "%v", err)
				for _, w := range tt.words {
					require.Contains(t, input.Error(), w)
				}
				for _, p := range input.Problems {
					require.NotContains(t, input.Values, p.Field)
				}
				require.Empty(t, h.journal.order, "nothing was stored")
			})
		})
	}
}

func TestPreviewWarnsOfTheStatesThatItRead(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]operation.Warning{
		"lst-1 web-02": {Code: operation.WarnServerDown, Status: "STOPPED"},
		"lst-1 web-03": {Code: operation.WarnServerDown, Status: "RECYCLE"},
		"lst-2 web-01": {Code: operation.WarnBalancerDown, Status: "CREATING"}} {
		scene(t, func(t *testing.T, h *house) {
			op, err := h.intake.Preview(t.Context(), h.ask(typed(t, text)))
			require.NoError(t, err)
			require.Contains(t, op.Warnings(), want)
		})
	}
	scene(t, func(t *testing.T, h *house) {
		op, err := h.intake.Preview(t.Context(), h.ask(request()))
		require.NoError(t, err)
		require.Empty(t, op.Warnings())
	})
}

func TestPermissionIsAskedWithTheWeightThatWillBeSent(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		op, err := h.intake.Preview(t.Context(), h.ask(typed(t, "lst-1 web-01 ports=8080")))
		require.NoError(t, err)
		require.Equal(t, 20, h.gate.asked[0].Weight)
		require.Equal(t, 20, op.Request.Weight)
		require.True(t, op.UsualWeight)
	})
}

func TestAnUnreadablePoolIsSaidAndLookedAtAgain(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		h.cloud.goes(on("DescribeBackends", 1, fault{before: lost()}))
		op, err := h.intake.Preview(t.Context(), h.ask(request()))
		require.NoError(t, err)
		require.Equal(t, -1, op.Listener.Servers)
		require.NotEmpty(t, op.PoolFault)
	})
}

func TestAZenlayerThatDoesNotAnswerIsSaid(t *testing.T) {
	t.Parallel()
	for name, f := range map[string]fault{"an error": {before: lost()}, "never": {hold: time.Hour}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scene(t, func(t *testing.T, h *house) {
				h.cloud.goes(on("DescribeInstances", 0, f))
				begun := time.Now()
				_, err := h.intake.Preview(t.Context(), h.ask(request()))
				away, ok := errors.AsType[*intake.UnavailableError](err)
				require.True(t, ok)
				require.Equal(t, "Zenlayer", away.What)
				require.LessOrEqual(t, time.Since(begun), 10*time.Second)
			})
		})
	}
}

func TestAServerThatIsOnTheListenerIsNotAskedFor(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		h.cloud.add(ours("be-7"))
		for weight, same := range map[int]bool{50: true, 7: false} {
			reg := request()
			reg.Weight = weight
			_, err := h.intake.Preview(t.Context(), h.ask(reg))
			there, ok := errors.AsType[*intake.PresentError](err)
			require.True(t, ok)
			require.Equal(t, same, there.Same)
			require.Equal(t, "be-7", there.Backend.BackendID)
		}
		reg := request()
		reg.Ports = []int{9090}
		op, err := h.intake.Preview(t.Context(), h.ask(reg))
		require.NoError(t, err, "other ports are another entry")
		require.Equal(t, []int{9090}, op.Request.PortList)
	})
}

func TestADryRunIsNeverSent(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		h.intake.Settings.Confirm = intake.ConfirmNever
		reg := request()
		reg.DryRun = true
		op, accepted, err := h.intake.Submit(t.Context(), h.ask(reg))
		require.NoError(t, err)
		require.False(t, accepted)
		_, err = h.intake.Send(t.Context(), h.click(op.ID, ana))
		require.Error(t, err)
		require.Equal(t, operation.Draft, h.journal.now(op.ID).State)
	})
}

func TestOnlyAProtectedListenerIsAskedForWhereNobodyConfirms(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		h.intake.Settings.Confirm = intake.ConfirmNever
		h.intake.Settings.Protected = []string{"pay-lb/*"}
		_, accepted, err := h.intake.Submit(t.Context(), h.ask(request()))
		require.NoError(t, err)
		require.True(t, accepted)
		op, accepted, err := h.intake.Submit(t.Context(), h.ask(typed(t, "lst-3 web-01")))
		require.NoError(t, err)
		require.False(t, accepted)
		require.True(t, op.Listener.Protected)

		h.intake.Settings.Confirm = ""
		_, accepted, err = h.intake.Submit(t.Context(), h.ask(typed(t, "lst-1 edge")))
		require.NoError(t, err)
		require.False(t, accepted, "always is the default")
	})
}

func TestAReferenceThatIsTakenIsMadeAnew(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		refs := []string{"LBR-A", "LBR-A", "LBR-A", "LBR-B"}
		h.intake.NewRef = func() string { defer func() { refs = refs[1:] }(); return refs[0] }
		_, err := h.intake.Preview(t.Context(), h.ask(request()))
		require.NoError(t, err)
		op, err := h.intake.Preview(t.Context(), h.ask(request()))
		require.NoError(t, err)
		require.Equal(t, "LBR-B", op.Ref)
	})
}

// denied returns the decision of a denial and checks that it is in the trail.
func denied(t *testing.T, h *house, err error) operation.Decision {
	t.Helper()
	d, ok := errors.AsType[*intake.DeniedError](err)
	require.True(t, ok, "%v", err)
	h.journal.mu.Lock()
	defer h.journal.mu.Unlock()
	require.True(t, slices.ContainsFunc(h.journal.events, func(e operation.Event) bool {
		return e.Kind == operation.EventDenied && e.Data["code"] == string(d.Decision.Code)
	}), "the denial is in the audit trail")
	return d.Decision
}

func TestADenialIsRecordedAndTellsAStrangerNothing(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		h.gate.admit = func(operation.Actor) operation.Decision {
			return operation.Decision{Code: operation.DeniedGuest}
		}
		_, err := h.intake.Preview(t.Context(), h.ask(request()))
		require.Equal(t, operation.DeniedGuest, denied(t, h, err).Code)
		require.Empty(t, h.cloud.calls, "nothing is looked up for a stranger")
		d, _ := errors.AsType[*intake.DeniedError](err)
		require.Empty(t, d.Operation.Listener)
	})
}

func TestADenialStandsWhenTheTrailCannotBeWritten(t *testing.T) {
	t.Parallel()
	for name, f := range map[string]fault{"broken": {before: errJournal}, "slow": {hold: time.Hour}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scene(t, func(t *testing.T, h *house) {
				h.gate.decide = func(operation.Question) operation.Decision {
					return operation.Decision{Code: operation.DeniedNoRule}
				}
				h.journal.fault = func(string) fault { return f }
				_, err := h.intake.Preview(t.Context(), h.ask(request()))
				_, ok := errors.AsType[*intake.DeniedError](err)
				require.True(t, ok)
			})
		})
	}
}

func TestADenialBecauseTimeRanOutIsRecordedToo(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		ctx, cancel := context.WithCancel(t.Context())
		h.gate.decide = func(operation.Question) operation.Decision {
			cancel()
			return operation.Decision{Code: operation.DeniedUnchecked, What: "the user groups"}
		}
		_, err := h.intake.Preview(ctx, h.ask(request()))
		require.Equal(t, operation.DeniedUnchecked, denied(t, h, err).Code)
	})
}

func TestTooManyInAShortTimeSaysWhenTheNextIsPossible(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		h.intake.Settings.Rate, h.intake.Settings.RateIn = 2, 10*time.Minute
		first := time.Now()
		late, err := h.intake.Preview(t.Context(), h.ask(typed(t, "lst-3 edge")))
		require.NoError(t, err)
		h.accepted(typed(t, "lst-1 edge"))
		pass(time.Minute)
		h.accepted(typed(t, "lst-2 edge"))

		_, err = h.intake.Preview(t.Context(), h.ask(request()))
		d := denied(t, h, err)
		require.Equal(t, operation.DeniedRate, d.Code)
		require.Equal(t, 2, d.Limit)
		require.Equal(t, 10*time.Minute, d.Window)
		require.WithinDuration(t, first.Add(10*time.Minute), d.Until, time.Second)
		_, err = h.intake.Send(t.Context(), h.click(late.ID, ana))
		require.Equal(t, operation.DeniedRate, denied(t, h, err).Code, "also for a preview from before")

		other := h.ask(request())
		other.Actor = bo
		_, err = h.intake.Preview(t.Context(), other)
		require.NoError(t, err, "everybody has a limit of their own")
		pass(9*time.Minute + time.Second)
		_, err = h.intake.Preview(t.Context(), h.ask(request()))
		require.NoError(t, err)
	})
}

func TestButtonsOfARunningOperationNeedTheRight(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		who      operation.Actor
		decision operation.Decision
		may      bool
	}{
		"the requester":                       {ana, operation.Decision{Code: operation.DeniedNoRule}, true},
		"somebody who may do it too":          {bo, yes, true},
		"somebody who would need an approval": {bo, operation.Decision{Code: operation.DeniedApproval}, true},
		"somebody who may not":                {bo, operation.Decision{Code: operation.DeniedNoRule}, false},
		"the same user id of another workspace": {operation.Actor{UserID: ana.UserID, TeamID: "T2"},
			operation.Decision{Code: operation.DeniedNoRule}, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scene(t, func(t *testing.T, h *house) {
				id := h.accepted(request())
				h.gate.decide = func(operation.Question) operation.Decision { return tt.decision }
				_, err := h.intake.Stop(t.Context(), h.click(id, tt.who))
				if tt.may {
					require.NoError(t, err)
					require.Equal(t, tt.who.UserID, h.journal.now(id).StopBy)
					return
				}
				denied(t, h, err)
				_, err = h.intake.Answer(t.Context(), h.click(id, tt.who), operation.AnswerThere)
				denied(t, h, err)
				_, err = h.intake.CheckNow(t.Context(), h.click(id, tt.who))
				denied(t, h, err)
				require.Empty(t, h.journal.now(id).StopBy)
			})
		})
	}
}

func TestButtonsOfAnOperationThatIsOverDoNothing(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		id := h.accepted(request())
		before := h.carry(id)
		for _, press := range []func() error{
			func() error { _, err := h.intake.Stop(t.Context(), h.click(id, ana)); return err },
			func() error { _, err := h.intake.CheckNow(t.Context(), h.click(id, ana)); return err },
			func() error {
				_, err := h.intake.Answer(t.Context(), h.click(id, ana), operation.AnswerNotThere)
				return err
			},
			func() error { _, err := h.intake.Send(t.Context(), h.click(id, ana)); return err },
			func() error { _, err := h.intake.Cancel(t.Context(), h.click(id, ana)); return err },
		} {
			_, ok := errors.AsType[*operation.StaleError](press())
			require.True(t, ok)
		}
		require.Equal(t, before, h.journal.now(id))
		_, err := h.intake.Stop(t.Context(), h.click("nothing", ana))
		require.ErrorIs(t, err, operation.ErrNotFound)
	})
}

func TestAStatusShowsNobodyElsesDraft(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		op, err := h.intake.Preview(t.Context(), h.ask(request()))
		require.NoError(t, err)
		got, err := h.history.Status(t.Context(), op.Ref, ana, here)
		require.NoError(t, err)
		require.Equal(t, op.ID, got.ID)
		_, err = h.history.Status(t.Context(), op.Ref, bo, here)
		require.ErrorIs(t, err, operation.ErrNotFound)
		_, err = h.history.Status(t.Context(), "LBR-NOTHNG", ana, here)
		require.ErrorIs(t, err, operation.ErrNotFound)
		_, err = h.intake.Send(t.Context(), h.click(op.ID, ana))
		require.NoError(t, err)
		_, err = h.history.Status(t.Context(), op.Ref, bo, here)
		require.NoError(t, err, "what changes production is no secret")
		h.gate.admit = func(operation.Actor) operation.Decision {
			return operation.Decision{Code: operation.DeniedShared}
		}
		_, err = h.history.Status(t.Context(), op.Ref, ana, here)
		require.Equal(t, operation.DeniedShared, denied(t, h, err).Code)
	})
}

func TestAPreviewSaysThatTheServerIsOnTheListenerWithOtherPorts(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		ask := func() operation.Operation {
			op, err := h.intake.Preview(t.Context(), intake.Request{Registration: request(), Actor: ana, Place: here})
			require.NoError(t, err)
			return op
		}
		require.Empty(t, ask().There)
		for n, port := range []string{"8443", "", "9000", "9001"} {
			b := ours(fmt.Sprintf("be-5%d", n))
			b.Port = port
			h.cloud.add(b)
		}
		op := ask()
		require.Equal(t, operation.Draft, op.State, "it may work, so it can be sent")
		require.Equal(t, []operation.Entry{{BackendID: "be-50", Ports: "8443"}, {BackendID: "be-51"},
			{BackendID: "be-52", Ports: "9000"}, {BackendID: "be-53", Ports: "9001"}}, op.There)
	})
}

func TestAServerInTheListenersPlaceIsRecognised(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		reg := typed(t, "web-01 api-lb/https-443 weight=7")
		_, err := h.intake.Preview(t.Context(), intake.Request{Registration: reg, Actor: ana, Place: here})
		var e *commands.InputError
		require.ErrorAs(t, err, &e)
		require.Len(t, e.Problems, 1)
		require.Equal(t,
			"web-01 is a server, and the first value should be a listener. Swap the two.", e.Problems[0].Text)
		require.Equal(t, commands.Values{"listener": "api-lb/https-443", "server": "web-01", "weight": "7"}, e.Values)
		_, err = h.intake.Why(t.Context(), reg, ana, here)
		require.ErrorAs(t, err, &e)
		require.Contains(t, e.Problems[0].Text, "web-01 is a server")
		fixed := typed(t, strings.TrimPrefix(e.Corrected, commands.Name+" "))
		require.Equal(t, "web-01", fixed.Server, "the corrected command is taken")

		_, err = h.intake.Preview(t.Context(), intake.Request{Registration: typed(t, "web-01 nothing-here"),
			Actor: ana, Place: here})
		require.ErrorAs(t, err, &e)
		require.Len(t, e.Problems, 2, "nothing is guessed")
	})
}
