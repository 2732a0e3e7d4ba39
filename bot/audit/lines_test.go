package bot

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"lbbot/bot/journal"
	"lbbot/bot/operation"
	"lbbot/bot/slackapp"
)

// ledger is a trail with a place of the audit channel.
type ledger struct {
	entries []journal.Entry
	posted  int64
	taken   bool // by another process
}

func (l *ledger) LinesPosted(context.Context) (int64, error) { return l.posted, nil }
func (l *ledger) Head(context.Context) (journal.Head, error) {
	return journal.Head{Position: int64(len(l.entries))}, nil
}

func (l *ledger) HoldLines(context.Context, string, time.Time) (int64, bool, error) {
	return l.posted, !l.taken, nil
}

func (l *ledger) Entries(_ context.Context, after int64, limit int) ([]journal.Entry, error) {
	return l.entries[after:min(int(after)+limit, len(l.entries))], nil
}

func (l *ledger) AdvanceLines(_ context.Context, _ string, position int64) error {
	l.posted = position
	return nil
}

func (l *ledger) add(n int, kind string, at time.Time) {
	for range n {
		l.entries = append(l.entries, journal.Entry{Position: int64(len(l.entries) + 1), Kind: kind, At: at.UnixMilli(), Data: `{"code":"guest"}`})
	}
}

func TestLinesOfTheAuditChannelAreNeitherLostNorPostedByTwo(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	type message struct{ lines, skipped int }
	var posted []message
	var refused error
	l := &ledger{}
	teller := &teller{journal: l, holder: "me", now: func() time.Time { return now }, log: zap.NewNop(),
		post: func(_ context.Context, events []operation.Event, skipped int) error {
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

	l.add(3, operation.EventDenied, now)
	l.add(5, operation.EventLook, now)
	refused = errors.New("not_in_channel")
	tell()
	require.Zero(t, l.posted, "what was not posted waits")
	refused = nil
	require.False(t, tell())
	require.Equal(t, []message{{3, 0}}, posted, "in one message, and events without a line are passed over")
	require.Equal(t, int64(8), l.posted)

	l.add(slackapp.AuditLimit+1, operation.EventDenied, now)
	require.True(t, tell())
	require.False(t, tell())
	require.Equal(t, []message{{3, 0}, {slackapp.AuditLimit, 0}, {1, 0}}, posted)

	l.add(2, operation.EventDenied, now.Add(-lineYouth-time.Second))
	l.add(1, operation.EventDenied, now)
	l.taken = true
	tell()
	require.Len(t, posted, 3, "another process posts")
	l.taken = false
	tell()
	require.Equal(t, message{1, 2}, posted[3], "old lines are counted")
	require.Equal(t, int64(len(l.entries)), l.posted)
}
