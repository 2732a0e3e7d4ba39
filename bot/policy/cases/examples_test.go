package cases_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lbbot/bot/policy/cases"
	cedar "lbbot/bot/policy/rules"
)

const examples = "../../../deploy/policies"

// Each example is valid, has no warning, and its cases pass. Each of its rules
// decides at least one case.
func TestTheExamplePoliciesDoWhatTheirCasesSay(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join(examples, "*.cedar"))
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(files), 6)
	asked := 0
	for _, path := range files {
		src, err := os.ReadFile(path)
		require.NoError(t, err)
		set, err := cedar.Parse(filepath.Base(path), src)
		require.NoError(t, err)
		require.Empty(t, set.Warnings)
		name := strings.TrimSuffix(path, ".cedar") + ".test.yaml"
		text, err := os.ReadFile(name)
		require.NoError(t, err)
		require.Contains(t, string(src), filepath.Base(name), "the example says how to test it")
		f, err := cases.Parse(filepath.Base(name), text)
		require.NoError(t, err)
		results, err := f.Run(t.Context(), path)
		require.NoError(t, err)
		decided := map[string]bool{}
		for _, r := range results {
			require.True(t, r.Passed, "%s: %s: expected %s, got %s", r.Place, r.Name, r.Want, r.Got)
			for _, id := range r.Decision.Policies {
				decided[id] = decided[id] || r.Decision.Code != "no_rule"
			}
		}
		for _, id := range set.IDs() {
			require.True(t, decided[id], "%s: no case is decided by %s", name, id)
		}
		asked += len(results)
	}
	t.Logf("%d examples, %d cases", len(files), asked)
}

func TestTheCopiesOfTheSchemasAreThoseOfTheProgram(t *testing.T) {
	t.Parallel()
	asJSON, err := cedar.SchemaJSON()
	require.NoError(t, err)
	for name, want := range map[string][]byte{
		"lbbot.cedarschema": cedar.SchemaText(), "lbbot.cedarschema.json": asJSON,
		"policy-test.schema.json": cases.Schema(),
	} {
		got, err := os.ReadFile(filepath.Join(examples, name))
		require.NoError(t, err)
		require.Equal(t, string(want), string(got), "%s: write it anew with lbbot policy schema", name)
	}
}
