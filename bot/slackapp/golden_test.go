package slackapp

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/slack-go/slack"
	"github.com/stretchr/testify/require"

	"lbbot/bot/sandbox/blockkit"
	"lbbot/bot/slackapp/render"
	"lbbot/bot/slackapp/render/rendertest"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// wire is a message as it goes to Slack.
type wire struct {
	Text     string               `json:"text"`
	Blocks   []slack.Block        `json:"blocks,omitempty"`
	Metadata *slack.SlackMetadata `json:"metadata,omitempty"`
}

func encode(t *testing.T, v any) []byte {
	t.Helper()
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	require.NoError(t, e.Encode(v))
	return b.Bytes()
}

func encodeMessage(t *testing.T, m render.Message) []byte {
	return encode(t, wire{m.Text, m.Blocks, m.Metadata})
}

// golden compares with the stored file, and keeps what is written down valid
// for Slack at the same time.
func golden(t *testing.T, name string, raw []byte) {
	t.Helper()
	file := filepath.Join("testdata", "golden", name+".json")
	if *update {
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
		require.NoError(t, os.WriteFile(file, raw, 0o644))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err, "run the tests once with -update")
	require.Equal(t, string(want), string(raw))
}

func requireMessage(t *testing.T, m render.Message) {
	t.Helper()
	for _, e := range blockkit.ValidateMessage(encodeMessage(t, m)) {
		t.Errorf("Slack would refuse it: %v", e)
	}
	require.NotEmpty(t, m.Text)
	require.NotEmpty(t, m.Blocks)
	require.LessOrEqual(t, len([]rune(m.Text)), 4000)
	require.NotContains(t, m.Text, "\n", "the fallback is one line")
}

func requireView(t *testing.T, v slack.ModalViewRequest) {
	t.Helper()
	for _, e := range blockkit.ValidateView(encode(t, v)) {
		t.Errorf("Slack would refuse it: %v", e)
	}
}

func TestMessagesReadAsWritten(t *testing.T) {
	t.Parallel()
	for name, m := range rendertest.Messages() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			golden(t, name, encodeMessage(t, m))
			requireMessage(t, m)
		})
	}
}

func TestViewsReadAsWritten(t *testing.T) {
	t.Parallel()
	for name, v := range rendertest.Views() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			golden(t, "view_"+name, encode(t, v))
			requireView(t, v)
		})
	}
}

func TestEveryGoldenFileBelongsToATest(t *testing.T) {
	t.Parallel()
	known := map[string]bool{}
	for name := range rendertest.Messages() {
		known[name+".json"] = true
	}
	for name := range rendertest.Views() {
		known["view_"+name+".json"] = true
	}
	files, err := os.ReadDir(filepath.Join("testdata", "golden"))
	require.NoError(t, err)
	for _, f := range files {
		require.True(t, known[f.Name()], "%s is left over", f.Name())
	}
}

func approvalWording() render.Wording { return rendertest.ApprovalWording() }

func fixedWording() render.Wording { return rendertest.Wording() }
