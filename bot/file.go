package bot

import (
	"bytes"
	"encoding"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"lbbot/commands"
)

// ConfigFile is read when no other file is named and it exists.
const ConfigFile = "lbbot.yaml"

// byteOrderMark begins files of some Windows editors and says nothing.
const byteOrderMark = "\uFEFF"

// readFile puts the settings of a file into c. Problems with single settings
// are *SettingError, all at once, each with its line; any other error means
// that the file could not be read at all. No error repeats a value that may be
// a secret, so neither does it show the line.
func readFile(c *Config, file string) error {
	named := file != ""
	if !named {
		file = ConfigFile
	}
	text, err := os.ReadFile(filepath.Clean(file))
	if errors.Is(err, fs.ErrNotExist) && !named {
		return nil
	}
	if err != nil {
		return fmt.Errorf("reading the configuration file: %w", err)
	}
	tree, err := parser.ParseBytes(bytes.TrimPrefix(text, []byte(byteOrderMark)), 0)
	if e, ok := errors.AsType[yaml.Error](err); ok {
		return fmt.Errorf("%s:%d: this is not YAML: %s", file, e.GetToken().Position.Line, e.GetMessage())
	}
	if err != nil {
		return fmt.Errorf("%s: this is not YAML", file)
	}
	var faults []error
	documents := 0
	for _, d := range tree.Docs {
		if d.Body == nil || d.Body.Type() == ast.NullType {
			continue
		}
		documents++
		settings, ok := d.Body.(*ast.MappingNode)
		if !ok || documents > 1 {
			return fmt.Errorf("%s:%d: one list of settings is expected, each a line such as account: production", file, lineOf(d.Body))
		}
		for _, s := range settings.Values {
			faults = append(faults, set(c, file, s))
		}
	}
	return errors.Join(faults...)
}

func lineOf(n ast.Node) int { return n.GetToken().Position.Line }

// set puts one setting into c.
func set(c *Config, file string, s *ast.MappingValueNode) error {
	key := s.Key.GetToken().Value
	at := fmt.Sprintf("%s:%d: ", file, lineOf(s.Key))
	field, variable, ok := fieldOf(c, key)
	if !ok {
		return &SettingError{"", at + "unknown setting" + echo(key) + closest(key)}
	}
	if s.Value.Type() == ast.NullType {
		return nil // written without a value: the default holds
	}
	if problem := decode(s.Value, field); problem != "" {
		return &SettingError{variable, at + key + " " + problem}
	}
	return nil
}

// fieldOf finds a setting by its name in the file.
func fieldOf(c *Config, key string) (field reflect.Value, variable string, ok bool) {
	v := reflect.ValueOf(c).Elem()
	for i := range v.NumField() {
		if tag := v.Type().Field(i).Tag; tag.Get("yaml") == key {
			return v.Field(i), tag.Get("env"), true
		}
	}
	return reflect.Value{}, "", false
}

// decodeList is decode for a list of values that are not words.
func decodeList(n ast.Node, field reflect.Value) (problem string) {
	sequence, ok := n.(*ast.SequenceNode)
	if !ok {
		return "must be a list such as [5m, 15m]"
	}
	list := reflect.MakeSlice(field.Type(), len(sequence.Values), len(sequence.Values))
	for i, item := range sequence.Values {
		if problem := decode(item, list.Index(i)); problem != "" {
			return problem
		}
	}
	field.Set(list)
	return ""
}

// decode returns what the value should be, or "" once it is in field.
func decode(n ast.Node, field reflect.Value) (problem string) {
	if list, ok := field.Addr().Interface().(*[]string); ok {
		sequence, ok := n.(*ast.SequenceNode)
		if !ok {
			return "must be a list such as [a, b]"
		}
		*list = make([]string, len(sequence.Values))
		for i, item := range sequence.Values {
			if (*list)[i], ok = scalar(item); !ok {
				return "must be a list of words such as [a, b]"
			}
		}
		return ""
	}
	if field.Kind() == reflect.Slice {
		return decodeList(n, field)
	}
	text, ok := scalar(n)
	if !ok {
		return "must be one value, not a list or a group"
	}
	if u, ok := field.Addr().Interface().(encoding.TextUnmarshaler); ok {
		if err := u.UnmarshalText([]byte(text)); err != nil {
			return "is wrong: " + err.Error()
		}
		return ""
	}
	switch field.Kind() {
	case reflect.Bool:
		b, ok := n.(*ast.BoolNode)
		if !ok {
			return "must be true or false"
		}
		field.SetBool(b.Value)
	case reflect.Int:
		i, err := strconv.Atoi(text)
		if err != nil {
			return "must be a whole number"
		}
		field.SetInt(int64(i))
	default:
		field.SetString(text)
	}
	return ""
}

// scalar returns the text of a value as it was written, without quotes.
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

// echo shows a name that was written where a setting's name belongs, unless it
// does not look like one: a token may have got there.
func echo(key string) string {
	if len(key) > 40 || strings.Trim(strings.ToLower(key), "abcdefghijklmnopqrstuvwxyz_") != "" {
		return ""
	}
	return " " + strconv.Quote(key)
}

// settings are the names of all settings in the file.
func settings() []string {
	var names []string
	t := reflect.TypeFor[Config]()
	for i := range t.NumField() {
		names = append(names, t.Field(i).Tag.Get("yaml"))
	}
	return names
}

// closest suggests the setting that was probably meant.
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
