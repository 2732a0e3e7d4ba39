// Command lbbot is a Slack bot that adds servers to Zenlayer Cloud load balancers. This
// package turns arguments, environment and signals into a subcommand and an exit code.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"lbbot/bot"
)

// Exit codes.
const (
	exitFine   = 0
	exitFailed = 1
	exitUsage  = 2 // usage or configuration
	exitFatal  = 3 // fatal token or permission at start
)

func main() {
	ignoreFileLimits()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], environ(os.Environ()), os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// session has what subcommands use instead of globals.
type session struct {
	environ  map[string]string
	out, err io.Writer
}

// run is the program. It returns the exit code and writes problems to errOut.
func run(ctx context.Context, args []string, environ map[string]string, out, errOut io.Writer) int {
	s := session{environ, out, errOut}
	root := &cobra.Command{
		Use:   "lbbot",
		Short: "A Slack bot that adds servers to Zenlayer Cloud load balancers, and takes them off again",
		Long: "lbbot answers /lb-register in Slack: it checks the request and the person, calls\n" +
			"RegisterBackend or DeregisterBackend of Zenlayer Cloud, and posts the result or the error.\n\n" +
			"Try it without Slack and without Zenlayer: lbbot sandbox",
		SilenceUsage: true, SilenceErrors: true, Args: usage(none),
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetArgs(args)
	root.SetOut(out)
	root.SetErr(errOut)
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return usageError{fmt.Errorf("%w\nSee %s --help", err, cmd.CommandPath())}
	})
	root.AddCommand(s.runCommand(), s.sandboxCommand(), s.doctorCommand(), s.configCommand(), s.manifestCommand(),
		s.blocksCommand(), s.policyCommand(), s.operationsCommand(), s.benchCommand(), s.versionCommand())
	err := root.ExecuteContext(ctx)
	if err != nil {
		fmt.Fprintln(errOut, "lbbot: "+strings.ReplaceAll(err.Error(), "\n", "\n       "))
	}
	return exitCode(err)
}

// usageError is a mistake in the arguments or the configuration.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// fileFault is a usage error. If the file is not there, or is a folder, it says what to do next.
func fileFault(err error, next string) error {
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.EISDIR) {
		err = fmt.Errorf("%w: %s", err, next)
	}
	return usageError{err}
}

// none accepts no arguments. A group of commands suggests the command that was probably
// meant.
func none(cmd *cobra.Command, args []string) error {
	switch {
	case len(args) == 0:
		return nil
	case !cmd.HasSubCommands():
		return fmt.Errorf("%s takes no arguments, and got %q", cmd.CommandPath(), args[0])
	}
	cmd.SuggestionsMinimumDistance = 2
	meant := ""
	if names := cmd.SuggestionsFor(args[0]); len(names) > 0 {
		meant = ": did you mean " + strings.Join(names, " or ") + "?"
	}
	return fmt.Errorf("%s has no command %q%s", cmd.CommandPath(), args[0], meant)
}

// one requires exactly one argument.
func one(what, example string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) == 1 {
			return nil
		}
		return fmt.Errorf("%s takes %s, such as: %s %s", cmd.CommandPath(), what, cmd.CommandPath(), example)
	}
}

// usage turns the error of check into a usage error.
func usage(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if err := check(cmd, args); err != nil {
			return usageError{fmt.Errorf("%w\nSee %s --help", err, cmd.CommandPath())}
		}
		return nil
	}
}

func exitCode(err error) int {
	if err == nil {
		return exitFine
	}
	if _, ok := errors.AsType[*bot.FatalError](err); ok {
		return exitFatal
	}
	if _, ok := errors.AsType[usageError](err); ok {
		return exitUsage
	}
	return exitFailed
}

// environ converts NAME=value lines to a map.
func environ(lines []string) map[string]string {
	m := make(map[string]string, len(lines))
	for _, line := range lines {
		if name, value, ok := strings.Cut(line, "="); ok {
			m[name] = value
		}
	}
	return m
}

// terminal reports whether w is a terminal.
func terminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
