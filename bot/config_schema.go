package bot

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"reflect"
	"regexp"
	"strings"
)

// durationPattern matches what Duration reads.
const durationPattern = `[+]?(\d+d|0|((\d+(\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h))+)`

// configSource is the source of Config, whose comments are the texts of the schema.
//
//go:embed config.go
var configSource []byte

// Schema returns the JSON Schema (draft 2020-12) of the configuration file, for editors. Load
// checks more, for example how settings fit together, and accepts a number as a text and a key
// without a value.
func Schema() ([]byte, error) {
	meanings, err := meanings()
	if err != nil {
		return nil, err
	}
	defaults, properties := Defaults(), map[string]any{}
	for f := range reflect.TypeFor[Config]().Fields() {
		unset := reflect.ValueOf(defaults).FieldByIndex(f.Index)
		p := accepts(f, unset)
		p["description"] = plainLinks(meanings[f.Name]) + "\nVariable: " + f.Tag.Get("env")
		if !unset.IsZero() {
			p["default"] = unset.Interface()
		}
		properties[f.Tag.Get("yaml")] = p
	}
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	err = encoder.Encode(map[string]any{
		"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Settings of lbbot, in lbbot.yaml",
		"type": []string{"object", "null"}, "additionalProperties": false, "properties": properties,
	})
	return out.Bytes(), err
}

// meanings returns the comment of each field of Config, by the name of the field, as one
// paragraph without the full stop.
func meanings() (map[string]string, error) {
	source, err := parser.ParseFile(token.NewFileSet(), "config.go", configSource, parser.ParseComments)
	if err != nil {
		return nil, fmt.Errorf("reading the comments of the settings: %w", err)
	}
	found := map[string]string{}
	ast.Inspect(source, func(n ast.Node) bool {
		if f, ok := n.(*ast.Field); ok && len(f.Names) == 1 {
			found[f.Names[0].Name] = strings.TrimSuffix(strings.Join(strings.Fields(f.Doc.Text()), " "), ".")
		}
		return true
	})
	return found, nil
}

var link = regexp.MustCompile(`\[([^\]]+)\]\([^)]+\)`)

// plainLinks replaces links to pages by their texts.
func plainLinks(markdown string) string { return link.ReplaceAllString(markdown, "$1") }

// accepted is what the tags of a field say.
type accepted struct {
	least, most int64    // 0 without a range
	oneOf       []string // nil without the tag
	id          string   // first letters of an id
}

func acceptedBy(f reflect.StructField) (a accepted) {
	a.id = f.Tag.Get("id")
	if values, ok := f.Tag.Lookup("oneof"); ok {
		a.oneOf = strings.Fields(values)
	}
	_, _ = fmt.Sscan(f.Tag.Get("range"), &a.least, &a.most)
	return a
}

// accepts returns the part of the schema that says which values a setting has. An empty text
// is accepted where it is the default, which is unset.
func accepts(f reflect.StructField, unset reflect.Value) map[string]any {
	a := acceptedBy(f)
	switch f.Type {
	case reflect.TypeFor[Duration]():
		return timed("^" + durationPattern + "$")
	case reflect.TypeFor[[]Duration]():
		return map[string]any{"type": "array", "items": timed("^" + durationPattern + "$")}
	case reflect.TypeFor[Rate]():
		return timed(`^(0|[+]?0*[1-9]\d*/` + durationPattern + `)$`)
	}
	text := map[string]any{"type": "string"}
	switch {
	case a.id != "" && f.Type.Kind() == reflect.String:
		text["pattern"] = "^([" + a.id + "][A-Z0-9]+)?$"
	case a.id != "":
		text["pattern"] = "^[" + a.id + "][A-Z0-9]+$"
	case a.oneOf != nil && unset.IsZero():
		text["enum"] = append([]string{""}, a.oneOf...)
	case a.oneOf != nil:
		text["enum"] = a.oneOf
	}
	switch f.Type.Kind() {
	case reflect.Bool:
		return map[string]any{"type": "boolean"}
	case reflect.Int:
		return map[string]any{"type": "integer", "minimum": a.least, "maximum": a.most}
	case reflect.Slice:
		return map[string]any{"type": "array", "items": text}
	}
	return text
}

// timed is a text, or the number 0.
func timed(pattern string) map[string]any {
	return map[string]any{"type": []string{"string", "integer"}, "pattern": pattern, "minimum": 0, "maximum": 0}
}
