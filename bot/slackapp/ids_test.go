package slackapp

import (
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestButtonValuesComeBackAsTheyWent(t *testing.T) {
	t.Parallel()
	for _, version := range []int64{0, 1, math.MaxInt64} {
		op := sample()
		op.Version = version
		id, got, err := parseButtonValue(buttonValue(op))
		require.NoError(t, err)
		require.Equal(t, op.ID, id)
		require.Equal(t, version, got)
		for _, what := range []string{moreCopy, moreWhy, moreZeno, moreDetails} {
			value := moreValue(what, op)
			require.LessOrEqual(t, len(value), 75, "Slack's limit for an option")
			gotWhat, id, got, err := parseMoreValue(value)
			require.NoError(t, err)
			require.Equal(t, what, gotWhat)
			require.Equal(t, op.ID, id)
			require.Equal(t, version, got)
		}
	}
}

func TestForeignButtonValuesAreRefused(t *testing.T) {
	t.Parallel()
	for name, value := range map[string]string{
		"nothing": "", "no version": "abc", "no id": ":1", "negative version": "abc:-1", "not a number": "abc:x",
		"too large":    "abc:9223372036854775808",
		"leading zero": "abc:01", "plus": "abc:+1", "two colons": "abc:1:2", "other characters": "a b:1",
		"markup": "<@U1>:1", "not ASCII": "界:1",
		"too long": string(slices.Repeat([]byte("a"), 65)) + ":1",
	} {
		_, _, err := parseButtonValue(value)
		require.ErrorIs(t, err, errButtonValue, name)
		_, _, _, err = parseMoreValue(moreCopy + ":" + value)
		require.ErrorIs(t, err, errButtonValue, name)
	}
	_, _, _, err := parseMoreValue("history:abc:1")
	require.ErrorIs(t, err, errButtonValue)
}

func TestActionIdsAreUnique(t *testing.T) {
	t.Parallel()
	ids := actionIDs()
	slices.Sort(ids)
	require.Len(t, slices.Compact(slices.Clone(ids)), len(ids))
}
