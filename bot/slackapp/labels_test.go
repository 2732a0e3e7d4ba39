package slackapp

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A person who speaks to the computer says what they see on a button; see
// https://www.w3.org/WAI/WCAG21/Understanding/label-in-name.
func TestLabelOfEachButtonHasItsText(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/golden/*.json")
	require.NoError(t, err)
	buttons := 0
	var look func(file string, v any)
	look = func(file string, v any) {
		switch v := v.(type) {
		case []any:
			for _, inner := range v {
				look(file, inner)
			}
		case map[string]any:
			if label, ok := v["accessibility_label"].(string); ok {
				text := v["text"].(map[string]any)["text"].(string)
				require.Contains(t, strings.ToLower(label), strings.ToLower(text), "%s", file)
				buttons++
			}
			for _, inner := range v {
				look(file, inner)
			}
		}
	}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		require.NoError(t, err)
		var v any
		require.NoError(t, json.Unmarshal(raw, &v))
		look(file, v)
	}
	require.Greater(t, buttons, 100)
}
