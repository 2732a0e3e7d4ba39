package slackapp

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"lbbot/bot/slackapp/socket"
)

func TestTypedRequestIsStoredWithTheNameThatSlackShows(t *testing.T) {
	t.Parallel()
	r := open(t, nil)
	r.divert(func(e socket.Envelope) {
		handle := bytes.Replace(e.Payload, []byte(`"user_name":"ana"`), []byte(`"user_name":"a.bell7"`), 1)
		require.NotEqual(t, e.Payload, handle, "the command has no handle")
		e.Payload = handle
		r.app.Receive(e)
	})
	r.preview(ana, ops)
	r.shelf.mu.Lock()
	defer r.shelf.mu.Unlock()
	require.NotEmpty(t, r.shelf.ops)
	for _, op := range r.shelf.ops {
		require.Equal(t, "ana", op.Actor.Name)
	}
}
