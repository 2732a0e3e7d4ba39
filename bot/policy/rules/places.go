package rules

import (
	"slices"

	"github.com/cedar-policy/cedar-go/types"
	"github.com/cedar-policy/cedar-go/x/exp/ast"
)

// maxPlaces bounds how many channels are tried and named.
const maxPlaces = 8

// ChannelsNamed returns the channel ids in the conditions of permits, in the order
// of the file, at most maxPlaces.
func (s *Set) ChannelsNamed() []string {
	var ids []string
	add := func(path, value ast.IsNode) {
		if pathOf(path) != "context.channel.id" {
			return
		}
		for _, id := range textsOf(value) {
			if id != "" && !slices.Contains(ids, id) && len(ids) < maxPlaces {
				ids = append(ids, id)
			}
		}
	}
	for _, r := range s.Rules {
		for _, c := range r.Clauses {
			for _, part := range c.Parts {
				inspect(part.Body, func(n ast.IsNode) bool {
					switch n := n.(type) {
					case ast.NodeTypeEquals:
						add(n.Left, n.Right)
						add(n.Right, n.Left)
					case ast.NodeTypeContains:
						add(n.Right, n.Left)
					}
					return r.Permit
				})
			}
		}
	}
	return ids
}

// textsOf returns the text, or the set of texts, that a literal is.
func textsOf(n ast.IsNode) []string {
	switch n := n.(type) {
	case ast.NodeValue:
		if s, ok := n.Value.(types.String); ok {
			return []string{string(s)}
		}
	case ast.NodeTypeSet:
		var out []string
		for _, e := range n.Elements {
			out = append(out, textsOf(e)...)
		}
		return out
	}
	return nil
}

// pathOf writes a variable with its attributes, "" for anything else.
func pathOf(n ast.IsNode) string {
	switch at := n.(type) {
	case ast.NodeTypeVariable:
		return string(at.Name)
	case ast.NodeTypeAccess:
		if before := pathOf(at.Arg); before != "" {
			return before + "." + string(at.Value)
		}
	}
	return ""
}
