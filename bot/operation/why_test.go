package operation_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot/operation"
	"lbbot/bot/operation/intake"
	"lbbot/commands"
	"lbbot/zenlayer"
)

// reasonsFunc is Reasons of one function.
type reasonsFunc func(operation.Question) (operation.Explanation, error)

func (f reasonsFunc) Why(_ context.Context, q operation.Question) (operation.Explanation, error) {
	return f(q)
}

// busyListener is a listener on which much was done.
type busyListener struct{ times []time.Time }

func (b busyListener) ListenerSince(_ context.Context, id string, since time.Time) ([]time.Time, error) {
	var out []time.Time
	for _, at := range b.times {
		if id == "lst-1" && !at.Before(since) {
			out = append(out, at)
		}
	}
	return out, nil
}

func TestWhyAsksWhatAnAdditionWouldAsk(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		var asked operation.Question
		h.intake.Reasons = reasonsFunc(func(q operation.Question) (operation.Explanation, error) {
			asked = q
			return operation.Explanation{Decision: operation.Decision{Code: operation.DeniedApproval,
				Approvals: 1}}, nil
		})
		h.gate.who = operation.People{IDs: []string{"U0BO"}}
		h.intake.Settings.Rate, h.intake.Settings.RateIn = 3, 10*time.Minute
		h.intake.Settings.ListenerRate, h.intake.Settings.ListenerRateIn = 2, time.Minute
		h.intake.Listeners = busyListener{times: []time.Time{time.Now().Add(-time.Hour),
			time.Now().Add(-30 * time.Second), time.Now().Add(-10 * time.Second)}}
		h.accepted(request())
		w, err := h.intake.Why(t.Context(), commands.Registration{Listener: named("lst-1"), Server: "web-01",
			Weight: 7, Ports: []int{81}}, ana, here)
		require.NoError(t, err)
		require.Equal(t, operation.ActionRegister, asked.Action)
		require.Equal(t, "lst-1", asked.Listener.ID)
		require.Equal(t, "i-1", asked.Server.ID)
		require.Equal(t, []any{7, []int{81}, ana, here, "acme"},
			[]any{asked.Weight, asked.Ports, asked.Actor, asked.Place, asked.Account})
		require.Equal(t, &h.gate.who, w.Can)
		require.Equal(t, &h.gate.who, w.Approve)
		require.Equal(t, []intake.LimitLeft{
			{Of: operation.LimitPerson, Left: 2, Limit: 3, In: 10 * time.Minute},
			{Of: operation.LimitListener, Left: 0, Limit: 2, In: time.Minute, Next: time.Now().Add(30 * time.Second)},
			{Of: operation.LimitGlass, Left: 2, Limit: 2, In: 7 * 24 * time.Hour},
		}, w.Limits)
		for _, e := range h.journal.events {
			require.NotEqual(t, operation.EventDenied, e.Kind, "asking is noted nowhere")
		}
		require.Empty(t, h.engine.begun())

		_, err = h.intake.Why(t.Context(), commands.Registration{Listener: named("lst-1")}, ana, here)
		require.NoError(t, err)
		require.NotEmpty(t, asked.Server.ID, "without a server the rules can be asked all the same")
	})
}

func TestWhyTellsStrangersNoNamesAndLooksNothingUpForThem(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		guest := operation.Decision{Code: operation.DeniedGuest}
		h.gate.admit = func(operation.Actor) operation.Decision { return guest }
		h.intake.Reasons = reasonsFunc(func(q operation.Question) (operation.Explanation, error) {
			require.Empty(t, q.Listener.ID)
			return operation.Explanation{Decision: guest, Standing: operation.Standing{Refusal: guest}}, nil
		})
		w, err := h.intake.Why(t.Context(), commands.Registration{Listener: named("lst-1")}, ana, here)
		require.NoError(t, err)
		require.Equal(t, operation.DeniedGuest, w.Decision.Code)
		require.Empty(t, w.Listener)
		require.Empty(t, h.cloud.calls)
		require.Empty(t, h.gate.counted, "nor is anybody named")
	})
}

func TestWhyAboutWhatIsNotThere(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		_, err := h.intake.Why(t.Context(), commands.Registration{Listener: named("lst-x"), Server: "web-x"}, ana, here)
		var input *commands.InputError
		require.ErrorAs(t, err, &input)
		require.Len(t, input.Problems, 2)
	})
}

func TestWhyTakesTheWeightThatARequestWouldTake(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		var asked operation.Question
		h.intake.Reasons = reasonsFunc(func(q operation.Question) (operation.Explanation, error) {
			asked = q
			return operation.Explanation{}, nil
		})
		why := func(weight int) intake.WhyAnswer {
			w, err := h.intake.Why(t.Context(), commands.Registration{Listener: named("lst-1"), Server: "web-01",
				Weight: weight}, ana, here)
			require.NoError(t, err)
			return w
		}
		for n, weight := range []int{50, 50, 50, 20} {
			h.cloud.add(zenlayer.Backend{ListenerID: "lst-1", BackendID: fmt.Sprintf("be-%d", n),
				InstanceID: fmt.Sprintf("i-other-%d", n), Port: "443", Weight: weight})
		}
		w := why(0)
		require.Equal(t, []any{50, 50, true}, []any{w.Weight, asked.Weight, w.Usual})
		op, err := h.intake.Preview(t.Context(),
			intake.Request{Registration: commands.Registration{Listener: named("lst-1"), Server: "web-01"},
				Actor: ana, Place: here})
		require.NoError(t, err)
		require.Equal(t, op.Request.Weight, asked.Weight, "the same as the request itself")
		w = why(7)
		require.Equal(t, []any{7, 7, false}, []any{w.Weight, asked.Weight, w.Usual})

		h.cloud.goes(func(name string, _ int) fault {
			if name == "DescribeBackends" {
				return fault{before: apiError(500, "INTERNAL_SERVER_ERROR")}
			}
			return fault{}
		})
		w = why(0)
		require.Equal(t, []any{0, false, true}, []any{w.Weight, w.Usual, w.Unread}, "it is said that it is not known")
	})
}
