package bench

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestQuantilesAreTheNearestRank(t *testing.T) {
	t.Parallel()
	upTo := func(n int) []time.Duration {
		var out []time.Duration
		for i := n; i > 0; i-- {
			out = append(out, time.Duration(i)*time.Millisecond)
		}
		return out
	}
	tests := map[string]struct {
		times []time.Duration
		want  Quantiles
	}{
		"no times":         {nil, Quantiles{}},
		"one":              {upTo(1), Quantiles{1, 1, 1, 1}},
		"two":              {upTo(2), Quantiles{1, 2, 2, 2}},
		"ten, unsorted":    {upTo(10), Quantiles{5, 9, 10, 10}},
		"a hundred":        {upTo(100), Quantiles{50, 90, 99, 100}},
		"a thousand":       {upTo(1000), Quantiles{500, 900, 990, 1000}},
		"parts of a milli": {[]time.Duration{1500 * time.Microsecond}, Quantiles{1.5, 1.5, 1.5, 1.5}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tt.want, quantilesOf(tt.times))
		})
	}
}

func TestMedianIsTheMiddle(t *testing.T) {
	t.Parallel()
	require.Zero(t, median(nil))
	require.InDelta(t, 2, median([]float64{9, 2, 1}), 0)
	require.InDelta(t, 2.5, median([]float64{9, 3, 2, 1}), 0)
}

func TestMetricsAreReadWithAndWithoutLabels(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		line string
		want float64
		ok   bool
	}{
		"without labels":         {"commits_total 12", 12, true},
		"with labels":            {`commits_total{what="a b"} 3`, 3, true},
		"in another form":        {"commits_total 1.5e+03", 1500, true},
		"another metric":         {"commits_total_of_others 4", 0, false},
		"a comment":              {"# TYPE commits_total counter", 0, false},
		"a name without a value": {"commits_total", 0, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, ok := sample(tt.line, "commits_total")
			require.Equal(t, tt.ok, ok)
			require.InDelta(t, tt.want, got, 0)
		})
	}
}
