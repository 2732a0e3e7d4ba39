package operation_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"lbbot/bot/operation"
)

func TestEachEventSaysWhoAskedForWhatWhenAndWhere(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		op := h.carry(h.accepted(request()))
		require.Equal(t, operation.Done, op.State)
		const form = "2006-01-02T15:04:05.000Z"
		seen := map[string]operation.Event{}
		for _, e := range h.journal.events {
			seen[e.Kind] = e
			require.Equal(t, op.Actor.UserID, e.Data["requester"], e.Kind)
			require.Equal(t, op.Place.ChannelID, e.Data["requester_channel"], e.Kind)
			require.Equal(t, op.ID, e.OperationID, e.Kind)
			require.Equal(t, op.AskedAt.UTC().Format(form), e.Data["asked_at"], e.Kind)
			require.Equal(t, op.Request.ListenerID, e.Data["listener"], e.Kind)
			require.Equal(t, op.Request.InstanceID, e.Data["instance"], e.Kind)
			require.Equal(t, op.Ref, e.Data["ref"], e.Kind)
			for key, value := range e.Data {
				require.NotEmpty(t, value, key)
				require.NotEqual(t, op.Request.ClientToken, value, key)
			}
		}
		accepted, finished := seen[operation.EventAccepted], seen[operation.EventFinished]
		require.NotEmpty(t, accepted.Data["delivery"], "the Slack delivery")
		require.Equal(t, op.ClickedAt.UTC().Format(form), accepted.Data["clicked_at"])
		require.Equal(t, op.RequestID, finished.Data["request_ids"], "Zenlayer's request id")
		require.Equal(t, op.BackendID, finished.Data["backend_id"])
		require.Equal(t, op.Listener.Name, finished.Data["listener_name"])
		for n, id := range op.Policies {
			require.Equal(t, id, finished.Data["policy_"+string(rune('1'+n))])
		}
	})
}

func TestTheRequestIDsOfRefusalsAreInTheTrail(t *testing.T) {
	t.Parallel()
	scene(t, func(t *testing.T, h *house) {
		h.cloud.goes(on("RegisterBackend", 0, fault{before: apiError(404, "INVALID_INSTANCE_NOT_FOUND")}))
		op := h.carry(h.accepted(request()))
		last := h.journal.events[len(h.journal.events)-1]
		require.Equal(t, operation.EventFinished, last.Kind)
		require.Equal(t, op.Fault.RequestID, last.Data["request_ids"])
	})
}
