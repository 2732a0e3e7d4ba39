package audit

import (
	"bufio"
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// The formats of Export.
const (
	FormatJSONL = "jsonl"
	FormatCSV   = "csv"
)

// exported is a line of an export. Data is the stored text, which is what the hash
// covers.
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

// Export writes the whole audit trail, as it is at this moment, as JSON lines or
// as CSV, and returns how many events it has. Events that are not linked yet
// are left out. A link whose event is missing is written without one: Export
// shows what is stored, Verify judges it. It streams: memory does not grow with
// the trail. CSV is written so that no spreadsheet takes a cell, or a part of
// one, for a formula.
func Export(ctx context.Context, w io.Writer, s Source, format string) (n int64, err error) {
	return export(ctx, w, s, format, func(Entry) bool { return true })
}

// ExportPerson is Export with only the events that a person caused or that name them, by
// their Slack id. It is not a whole trail, so it proves nothing.
func ExportPerson(ctx context.Context, w io.Writer, s Source, format, userID string) (n int64, err error) {
	named := regexp.MustCompile(`\b` + regexp.QuoteMeta(userID) + `\b`)
	return export(ctx, w, s, format, func(e Entry) bool {
		return e.ActorID == userID || named.MatchString(e.Data)
	})
}

func export(ctx context.Context, w io.Writer, s Source, format string, about func(Entry) bool) (n int64, err error) {
	buffered := bufio.NewWriterSize(w, 1<<16)
	write, flush, err := trailWriter(buffered, format)
	if err != nil {
		return 0, err
	}
	err = s.ReadTrail(ctx, func(r Reading) error {
		return entries(ctx, r, func(e Entry) error {
			if !about(e) {
				return nil
			}
			n++
			return write(e)
		})
	})
	if err == nil {
		err = flush()
	}
	return n, errors.Join(err, buffered.Flush())
}

func trailWriter(w io.Writer, format string) (write func(Entry) error, flush func() error, err error) {
	switch format {
	case FormatJSONL:
		out := json.NewEncoder(w)
		out.SetEscapeHTML(false)
		return func(e Entry) error { return out.Encode(line(e)) }, func() error { return nil }, nil
	case FormatCSV:
		out := csv.NewWriter(w)
		header := []string{"position", "previous", "hash", "linked_at", "seq", "at", "time", "kind", "operation_id",
			"actor_id", "channel_id", "data"}
		return func(e Entry) error { return out.Write(cells(line(e))) },
			func() error { out.Flush(); return out.Error() }, out.Write(header)
	}
	return nil, nil, fmt.Errorf("the format %q is not known: jsonl or csv", format)
}

func line(e Entry) exported {
	return exported{Position: e.Position, Previous: e.Previous, Hash: e.Hash, LinkedAt: e.LinkedAt,
		Seq: e.Seq, At: e.At,
		Time: time.UnixMilli(e.At).UTC().Format("2006-01-02T15:04:05.000Z"), Kind: e.Kind, OperationID: e.OperationID,
		ActorID: e.ActorID, ChannelID: e.ChannelID, Data: e.Data}
}

func cells(l exported) []string {
	number := func(n int64) string { return strconv.FormatInt(n, 10) }
	row := []string{number(l.Position), l.Previous, l.Hash, number(l.LinkedAt), number(l.Seq), number(l.At), l.Time,
		l.Kind, l.OperationID, l.ActorID, l.ChannelID, l.Data}
	for i, cell := range row {
		row[i] = whole(inert(cell))
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

// whole keeps a spreadsheet from starting a new cell inside this one. The separator
// is a setting of the spreadsheet, and quotes count only right after a separator:
// with the semicolon, the spreadsheet splits our cell at each of them. Therefore
// all separators but the comma are written as JSON escapes; most cells are JSON.
func whole(cell string) string {
	return strings.NewReplacer(";", `\u003b`, "\t", `\t`, "\n", `\n`, "\r", `\r`).Replace(cell)
}

// longestLine bounds a line of an export, in bytes. Real lines have a few thousand.
const longestLine = 16 << 20

// VerifyExport verifies an export in JSON lines. It knows nothing else about the
// database. Each line must be exactly as Export writes it, because readers also
// believe what the hash does not cover. The error means that the export could not
// be read.
func VerifyExport(r io.Reader, x Expected) (Trail, error) {
	return verifyEntries(x, func(yield func(Entry) error) error {
		in := bufio.NewScanner(r)
		in.Buffer(make([]byte, 1<<16), longestLine)
		n := 0
		for in.Scan() {
			n++
			e, err := read(in.Bytes(), n)
			if err == nil {
				err = yield(e)
			}
			if err != nil {
				return err
			}
		}
		if err := in.Err(); err != nil {
			return fmt.Errorf("reading line %d of the export: %w", n+1, err)
		}
		return nil
	})
}

// read reads line n of an export. A line that the bot would write differently is a
// *Break: another time than the hashed one, a repeated or an unknown key.
func read(text []byte, n int) (Entry, error) {
	var l exported
	err := json.Unmarshal(text, &l)
	if _, ok := errors.AsType[*json.SyntaxError](err); ok && bytes.HasPrefix(text, []byte("{")) &&
		!bytes.HasSuffix(text, []byte("}")) {
		return Entry{}, fmt.Errorf("line %d ends in its middle: the export was not written to its end, or was cut. "+
			"The %d events before it are unbroken. Export again", n, n-1)
	}
	if _, ok := errors.AsType[*json.SyntaxError](err); ok {
		return Entry{}, fmt.Errorf("line %d is not JSON: only an export as JSON lines can be verified, as lbbot "+
			"operations export writes it without --format csv", n)
	}
	if err != nil {
		return Entry{}, fmt.Errorf("line %d is not a line of an export as JSON lines: %w", n, err)
	}
	e := Entry{Position: l.Position, Previous: l.Previous, Hash: l.Hash, LinkedAt: l.LinkedAt, Seq: l.Seq, At: l.At,
		Kind: l.Kind, OperationID: l.OperationID, ActorID: l.ActorID, ChannelID: l.ChannelID, Data: l.Data}
	var same bytes.Buffer
	write, _, err := trailWriter(&same, FormatJSONL)
	if err == nil {
		err = write(e)
	}
	if err == nil && !bytes.Equal(bytes.TrimSuffix(same.Bytes(), []byte("\n")), text) {
		err = &Break{Position: e.Position, Seq: e.Seq, Kind: e.Kind, At: time.UnixMilli(e.At).UTC(),
			Problem: fmt.Sprintf("altered: line %d is not written as the bot writes this event", n)}
	}
	return e, err
}
