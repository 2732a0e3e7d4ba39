package slackapp

import (
	"fmt"
	"strings"

	"lbbot/bot/operation"
)

const (
	peopleOf = "%d of %s"
)

// maxPeople is how many people a message names; nobody reads more, and each
// name on a card that is posted calls somebody.
const maxPeople = 10

// needsOf says how many must agree and who could: they are asked, so they are
// always named.
func needsOf(n int, p operation.People) string {
	switch {
	case p.Everybody:
		return fmt.Sprintf("%s; anybody in this workspace whom no rule excludes", others(n))
	case len(p.IDs) == 0:
		return fmt.Sprintf("%s; I cannot name who could", others(n))
	}
	return fmt.Sprintf(peopleOf, n, peopleWords(p))
}

// needsCount is needsOf for fallback texts, where mentions would be read aloud
// as ids.
func needsCount(n int, p operation.People) string {
	if p.Everybody || len(p.IDs) == 0 {
		return others(n)
	}
	return fmt.Sprintf(peopleOf, n, peopleCount(p))
}

// peopleWords names people, or their groups where they are many.
func peopleWords(p operation.People) string {
	if len(p.IDs) > maxPeople && len(p.Groups) > 0 {
		return fmt.Sprintf("the members of %s", groups(p.Groups))
	}
	s := persons(p.IDs)
	if p.More {
		s += " and possibly others"
	}
	return s
}

// persons mentions people, the first few and a count of the rest.
func persons(ids []string) string {
	rest := 0
	if len(ids) > maxPeople {
		ids, rest = ids[:maxPeople], len(ids)-maxPeople
	}
	list := make([]string, len(ids))
	for i, id := range ids {
		list[i] = person(id)
	}
	s := strings.Join(list, ", ")
	if rest > 0 {
		s += fmt.Sprintf(andMore, rest)
	}
	return s
}

// peopleCount is how many are known.
func peopleCount(p operation.People) string {
	if p.More {
		return fmt.Sprintf("%d or more people", len(p.IDs))
	}
	return others(len(p.IDs))
}

// others is "1 person" or "2 people".
func others(n int) string {
	if n == 1 {
		return "1 person"
	}
	return fmt.Sprintf("%d people", n)
}

// voters are those who agreed, as Slack shows them or by name.
func voters(votes []operation.Vote, show func(operation.Actor) string) string {
	list := make([]string, 0, len(votes))
	for _, v := range votes {
		list = append(list, show(v.By))
	}
	return strings.Join(list, ", ")
}

func mentionOf(a operation.Actor) string { return person(a.UserID) }

// enough reports whether those known could be sufficiently many.
func enough(a operation.Approval) bool {
	return a.Who.Everybody || a.Who.More || len(a.Who.IDs) >= a.Needed
}

// maxGroups is how many groups are named; nobody reads more.
const maxGroups = 12

func groups(ids []string) string {
	rest := 0
	if len(ids) > maxGroups {
		ids, rest = ids[:maxGroups], len(ids)-maxGroups
	}
	list := make([]string, len(ids))
	for i, id := range ids {
		list[i] = userGroup(id)
	}
	s := strings.Join(list, ", ")
	if rest > 0 {
		s += fmt.Sprintf(andMore, rest)
	}
	return s
}

// names lists names, each made fit on its own.
func names(list []string) string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = name(s)
	}
	return clampMarkup(strings.Join(out, ", "), saidLimit)
}
