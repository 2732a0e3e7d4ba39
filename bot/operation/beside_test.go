package operation_test

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot/operation"
)

func TestAPanicBesideARunEndsNothing(t *testing.T) {
	t.Parallel()
	t.Run("while those who were skipped are told", func(t *testing.T) {
		t.Parallel()
		scene(t, func(t *testing.T, h *house) {
			court(h, 1).glass = true
			n := 0
			h.reporter.fault = func(name string) fault {
				if name == "TellSkipped" {
					n++
				}
				return fault{panics: name == "TellSkipped" && n == 1}
			}
			op, err := h.broken(request())
			require.NoError(t, err)
			require.Equal(t, operation.Done, h.carry(op.ID).State)
			require.Len(t, h.reporter.heard(), 1, "they are told after the end")
		})
	})
	t.Run("while a call takes long", func(t *testing.T) {
		t.Parallel()
		scene(t, func(t *testing.T, h *house) {
			id := h.accepted(request())
			var calling atomic.Bool
			var broke atomic.Int32
			h.cloud.goes(on("RegisterBackend", 0, fault{hold: 5 * time.Second}))
			h.cloud.onCall = func(name string) {
				if name == "RegisterBackend" {
					calling.Store(true)
				}
			}
			h.journal.fault = func(call string) fault {
				if !calling.Load() || call != "Save" {
					return fault{}
				}
				return fault{panics: broke.Add(1) == 1}
			}
			require.Equal(t, operation.Done, h.carry(id).State)
			require.Len(t, h.cloud.sent(), 1)
			require.Greater(t, broke.Load(), int32(1))
		})
	})
}

// A lost connection of LISTEN makes each run look whether a poke was missed: each second,
// while it is lost again and again.
func TestPokesThatMayBeMissedUseUpNoLook(t *testing.T) {
	t.Parallel()
	for name, first := range map[string]fault{
		"of the status":         {},
		"of an unanswered call": {after: errConnection},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			looks := func(lost bool) (n int) {
				scene(t, func(t *testing.T, h *house) {
					called := false
					h.cloud.goes(func(name string, _ int) fault {
						if name == "RegisterBackend" {
							called = true
							return first
						}
						return fault{before: map[bool]error{true: errConnection}[called]}
					})
					id := h.accepted(request())
					done := h.process(id)
					for range 20 {
						pass(time.Second)
						if lost {
							select {
							case h.engine.record(id).missed <- struct{}{}:
							default:
							}
						}
					}
					n = h.cloud.count("DescribeBackends")
					h.stop(errKilled)
					<-done
				})
				return n
			}
			quiet := looks(false)
			require.Greater(t, quiet, 3)
			require.Equal(t, quiet, looks(true))
		})
	}
}
