package operation_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot/operation"
)

func TestTheCallNeverWaitsForSlack(t *testing.T) {
	t.Parallel()
	for name, start := range map[string]func(h *house) string{
		"an addition": func(h *house) string { return h.accepted(request()) },
		"a removal":   func(h *house) string { return h.leaving() },
		"break-glass, whose approvers are told": func(h *house) string {
			court(h, 1).glass = true
			op, err := h.broken(request())
			require.NoError(h.t, err)
			return op.ID
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scene(t, func(t *testing.T, h *house) {
				h.reporter.fault = func(string) fault { return fault{hold: 10 * time.Second} }
				id := start(h)
				began := time.Now()
				op := h.carry(id)
				require.Equal(t, operation.Done, op.State)
				require.Len(t, h.cloud.sent(), 1)
				require.Zero(t, h.cloud.sent()[0].at.Sub(began), "Slack answers each call after 10 s")
			})
		})
	}
}

func TestEachAgreementIsShownWhenItIsGiven(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		court(h, 2)
		op := h.asked(request())
		done := h.process(op.ID)
		shows := func(state operation.State, votes int) bool {
			h.reporter.mu.Lock()
			defer h.reporter.mu.Unlock()
			return slices.ContainsFunc(h.reporter.shown, func(o operation.Operation) bool {
				return o.State == state && len(o.Approval.Votes) == votes
			})
		}
		pass(time.Second)
		require.NoError(t, h.approves(op.ID, bo))
		pass(time.Second)
		require.True(t, shows(operation.Waiting, 1), "one of two")
		require.NoError(t, h.approves(op.ID, chen))
		pass(time.Minute)
		require.True(t, shows(operation.Accepted, 2), "the last one, before the call")
		require.NoError(t, <-done)
	})
}

func TestWhoIsAskedAgainIsCalled(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		l := court(h, 1)
		op := h.asked(request())
		done := h.process(op.ID)
		pass(time.Second)
		l.change(func(l *law) { l.approvals = 2 })
		require.NoError(t, h.approves(op.ID, bo))
		pass(time.Second)
		require.Equal(t, operation.Waiting, h.journal.now(op.ID).State)
		require.Equal(t, []string{"Remind " + op.Ref}, h.reporter.heard(), "an edited card calls nobody")
		require.NoError(t, h.approves(op.ID, chen))
		pass(time.Minute)
		require.Equal(t, operation.Done, h.journal.now(op.ID).State)
		require.NoError(t, <-done)
	})
}

func TestPreviewKeepsThePoolThatItsReaderSaw(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		op, err := h.intake.Preview(t.Context(), h.ask(request()))
		require.NoError(t, err)
		require.Nil(t, op.Approval)
		require.NotNil(t, op.Shown)
		require.True(t, op.Shown.Read)
		require.Equal(t, 1, op.Shown.Servers)
		require.Equal(t, 20, op.Shown.Weights)
		reads := 0
		for _, c := range h.cloud.calls {
			if c.name == "DescribeBackends" {
				reads++
			}
		}
		require.Equal(t, 1, reads, "the pool is read once")
	})
}
