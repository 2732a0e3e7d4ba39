package journal

import (
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot/operation"
)

func acceptsDraft(t *testing.T, s *Store) {
	op := accept(t, s, saveDraft(t, s, draft("ABC234", "server-1")))
	got, err := s.Operation(t.Context(), op.ID)
	require.NoError(t, err)
	require.Equal(t, op, got)
	require.Equal(t, []string{operation.EventPreviewed, operation.EventAccepted}, kinds(t, s, op.ID))
	own, err := s.Cards(OwnCard).Card(t.Context(), op.ID)
	require.NoError(t, err)
	require.Equal(t, operation.Card{Posting: clock()}, own, "the post of the card begins")
	requireDelivered(t, operation.Delivered{OperationID: op.ID}, s, "click-"+op.ID)
	again := accepted(draft("XYZ567", "server-2"))
	again.Insert, again.Delivery = true, "click-"+op.ID
	require.IsType(t, &operation.DuplicateError{}, s.Accept(t.Context(), again), "the delivery is used up")
}

func acceptsInsert(t *testing.T, s *Store) {
	a := accepted(draft("ABC234", "server-1"))
	a.Insert, a.Operation.Version = true, 1
	a.Previewed = event(operation.EventPreviewed)
	a.Previewed.OperationID = a.Operation.ID
	require.NoError(t, s.Accept(t.Context(), a))
	require.Equal(t, []string{operation.EventPreviewed, operation.EventAccepted}, kinds(t, s, a.Operation.ID))
	got, err := s.Operation(t.Context(), a.Operation.Ref)
	require.NoError(t, err)
	require.Equal(t, a.Operation, got)

	other := accepted(draft("XYZ567", "server-1"))
	other.Insert, other.Operation.Version = true, 1
	err = s.Accept(t.Context(), other)
	require.Equal(t, &operation.BusyError{Operation: a.Operation}, err)
	_, err = s.Operation(t.Context(), other.Operation.ID)
	require.Equal(t, operation.ErrNotFound, err)
}

func acceptsDeliveryOnce(t *testing.T, s *Store) {
	op := saveDraft(t, s, draft("ABC234", "server-1"))
	a := accepted(op)
	require.NoError(t, s.Accept(t.Context(), a))
	require.Equal(t, &operation.DuplicateError{Operation: a.Operation}, s.Accept(t.Context(), a))

	moved := moveTo(a.Operation, operation.Sending)
	require.NoError(t, s.Save(t.Context(), moved, event(operation.EventAttempt)))
	other := accepted(saveDraft(t, s, draft("XYZ567", "server-2")))
	other.Delivery = a.Delivery
	require.Equal(t, &operation.DuplicateError{Operation: moved}, s.Accept(t.Context(), other),
		"with the operation as it is now")
	require.Equal(t, []string{operation.EventPreviewed}, kinds(t, s, other.Operation.ID))
}

func acceptsSeenDelivery(t *testing.T, s *Store) {
	a := accepted(saveDraft(t, s, draft("ABC234", "server-1")))
	mine, err := s.Claim(t.Context(), a.Delivery)
	require.NoError(t, err)
	require.True(t, mine)
	require.NoError(t, s.Accept(t.Context(), a))
	require.IsType(t, &operation.DuplicateError{}, s.Accept(t.Context(), a))
}

func refusesNoDelivery(t *testing.T, s *Store) {
	a := accepted(saveDraft(t, s, draft("ABC234", "server-1")))
	a.Delivery = ""
	require.ErrorContains(t, s.Accept(t.Context(), a), "delivery has no key")
	got, err := s.Operation(t.Context(), a.Operation.ID)
	require.NoError(t, err)
	require.Equal(t, operation.Draft, got.State)
}

func acceptsDraftOnce(t *testing.T, s *Store) {
	op := saveDraft(t, s, draft("ABC234", "server-1"))
	now := accept(t, s, op)
	again := accepted(op)
	again.Delivery = "another click"
	require.Equal(t, &operation.StaleError{Operation: now}, s.Accept(t.Context(), again))

	// Even with the right version, what was accepted is no draft any more.
	again = accepted(now)
	again.Delivery = "a third click"
	require.Equal(t, &operation.StaleError{Operation: now}, s.Accept(t.Context(), again))
	again = accepted(saveDraft(t, s, draft("XYZ567", "server-2")))
	again.Delivery = "a third click"
	require.NoError(t, s.Accept(t.Context(), again), "a refused acceptance does not use its delivery up")
}

func acceptsOneOfTwenty(t *testing.T, s *Store) {
	op := saveDraft(t, s, draft("ABC234", "server-1"))
	wins := atOnce(20, func(i int) error {
		a := accepted(op)
		a.Delivery += string(rune('a' + i/2)) // ten deliveries, each twice
		return s.Accept(t.Context(), a)
	}, func(err error) {
		switch err.(type) { //nolint:errorlint // exactly these
		case *operation.StaleError, *operation.DuplicateError:
		default:
			require.NoError(t, err)
		}
	})
	require.Equal(t, 1, wins)
	require.Equal(t, []string{operation.EventPreviewed, operation.EventAccepted}, kinds(t, s, op.ID))
}

func acceptsOneSubject(t *testing.T, s *Store) {
	drafts := []operation.Operation{
		saveDraft(t, s, draft("ABC234", "server-1")),
		saveDraft(t, s, draft("XYZ567", "server-1")),
	}
	var busy operation.Operation
	wins := atOnce(2, func(i int) error { return s.Accept(t.Context(), accepted(drafts[i])) }, func(err error) {
		require.IsType(t, &operation.BusyError{}, err)
		busy = err.(*operation.BusyError).Operation //nolint:errorlint // its type was just checked
	})
	require.Equal(t, 1, wins)
	require.Equal(t, operation.Accepted, busy.State)
	accept(t, s, saveDraft(t, s, draft("OTHER2", "server-2"))) // others are not held up
}

func freesSubject(t *testing.T, s *Store) {
	op := accept(t, s, saveDraft(t, s, draft("ABC234", "server-1")))
	second := saveDraft(t, s, draft("XYZ567", "server-1"))
	for _, state := range []operation.State{operation.Sending, operation.Unconfirmed, operation.NeedsPerson} {
		op = moveTo(op, state)
		require.NoError(t, s.Save(t.Context(), op, event(operation.EventLook)))
		require.Equal(t, &operation.BusyError{Operation: op}, s.Accept(t.Context(), accepted(second)))
	}
	require.NoError(t, s.Save(t.Context(), moveTo(op, operation.Done), event(operation.EventFinished)))
	accept(t, s, second)
	// and an operation that opens again finds it taken
	again := moveTo(moveTo(op, operation.Done), operation.Sending)
	require.IsType(t, &operation.BusyError{}, s.Save(t.Context(), again, event(operation.EventAttempt)))
}

func acceptsWholly(t *testing.T, s *Store) {
	op := saveDraft(t, s, draft("ABC234", "server-1"))
	_, err := s.DB().ExecContext(t.Context(), "alter table events rename to events_away")
	require.NoError(t, err)
	require.ErrorContains(t, s.Accept(t.Context(), accepted(op)), "accepting operation LBR-ABC234 in journal "+s.name)
	require.Error(t, s.Save(t.Context(), moveTo(op, operation.NotDone), event(operation.EventCancelled)))
	require.Error(t, s.SaveDraft(t.Context(), draft("XYZ567", "server-2"), event(operation.EventPreviewed)))
	_, err = s.DB().ExecContext(t.Context(), "alter table events_away rename to events")
	require.NoError(t, err)

	got, err := s.Operation(t.Context(), op.ID)
	require.NoError(t, err)
	require.Equal(t, op, got)
	_, err = s.Operation(t.Context(), "LBR-XYZ567")
	require.Equal(t, operation.ErrNotFound, err)
	accept(t, s, op) // with the same delivery: it was not used up
}

func acceptsWithinLimit(t *testing.T, s *Store) {
	drafts := make([]operation.Operation, 20)
	for i := range drafts {
		drafts[i] = saveDraft(t, s, draft(fmt.Sprintf("L%d", i), fmt.Sprintf("server-%d", i)))
	}
	acceptance := func(i int) operation.Acceptance {
		a := accepted(drafts[i])
		a.Limit, a.Since = 3, clock().Add(-time.Minute)
		return a
	}
	var refused atomic.Int32
	wins := atOnce(len(drafts), func(i int) error { return s.Accept(t.Context(), acceptance(i)) }, func(err error) {
		limit, ok := errors.AsType[*operation.LimitError](err)
		require.True(t, ok, "%v", err)
		require.Len(t, limit.Times, 3)
		refused.Add(1)
	})
	require.Equal(t, 3, wins)
	require.EqualValues(t, 17, refused.Load())

	later := draft("L-later", "server-later")
	later.Actor.UserID = "U2"
	a := accepted(saveDraft(t, s, later))
	a.Limit, a.Since = 3, clock().Add(-time.Minute)
	require.NoError(t, s.Accept(t.Context(), a), "another person has a limit of their own")
}

// What counts for a listener and for break-glass is counted across people and
// apart from each other, however many accept at once.
func acceptsWithinOtherLimits(t *testing.T, s *Store) {
	tests := map[string]struct {
		of    string
		make  func(n int, a *operation.Acceptance)
		other func(a *operation.Acceptance) // is not limited by it
	}{
		"for a listener": {operation.LimitListener, func(n int, a *operation.Acceptance) {
			a.Operation.Actor.UserID = fmt.Sprintf("U%d", n)
			a.Operation.Request.ListenerID, a.ListenerLimit, a.ListenerSince = "listener-busy", 3,
				clock().Add(-time.Minute)
		}, func(a *operation.Acceptance) { a.Operation.Request.ListenerID = "listener-calm" }},
		"for break-glass": {operation.LimitGlass, func(_ int, a *operation.Acceptance) {
			a.Operation.Actor.UserID = "U-glass"
			a.Operation.Glass, a.GlassLimit, a.GlassSince = &operation.BreakGlass{Why: "x"}, 3,
				clock().Add(-time.Minute)
		}, func(a *operation.Acceptance) { a.Operation.Glass = nil }},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			acceptance := func(n int) operation.Acceptance {
				op := draft(fmt.Sprintf("%.3s%d", strings.ToUpper(tt.of), n), fmt.Sprintf("server-%s-%d", tt.of, n))
				a := operation.Acceptance{}
				a.Operation = op
				tt.make(n, &a)
				full := accepted(saveDraft(t, s, a.Operation))
				tt.make(n, &full)
				return full
			}
			all := make([]operation.Acceptance, 12)
			for n := range all {
				all[n] = acceptance(n)
			}
			wins := atOnce(len(all), func(n int) error { return s.Accept(t.Context(), all[n]) }, func(err error) {
				limit, ok := errors.AsType[*operation.LimitError](err)
				require.True(t, ok, "%v", err)
				require.Equal(t, tt.of, limit.Of)
				require.Len(t, limit.Times, 3)
			})
			require.Equal(t, 3, wins)
			a := acceptance(len(all))
			tt.other(&a)
			require.NoError(t, s.Accept(t.Context(), a), "it is not limited by that")
		})
	}
	times, err := s.BrokenSince(t.Context(), "U-glass", clock().Add(-time.Minute))
	require.NoError(t, err)
	require.Len(t, times, 3, "break-glass is counted, and nothing else")
}
