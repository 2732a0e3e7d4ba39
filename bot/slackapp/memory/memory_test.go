package memory

import (
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/commands"
)

func TestMemoryIsBoundedAndForgets(t *testing.T) {
	t.Parallel()
	now := time.Now()
	n := 0
	m := NewItems(func() time.Time { return now }, func() string { n++; return strconv.Itoa(n) })
	typed := commands.Values{"listener": "x"}
	key := m.Keep(Item{Values: typed})
	typed["listener"] = "changed later"
	kept, ok := m.Recall(key)
	require.True(t, ok)
	require.Equal(t, "x", kept.Values["listener"])
	now = now.Add(itemFor)
	_, ok = m.Recall(key)
	require.False(t, ok)
	m.Keep(Item{})
	require.Len(t, m.items, 1, "what is forgotten is dropped")
	for range maxItems + 10 {
		m.Keep(Item{})
	}
	require.Len(t, m.items, maxItems)
	require.Len(t, m.order, maxItems)
	_, ok = m.Recall("no such key")
	require.False(t, ok)
}

func TestWhatFailedCanBeClaimedAgain(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 18, 12, 0, 0, 0, time.UTC)
	c := NewClaims(func() time.Time { return at })
	require.True(t, c.Claim("a"))
	require.False(t, c.Claim("a"))
	require.True(t, c.Claim("b"))
	c.Release("a")
	require.True(t, c.Claim("a"))
	at = at.Add(claimFor)
	require.True(t, c.Claim("b"), "after a while it may be asked again")
}
