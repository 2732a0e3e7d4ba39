package policy_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"lbbot/bot/operation"
	"lbbot/zenlayer"
)

// drawn is one policy made by chance, and a plain Go version of when it holds.
type drawn struct {
	id     string
	permit bool
	needs  int
	text   string
	holds  func(q operation.Question, groups []string, channel operation.Channel) bool
}

type condition struct {
	text  string
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
	{`context.weight <= 50`, func(q operation.Question, _ []string, _ operation.Channel) bool { return weightOf(q) <= 50 }},
	{`context.weight == 100`, func(q operation.Question, _ []string, _ operation.Channel) bool { return weightOf(q) == 100 }},
	{`context.ports.contains(443)`, func(q operation.Question, _ []string, _ operation.Channel) bool {
		return len(q.Ports) > 0 && q.Ports[0] == 443
	}},
	{`context.channel.private`, func(_ operation.Question, _ []string, c operation.Channel) bool { return c.Private || c.Direct }},
	{`context.incident`, func(_ operation.Question, _ []string, c operation.Channel) bool {
		return c.ID == incident || c.ID == secret
	}},
	{`resource.name like "web*"`, func(q operation.Question, _ []string, _ operation.Channel) bool {
		return strings.HasPrefix(q.Listener.Name, "web")
	}},
	{`principal in Usergroup::"S01SRE"`, func(_ operation.Question, g []string, _ operation.Channel) bool { return has(g, "S01SRE") }},
	{`context.instance.type == "VM"`, func(q operation.Question, _ []string, _ operation.Channel) bool { return q.Server.Type == "VM" }},
}

func drawPolicy(t *rapid.T, number int) drawn {
	d := drawn{id: fmt.Sprintf("p%d", number), permit: rapid.Bool().Draw(t, "permit"), needs: rapid.IntRange(0, 3).Draw(t, "approvals")}
	group := rapid.SampledFrom([]string{"", "S01SRE", "S02DEV"}).Draw(t, "group")
	scope := "principal"
	if group != "" {
		scope = fmt.Sprintf("principal in Usergroup::%q", group)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "@id(%q)", d.id)
	effect := "forbid"
	if d.permit {
		effect = "permit"
		fmt.Fprintf(&b, " @approvals(\"%d\")", d.needs)
	}
	fmt.Fprintf(&b, "\n%s (%s, action, resource)", effect, scope)
	type part struct {
		condition
		unless bool
	}
	var parts []part
	for range rapid.IntRange(0, 2).Draw(t, "conditions") {
		p := part{rapid.SampledFrom(conditions).Draw(t, "condition"), rapid.Bool().Draw(t, "unless")}
		word := map[bool]string{true: "unless", false: "when"}[p.unless]
		fmt.Fprintf(&b, " %s { %s }", word, p.text)
		parts = append(parts, p)
	}
	b.WriteString(";\n")
	d.text = b.String()
	d.holds = func(q operation.Question, groups []string, c operation.Channel) bool {
		if group != "" && !has(groups, group) {
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

func TestNoPermitNoRightAndNoForbidIsOverridden(t *testing.T) {
	t.Parallel()
	d := newDirectory()
	members := map[string][]string{sre: {"S01SRE"}, dev: {"S02DEV"}, both: {"S01SRE", "S02DEV"}, nobody: nil}
	// rapid gives its own t, so that the file is written with the outer one.
	rapid.Check(t, func(rt *rapid.T) {
		var policies []drawn
		var src strings.Builder
		for i := range rapid.IntRange(0, 6).Draw(rt, "policies") {
			policies = append(policies, drawPolicy(rt, i))
			src.WriteString(policies[i].text)
		}
		person := rapid.SampledFrom([]string{sre, dev, both, nobody}).Draw(rt, "person")
		channel := rapid.SampledFrom([]string{incident, fake, ops, secret, direct}).Draw(rt, "channel")
		q := question(person, channel)
		q.Weight = rapid.SampledFrom([]int{0, 1, 50, 51, 100}).Draw(rt, "weight")
		q.Ports = rapid.SampledFrom([][]int{nil, {443}, {80}}).Draw(rt, "ports")
		q.Listener.Name = rapid.SampledFrom([]string{"web-1", "db-1"}).Draw(rt, "listener")
		q.Server.Type = rapid.SampledFrom([]zenlayer.InstanceType{zenlayer.InstanceBM, zenlayer.InstanceVM}).Draw(rt, "type")

		got := gate(t, d, src.String()).Decide(t.Context(), q)

		forbidden, permitted, fewest := false, false, 0
		for _, p := range policies {
			switch holds := p.holds(q, members[person], d.channels[channel]); {
			case holds && !p.permit:
				forbidden = true
			case holds && (!permitted || p.needs < fewest):
				permitted, fewest = true, p.needs
			}
		}
		require.Equal(rt, permitted && !forbidden && fewest == 0, got.Allowed, src.String())
		switch {
		case forbidden:
			require.Equal(rt, operation.DeniedForbidden, got.Code)
		case !permitted:
			require.Equal(rt, operation.DeniedNoRule, got.Code)
		case fewest > 0:
			require.Equal(rt, operation.DeniedApproval, got.Code)
			require.Equal(rt, fewest, got.Approvals)
		default:
			require.Empty(rt, got.Code)
		}
	})
}
