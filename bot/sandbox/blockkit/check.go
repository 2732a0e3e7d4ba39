package blockkit

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"unicode/utf8"
)

// surface is where blocks are shown. It decides which blocks are allowed.
type surface string

const (
	message surface = "message"
	modal   surface = "modal"
	home    surface = "home"
)

// maxShort bounds ids, in characters.
const maxShort = 255

// checker collects violations. A null counts as absent, as at Slack.
type checker struct {
	surface   surface
	found     []Violation
	blockIDs  map[string]bool
	actionIDs map[string]bool // of the current block
	inputs    int             // input blocks seen
	focused   int             // elements with focus_on_load
}

func newChecker(s surface) *checker { return &checker{surface: s, blockIDs: map[string]bool{}} }

func (c *checker) fail(at, rule, format string, args ...any) {
	c.found = append(c.found, Violation{at, rule, fmt.Sprintf(format, args...)})
}

func (c *checker) check(at string, v any, p property) { p.rule(c, at, v) }

// unique refuses an id that was seen before.
func (c *checker) unique(at, key string, o Object, seen map[string]bool) {
	id := stringOf(o, key)
	if id != "" && seen[id] {
		c.fail(at+"/"+key, "unique", "%s %s already exists", key, id)
	}
	seen[id] = true
}

// rule checks one value.
type rule func(c *checker, at string, v any)

// property is what an object may or must have.
type property struct {
	rule     rule
	required bool
}

func (p property) needed() property { p.required = true; return p }

// schema holds the properties of an object. It is closed: Slack refuses
// properties that it does not know.
type schema map[string]property

// object checks an object against a schema, then its rules across properties.
func object(properties schema, across ...func(c *checker, at string, o Object)) property {
	return property{rule: func(c *checker, at string, v any) {
		o, ok := v.(Object)
		if !ok {
			c.fail(at, "type", "must be an object")
			return
		}
		for _, key := range slices.Sorted(maps.Keys(properties)) {
			if properties[key].required && o[key] == nil {
				c.fail(at, "required", "missing required field: %s", key)
			}
		}
		for _, key := range slices.Sorted(maps.Keys(o)) {
			switch p, known := properties[key]; {
			case !known:
				c.fail(at+"/"+key, "additional_properties", "no more properties are allowed, got %s", key)
			case o[key] != nil:
				p.rule(c, at+"/"+key, o[key])
			}
		}
		for _, f := range across {
			f(c, at, o)
		}
	}}
}

// str is a string; its length is in code points.
func str(least, most int) property {
	return property{rule: func(c *checker, at string, v any) {
		s, ok := v.(string)
		switch n := utf8.RuneCountInString(s); {
		case !ok:
			c.fail(at, "type", "must be a string")
		case n > most:
			c.fail(at, "max_length", "must be less than %d characters, got %d", most+1, n)
		case n < least:
			c.fail(at, "min_length", "must be more than %d characters, got %d", least-1, n)
		}
	}}
}

func flag() property {
	return property{rule: func(c *checker, at string, v any) {
		if _, ok := v.(bool); !ok {
			c.fail(at, "type", "must be a boolean")
		}
	}}
}

func anything() property { return property{rule: func(*checker, string, any) {}} }

func oneOf(allowed ...string) property {
	return property{rule: func(c *checker, at string, v any) {
		if s, ok := v.(string); !ok || !slices.Contains(allowed, s) {
			c.fail(at, "enum", "must be one of %q, got %v", allowed, v)
		}
	}}
}

func integer(least, most int64) property {
	return property{rule: func(c *checker, at string, v any) {
		n, isNumber := v.(json.Number)
		i, err := strconv.ParseInt(string(n), 10, 64)
		switch {
		case !isNumber || err != nil:
			c.fail(at, "type", "must be an integer")
		case i < least || i > most:
			c.fail(at, "range", "must be from %d to %d, got %d", least, most, i)
		}
	}}
}

func list(least, most int, item rule) property {
	return property{rule: func(c *checker, at string, v any) {
		items, ok := v.([]any)
		switch {
		case !ok:
			c.fail(at, "type", "must be an array")
		case len(items) > most:
			c.fail(at, "max_items", "no more than %d items allowed, got %d", most, len(items))
		case len(items) < least:
			c.fail(at, "min_items", "no fewer than %d items allowed, got %d", least, len(items))
		}
		for i, v := range items {
			item(c, fmt.Sprintf("%s/%d", at, i), v)
		}
	}}
}

// plain is a plain_text object, rich one that may also be mrkdwn
// (docs.slack.dev/reference/block-kit/composition-objects/text-object).
func plain(most int) property { return text(most, "plain_text") }

func rich(most int) property { return text(most, "plain_text", "mrkdwn") }

func text(most int, kinds ...string) property {
	return object(schema{
		"type": oneOf(kinds...).needed(), "text": str(1, most).needed(), "emoji": flag(), "verbatim": flag(),
	}, func(c *checker, at string, o Object) {
		for kind, key := range map[string]string{"plain_text": "verbatim", "mrkdwn": "emoji"} {
			if o["type"] == kind && o[key] != nil {
				c.fail(at+"/"+key, "additional_properties", "%s does not work with %s", key, kind)
			}
		}
	})
}

// stringOf is a property if it is a string, else empty.
func stringOf(o Object, key string) string { s, _ := o[key].(string); return s }
