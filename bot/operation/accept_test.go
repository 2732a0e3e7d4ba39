package operation_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot/operation"
	"lbbot/bot/operation/intake"
)

func TestADraftLivesFiveMinutes(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		op, err := h.intake.Preview(t.Context(), h.ask(request()))
		require.NoError(t, err)
		pass(operation.DraftLife)
		_, err = h.intake.Send(t.Context(), h.click(op.ID, ana))
		_, ok := errors.AsType[*intake.ExpiredError](err)
		require.True(t, ok)
		require.Equal(t, operation.Draft, h.journal.now(op.ID).State)
	})
}

func TestACancelledDraftIsNotSent(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		op, err := h.intake.Preview(t.Context(), h.ask(request()))
		require.NoError(t, err)
		_, err = h.intake.Cancel(t.Context(), h.click(op.ID, bo))
		require.Equal(t, operation.DeniedNotRequester, denied(t, h, err).Code)
		_, err = h.intake.Cancel(t.Context(), h.click(op.ID, ana))
		require.NoError(t, err)
		_, err = h.intake.Send(t.Context(), h.click(op.ID, ana))
		require.Error(t, err)
		require.Contains(t, h.journal.kinds(op.ID), operation.EventCancelled)
	})
}

func TestSomebodyElsesDraftIsNotSent(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		op, err := h.intake.Preview(t.Context(), h.ask(request()))
		require.NoError(t, err)
		elsewhere := ana
		elsewhere.TeamID = "T2"
		for _, who := range []operation.Actor{bo, elsewhere} {
			_, err = h.intake.Send(t.Context(), h.click(op.ID, who))
			require.Equal(t, operation.DeniedNotRequester, denied(t, h, err).Code)
			_, err = h.intake.Stop(t.Context(), h.click(op.ID, who))
			require.Equal(t, operation.DeniedNotRequester, denied(t, h, err).Code)
		}
		require.Equal(t, operation.Draft, h.journal.now(op.ID).State)
	})
}

func TestARightThatIsGoneAtTheClickIsANo(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		op, err := h.intake.Preview(t.Context(), h.ask(request()))
		require.NoError(t, err)
		h.gate.decide = func(operation.Question) operation.Decision {
			return operation.Decision{Code: operation.DeniedForbidden}
		}
		c := h.click(op.ID, ana)
		c.Place.ChannelID = "C2"
		_, err = h.intake.Send(t.Context(), c)
		require.Equal(t, operation.DeniedForbidden, denied(t, h, err).Code)
		require.Equal(t, "C2", h.gate.asked[1].Place.ChannelID, "where the click came from counts")
	})
}

func TestSendingTwiceIsOnce(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		op, err := h.intake.Preview(t.Context(), h.ask(request()))
		require.NoError(t, err)
		c := h.click(op.ID, ana)
		var g sync.WaitGroup
		errs := make([]error, 8)
		for n := range errs {
			g.Go(func() {
				again := c
				if n%2 == 1 {
					again.Delivery += "'" // another click, not the same one again
				}
				_, errs[n] = h.intake.Send(context.Background(), again)
			})
		}
		g.Wait()
		fine := 0
		for _, err := range errs {
			_, stale := errors.AsType[*operation.StaleError](err)
			_, duplicate := errors.AsType[*operation.DuplicateError](err)
			if err == nil {
				fine++
			} else {
				require.True(t, stale || duplicate, "%v", err)
			}
		}
		require.Equal(t, 1, fine)
		h.carry(op.ID)
		require.Equal(t, 1, h.oursOn())
	})
}

func TestADeliveryIsAcceptedOnceAlsoForAnotherPreview(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		h.intake.Settings.Confirm = intake.ConfirmNever
		a := h.ask(request())
		first, accepted, err := h.intake.Submit(t.Context(), a)
		require.NoError(t, err)
		require.True(t, accepted)
		again, accepted, err := h.intake.Submit(t.Context(), a) // Slack delivers it again
		require.NoError(t, err)
		require.True(t, accepted)
		require.Equal(t, first.ID, again.ID)
	})
}

func TestOneServerIsAddedToOneListenerOnceAtATime(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		reg := request()
		a := h.ask(reg)
		a.Actor = bo
		second, err := h.intake.Preview(t.Context(), a)
		require.NoError(t, err)
		id := h.accepted(reg)
		_, err = h.intake.Send(t.Context(), h.click(second.ID, bo))
		busy, ok := errors.AsType[*operation.BusyError](err)
		require.True(t, ok)
		require.Equal(t, id, busy.Operation.ID)
		h.accepted(typed(t, "lst-1 edge ports=8080")) // another server is not held up
	})
}

func TestAcceptedMeansCommitted(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		fault     fault
		committed bool
		uncertain bool
		fine      bool
	}{
		"a journal that refuses":              {fault: fault{before: errJournal}},
		"a journal that is slow":              {fault: fault{hold: time.Minute}, uncertain: true},
		"a connection that is lost":           {fault: fault{before: errConnection}, uncertain: true},
		"a commit whose confirmation is lost": {fault: fault{after: errJournal}, committed: true, fine: true},
		"a commit that is slow, but in time": {fault: fault{hold: 900 * time.Millisecond}, committed: true,
			fine: true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scene(t, func(t *testing.T, h *house) {
				op, err := h.intake.Preview(t.Context(), h.ask(request()))
				require.NoError(t, err)
				h.journal.fault = func(call string) fault {
					if call == "Accept" {
						return tt.fault
					}
					return fault{}
				}
				begun := time.Now()
				_, err = h.intake.Send(t.Context(), h.click(op.ID, ana))
				require.LessOrEqual(t, time.Since(begun), 2*time.Second)
				require.Equal(t, tt.committed, h.journal.now(op.ID).State == operation.Accepted)
				_, unsure := errors.AsType[*intake.UncertainError](err)
				_, away := errors.AsType[*intake.UnavailableError](err)
				require.Equal(t, tt.fine, err == nil)
				require.Equal(t, tt.uncertain, unsure)
				require.Equal(t, !tt.fine && !tt.uncertain, away)
				if err == nil {
					return
				}
				h.journal.goes(nil)
				_, err = h.intake.Send(t.Context(), h.click(op.ID, ana))
				require.NoError(t, err, "the same preview can be sent again")
			})
		})
	}
}

func TestAJournalThatIsDownAcceptsNothing(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		op, err := h.intake.Preview(t.Context(), h.ask(request()))
		require.NoError(t, err)
		h.journal.fault = func(string) fault { return fault{before: errJournal} }
		for _, try := range []func() error{
			func() error { _, err := h.intake.Preview(t.Context(), h.ask(request())); return err },
			func() error { _, err := h.intake.Send(t.Context(), h.click(op.ID, ana)); return err },
			func() error { _, err := h.intake.Cancel(t.Context(), h.click(op.ID, ana)); return err },
			func() error { _, err := h.intake.Stop(t.Context(), h.click(op.ID, ana)); return err },
			func() error { _, err := h.history.Status(t.Context(), op.Ref, ana, here); return err },
		} {
			away, ok := errors.AsType[*intake.UnavailableError](try())
			require.True(t, ok)
			require.Equal(t, "journal", away.What)
		}
		require.Equal(t, operation.Draft, h.journal.now(op.ID).State)
	})
}

func TestAPersonWhoClosesTheViewDoesNotUndoTheCommit(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		op, err := h.intake.Preview(t.Context(), h.ask(request()))
		require.NoError(t, err)
		ctx, cancel := context.WithCancel(t.Context())
		h.journal.fault = func(call string) fault {
			if call == "Accept" {
				cancel()
			}
			return fault{}
		}
		_, err = h.intake.Send(ctx, h.click(op.ID, ana))
		require.NoError(t, err)
		require.Equal(t, operation.Accepted, h.journal.now(op.ID).State)
	})
}
