package main

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"lbbot/bot"
)

// configCommand holds the tools for the configuration.
func (s session) configCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "config", Short: "Check and print the configuration, print its schema",
		Args: usage(none), RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() }}
	cmd.AddCommand(s.configCheckCommand(), s.configPrintCommand(), s.configSchemaCommand())
	return cmd
}

func (s session) configCheckCommand() *cobra.Command {
	var o settingFlags
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Check the configuration",
		Long: "Read the configuration as lbbot run does: flags, environment, files of secrets, file. Print each\n" +
			"problem with its origin: file:line:column, the variable, or the flag. A variable that begins\n" +
			"with LBBOT_ and is not a setting is a warning. Nothing is connected; see lbbot doctor.\n" +
			"Exit codes: 0 valid, 2 not valid.",
		Args: usage(none),
		RunE: func(cmd *cobra.Command, _ []string) error {
			settings, err := bot.EffectiveSettings(o.file, s.environ, o.given(cmd))
			if err != nil {
				fmt.Fprintln(s.out, err)
			}
			for _, warning := range bot.UnknownVariables(s.environ) {
				fmt.Fprintln(s.out, "warning: "+warning)
			}
			if err != nil {
				return usageError{fmt.Errorf("the configuration is not valid: problems: %d",
					1+strings.Count(err.Error(), "\n"))}
			}
			set := 0
			for _, e := range settings {
				if e.Origin != (bot.Origin{}).String() {
					set++
				}
			}
			fmt.Fprintf(s.out, "the configuration is valid: %d settings are set, %d have their defaults\n", set,
				len(settings)-set)
			return nil
		},
	}
	o.addAll(cmd)
	return cmd
}

func (s session) configPrintCommand() *cobra.Command {
	var o settingFlags
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "print",
		Short: "Print the configuration in effect",
		Long: "Print every setting with its value in effect and its origin, as a configuration file. Secrets,\n" +
			"passwords in a database URL and values that are not valid are masked.\n" +
			"Exit codes: 0 valid, 2 not valid.",
		Args: usage(none),
		RunE: func(cmd *cobra.Command, _ []string) error {
			settings, invalid := bot.EffectiveSettings(o.file, s.environ, o.given(cmd))
			if invalid != nil {
				invalid = usageError{invalid}
			}
			if settings == nil {
				return invalid
			}
			if !asJSON {
				if err := bot.WriteYAML(s.out, settings); err != nil {
					return err
				}
				return invalid
			}
			encoder := json.NewEncoder(s.out)
			encoder.SetIndent("", "  ")
			if err := encoder.Encode(settings); err != nil {
				return err
			}
			return invalid
		},
	}
	o.addAll(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func (s session) configSchemaCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "schema",
		Short: "Print the JSON Schema of the configuration file",
		Long: "Print the JSON Schema of lbbot.yaml. Editors complete and check a file that begins with\n" +
			"# yaml-language-server: $schema=PATH",
		Args: usage(none),
		RunE: func(*cobra.Command, []string) error {
			text, err := bot.Schema()
			if err != nil {
				return err
			}
			_, err = s.out.Write(text)
			return err
		},
	}
}
