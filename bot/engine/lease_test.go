package engine

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestLeaseIsNotFreshAfterTheHostWasSuspended(t *testing.T) {
	t.Parallel()
	now := time.Now()
	r := newReplica("a", nil)
	r.renewed = now
	require.True(t, r.freshAt(now))
	require.False(t, r.freshAt(now.Add(r.gone)))
	// A suspended host: the wall clock went on, the monotonic clock did not.
	r.renewed = now.Add(-time.Hour).Round(0)
	require.False(t, r.freshAt(now))
}

func TestSilenceAfterWhichReplicasAreDead(t *testing.T) {
	t.Parallel()
	at := time.Now()
	ago := func(d time.Duration) time.Time { return at.Add(-d) }
	const s = time.Second
	tests := map[string]struct {
		steady, renewed time.Time
		late            []span
		want            time.Duration
	}{
		"just started":                          {ago(s), at, nil, 0},
		"a heartbeat failed":                    {time.Time{}, at, nil, 0},
		"steady, but the last one is late":      {ago(60 * s), ago(3 * s), nil, 0},
		"steady for as long as others have":     {ago(silent), ago(s), nil, silent},
		"one was late just now":                 {ago(60 * s), at, []span{{ago(4 * s), ago(s)}}, 0},
		"one was late, and that is not silence": {ago(60 * s), at, []span{{ago(6 * s), ago(3 * s)}}, silent + 3*s},
		"one was late, long ago":                {ago(60 * s), at, []span{{ago(20 * s), ago(17 * s)}}, silent},
		"two were late, the first as the second": {ago(60 * s), at, []span{{ago(9 * s), ago(6 * s)},
			{ago(5 * s), ago(2 * s)}}, silent + 6*s},
		"two were late, and one before both": {ago(60 * s), at, []span{{ago(30 * s), ago(20 * s)},
			{ago(9 * s), ago(6 * s)}, {ago(5 * s), ago(2 * s)}}, silent + 6*s},
		"one was late soon after the start":      {ago(6 * s), at, []span{{ago(6 * s), ago(3 * s)}}, 0},
		"one was late soon after a longer start": {ago(7 * s), at, []span{{ago(6 * s), ago(3 * s)}}, silent + 3*s},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := &Engine{replica: newReplica("a", nil)}
			e.replica.steady, e.replica.renewed, e.replica.late = tt.steady, tt.renewed, tt.late
			require.Equal(t, tt.want, e.patience(at))
		})
	}
}

func TestLateHeartbeatsDoNotCountAsDatabaseFailure(t *testing.T) {
	t.Parallel()
	at := time.Now()
	e := &Engine{replica: newReplica("a", nil)}
	e.renew(at)
	e.renew(at.Add(time.Second))
	require.Equal(t, at, e.replica.steady)
	require.Empty(t, e.replica.late)
	e.renew(at.Add(5 * time.Second))
	require.Equal(t, at, e.replica.steady)
	require.Equal(t, []span{{at.Add(time.Second), at.Add(5 * time.Second)}}, e.replica.late)
	e.missed()
	e.renew(at.Add(6 * time.Second))
	require.Equal(t, at.Add(6*time.Second), e.replica.steady, "a failure begins anew")
	require.Empty(t, e.replica.late)
	for i := range 100 {
		e.renew(at.Add(time.Duration(10+i*10) * time.Second))
	}
	require.Len(t, e.replica.late, maxLate)
}
