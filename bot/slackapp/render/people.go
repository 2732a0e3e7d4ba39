package render

import (
	"fmt"
	"strings"

	"lbbot/bot/operation"
)

const (
	GlassAnd   = " and "
	ButtonDeny = "Deny"
	andMore    = " and %d more"
	peopleOf   = "%d of %s"
)

// maxPeople is how many people a message names; nobody reads more, and each
// name on a card that is posted notifies a person.
const maxPeople = 10

// NeedsOf says how many must agree and who could: they are asked, so they are
// always named.
func NeedsOf(n int, p operation.People) string {
	switch {
	case p.Everybody:
		return fmt.Sprintf("%s; anyone in this workspace whom no rule excludes", CountPeople(n))
	case len(p.IDs) == 0:
		return fmt.Sprintf("%s; I cannot say who may approve", CountPeople(n))
	}
	if n == 1 && len(p.IDs) == 1 && !p.More {
		return PeopleWords(p)
	}
	return fmt.Sprintf(peopleOf, n, PeopleWords(p))
}

// NeedsCount is NeedsOf for fallback texts, where mentions would be read aloud
// as ids.
func NeedsCount(n int, p operation.People) string {
	if len(p.Whole) > 0 {
		return CountPeople(n) + wholeCount(p)
	}
	if p.Everybody || len(p.IDs) == 0 || n == 1 && len(p.IDs) == 1 && !p.More {
		return CountPeople(n)
	}
	return fmt.Sprintf(peopleOf, n, peopleCount(p))
}

// PeopleWords names people. Where all members of a group are meant, it names the group
// instead; where there are many people, their groups.
func PeopleWords(p operation.People) string {
	s := Mentions(p.IDs)
	if len(p.Whole) > 0 {
		s = FirstFew(p.Whole, maxGroups, func(x operation.GroupName) string { return GroupMention(x.ID) })
		if len(p.Rest) > 0 {
			s += ", " + Mentions(p.Rest)
		}
	} else if len(p.IDs) > maxPeople && len(p.Groups) > 0 {
		return fmt.Sprintf("the members of %s", Groups(p.Groups))
	}
	if p.More {
		s += " and possibly others"
	}
	return s
}

// Mentions mentions people, the first few and a count of the rest.
func Mentions(ids []string) string { return FirstFew(ids, maxPeople, Mention) }

// wholeCount says for fallback texts of which groups people are, by their handles: " of
// @lb-leads", or " (of @lb-leads, or 1 other person)".
func wholeCount(p operation.People) string {
	groups := "of " + FirstFew(p.Whole, maxGroups, func(x operation.GroupName) string {
		return "@" + InText(FirstOf(x.Handle, x.ID))
	})
	switch others := len(p.Rest); others {
	case 0:
		return " " + groups
	case 1:
		return fmt.Sprintf(" (%s, or 1 other person)", groups)
	default:
		return fmt.Sprintf(" (%s, or %d other people)", groups, others)
	}
}

// FirstFew shows as many ids as limit says, and how many more there are.
func FirstFew[T any](ids []T, limit int, show func(T) string) string {
	more := ""
	if rest := len(ids) - limit; rest > 0 {
		ids, more = ids[:limit], fmt.Sprintf(andMore, rest)
	}
	list := make([]string, len(ids))
	for i, id := range ids {
		list[i] = show(id)
	}
	return strings.Join(list, ", ") + more
}

// peopleCount is how many are known.
func peopleCount(p operation.People) string {
	if p.More {
		return fmt.Sprintf("%d or more people", len(p.IDs))
	}
	return CountPeople(len(p.IDs))
}

// CountPeople is "1 person" or "2 people".
func CountPeople(n int) string {
	if n == 1 {
		return "1 person"
	}
	return fmt.Sprintf("%d people", n)
}

// Voters are those who agreed, as Slack shows them or by name.
func Voters(votes []operation.Vote, show func(operation.Actor) string) string {
	list := make([]string, 0, len(votes))
	for _, v := range votes {
		list = append(list, show(v.By))
	}
	return strings.Join(list, ", ")
}

// ActorMention mentions a person.
func ActorMention(a operation.Actor) string { return Mention(a.UserID) }

// Enough reports whether those known could be sufficiently many.
func Enough(a operation.Approval) bool {
	return a.Who.Everybody || a.Who.More || len(a.Who.IDs) >= a.Needed
}

// maxGroups is how many groups are named; nobody reads more.
const maxGroups = 12

// Groups mentions user groups, the first few and a count of the rest.
func Groups(ids []string) string { return FirstFew(ids, maxGroups, GroupMention) }

// Names lists names, each made fit on its own.
func Names(list []string) string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = Name(s)
	}
	return ClampMarkup(strings.Join(out, ", "), SaidLimit)
}
