package rules

import (
	"slices"

	"github.com/cedar-policy/cedar-go/types"
	"github.com/cedar-policy/cedar-go/x/exp/ast"

	"lbbot/bot/policy/lex"
)

// askable refuses what Cedar's validator accepts and what is always a mistake:
//
//   - `has`: every attribute is required, so it is never needed, and on a missing
//     fact it would be false without an error.
//   - Attributes of an entity that is named by its id: only the person, the
//     listener and the load balancer of the question are known.
//   - Comparisons that no entity can satisfy, such as principal == a group: a
//     forbid with one would never hold.
func (c *checker) askable(condition ast.ConditionType, tokens []lex.Token, id string) {
	inspect(condition.Body, func(n ast.IsNode) bool {
		switch n := n.(type) {
		case ast.NodeTypeHas:
			c.add(find(tokens, "has"), id, "`has` is not needed: every attribute of the schema is always there")
		case ast.NodeTypeAccess:
			c.unknowable(n.Arg, tokens, id)
		case ast.NodeTypeIsIn:
			c.unknowable(n.Left, tokens, id)
			c.possible(n.Left, n.Entity, within, tokens, id)
			c.possibleType(n.Left, n.EntityType, tokens, id)
		case ast.NodeTypeIs:
			c.unknowable(n.Left, tokens, id)
			c.possibleType(n.Left, n.EntityType, tokens, id)
		case ast.NodeTypeIn:
			c.unknowable(n.Left, tokens, id)
			c.possible(n.Left, n.Right, within, tokens, id)
		case ast.NodeTypeEquals:
			c.equal(n.BinaryNode, tokens, id)
		case ast.NodeTypeNotEquals:
			c.equal(n.BinaryNode, tokens, id)
		}
		return true
	})
}

func (c *checker) unknowable(n ast.IsNode, tokens []lex.Token, id string) {
	for _, uid := range entitiesOf(n) {
		if uid.Type != TypeAction {
			c.add(placeOf(tokens, uid), id, "the attributes of %s are not known; use principal or resource", uid)
		}
	}
}

func (c *checker) equal(n ast.BinaryNode, tokens []lex.Token, id string) {
	c.possible(n.Left, n.Right, itself, tokens, id)
	c.possible(n.Right, n.Left, itself, tokens, id)
}

// How a variable can be related to an entity.
const (
	itself = false // it is that entity
	within = true  // it is that entity or in it
)

// possible reports entities that a variable can neither be nor be in.
func (c *checker) possible(variable, value ast.IsNode, relation bool, tokens []lex.Token, id string) {
	v, ok := variable.(ast.NodeTypeVariable)
	if !ok {
		return
	}
	for _, uid := range entitiesOf(value) {
		if !slices.Contains(c.typesOf(v.Name, relation), uid.Type) && c.isEntity(uid.Type) {
			c.add(placeOf(tokens, uid), id, "%s can never be %s, so this would never hold", v.Name, uid)
		}
	}
}

func (c *checker) possibleType(variable ast.IsNode, t types.EntityType, tokens []lex.Token, id string) {
	v, ok := variable.(ast.NodeTypeVariable)
	switch {
	case !c.isEntity(t):
		c.unrecognized(t, tokens, id) // the validator takes it for a test that never holds
	case ok && !slices.Contains(c.typesOf(v.Name, itself), t):
		c.add(find(tokens, string(t)), id, "%s is never a %s, so this would never hold", v.Name, t)
	}
}

// isEntity reports whether the schema has the type.
func (c *checker) isEntity(t types.EntityType) bool {
	_, ok := c.schema.Entities[t]
	return ok || t == TypeAction
}

// typesOf returns the types of the entities that a variable can be, or be in.
func (c *checker) typesOf(variable types.String, relation bool) []types.EntityType {
	switch {
	case variable == "resource" && c.schema == c.bot:
		return []types.EntityType{TypeBot}
	case variable == "principal" && relation == within:
		return []types.EntityType{TypePerson, TypeUsergroup}
	case variable == "principal":
		return []types.EntityType{TypePerson}
	case variable == "resource" && relation == within:
		return []types.EntityType{TypeListener, TypeBalancer}
	case variable == "resource":
		return []types.EntityType{TypeListener}
	case variable == "action":
		return []types.EntityType{TypeAction}
	}
	return nil
}

// entitiesOf returns the entity, or the set of entities, that a literal is.
func entitiesOf(n ast.IsNode) []types.EntityUID {
	switch n := n.(type) {
	case ast.NodeValue:
		if uid, ok := n.Value.(types.EntityUID); ok {
			return []types.EntityUID{uid}
		}
	case ast.NodeTypeSet:
		var out []types.EntityUID
		for _, e := range n.Elements {
			out = append(out, entitiesOf(e)...)
		}
		return out
	}
	return nil
}

// placeOf finds the id of an entity, or else the first token.
func placeOf(tokens []lex.Token, uid types.EntityUID) lex.Token {
	return find(tokens, `"`+string(uid.ID)+`"`)
}
