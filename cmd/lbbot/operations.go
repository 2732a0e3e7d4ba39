package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"lbbot/bot"
	"lbbot/bot/journal"
)

// operationsCommand reads the database of a bot, running or not.
func (s session) operationsCommand() *cobra.Command {
	var file, database string
	cmd := &cobra.Command{Use: "operations", Short: "Read requests and the audit trail",
		Long: "Read requests and the audit trail. The database is opened read-only, so this also works\n" +
			"while the bot runs. No tokens are needed.",
		Args: usage(none), RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() }}
	f := cmd.PersistentFlags()
	f.StringVar(&file, "config", "", "configuration file (default "+bot.ConfigFile+" if it exists)")
	f.StringVar(&database, "database", "",
		"database, sqlite:PATH or postgres://USER@HOST/DATABASE (LBBOT_DATABASE_URL)")
	d := source{load: func() (bot.Database, error) { return bot.LoadDatabase(file, s.environ, database) }}
	cmd.AddCommand(s.listCommand(d), s.showCommand(d), s.exportCommand(d), s.verifyCommand(d))
	return cmd
}

// source is the database that the flags and settings name.
type source struct {
	load func() (bot.Database, error)
}

// read opens the database while do runs.
func (d source) read(ctx context.Context, do func(j *journal.Store, settings bot.Database) error) (err error) {
	settings, err := d.load()
	if err != nil {
		return usageError{err}
	}
	j, err := journal.Open(ctx, journal.Config{URL: settings.URL, ReadOnly: true})
	if err != nil {
		return err
	}
	defer func() {
		if closeErr := j.Close(); err == nil {
			err = closeErr
		}
	}()
	return do(j, settings)
}

func (s session) listCommand(d source) *cobra.Command {
	var since, person, listener, state string
	var limit int
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List requests, newest first",
		Args:  usage(none),
		RunE: func(cmd *cobra.Command, _ []string) error {
			from, err := moment(since, time.Now())
			if err := errors.Join(sinceFault(since, err), personFault(person), listenerFault(listener),
				stateFault(state), limitFault(limit)); err != nil {
				return usageError{err}
			}
			states, shownSo := bot.StateNamed(state)
			return d.read(cmd.Context(), func(j *journal.Store, _ bot.Database) error {
				f := journal.Filter{ActorID: person, Since: from, Listener: listener, Limit: limit}
				if state != "" {
					f.Is = shownSo
				}
				return bot.ListOperations(cmd.Context(), s.out, j, f, states...)
			})
		},
	}
	f := cmd.Flags()
	f.StringVar(&since, "since", "", "accepted since: 36h, 7d, 2026-03-01, or 2026-03-01T12:00:00Z")
	f.StringVar(&person, "person", "", "Slack user id of the requester, such as U0123ABCD")
	f.StringVar(&listener, "listener", "", "id or name of the listener")
	f.StringVar(&state, "state", "", stateWords())
	f.IntVar(&limit, "limit", 50, "maximum number of requests")
	return cmd
}

// stateWords lists the words of cards and those of the database.
func stateWords() string {
	shown, stored := bot.StateWords()
	return fmt.Sprintf("as on the card: %s; or as stored: %s", strings.Join(shown, ", "), strings.Join(stored, ", "))
}

func sinceFault(since string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf(
		"--since %q: a duration such as 36h or 7d, or a time such as 2026-03-01 or 2026-03-01T12:00:00Z", since)
}

func personFault(person string) error {
	letters := strings.Trim(person, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
	if person == "" || letters == "" && len(person) > 1 && strings.ContainsRune("UW", rune(person[0])) {
		return nil
	}
	return fmt.Errorf(
		"--person %q: the Slack user id, U… or W…, not a name; /lb-register whoami shows it, or the menu of a "+
			"profile in Slack, Copy member ID", person)
}

func stateFault(state string) error {
	if states, _ := bot.StateNamed(state); state == "" || len(states) > 0 {
		return nil
	}
	return fmt.Errorf("--state %q: a word %s", state, stateWords())
}

func listenerFault(listener string) error {
	if _, name, ok := strings.Cut(listener, "/"); ok {
		return fmt.Errorf("--listener %q: the id or the name alone, without the load balancer: --listener %s",
			listener, name)
	}
	return nil
}

func limitFault(limit int) error {
	if limit >= 1 {
		return nil
	}
	return fmt.Errorf("--limit %d: 1 or more", limit)
}

// moment reads a time, or how long ago it was. Empty text is the zero time.
func moment(text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	var ago bot.Duration
	if ago.UnmarshalText([]byte(text)) == nil {
		return now.Add(-time.Duration(ago)), nil
	}
	if day, err := time.Parse(time.DateOnly, text); err == nil {
		return day, nil
	}
	return time.Parse(time.RFC3339, text)
}

func (s session) showCommand(d source) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "show REF",
		Short: "Show a request and its events",
		Long: "Show the state of a request, who asked for it and who approved it, its ids, its calls and its\n" +
			"events. With --json, print everything that is stored. REF is LBR-… or the internal id.",
		Args: usage(one("one REF", "LBR-7F3KQ2")),
		RunE: func(cmd *cobra.Command, args []string) error {
			return d.read(cmd.Context(), func(j *journal.Store, _ bot.Database) error {
				if asJSON {
					return bot.ShowOperationJSON(cmd.Context(), s.out, j, args[0])
				}
				return bot.ShowOperation(cmd.Context(), s.out, j, args[0])
			})
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "write all that is stored as JSON")
	return cmd
}
