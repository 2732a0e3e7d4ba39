package bot

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lbbot/bot/journal"
	"lbbot/bot/operation"
)

func TestACellOfAnExportIsNeverAFormula(t *testing.T) {
	t.Parallel()
	for cell, want := range map[string]string{
		"": "", "finished": "finished", "U0ANA": "U0ANA", "a=b": "a=b", `{"code":"x"}`: `{"code":"x"}`, "'=1": "'=1",
		"=1+1": "'=1+1", "+1": "'+1", "-1": "'-1", "@SUM(A1)": "'@SUM(A1)", "\t=1": "'\t=1", "\r=1": "'\r=1", "\n=1": "'\n=1",
		"  =1": "'  =1", "\u00a0@x": "'\u00a0@x", "＝1": "'＝1", "\ttab": "'\ttab",
	} {
		require.Equal(t, want, inert(cell), "%q", cell)
	}
}

// Which sign separates cells is up to the spreadsheet: where the comma is the
// decimal sign it is the semicolon, and then a quote in the middle of a cell
// means nothing.
func TestNoSpreadsheetBeginsACellOfAnExportWithAFormula(t *testing.T) {
	t.Parallel()
	var texts []string
	for _, separator := range []string{";", ",", "\t", "\n", "\r", "\r\n", "; ", ";\t", `";"`} {
		for _, start := range []string{"=", "+", "-", "@"} {
			texts = append(texts, "why"+separator+start+"cmd|' /C calc'!A0"+separator+"x", separator+start+"1", start+"1"+separator)
		}
	}
	for _, text := range texts {
		for _, e := range []journal.Entry{{Data: text}, {Kind: text}, {ActorID: text, OperationID: text, ChannelID: text}, {Data: quoted(t, text)}} {
			for _, separator := range ",;\t" {
				for _, cell := range cellsOf(t, separator, e) {
					require.NotContains(t, "=+-@", firstOf(cell), "%q begins a cell at %q: %q", text, separator, cell)
				}
			}
		}
	}
}

// firstOf returns what a cell begins with as a spreadsheet sees it, which is
// more than nothing.
func firstOf(cell string) string {
	return (strings.TrimLeft(cell, " ") + "x")[:1]
}

func quoted(t *testing.T, text string) string {
	t.Helper()
	data, err := json.Marshal(map[string]string{"purpose": text})
	require.NoError(t, err)
	return string(data)
}

// cellsOf exports an entry as CSV and reads it as a spreadsheet with this
// separator does.
func cellsOf(t *testing.T, separator rune, e journal.Entry) (all []string) {
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
	all := cellsOf(t, ',', journal.Entry{Kind: operation.EventAccepted, Data: string(data)})
	var got map[string]string
	require.NoError(t, json.Unmarshal([]byte(all[len(all)-1]), &got))
	require.Equal(t, want, got)
}
