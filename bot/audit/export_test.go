package audit

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot/operation"
)

func TestACellOfAnExportIsNeverAFormula(t *testing.T) {
	t.Parallel()
	for cell, want := range map[string]string{
		"": "", "finished": "finished", "U0ANA": "U0ANA", "a=b": "a=b", `{"code":"x"}`: `{"code":"x"}`, "'=1": "'=1",
		"=1+1": "'=1+1", "+1": "'+1", "-1": "'-1", "@SUM(A1)": "'@SUM(A1)", "\t=1": "'\t=1", "\r=1": "'\r=1",
		"\n=1": "'\n=1",
		"  =1": "'  =1", "\u00a0@x": "'\u00a0@x", "＝1": "'＝1", "\ttab": "'\ttab",
	} {
		require.Equal(t, want, inert(cell), "%q", cell)
	}
}

// The spreadsheet chooses the separator. Where the comma is the decimal sign, it is
// the semicolon, and a quote inside a cell has no meaning.
func TestNoSpreadsheetBeginsACellOfAnExportWithAFormula(t *testing.T) {
	t.Parallel()
	var texts []string
	for _, separator := range []string{";", ",", "\t", "\n", "\r", "\r\n", "; ", ";\t", `";"`} {
		for _, start := range []string{"=", "+", "-", "@"} {
			texts = append(texts, "why"+separator+start+"cmd|' /C calc'!A0"+separator+"x", separator+start+"1",
				start+"1"+separator)
		}
	}
	for _, text := range texts {
		for _, e := range []Entry{{Data: text}, {Kind: text}, {ActorID: text, OperationID: text, ChannelID: text},
			{Data: quoted(t, text)}} {
			for _, separator := range ",;\t" {
				for _, cell := range cellsOf(t, separator, e) {
					require.NotContains(t, "=+-@", firstOf(cell), "%q begins a cell at %q: %q", text, separator, cell)
				}
			}
		}
	}
}

// firstOf returns the first character of a cell as a spreadsheet sees it.
func firstOf(cell string) string {
	return (strings.TrimLeft(cell, " ") + "x")[:1]
}

func quoted(t *testing.T, text string) string {
	t.Helper()
	data, err := json.Marshal(map[string]string{"purpose": text})
	require.NoError(t, err)
	return string(data)
}

// cellsOf exports an entry as CSV and reads it as a spreadsheet with this separator.
func cellsOf(t *testing.T, separator rune, e Entry) (all []string) {
	t.Helper()
	var out bytes.Buffer
	write, flush, err := trailWriter(&out, FormatCSV)
	require.NoError(t, err)
	require.NoError(t, write(e))
	require.NoError(t, flush())
	r := csv.NewReader(&out)
	r.Comma, r.LazyQuotes, r.FieldsPerRecord = separator, true, -1
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return all
		}
		require.NoError(t, err)
		all = append(all, row...)
	}
}

func TestDataStaysReadableInACellOfAnExport(t *testing.T) {
	t.Parallel()
	want := map[string]string{"purpose": "a; b\tc\nd, =e \"f;g\" \\;"}
	data, err := json.Marshal(want)
	require.NoError(t, err)
	all := cellsOf(t, ',', Entry{Kind: operation.EventAccepted, Data: string(data)})
	var got map[string]string
	require.NoError(t, json.Unmarshal([]byte(all[len(all)-1]), &got))
	require.Equal(t, want, got)
}

// exportOf returns a trail of two events as JSON lines.
func exportOf(t *testing.T) string {
	t.Helper()
	var out bytes.Buffer
	write, _, err := trailWriter(&out, FormatJSONL)
	require.NoError(t, err)
	e := Entry{Previous: strings.Repeat("0", 64)}
	for i, kind := range []string{operation.EventAccepted, operation.EventDenied} {
		e = Entry{Position: int64(i + 1), Previous: e.Previous, LinkedAt: 1772334840500, Seq: int64(i + 1),
			At: 1772334840000, Kind: kind,
			OperationID: "id-1", ActorID: "U0BO", ChannelID: "C1",
			Data: `{"code":"no_rule","purpose":"a < b & \"c\" \u2028 é"}`}
		e.Hash = e.Sum()
		require.NoError(t, write(e))
		e.Previous = e.Hash
	}
	return out.String()
}

// Readers would also believe what the hash does not cover.
func TestExportWithALineThatTheBotWouldWriteDifferentlyIsAltered(t *testing.T) {
	t.Parallel()
	const says = "broken at position 2, event 2 (denied, 2026-03-01 03:14:00.000 UTC): altered: line 2 is not " +
		"written as the bot writes this event"
	tests := map[string]struct{ from, to, says string }{
		"as it was exported":              {"", "", ""},
		"another line ending":             {"\n", "\r\n", ""},
		"another time than the hashed":    {`"time":"2026-03-01T03`, `"time":"2026-02-01T03`, says},
		"no time":                         {`"time":"2026-03-01T03:14:00.000Z",`, ``, says},
		"a key twice, the right one last": {`"kind":"denied"`, `"kind":"accepted","kind":"denied"`, says},
		"a key in capitals before it":     {`"kind":"denied"`, `"KIND":"accepted","kind":"denied"`, says},
		"a key in capitals":               {`"kind":"denied"`, `"Kind":"denied"`, says},
		"a key that nobody knows":         {`"kind":"denied"`, `"result":"added","kind":"denied"`, says},
		"a letter escaped":                {`"kind":"denied"`, `"kind":"\u0064enied"`, says},
		"spaces":                          {`"kind":"denied"`, `"kind": "denied"`, says},
		"another kind": {`"kind":"denied"`, `"kind":"accepted"`,
			"altered: the event or its link is not as it was recorded"},
		"two values in a line":     {`"seq":2`, `"seq":2}{"seq":2`, "line 2 is not"},
		"a word beside the values": {`"seq":2`, `2`, "line 2 is not"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text := exportOf(t)
			first, second, _ := strings.Cut(text, "\n")
			if tt.from == "\n" {
				first += "\r"
			}
			changed := strings.Replace(second, tt.from, tt.to, 1)
			require.Equal(t, tt.from == tt.to, second == changed, "the test changes what it says")
			var out bytes.Buffer
			trail, err := VerifyExport(strings.NewReader(first+"\n"+changed), Expected{})
			if err == nil {
				err = Report(&out, trail)
			}
			if tt.says == "" {
				require.NoError(t, err)
				require.Contains(t, out.String(), "2 events checked, positions 1 to 2")
				return
			}
			require.ErrorContains(t, err, tt.says)
			require.NotContains(t, out.String(), "unbroken")
		})
	}
}

func TestALineOfAnExportIsBounded(t *testing.T) {
	t.Parallel()
	text := exportOf(t) + `{"position":3,"data":"` + strings.Repeat("x", longestLine)
	_, err := VerifyExport(strings.NewReader(text), Expected{})
	require.ErrorContains(t, err, "reading line 3 of the export")
}

func TestExportOfAPersonHasWhatTheyDidAndWhatNamesThem(t *testing.T) {
	t.Parallel()
	m := newMemory(time.Now)
	m.chain = chainOf(5)
	for i, e := range []Entry{
		{ActorID: "U0ANA", Data: "{}"},
		{ActorID: "system", Data: `{"requester":"U0ANA"}`},
		{ActorID: "U0BO", Data: `{"told":"U0DEV,U0ANA"}`},
		{ActorID: "U0ANABEL", Data: `{"requester":"U0ANABEL"}`},
		{ActorID: "U0BO", Data: `{"requester":"U0BO"}`},
	} {
		m.chain[i].OperationID, m.chain[i].ActorID, m.chain[i].Data = "", e.ActorID, e.Data
	}
	var out bytes.Buffer
	n, err := ExportPerson(t.Context(), &out, m, FormatJSONL, "U0ANA")
	require.NoError(t, err)
	require.EqualValues(t, 3, n)
	require.NotContains(t, out.String(), "U0ANABEL")
	require.Equal(t, 3, strings.Count(out.String(), "\n"))
}
