package bench

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Table returns the report for people.
func (r Report) Table() string {
	var b strings.Builder
	pinned := "the bot and the stand-ins had a core each"
	if !r.Pinned {
		pinned = "not pinned to cores: " + r.NotPinned
	}
	fmt.Fprintf(&b, "%s, %s, %d cores; %s\n", r.System, r.Go, r.Cores, pinned)
	for _, x := range r.Results {
		fmt.Fprintf(&b, "\n%s, %s, round %d: %d operations, %.1f a second\n", x.who(), x.Load, x.Round, x.Operations,
			x.PerSecond)
		fmt.Fprintf(&b, "  ack     %s\n  answer  %s\n", x.Ack, x.Answer)
		fmt.Fprintf(&b, "  processor %.2f ms an operation; resident %.0f MiB idle, %.0f MiB peak; start to hello %.0f "+
			"ms; SIGTERM to exit %.0f ms\n", x.Processor, x.Idle, x.Peak, x.Start, x.Stop)
		fmt.Fprintf(&b, "  commits %.2f; calls of Slack %s; of Zenlayer %s\n", x.Commits, calls(x.Slack),
			calls(x.Zenlayer))
	}
	return b.String()
}

func (r Result) who() string {
	if r.Database == "" {
		return r.Bot
	}
	return r.Bot + " on " + r.Database
}

// String shows the quantiles in one line.
func (q Quantiles) String() string {
	return fmt.Sprintf("p50 %.2f ms  p90 %.2f  p99 %.2f  max %.2f", q.P50, q.P90, q.P99, q.Max)
}

// calls shows how often each call was made for one operation, and the sum.
func calls(by map[string]float64) string {
	sum := 0.0
	parts := make([]string, 0, len(by))
	for _, name := range slices.Sorted(maps.Keys(by)) {
		sum += by[name]
		parts = append(parts, fmt.Sprintf("%s %.2f", name, by[name]))
	}
	return fmt.Sprintf("%.2f (%s)", sum, strings.Join(parts, ", "))
}
