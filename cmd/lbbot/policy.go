package main

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"lbbot/bot/policy/cases"
	"lbbot/bot/policy/rules"
)

// policyCommand holds the tools for policy files.
func (s session) policyCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "policy", Short: "Tools for policy files", Args: usage(none),
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() }}
	cmd.AddCommand(s.policyCheckCommand(), s.policyTestCommand(), s.policyExplainCommand(), s.policySchemaCommand())
	return cmd
}

func (s session) policyCheckCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "check FILE",
		Short: "Check a policy file",
		Long: "Check a policy file as the bot would at start: every problem as file:line:column. A warning\n" +
			"names what is valid but looks like a mistake, such as a permit for everybody.\n" +
			"Exit codes: 0 no problem, 1 a problem, 2 the file cannot be read.",
		Args: usage(one("one FILE", "policy.cedar")),
		RunE: func(_ *cobra.Command, args []string) error {
			src, err := os.ReadFile(args[0])
			if err != nil {
				return fileFault(err, "give the path of a policy file; LBBOT_POLICY names the bot's own")
			}
			set, err := rules.Parse(args[0], src)
			if err != nil {
				return err
			}
			for _, w := range set.Warnings {
				fmt.Fprintf(s.out, "%s\n", w.Under(args[0], "warning: "))
			}
			groups := "no user groups"
			if names := set.Groups; len(names) > 0 {
				groups = "user groups " + strings.Join(names, ", ")
			}
			fmt.Fprintf(s.out, "%s is fine: digest %.12s, %s\n", args[0], set.Digest, groups)
			return nil
		},
	}
}

func (s session) policyTestCommand() *cobra.Command {
	var rules string
	cmd := &cobra.Command{
		Use:   "test FILE",
		Short: "Test a policy with the cases of a file",
		Long: "Decide the cases of a YAML file by a policy file and compare with the expected decisions.\n" +
			"The schema of the YAML file: lbbot policy schema --tests\n" +
			"Exit codes: 0 all as expected, 1 some are not, 2 one of the files cannot be used.",
		Args: usage(one("one FILE of cases", "cases.yaml")),
		RunE: func(cmd *cobra.Command, args []string) error {
			src, err := os.ReadFile(args[0])
			if err != nil {
				return fileFault(err, "give the path of a file of cases, such as deploy/policies/on-call.test.yaml")
			}
			file, err := cases.Parse(args[0], src)
			if err != nil {
				return usageError{err}
			}
			results, err := file.Run(cmd.Context(), rules)
			if err != nil {
				return fileFault(err, "name the policy to test with --policy")
			}
			return s.report(results)
		},
	}
	cmd.Flags().StringVar(&rules, "policy", "policy.cedar", "policy file to test")
	return cmd
}

// report writes the cases that are not as expected, with the reason, and a summary.
func (s session) report(results []cases.Result) error {
	failed := 0
	for _, r := range results {
		if r.Passed {
			continue
		}
		failed++
		fmt.Fprintf(s.out, "%s: %s: expected %s, got %s\n%s", r.Place, r.Name, r.Want, r.Got,
			cases.Account(r.Decision.Clauses, r.Decision.MoreClauses))
	}
	if failed > 0 {
		return fmt.Errorf("%d of %d cases are not as expected", failed, len(results))
	}
	fmt.Fprintf(s.out, "%d cases are as expected\n", len(results))
	return nil
}

func (s session) policySchemaCommand() *cobra.Command {
	var format string
	var tests bool
	cmd := &cobra.Command{
		Use:   "schema",
		Short: "Print the schema of policies, for editors",
		Long: "Print the schema of policies, in Cedar's schema language or as Cedar's JSON, or the\n" +
			"JSON schema of the files that policy test reads.",
		Args: usage(none),
		RunE: func(*cobra.Command, []string) error {
			text, err := rules.SchemaText(), error(nil)
			switch {
			case tests:
				text = cases.Schema()
			case format == "json":
				text, err = rules.SchemaJSON()
			case format != "cedar":
				err = usageError{errors.New("--format is cedar or json")}
			}
			if err != nil {
				return err
			}
			_, err = s.out.Write(text)
			return err
		},
	}
	cmd.Flags().StringVar(&format, "format", "cedar", "cedar or json")
	cmd.Flags().BoolVar(&tests, "tests", false, "print the schema of test files instead")
	return cmd
}
