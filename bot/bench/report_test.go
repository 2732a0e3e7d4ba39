package bench

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// turnOf is a result whose numbers all are of one size.
func turnOf(bot, database, load string, round int, size float64) Result {
	return Result{Bot: bot, Database: database, Load: load, Round: round, PerSecond: size, Processor: size, Peak: size,
		Ack: Quantiles{P50: size}, Answer: Quantiles{P50: size}, Help: Quantiles{P50: size}}
}

func TestRatiosAreTheMedianOfTheRounds(t *testing.T) {
	t.Parallel()
	results := []Result{
		turnOf(otherBot, "", "k=1", 1, 10), turnOf("lbbot", SQLite, "k=1", 1, 20), // 2
		turnOf(otherBot, "", "k=1", 2, 10), turnOf("lbbot", SQLite, "k=1", 2, 90), // 9
		turnOf(otherBot, "", "k=1", 3, 20), turnOf("lbbot", SQLite, "k=1", 3, 60), // 3
		turnOf("lbbot", SQLite, "k=16", 1, 5), // the other bot had no such turn
	}
	require.Equal(t, []Ratio{{Database: SQLite, Load: "k=1", Rounds: 3, Ack: 3, Answer: 3, Help: 3, PerSecond: 3,
		Processor: 3, Peak: 3}}, ratios(results))
	require.Nil(t, ratios([]Result{turnOf("lbbot", SQLite, "k=1", 1, 5)}), "there is no other bot")
}

func TestRatioLeavesOutWhatTheOtherBotDidNotMeasure(t *testing.T) {
	t.Parallel()
	other := turnOf(otherBot, "", "k=1", 1, 10)
	other.Processor = 0 // as where there is no /proc
	got := ratios([]Result{other, turnOf("lbbot", Postgres, "k=1", 1, 20)})
	require.Len(t, got, 1)
	require.Zero(t, got[0].Processor)
	require.InDelta(t, 2, got[0].Ack, 0)
}

func TestTableSaysWhatWasNotCounted(t *testing.T) {
	t.Parallel()
	r := Report{NotPinned: "1 core may be used, two are needed", Results: []Result{turnOf(otherBot, "", "k=1", 1, 4)}}
	text := r.Table()
	require.Contains(t, text, "not pinned to cores: 1 core may be used")
	require.Contains(t, text, "–")
	require.NotContains(t, text, "divided by")
	require.NotContains(t, Report{}.Table(), "Times", "nothing was measured")
}
