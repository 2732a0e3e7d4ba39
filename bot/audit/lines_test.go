package audit

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"lbbot/bot/operation"
)

// add puts events into the chain.
func (m *memory) add(t *testing.T, n int, kind string, at time.Time) {
	t.Helper()
	for range n {
		require.NoError(t, m.Record(t.Context(), operation.Event{At: at, Kind: kind,
			Data: map[string]string{"code": "guest"}}))
	}
	_, err := m.Link(t.Context())
	require.NoError(t, err)
}

func TestAuditChannelLosesNoLineAndOneProcessPosts(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	type message struct{ lines, skipped int }
	var posted []message
	var refused error
	const limit = 20
	l := newMemory(func() time.Time { return now })
	teller := &Teller{Store: l, Holder: "me", Now: l.now, Log: zap.NewNop(), Limit: limit,
		End:     func() int64 { return l.head.Position },
		HasLine: func(e operation.Event) bool { return e.Kind == operation.EventDenied },
		Post: func(_ context.Context, events []operation.Event, skipped int) error {
			if refused == nil {
				posted = append(posted, message{len(events), skipped})
			}
			return refused
		}}
	tell := func() bool {
		more, err := teller.tell(t.Context())
		require.ErrorIs(t, err, refused)
		return more
	}
	require.False(t, tell(), "nothing is there")

	l.add(t, 3, operation.EventDenied, now)
	l.add(t, 5, operation.EventLook, now)
	refused = errors.New("not_in_channel")
	tell()
	require.Zero(t, l.posted, "what was not posted waits")
	refused = nil
	require.False(t, tell())
	require.Equal(t, []message{{3, 0}}, posted, "in one message, and events without a line are passed over")
	require.Equal(t, int64(8), l.posted)

	l.add(t, limit+1, operation.EventDenied, now)
	require.True(t, tell())
	require.False(t, tell())
	require.Equal(t, []message{{3, 0}, {limit, 0}, {1, 0}}, posted)

	l.add(t, 2, operation.EventDenied, now.Add(-lineYouth-time.Second))
	l.add(t, 1, operation.EventDenied, now)
	l.taken = true
	tell()
	require.Len(t, posted, 3, "another process posts")
	l.taken = false
	tell()
	require.Equal(t, message{1, 2}, posted[3], "old lines are counted")
	require.Equal(t, l.head.Position, l.posted)
}
