package commands

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestPauseTakesWhatFollowsAsItsReason(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		"pause": nil, "PAUSE  ": nil, `pause ""`: nil,
		"pause Zenlayer maintenance until 04:00": {"Zenlayer maintenance until 04:00"},
		`pause reason="inc-1234, see #ops"`:      {"inc-1234, see #ops"},
		"pause a &lt;b&gt; &amp; c":              {"a <b> & c"},
		"pause see <#C1|ops> and <@U1|ana>":      {"see #ops and @ana"},
		"/lb-register pause now":                 {"now"},
		"pause " + strings.Repeat("网", 300):      {strings.Repeat("网", 300)},
	} {
		c, err := Parse(text)
		require.NoError(t, err, text)
		require.Equal(t, Command{Verb: VerbPause, Args: want}, c, text)
	}
	_, err := Parse("pause " + strings.Repeat("x", 301))
	require.ErrorContains(t, err, "301 characters")
	_, err = Parse("pause xoxb-1234-5678-abcdefghijkl")
	require.Error(t, err, "a token is never repeated")
}

func TestResumeStandsAlone(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"resume", "Resume ", "unpause"} {
		c, err := Parse(text)
		require.NoError(t, err)
		require.Equal(t, Command{Verb: VerbResume}, c)
	}
	_, err := Parse("resume LBR-7F3KQ2")
	require.ErrorContains(t, err, "resume stands alone")
}
