package operation_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot/operation"
)

// effects are what a run can do to the world.
type effects struct{ versions, events, calls, told, said int }

func (h *house) effects() effects {
	h.journal.mu.Lock()
	defer h.journal.mu.Unlock()
	h.reporter.mu.Lock()
	defer h.reporter.mu.Unlock()
	return effects{len(h.journal.history), len(h.journal.events), len(h.cloud.sent()), len(h.reporter.told),
		len(h.reporter.said)}
}

// pausedAt pauses a run at its nth point, lets another process take over and
// carry the operation to its end, and wakes the first one. It returns the points
// of the first run until then.
func pausedAt(t *testing.T, s storm, accept func(*house) string, n int) (names []string) {
	t.Helper()
	scene(t, func(t *testing.T, h *house) {
		h.cloud.fault, h.cloud.lag = s.fault, s.lag
		id := accept(h)
		wake, paused := make(chan struct{}), make(chan struct{})
		h.at.arm(func(at int, name string) bool {
			names = append(names, name)
			if at == n {
				h.at.kill = nil
				h.at.mu.Unlock()
				close(paused)
				<-wake
				h.at.mu.Lock()
			}
			return false
		})
		first := h.process(id)
		stopFirst := h.stop
		select {
		case err := <-first:
			require.NoError(t, err)
			return
		case <-paused:
		}
		require.NoError(t, <-h.process(id))
		before, end := h.effects(), h.journal.now(id)
		close(wake)
		synctest.Wait()
		pass(time.Minute)
		// as a process is told to end that others took over from
		stopFirst(errKilled)
		if err := <-first; !errors.Is(err, errKilled) && err != nil { // nil: it had done everything
			require.ErrorIs(t, err, operation.ErrSuperseded)
		}
		after := h.effects()
		if inCall(names[n-1]) { // paused with the call under way
			after.calls, after.told, after.said = before.calls, before.told, before.said
		}
		require.Equal(t, before, after, "it wrote or sent something")
		require.Equal(t, end, h.journal.now(id))
		require.LessOrEqual(t, h.oursOn(), 1)
	})
	return names
}

// inCall reports whether a point is within an outside call: what was sent cannot
// be taken back.
func inCall(point string) bool {
	for _, call := range []string{"before RegisterBackend", "before Tell", "before Remind"} {
		if strings.HasPrefix(point, call) {
			return true
		}
	}
	return false
}

func TestSupersededRunWritesNothingAndSendsNothing(t *testing.T) {
	t.Parallel()
	list := storms()
	list["nobody approves"], list["approval is skipped"] = storm{}, storm{}
	for name, s := range list {
		accept := func(h *house) string { return h.accepted(request()) }
		switch name {
		case "nobody approves":
			accept = func(h *house) string { court(h, 1); return h.asked(request()).ID }
		case "approval is skipped":
			accept = func(h *house) string {
				court(h, 1).glass = true
				op, err := h.broken(request())
				require.NoError(h.t, err)
				return op.ID
			}
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			names := pausedAt(t, s, accept, 0)
			require.NotEmpty(t, names)
			for n := 1; n <= len(names); n++ {
				t.Run(fmt.Sprintf("%d %s", n, names[n-1]), func(t *testing.T) { pausedAt(t, s, accept, n) })
			}
		})
	}
}

func TestSupersededRunDoesNotSayThatItsCallIsSlow(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		h.cloud.fault = on("RegisterBackend", 1, fault{hold: 10 * time.Second})
		id := h.accepted(request())
		h.process(id)
		defer h.ends()
		pass(2 * time.Second)
		h.journal.takeLease(id)
		before := h.effects()
		pass(5 * time.Second)
		require.Equal(t, before, h.effects())
	})
}

func TestChangeOfAPersonHoldsAcrossATakeOver(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		id := h.accepted(request())
		h.at.arm(func(_ int, name string) bool {
			if name == "before Save" && h.journal.lease(id) < 3 {
				h.journal.takeLease(id)
			}
			return false
		})
		op, err := h.intake.Stop(context.Background(), h.click(id, ana))
		require.NoError(t, err, "it is read and stored again")
		require.Equal(t, ana.UserID, op.StopBy)
		require.Equal(t, ana.UserID, h.journal.now(id).StopBy)
	})
}
