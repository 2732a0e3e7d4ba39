package rules

import (
	"maps"
	"slices"

	"github.com/cedar-policy/cedar-go/types"
	"github.com/cedar-policy/cedar-go/x/exp/ast"
	"github.com/cedar-policy/cedar-go/x/exp/schema/resolved"

	"lbbot/bot/operation"
)

// subjects checks a policy against what its actions can be asked about. Whether it
// can be asked about the bot is noted in r. Files of earlier versions, in which pause
// was asked about listeners, must still load: such a policy then has no part in pause.
func (c *checker) subjects(s source, r *Rule) {
	pauses := slices.Contains(r.Actions, string(operation.ActionPause))
	var bot []Problem
	if pauses || r.Actions == nil {
		bot = c.against(c.bot, s.asking(operation.ActionPause), r.ID)
		r.Bot = len(bot) == 0
	}
	if r.Bot && (r.Actions == nil || len(r.Actions) == 1) {
		return // what is right about the bot is wrong about listeners only if it is not about them
	}
	listeners := c.against(c.listeners, s, r.ID)
	switch {
	case pauses && !r.Bot && len(listeners) == 0:
		c.warnings.add(find(s.tokens.Head, `"pause"`), r.ID,
			`it has no effect on pause, which is asked about the bot; write a policy of its own, with `+
				`resource == Bot::"lbbot"`)
	case pauses && len(r.Actions) == 1 && !aboutListeners(s.ast().Resource):
		c.problems = append(c.problems, bot...)
	default:
		c.problems = append(c.problems, listeners...)
	}
}

// against returns the problems that a policy has under a schema.
func (c *checker) against(schema *resolved.Schema, s source, id string) []Problem {
	under := checker{report: &report{}, schema: schema, bot: c.bot}
	under.types(s, id)
	return under.problems
}

// aboutListeners reports whether a scope names a listener or a load balancer, or is
// for listeners only.
func aboutListeners(scope ast.IsResourceScopeNode) bool {
	switch s := scope.(type) {
	case ast.ScopeTypeAll:
		return false
	case ast.ScopeTypeIs:
		return s.Type != TypeBot
	case ast.ScopeTypeEq:
		return s.Entity.Type != TypeBot
	}
	return true
}

// asking returns the policy with this action as the only one.
func (s source) asking(action operation.Action) source {
	p := *s.ast()
	p.Action = ast.ScopeTypeEq{Entity: actionUID(action)}
	s.compiled = Compile(&p)
	return s
}

func actionUID(action operation.Action) types.EntityUID {
	return types.NewEntityUID(TypeAction, types.String(action))
}

// subjectsOf divides a schema by what can be asked about: listeners, also to pause as
// in earlier versions, and the bot.
func subjectsOf(whole *resolved.Schema) (listeners, bot *resolved.Schema) {
	pause, register := actionUID(operation.ActionPause), actionUID(operation.ActionRegister)
	l, b := *whole, *whole
	l.Actions, b.Actions = maps.Clone(whole.Actions), maps.Clone(whole.Actions)
	for action, a := range whole.Actions {
		if action == pause {
			a.AppliesTo = whole.Actions[register].AppliesTo
			l.Actions[action] = a
		} else {
			a.AppliesTo = nil // known, and asked about nothing here
			b.Actions[action] = a
		}
	}
	return &l, &b
}
