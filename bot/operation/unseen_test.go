package operation_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot/operation"
	"lbbot/bot/operation/intake"
)

// weighs says whether the policies read the weight.
type weighs bool

func (w weighs) ReadsWeight() bool { return bool(w) }

// neverAsked has a command sent at once, by policies that do not read the weight.
func neverAsked(t *testing.T, play func(t *testing.T, h *house)) {
	t.Helper()
	scene(t, func(t *testing.T, h *house) {
		h.intake.Settings.Confirm, h.intake.Rules = intake.ConfirmNever, weighs(false)
		play(t, h)
	})
}

func TestWhatNobodyLookedAtIsFilledInRightBeforeTheCall(t *testing.T) {
	t.Parallel()
	neverAsked(t, func(t *testing.T, h *house) {
		h.cloud.add(another("be-80", "web-01", 40))
		h.cloud.add(another("be-81", "web-81", 40))
		op, accepted, err := h.intake.Submit(t.Context(), h.ask(typed(t, "lst-1 web-01 ports=8080")))
		require.NoError(t, err)
		require.True(t, accepted)
		require.Zero(t, h.cloud.count("DescribeBackends"), "nobody would see it")
		require.Zero(t, op.Request.Weight)
		h.gate.asked = nil
		h.cloud.goes(func(name string, n int) fault {
			if name == "RegisterBackend" && n == 1 {
				return fault{before: apiError(429, "REQUEST_LIMIT_EXCEEDED")}
			}
			return fault{}
		})
		go func() { // what was sent once is sent again, whatever has changed
			<-time.After(500 * time.Millisecond)
			h.cloud.add(another("be-82", "web-01-2", 90))
		}()
		done := h.carry(op.ID)
		require.Equal(t, operation.Done, done.State)
		require.Equal(t, 40, done.Request.Weight)
		require.True(t, done.UsualWeight)
		require.Equal(t, "web-01-2", done.Request.BackendName)
		for _, q := range h.gate.asked {
			require.Equal(t, 40, q.Weight, "the policy is asked about what is sent")
		}
		require.Len(t, h.cloud.sent(), 2)
	})
}

func TestAListenerIsLookedAtBeforeAnythingIsSentWhereTheAnswerDependsOnIt(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		text  string
		setup func(*house)
	}{
		"the policy reads the weight, and none is given": {"lst-1 web-01",
			func(h *house) { h.intake.Rules = weighs(true) }},
		"the name may be taken": {"lst-1 web-01 weight=20 name=mine", func(*house) {}},
		"the listener is protected": {"lst-1 web-01 weight=20",
			func(h *house) { h.intake.Settings.Protected = []string{"lst-1"} }},
		"it is shown only": {"lst-1 web-01 weight=20 dry-run", func(*house) {}},
		"other people have to agree": {"lst-1 web-01 weight=20", func(h *house) {
			h.gate.rules(func(operation.Question) operation.Decision {
				return operation.Decision{Code: operation.DeniedApproval, Approvals: 1, Person: true, Channel: true}
			})
			h.gate.who = operation.People{IDs: []string{bo.UserID}}
		}},
		"the server was just taken off": {"lst-1 web-01 weight=20", func(h *house) { h.tookOffLately("i-1") }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			neverAsked(t, func(t *testing.T, h *house) {
				tt.setup(h)
				looked := h.cloud.count("DescribeBackends")
				op, _, err := h.intake.Submit(t.Context(), h.ask(typed(t, tt.text)))
				require.NoError(t, err)
				require.Equal(t, looked+1, h.cloud.count("DescribeBackends"))
				require.False(t, op.Unseen)
				require.NotNil(t, op.Shown)
			})
		})
	}
}

// tookOffLately takes a server off lst-1.
func (h *house) tookOffLately(server string) {
	b := other("be-2", "Available")
	h.cloud.add(b)
	gone := leaver()
	gone.InstanceID = server
	h.cloud.add(gone)
	id := h.removal(gone)
	require.Equal(h.t, operation.Done, h.carry(id).State)
	<-time.After(time.Minute)
}
