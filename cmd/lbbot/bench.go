package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"lbbot/bot/bench"
)

// load is what the flags of lbbot bench say about the load.
type load struct {
	inFlight   []int
	operations int
	rate       float64
	atOnce     int
	database   string
}

// benchCommand measures the bot, and others, against the stand-ins.
func (s session) benchCommand() *cobra.Command {
	var l load
	var o bench.Options
	var file string
	cmd := &cobra.Command{
		Use:   "bench",
		Short: "Measure the bot against a local Slack and a local cloud",
		Long: "Host a local Slack and a local cloud, type commands in them, and measure a bot that runs as\n" +
			"a process of its own with an empty database. Nothing leaves this machine.\n" +
			"Each command is typed by another person in another channel. Each load is one turn with a\n" +
			"new process: -k has so many people wait for the result before they type again; --rate types\n" +
			"on time, whatever the bot does; --at-once types all commands in one instant. With none of\n" +
			"these: -k 1,16 --at-once 200.\n" +
			"--vs names another bot, which gets SLACK_BOT_TOKEN, SLACK_APP_TOKEN, SLACK_API_URL,\n" +
			"ZENLAYER_ENDPOINT, ZENLAYER_ACCESS_KEY_ID and ZENLAYER_ACCESS_KEY_SECRET. Its result is a\n" +
			"message in the channel that begins with Added and names the server by its id.\n" +
			"Exit code 1: a message was lost, a server was added twice, or a bot did not run.",
		Args: usage(none),
	}
	cmd.RunE = func(*cobra.Command, []string) (err error) {
		if o.Loads, o.Databases, err = l.parse(cmd.Flags().Changed); err != nil {
			return usageError{err}
		}
		if o.Other != "" && !cmd.Flags().Changed("rounds") {
			o.Rounds = 3
		}
		if o.Rounds < 1 {
			return usageError{fmt.Errorf("--rounds %d must be 1 or more", o.Rounds)}
		}
		if err := errors.Join(replicas(o), server(o), writable("--json", file),
			writable("--profile", o.Profile)); err != nil {
			return usageError{err}
		}
		return s.bench(cmd.Context(), o, file)
	}
	l.flags(cmd)
	f := cmd.Flags()
	f.StringVar(&o.PostgresURL, "postgres-url", "",
		"PostgreSQL on which databases are created and dropped; empty: a temporary one is started")
	f.StringVar(&o.Other, "vs", "", "shell command of another bot, which takes turns with lbbot")
	f.IntVar(&o.Replicas, "replicas", 1, "how many processes of lbbot share a database; more than 1 need PostgreSQL")
	f.BoolVar(&o.Watch, "watch", false, "have the status of each server read after it was added, as people get it "+
		"unless they type no-watch")
	f.IntVar(&o.Rounds, "rounds", 1, "how often the bots take turns (3 with --vs)")
	f.StringVar(&file, "json", "", "file for the report as JSON")
	f.StringVar(&o.Profile, "profile", "", "file for a processor profile of lbbot; each turn overwrites it")
	return cmd
}

// replicas checks how many processes share a database.
func replicas(o bench.Options) error {
	switch {
	case o.Replicas < 1:
		return fmt.Errorf("--replicas %d must be 1 or more", o.Replicas)
	case o.Replicas > 1 && slices.Contains(o.Databases, bench.SQLite):
		return fmt.Errorf("--replicas %d need --database postgres: SQLite has one process only", o.Replicas)
	}
	return nil
}

// server refuses a PostgreSQL server that no turn would use.
func server(o bench.Options) error {
	if o.PostgresURL == "" || slices.Contains(o.Databases, bench.Postgres) {
		return nil
	}
	return errors.New("--postgres-url needs --database postgres or both: SQLite uses no server")
}

// writable checks before the measurement that a file can be written after it. It changes
// no file and leaves none behind. No file is fine.
func writable(flag, file string) error {
	if file == "" {
		return nil
	}
	_, missing := os.Stat(file)
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE, 0o644) //nolint:gosec // it has no secrets
	if err != nil {
		return fmt.Errorf("%s: %w: give a file in a folder that exists and that you can write to", flag, err)
	}
	err = f.Close()
	if missing != nil {
		err = errors.Join(err, os.Remove(file))
	}
	return err
}

func (l *load) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.IntSliceVarP(&l.inFlight, "in-flight", "k", []int{1, 16}, "how many commands are in flight at once; a load each")
	f.IntVarP(&l.operations, "operations", "n", 200, "how many commands a load of -k or --rate types")
	f.Float64Var(&l.rate, "rate", 0, "commands a second, whether results are there or not; 0: no such load")
	f.IntVar(&l.atOnce, "at-once", 200, "how many commands are typed in one instant; 0: no such load")
	f.StringVar(&l.database, "database", "sqlite", "sqlite, postgres or both")
}

// bench measures, prints the table and writes the file for JSON if one is named. What
// ended well before an error is reported as well.
func (s session) bench(ctx context.Context, o bench.Options, file string) (err error) {
	if o.Program, err = os.Executable(); err != nil {
		return fmt.Errorf("finding the program: %w", err)
	}
	if o.Profile != "" { // lbbot runs in another folder
		if o.Profile, err = filepath.Abs(o.Profile); err != nil {
			return fmt.Errorf("--profile: %w", err)
		}
	}
	o.Environ, o.Progress = s.lines(), s.err
	report, err := bench.Run(ctx, o)
	fmt.Fprint(s.out, report.Table())
	if err != nil && ctx.Err() != nil { // what the bot said as it was killed explains nothing
		err = fmt.Errorf("stopped: the %d turns that had ended are in the report, the others were not measured",
			len(report.Results))
	}
	return errors.Join(err, writeReport(file, report))
}

// parse returns the loads and databases that the flags name. The default loads are run
// only if no flag names a load; changed reports whether a flag was given.
func (l load) parse(changed func(string) bool) (loads []bench.Load, databases []string, err error) {
	if changed("in-flight") || changed("rate") || changed("at-once") {
		if !changed("in-flight") {
			l.inFlight = nil
		}
		if !changed("at-once") {
			l.atOnce = 0
		}
	}
	switch l.database {
	case bench.SQLite, bench.Postgres:
		databases = []string{l.database}
	case "both":
		databases = []string{bench.SQLite, bench.Postgres}
	default:
		return nil, nil, fmt.Errorf("--database %q must be sqlite, postgres or both", l.database)
	}
	switch {
	case l.operations < 1:
		return nil, nil, fmt.Errorf("--operations %d must be 1 or more", l.operations)
	case l.rate < 0:
		return nil, nil, fmt.Errorf("--rate %g must not be negative", l.rate)
	case l.atOnce < 0:
		return nil, nil, fmt.Errorf("--at-once %d must not be negative", l.atOnce)
	}
	for _, k := range l.inFlight {
		if k < 1 {
			return nil, nil, fmt.Errorf("--in-flight %d must be 1 or more", k)
		}
		loads = append(loads, bench.Load{Operations: l.operations, InFlight: k})
	}
	if l.rate > 0 {
		loads = append(loads, bench.Load{Operations: l.operations, Rate: l.rate})
	}
	if l.atOnce > 0 {
		loads = append(loads, bench.Load{Name: fmt.Sprintf("%d at once", l.atOnce), Operations: l.atOnce,
			InFlight: l.atOnce})
	}
	if len(loads) == 0 {
		return nil, nil, errors.New("there is nothing to measure: give -k, --rate or --at-once")
	}
	return loads, databases, nil
}

// lines returns the environment as NAME=value lines.
func (s session) lines() []string {
	lines := make([]string, 0, len(s.environ))
	for name, value := range s.environ {
		lines = append(lines, name+"="+value)
	}
	return lines
}

// writeReport writes the report as JSON; without a file it does nothing.
func writeReport(file string, report bench.Report) error {
	if file == "" {
		return nil
	}
	text, err := json.MarshalIndent(report, "", "  ")
	if err != nil {
		return fmt.Errorf("encoding the report: %w", err)
	}
	if err := os.WriteFile(file, append(text, '\n'), 0o644); err != nil { //nolint:gosec // it has no secrets
		return fmt.Errorf("--json: %w", err)
	}
	return nil
}
