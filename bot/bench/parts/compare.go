package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
)

// cost is what one run of a part takes.
type cost struct{ nanoseconds, bytes, allocations float64 }

// tolerated is how many times the allocations of the baseline a part may have.
const tolerated = 1.1

// processors is what go test appends to a name: the number of processors.
var processors = regexp.MustCompile(`-\d+$`)

// parse reads what go test -bench -benchmem prints. Of a part that is there several times, the last counts.
func parse(text io.Reader) (map[string]cost, error) {
	parts := map[string]cost{}
	lines := bufio.NewScanner(text)
	for lines.Scan() {
		words := strings.Fields(lines.Text())
		if len(words) < 2 || !strings.HasPrefix(words[0], "BenchmarkPart") {
			continue
		}
		values := map[string]float64{}
		for at := 2; at+1 < len(words); at += 2 {
			value, err := strconv.ParseFloat(words[at], 64)
			if err != nil {
				return nil, fmt.Errorf("%q is no line of go test -bench: %w", lines.Text(), err)
			}
			values[words[at+1]] = value
		}
		if _, ok := values["allocs/op"]; !ok {
			return nil, fmt.Errorf("%q has no allocs/op: measure with -benchmem", lines.Text())
		}
		name := processors.ReplaceAllString(strings.TrimPrefix(words[0], "Benchmark"), "")
		parts[name] = cost{values["ns/op"], values["B/op"], values["allocs/op"]}
	}
	if len(parts) == 0 && lines.Err() == nil {
		return nil, errors.New("no line of a BenchmarkPart")
	}
	return parts, lines.Err()
}

// compare prints both measurements and returns an error that names every part whose allocations grew by a tenth or
// more, that is missing, or that has no baseline.
func compare(out io.Writer, was, now map[string]cost) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "part\tallocations\tnow\tbytes\tnow\tns\tnow\t")
	var faults []error
	for _, name := range slices.Sorted(maps.Keys(was)) {
		before, after := was[name], now[name]
		if _, ok := now[name]; !ok {
			faults = append(faults, fmt.Errorf("%s was not measured", name))
			continue
		}
		fmt.Fprintf(table, "%s\t%.0f\t%.0f\t%.0f\t%.0f\t%.0f\t%.0f\t\n", name, before.allocations, after.allocations,
			before.bytes, after.bytes, before.nanoseconds, after.nanoseconds)
		if after.allocations > 0 && after.allocations >= before.allocations*tolerated {
			faults = append(faults, fmt.Errorf("%s: %.0f allocations instead of %.0f", name, after.allocations,
				before.allocations))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(now)) {
		if _, ok := was[name]; !ok {
			faults = append(faults, fmt.Errorf("%s is not in the baseline", name))
		}
	}
	if err := table.Flush(); err != nil {
		return err
	}
	if len(faults) > 0 {
		return fmt.Errorf("%w\nIf this is meant: go run ./bot/bench/parts -update", errors.Join(faults...))
	}
	return nil
}
