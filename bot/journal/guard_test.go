package journal

import (
	"testing"

	"github.com/stretchr/testify/require"

	"lbbot/bot/operation"
)

// onBoth runs a test on each database.
func onBoth(t *testing.T, test func(t *testing.T, s *Store)) {
	t.Parallel()
	for name, open := range map[string]func(t *testing.T) *Store{
		"SQLite":     openNew,
		"PostgreSQL": func(t *testing.T) *Store { return openPostgres(t, postgresURL(t)) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, open(t))
		})
	}
}

func TestAnotherClientTokenIsRefusedInEveryStateAndChangesNothing(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		op := saveDraft(t, s, draft("TOKEN2", "server-1"))
		refused := func(doing string, write func() error) {
			before, events := op, kinds(t, s, op.ID)
			err := write()
			require.Error(t, err, doing)
			require.NotErrorAs(t, err, new(*operation.StaleError), doing)
			got, err := s.Operation(t.Context(), op.ID)
			require.NoError(t, err)
			require.Equal(t, before, got, doing)
			require.Equal(t, events, kinds(t, s, op.ID), doing)
		}
		for _, token := range []string{"token-new", "", "token-token2"} {
			a := accepted(op)
			a.Operation.Request.ClientToken, a.Delivery = token, "click with "+token+"."
			refused("accepting", func() error { return s.Accept(t.Context(), a) })
			known, err := s.Delivered(t.Context(), a.Delivery)
			require.NoError(t, err)
			require.Zero(t, known, "a refused acceptance does not use its delivery up")
		}
		op = accept(t, s, op)
		for _, state := range []operation.State{operation.Sending, operation.Unconfirmed, operation.NeedsPerson,
			operation.Done} {
			for _, token := range []string{"token-new", ""} {
				next := moveTo(op, state)
				next.Request.ClientToken = token
				refused("saving "+string(state),
					func() error { return s.Save(t.Context(), next, event(operation.EventAttempt)) })
			}
			op = moveTo(op, state)
			require.NoError(t, s.Save(t.Context(), op, event(operation.EventAttempt)), "the same with its own token")
		}
	})
}

func TestADraftThatWasCancelledInBetweenIsNotAccepted(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		seen := saveDraft(t, s, draft("CANCEL", "server-1"))
		late := accepted(seen)
		cancelled := moveTo(seen, operation.Draft)
		cancelled.ExpiresAt = clock()
		require.NoError(t, s.Save(t.Context(), cancelled, event(operation.EventCancelled)))

		require.Equal(t, &operation.StaleError{Operation: cancelled}, s.Accept(t.Context(), late))
		got, err := s.Operation(t.Context(), seen.ID)
		require.NoError(t, err)
		require.Equal(t, cancelled, got)
		require.Equal(t, []string{operation.EventPreviewed, operation.EventCancelled}, kinds(t, s, seen.ID))
		accept(t, s, saveDraft(t, s, draft("OTHER2", "server-1"))) // its server is free
	})
}
