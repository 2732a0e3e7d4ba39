package bench

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
)

// Table returns the report for people.
func (r Report) Table() string {
	var b strings.Builder
	pinned := "the bot and the stand-ins had a core each"
	if !r.Pinned {
		pinned = "not pinned to cores: " + r.NotPinned
	}
	fmt.Fprintf(&b, "%s, %s, %d cores; %s\n", r.System, r.Go, r.Cores, pinned)
	if len(r.Results) == 0 {
		return b.String()
	}
	b.WriteString("\nTimes in milliseconds\n")
	columns(&b, func(w io.Writer) { r.times(w) })
	b.WriteString("\nCosts of one operation, memory in MiB, start to hello and SIGTERM to exit in milliseconds\n")
	columns(&b, func(w io.Writer) { r.costs(w) })
	b.WriteString("\nCalls of one operation\n")
	columns(&b, func(w io.Writer) { r.calls(w) })
	if len(r.Ratios) > 0 {
		fmt.Fprintf(&b, "\nlbbot divided by the other bot (%s), median of the rounds\n", r.Other)
		columns(&b, func(w io.Writer) { r.compared(w) })
	}
	return b.String()
}

// columns writes rows whose cells end in tabs, under each other.
func columns(b *strings.Builder, rows func(io.Writer)) {
	w := tabwriter.NewWriter(b, 0, 0, 2, ' ', tabwriter.AlignRight)
	rows(w)
	_ = w.Flush() // a strings.Builder takes everything
}

func (r Report) times(w io.Writer) {
	fmt.Fprintln(w, "bot\tload\tround\tops/s\tack p50\tp90\tp99\tmax\tanswer p50\tp90\tp99\tmax\thelp p50\tmax\t")
	for _, x := range r.Results {
		fmt.Fprintf(w, "%s\t%s\t%d\t%.1f\t%s\t%s\t%.2f\t%.2f\t\n", x.who(), x.Load, x.Round, x.PerSecond, x.Ack,
			x.Answer, x.Help.P50, x.Help.Max)
	}
}

func (r Report) costs(w io.Writer) {
	fmt.Fprintln(w, "bot\tload\tround\tcpu ms\tcpu busy\tcommits\tbefore result\tpg writes\tslack\tzenlayer\tidle\t"+
		"peak\thello\texit\t")
	for _, x := range r.Results {
		fmt.Fprintf(w, "%s\t%s\t%d\t%.2f\t%.0f%%\t%s\t%s\t%s\t%.2f\t%.2f\t%.0f\t%.0f\t%.0f\t%.0f\t\n", x.who(), x.Load,
			x.Round, x.Processor, x.Processor*x.PerSecond/10, known(x.Commits), known(x.Early),
			known(x.Writes), sum(x.Slack), sum(x.Zenlayer), x.Idle, x.Peak, x.Start, x.Stop)
	}
}

// calls has a row for each method; it shows the first round.
func (r Report) calls(w io.Writer) {
	first := slices.DeleteFunc(slices.Clone(r.Results), func(x Result) bool { return x.Round != 1 })
	names := map[string]bool{}
	for _, x := range first {
		fmt.Fprintf(w, "\t%s %s", x.who(), x.Load)
		for name := range x.Slack {
			names[name] = true
		}
		for name := range x.Zenlayer {
			names[name] = true
		}
	}
	fmt.Fprintln(w, "\t")
	for _, name := range slices.Sorted(maps.Keys(names)) {
		fmt.Fprint(w, name)
		for _, x := range first {
			fmt.Fprintf(w, "\t%.2f", x.Slack[name]+x.Zenlayer[name])
		}
		fmt.Fprintln(w, "\t")
	}
}

func (r Report) compared(w io.Writer) {
	fmt.Fprintln(w, "database\tload\trounds\tops/s\tack p50\tanswer p50\thelp p50\tcpu\tpeak memory\t")
	for _, x := range r.Ratios {
		fmt.Fprintf(w, "%s\t%s\t%d\t%.2f\t%.2f\t%.2f\t%.2f\t%.2f\t%.2f\t\n", x.Database, x.Load, x.Rounds, x.PerSecond,
			x.Ack, x.Answer, x.Help, x.Processor, x.Peak)
	}
}

func (r Result) who() string {
	name := strings.TrimSpace(r.Bot + " " + r.Database)
	if r.Replicas > 1 {
		name += fmt.Sprintf(" x%d", r.Replicas)
	}
	return name
}

// String has the quantiles as four cells.
func (q Quantiles) String() string {
	return fmt.Sprintf("%.2f\t%.2f\t%.2f\t%.2f", q.P50, q.P90, q.P99, q.Max)
}

// known shows a number that was perhaps not counted.
func known(n *float64) string {
	if n == nil {
		return "–"
	}
	return fmt.Sprintf("%.2f", *n)
}

func sum(by map[string]float64) float64 {
	all := 0.0
	for _, n := range by {
		all += n
	}
	return all
}
