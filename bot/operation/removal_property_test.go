package operation_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot/operation"
	"lbbot/zenlayer"
)

// removed checks what holds at the end of every removal, whatever happened to it: one
// effect at most, each call after a reading that shows the entry unchanged, and words
// that are true.
func removed(t require.TestingT, h *house, op operation.Operation) {
	require.LessOrEqual(t, len(h.cloud.taken), 1, "one effect")
	switch op.State {
	case operation.Done, operation.NothingToDo:
		require.False(t, h.cloud.there("be-7"), "called removed: %s", op.Evidence)
	case operation.NotDone:
		require.Empty(t, h.cloud.taken, "called not removed: %s", op.Reason)
	}
	for _, pool := range h.cloud.looks {
		i := slices.IndexFunc(pool, func(b zenlayer.Backend) bool { return b.BackendID == "be-7" })
		require.GreaterOrEqual(t, i, 0, "each call is made after a reading that shows the entry")
		require.Equal(t, operation.TargetOf(leaver()), operation.TargetOf(pool[i]), "unchanged")
		agreed := op.Approval != nil && len(op.Approval.Votes) > 0
		require.True(t, agreed || othersAvailable(pool, "be-7") > 0, "the last one, without a second person")
	}
	punctual(t, h, op)
}

// othersAvailable counts the entries that the stand-in shows as available, without one.
func othersAvailable(pool []zenlayer.Backend, without string) (n int) {
	for _, b := range pool {
		if b.BackendID != without && b.Status == "Available" {
			n++
		}
	}
	return n
}

// interferences are what other people do meanwhile.
func interferences() []func(h *house) {
	return []func(h *house){
		func(h *house) { h.cloud.change("be-7", nil) },
		func(h *house) { h.cloud.change("be-7", func(b *zenlayer.Backend) { b.Port = "9090" }) },
		func(h *house) { h.cloud.change("be-7", func(b *zenlayer.Backend) { b.Weight = 20 }) },
		alone,
		func(h *house) { h.cloud.change("be-2", nil) },
		func(h *house) { h.cloud.removeListener("lst-1") },
		func(h *house) { h.cloud.add(ours("be-8")) },
	}
}

func TestWhateverGoesWrongARemovalEndsInTheTruth(t *testing.T) {
	t.Parallel()
	inEveryWeather(t, func(w weather, t *verdict, h *house) {
		court(h, 0)
		id := h.leaving()
		w.script(t, h)
		if w.stopAfter >= 0 {
			time.AfterFunc(time.Duration(w.stopAfter)*time.Second,
				func() { _, _ = h.intake.Stop(context.Background(), h.click(id, bo)) })
		}
		if w.colleague >= 0 {
			all := interferences()
			time.AfterFunc(time.Duration(w.colleague)*time.Second, func() { all[len(w.journal)%len(all)](h) })
		}
		for _, after := range []time.Duration{2 * time.Minute, 5 * time.Minute, 11 * time.Minute} {
			time.AfterFunc(after, func() {
				if w.wrong {
					_ = h.approves(id, bo)
				}
			})
		}
		w.lives(t, h, id, func() bool { return !h.cloud.there("be-7") })
		settled(t, h, id)
	})
}

func TestARemovalThatIsKilledAnywhereHasOneEffectAndAClosedCard(t *testing.T) {
	t.Parallel()
	const call = "DeregisterBackend"
	killedAnywhere(t, map[string]storm{
		"calm":              {removal: true, end: operation.Done},
		"shown late":        {removal: true, lag: 30 * time.Second, end: operation.Done},
		"an answer is lost": {removal: true, fault: on(call, 1, fault{after: lost()}), end: operation.Done},
		"a request is lost": {removal: true, fault: on(call, 1, fault{before: lost()}), end: operation.Done},
		"asked to wait":     {removal: true, fault: on(call, 1, fault{before: apiError(429, "")}), end: operation.Done},
		"refused": {removal: true, fault: on(call, 0, fault{before: apiError(400, "INVALID")}),
			end: operation.NotDone},
		"lost for good": {removal: true, fault: on(call, 0, fault{before: lost()}), end: operation.NotDone},
		"lost, shown late": {removal: true, lag: 9 * time.Minute, fault: on(call, 1, fault{after: lost()}),
			end: operation.Done},
	})
}
