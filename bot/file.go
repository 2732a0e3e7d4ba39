package bot

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"

	"github.com/caarlos0/env/v11"
	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"lbbot/commands"
	"lbbot/zenlayer"
)

// ConfigFile is read when no other file is named and it exists.
const ConfigFile = "lbbot.yaml"

// byteOrderMark begins files of some Windows editors. It is ignored.
const byteOrderMark = "\uFEFF"

// readFile sets the settings from a file, each as if its text were in the environment.
// Problems with settings are joined *SettingError, each with its place; any other error
// means that the file could not be read. No error has a value that may be a secret.
func (r *reading) readFile(file string) error {
	named := file != ""
	if !named {
		file = ConfigFile
	}
	text, err := os.ReadFile(filepath.Clean(file))
	if errors.Is(err, fs.ErrNotExist) && !named {
		return nil
	}
	if err != nil {
		return fmt.Errorf("reading the configuration file: %w; check --config", err)
	}
	settings, err := parseFile(file, text)
	if err != nil {
		return err
	}
	var faults []error
	lines := map[string]int{}
	for _, s := range settings {
		key, place := s.Key.GetToken().Value, Origin{Place: placeOf(file, s.Key)}
		field, ok := settingInFile(key)
		variable := field.Tag.Get("env")
		switch {
		case !ok:
			faults = append(faults, &SettingError{"", place, "unknown key" + echo(key) + closest(key)})
		case lines[key] != 0:
			faults = append(faults, &SettingError{variable, place,
				fmt.Sprintf(" is set on line %d already: keep one", lines[key])})
		default:
			lines[key] = lineOf(s.Key)
			if lineOf(s.Value) == lineOf(s.Key) {
				place = Origin{Place: placeOf(file, s.Value)}
			}
			r.from[variable] = place
			faults = append(faults, r.set(field, s.Value))
		}
	}
	return errors.Join(faults...)
}

// parseFile returns the settings of a file, not yet converted.
func parseFile(file string, text []byte) ([]*ast.MappingValueNode, error) {
	tree, err := parser.ParseBytes(bytes.TrimPrefix(text, []byte(byteOrderMark)), 0, parser.AllowDuplicateMapKey())
	if e, ok := errors.AsType[yaml.Error](err); ok {
		at, message := e.GetToken().Position, e.GetMessage()
		if strings.Contains(message, "'\t'") {
			message = "a tab stands before the text; YAML takes spaces only"
		}
		return nil, fmt.Errorf("%s:%d:%d: this is not YAML: %s", file, at.Line, at.Column, message)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: this is not YAML", file)
	}
	var settings *ast.MappingNode
	for _, d := range tree.Docs {
		if d.Body == nil || d.Body.Type() == ast.NullType {
			continue
		}
		body, ok := d.Body.(*ast.MappingNode)
		if !ok || settings != nil {
			return nil, fmt.Errorf("%s:%d: one list of settings is expected, each a line such as account: production",
				file, lineOf(d.Body))
		}
		settings = body
	}
	if settings == nil {
		return nil, nil
	}
	return settings.Values, nil
}

func lineOf(n ast.Node) int { return n.GetToken().Position.Line }

func placeOf(file string, n ast.Node) string {
	at := n.GetToken().Position
	return fmt.Sprintf("%s:%d:%d", file, at.Line, at.Column)
}

// set puts a value of the file into its field.
func (r *reading) set(field reflect.StructField, n ast.Node) error {
	if n.Type() == ast.NullType {
		delete(r.from, field.Tag.Get("env"))
		return nil // no value: keep the default
	}
	variable, value := field.Tag.Get("env"), reflect.ValueOf(&r.config).Elem().FieldByIndex(field.Index)
	text, ok := scalar(n)
	problem := " must be one value, not a list or a group"
	if field.Type.Kind() == reflect.Slice {
		var items []string
		if items, ok = listed(n); ok && (len(items) == 0 || field.Type.Elem().Kind() == reflect.String) {
			value.Set(reflect.Zero(field.Type))
			for _, item := range items { // one by one: an item may contain a comma
				value.Set(reflect.Append(value, reflect.ValueOf(item)))
			}
			return nil
		}
		text, problem = strings.Join(items, ","), " must be a list such as ["+sampleItems(field.Type)+"]"
	}
	switch {
	case !ok:
		return &SettingError{variable, r.from[variable], problem}
	case text == "" && (field.Type.Kind() == reflect.String || field.Type == reflect.TypeFor[zenlayer.Secret]()):
		value.SetZero()
		return nil
	case text == "":
		return &SettingError{variable, r.from[variable], " has an empty value: leave it out for the default"}
	}
	return r.from.parsed(env.ParseWithOptions(&r.config, env.Options{Environment: map[string]string{variable: text}}))
}

func sampleItems(list reflect.Type) string {
	if list.Elem().Kind() == reflect.String {
		return "a, b"
	}
	return "5m, 15m"
}

// scalar returns the text of a value as written, without quotes: 0123 keeps its zero.
func scalar(n ast.Node) (text string, ok bool) {
	switch n := n.(type) {
	case *ast.StringNode:
		return n.Value, true
	case *ast.LiteralNode:
		return strings.TrimSpace(n.Value.Value), true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		return n.GetToken().Value, true
	}
	return "", false
}

// listed returns the texts of the items of a list.
func listed(n ast.Node) (items []string, ok bool) {
	sequence, ok := n.(*ast.SequenceNode)
	if !ok {
		return nil, false
	}
	items = make([]string, len(sequence.Values))
	for i, item := range sequence.Values {
		if items[i], ok = scalar(item); !ok {
			return nil, false
		}
	}
	return items, true
}

// settingInFile finds a setting by its name in the file.
func settingInFile(key string) (reflect.StructField, bool) {
	for f := range reflect.TypeFor[Config]().Fields() {
		if f.Tag.Get("yaml") == key {
			return f, true
		}
	}
	return reflect.StructField{}, false
}

// echo returns the unknown name of a setting for an error, or "" if it may be a token.
func echo(key string) string {
	if len(key) > 40 || strings.Trim(strings.ToLower(key), "abcdefghijklmnopqrstuvwxyz_") != "" {
		return ""
	}
	return " " + strconv.Quote(key)
}

// settings returns the names of all settings in the file.
func settings() []string {
	var names []string
	t := reflect.TypeFor[Config]()
	for i := range t.NumField() {
		names = append(names, t.Field(i).Tag.Get("yaml"))
	}
	return names
}

// closest suggests the setting that was probably meant, as the end of an error.
func closest(key string) string {
	plain := strings.NewReplacer("-", "", "_", "").Replace
	t := reflect.TypeFor[Config]()
	for i := range t.NumField() {
		name, variable := t.Field(i).Tag.Get("yaml"), t.Field(i).Tag.Get("env")
		if k := strings.ToLower(plain(key)); k == plain(name) || k == strings.ToLower(plain(variable)) {
			return ": did you mean " + name + "?"
		}
	}
	if names := commands.Closest(key, settings(), 1); len(names) > 0 {
		return ": did you mean " + names[0] + "?"
	}
	return "; the settings are in deploy/docs/configuration.md and deploy/lbbot.yaml"
}
