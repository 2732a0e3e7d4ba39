// Command parts measures the parts of a request, which are the benchmarks named BenchmarkPart…, and compares their
// allocations with the baseline. It runs in the top folder of the repository:
//
//	go run ./bot/bench/parts          # exit code 1 if a part allocates a tenth more
//	go run ./bot/bench/parts -update  # writes the baseline
//
// Times are printed and never decide: they differ between machines. benchstat reads the baseline too.
package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
)

const baseline = "bot/bench/parts/baseline.txt"

// measured are the packages that have parts.
func measured() []string {
	return []string{"./commands", "./zenlayer", "./bot/policy", "./bot/journal", "./bot/slackapp/delivery",
		"./bot/slackapp/render/examples", "./bot/slackapp/web"}
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "parts:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("parts", flag.ContinueOnError)
	update := flags.Bool("update", false, "write "+baseline)
	if err := flags.Parse(args); err != nil {
		return err
	}
	text, err := measure(ctx)
	if err != nil {
		return err
	}
	now, err := parse(bytes.NewReader(text))
	if err != nil {
		return err
	}
	if *update {
		return os.WriteFile(baseline, text, 0o644) //nolint:gosec // part of the repository
	}
	before, err := os.Open(baseline)
	if err != nil {
		return fmt.Errorf("%w: run this in the top folder of the repository", err)
	}
	defer before.Close()
	was, err := parse(before)
	if err != nil {
		return fmt.Errorf("%s: %w", baseline, err)
	}
	return compare(out, was, now)
}

// measure runs the benchmarks, each 1000 times: enough for the count of allocations, too few for an exact time.
func measure(ctx context.Context) ([]byte, error) {
	args := []string{"test", "-run", "^$", "-bench", "^BenchmarkPart", "-benchmem", "-benchtime", "1000x", "-p", "1"}
	test := exec.CommandContext(ctx, "go", append(args, measured()...)...) //nolint:gosec // constant arguments
	test.Stderr = os.Stderr
	text, err := test.Output()
	if err != nil {
		return nil, fmt.Errorf("go test: %w\n%s", err, text)
	}
	return text, nil
}
