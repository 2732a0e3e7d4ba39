package operation_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"lbbot/bot/operation"
	"lbbot/bot/operation/intake"
)

func TestAClickIsOnlyCalledUndoneWhenNothingIsStored(t *testing.T) {
	t.Parallel()
	stopped := func(h *house) (string, func() error) {
		id := h.accepted(request())
		return id, func() error { _, err := h.intake.Stop(context.Background(), h.click(id, ana)); return err }
	}
	moved := func(committed bool) error {
		return &operation.JournalMovedError{What: "moved", Advice: "stop", Committed: committed}
	}
	tests := map[string]struct {
		save, read   fault
		stored, fine bool
		away         bool // nothing is stored
	}{
		"the confirmation is lost":         {save: fault{after: errJournal}, stored: true, fine: true},
		"the file moved after the commit":  {save: fault{after: moved(true)}, stored: true, fine: true},
		"the file moved before the commit": {save: fault{before: moved(false)}, away: true},
		"it is not there":                  {save: fault{before: errJournal}, away: true},
		"it is not there yet":              {save: fault{before: errConnection}},
		"it is there, and cannot be read": {save: fault{after: errJournal}, read: fault{before: errJournal},
			stored: true},
		"it is not there, and cannot be read": {save: fault{before: errJournal}, read: fault{before: errJournal}},
		"the file moved, and it cannot be read": {save: fault{after: moved(true)},
			read: fault{before: moved(false)}, stored: true},
		"nothing goes wrong (the test is a test)": {stored: true, fine: true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scene(t, func(t *testing.T, h *house) {
				id, press := stopped(h)
				before, saved := h.journal.now(id), false
				h.journal.goes(func(call string) fault {
					switch {
					case call == "Save":
						saved = true
						return tt.save
					case call == "Operation" && saved:
						return tt.read
					}
					return fault{}
				})
				err := press()
				require.True(t, saved)
				require.Equal(t, tt.stored, h.journal.now(id).Version > before.Version)
				switch {
				case tt.fine:
					require.NoError(t, err)
				case tt.away:
					require.ErrorAs(t, err, new(*intake.UnavailableError))
				default:
					require.ErrorAs(t, err, new(*intake.UncertainError))
				}
			})
		})
	}
}

func TestADraftThatWasAcceptedInBetweenIsNotCancelled(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		draft, err := h.intake.Preview(t.Context(), h.ask(request()))
		require.NoError(t, err)
		reads := 0
		h.journal.goes(func(call string) fault {
			if call != "Operation" {
				return fault{}
			}
			if reads++; reads == 2 { // another replica accepts it after the first look
				op, _ := h.journal.get(draft.ID)
				op.State = operation.Accepted
				op.Version++
				h.journal.put(op, operation.Event{})
			}
			return fault{}
		})
		_, err = h.intake.Cancel(t.Context(), h.click(draft.ID, ana))
		stale := &operation.StaleError{}
		require.ErrorAs(t, err, &stale)
		require.Equal(t, operation.Accepted, stale.Operation.State)
		require.Equal(t, draft.ID, stale.Operation.ID)
	})
}
