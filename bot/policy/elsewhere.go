package policy

import (
	"slices"

	"github.com/cedar-policy/cedar-go/types"
	"github.com/cedar-policy/cedar-go/x/exp/ast"

	"lbbot/bot/operation"
)

// maxPlaces is how many channels are tried and named.
const maxPlaces = 8

// elsewhere evaluates the question as if it came from each channel that a permit
// names, and from an incident channel. It stores in d where a permit would hold,
// and returns the least demanding permit; nil if no channel would help.
func (s *Set) elsewhere(f *facts, d *operation.Decision) *rule {
	here := f.request.Context
	defer func() { f.request.Context = here }()
	var best *rule
	holds := func(change types.RecordMap) bool {
		f.request.Context = changed(here, change)
		v := s.ask(f)
		if v.fault != nil || len(v.permits) == 0 {
			return false
		}
		if near := v.permits[0]; best == nil || near.demand() < best.demand() {
			best = near
		}
		return true
	}
	channel, _ := here.Get("channel")
	for _, id := range s.placesNamed() {
		at, ok := channel.(types.Record)
		if ok && holds(types.RecordMap{"channel": changed(at, types.RecordMap{"id": types.String(id)})}) {
			d.Channels = append(d.Channels, id)
		}
	}
	d.Incident = holds(types.RecordMap{"incident": types.True})
	return best
}

// changed is a copy of r with other values.
func changed(r types.Record, change types.RecordMap) types.Record {
	m := make(types.RecordMap, r.Len())
	for name, v := range r.All() {
		m[name] = v
	}
	for name, v := range change {
		m[name] = v
	}
	return record(m)
}

// placesNamed returns the channel ids in the conditions of permits, in the order
// of the file.
func (s *Set) placesNamed() []string {
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
	for _, r := range s.rules {
		for _, c := range r.clauses {
			for _, part := range c.parts {
				inspect(part.Body, func(n ast.IsNode) bool {
					switch n := n.(type) {
					case ast.NodeTypeEquals:
						add(n.Left, n.Right)
						add(n.Right, n.Left)
					case ast.NodeTypeContains:
						add(n.Right, n.Left)
					}
					return r.permit
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
