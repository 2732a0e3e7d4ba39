package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"

	"lbbot/bot/slackapp/render/examples"
)

func TestBlocksWritesEveryMessageAndFormInBothEditions(t *testing.T) {
	code, out, said := runs(t, nil, "blocks")
	require.Equal(t, exitFine, code, said)
	require.Empty(t, said)
	var all map[string]json.RawMessage
	require.NoError(t, json.Unmarshal([]byte(out), &all))
	for name := range examples.Messages(examples.Names{}) {
		require.Contains(t, all, name+".longest")
		require.Contains(t, all, name+".chinese")
	}
	for name := range examples.Views(examples.Names{}) {
		require.Contains(t, all, "view_"+name+".longest")
		require.Contains(t, all, "view_"+name+".chinese")
	}
	for name := range examples.Options(examples.Names{}) {
		require.Contains(t, all, "options_"+name+".longest")
		require.Contains(t, all, "options_"+name+".chinese")
	}
	require.Contains(t, string(all["card_added.chinese"]), strings.Repeat("支付服务器", 10))
	require.Less(t, strings.Index(out, `"busy.chinese"`), strings.Index(out, `"busy.longest"`), "sorted")
}

func TestBlocksWritesOneFileEach(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "folder")
	code, out, said := runs(t, nil, "blocks", dir)
	require.Equal(t, exitFine, code, said)
	require.Empty(t, out)
	list, err := examples.Payloads()
	require.NoError(t, err)
	require.Equal(t, fmt.Sprintf("%d files are in %s\n", len(list), dir), said)
	for name, p := range list {
		raw, err := os.ReadFile(filepath.Join(dir, name+".json"))
		require.NoError(t, err)
		require.Equal(t, string(p.JSON), string(raw))
	}
}

func TestBlocksSaysWhyItCannotWrite(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	for _, dir := range []string{file, filepath.Join(file, "below")} {
		code, _, said := runs(t, nil, "blocks", dir)
		require.Equal(t, exitFailed, code, said)
		require.Contains(t, said, file)
		require.Contains(t, said, "name another DIR, or leave it out to write to standard output")
	}
	code, _, said := runs(t, nil, "blocks", "a", "b")
	require.Equal(t, exitUsage, code)
	require.Contains(t, said, "lbbot blocks takes one DIR or nothing, and got 2 arguments")
}

func TestBlocksCompletesFolders(t *testing.T) {
	_, out, _ := runs(t, nil, "__complete", "blocks", "")
	require.Equal(t, fmt.Sprintf(":%d\n", cobra.ShellCompDirectiveFilterDirs), out)
}

func TestBlocksReportsEachFaultOnALineOfItsOwn(t *testing.T) {
	err := blockFaults(map[string]examples.Payload{
		"good": {Kind: examples.PayloadMessage, JSON: []byte(`{"text": "x"}`)},
		"two": {Kind: examples.PayloadMessage,
			JSON: []byte(`{"text": "x", "colour": "red", "blocks": [{"type": "divider", "x": 1}]}`)},
		"view_one":    {Kind: examples.PayloadView, JSON: []byte(`{"type": "modal", "blocks": []}`)},
		"options_one": {Kind: examples.PayloadOptions, JSON: []byte(`{"options": 7}`)},
	})
	require.Error(t, err)
	lines := strings.Split(err.Error(), "\n")
	require.Len(t, lines, 4, err)
	require.True(t, strings.HasPrefix(lines[1], "two: "), lines[1])
	require.True(t, strings.HasPrefix(lines[3], "view_one: "), lines[3])
	require.Equal(t, exitFailed, exitCode(err))
}

// brokenPipe fails every write.
type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) { return 0, os.ErrClosed }

func TestBlocksFailsWhenStandardOutputIsClosed(t *testing.T) {
	var said bytes.Buffer
	require.Equal(t, exitFailed, run(t.Context(), []string{"blocks"}, nil, brokenPipe{}, &said))
	require.Contains(t, said.String(), os.ErrClosed.Error())
}
