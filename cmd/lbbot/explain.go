package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"lbbot/bot"
	"lbbot/bot/operation"
	"lbbot/bot/policy"
	"lbbot/commands"
)

// inquiry has the flags of policy explain.
type inquiry struct {
	person, channel, listener, server, kind string
	weight, ports, action, at               string
	config, rules                           string
}

func (s session) policyExplainCommand() *cobra.Command {
	var i inquiry
	cmd := &cobra.Command{
		Use:   "explain",
		Short: "Explain one decision",
		Long: "Explain the decision about a request step by step: the checks of the person and the channel, " +
			"the\ngroups, each rule with its clauses, the decision, who else can do it and who may approve.\nWrite " +
			"listener and server as in /lb-register. They are looked up with the bot's settings;\nnothing is " +
			"changed.\nExit codes: 0 allowed, 1 not allowed, or only with approval, 2 usage or configuration.",
		Args: usage(none),
		RunE: func(cmd *cobra.Command, _ []string) error { return s.explain(cmd.Context(), i) },
	}
	f := cmd.Flags()
	f.StringVar(&i.person, "person", "", "user id, such as U0123ABCD; required")
	f.StringVar(&i.channel, "channel", "", "id of the channel where the command is typed, such as C0123ABCD; required")
	f.StringVar(&i.listener, "listener", "", "listener, as in /lb-register; required, except for pause")
	f.StringVar(&i.server, "server", "", "server, as in /lb-register (default: none in particular)")
	f.StringVar(&i.kind, "type", "", "bm or vm")
	f.StringVar(&i.weight, "weight", "",
		"weight, 1 to 100 (default: as most servers on the listener; on an empty one Zenlayer's, which counts as 100)")
	f.StringVar(&i.ports, "ports", "", "ports, such as 8080,8081 (default: the listener's own)")
	f.StringVar(&i.action, "action", string(operation.ActionRegister),
		"register, undo, remove, approve, breakGlass, viewHistory or pause")
	f.StringVar(&i.at, "at", "", "time, such as 2026-03-18T12:00:00Z (default: now)")
	f.StringVar(&i.config, "config", "", "configuration file (default "+bot.ConfigFile+" if it exists)")
	f.StringVar(&i.rules, "policy", "", "policy file (LBBOT_POLICY)")
	return cmd
}

// anyServer is the server of an explanation without --server.
const anyServer = "any-server"

// errNotAllowed sets the exit code; the explanation is already written.
var errNotAllowed = errors.New("not allowed")

func (s session) explain(ctx context.Context, i inquiry) error {
	ask, err := i.inquiry()
	if err != nil {
		return usageError{err}
	}
	gate, q, done, err := s.gateFor(ctx, i, ask)
	if err != nil {
		return err
	}
	defer done()
	if err := gate.Status().Problem; err != nil {
		return usageError{err}
	}
	e, err := gate.Why(ctx, q)
	s.write(ctx, account{gate: gate, question: q, explanation: e, anyServer: ask.AnyServer})
	switch {
	case err != nil:
		return err
	case !e.Decision.Allowed:
		return errNotAllowed
	}
	return nil
}

// inquiry checks the flags.
func (i inquiry) inquiry() (bot.Inquiry, error) {
	out := bot.Inquiry{Person: i.person, Channel: i.channel, Action: operation.Action(i.action), At: time.Now(),
		AnyServer: i.server == ""}
	var faults []error
	for flag, value := range map[string]string{"--person": i.person, "--channel": i.channel, "--listener": i.listener} {
		if value == "" && (flag != "--listener" || out.Action != operation.ActionPause) {
			faults = append(faults, fmt.Errorf("%s is missing", flag))
		}
	}
	if !slices.Contains(operation.AllActions(), out.Action) {
		faults = append(faults, fmt.Errorf("--action %q is not known; it is one of %s", i.action,
			strings.Trim(fmt.Sprint(operation.AllActions()), "[]")))
	}
	if i.at != "" {
		at, err := time.Parse(time.RFC3339, i.at)
		if err != nil {
			faults = append(faults, fmt.Errorf("--at %q is not a time such as 2026-03-18T12:00:00Z", i.at))
		}
		out.At = at
	}
	if len(faults) > 0 {
		return out, errors.Join(faults...)
	}
	if out.Action == operation.ActionPause {
		return out, nil // asked about the bot
	}
	var err error
	out.Registration, err = commands.BuildRegistration(commands.Values{commands.KeyListener: i.listener,
		commands.KeyServer: cmp.Or(i.server, anyServer), commands.KeyType: i.kind, commands.KeyWeight: i.weight,
		commands.KeyPorts: i.ports})
	return out, err
}

// gateFor makes the gate and the question from what Slack and Zenlayer say.
func (s session) gateFor(
	ctx context.Context, i inquiry, ask bot.Inquiry,
) (*policy.Gate, operation.Question, func(), error) {
	c, err := bot.LoadForReading(i.config, s.environ, i.rules)
	if err != nil {
		return nil, operation.Question{}, nil,
			usageError{fmt.Errorf("these settings are not enough to look things up; lbbot policy test needs none:\n%w",
				err)}
	}
	log, _, err := bot.NewLog(bot.Config{LogLevel: "error", LogFormat: "console"}, s.err, terminal(s.err))
	if err != nil {
		return nil, operation.Question{}, nil, err
	}
	gate, q, done, err := bot.Inquire(ctx, c, ask, log)
	if _, ok := errors.AsType[*commands.InputError](err); ok {
		err = usageError{err}
	}
	return gate, q, done, err
}
