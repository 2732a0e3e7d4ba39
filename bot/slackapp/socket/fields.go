package socket

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Fields is one JSON object from Slack, read field by field. Only the fields
// that are asked for can fail: Slack adds fields and changes types without
// notice. A number and the same number as text are the same value, and so are
// a flag, the same flag as text, and 0 or 1. A missing field and null have the
// zero value, except that null is no readable Flag.
//
// What cannot be read is kept as a fault, with the path of the field and never
// its value, until Err. An object within shares the faults of the outer one.
type Fields struct {
	path   string // with a final dot; empty for the outermost object
	raw    map[string]json.RawMessage
	faults *[]string
}

// ReadFields takes a JSON object apart. Numbers keep all their digits.
func ReadFields(data []byte) (Fields, error) {
	f := Fields{faults: new([]string)}
	if err := json.Unmarshal(data, &f.raw); err != nil || f.raw == nil {
		return f, errors.New("it is not a JSON object")
	}
	return f, nil
}

// Err names every field that was asked for and could not be read.
func (f Fields) Err() error {
	if f.faults == nil || len(*f.faults) == 0 {
		return nil
	}
	return fmt.Errorf("cannot read %s", strings.Join(*f.faults, ", "))
}

// Apart is the same object with faults of its own.
func (f Fields) Apart() Fields {
	f.faults = new([]string)
	return f
}

// Names returns the names of the fields, in order.
func (f Fields) Names() []string { return slices.Sorted(maps.Keys(f.raw)) }

// Has reports whether a field is there and not null.
func (f Fields) Has(name string) bool { return kindOf(f.raw[name]) != "" }

// Raw returns a field as it came.
func (f Fields) Raw(name string) json.RawMessage { return f.raw[name] }

// Text reads a text or a number.
func (f Fields) Text(name string) string {
	s, ok := scalar(f.raw[name])
	if !ok {
		f.fault(name, "a text")
	}
	return s
}

// Label is Text for a value that nothing depends on: what cannot be read is
// left out.
func (f Fields) Label(name string) string {
	s, _ := scalar(f.raw[name])
	return s
}

// Flag reads a switch that someone is protected by, so only a missing one is
// false without a fault.
func (f Fields) Flag(name string) bool {
	raw, there := f.raw[name]
	if !there {
		return false
	}
	switch s, _ := scalar(raw); strings.ToLower(strings.TrimSpace(cmp.Or(s, string(raw)))) {
	case "true", "1":
		return true
	case "false", "0":
		return false
	}
	f.fault(name, "true or false")
	return false
}

// Number reads a whole number.
func (f Fields) Number(name string) int {
	s, ok := scalar(f.raw[name])
	if s = strings.TrimSpace(s); ok && s == "" {
		return 0
	}
	if n, err := strconv.Atoi(s); err == nil {
		return n
	}
	// 2.0 and 1e3 are whole numbers, too; beyond 2^53 the digits are not kept.
	if x, err := strconv.ParseFloat(s, 64); err == nil && x == float64(int(x)) && x > -(1<<53) && x < 1<<53 {
		return int(x)
	}
	f.fault(name, "a whole number")
	return 0
}

// Texts reads a list of texts or numbers.
func (f Fields) Texts(name string) []string {
	var out []string
	for i, raw := range f.list(name) {
		s, ok := scalar(raw)
		if !ok || s == "" {
			f.fault(fmt.Sprintf("%s[%d]", name, i), "a text")
		}
		out = append(out, s)
	}
	return out
}

// Labels is Texts for values that nothing depends on.
func (f Fields) Labels(name string) []string {
	var list []json.RawMessage
	_ = json.Unmarshal(f.raw[name], &list)
	var out []string
	for _, raw := range list {
		if s, _ := scalar(raw); s != "" {
			out = append(out, s)
		}
	}
	return out
}

// Object reads an object; a missing one has no fields.
func (f Fields) Object(name string) Fields { return f.within(name, f.raw[name]) }

// Part is Object for one that nothing depends on: what is no object has no
// fields.
func (f Fields) Part(name string) Fields {
	inner := Fields{path: f.path + name + ".", faults: f.faults}
	_ = json.Unmarshal(f.raw[name], &inner.raw)
	return inner
}

// Objects reads a list of objects.
func (f Fields) Objects(name string) []Fields {
	list := f.list(name)
	out := make([]Fields, len(list))
	for i, raw := range list {
		path := fmt.Sprintf("%s[%d]", name, i)
		if out[i] = f.within(path, raw); kindOf(raw) == "" {
			f.fault(path, "an object")
		}
	}
	return out
}

func (f Fields) list(name string) []json.RawMessage {
	var list []json.RawMessage
	if raw := f.raw[name]; kindOf(raw) != "" && json.Unmarshal(raw, &list) != nil {
		f.fault(name, "a list")
	}
	return list
}

func (f Fields) within(name string, raw json.RawMessage) Fields {
	inner := Fields{path: f.path + name + ".", faults: f.faults}
	if kindOf(raw) != "" && json.Unmarshal(raw, &inner.raw) != nil {
		f.fault(name, "an object")
	}
	return inner
}

func (f Fields) fault(name, want string) {
	if words := f.path + name + " (it is not " + want + ")"; !slices.Contains(*f.faults, words) {
		*f.faults = append(*f.faults, words)
	}
}

// scalar reads a text or a number as text; a missing one and null are empty.
func scalar(raw json.RawMessage) (s string, ok bool) {
	switch kindOf(raw) {
	case "":
		return "", true
	case "text":
		raw = bytes.TrimSpace(raw)
		if bytes.IndexByte(raw, '\\') < 0 && utf8.Valid(raw) { // as most are: nothing to decode
			return string(raw[1 : len(raw)-1]), true
		}
		return s, json.Unmarshal(raw, &s) == nil
	case "number":
		return string(bytes.TrimSpace(raw)), true
	}
	return "", false
}

// kindOf tells the kind of a valid value by its first byte; empty for null and
// for nothing.
func kindOf(raw json.RawMessage) string {
	if raw = bytes.TrimSpace(raw); len(raw) == 0 {
		return ""
	}
	switch c := raw[0]; {
	case c == 'n':
		return ""
	case c == '"':
		return "text"
	case c == '-' || c >= '0' && c <= '9':
		return "number"
	}
	return "other"
}

// SafeCode returns text if it looks like one of Slack's error codes, such as
// "invalid_auth", and else says only that it does not: some answers repeat
// what they were sent, tokens included. No text is no code.
func SafeCode(text string) string {
	if len(text) > 64 || strings.Trim(text, "abcdefghijklmnopqrstuvwxyz_") != "" {
		return "unreadable_code"
	}
	return text
}
