package policy_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"lbbot/bot/operation"
	"lbbot/bot/policy"
)

func TestHoldersListsByRuleWhoCanBePermittedSomewhere(t *testing.T) {
	t.Parallel()
	const asks = `@id("a") @approvals("1") permit (principal in Usergroup::"S01SRE", action == Action::"register", ` +
		`resource in LoadBalancer::"lb-9") when { context.incident } when { context.weight < 10 };`
	for name, c := range map[string]struct {
		src    string
		action operation.Action
		want   []policy.Holders
	}{
		"channel, listener and request are left open": {asks, operation.ActionRegister,
			[]policy.Holders{{Rule: "a", Approvals: 1, People: []string{sre, both}}}},
		"not another action": {asks, operation.ActionRemove, nil},
		"an empty group is nobody": {`@id("a") permit (principal in Usergroup::"S03LEAD", action == ` +
			`Action::"approve", resource);`, operation.ActionApprove, nil},
		"one who has left is nobody": {`@id("a") permit (principal == Person::"U0GONE", action == ` +
			`Action::"approve", resource);`, operation.ActionApprove, nil},
		"everybody of the workspace": {`@id("a") permit (principal, action == Action::"approve", resource) ` +
			`when { principal.team == "T01" };`, operation.ActionApprove,
			[]policy.Holders{{Rule: "a", Everybody: true}}},
		"nobody of another workspace": {`@id("a") permit (principal, action == Action::"approve", resource) ` +
			`when { principal.team == "T02" };`, operation.ActionApprove, nil},
		"a forbid that always holds": {asks + ` @id("f") forbid (principal, action, resource);`,
			operation.ActionRegister, nil},
		"a forbid about one": {asks + ` @id("f") forbid (principal == Person::"` + sre + `", action, resource);`,
			operation.ActionRegister, []policy.Holders{{Rule: "a", Approvals: 1, People: []string{both}}}},
		"a forbid that holds sometimes": {asks + ` @id("f") forbid (principal, action, resource) when ` +
			`{ context.hour < 6 };`, operation.ActionRegister,
			[]policy.Holders{{Rule: "a", Approvals: 1, People: []string{sre, both}}}},
		"about the bot": {`@id("p") permit (principal in Usergroup::"S01SRE", action == Action::"pause", ` +
			`resource == Bot::"lbbot") when { context.channel.id == "C0OPS" };`, operation.ActionPause,
			[]policy.Holders{{Rule: "p", People: []string{sre, both}}}},
		"each rule of several": {asks + ` @id("b") @approvals("0") permit (principal == Person::"` + dev +
			`", action == Action::"register", resource);`, operation.ActionRegister,
			[]policy.Holders{{Rule: "a", Approvals: 1, People: []string{sre, both}},
				{Rule: "b", People: []string{dev}}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := gate(t, newDirectory(), c.src).Holders(t.Context(), c.action)
			require.NoError(t, err)
			require.Equal(t, c.want, got)
		})
	}
}

func TestHoldersNeedsAPolicyWhoseGroupsAreKnown(t *testing.T) {
	t.Parallel()
	none, err := policy.New(policy.Config{Path: "none.cedar", Directory: newDirectory()})
	require.NoError(t, err)
	_, err = none.Holders(t.Context(), operation.ActionRegister)
	require.ErrorIs(t, err, policy.ErrNoPolicy)
	_, err = gate(t, newDirectory(), `@id("a") permit (principal in Usergroup::"S09GONE", action == `+
		`Action::"approve", resource);`).Holders(t.Context(), operation.ActionApprove)
	require.ErrorContains(t, err, "S09GONE, which Slack does not know")
}
