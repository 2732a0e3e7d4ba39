package main

import (
	"context"
	"encoding/json"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lbbot/bot/bench"
)

// TestBenchMeasuresTheWholeWay types a few commands; the bot is this test binary, see
// TestMain.
func TestBenchMeasuresTheWholeWay(t *testing.T) {
	code, out, said := runs(t, map[string]string{"SLACK_BOT_TOKEN": "xoxb-of-a-real-workspace"},
		"bench", "-k", "1", "-n", "4", "--json", "report.json", "--profile", "cpu.out")
	require.Equal(t, exitFine, code, said)
	text, err := os.ReadFile("report.json")
	require.NoError(t, err)
	var r bench.Report
	require.NoError(t, json.Unmarshal(text, &r))
	require.Len(t, r.Results, 1)
	got := r.Results[0]
	require.Equal(t, []any{"lbbot", "sqlite", "k=1", 1, 4},
		[]any{got.Bot, got.Database, got.Load, got.Round, got.Operations})
	for name, q := range map[string]bench.Quantiles{"ack": got.Ack, "answer": got.Answer, "help": got.Help} {
		require.Positive(t, q.P50, name)
		require.True(t, q.P50 <= q.P90 && q.P90 <= q.P99 && q.P99 <= q.Max, name)
	}
	require.Less(t, got.Ack.P50, got.Answer.P50)
	require.InDelta(t, 1, got.Zenlayer["RegisterBackend"], 0)
	require.InDelta(t, 2, got.Zenlayer["DescribeBackends"], 0, "before the call; the status is not watched")
	require.InDelta(t, 1, got.Slack["chat.postMessage"], 0)
	require.Positive(t, got.PerSecond)
	require.Positive(t, got.Start)
	require.Positive(t, got.Stop)
	require.NotNil(t, got.Early)
	require.Positive(t, *got.Early)
	require.GreaterOrEqual(t, *got.Commits, *got.Early, "commits in all, and those before the result")
	require.Nil(t, got.Writes, "they are PostgreSQL's")
	require.Contains(t, out, "lbbot sqlite")
	require.Contains(t, out, "RegisterBackend")
	profile, err := os.ReadFile("cpu.out")
	require.NoError(t, err)
	require.NotEmpty(t, profile)
}

func TestBenchSaysWhyAnotherBotDidNotRun(t *testing.T) {
	tests := map[string]struct{ command, says string }{
		"it ends at once": {"echo no token; exit 3",
			"the other bot, k=1: the bot ended by itself: exit status 3\n       its last lines:\n         no token"},
		"it is not there": {"/none/of/these", "exit status 127"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			code, _, said := runs(t, nil, "bench", "-k", "1", "-n", "1", "--vs", tt.command)
			require.Equal(t, exitFailed, code)
			require.Contains(t, said, tt.says)
		})
	}
}

func TestWrongFlagsOfBenchAreUsageErrors(t *testing.T) {
	tests := map[string]struct {
		args []string
		says string
	}{
		"an unknown database": {[]string{"--database", "mysql"},
			`--database "mysql" must be sqlite, postgres or both`},
		"nobody in flight":   {[]string{"-k", "4,0"}, "--in-flight 0 must be 1 or more"},
		"in flight in words": {[]string{"-k", "many"}, `invalid argument "many" for "-k, --in-flight" flag`},
		"no commands":        {[]string{"-n", "0"}, "--operations 0 must be 1 or more"},
		"a rate below zero":  {[]string{"--rate", "-1"}, "--rate -1 must not be negative"},
		"fewer than none":    {[]string{"--at-once", "-1"}, "--at-once -1 must not be negative"},
		"nothing to measure": {[]string{"--at-once", "0"}, "give -k, --rate or --at-once"},
		"no replicas":        {[]string{"--replicas", "0"}, "--replicas 0 must be 1 or more"},
		"replicas on SQLite": {[]string{"--replicas", "2"}, "--replicas 2 need --database postgres"},
		"a server for SQLite": {[]string{"--postgres-url", "postgres://x@127.0.0.1/x"},
			"--postgres-url needs --database postgres or both"},
		"a report in no folder":  {[]string{"--json", "none/report.json"}, "--json: open none/report.json: no such"},
		"a profile in no folder": {[]string{"--profile", "none/cpu.out"}, "give a file in a folder that exists"},
		"no rounds":              {[]string{"--rounds", "0"}, "--rounds 0 must be 1 or more"},
		"an argument":            {[]string{"now"}, `lbbot bench takes no arguments, and got "now"`},
		"a flag that is unknown": {[]string{"--rats", "1"}, "unknown flag: --rats\n       See lbbot bench --help"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			code, _, said := runs(t, nil, append([]string{"bench"}, tt.args...)...)
			require.Equal(t, exitUsage, code)
			require.Contains(t, said, tt.says)
		})
	}
}

// TestBenchStoppedByASignalSaysSo stops the measurement as Ctrl-C does, when its first turn begins.
func TestBenchStoppedByASignalSaysSo(t *testing.T) {
	t.Chdir(t.TempDir())
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	said := &stopAt{word: "round 1", stop: cancel}
	code := run(ctx, []string{"bench", "-k", "1", "-n", "4", "--json", "report.json"}, nil, io.Discard, said)
	require.Equal(t, exitFailed, code)
	require.Equal(t, "round 1 of 1: lbbot on sqlite, k=1\n"+
		"lbbot: stopped: the 0 turns that had ended are in the report, "+
		"the others were not measured\n", said.String())
	require.FileExists(t, "report.json")
}

// stopAt calls stop when word is written.
type stopAt struct {
	strings.Builder
	word string
	stop func()
}

func (w *stopAt) Write(p []byte) (int, error) {
	if strings.Contains(string(p), w.word) {
		w.stop()
	}
	return w.Builder.Write(p)
}
