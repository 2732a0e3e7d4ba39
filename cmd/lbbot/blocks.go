package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"lbbot/bot/sandbox/blockkit"
	"lbbot/bot/slackapp/render/examples"
)

// blocksCommand writes what the bot can send to Slack.
func (s session) blocksCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "blocks [DIR]",
		Short: "Write every message, form and list of options as JSON",
		Long: "Write every message, form and list of options that the bot can send, with example values: twice\n" +
			"each, with the longest names that Slack and Zenlayer allow, and with Chinese names of that length.\n" +
			"Without DIR, it writes one JSON object from names to payloads. With DIR, it writes one file each.\n" +
			"It also checks them with the rules of Block Kit that the sandbox knows. To check them with Slack's\n" +
			"own rules, paste one into Block Kit Builder, or send it to blocks.validate.\n" +
			"Exit codes: 0 Slack accepts them, 1 it would refuse some, or DIR cannot be written, 2 usage.",
		Args: usage(atMostOne),
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
			return nil, cobra.ShellCompDirectiveFilterDirs
		},
		RunE: func(_ *cobra.Command, args []string) error {
			list, err := examples.Payloads()
			if err != nil {
				return err
			}
			if len(args) == 0 {
				err = s.printBlocks(list)
			} else {
				err = s.writeBlocks(args[0], list)
			}
			return errors.Join(err, blockFaults(list))
		},
	}
}

// atMostOne accepts a folder, or nothing.
func atMostOne(cmd *cobra.Command, args []string) error {
	if len(args) > 1 {
		return fmt.Errorf("%s takes one DIR or nothing, and got %d arguments", cmd.CommandPath(), len(args))
	}
	return nil
}

// printBlocks writes one JSON object to standard output.
func (s session) printBlocks(list map[string]examples.Payload) error {
	all := make(map[string]json.RawMessage, len(list))
	for name, p := range list {
		all[name] = p.JSON
	}
	raw, err := examples.Encode(all)
	if err != nil {
		return err
	}
	_, err = s.out.Write(raw)
	return err
}

// writeBlocks writes one file for each payload, and to standard error how many.
func (s session) writeBlocks(dir string, list map[string]examples.Payload) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("%w: name another DIR, or leave it out to write to standard output", err)
	}
	for name, p := range list {
		if err := os.WriteFile(filepath.Join(dir, name+".json"), p.JSON, 0o644); err != nil {
			return fmt.Errorf("%w: name another DIR, or leave it out to write to standard output", err)
		}
	}
	_, err := fmt.Fprintf(s.err, "%d files are in %s\n", len(list), dir)
	return err
}

// blockFaults has one line for each fault that Slack would refuse.
func blockFaults(list map[string]examples.Payload) error {
	var faults []error
	for _, name := range slices.Sorted(maps.Keys(list)) {
		for _, v := range violations(list[name]) {
			faults = append(faults, fmt.Errorf("%s: %w", name, v))
		}
	}
	return errors.Join(faults...)
}

// violations are the rules of Slack that a payload breaks.
func violations(p examples.Payload) (broken []error) {
	var found []blockkit.Violation
	switch p.Kind {
	case examples.PayloadMessage:
		found = blockkit.ValidateMessage(p.JSON)
	case examples.PayloadView:
		found = blockkit.ValidateView(p.JSON)
	case examples.PayloadOptions:
		if _, err := blockkit.Suggestions(p.JSON); err != nil {
			broken = append(broken, err)
		}
	}
	for _, v := range found {
		broken = append(broken, v)
	}
	return broken
}
