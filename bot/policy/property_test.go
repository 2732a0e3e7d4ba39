package policy_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"lbbot/bot/operation"
	"lbbot/zenlayer"
)

// drawn is a random policy, and a Go function that says when it holds. What it says
// of a listener keeps it from being asked about the bot.
type drawn struct {
	id     string
	permit bool
	named  bool // those it permits may be shown
	needs  int
	text   string
	holds  func(q operation.Question, groups []string, channel operation.Channel) bool
}

type condition struct {
	text  string
	bot   bool // it can be asked about the bot
	holds func(q operation.Question, groups []string, channel operation.Channel) bool
}

func has(groups []string, id string) bool {
	for _, g := range groups {
		if g == id {
			return true
		}
	}
	return false
}

func weightOf(q operation.Question) int {
	if q.Weight == 0 {
		return 100
	}
	return q.Weight
}

var conditions = []condition{
	{`context.weight <= 50`, false, func(q operation.Question, _ []string, _ operation.Channel) bool {
		return weightOf(q) <= 50
	}},
	{`context.weight == 100`, false, func(q operation.Question, _ []string, _ operation.Channel) bool {
		return weightOf(q) == 100
	}},
	{`context.ports.contains(443)`, false, func(q operation.Question, _ []string, _ operation.Channel) bool {
		return len(q.Ports) > 0 && q.Ports[0] == 443
	}},
	{`context.channel.private`, true, func(_ operation.Question, _ []string, c operation.Channel) bool {
		return c.Private || c.Direct
	}},
	{`context.incident`, true, func(_ operation.Question, _ []string, c operation.Channel) bool {
		return c.ID == incident || c.ID == secret
	}},
	{`resource.name like "web*"`, false, func(q operation.Question, _ []string, _ operation.Channel) bool {
		return strings.HasPrefix(q.Listener.Name, "web")
	}},
	{`principal in Usergroup::"S01SRE"`, true, func(_ operation.Question, g []string, _ operation.Channel) bool {
		return has(g, "S01SRE")
	}},
	{`context.instance.type == "VM"`, false, func(q operation.Question, _ []string, _ operation.Channel) bool {
		return q.Server.Type == "VM"
	}},
}

// drawScope draws what a policy says about the action: its text, whether it
// has an action, and whether as a permit it needs @approvals.
func drawScope(t *rapid.T, permit bool) (text string, covers func(operation.Action) bool, approvals bool) {
	some := [][]operation.Action{
		nil, {operation.ActionRegister}, {operation.ActionApprove}, {operation.ActionBreakGlass},
		{operation.ActionViewHistory},
		{operation.ActionRegister, "undo"}, {operation.ActionApprove, operation.ActionBreakGlass},
		{"remove"}, {"pause"}, {"remove", "undo"}, {"pause", "viewHistory"},
	}
	list := rapid.SampledFrom(some).Draw(t, "actions")
	covers = func(a operation.Action) bool {
		return slices.Contains(list, a) || list == nil && (!permit || a != "remove" && a != "pause")
	}
	approvals = covers(operation.ActionRegister) || covers("remove")
	switch len(list) {
	case 0:
		return "action", covers, approvals
	case 1:
		return fmt.Sprintf("action == Action::%q", list[0]), covers, approvals
	}
	return fmt.Sprintf("action in [Action::%q, Action::%q]", list[0], list[1]), covers, approvals
}

func drawPolicy(t *rapid.T, number int) drawn {
	d := drawn{id: fmt.Sprintf("p%d", number), permit: rapid.Bool().Draw(t, "permit")}
	who := rapid.SampledFrom([]string{"", "S01SRE", "S02DEV", dev}).Draw(t, "who")
	scope := "principal"
	switch {
	case who == dev:
		scope = fmt.Sprintf("principal == Person::%q", dev)
	case who != "":
		scope = fmt.Sprintf("principal in Usergroup::%q", who)
	}
	action, covers, approvals := drawScope(t, d.permit)
	var b strings.Builder
	fmt.Fprintf(&b, "@id(%q)", d.id)
	effect := "forbid"
	if d.permit {
		effect = "permit"
		if d.named = rapid.Bool().Draw(t, "named"); d.named {
			b.WriteString(` @people("named")`)
		}
		if approvals {
			d.needs = rapid.IntRange(0, 3).Draw(t, "approvals")
			fmt.Fprintf(&b, " @approvals(\"%d\")", d.needs)
		}
	}
	fmt.Fprintf(&b, "\n%s (%s, %s, resource)", effect, scope, action)
	type part struct {
		condition
		unless bool
	}
	var parts []part
	bot := true
	for range rapid.IntRange(0, 2).Draw(t, "conditions") {
		p := part{rapid.SampledFrom(conditions).Draw(t, "condition"), rapid.Bool().Draw(t, "unless")}
		word := map[bool]string{true: "unless", false: "when"}[p.unless]
		fmt.Fprintf(&b, " %s { %s }", word, p.text)
		parts, bot = append(parts, p), bot && p.condition.bot
	}
	b.WriteString(";\n")
	d.text = b.String()
	d.holds = func(q operation.Question, groups []string, c operation.Channel) bool {
		if !covers(q.Action) || who == dev && q.Actor.UserID != dev || who != "" && who != dev && !has(groups, who) {
			return false
		}
		if q.Action == operation.ActionPause && !bot {
			return false
		}
		for _, p := range parts {
			if p.condition.holds(q, groups, c) == p.unless {
				return false
			}
		}
		return true
	}
	return d
}

// drawCase draws a file of policies and a question.
func drawCase(rt *rapid.T) (policies []drawn, src string, q operation.Question) {
	var b strings.Builder
	for i := range rapid.IntRange(0, 6).Draw(rt, "policies") {
		policies = append(policies, drawPolicy(rt, i))
		b.WriteString(policies[i].text)
	}
	person := rapid.SampledFrom([]string{sre, dev, both, nobody}).Draw(rt, "person")
	channel := rapid.SampledFrom([]string{incident, fake, ops, secret, direct}).Draw(rt, "channel")
	q = question(person, channel)
	q.Action = rapid.SampledFrom([]operation.Action{
		operation.ActionRegister, operation.ActionApprove, operation.ActionBreakGlass, operation.ActionViewHistory,
		"undo", "remove", "pause",
	}).Draw(rt, "action")
	q.Weight = rapid.SampledFrom([]int{0, 1, 50, 51, 100}).Draw(rt, "weight")
	q.Ports = rapid.SampledFrom([][]int{nil, {443}, {80}}).Draw(rt, "ports")
	q.Listener.Name = rapid.SampledFrom([]string{"web-1", "db-1"}).Draw(rt, "listener")
	q.Server.Type = rapid.SampledFrom([]zenlayer.InstanceType{zenlayer.InstanceBM,
		zenlayer.InstanceVM}).Draw(rt, "type")
	return policies, b.String(), q
}

// memberships are the groups of the members in newDirectory.
func memberships() map[string][]string {
	return map[string][]string{sre: {"S01SRE"}, dev: {"S02DEV"}, both: {"S01SRE", "S02DEV"}, nobody: nil}
}

// expected is the decision of the Go functions.
func expected(policies []drawn, q operation.Question, c operation.Channel) (code operation.DenialCode, fewest int) {
	permitted := false
	for _, p := range policies {
		switch holds := p.holds(q, memberships()[q.Actor.UserID], c); {
		case holds && !p.permit:
			return operation.DeniedForbidden, 0
		case holds && (!permitted || p.needs < fewest):
			permitted, fewest = true, p.needs
		}
	}
	switch {
	case !permitted:
		return operation.DeniedNoRule, 0
	case fewest > 0:
		return operation.DeniedApproval, fewest
	}
	return "", 0
}

func TestDecisionsMatchAPlainGoModelOfThePolicies(t *testing.T) {
	t.Parallel()
	d := newDirectory()
	// rapid gives its own t, so that the file is written with the outer one.
	rapid.Check(t, func(rt *rapid.T) {
		policies, src, q := drawCase(rt)
		got := gate(t, d, src).Decide(t.Context(), q)
		code, fewest := expected(policies, q, d.channels[q.Place.ChannelID])
		require.Equal(rt, code, got.Code, src)
		require.Equal(rt, code == "", got.Allowed, src)
		require.Equal(rt, fewest, got.Approvals, src)
	})
}

// The clauses belong to the policies of the decision. If a policy holds, all of its
// clauses hold; if not, at least one does not.
func TestClausesAgreeWithTheDecision(t *testing.T) {
	t.Parallel()
	d := newDirectory()
	rapid.Check(t, func(rt *rapid.T) {
		_, src, q := drawCase(rt)
		got := gate(t, d, src).Decide(t.Context(), q)
		failed := 0
		for _, c := range got.Clauses {
			require.Contains(rt, got.Policies, c.Policy, src)
			require.Contains(rt, src, strings.TrimPrefix(c.Text, "unless "))
			if !c.Held {
				failed++
			}
		}
		require.LessOrEqual(rt, len(got.Clauses)+got.MoreClauses, 6*5)
		if got.Code == operation.DeniedNoRule && len(got.Policies) > 0 {
			require.Positive(rt, failed, src)
		} else {
			require.Zero(rt, failed, src)
		}
	})
}

// Who names exactly those whom Decide allows, as far as the policy lets it.
func TestWhoNamesExactlyThePermittedPeople(t *testing.T) {
	t.Parallel()
	d := newDirectory()
	rapid.Check(t, func(rt *rapid.T) {
		policies, src, q := drawCase(rt)
		g := gate(t, d, src)
		got, err := g.Who(t.Context(), q, q.Action)
		require.NoError(rt, err)
		require.False(rt, got.More)
		require.NotContains(rt, got.IDs, q.Actor.UserID, "the one who asks")
		asker := q.Actor.UserID
		for id := range d.people {
			if q.Actor.UserID = id; id == asker {
				continue
			}
			may := g.Decide(t.Context(), q).Allowed
			switch {
			case !got.Everybody:
				require.Equal(rt, may, slices.Contains(got.IDs, id), "%s: %s", id, src)
			case id == nobody:
				require.True(rt, may, "everybody may, and nobody in particular may not: %s", src)
			}
		}
		for _, id := range got.Shown {
			require.Contains(rt, got.IDs, id)
			q.Actor.UserID = id
			named := q.Action == operation.ActionApprove || slices.ContainsFunc(policies, func(p drawn) bool {
				return p.permit && p.named && p.needs == 0 &&
					p.holds(q, memberships()[id], d.channels[q.Place.ChannelID])
			})
			require.True(rt, named, "%s is shown: %s", id, src)
		}
	})
}
