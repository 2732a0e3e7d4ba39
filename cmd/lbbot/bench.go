package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"lbbot/bot/bench"
)

// benchCommand measures the bot against the stand-ins.
func (s session) benchCommand() *cobra.Command {
	var inFlight []int
	var operations int
	cmd := &cobra.Command{
		Use:   "bench",
		Short: "Measure the bot against a local Slack and a local cloud",
		Args:  usage(none),
		RunE: func(cmd *cobra.Command, _ []string) error {
			program, err := os.Executable()
			if err != nil {
				return fmt.Errorf("finding the program: %w", err)
			}
			o := bench.Options{Program: program, Databases: []string{bench.SQLite}, Rounds: 1, Environ: os.Environ(),
				Progress: s.err}
			for _, k := range inFlight {
				o.Loads = append(o.Loads, bench.Load{Operations: operations, InFlight: k})
			}
			report, err := bench.Run(cmd.Context(), o)
			fmt.Fprint(s.out, report.Table())
			return err
		},
	}
	cmd.Flags().IntSliceVarP(&inFlight, "in-flight", "k", []int{1, 16}, "how many commands are in flight at once")
	cmd.Flags().IntVarP(&operations, "operations", "n", 200, "how many commands each load types")
	return cmd
}
