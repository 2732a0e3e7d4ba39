package policy

import (
	"math"
	"slices"
	"strings"

	"github.com/cedar-policy/cedar-go/types"
	"github.com/cedar-policy/cedar-go/x/exp/ast"
)

// world is what the atoms seen so far say.
type world struct {
	longs  map[string]span
	texts  map[string]*words
	others map[string]bool // atoms that are not understood, by their text
}

// span is where a number lies, both ends included, and where it does not.
type span struct {
	from, to int64
	not      []int64
}

// words is what is said about a text or an entity.
type words struct {
	is         []string
	isNot      []string
	like       []types.Pattern
	likeNot    []types.Pattern
	in, inNot  []string // the entities that it is in, or not
	exclusive  bool     // it is in one entity at most
	vocabulary []string // all that it can be; nil: anything
}

// The ranges of the schema's numbers.
func rangeOf(path string) span {
	switch path {
	case "context.weight":
		return span{from: 1, to: mostWeight}
	case "context.hour":
		return span{from: 0, to: 23}
	case "context.weekday":
		return span{from: 1, to: 7}
	}
	return span{from: math.MinInt64, to: math.MaxInt64}
}

func (k *world) allows(a atom) bool {
	switch n := a.node.(type) {
	case ast.NodeValue:
		b, ok := n.Value.(types.Boolean)
		return !ok || bool(b) == a.yes
	case ast.NodeTypeLessThan:
		return k.compare(a, n.Left, n.Right, less)
	case ast.NodeTypeLessThanOrEqual:
		return k.compare(a, n.Left, n.Right, lessEqual)
	case ast.NodeTypeGreaterThan:
		return k.compare(a, n.Right, n.Left, less)
	case ast.NodeTypeGreaterThanOrEqual:
		return k.compare(a, n.Right, n.Left, lessEqual)
	case ast.NodeTypeEquals:
		return k.equal(a, n.Left, n.Right, a.yes)
	case ast.NodeTypeNotEquals:
		return k.equal(a, n.Left, n.Right, !a.yes)
	case ast.NodeTypeLike:
		return k.likes(a, n)
	case ast.NodeTypeIn:
		return k.within(a, n.Left, n.Right)
	case ast.NodeTypeIsIn:
		return k.within(a, n.Left, n.Entity)
	case ast.NodeTypeContains:
		if v, ok := long(n.Right); ok && a.yes && pathOf(n.Left) == "context.ports" && (v < 1 || v > mostPort) {
			return false
		}
	}
	return k.other(a)
}

// other remembers an atom that is not understood: it cannot both hold and not.
func (k *world) other(a atom) bool {
	one := ast.Permit()
	one.Conditions = []ast.ConditionType{{Condition: ast.ConditionWhen, Body: a.node}}
	text := string(compile(one).MarshalCedar())
	said, ok := k.others[text]
	k.others[text] = a.yes
	return !ok || said == a.yes
}

const (
	less      = 1 // the right is at least this much more than the left
	lessEqual = 0
)

// compare takes in that left is less than right, by at least the step.
func (k *world) compare(a atom, left, right ast.IsNode, step int64) bool {
	if !a.yes { // the opposite: right is less than left
		left, right, step = right, left, 1-step
	}
	if v, ok := long(right); ok && pathOf(left) != "" && v > math.MinInt64 {
		s := k.long(pathOf(left))
		s.to = min(s.to, v-step)
		return k.keep(pathOf(left), s)
	}
	if v, ok := long(left); ok && pathOf(right) != "" && v < math.MaxInt64 {
		s := k.long(pathOf(right))
		s.from = max(s.from, v+step)
		return k.keep(pathOf(right), s)
	}
	return k.other(a)
}

func (k *world) long(path string) span {
	if s, ok := k.longs[path]; ok {
		return s
	}
	return rangeOf(path)
}

// keep stores where a number lies and reports whether anything is left.
func (k *world) keep(path string, s span) bool {
	for slices.Contains(s.not, s.from) && s.from < math.MaxInt64 {
		s.from++
	}
	for slices.Contains(s.not, s.to) && s.to > math.MinInt64 {
		s.to--
	}
	k.longs[path] = s
	return s.from <= s.to
}

func (k *world) equal(a atom, left, right ast.IsNode, same bool) bool {
	if pathOf(left) == "" {
		left, right = right, left
	}
	path, value := pathOf(left), right
	v, ok := value.(ast.NodeValue)
	if path == "" || !ok {
		return k.other(a)
	}
	switch v := v.Value.(type) {
	case types.Long:
		s := k.long(path)
		if !same {
			s.not = append(slices.Clone(s.not), int64(v))
			return k.keep(path, s)
		}
		s.from, s.to = max(s.from, int64(v)), min(s.to, int64(v))
		return k.keep(path, s)
	case types.Boolean:
		return k.other(atom{left, same == bool(v)})
	case types.String:
		k.text(path).add(string(v), same)
		return true
	case types.EntityUID:
		k.text(path).add(v.String(), same)
		return true
	}
	return k.other(a)
}

func (k *world) likes(a atom, n ast.NodeTypeLike) bool {
	path := pathOf(n.Arg)
	if path == "" {
		return k.other(a)
	}
	w := k.text(path)
	if a.yes {
		w.like = append(w.like, n.Value)
	} else {
		w.likeNot = append(w.likeNot, n.Value)
	}
	return true
}

func (k *world) within(a atom, left, right ast.IsNode) bool {
	path := pathOf(left)
	v, ok := right.(ast.NodeValue)
	if path == "" || !ok {
		return k.other(a)
	}
	uid, ok := v.Value.(types.EntityUID)
	if !ok {
		return k.other(a)
	}
	w := k.text(path)
	switch {
	case uid.Type != typeUsergroup && uid.Type != typeBalancer: // in itself only
		w.add(uid.String(), a.yes)
	case a.yes:
		w.in = append(w.in, uid.String())
	default:
		w.inNot = append(w.inNot, uid.String())
	}
	return true
}

func (k *world) text(path string) *words {
	w, ok := k.texts[path]
	if !ok {
		w = &words{exclusive: path == "resource"}
		if path == "context.instance.type" {
			w.vocabulary = []string{"BM", "VM"}
		}
		k.texts[path] = w
	}
	return w
}

func (w *words) add(value string, same bool) {
	if same {
		w.is = append(w.is, value)
	} else {
		w.isNot = append(w.isNot, value)
	}
}

// consistent reports whether each text can be what is said about it.
func (k *world) consistent() bool {
	for _, w := range k.texts {
		candidates := w.vocabulary
		if len(w.is) > 0 {
			candidates = w.is[:1]
		}
		if candidates != nil && !slices.ContainsFunc(candidates, w.canBe) || !w.canBeIn() || slices.ContainsFunc(w.like, w.unlike) {
			return false
		}
	}
	return true
}

func (w *words) canBe(value string) bool {
	other := func(x string) bool { return x != value }
	matches := func(p types.Pattern) bool { return p.Match(types.String(value)) }
	return !slices.ContainsFunc(w.is, other) && !slices.Contains(w.isNot, value) &&
		(w.vocabulary == nil || slices.Contains(w.vocabulary, value)) &&
		!slices.ContainsFunc(w.like, func(p types.Pattern) bool { return !matches(p) }) &&
		!slices.ContainsFunc(w.likeNot, matches)
}

func (w *words) canBeIn() bool {
	for _, x := range w.in {
		if slices.Contains(w.inNot, x) || w.exclusive && x != w.in[0] {
			return false
		}
	}
	return true
}

// unlike reports whether the same pattern must not fit.
func (w *words) unlike(p types.Pattern) bool { return slices.ContainsFunc(w.likeNot, p.Equal) }

// pathOf writes a variable with its attributes, "" for anything else.
func pathOf(n ast.IsNode) string {
	var parts []string
	for {
		switch at := n.(type) {
		case ast.NodeTypeAccess:
			parts = append(parts, string(at.Value))
			n = at.Arg
			continue
		case ast.NodeTypeVariable:
			parts = append(parts, string(at.Name))
			slices.Reverse(parts)
			return strings.Join(parts, ".")
		}
		return ""
	}
}

func long(n ast.IsNode) (int64, bool) {
	v, ok := n.(ast.NodeValue)
	if !ok {
		return 0, false
	}
	l, ok := v.Value.(types.Long)
	return int64(l), ok
}
