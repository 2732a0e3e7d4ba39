package rules

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/cedar-policy/cedar-go/types"
	"github.com/cedar-policy/cedar-go/x/exp/schema/resolved"

	"lbbot/bot/policy/lex"
	"lbbot/commands"
)

// The validator's texts about names that the schema does not have.
var (
	unknownType      = regexp.MustCompile("^unrecognized entity type `([^`]+)`$")
	unknownAction    = regexp.MustCompile("^unrecognized action `(.+)::\"(.*)\"`$")
	unknownAttribute = regexp.MustCompile("^attribute `([^`]+)` (?:on entity type `([^`]+)`|in context) not found$")
)

// meant adds the most similar known name to a text of the validator.
func (c *checker) meant(text string) string {
	said, candidates := "", []string(nil)
	if m := unknownType.FindStringSubmatch(text); m != nil {
		said, candidates = m[1], c.typeNames()
	} else if m := unknownAction.FindStringSubmatch(text); m != nil && m[1] != string(TypeAction) {
		said, candidates = m[1], []string{string(TypeAction)}
	} else if m != nil {
		said, candidates = m[2], sortedKeys(actionNames(c.schema))
	} else if m := unknownAttribute.FindStringSubmatch(text); m != nil {
		said, candidates = m[1][strings.LastIndex(m[1], ".")+1:], c.attributes(types.EntityType(m[2]))
	}
	if found := commands.Closest(said, candidates, 1); len(found) > 0 {
		return text + ": did you mean " + found[0] + "?"
	}
	return text
}

// unrecognized reports a type that the schema does not have.
func (c *checker) unrecognized(t types.EntityType, tokens []lex.Token, id string) {
	c.add(find(tokens, string(t)), id, "%s", c.meant("unrecognized entity type `"+string(t)+"`"))
}

func (c *checker) typeNames() []string {
	var names []string
	for t := range c.schema.Entities {
		names = append(names, string(t))
	}
	slices.Sort(names)
	return append(names, string(TypeAction))
}

// attributes returns the attributes of a type; without one those of the
// context, also within its records.
func (c *checker) attributes(t types.EntityType) []string {
	names := map[string]bool{}
	if t != "" {
		collect(c.schema.Entities[t].Shape, names)
	} else {
		for _, a := range c.schema.Actions {
			if a.AppliesTo != nil {
				collect(a.AppliesTo.Context, names)
			}
		}
	}
	return sortedKeys(names)
}

func collect(record resolved.RecordType, into map[string]bool) {
	for name, a := range record {
		into[string(name)] = true
		if inner, ok := a.Type.(resolved.RecordType); ok {
			collect(inner, into)
		}
	}
}

func sortedKeys(m map[string]bool) []string { return slices.Sorted(maps.Keys(m)) }
