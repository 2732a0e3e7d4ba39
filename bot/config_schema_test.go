package bot

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "rewrite the schema and the table of the settings")

// accordingTo validates a configuration file against the schema.
func accordingTo(t *testing.T, text string) error {
	t.Helper()
	schema, err := Schema()
	require.NoError(t, err)
	parsed, err := jsonschema.UnmarshalJSON(bytes.NewReader(schema))
	require.NoError(t, err)
	c := jsonschema.NewCompiler()
	require.NoError(t, c.AddResource("lbbot.schema.json", parsed))
	compiled, err := c.Compile("lbbot.schema.json")
	require.NoError(t, err, "the schema is not a schema of its draft")
	inJSON, err := yaml.YAMLToJSON([]byte(text))
	require.NoError(t, err)
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(inJSON))
	require.NoError(t, err)
	return compiled.Validate(value)
}

func TestTheSampleConfigurationIsValidAccordingToItsSchema(t *testing.T) {
	t.Parallel()
	text := deployed(t, "lbbot.yaml")
	first, _, _ := strings.Cut(text, "\n")
	require.Equal(t, "# yaml-language-server: $schema=lbbot.schema.json", first)
	require.NoError(t, accordingTo(t, text))
	require.NoError(t, accordingTo(t, regexp.MustCompile(`(?m)^# ([a-z_]+: )`).ReplaceAllString(text, "$1")))
	require.NoError(t, accordingTo(t, ""), "an empty file")
	inYAML, _, err := printed(t, "", environment())
	require.NoError(t, err)
	require.NoError(t, accordingTo(t, inYAML), "what lbbot config print writes")
}

func TestSchemaAndLoadAgreeOnSingleValues(t *testing.T) {
	t.Parallel()
	for text, valid := range map[string]bool{
		"slack_conections: 2": false, "log_level: loud": false, "log_level: warn": true, "log_format: xml": false,
		"log_format: ''": true, "log_level: ''": false, "owner_channel: ''": true, "slack_connections: 0": false,
		"slack_connections: 10": true, "slack_connections: 11": false, "slack_connections: many": false,
		"slack_connections: 1.5": false, "test_mode: maybe": false, "test_mode: true": true,
		"protected: api-lb": false, "protected: [a, [b]]": false, "protected: []": true, "drain: soon": false,
		"drain: 20": false, "drain: 1m30s": true, "drain: -1s": false, "drain: 1.5d": false, "retention: 0": true,
		"retention: '0'": true, "retention: 36500h": true, "rate: 5": false, "rate: 0": true, "rate: 5/1d": true,
		"rate: 0/10m": false, "rate: 5/soon": false, "rate: 5/1h30m": true, "approval_reminders: 5m": false,
		"approval_reminders: [5m, 1s]": false, "approval_reminders: [5m]": true,
		"approval_reminders: [soon]": false, "owner_channel: D0123ABCD": true, "audit_channel: D0123ABCD": false,
		"owner_channel: '#ops'": false, "incident_creators: ['@a']": false, "incident_creators: [U1, B2]": true,
		"confirm: sometimes": false, "confirm: never": true, "account: [a]": false, "account: {a: b}": false,
	} {
		_, loadErr := Load(file(t, text+"\n"), environment(), nil)
		require.Equal(t, valid, loadErr == nil, "%s: %v", text, loadErr)
		if text != "approval_reminders: [5m, 1s]" { // their order is not in the schema
			require.Equal(t, valid, accordingTo(t, text) == nil, text)
		}
	}
}

func TestSchemaDescribesEverySetting(t *testing.T) {
	t.Parallel()
	text, err := Schema()
	require.NoError(t, err)
	path := filepath.Join(top, "deploy", "lbbot.schema.json")
	if *update {
		require.NoError(t, os.WriteFile(path, text, 0o644))
	}
	require.Equal(t, string(text), deployed(t, "lbbot.schema.json"), "run the test once with -update")
	require.NotContains(t, string(text), ".md#", "a link to a page does not work in an editor")
	said, err := meanings()
	require.NoError(t, err)
	for f := range reflect.TypeFor[Config]().Fields() {
		require.NotEmpty(t, said[f.Name], "%s has no comment", f.Name)
	}
}

// shownDefault writes a default as people write it in the environment.
func shownDefault(v reflect.Value) string {
	if v.IsZero() && v.Type() != reflect.TypeFor[Rate]() && v.Kind() != reflect.Bool {
		return "none"
	}
	text := fmt.Sprint(v.Interface())
	if v.Kind() == reflect.Slice {
		text = strings.ReplaceAll(strings.Trim(text, "[]"), " ", ",")
	}
	return "`" + text + "`"
}

func TestReadmeHasTheTableOfTheSettings(t *testing.T) {
	t.Parallel()
	said, err := meanings()
	require.NoError(t, err)
	table := "| environment | key in the file | default | meaning |\n| --- | --- | --- | --- |\n"
	for f := range reflect.TypeFor[Config]().Fields() {
		table += fmt.Sprintf("| `%s` | `%s` | %s | %s |\n", f.Tag.Get("env"), f.Tag.Get("yaml"),
			shownDefault(reflect.ValueOf(Defaults()).FieldByIndex(f.Index)), said[f.Name])
	}
	path := filepath.Join(top, "deploy", "docs", "configuration.md")
	text := deployed(t, filepath.Join("docs", "configuration.md"))
	start := strings.Index(text, "| environment | key in the file |")
	end := start + strings.Index(text[start:], "\n\n") + 1
	if *update {
		text = text[:start] + table + text[end:]
		require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
		end = start + len(table)
	}
	require.Equal(t, table, text[start:end], "the comments of Config are the source: run the test once with -update")
}
