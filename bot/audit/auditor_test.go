package bot

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"lbbot/bot/journal"
	"lbbot/bot/operation"
	"lbbot/bot/policy"
	"lbbot/zenlayer"
)

// keeping makes an auditor on a database whose clock is the returned one.
func keeping(t *testing.T, c Config) (*auditor, *journal.Store, *time.Time, *observer.ObservedLogs) {
	t.Helper()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	clock := func() time.Time { return now }
	j, err := journal.Open(t.Context(), journal.Config{URL: "sqlite:" + filepath.Join(t.TempDir(), "lbbot.db"), Now: clock})
	require.NoError(t, err)
	t.Cleanup(func() { _ = j.Close() }) // a test closes it earlier
	core, logs := observer.New(zap.InfoLevel)
	a, err := newAuditor(c, j, zap.New(core), prometheus.NewRegistry())
	require.NoError(t, err)
	a.now = clock
	return a, j, &now, logs
}

func events(t *testing.T, j *journal.Store) int64 {
	t.Helper()
	trail, err := j.Verify(t.Context(), journal.Expected{})
	require.NoError(t, err)
	require.Nil(t, trail.Break)
	return trail.Events
}

func TestRetentionDeletesOnlyWithAKeyAndSaysSo(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		retention Duration
		key       string
		left      int64
		says      string
	}{
		"without a key": {Defaults().Retention, "", 3, "kept for good, because no key signs what would be deleted: set LBBOT_AUDIT_KEY"},
		"with a key":    {Defaults().Retention, strings.Repeat("A", 43) + "=", 0, "audit trail is cut by retention"},
		"for good":      {0, strings.Repeat("A", 43) + "=", 3, "audit trail is kept for good"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := Defaults()
			c.Retention, c.AuditKey = tt.retention, zenlayer.NewSecret(tt.key)
			a, j, now, logs := keeping(t, c)
			a.announce()
			require.Contains(t, logs.All()[0].Message, tt.says)
			a.note(operation.EventStarted, nil)
			a.note(operation.EventEnded, nil)
			a.round(t.Context()) // and the head
			a.round(t.Context())
			require.Equal(t, int64(3), events(t, j))
			*now = now.Add(400 * 24 * time.Hour)
			a.cut(t.Context())
			require.Equal(t, int64(3), events(t, j), "not older than the retention")
			*now = now.Add(time.Second)
			a.cut(t.Context())
			require.Equal(t, tt.left, events(t, j))
			if tt.left == 0 {
				require.Equal(t, a.publicKey(), logs.FilterMessage("old operations deleted").All()[0].ContextMap()["public_key"])
			}
		})
	}
}

func TestTheHeadIsLoggedHourlyAndWhatTheBotDoesIsRecordedInOrder(t *testing.T) {
	t.Parallel()
	a, j, now, logs := keeping(t, Defaults())
	a.note(operation.EventStarted, map[string]string{"version": "1"})
	a.policyChanged(policy.Status{Digest: "abc"})
	for range 3 {
		a.round(t.Context())
		*now = now.Add(time.Minute)
	}
	require.Len(t, logs.FilterMessage("audit trail head").All(), 1)
	*now = now.Add(time.Hour)
	a.round(t.Context())
	heads := logs.FilterMessage("audit trail head").All()
	require.Len(t, heads, 2)
	require.Equal(t, int64(3), heads[1].ContextMap()["position"])
	entries, err := j.Entries(t.Context(), 0, 10)
	require.NoError(t, err)
	require.Equal(t, []string{operation.EventStarted, operation.EventPolicy, operation.EventHead}, []string{entries[0].Kind, entries[1].Kind, entries[2].Kind})
	require.JSONEq(t, `{"digest":"abc","result":"good"}`, entries[1].Data)
	require.InDelta(t, 3, testutil.ToFloat64(a.head), 0)
	require.InDelta(t, 1, testutil.ToFloat64(a.unlinked), 0, "the head that was just noted")

	require.NoError(t, j.Close())
	a.note(operation.EventEnded, nil)
	for range 3 {
		a.round(t.Context())
	}
	require.Len(t, a.notes, 1, "what could not be recorded waits")
	require.Len(t, logs.FilterMessage("audit trail cannot be linked; it is tried again").All(), 1, "said once")
	require.InDelta(t, 3, testutil.ToFloat64(a.errors), 0)
}
