package zenlayer

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// fields reads one JSON object of an answer, field by field. It accepts numbers,
// texts and booleans with or without quotes, because the API's own pages disagree
// about the types of their fields. err names the first required field that has
// another type. Optional fields that cannot be read count as absent, as do null
// and missing fields; absent is never an error.
type fields struct {
	raw map[string]json.RawMessage
	err error
}

// fieldError names a field of an answer that cannot be read, never its value.
type fieldError struct{ path, problem string }

func (e *fieldError) Error() string { return e.path + " " + e.problem }

// UnmarshalJSON fails only if data is not an object. The types of this package call it, and each other's, without
// json.Unmarshal, which would read the data twice more at each level.
func (f *fields) UnmarshalJSON(data []byte) error {
	if json.Unmarshal(data, &f.raw) != nil || f.raw == nil {
		return fmt.Errorf("it is %s, not an object", kindOf(data))
	}
	return nil
}

func (f *fields) fail(path, problem string) {
	if f.err == nil {
		f.err = &fieldError{path, problem}
	}
}

// has reports whether a field is present.
func (f *fields) has(name string) bool {
	raw, ok := f.raw[name]
	return ok && string(raw) != "null"
}

// text reads a required text. A number keeps all its digits.
func (f *fields) text(name string) string {
	value, ok := scalar(f.raw[name])
	if !ok {
		f.fail(name, "is "+kindOf(f.raw[name])+", not a text")
	}
	return value
}

// id reads a required text that must not be empty.
func (f *fields) id(name string) string {
	value := f.text(name)
	if value == "" {
		f.fail(name, "is missing")
	}
	return value
}

// label reads an optional text.
func (f *fields) label(name string) string {
	value, _ := scalar(f.raw[name])
	return value
}

// number reads a required whole number. Absent and empty are 0.
func (f *fields) number(name string) int {
	text, ok := scalar(f.raw[name])
	if ok && text == "" {
		return 0
	}
	if n, err := strconv.Atoi(text); ok && err == nil {
		return n
	}
	const exact = 1 << 53 // larger ones may have been rounded
	if n, err := strconv.ParseFloat(text, 64); ok && err == nil && n == math.Trunc(n) && math.Abs(n) < exact {
		return int(n)
	}
	f.fail(name, "is "+kindOf(f.raw[name])+", not a whole number")
	return 0
}

// flag reads an optional boolean; nil if absent.
func (f *fields) flag(name string) *bool {
	raw := f.raw[name]
	text, _ := scalar(raw)
	if kindOf(raw) == kindBool {
		text = string(raw)
	}
	on, err := strconv.ParseBool(strings.ToLower(text))
	if err != nil {
		return nil
	}
	return &on
}

// texts reads a required list of texts. A single text is a list of one.
func (f *fields) texts(name string) []string {
	raw := f.raw[name]
	if kindOf(raw) != kindList {
		if value := f.text(name); value != "" {
			return []string{value}
		}
		return nil
	}
	var items []json.RawMessage
	_ = json.Unmarshal(raw, &items) // the object around it was valid
	list := make([]string, 0, len(items))
	for i, item := range items {
		value, ok := scalar(item)
		if !ok {
			f.fail(fmt.Sprintf("%s[%d]", name, i), "is "+kindOf(item)+", not a text")
		}
		if value != "" {
			list = append(list, value)
		}
	}
	return list
}

// ports reads the ports of a listener or backend and joins them with commas, as
// the API does.
func (f *fields) ports(name string) string { return strings.Join(f.texts(name), ",") }

// objects reads a required list of objects.
func objects[T any](f *fields, name string) []T {
	var items []json.RawMessage
	if json.Unmarshal(or(f.raw[name], "null"), &items) != nil {
		f.fail(name, "is "+kindOf(f.raw[name])+", not a list")
	}
	list := make([]T, len(items))
	for i, item := range items {
		if err := any(&list[i]).(json.Unmarshaler).UnmarshalJSON(item); err != nil {
			within(f, fmt.Sprintf("%s[%d]", name, i), err)
		}
	}
	return list
}

// within adds the path of a nested object to its error.
func within(f *fields, path string, err error) {
	if inner, ok := err.(*fieldError); ok { //nolint:errorlint // nobody wraps it
		f.fail(path+"."+inner.path, inner.problem)
		return
	}
	f.fail(path, "cannot be read: "+err.Error())
}

func or(raw json.RawMessage, otherwise string) json.RawMessage {
	if len(raw) == 0 {
		return json.RawMessage(otherwise)
	}
	return raw
}

// scalar returns a text or a number as text. An absent value is "".
func scalar(raw json.RawMessage) (value string, ok bool) {
	switch kindOf(raw) {
	case kindAbsent:
		return "", true
	case kindNumber:
		return string(raw), true
	case kindText:
		raw = bytes.TrimSpace(raw)
		if bytes.IndexByte(raw, '\\') < 0 && utf8.Valid(raw) { // as most are: nothing to decode
			return string(raw[1 : len(raw)-1]), true
		}
		return value, json.Unmarshal(raw, &value) == nil
	}
	return "", false
}

// Kinds of JSON values, as errors name them.
const (
	kindAbsent = "nothing"
	kindText   = "a text"
	kindNumber = "a number"
	kindBool   = "true or false"
	kindList   = "a list"
	kindObject = "an object"
)

// kindOf looks at the first byte of a valid value.
func kindOf(raw json.RawMessage) string {
	raw = bytes.TrimLeft(raw, " \t\r\n")
	if len(raw) == 0 {
		return kindAbsent
	}
	switch raw[0] {
	case 'n':
		return kindAbsent
	case '"':
		return kindText
	case 't', 'f':
		return kindBool
	case '[':
		return kindList
	case '{':
		return kindObject
	}
	return kindNumber
}
