package journal

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot/operation"
)

// removal accepts a removal of backend "be-"+name that is in this state.
func removal(t *testing.T, s *Store, name string, state operation.State, edit func(*operation.Operation)) {
	t.Helper()
	op := draft(name, "server-"+name)
	op.Change, op.Target = operation.ChangeRemove, &operation.Target{BackendID: "be-" + name}
	if edit != nil {
		edit(&op)
	}
	saveDraft(t, s, op)
	if state == operation.Draft {
		return
	}
	op = moveTo(accept(t, s, op), state)
	if state.Final() {
		op.FinishedAt = clock()
		if edit != nil {
			edit(&op)
		}
	}
	require.NoError(t, s.Save(t.Context(), op, event(operation.EventFinished)))
}

func listsLeaving(t *testing.T, s *Store) {
	for _, state := range operation.AllStates() {
		removal(t, s, string(state), state, nil)
	}
	removal(t, s, "earlier", operation.Done, func(op *operation.Operation) {
		op.FinishedAt = clock().Add(-time.Minute - time.Millisecond)
	})
	removal(t, s, "elsewhere", operation.Sending, func(op *operation.Operation) {
		op.Request.ListenerID = "listener-2"
	})
	removal(t, s, "others", operation.Sending, func(op *operation.Operation) { op.Account = "other" })
	removal(t, s, "addition", operation.Sending, func(op *operation.Operation) {
		op.Change, op.Target = operation.ChangeAdd, nil
	})

	list, err := s.Leaving(t.Context(), "main", "listener-1", "", clock().Add(-time.Minute))
	require.NoError(t, err)
	require.ElementsMatch(t,
		[]string{"be-accepted", "be-sending", "be-unconfirmed", "be-needs_person", "be-added"},
		operation.Targets(list, ""))

	list, err = s.Leaving(t.Context(), "main", "listener-2", "", clock())
	require.NoError(t, err)
	require.Equal(t, []string{"be-elsewhere"}, operation.Targets(list, ""))

	for server, want := range map[string][]string{
		"server-sending": {"be-sending"}, "server-added": {"be-added"}, "server-addition": nil, "server-new": nil,
	} {
		list, err = s.Leaving(t.Context(), "main", "listener-1", server, clock().Add(-time.Minute))
		require.NoError(t, err)
		require.Equal(t, want, operation.Targets(list, ""), server)
	}
}

func forgetsRemovalsBeforeAnAddition(t *testing.T, s *Store) {
	for name, after := range map[string]time.Duration{"old": time.Second, "new": -time.Second} {
		removal(t, s, name, operation.Done, nil)
		removal(t, s, name+"-added", operation.Done, func(op *operation.Operation) {
			op.Change, op.Target, op.BackendID = operation.ChangeAdd, nil, "be-"+name
			op.FinishedAt = clock().Add(after)
		})
	}
	list, err := s.Leaving(t.Context(), "main", "listener-1", "", clock().Add(-time.Minute))
	require.NoError(t, err)
	require.Equal(t, []string{"be-new"}, operation.Targets(list, ""))
}
