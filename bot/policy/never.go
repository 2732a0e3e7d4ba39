package policy

import (
	"slices"
	"sort"

	"github.com/cedar-policy/cedar-go/types"
	"github.com/cedar-policy/cedar-go/x/exp/ast"
)

// The limits of looking for the ways in which a policy can hold. One beyond
// them is not found out; it is only a warning.
const (
	maxCases = 512 // ways
	maxAtoms = 256 // conditions in one way
)

// maxSteps bounds how much of a policy's conditions is read for that; an `if`
// within an `if` is read twice at each level.
const maxSteps = 10_000

// never warns about a policy that cannot hold, whatever is asked: a weight over
// 100, two different listeners, a condition and its opposite. It understands
// comparisons with literals; everything else counts as possible, so that it
// never warns wrongly.
func (c *checker) never(s source, r rule) bool {
	clauses := make([][]way, len(r.clauses))
	steps := reader(maxSteps)
	for i, cl := range r.clauses {
		if clauses[i] = steps.clause(s, i, cl); clauses[i] == nil {
			return false // too many to look at
		}
		if !possible(clauses[i]) {
			c.warnings.add(cl.at, r.id, "`%s` can never hold, so the policy has no effect", cl.text)
			return true
		}
	}
	if all := together(clauses); all == nil || possible(all) {
		return false
	}
	// What is impossible stays so with more clauses: find the first one.
	first := sort.Search(len(clauses), func(i int) bool { return !possible(together(clauses[:i+1])) })
	cl := r.clauses[first]
	c.warnings.add(cl.at, r.id, "`%s` can never hold together with what stands before it, so the policy has no effect", cl.text)
	return true
}

// together returns the ways in which all clauses hold, nil if there are too many.
func together(clauses [][]way) []way {
	all := []way{{}}
	for _, ways := range clauses {
		all = times(all, ways)
	}
	return all
}

// reader finds the ways in which conditions hold; it is how many steps it may
// still take.
type reader int

// clause returns the ways in which a clause can hold, nil if there are too
// many. The first three clauses of a policy are its scope.
func (r *reader) clause(s source, i int, cl clause) []way {
	p := s.ast()
	switch i {
	case 0:
		return r.ways(scopeNode("principal", p.Principal), true)
	case 1:
		return r.ways(scopeNode("action", p.Action), true)
	case 2:
		return r.ways(scopeNode("resource", p.Resource), true)
	}
	part := cl.parts[0]
	return r.ways(part.Body, part.Condition == ast.ConditionWhen)
}

// scopeNode writes a part of the scope as a condition.
func scopeNode(variable types.String, scope any) ast.IsNode {
	v := ast.NodeTypeVariable{Name: variable}
	in := func(uid types.EntityUID) ast.IsNode {
		return ast.NodeTypeIn{BinaryNode: ast.BinaryNode{Left: v, Right: ast.NodeValue{Value: uid}}}
	}
	switch s := scope.(type) {
	case ast.ScopeTypeEq:
		return ast.NodeTypeEquals{BinaryNode: ast.BinaryNode{Left: v, Right: ast.NodeValue{Value: s.Entity}}}
	case ast.ScopeTypeIn:
		return in(s.Entity)
	case ast.ScopeTypeIsIn:
		return in(s.Entity)
	case ast.ScopeTypeInSet:
		var any ast.IsNode = ast.NodeValue{Value: types.False}
		for _, uid := range s.Entities {
			any = ast.NodeTypeOr{BinaryNode: ast.BinaryNode{Left: any, Right: in(uid)}}
		}
		return any
	}
	return ast.NodeValue{Value: types.True}
}

// way is one way in which a condition can hold: all of it together.
type way []atom

// atom is a condition without and, or, not; it must hold, or must not.
type atom struct {
	node ast.IsNode
	yes  bool
	text *string // of the node, once it was needed
}

// ways returns how a condition holds, or does not.
func (r *reader) ways(n ast.IsNode, yes bool) []way {
	if *r--; *r < 0 {
		return nil
	}
	switch n := n.(type) {
	case ast.NodeTypeNot:
		return r.ways(n.Arg, !yes)
	case ast.NodeTypeAnd:
		return r.combine(n.Left, n.Right, yes, yes)
	case ast.NodeTypeOr:
		return r.combine(n.Left, n.Right, !yes, yes)
	case ast.NodeTypeIfThenElse:
		then := times(r.ways(n.If, true), r.ways(n.Then, yes))
		other := times(r.ways(n.If, false), r.ways(n.Else, yes))
		return sum(then, other)
	case ast.NodeTypeIn:
		if set, ok := n.Right.(ast.NodeTypeSet); ok {
			return r.inSet(n.Left, set, yes)
		}
	}
	return []way{{{n, yes, new(string)}}}
}

// combine joins the ways of two conditions that must hold both, or one of them.
func (r *reader) combine(left, right ast.IsNode, both, yes bool) []way {
	a, b := r.ways(left, yes), r.ways(right, yes)
	if both {
		return times(a, b)
	}
	return sum(a, b)
}

func (r *reader) inSet(left ast.IsNode, set ast.NodeTypeSet, yes bool) []way {
	var any ast.IsNode = ast.NodeValue{Value: types.False}
	for _, e := range set.Elements {
		any = ast.NodeTypeOr{BinaryNode: ast.BinaryNode{Left: any, Right: ast.NodeTypeIn{BinaryNode: ast.BinaryNode{Left: left, Right: e}}}}
	}
	return r.ways(any, yes)
}

func sum(a, b []way) []way {
	if a == nil || b == nil || len(a)+len(b) > maxCases {
		return nil
	}
	return append(slices.Clone(a), b...)
}

func times(a, b []way) []way {
	if a == nil || b == nil || len(a)*len(b) > maxCases {
		return nil
	}
	out := make([]way, 0, len(a)*len(b))
	for _, x := range a {
		for _, y := range b {
			if len(x)+len(y) > maxAtoms {
				return nil
			}
			out = append(out, append(slices.Clone(x), y...))
		}
	}
	return out
}

func possible(ways []way) bool {
	return slices.ContainsFunc(ways, way.possible)
}

// possible reports whether nothing that is understood of w contradicts the
// rest of it.
func (w way) possible() bool {
	known := world{longs: map[string]span{}, texts: map[string]*words{}, others: map[string]bool{}}
	for _, a := range w {
		if !known.allows(a) {
			return false
		}
	}
	return known.consistent()
}
