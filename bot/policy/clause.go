package policy

import (
	cedar "github.com/cedar-policy/cedar-go"
	publicast "github.com/cedar-policy/cedar-go/ast"
	"github.com/cedar-policy/cedar-go/types"
	"github.com/cedar-policy/cedar-go/x/exp/ast"
)

// clause is one part of a policy that must hold by itself: one line of the
// scope, or one operand of the && in its conditions. Clauses explain
// decisions; they never make one.
type clause struct {
	about subject
	alone *cedar.Policy // a permit with this clause only
	parts []ast.ConditionType
	text  string // as it stands in the file; empty if it says nothing
	at    token
}

// subject says what a clause looks at.
type subject struct {
	principal, action, resource bool
	context                     map[string]bool // first attributes; "*" for the whole
}

// clausesOf splits a policy. The policy holds exactly when all of its clauses do.
func clausesOf(s source) []clause {
	p := s.ast()
	out := []clause{
		scopeClause(subject{principal: true}, func(q *ast.Policy) { q.Principal = p.Principal }),
		scopeClause(subject{action: true}, func(q *ast.Policy) { q.Action = p.Action }),
		scopeClause(subject{resource: true}, func(q *ast.Policy) { q.Resource = p.Resource }),
	}
	says := []bool{speaks(p.Principal), speaks(p.Action), speaks(p.Resource)}
	texts := scopeTexts(s.tokens.head)
	for i := range out {
		out[i].at = s.start()
		if !says[i] {
			continue
		}
		if out[i].text = []string{"the principal", "the action", "the resource"}[i]; len(texts) == len(out) && len(texts[i]) > 0 {
			out[i].text, out[i].at = written(texts[i]), texts[i][0]
		}
	}
	for i, c := range p.Conditions {
		out = append(out, s.condition(i, c)...)
	}
	return out
}

// condition returns the clauses of one condition.
func (s source) condition(i int, c ast.ConditionType) []clause {
	parts := split(c)
	var texts [][]token
	at := s.start()
	if len(s.tokens.conditions) == len(s.ast().Conditions) {
		at = s.tokens.conditions[i][0]
		texts = conditionTexts(s.tokens.conditions[i])
	}
	out := make([]clause, len(parts))
	for n, part := range parts {
		one := ast.Permit()
		one.Conditions = []ast.ConditionType{part}
		out[n] = clause{about: subjectOf(part.Body), alone: compile(one), parts: one.Conditions, at: at}
		if len(texts) == len(parts) && len(texts[n]) > 0 {
			out[n].text, out[n].at = written(texts[n]), texts[n][0]
		} else {
			out[n].text = rendered(out[n].alone)
		}
		if c.Condition == ast.ConditionUnless {
			out[n].text = brief("unless " + out[n].text)
		}
	}
	return out
}

// speaks reports whether a part of the scope says more than the schema does.
func speaks(scope any) bool {
	switch s := scope.(type) {
	case ast.ScopeTypeAll:
		return false
	case ast.ScopeTypeIs:
		return s.Type != typePerson && s.Type != typeListener
	}
	return true
}

func scopeClause(about subject, set func(*ast.Policy)) clause {
	one := ast.Permit()
	set(one)
	return clause{about: about, alone: compile(one)}
}

func compile(p *ast.Policy) *cedar.Policy {
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

func subjectOf(body ast.IsNode) subject {
	s := subject{context: map[string]bool{}}
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
				s.action = true
			case "resource":
				s.resource = true
			default:
				s.context["*"] = true
			}
		}
		return true
	})
	return s
}

// standing reports whether a clause looks at nothing but the person, their
// groups and the channel.
func (s subject) standing() bool {
	for name := range s.context {
		if name != "channel" && name != "incident" {
			return false
		}
	}
	return !s.action && !s.resource
}

func inspect(body ast.IsNode, fn func(ast.IsNode) bool) { ast.Inspect(ast.NewNode(body), fn) }

// literals returns the entities that a policy names, except actions.
func literals(p *ast.Policy) []types.EntityUID {
	var out []types.EntityUID
	add := func(uid types.EntityUID) {
		if uid.Type != typeAction {
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

// covers reports whether an action scope includes an action. The schema has no
// groups of actions, so that `in` and `==` mean the same.
func covers(scope ast.IsActionScopeNode, action types.String) bool {
	wanted := types.NewEntityUID(typeAction, action)
	switch s := scope.(type) {
	case ast.ScopeTypeEq:
		return s.Entity == wanted
	case ast.ScopeTypeIn:
		return s.Entity == wanted
	case ast.ScopeTypeInSet:
		for _, uid := range s.Entities {
			if uid == wanted {
				return true
			}
		}
		return false
	default:
		return true
	}
}

// besides returns the other actions that an action scope names, or that there
// are others when it names none.
func besides(scope ast.IsActionScopeNode, action types.String) []string {
	switch s := scope.(type) {
	case ast.ScopeTypeEq, ast.ScopeTypeIn:
		return nil
	case ast.ScopeTypeInSet:
		var out []string
		for _, uid := range s.Entities {
			if uid.ID != action {
				out = append(out, string(uid.ID))
			}
		}
		return out
	}
	return []string{"other actions"}
}

// anybody reports whether a policy says nothing about the person.
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
