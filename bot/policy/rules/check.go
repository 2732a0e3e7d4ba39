package rules

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/cedar-policy/cedar-go/types"
	"github.com/cedar-policy/cedar-go/x/exp/ast"
	"github.com/cedar-policy/cedar-go/x/exp/schema/resolved"
	"github.com/cedar-policy/cedar-go/x/exp/schema/validate"

	"lbbot/bot/policy/lex"
	"lbbot/bot/policy/lint"
)

// The entity types of the schema.
const (
	TypePerson    = types.EntityType("Person")
	TypeUsergroup = types.EntityType("Usergroup")
	TypeBalancer  = types.EntityType("LoadBalancer")
	TypeListener  = types.EntityType("Listener")
	TypeAction    = types.EntityType("Action")
	TypeBot       = types.EntityType("Bot")
)

// checker turns parsed policies into rules and reports what is wrong with them.
type checker struct {
	*report
	warnings  report
	schema    *resolved.Schema // that is checked against now: listeners or bot
	listeners *resolved.Schema // what can be asked about a listener
	bot       *resolved.Schema // what can be asked about the bot
}

// policies fills set from all policies of a file.
func (c *checker) policies(set *Set, sources []source) {
	seen := map[string]lex.Token{}
	groups := map[string]bool{}
	var all []lint.Policy
	for _, s := range sources {
		r := c.rule(s, seen)
		c.subjects(s, &r)
		entities := literals(s.ast())
		for _, n := range entities {
			if n.Type == TypePerson && !slices.Contains(set.People, string(n.ID)) {
				set.People = append(set.People, string(n.ID))
			}
			if n.Type == TypeUsergroup && !slices.Contains(r.Groups, string(n.ID)) {
				r.Groups = append(r.Groups, string(n.ID))
			}
			if n.Type == TypeUsergroup && !groups[string(n.ID)] {
				groups[string(n.ID)] = true
				set.Groups = append(set.Groups, string(n.ID))
			}
		}
		r.Clauses = clausesOf(s.ast())
		for _, cl := range r.Clauses {
			set.Incident = set.Incident || cl.About.context["incident"]
			set.Weight = set.Weight || cl.About.context["weight"] || cl.About.context["*"]
		}
		set.Rules = append(set.Rules, r)
		all = append(all, lint.Policy{AST: s.ast(), Approvals: r.Approvals, Entities: entities,
			AnyPerson: anybody(s.ast())})
	}
	if len(c.problems) == 0 {
		c.lint(set, all, sources)
	}
}

// lint adds a warning for what looks like a mistake, at its place.
func (c *checker) lint(set *Set, all []lint.Policy, sources []source) {
	for _, w := range lint.Check(all) {
		if w.Policy < 0 {
			c.warnings.add(lex.Token{}, "", "%s", w.Text)
			continue
		}
		c.warnings.add(find(sources[w.Policy].tokens.All(), w.Word), set.Rules[w.Policy].ID, "%s", w.Text)
	}
}

// types runs Cedar's validator on the scope and on each condition separately, so
// that each problem is found and has its own line.
func (c *checker) types(s source, id string) {
	before := len(c.problems)
	p := s.ast()
	scope := *p
	scope.Conditions = nil
	known := map[string]bool{}
	texts := c.validate(&scope)
	for _, text := range texts {
		known[text] = true
		if len(texts) > 1 && !quoted.MatchString(text) {
			continue // "no applicable action" is the consequence of an unknown name
		}
		c.add(place(s.tokens.Head, text), id, "%s", c.meant(text))
	}
	for i, condition := range p.Conditions {
		tokens := s.tokens.Head
		if len(s.tokens.Conditions) == len(p.Conditions) {
			tokens = s.tokens.Conditions[i]
		}
		one := *p
		one.Conditions = []ast.ConditionType{condition}
		if len(texts) > 0 { // the validator stops at the scope
			one.Principal, one.Action, one.Resource = ast.ScopeTypeAll{}, ast.ScopeTypeAll{}, ast.ScopeTypeAll{}
		}
		for _, text := range c.validate(&one) {
			if !known[text] {
				c.add(place(tokens, text), id, "%s", c.meant(text))
			}
		}
		c.askable(condition, tokens, id)
	}
	if len(c.problems) > before {
		return
	}
	for _, text := range c.validate(p) {
		c.add(s.start(), id, "%s", text)
	}
}

// The form of the validator's texts. The action for which an attribute is missing
// is cut out, because there is one such text for each action.
var (
	inContext = regexp.MustCompile(`in context for \S+ not found`)
	quoted    = regexp.MustCompile("`([^`]+)`")
)

// validate returns the validator's texts without repetitions. The validator is
// experimental, so a panic in it only refuses the file.
func (c *checker) validate(p *ast.Policy) (texts []string) {
	defer func() {
		if v := recover(); v != nil {
			texts = append(texts, fmt.Sprintf("the policy cannot be checked: %v", v))
		}
	}()
	err := validate.New(c.schema, validate.WithStrict()).Policy("", p)
	for _, e := range flatten(err) {
		text := inContext.ReplaceAllString(e.Error(), "in context not found")
		if !slices.Contains(texts, text) {
			texts = append(texts, text)
		}
	}
	slices.Sort(texts)
	return texts
}

func flatten(err error) []error {
	if err == nil {
		return nil
	}
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return []error{err}
	}
	var out []error
	for _, e := range joined.Unwrap() {
		out = append(out, flatten(e)...)
	}
	return out
}

// place finds the token that a validator's text is about: the last part of the
// name it quotes, or else the first token.
func place(tokens []lex.Token, text string) lex.Token {
	if m := quoted.FindStringSubmatch(text); m != nil {
		name := m[1]
		if i := strings.LastIndex(name, "::"); i >= 0 {
			name = name[i+2:]
		}
		if i := strings.LastIndex(name, "."); i >= 0 && !strings.HasPrefix(name, `"`) {
			name = name[i+1:]
		}
		return find(tokens, name)
	}
	return tokens[0]
}

func find(tokens []lex.Token, text string) lex.Token {
	for _, t := range tokens {
		if t.Text == text {
			return t
		}
	}
	return tokens[0]
}

func (s source) start() lex.Token { return s.tokens.Head[0] }

// at returns the token of the head with this text, such as an annotation's name.
func (s source) at(text string) lex.Token { return find(s.tokens.Head, text) }
