package rules_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestUnknownNamesAreReportedWithASuggestion(t *testing.T) {
	t.Parallel()
	when := func(condition string) string {
		return `@id("a") forbid (principal, action, resource) when { ` + condition + ` };`
	}
	for _, tt := range []struct{ src, want string }{
		{`@id("a") forbid (principal in Usergrp::"S01", action, resource);`,
			"unrecognized entity type `Usergrp`: did you mean Usergroup?"},
		{`@id("a") forbid (principal, action, resource is Listner);`,
			"unrecognized entity type `Listner`: did you mean Listener?"},
		{`@id("a") forbid (principal, action, resource == listener::"lst-1");`,
			"unrecognized entity type `listener`: did you mean Listener?"},
		{`@id("a") forbid (principal, action == Action::"regster", resource);`,
			"unrecognized action `Action::\"regster\"`: did you mean register?"},
		{`@id("a") forbid (principal, action in [Actoin::"register"], resource);`,
			"unrecognized action `Actoin::\"register\"`: did you mean Action?"},
		{`@id("a") forbid (principal, action == Action::"destroyEverything", resource);`,
			"unrecognized action `Action::\"destroyEverything\"`"},
		{when(`principal == Persn::"U01"`),
			"unrecognized entity type `Persn`: did you mean Person?"},
		{when(`principal is Persn`),
			"unrecognized entity type `Persn`: did you mean Person?"},
		{when(`resource is Listener in LoadBalncer::"lb-1"`),
			"unrecognized entity type `LoadBalncer`: did you mean LoadBalancer?"},
		{when(`resource is Listner in LoadBalancer::"lb-1"`),
			"unrecognized entity type `Listner`: did you mean Listener?"},
		{when(`principal in [Usergroup::"S01", Usergrp::"S02"]`),
			"unrecognized entity type `Usergrp`: did you mean Usergroup?"},
		{when(`[Usergrp::"S01"].contains(principal)`),
			"unrecognized entity type `Usergrp`: did you mean Usergroup?"},
		{when(`context.wieght > 50`),
			"attribute `wieght` in context not found: did you mean weight?"},
		{when(`context.channel.nmae == "x"`),
			"attribute `nmae` in context not found: did you mean name?"},
		{when(`resource.protocoll == "TCP"`),
			"attribute `protocoll` on entity type `Listener` not found: did you mean protocol?"},
		{when(`resource.zone == "SIN1"`),
			"attribute `zone` on entity type `Listener` not found"},
	} {
		found := problems(t, tt.src)
		require.Len(t, found, 1, tt.src)
		require.Equal(t, tt.want, found[0].Text, tt.src)
		require.Equal(t, "a", found[0].Policy, tt.src)
	}
}

func TestFaultsOfTheScopeAndOfEachConditionAreReportedAtOnce(t *testing.T) {
	t.Parallel()
	found := problems(t, "@id(\"a\") forbid (principal in Usergrp::\"S01\", action == Action::\"regster\", resource "+
		"is Listner)\n"+
		"when { principal is Persn }\nwhen { context.wieght <= 5 }\nunless { resource.nam == \"x\" };")
	var texts []string
	for _, p := range found {
		texts = append(texts, p.Text)
	}
	require.Len(t, texts, 6, "%q", texts)
	require.Equal(t, []int{1, 1, 1, 2, 3, 4}, []int{found[0].Line, found[1].Line, found[2].Line, found[3].Line,
		found[4].Line, found[5].Line})
}
