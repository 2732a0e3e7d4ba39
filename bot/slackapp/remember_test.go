package slackapp

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
	m := newMemory(func() time.Time { return now }, func() string { n++; return strconv.Itoa(n) })
	typed := commands.Values{"listener": "x"}
	key := m.keep(memo{values: typed})
	typed["listener"] = "changed later"
	kept, ok := m.recall(key)
	require.True(t, ok)
	require.Equal(t, "x", kept.values["listener"])
	now = now.Add(memoFor)
	_, ok = m.recall(key)
	require.False(t, ok)
	m.keep(memo{})
	require.Len(t, m.items, 1, "what is forgotten is dropped")
	for range maxMemos + 10 {
		m.keep(memo{})
	}
	require.Len(t, m.items, maxMemos)
	require.Len(t, m.order, maxMemos)
	_, ok = m.recall("no such key")
	require.False(t, ok)
}

func TestWhatFailedCanBeClaimedAgain(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 18, 12, 0, 0, 0, time.UTC)
	c := newClaims(func() time.Time { return at })
	require.True(t, c.claim("a"))
	require.False(t, c.claim("a"))
	require.True(t, c.claim("b"))
	c.release("a")
	require.True(t, c.claim("a"))
	at = at.Add(claimFor)
	require.True(t, c.claim("b"), "after a while it may be asked again")
}
