// Package manifest writes the manifest of the Slack app.
package manifest

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"text/template"
	"unicode"
	"unicode/utf8"

	"github.com/goccy/go-yaml"

	"lbbot/commands"
)

// Slack's limits of a manifest that a name can break
// (docs.slack.dev/reference/app-manifest).
const maxAppName = 35

//go:embed manifest.yaml.tmpl
var text string

// YAML returns the manifest of the Slack app, YAML with comments, to be
// pasted where Slack makes an app from a manifest. name is what the app is
// called, 1 to 35 characters; the bot user is always lbbot, because that is
// the name people read in its messages. Tokens are in no manifest: both are
// made by hand afterwards. Errors: a name that Slack would refuse.
func YAML(name string, f Features) ([]byte, error) {
	switch {
	case strings.TrimSpace(name) == "":
		return nil, errors.New("the name of the app is empty")
	case utf8.RuneCountInString(name) > maxAppName:
		return nil, fmt.Errorf("the name of the app has %d characters; Slack takes %d", utf8.RuneCountInString(name),
			maxAppName)
	case !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl):
		return nil, errors.New("the name of the app has characters that cannot be shown")
	}
	t, err := template.New("manifest").Funcs(template.FuncMap{"quote": quoteYAML, "comment": comment}).Parse(text)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = t.Execute(&out, struct {
		Features
		Name, Command, Hint, Shortcut, Global, OnMessage string
		Scopes                                           []Scope
	}{f, name, commands.Name, commands.UsageHint(), commands.ShortcutName, commands.ShortcutGlobal,
		commands.ShortcutMessage, Scopes(f)})
	return out.Bytes(), err
}

// JSON returns the manifest of YAML as JSON, which has no comments. Errors: those of YAML.
func JSON(name string, f Features) ([]byte, error) {
	text, err := YAML(name, f)
	if err != nil {
		return nil, err
	}
	if text, err = yaml.YAMLToJSON(text); err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = json.Indent(&out, text, "", "  ")
	return out.Bytes(), err
}

// quoteYAML writes a double-quoted scalar. What could need more than these two
// escapes is refused before.
func quoteYAML(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

// comment writes the reason of a scope as a comment of at most 80 columns.
func comment(s Scope) string {
	const indent = "      #"
	lines := []string{indent}
	for _, word := range strings.Fields(s.explained()) {
		if last := &lines[len(lines)-1]; utf8.RuneCountInString(*last)+1+utf8.RuneCountInString(word) <= 80 {
			*last += " " + word
		} else {
			lines = append(lines, indent+" "+word)
		}
	}
	return strings.Join(lines, "\n")
}
