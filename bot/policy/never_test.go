package policy_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"lbbot/bot/policy"
	"lbbot/zenlayer"
)

func TestARuleThatCanNeverHoldIsWarnedAboutAtItsPlace(t *testing.T) {
	t.Parallel()
	const alone, together = "can never hold, so", "can never hold together"
	tests := map[string]struct {
		tail   string // after "forbid (principal, action, resource)\n"
		column int
		text   string
	}{
		"a weight over 100":              {`when { context.weight > 100 };`, 8, "`context.weight > 100` " + alone},
		"a weight of 0":                  {`when { 0 == context.weight };`, 8, alone},
		"an hour of 24":                  {`when { context.hour >= 24 };`, 8, alone},
		"weekday 0":                      {`when { context.weekday < 1 };`, 8, alone},
		"weekday 8":                      {`when { context.weekday == 8 };`, 8, alone},
		"a literal":                      {`when { false };`, 8, alone},
		"unless a literal":               {`unless { true };`, 10, "`unless true` " + alone},
		"unless what is always so":       {`unless { context.weight <= 100 };`, 10, alone},
		"intervals apart":                {`when { context.weight < 10 && context.weight > 20 };`, 31, "`context.weight > 20` " + together},
		"intervals apart, with not":      {`when { !(context.weight >= 10) } when { 20 < context.weight };`, 41, together},
		"a gap that is excluded":         {`when { context.weekday > 5 } when { context.weekday != 6 } unless { context.weekday == 7 };`, 69, together},
		"two names":                      {`when { resource.name == "a" } when { resource.name == "b" };`, 38, together},
		"a name and another pattern":     {`when { resource.name == "web-1" } when { resource.name like "db-*" };`, 42, together},
		"a pattern and not":              {`when { resource.name like "a*" } unless { resource.name like "a*" };`, 43, together},
		"a type in the wrong case":       {`when { context.instance.type == "bm" };`, 8, alone},
		"neither of both types":          {`when { context.instance.type != "BM" } unless { context.instance.type == "VM" };`, 49, together},
		"two people":                     {`when { principal == Person::"U01" } when { principal == Person::"U02" };`, 44, together},
		"two people by in":               {`when { principal == Person::"U01" } when { principal in Person::"U02" };`, 44, together},
		"two listeners":                  {`when { resource == Listener::"a" } when { resource == Listener::"b" };`, 43, together},
		"two load balancers":             {`when { resource in LoadBalancer::"a" } when { resource in LoadBalancer::"b" };`, 47, together},
		"a group and not":                {`when { principal in Usergroup::"S01" } when { !(principal in Usergroup::"S01") };`, 47, together},
		"a flag and not":                 {`when { context.incident } when { context.incident == false };`, 34, together},
		"a port that cannot be":          {`when { context.ports.contains(70000) };`, 8, alone},
		"every case of an or":            {`when { context.weight > 100 || context.hour > 23 };`, 8, alone},
		"every case of an if":            {`when { if context.incident then context.hour > 23 else false };`, 8, alone},
		"two actions":                    {`when { action == Action::"undo" } when { action in [Action::"pause", Action::"register"] };`, 42, together},
		"the opposite of what is opaque": {`when { context.ports.containsAny([1, 2]) } unless { context.ports.containsAny([1, 2]) };`, 53, together},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			set, err := policy.Parse("p", []byte("@id(\"f\") forbid (principal, action, resource)\n"+tt.tail))
			require.NoError(t, err)
			require.Len(t, set.Warnings(), 1)
			w := set.Warnings()[0]
			require.Equal(t, "f", w.Policy)
			require.Contains(t, w.Text, tt.text)
			require.Equal(t, [2]int{2, tt.column}, [2]int{w.Line, w.Column})
		})
	}
}

func TestARuleThatCanHoldIsNotWarnedAbout(t *testing.T) {
	t.Parallel()
	for _, tail := range []string{
		`when { context.weight >= 100 && context.weight <= 100 };`,
		`when { context.hour > 20 || context.hour < 6 };`,
		`unless { context.weight > 50 } unless { context.weight < 50 };`,
		`when { principal in Usergroup::"S01" } when { principal in Usergroup::"S02" };`,
		`when { principal == Person::"U01" } when { principal in Usergroup::"S01" };`,
		`when { resource == Listener::"a" } when { resource in LoadBalancer::"a" };`,
		`when { resource.name like "a*" } when { resource.name like "*b" };`,
		`when { context.weight + context.hour > 200 };`,
		`when { context.ports.contains(443) } unless { context.ports.contains(80) };`,
		`when { context.ports.isEmpty() } when { context.channel.id == "C01" } when { context.channel.name != "C01" };`,
	} {
		set, err := policy.Parse("p", []byte(`@id("f") forbid (principal, action, resource) `+tail))
		require.NoError(t, err)
		require.Empty(t, set.Warnings(), tail)
	}
}

// What is warned about really never holds, whatever is asked.
func TestNoRuleThatHoldsIsCalledImpossible(t *testing.T) {
	t.Parallel()
	atoms := []string{
		`context.weight <= 50`, `context.weight > 50`, `context.weight == 100`, `50 < context.weight`, `context.weight != 100`,
		`context.incident`, `context.channel.private`, `principal in Usergroup::"S01SRE"`, `principal in Usergroup::"S02DEV"`,
		`principal == Person::"U0SRE"`, `resource.name like "web*"`, `resource.name == "web-1"`, `resource.name == "db-1"`,
		`context.instance.type == "VM"`, `context.ports.contains(443)`, `context.hour < 13`, `context.hour > 11`, `resource in LoadBalancer::"lb-1"`, `false`, `true`,
	}
	warned, d := 0, newDirectory()
	rapid.Check(t, func(rt *rapid.T) {
		var draw func(depth int) string
		draw = func(depth int) string {
			kind := rapid.IntRange(0, 5).Draw(rt, "kind")
			switch {
			case depth == 0 || kind < 3:
				return rapid.SampledFrom(atoms).Draw(rt, "atom")
			case kind == 3:
				return "!(" + draw(depth-1) + ")"
			case kind == 4:
				return "(" + draw(depth-1) + ") && (" + draw(depth-1) + ")"
			}
			return "if " + draw(0) + " then " + draw(depth-1) + " else (" + draw(depth-1) + ") || " + draw(0)
		}
		src := `@id("a") @approvals("0") permit (principal is Person, action == Action::"register", resource)`
		for range rapid.IntRange(1, 3).Draw(rt, "conditions") {
			src += fmt.Sprintf(" %s { %s }", rapid.SampledFrom([]string{"when", "unless"}).Draw(rt, "word"), draw(2))
		}
		set, err := policy.Parse("p", []byte(src+";"))
		require.NoError(rt, err, src)
		impossible := false
		for _, w := range set.Warnings() {
			impossible = impossible || strings.Contains(w.Text, "can never hold")
		}
		if !impossible {
			return
		}
		warned++
		g := gate(t, d, src+";")
		for _, person := range []string{sre, dev, both, nobody} {
			for _, channel := range []string{incident, ops, secret} {
				for _, weight := range []int{1, 50, 51, 100} {
					for _, name := range []string{"web-1", "web-2", "db-1"} {
						q := question(person, channel)
						q.Weight, q.Listener.Name = weight, name
						if weight == 51 {
							q.Ports, q.Server.Type = nil, zenlayer.InstanceVM
						}
						require.False(rt, g.Decide(t.Context(), q).Allowed, src)
					}
				}
			}
		}
	})
	require.Positive(t, warned)
	t.Logf("%d of the policies drawn were called impossible", warned)
}

func TestApprovalsThatNobodyCanGiveAreWarnedAbout(t *testing.T) {
	t.Parallel()
	ask := func(n int, resource string) string {
		return fmt.Sprintf("@id(\"ask\")\n@approvals(\"%d\") permit (principal in Usergroup::\"S01\", action == Action::\"register\", %s);\n", n, resource)
	}
	approve := func(principal, resource, more string) string {
		return fmt.Sprintf("@id(\"ok%d\") permit (%s, action == Action::\"approve\", %s)%s;\n", len(principal+resource+more), principal, resource, more)
	}
	const group = `principal in Usergroup::"S03"`
	tests := map[string]struct{ src, text string }{
		"nobody":                         {ask(1, "resource"), "nobody can approve"},
		"on another load balancer":       {ask(1, `resource in LoadBalancer::"a"`) + approve(group, `resource in LoadBalancer::"b"`, ""), "nobody can approve"},
		"on another listener":            {ask(1, `resource == Listener::"a"`) + approve(group, `resource == Listener::"b"`, ""), "nobody can approve"},
		"by a rule that cannot hold":     {ask(1, "resource") + approve(group, "resource", " when { context.weight > 99 }") + approve(group, "resource", " when { context.weight >= 99 }"), ""},
		"only by a rule that cannot":     {ask(1, "resource") + approve(group, "resource", " when { context.hour > 99 }"), "nobody can approve"},
		"too few people":                 {ask(3, "resource") + approve(`principal == Person::"U01"`, "resource", "") + approve(`principal == Person::"U001"`, "resource", ""), "only 2 of the people named"},
		"enough people":                  {ask(1, "resource") + approve(`principal == Person::"U01"`, "resource", ""), ""},
		"a group":                        {ask(3, `resource in LoadBalancer::"a"`) + approve(group, `resource`, ""), ""},
		"a listener of that balancer":    {ask(1, `resource in LoadBalancer::"a"`) + approve(group, `resource == Listener::"x"`, ""), ""},
		"everything, with approval":      {ask(1, "resource") + `@id("b") permit (` + group + `, action in [Action::"approve", Action::"undo"], resource);`, ""},
		"no approval is asked for":       {ask(0, "resource"), ""},
		"a permit of it with approvals":  {ask(1, "resource") + `@id("b") @approvals("1") permit (` + group + `, action in [Action::"approve", Action::"register"], resource);`, "nobody can approve"},
		"for a rule that can never hold": {strings.Replace(ask(1, "resource"), ";", " when { context.weight > 100 };", 1), "can never hold"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			set, err := policy.Parse("p", []byte(tt.src))
			require.NoError(t, err)
			for _, w := range set.Warnings() {
				if tt.text != "" && strings.Contains(w.Text, tt.text) && w.Line == 2 {
					return
				}
			}
			require.Empty(t, tt.text, "%v", set.Warnings())
			for _, w := range set.Warnings() {
				require.NotContains(t, w.Text, "approve")
			}
		})
	}
}
