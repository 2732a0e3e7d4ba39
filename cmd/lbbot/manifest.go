package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"lbbot/bot"
	"lbbot/bot/policy/rules"
	"lbbot/bot/slackapp/manifest"
)

// manifestCommand prints the app manifest for Slack.
func (s session) manifestCommand() *cobra.Command {
	var name, format, file, rulesFile string
	cmd := &cobra.Command{
		Use:   "manifest",
		Short: "Print the Slack app manifest",
		Long: "Print the manifest to paste at https://api.slack.com/apps, Create New App, From a manifest.\n" +
			"If the policy file exists and names no user group, the manifest has no scope and no events\n" +
			"for user groups. YAML explains each scope in a comment; JSON has no comments.",
		Args: usage(none),
		RunE: func(*cobra.Command, []string) error {
			write, ok := map[string]func(string, manifest.Features) ([]byte, error){"yaml": manifest.YAML,
				"json": manifest.JSON}[format]
			if !ok {
				return usageError{fmt.Errorf("--format %q: yaml or json", format)}
			}
			features, err := s.features(file, rulesFile)
			if err != nil {
				return usageError{err}
			}
			text, err := write(name, features)
			if err != nil {
				return usageError{err}
			}
			_, err = s.out.Write(text)
			return err
		},
	}
	f := cmd.Flags()
	f.StringVar(&name, "name", "lbbot", "name of the app in Slack")
	f.StringVar(&format, "format", "yaml", "yaml or json")
	f.StringVar(&file, "config", "", "configuration file (default "+bot.ConfigFile+" if it exists)")
	f.StringVar(&rulesFile, "policy", "", "policy file (LBBOT_POLICY)")
	return cmd
}

// features returns the features that the policy uses. If the file of the settings does not
// exist yet, it returns all.
func (s session) features(config, named string) (manifest.Features, error) {
	path, err := bot.LoadPolicyPath(config, s.environ, named)
	if err != nil {
		return manifest.Features{}, err
	}
	text, err := os.ReadFile(filepath.Clean(path))
	if errors.Is(err, fs.ErrNotExist) && named == "" {
		return manifest.All(), nil
	}
	if err != nil {
		return manifest.Features{}, fileFault(fmt.Errorf("reading the policy file: %w", err), "check --policy")
	}
	set, err := rules.Parse(path, text)
	if err != nil {
		return manifest.Features{}, err
	}
	return manifest.Features{UserGroups: len(set.Groups) > 0}, nil
}
