package main

import (
	"errors"
	"fmt"
	"os"
	"runtime/pprof"
	"strings"

	"github.com/spf13/cobra"

	"lbbot/bot"
)

// settingFlags are the settings that have flags, and where the others are read.
type settingFlags struct {
	file, database, rules, admin, level string
	testMode                            bool
}

func (o *settingFlags) add(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&o.file, "config", "", "configuration file (default "+bot.ConfigFile+" if it exists)")
	f.StringVar(&o.database, "database", "",
		"database, sqlite:PATH or postgres://USER@HOST/DATABASE (LBBOT_DATABASE_URL)")
	f.StringVar(&o.rules, "policy", "", "policy file (LBBOT_POLICY)")
	f.StringVar(&o.admin, "admin-addr", "", "host:port of health and metrics, empty for none (LBBOT_ADMIN_ADDR)")
}

// addAll adds the flags of add and the others of lbbot run that are settings.
func (o *settingFlags) addAll(cmd *cobra.Command) {
	o.add(cmd)
	f := cmd.Flags()
	f.StringVar(&o.level, "log-level", "", "debug, info, warn or error (LBBOT_LOG_LEVEL)")
	f.BoolVar(&o.testMode, "test-mode", false, "rehearse: do everything except the call that writes (LBBOT_TEST_MODE)")
}

// load reads the settings.
func (o *settingFlags) load(cmd *cobra.Command, environ map[string]string) (bot.Config, error) {
	return bot.Load(o.file, environ, o.given(cmd))
}

// given returns the flags that were given.
func (o *settingFlags) given(cmd *cobra.Command) []bot.Flag {
	var given []bot.Flag
	for _, f := range []bot.Flag{
		{Name: "--database", Setting: "LBBOT_DATABASE_URL", Value: o.database},
		{Name: "--policy", Setting: "LBBOT_POLICY", Value: o.rules},
		{Name: "--admin-addr", Setting: "LBBOT_ADMIN_ADDR", Value: o.admin},
		{Name: "--log-level", Setting: "LBBOT_LOG_LEVEL", Value: o.level},
		{Name: "--test-mode", Setting: "LBBOT_TEST_MODE", Value: o.testMode},
	} {
		if cmd.Flags().Changed(strings.TrimPrefix(f.Name, "--")) {
			given = append(given, f)
		}
	}
	return given
}

// runCommand runs the bot in a real workspace.
func (s session) runCommand() *cobra.Command {
	var o settingFlags
	var profile string
	cmd := &cobra.Command{
		Use:   "run",
		Short: "Run the bot",
		Long: "Run the bot until SIGINT or SIGTERM. Flags override the environment, the environment\noverrides the " +
			"file, and the file overrides defaults; deploy/docs/configuration.md lists\nthe settings.\nExit codes: 0 " +
			"stopped by a signal, 1 failed, 2 configuration, 3 Slack refuses the tokens.",
		Args: usage(none),
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := o.load(cmd, s.environ)
			if err != nil {
				return usageError{fmt.Errorf("the bot cannot start with these settings:\n%w", err)}
			}
			log, level, err := bot.NewLog(c, s.err, terminal(s.err))
			if err != nil {
				return usageError{err}
			}
			bot.WarnOfUnknown(log, s.environ)
			defer levelSignals(log, level)()
			return profiled(profile, func() error {
				b, err := bot.New(cmd.Context(), c, log)
				if err != nil {
					return err
				}
				b.WatchSecrets(bot.SecretFiles(s.environ, o.given(cmd)))
				return b.Run(cmd.Context())
			})
		},
	}
	o.addAll(cmd)
	f := cmd.Flags()
	f.StringVar(&profile, "cpu-profile", "", "file for a processor profile, written at the end")
	_ = f.MarkHidden("cpu-profile") // for lbbot bench --profile
	return cmd
}

// profiled calls run and writes a processor profile to a file; without a file it only
// calls run.
func profiled(file string, run func() error) (err error) {
	if file == "" {
		return run()
	}
	out, err := os.Create(file) //nolint:gosec // the person who runs lbbot names it
	if err != nil {
		return fmt.Errorf("--cpu-profile: %w", err)
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	if err := pprof.StartCPUProfile(out); err != nil {
		return fmt.Errorf("--cpu-profile: %w", err)
	}
	defer pprof.StopCPUProfile()
	return run()
}

func (s session) versionCommand() *cobra.Command {
	return &cobra.Command{Use: "version", Short: "Print the version", Args: usage(none),
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintln(s.out, "lbbot "+bot.Version)
			return err
		}}
}
