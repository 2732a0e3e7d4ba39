package policy

import (
	"slices"

	"github.com/cedar-policy/cedar-go/types"
	"github.com/cedar-policy/cedar-go/x/exp/ast"
)

// maxCases bounds how many ways in which a policy could hold are looked at.
// One with more is not found out; it is only a warning.
const maxCases = 512

// never warns about a policy that cannot hold, whatever is asked: a weight over
// 100, two different listeners, a condition and its opposite. It understands
// comparisons with literals; everything else counts as possible, so that it
// never warns wrongly.
func (c *checker) never(s source, r rule) bool {
	before := []way{{}}
	for i, cl := range r.clauses {
		alone := c.clauseWays(s, i, cl)
		if alone == nil {
			return false // too many to look at
		}
		if !possible(alone) {
			c.warnings.add(cl.at, r.id, "`%s` can never hold, so the policy has no effect", cl.text)
			return true
		}
		if before = times(before, alone); before == nil {
			return false
		}
		if !possible(before) {
			c.warnings.add(cl.at, r.id, "`%s` can never hold together with what stands before it, so the policy has no effect", cl.text)
			return true
		}
	}
	return false
}

// clauseWays returns the ways in which a clause can hold, nil if there are too
// many. The first three clauses of a policy are its scope.
func (c *checker) clauseWays(s source, i int, cl clause) []way {
	p := s.ast()
	switch i {
	case 0:
		return waysOf(scopeNode("principal", p.Principal), true)
	case 1:
		return waysOf(scopeNode("action", p.Action), true)
	case 2:
		return waysOf(scopeNode("resource", p.Resource), true)
	}
	part := cl.parts[0]
	return waysOf(part.Body, part.Condition == ast.ConditionWhen)
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
}

// waysOf returns the ways in which a condition holds, or does not.
func waysOf(n ast.IsNode, yes bool) []way {
	switch n := n.(type) {
	case ast.NodeTypeNot:
		return waysOf(n.Arg, !yes)
	case ast.NodeTypeAnd:
		return combine(n.Left, n.Right, yes, yes)
	case ast.NodeTypeOr:
		return combine(n.Left, n.Right, !yes, yes)
	case ast.NodeTypeIfThenElse:
		then := times(waysOf(n.If, true), waysOf(n.Then, yes))
		other := times(waysOf(n.If, false), waysOf(n.Else, yes))
		return sum(then, other)
	case ast.NodeTypeIn:
		if set, ok := n.Right.(ast.NodeTypeSet); ok {
			return inSet(n.Left, set, yes)
		}
	}
	return []way{{{n, yes}}}
}

// combine joins the ways of two conditions that must hold both, or one of them.
func combine(left, right ast.IsNode, both, yes bool) []way {
	l, r := waysOf(left, yes), waysOf(right, yes)
	if both {
		return times(l, r)
	}
	return sum(l, r)
}

func inSet(left ast.IsNode, set ast.NodeTypeSet, yes bool) []way {
	var any ast.IsNode = ast.NodeValue{Value: types.False}
	for _, e := range set.Elements {
		any = ast.NodeTypeOr{BinaryNode: ast.BinaryNode{Left: any, Right: ast.NodeTypeIn{BinaryNode: ast.BinaryNode{Left: left, Right: e}}}}
	}
	return waysOf(any, yes)
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
