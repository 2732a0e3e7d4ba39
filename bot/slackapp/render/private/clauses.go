package private

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/slack-go/slack"

	"lbbot/bot/operation"
	"lbbot/bot/slackapp/render"
)

const (
	clauseAtMost  = "%s is at most %s"
	clauseBelow   = "%s is below %s"
	clauseAtLeast = "%s is at least %s"
	clauseAbove   = "%s is above %s"
)

// maxClauses is how many conditions a denial shows: those that did not hold
// come before those that held when there is no room for all.
const maxClauses = 8

// clauseSections shows the account of a denial by rules, one paragraph for
// each rule.
func clauseSections(d operation.Decision) []slack.Block {
	title := "Rule %s would permit it if all of these held:"
	switch d.Code {
	case operation.DeniedNoRule:
	case operation.DeniedForbidden:
		title = "Rule %s forbids it while all of these hold:"
	default:
		return nil
	}
	kept, left := fewer(telling(d.Clauses), maxClauses)
	left += d.MoreClauses
	var list []slack.Block
	for len(kept) > 0 {
		id := kept[0].Policy
		lines := []string{fmt.Sprintf(title, render.Name(id))}
		for len(kept) > 0 && kept[0].Policy == id {
			lines = append(lines, clauseLine(kept[0]))
			kept = kept[1:]
		}
		if len(kept) == 0 {
			lines = append(lines, moreClauses(left))
		}
		list = append(list, render.Section(lines...))
	}
	return list
}

// telling leaves out that the action is the one that was asked for, and that the bot itself is what it is done to: a
// rule about another would not be shown.
func telling(all []operation.Clause) []operation.Clause {
	return slices.DeleteFunc(slices.Clone(all), func(c operation.Clause) bool {
		return c.Held && (strings.HasPrefix(c.Text, "action ") || strings.HasPrefix(c.Text, `resource == Bot::`))
	})
}

// fewer keeps at most this many clauses, in their order.
func fewer(all []operation.Clause, most int) (kept []operation.Clause, left int) {
	room := most
	for _, c := range all {
		if !c.Held {
			room--
		}
	}
	for _, c := range all {
		switch {
		case len(kept) == most:
		case !c.Held:
			kept = append(kept, c)
		case room > 0:
			kept, room = append(kept, c), room-1
		}
	}
	return kept, len(all) - len(kept)
}

func moreClauses(n int) string {
	switch n {
	case 0:
		return ""
	case 1:
		return "• and 1 more condition"
	}
	return fmt.Sprintf("• and %d more conditions", n)
}

func clauseLine(c operation.Clause) string {
	if c.Held {
		return fmt.Sprintf("• holds: %s", ClauseWords(c.Text))
	}
	return fmt.Sprintf("• *does not hold:* %s", ClauseWords(c.Text))
}

// ClauseWords says in words what a condition of a policy asks for. Of one that
// has no words of its own it says only what it is about: the text of a policy
// never stands in a message.
func ClauseWords(text string) string {
	plain, unless := strings.CutPrefix(text, "unless ")
	yes, no := plainWords(plain)
	if unless {
		yes = no
	}
	return render.FirstOf(yes, aboutWords(plain))
}

// plainWords has words for the plainest conditions, and for their opposites.
func plainWords(text string) (yes, no string) {
	switch text {
	case "context.incident":
		return "this is an incident channel", "this is no incident channel"
	case "context.channel.private":
		return "this channel is private", "this channel is not private"
	case `action == Action::"register"`:
		return "it is about adding a server", ""
	case "action":
		return "the rule names the action, which a permit of this action must", ""
	case `action == Action::"undo"`:
		return "it is about taking an addition back", ""
	case `action == Action::"remove"`:
		return "it is about removing a server", ""
	}
	for _, p := range [...]struct {
		before, after, yes, no string
		show                   func(string) string
	}{
		{`principal in Usergroup::"`, `"`, "you are in %s", "you are not in %s", render.GroupMention},
		{`principal == Person::"`, `"`, "you are %s", "you are not %s", render.Mention},
		{`context.channel.id == "`, `"`, "you ask from %s", "you do not ask from %s", render.Channel},
		{`action == Action::"`, `"`, "it is about the action %s", "", render.Code},
		{`action in [`, `]`, "it is about one of the actions %s", "", manyActions},
		{`resource == Listener::"`, `"`, "the listener is %s", "", render.Code},
		{`resource.name == "`, `"`, "the listener is called %s", "the listener is not called %s", render.Code},
		{`resource in LoadBalancer::"`, `"`, "the listener is on the load balancer %s", "", render.Code},
	} {
		value, ok := strings.CutPrefix(text, p.before)
		value, closed := strings.CutSuffix(value, p.after)
		if !ok || !closed || value == "" || p.after == `"` && strings.ContainsAny(value, `"\…`) {
			continue
		}
		if value = p.show(value); value == "" {
			return "", ""
		}
		yes = fmt.Sprintf(p.yes, value)
		if p.no != "" {
			no = fmt.Sprintf(p.no, value)
		}
		return yes, no
	}
	return comparison(text)
}

// comparison has words for a number that is compared with a limit.
func comparison(text string) (yes, no string) {
	parts := strings.Fields(text)
	if len(parts) != 3 || number(parts[2]) == "" {
		return "", ""
	}
	what, ok := map[string]string{"context.weight": "the weight", "context.hour": "the hour (UTC)",
		"context.weekday": "the weekday (UTC, Monday is 1)"}[parts[0]]
	forms, known := map[string][2]string{
		"<=": {clauseAtMost, clauseAbove}, ">": {clauseAbove, clauseAtMost},
		">=": {clauseAtLeast, clauseBelow}, "<": {clauseBelow, clauseAtLeast},
	}[parts[1]]
	if !ok || !known {
		return "", ""
	}
	return fmt.Sprintf(forms[0], what, number(parts[2])), fmt.Sprintf(forms[1], what, number(parts[2]))
}

// manyActions shows the actions of a set; nothing if it is anything else.
func manyActions(set string) string {
	var list []string
	for _, item := range strings.Split(set, ",") {
		id, ok := strings.CutPrefix(strings.TrimSpace(item), `Action::"`)
		id, closed := strings.CutSuffix(id, `"`)
		if !ok || !closed || !actionID.MatchString(id) {
			return ""
		}
		list = append(list, render.Code(id))
	}
	return strings.Join(list, ", ")
}

var (
	actionID = regexp.MustCompile(`^[A-Za-z]+$`)
	inQuotes = regexp.MustCompile(`"(?:\\.|[^"\\])*(?:"|$)`)
	looksAt  = regexp.MustCompile(
		`\b(?:principal|action|resource|context\.(?:weight|ports|instance|hour|weekday|channel|incident))\b`)
)

// aboutWhat names what a condition looks at.
func aboutWhat(found string) string {
	switch found {
	case "principal":
		return "you"
	case "action":
		return "the action"
	case "resource":
		return "the listener"
	case "context.weight":
		return "the weight"
	case "context.ports":
		return "the ports"
	case "context.instance":
		return "the server"
	case "context.hour", "context.weekday":
		return "the time"
	}
	return "this channel"
}

// aboutWords says what a condition looks at, without its text.
func aboutWords(text string) string {
	var list []string
	for _, found := range looksAt.FindAllString(inQuotes.ReplaceAllString(text, ""), -1) {
		if what := aboutWhat(found); !slices.Contains(list, what) {
			list = append(list, what)
		}
	}
	if len(list) == 0 {
		return "another condition (see the policy file)"
	}
	return fmt.Sprintf("a condition about %s (see the policy file)", strings.Join(list, ", "))
}

// number returns s if it is one, else nothing.
func number(s string) string {
	n, err := strconv.Atoi(s)
	if err != nil {
		return ""
	}
	return strconv.Itoa(n)
}
