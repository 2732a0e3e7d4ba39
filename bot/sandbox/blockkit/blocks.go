package blockkit

import (
	"maps"
	"slices"
)

// blocks are the blocks by type, without their type and block_id
// (docs.slack.dev/reference/block-kit/blocks).
var blocks = map[string]property{
	"divider": blockOf(schema{}),
	"header":  blockOf(schema{"text": plain(150).needed(), "level": integer(1, 4)}),
	"section": blockOf(schema{
		"text": rich(3000), "fields": list(1, 10, rich(2000).rule), "accessory": property{rule: element},
		"expand": flag(),
	}, func(c *checker, at string, o Object) {
		if o["text"] == nil && o["fields"] == nil {
			c.fail(at, "required", "section needs text or fields")
		}
	}),
	"context": blockOf(schema{"elements": list(1, 10, rich(2000).rule).needed()}),
	"actions": blockOf(schema{"elements": list(1, 25, element).needed()}),
	"input": blockOf(schema{
		"label": plain(2000).needed(), "hint": plain(2000), "optional": flag(), "dispatch_action": flag(),
		"element": property{rule: inputElement, required: true},
	}, func(c *checker, _ string, _ Object) { c.inputs++ }),
	"alert": blockOf(schema{
		"text": rich(200).needed(), "level": oneOf("default", "info", "warning", "error", "success"),
	}),
}

// blockOf adds what all blocks have.
func blockOf(own schema, across ...func(*checker, string, Object)) property {
	own["type"], own["block_id"] = anything().needed(), str(1, maxShort)
	return object(own,
		append(across, func(c *checker, at string, o Object) { c.unique(at, "block_id", o, c.blockIDs) })...)
}

// block checks one block of any type that the surface allows.
func block(c *checker, at string, v any) {
	allowed := slices.Sorted(maps.Keys(blocks))
	if c.surface != modal {
		allowed = slices.DeleteFunc(allowed, func(kind string) bool { return kind == "alert" })
	}
	c.actionIDs = map[string]bool{}
	c.typed(at, v, blocks, allowed)
}

// typed checks an object by the schema of its type.
func (c *checker) typed(at string, v any, schemas map[string]property, allowed []string) {
	o, isObject := v.(Object)
	kind := stringOf(o, "type")
	switch {
	case !isObject:
		c.fail(at, "type", "must be an object")
	case o["type"] == nil:
		c.fail(at, "required", "missing required field: type")
	case !slices.Contains(allowed, kind):
		c.fail(at+"/type", "enum", "must be one of %q, got %v", allowed, o["type"])
	default:
		schemas[kind].rule(c, at, o)
	}
}
