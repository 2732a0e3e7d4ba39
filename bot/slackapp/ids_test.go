package slackapp

import (
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"lbbot/bot/slackapp/render"
	"lbbot/bot/slackapp/render/examples"
)

func TestButtonValuesComeBackAsTheyWent(t *testing.T) {
	t.Parallel()
	for _, version := range []int64{0, 1, math.MaxInt64} {
		op := examples.Sample()
		op.Version = version
		id, got, err := render.ParseButtonValue(render.ButtonValue(op))
		require.NoError(t, err)
		require.Equal(t, op.ID, id)
		require.Equal(t, version, got)
		for _, what := range []string{render.MoreCopy, render.MoreWhy, render.MoreZeno, render.MoreDetails} {
			value := render.MoreValue(what, op)
			require.LessOrEqual(t, len(value), 75, "Slack's limit for an option")
			gotWhat, id, got, err := render.ParseMoreValue(value)
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
		_, _, err := render.ParseButtonValue(value)
		require.ErrorIs(t, err, render.ErrButtonValue, name)
		_, _, _, err = render.ParseMoreValue(render.MoreCopy + ":" + value)
		require.ErrorIs(t, err, render.ErrButtonValue, name)
	}
	_, _, _, err := render.ParseMoreValue("history:abc:1")
	require.ErrorIs(t, err, render.ErrButtonValue)
}

func TestActionIdsAreUnique(t *testing.T) {
	t.Parallel()
	ids := render.ActionIDs()
	slices.Sort(ids)
	require.Len(t, slices.Compact(slices.Clone(ids)), len(ids))
}
