package rules

import (
	"slices"
	"strings"

	cedar "github.com/cedar-policy/cedar-go"
	publicast "github.com/cedar-policy/cedar-go/ast"
	"github.com/cedar-policy/cedar-go/types"
	"github.com/cedar-policy/cedar-go/x/exp/ast"
)

// Clause is one part of a policy that must hold by itself: one line of the
// scope, or one operand of the && in its conditions. Clauses explain decisions
// and never make them.
type Clause struct {
	About Subject
	alone *cedar.Policy       // a permit with this clause only
	Parts []ast.ConditionType // none for a clause of the scope
	Text  string              // as Cedar writes it; empty if it says nothing
}

// Subject is what a clause reads.
type Subject struct {
	principal, Action, Resource bool
	context                     map[string]bool // first attributes; "*" for the whole
}

// ScopeClauses is how many clauses the scope has; they come first.
const ScopeClauses = 3

// clausesOf splits a policy. The policy holds exactly when all of its clauses do.
func clausesOf(p *ast.Policy) []Clause {
	out := []Clause{
		scopeClause(Subject{principal: true}, speaks(p.Principal), func(q *ast.Policy) { q.Principal = p.Principal }),
		scopeClause(Subject{Action: true}, speaks(p.Action), func(q *ast.Policy) { q.Action = p.Action }),
		scopeClause(Subject{Resource: true}, speaks(p.Resource), func(q *ast.Policy) { q.Resource = p.Resource }),
	}
	for _, c := range p.Conditions {
		for _, part := range split(c) {
			one := ast.Permit()
			one.Conditions = []ast.ConditionType{part}
			alone := Compile(one)
			text := brief(between(string(alone.MarshalCedar()), "{", "}"))
			if c.Condition == ast.ConditionUnless {
				text = brief("unless " + text)
			}
			out = append(out, Clause{About: subjectOf(part.Body), alone: alone, Parts: one.Conditions, Text: text})
		}
	}
	return out
}

// Holds reports whether the clause holds. If it cannot be evaluated, it does not.
func (c Clause) Holds(f types.EntityGetter, request cedar.Request) bool {
	held, _ := c.Value(f, request)
	return held
}

// Value evaluates a clause. If that failed, it does not hold.
func (c Clause) Value(f types.EntityGetter, request cedar.Request) (held, failed bool) {
	decision, diagnostic := cedar.Authorize(cedar.PolicyMap{"": c.alone}, f, request)
	return bool(decision), len(diagnostic.Errors) > 0
}

// speaks reports whether a part of the scope says more than the schema does.
func speaks(scope any) bool {
	switch s := scope.(type) {
	case ast.ScopeTypeAll:
		return false
	case ast.ScopeTypeIs:
		return s.Type != TypePerson && s.Type != TypeListener
	}
	return true
}

func scopeClause(about Subject, says bool, set func(*ast.Policy)) Clause {
	one := ast.Permit()
	set(one)
	c := Clause{About: about, alone: Compile(one)}
	if says {
		c.Text = scopeText(string(c.alone.MarshalCedar()))
	}
	return c
}

// scopeText returns the only line of a written scope that says something.
func scopeText(written string) string {
	for line := range strings.Lines(between(written, "(", ")")) {
		if line = strings.TrimSuffix(strings.TrimSpace(line), ","); strings.Contains(line, " ") {
			return brief(line)
		}
	}
	return ""
}

// between returns what is written from the first opening to the last closing
// bracket.
func between(text, opening, closing string) string {
	_, text, _ = strings.Cut(text, opening)
	if i := strings.LastIndex(text, closing); i >= 0 {
		text = text[:i]
	}
	return text
}

// maxClauseText bounds the text of a clause in characters: audit lines and
// messages have many of them.
const maxClauseText = 160

// brief bounds a text. Cedar has escaped invisible characters.
func brief(text string) string {
	text = strings.TrimSpace(text)
	if runes := []rune(text); len(runes) > maxClauseText {
		return string(runes[:maxClauseText-1]) + "…"
	}
	return text
}

// Compile makes a policy that can be evaluated.
func Compile(p *ast.Policy) *cedar.Policy {
	return cedar.NewPolicyFromAST((*publicast.Policy)(p))
}

// split divides `when { a && b }` and `unless { a || b }`.
func split(c ast.ConditionType) []ast.ConditionType {
	var left, right ast.IsNode
	switch n := c.Body.(type) {
	case ast.NodeTypeAnd:
		if c.Condition != ast.ConditionWhen {
			return []ast.ConditionType{c}
		}
		left, right = n.Left, n.Right
	case ast.NodeTypeOr:
		if c.Condition != ast.ConditionUnless {
			return []ast.ConditionType{c}
		}
		left, right = n.Left, n.Right
	default:
		return []ast.ConditionType{c}
	}
	out := split(ast.ConditionType{Condition: c.Condition, Body: left})
	return append(out, split(ast.ConditionType{Condition: c.Condition, Body: right})...)
}

func subjectOf(body ast.IsNode) Subject {
	s := Subject{context: map[string]bool{}}
	inspect(body, func(n ast.IsNode) bool {
		switch n := n.(type) {
		case ast.NodeTypeAccess:
			if v, ok := n.Arg.(ast.NodeTypeVariable); ok && v.Name == "context" {
				s.context[string(n.Value)] = true
				return false
			}
		case ast.NodeTypeVariable:
			switch n.Name {
			case "principal":
				s.principal = true
			case "action":
				s.Action = true
			case "resource":
				s.Resource = true
			default:
				s.context["*"] = true
			}
		}
		return true
	})
	return s
}

// Standing reports whether a clause reads only the person, their groups and the
// channel.
func (s Subject) Standing() bool { return !s.Beyond("channel", "incident") && !s.Action && !s.Resource }

// Beyond reports whether a clause reads more of the context than these attributes.
func (s Subject) Beyond(attributes ...string) bool {
	for name := range s.context {
		if !slices.Contains(attributes, name) {
			return true
		}
	}
	return false
}

func inspect(body ast.IsNode, fn func(ast.IsNode) bool) { ast.Inspect(ast.NewNode(body), fn) }

// literals returns the entities that a policy names, except actions.
func literals(p *ast.Policy) []types.EntityUID {
	var out []types.EntityUID
	add := func(uid types.EntityUID) {
		if uid.Type != TypeAction {
			out = append(out, uid)
		}
	}
	for _, scope := range []ast.IsScopeNode{p.Principal, p.Resource} {
		switch s := scope.(type) {
		case ast.ScopeTypeEq:
			add(s.Entity)
		case ast.ScopeTypeIn:
			add(s.Entity)
		case ast.ScopeTypeIsIn:
			add(s.Entity)
		}
	}
	for _, c := range p.Conditions {
		inspect(c.Body, func(n ast.IsNode) bool {
			if v, ok := n.(ast.NodeValue); ok {
				if uid, ok := v.Value.(types.EntityUID); ok {
					add(uid)
				}
			}
			return true
		})
	}
	return out
}

// anybody reports whether a policy does not look at the person.
func anybody(p *ast.Policy) bool {
	switch p.Principal.(type) {
	case ast.ScopeTypeAll, ast.ScopeTypeIs:
	default:
		return false
	}
	for _, c := range p.Conditions {
		if subjectOf(c.Body).principal {
			return false
		}
	}
	return true
}
