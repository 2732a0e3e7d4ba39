package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"lbbot/bot"
	"lbbot/bot/audit"
	"lbbot/bot/journal"
)

func (s session) exportCommand(d source) *cobra.Command {
	var format, output, person string
	cmd := &cobra.Command{
		Use:   "export",
		Short: "Export the audit trail",
		Long: "Export the whole audit trail, with positions and hashes, as JSON lines or as CSV. The number\n" +
			"of events goes to standard error. With --person, only the events that they caused or that\n" +
			"name them: that is not a whole trail, so it proves nothing.",
		Args: usage(none),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if format != audit.FormatJSONL && format != audit.FormatCSV {
				return usageError{fmt.Errorf("--format %s is not known: jsonl or csv", format)}
			}
			if err := personFault(person); err != nil {
				return usageError{err}
			}
			return d.read(cmd.Context(), func(j *journal.Store, _ bot.Database) error {
				w, done := s.out, func() error { return nil }
				if output != "" {
					file, err := os.OpenFile(output, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
					if err != nil {
						return fmt.Errorf("creating the export, which must not exist yet: %w", err)
					}
					w, done = file, file.Close
				}
				seen, end := s.progressOn()
				n, err := export(cmd.Context(), w, watched{j, seen}, format, person)
				end()
				if err = errors.Join(err, done()); err != nil && output != "" {
					return fmt.Errorf("%s is not complete and is removed: %w", output,
						errors.Join(err, os.Remove(output)))
				}
				if err == nil {
					fmt.Fprintf(s.err, "%d events exported\n", n)
				}
				return err
			})
		},
	}
	cmd.Flags().StringVar(&format, "format", audit.FormatJSONL, "jsonl, which verify can read, or csv")
	cmd.Flags().StringVar(&person, "person", "", "Slack user id of one person, such as U0123ABCD")
	cmd.Flags().StringVar(&output, "output", "", "file to create (default standard output)")
	return cmd
}

// export writes the trail, or what it has about one person.
func export(ctx context.Context, w io.Writer, s audit.Source, format, person string) (int64, error) {
	if person == "" {
		return audit.Export(ctx, w, s, format)
	}
	return audit.ExportPerson(ctx, w, s, format, person)
}

func (s session) verifyCommand(d source) *cobra.Command {
	var heads []string
	var public, file string
	cmd := &cobra.Command{
		Use:   "verify",
		Short: "Verify the audit trail",
		Long: "Verify the audit trail from its beginning to its end. The first broken link is named, and the\n" +
			"exit code is 1. Somebody who can write to the database can also compute all hashes again or\n" +
			"cut off the end. To find that, give one or more heads that were kept elsewhere with --head.",
		Args: usage(none),
		RunE: func(cmd *cobra.Command, _ []string) error {
			x, err := expected(heads, public)
			if err != nil {
				return usageError{err}
			}
			if file != "" {
				return s.verifyFile(cmd.Context(), file, x)
			}
			return d.read(cmd.Context(), func(j *journal.Store, settings bot.Database) error {
				if public == "" && settings.PublicKey != "" {
					if x.PublicKey, err = audit.ParsePublicKey(settings.PublicKey); err != nil {
						return err
					}
				}
				return s.verified(cmd.Context(), x, func(x audit.Expected) (audit.Trail, error) {
					return audit.Verify(cmd.Context(), j, x)
				})
			})
		},
	}
	f := cmd.Flags()
	f.StringArrayVar(&heads, "head", nil, "head as the bot posted it, POSITION:HASH; may be repeated")
	f.StringVar(&public, "public-key", "",
		"key that must have signed the checkpoints (default: that of LBBOT_AUDIT_KEY, or any key)")
	f.StringVar(&file, "file", "", "an export as JSON lines instead of the database; - is standard input")
	return cmd
}

func expected(heads []string, public string) (x audit.Expected, err error) {
	for _, text := range heads {
		h, err := audit.ParseHead(text)
		if err != nil {
			return x, fmt.Errorf("--head: %w", err)
		}
		x.Heads = append(x.Heads, h)
	}
	if public != "" {
		if x.PublicKey, err = audit.ParsePublicKey(public); err != nil {
			return x, fmt.Errorf("--public-key: %w", err)
		}
	}
	return x, nil
}

// verified shows the progress of verify and writes the result.
func (s session) verified(ctx context.Context, x audit.Expected,
	verify func(audit.Expected) (audit.Trail, error)) error {
	var end func()
	x.Progress, end = s.progressOn()
	t, err := verify(x)
	end()
	return s.reportTrail(ctx, t, err)
}

// reportTrail writes the result; err means that the trail could not be read.
func (s session) reportTrail(ctx context.Context, t audit.Trail, err error) error {
	if err != nil && ctx.Err() != nil {
		return fmt.Errorf("stopped at position %d: the %d events up to there are unbroken, the others were not read",
			t.Head.Position, t.Events)
	}
	if err != nil {
		return err
	}
	return audit.Report(s.out, t)
}

// reading is a reader that is a function.
type reading func(p []byte) (int, error)

func (r reading) Read(p []byte) (int, error) { return r(p) }

func (s session) verifyFile(ctx context.Context, file string, x audit.Expected) error {
	var in io.Reader = os.Stdin
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return fileFault(err, "give a file that lbbot operations export --output FILE wrote")
		}
		defer func() { _ = f.Close() }() // only read
		in = f
	}
	return s.verified(ctx, x, func(x audit.Expected) (audit.Trail, error) {
		return audit.VerifyExport(reading(func(p []byte) (int, error) {
			if err := ctx.Err(); err != nil {
				return 0, err
			}
			return in.Read(p)
		}), x)
	})
}
