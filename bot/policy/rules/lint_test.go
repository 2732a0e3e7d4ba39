package rules_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lbbot/bot/policy/rules"
)

func TestApprovalsThatNobodyCanGiveAreWarnedAbout(t *testing.T) {
	t.Parallel()
	ask := func(n int, resource string) string {
		return fmt.Sprintf("@id(\"ask\")\n@approvals(\"%d\") permit (principal in Usergroup::\"S01\", action == "+
			"Action::\"register\", %s);\n", n, resource)
	}
	approve := func(principal, resource string) string {
		return fmt.Sprintf("@id(\"ok%d\") permit (%s, action == Action::\"approve\", %s);\n", len(principal+resource),
			principal, resource)
	}
	const group = `principal in Usergroup::"S03"`
	tests := map[string]struct{ src, text string }{
		"nobody": {ask(1, "resource"), "nobody can approve"},
		"on another load balancer": {ask(1, `resource in LoadBalancer::"a"`) +
			approve(group, `resource in LoadBalancer::"b"`), "nobody can approve"},
		"on another listener": {ask(1, `resource == Listener::"a"`) + approve(group, `resource == Listener::"b"`),
			"nobody can approve"},
		"on the same load balancer": {ask(1, `resource in LoadBalancer::"a"`) +
			approve(group, `resource is Listener in LoadBalancer::"a"`), ""},
		"too few people": {ask(3, "resource") + approve(`principal == Person::"U01"`, "resource") +
			approve(`principal == Person::"U001"`, "resource"), "only 2 of the people named"},
		"enough people": {ask(1, "resource") + approve(`principal == Person::"U01"`, "resource"), ""},
		"a group":       {ask(3, `resource in LoadBalancer::"a"`) + approve(group, `resource`), ""},
		"a listener of that balancer": {ask(1, `resource in LoadBalancer::"a"`) +
			approve(group, `resource == Listener::"x"`), ""},
		"approve among other actions": {ask(1, "resource") + `@id("b") permit (` + group +
			`, action in [Action::"approve", Action::"undo"], resource);`, ""},
		"no approval is asked for": {ask(0, "resource"), ""},
		"approve only with approvals": {ask(1, "resource") + `@id("b") @approvals("1") permit (` + group +
			`, action in [Action::"approve", Action::"register"], resource);`, "nobody can approve"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			set, err := rules.Parse("p", []byte(tt.src))
			require.NoError(t, err)
			for _, w := range set.Warnings {
				if tt.text != "" && strings.Contains(w.Text, tt.text) && w.Line == 2 {
					return
				}
			}
			require.Empty(t, tt.text, "%v", set.Warnings)
			for _, w := range set.Warnings {
				require.NotContains(t, w.Text, "nobody can approve")
				require.NotContains(t, w.Text, "of the people named")
			}
		})
	}
}
