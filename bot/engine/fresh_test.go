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
