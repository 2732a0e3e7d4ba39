package main

import (
	"errors"

	"github.com/spf13/cobra"

	"lbbot/bot"
	"lbbot/bot/doctor"
)

// doctorCommand checks an installation.
func (s session) doctorCommand() *cobra.Command {
	var o settingFlags
	var e bot.Examination
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Check the installation",
		Long: "Check tokens, scopes, channels, user groups, the Zenlayer key, the clock, the database and the\n" +
			"policy: a line each, and what to do if something is wrong. It reads the settings of lbbot run,\n" +
			"changes nothing, and opens no Socket Mode connection without --connect.\n" +
			"Exit codes: 0 the bot can work, 1 something that it needs is wrong, 2 configuration. With\n" +
			"--local, 0 a bot is running and ready, 1 none is, and other faults only warn.",
		Args: usage(none),
		RunE: func(cmd *cobra.Command, _ []string) error {
			e.Environ = s.environ
			c, loadErr := o.load(cmd, s.environ)
			report := bot.Examine(cmd.Context(), c, loadErr, e)
			write := report.Write
			if asJSON {
				write = report.WriteJSON
			}
			switch err := write(s.out); {
			case err != nil:
				return err
			case loadErr != nil:
				return usageError{errors.New("the bot cannot start with these settings")}
			case report.Verdict == doctor.Failed:
				return errors.New("something that the bot needs is wrong")
			}
			return nil
		},
	}
	o.add(cmd)
	f := cmd.Flags()
	f.BoolVar(&asJSON, "json", false, "print JSON")
	f.BoolVar(&e.Local, "local", false,
		"only ask the running bot and check files, as a container's health command")
	f.BoolVar(&e.Connect, "connect", false,
		"open one Socket Mode connection, before the first start: a running bot would lose commands to it")
	return cmd
}
