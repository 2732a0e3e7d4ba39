package rules

import (
	"regexp"
	"strings"
	"unicode"

	"github.com/cedar-policy/cedar-go/x/exp/ast"

	"lbbot/bot/operation"
	"lbbot/bot/policy/lex"
	"lbbot/bot/policy/lint"
)

// The annotations that have an effect.
const (
	annotationID        = "id"
	annotationApprovals = "approvals"
	annotationReason    = "reason"
	annotationContact   = "contact"
	annotationApprovers = "approvers_channel" // of a permit: where approval is asked for
	annotationRequires  = "requires"          // of a permit: what a request must have
	annotationPeople    = "people"            // of a permit: whether those it permits may be named
)

const (
	requiresReason = "reason"
	peopleNamed    = "named"
)

const maxWords = 300 // characters in @reason and @contact

// rule reads the annotations of one policy.
func (c *checker) rule(s source, seen map[string]lex.Token) Rule {
	r := Rule{Permit: s.ast().Effect == ast.EffectPermit, Compiled: s.compiled}
	if named := lint.Actions(s.ast().Action); named != nil {
		r.Actions = make([]string, len(named))
		for i, action := range named {
			r.Actions[i] = string(action)
		}
	}
	values := map[string]string{}
	for _, a := range s.ast().Annotations {
		values[string(a.Key)] = string(a.Value)
	}
	r.ID = c.id(s, values, seen)
	r.Approvals = c.approvals(s, r, values)
	r.Reason = c.words(s, r.ID, annotationReason, values)
	r.Contact = c.words(s, r.ID, annotationContact, values)
	r.Approvers = c.approversChannel(s, r, values)
	r.ReasonRequired = c.flag(s, r, annotationRequires, requiresReason, values)
	r.Named = c.flag(s, r, annotationPeople, peopleNamed, values)
	return r
}

var idForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)

// id returns the @id, which must be there and be the only one.
func (c *checker) id(s source, values map[string]string, seen map[string]lex.Token) string {
	id, ok := values[annotationID]
	at := s.at(annotationID)
	switch first, taken := seen[id]; {
	case !ok:
		c.add(s.start(), "", `the policy has no @id; give it one, such as @id("sre-in-incidents")`)
	case !idForm.MatchString(id):
		c.add(at, "", "@id(%q) is not 1 to 64 letters, digits, dots, hyphens or underscores", id)
	case taken:
		c.add(at, id, "the @id is taken by the policy in line %d", first.Line)
	default:
		seen[id] = at
	}
	return id
}

// approvals returns the number of approvals that a permit asks for.
func (c *checker) approvals(s source, r Rule, values map[string]string) int {
	text, ok := values[annotationApprovals]
	at := s.at(annotationApprovals)
	const say = `it permits %s and has no @approvals; say how many are needed, from @approvals("0") to @approvals("3")`
	switch {
	case !ok && r.Permit && r.Covers(operation.ActionRegister):
		c.add(s.start(), r.ID, say, operation.ActionRegister)
	case !ok && r.Permit && r.Covers(operation.ActionRemove):
		c.add(s.start(), r.ID, say, operation.ActionRemove)
	case !ok && r.Permit && r.Covers(operation.ActionUndo):
		// Files that were written before undo needed approvals must still load.
		c.warnings.add(s.start(), r.ID, say+`; without it, "0" is meant`, operation.ActionUndo)
	case !ok:
	case len(text) != 1 || text[0] < '0' || text[0] > '3':
		c.add(at, r.ID, `@approvals(%q) is not "0", "1", "2" or "3"`, text)
	default:
		return int(text[0] - '0')
	}
	return 0
}

var channelID = regexp.MustCompile(`^[CG][A-Z0-9]{2,}$`)

// approversChannel returns the channel in which a permit asks for approval.
func (c *checker) approversChannel(s source, r Rule, values map[string]string) string {
	id, ok := values[annotationApprovers]
	if ok && !channelID.MatchString(id) {
		c.add(s.at(annotationApprovers), r.ID,
			`@approvers_channel(%q) is not the id of a channel, such as "C0123ABCD"`, id)
	}
	return id
}

// flag reports whether the policy has an annotation with only one valid value.
func (c *checker) flag(s source, r Rule, name, word string, values map[string]string) bool {
	text, ok := values[name]
	if ok && text != word {
		c.add(s.at(name), r.ID, "@%s(%q) is not %q", name, text, word)
	}
	return ok
}

func (c *checker) words(s source, id, name string, values map[string]string) string {
	text := strings.TrimSpace(values[name])
	if len([]rune(text)) > maxWords {
		c.add(s.at(name), id, "@%s is longer than %d characters", name, maxWords)
	}
	if strings.ContainsFunc(text, func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) }) {
		c.add(s.at(name), id, "@%s has invisible characters", name)
	}
	return text
}
