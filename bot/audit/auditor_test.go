package audit

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"lbbot/bot/operation"
)

// keeping makes an auditor with a trail in memory. The test moves the returned clock.
func keeping(t *testing.T, retention time.Duration,
	key string) (*Auditor, *memory, *time.Time, *observer.ObservedLogs) {
	t.Helper()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	clock := func() time.Time { return now }
	m := newMemory(clock)
	core, logs := observer.New(zap.InfoLevel)
	a, err := New(Config{Store: m, Key: key, Retention: retention, Now: clock, Log: zap.New(core),
		Registerer: prometheus.NewRegistry()})
	require.NoError(t, err)
	return a, m, &now, logs
}

func events(t *testing.T, m *memory) int64 {
	t.Helper()
	trail, err := Verify(t.Context(), m, Expected{})
	require.NoError(t, err)
	require.Nil(t, trail.Break)
	return trail.Events
}

func TestRetentionDeletesOnlyWithAKeyAndSaysSo(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		retention time.Duration
		key       string
		left      int64
		says      string
	}{
		"without a key": {400 * 24 * time.Hour, "", 3,
			"nothing is deleted, because no key signs checkpoints: set LBBOT_AUDIT_KEY"},
		"with a key": {400 * 24 * time.Hour, strings.Repeat("A", 43) + "=", 0, "audit trail is deleted by retention"},
		"forever":    {0, strings.Repeat("A", 43) + "=", 3, "audit trail is kept forever"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, m, now, logs := keeping(t, tt.retention, tt.key)
			a.Announce()
			require.Contains(t, logs.All()[0].Message, tt.says)
			a.Note(operation.EventStarted, nil)
			a.Note(operation.EventEnded, nil)
			a.round(t.Context()) // and the head
			a.round(t.Context())
			require.Equal(t, int64(3), events(t, m))
			*now = now.Add(400 * 24 * time.Hour)
			a.Cut(t.Context())
			require.Equal(t, int64(3), events(t, m), "not older than the retention")
			*now = now.Add(time.Second)
			a.Cut(t.Context())
			require.Equal(t, tt.left, events(t, m))
			if tt.left == 0 {
				require.Equal(t, a.publicKey(),
					logs.FilterMessage("old operations deleted").All()[0].ContextMap()["public_key"])
			}
		})
	}
}

func TestAuditorLogsTheHeadHourlyAndRecordsNotesInOrder(t *testing.T) {
	t.Parallel()
	a, m, now, logs := keeping(t, 0, "")
	a.Note(operation.EventStarted, map[string]string{"version": "1"})
	a.Note(operation.EventPolicy, map[string]string{"digest": "abc"})
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
	var kinds []string
	for _, e := range m.chain {
		kinds = append(kinds, e.Kind)
	}
	require.Equal(t, []string{operation.EventStarted, operation.EventPolicy, operation.EventHead}, kinds)
	require.JSONEq(t, `{"digest":"abc"}`, m.chain[1].Data)
	require.InDelta(t, 3, testutil.ToFloat64(a.head), 0)
	require.InDelta(t, 1, testutil.ToFloat64(a.unlinked), 0, "the head that was just noted")

	m.fault = errors.New("no database")
	a.Note(operation.EventEnded, nil)
	for range 3 {
		a.round(t.Context())
	}
	require.Len(t, a.notes, 1, "what could not be recorded waits")
	require.Len(t, logs.FilterMessage("audit trail cannot be linked; retrying").All(), 1, "said once")
	require.InDelta(t, 3, testutil.ToFloat64(a.errors), 0)
}
