package sandbox

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"unicode/utf8"
)

// surface is where blocks are shown; it decides which blocks are allowed.
type surface string

const (
	messageSurface surface = "message"
	modalSurface   surface = "modal"
	homeSurface    surface = "home"
)

// object is a decoded JSON object.
type object = map[string]any

// checker walks Block Kit JSON and collects violations. The schema is closed:
// Slack refuses properties it does not know, so the checker does, too. A null
// counts as absent, as at Slack.
type checker struct {
	surface  surface
	errs     []BlockError
	blockIDs map[string]bool
	inputs   int // input blocks seen
	focused  int // elements with focus_on_load
	markdown int // characters in markdown blocks
	tables   int
}

func newChecker(s surface) *checker { return &checker{surface: s, blockIDs: map[string]bool{}} }

func (c *checker) fail(at, kind, message string, expected, got any) {
	c.errs = append(c.errs, BlockError{Pointer: at, Code: "failed_constraint", Message: "[ERROR] " + message,
		Constraint: BlockConstraint{Type: kind, Expected: expected, Got: got}})
}

// asObject also refuses what is not an object.
func (c *checker) asObject(at string, v any) (object, bool) {
	o, ok := v.(object)
	if !ok {
		c.fail(at, "type", "must be an object", "object", jsonType(v))
	}
	return o, ok
}

// closed refuses properties outside the list.
func (c *checker) closed(at string, o object, allowed ...string) {
	for _, key := range slices.Sorted(maps.Keys(o)) {
		if !slices.Contains(allowed, key) {
			c.fail(at+"/"+key, "additional_properties", "no more properties are allowed, got "+key, allowed, key)
		}
	}
}

// have reports whether key is present and not null, and complains if it must be.
func (c *checker) have(at string, o object, key string, required bool) (any, bool) {
	v, ok := o[key]
	if ok && v != nil {
		return v, true
	}
	if required {
		c.fail(at, "required", "missing required field: "+key, key, nil)
	}
	return nil, false
}

// str checks a string's length in code points.
func (c *checker) str(at string, o object, key string, least, most int, required bool) string {
	v, ok := c.have(at, o, key, required)
	if !ok {
		return ""
	}
	s, ok := v.(string)
	if !ok {
		c.fail(at+"/"+key, "type", "must be a string", "string", jsonType(v))
		return ""
	}
	switch n := utf8.RuneCountInString(s); {
	case n > most:
		c.fail(at+"/"+key, "max_length", fmt.Sprintf("must be less than %d characters", most+1), most, n)
	case n < least:
		c.fail(at+"/"+key, "min_length", fmt.Sprintf("must be more than %d characters", least-1), least, n)
	}
	return s
}

func (c *checker) boolean(at string, o object, keys ...string) {
	for _, key := range keys {
		if v, ok := c.have(at, o, key, false); ok {
			if _, isBool := v.(bool); !isBool {
				c.fail(at+"/"+key, "type", "must be a boolean", "boolean", jsonType(v))
			}
		}
	}
}

func (c *checker) enum(at string, o object, key string, required bool, allowed ...string) string {
	v, ok := c.have(at, o, key, required)
	if !ok {
		return ""
	}
	s, isString := v.(string)
	if !isString || !slices.Contains(allowed, s) {
		c.fail(at+"/"+key, "enum", "must be a valid enum value", allowed, v)
	}
	return s
}

func (c *checker) integer(at string, o object, key string, least, most int64) (int64, bool) {
	v, ok := c.have(at, o, key, false)
	if !ok {
		return 0, false
	}
	n, isNumber := v.(json.Number)
	i, err := strconv.ParseInt(string(n), 10, 64)
	if !isNumber || err != nil {
		c.fail(at+"/"+key, "type", "must be an integer", "integer", jsonType(v))
		return 0, false
	}
	if i < least || i > most {
		c.fail(at+"/"+key, "range", fmt.Sprintf("must be from %d to %d", least, most), []int64{least, most}, i)
	}
	return i, true
}

// array checks the number of items and returns them.
func (c *checker) array(at string, o object, key string, least, most int, required bool) []any {
	v, ok := c.have(at, o, key, required)
	if !ok {
		return nil
	}
	items, ok := v.([]any)
	if !ok {
		c.fail(at+"/"+key, "type", "must be an array", "array", jsonType(v))
		return nil
	}
	if len(items) > most {
		c.fail(at+"/"+key, "max_items", fmt.Sprintf("no more than %d items allowed", most), most, len(items))
	}
	if len(items) < least {
		c.fail(at+"/"+key, "min_items", fmt.Sprintf("no fewer than %d items allowed", least), least, len(items))
	}
	return items
}

// strings checks an array of strings.
func (c *checker) strings(at string, o object, key string, least, most int) []string {
	var out []string
	for i, item := range c.array(at, o, key, least, most, false) {
		s, ok := item.(string)
		if !ok {
			c.fail(fmt.Sprintf("%s/%s/%d", at, key, i), "type", "must be a string", "string", jsonType(item))
			continue
		}
		out = append(out, s)
	}
	return out
}

func jsonType(v any) string {
	switch v.(type) {
	case nil:
		return "null"
	case string:
		return "string"
	case bool:
		return "boolean"
	case json.Number, float64:
		return "number"
	case []any:
		return "array"
	default:
		return "object"
	}
}

// decodeJSON decodes exactly one JSON value and keeps numbers as written.
func decodeJSON(raw []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, fmt.Errorf("decoding JSON: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("decoding JSON: more than one value")
	}
	return v, nil
}
