package bot

import (
	"bufio"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"lbbot/bot/journal"
)

// The formats of ExportTrail.
const (
	FormatJSONL = "jsonl"
	FormatCSV   = "csv"
)

// exported is a line of an export. Data is the stored text, since that is what
// is hashed.
type exported struct {
	Position    int64  `json:"position"`
	Previous    string `json:"previous"`
	Hash        string `json:"hash"`
	LinkedAt    int64  `json:"linked_at"` // Unix milliseconds
	Seq         int64  `json:"seq"`
	At          int64  `json:"at"` // Unix milliseconds
	Time        string `json:"time"`
	Kind        string `json:"kind"`
	OperationID string `json:"operation_id"`
	ActorID     string `json:"actor_id"`
	ChannelID   string `json:"channel_id"`
	Data        string `json:"data"`
}

// ExportTrail writes the whole audit trail, as it is at this moment, as JSON
// lines or as CSV, and returns how many events that are. It streams: memory
// does not grow with the trail. In CSV, a cell that a spreadsheet could take
// for a formula gets an apostrophe in front.
func ExportTrail(ctx context.Context, w io.Writer, j *journal.Store, format string) (n int64, err error) {
	buffered := bufio.NewWriterSize(w, 1<<16)
	write, flush, err := trailWriter(buffered, format)
	if err != nil {
		return 0, err
	}
	err = j.Export(ctx, func(e journal.Entry) error {
		n++
		return write(e)
	})
	if err == nil {
		err = flush()
	}
	return n, errors.Join(err, buffered.Flush())
}

func trailWriter(w io.Writer, format string) (write func(journal.Entry) error, flush func() error, err error) {
	switch format {
	case FormatJSONL:
		out := json.NewEncoder(w)
		out.SetEscapeHTML(false)
		return func(e journal.Entry) error { return out.Encode(line(e)) }, func() error { return nil }, nil
	case FormatCSV:
		out := csv.NewWriter(w)
		header := []string{"position", "previous", "hash", "linked_at", "seq", "at", "time", "kind", "operation_id", "actor_id", "channel_id", "data"}
		return func(e journal.Entry) error { return out.Write(cells(line(e))) }, func() error { out.Flush(); return out.Error() }, out.Write(header)
	}
	return nil, nil, fmt.Errorf("the format %q is not known: jsonl or csv", format)
}

func line(e journal.Entry) exported {
	return exported{Position: e.Position, Previous: e.Previous, Hash: e.Hash, LinkedAt: e.LinkedAt, Seq: e.Seq, At: e.At,
		Time: time.UnixMilli(e.At).UTC().Format("2006-01-02T15:04:05.000Z"), Kind: e.Kind, OperationID: e.OperationID,
		ActorID: e.ActorID, ChannelID: e.ChannelID, Data: e.Data}
}

func cells(l exported) []string {
	number := func(n int64) string { return strconv.FormatInt(n, 10) }
	row := []string{number(l.Position), l.Previous, l.Hash, number(l.LinkedAt), number(l.Seq), number(l.At), l.Time,
		l.Kind, l.OperationID, l.ActorID, l.ChannelID, l.Data}
	for i, cell := range row {
		row[i] = inert(cell)
	}
	return row
}

// inert keeps a spreadsheet from taking a cell for a formula, in the way of
// owasp.org/www-community/attacks/CSV_Injection: it puts an apostrophe in
// front, also where spaces come first, because some programs skip them.
func inert(cell string) string {
	start := strings.TrimLeft(cell, " \u00a0\u3000\n")
	if strings.HasPrefix(cell, "\t") || strings.HasPrefix(cell, "\r") || strings.HasPrefix(cell, "\n") ||
		start != "" && strings.ContainsRune("=+-@\t\r＝＋－＠", []rune(start)[0]) {
		return "'" + cell
	}
	return cell
}

// VerifyTrail verifies the trail in a database.
func VerifyTrail(ctx context.Context, w io.Writer, j *journal.Store, x journal.Expected) error {
	t, err := j.Verify(ctx, x)
	if err != nil {
		return err
	}
	return report(w, t)
}

// VerifyExport verifies an export in JSON lines. It cannot know what was in the
// database besides.
func VerifyExport(w io.Writer, r io.Reader, x journal.Expected) error {
	t, err := journal.VerifyEntries(x, func(yield func(journal.Entry) error) error {
		in := json.NewDecoder(bufio.NewReaderSize(r, 1<<16))
		for n := 1; ; n++ {
			var l exported
			if err := in.Decode(&l); errors.Is(err, io.EOF) {
				return nil
			} else if _, ok := errors.AsType[*json.SyntaxError](err); ok {
				return fmt.Errorf("line %d is not JSON: only an export as JSON lines can be verified, as lbbot operations export writes it without --format csv", n)
			} else if err != nil {
				return fmt.Errorf("line %d is not a line of an export as JSON lines: %w", n, err)
			}
			if err := yield(journal.Entry{Position: l.Position, Previous: l.Previous, Hash: l.Hash, LinkedAt: l.LinkedAt, Seq: l.Seq, At: l.At,
				Kind: l.Kind, OperationID: l.OperationID, ActorID: l.ActorID, ChannelID: l.ChannelID, Data: l.Data}); err != nil {
				return err
			}
		}
	})
	if err != nil {
		return err
	}
	return report(w, t)
}

// afterBreak is what to do when the trail is not as it was recorded.
const afterBreak = `What to do, before anything else is changed:
1. Keep a copy of the database as it is now; the bot may go on meanwhile.
2. Compare: give the heads of the audit channel or the log ("audit trail head") with --head, and verify
   the last export with --file. They tell up to where the trail can be trusted.
3. Tell your security people; whoever did this had write access to the database.`

// report says what was found; a break is the error.
func report(w io.Writer, t journal.Trail) error {
	out := bufio.NewWriter(w)
	if c := t.Checkpoint; c != nil {
		fmt.Fprintf(out, "begins after position %d: what was before was deleted by retention at %s,\n  signed with the key %s\n",
			c.Position, c.At.Format(time.DateTime+" UTC"), c.PublicKey)
	}
	fmt.Fprintf(out, "%d events are as they were recorded", t.Events)
	if t.Events > 0 {
		fmt.Fprintf(out, ", positions %d to %d", t.First, t.Head.Position)
	}
	fmt.Fprintf(out, "\nhead %s\n", t.Head)
	for _, h := range t.Confirmed {
		fmt.Fprintf(out, "the head given for position %d fits\n", h.Position)
	}
	for _, h := range t.TooOld {
		fmt.Fprintf(out, "the head given for position %d is older than the trail: nothing can be said about it\n", h.Position)
	}
	if t.Unlinked > 0 {
		fmt.Fprintf(out, "%d events are too young to be in the chain\n", t.Unlinked)
	}
	if t.Break == nil {
		fmt.Fprintln(out, "fine: nothing was altered, deleted or moved")
		return out.Flush()
	}
	return errors.Join(out.Flush(), fmt.Errorf("%w\n%s", t.Break, afterBreak))
}
