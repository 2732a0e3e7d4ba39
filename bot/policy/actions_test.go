package policy_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"lbbot/bot/operation"
)

// modern has a permit of each action that is newer than files in use.
const modern = `
@id("sre-takes-off") @approvals("1") @approvers_channel("C0APP") @requires("reason")
permit (principal in Usergroup::"S01SRE", action in [Action::"undo", Action::"remove"], resource is Listener);
@id("owners-pause") @contact("#owners")
permit (principal in Usergroup::"S02DEV", action == Action::"pause", resource == Bot::"lbbot")
when { !context.incident && context.weekday <= 7 && context.hour < 24 && context.channel.id != "C0X" };
@id("quiet") forbid (principal, action, resource) when { context.channel.private };
@id("web-freeze") forbid (principal, action, resource) when { resource.name like "frozen*" };
@id("heavy") forbid (principal, action, resource) when { context.weight > 90 };
`

// earlier is a file that was written before remove and the entity Bot existed.
const earlier = `
@id("all") @approvals("0") permit (principal in Usergroup::"S01SRE", action, resource);
@id("undoers") permit (principal in Usergroup::"S02DEV", action == Action::"undo", resource is Listener);
@id("pausers") permit (principal, action == Action::"pause", resource is Listener);
@id("no-pause") forbid (principal, action == Action::"pause", resource is Listener);
@id("both-pause") @approvals("0")
permit (principal in Usergroup::"S02DEV", action in [Action::"register", Action::"pause"], resource is Listener);
`

func TestDecisionTableOfRemoveUndoAndPause(t *testing.T) {
	t.Parallel()
	const none, forbidden, asks = operation.DeniedNoRule, operation.DeniedForbidden, operation.DeniedApproval
	type change = func(*operation.Question)
	listener := func(name string) change { return func(q *operation.Question) { q.Listener.Name = name } }
	tests := map[string]struct {
		src, person, channel string
		action               operation.Action
		change               change
		code                 operation.DenialCode
		policy               string
	}{
		"sre removes with approval":              {modern, sre, ops, "remove", nil, asks, "sre-takes-off"},
		"sre undoes with approval":               {modern, sre, ops, "undo", nil, asks, "sre-takes-off"},
		"a permit of remove permits no register": {modern, sre, ops, "register", nil, none, ""},
		"a forbid without an action forbids remove": {modern, sre, ops, "remove", listener("frozen-1"),
			forbidden, "web-freeze"},
		"a forbid on the weight forbids remove": {modern, sre, ops, "remove",
			func(q *operation.Question) { q.Weight = 91 }, forbidden, "heavy"},
		"dev does not remove":                      {modern, dev, ops, "remove", nil, none, "sre-takes-off"},
		"dev pauses":                               {modern, dev, ops, "pause", nil, "", "owners-pause"},
		"dev does not pause in an incident":        {modern, dev, incident, "pause", nil, none, "owners-pause"},
		"sre does not pause":                       {modern, sre, ops, "pause", nil, none, "owners-pause"},
		"a forbid without an action forbids pause": {modern, dev, secret, "pause", nil, forbidden, "quiet"},
		"what is about listeners forbids no pause": {modern, dev, ops, "pause", listener("frozen-1"), "",
			"owners-pause"},

		"a permit without an action permits no remove": {earlier, sre, ops, "remove", nil, none, "all"},
		"a permit without an action permits no pause":  {earlier, sre, ops, "pause", nil, none, "all"},
		"a permit without an action permits undo":      {earlier, sre, ops, "undo", nil, "", "all"},
		"a permit without an action permits register":  {earlier, sre, ops, "register", nil, "", "all"},
		"a permit of undo without approvals":           {earlier, dev, ops, "undo", nil, "", "undoers"},
		"a permit that names pause of listeners":       {earlier, dev, ops, "pause", nil, none, "all"},
		"and permits its other actions":                {earlier, dev, ops, "register", nil, "", "both-pause"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			q := question(tt.person, tt.channel)
			if q.Action = tt.action; tt.action == operation.ActionPause {
				q = operation.Question{Action: tt.action, Actor: q.Actor, Place: q.Place, Listener: q.Listener}
			}
			if tt.change != nil {
				tt.change(&q)
			}
			d := gate(t, newDirectory(), tt.src).Decide(t.Context(), q)
			require.Equal(t, tt.code, d.Code)
			require.Equal(t, tt.code == "", d.Allowed)
			if tt.policy == "" {
				return
			}
			require.Equal(t, []string{tt.policy}, d.Policies)
			if tt.code == asks {
				require.Equal(t, 1, d.Approvals)
				require.Equal(t, "C0APP", d.ApproversChannel)
				require.True(t, d.ReasonRequired)
			}
		})
	}
}

func TestAFileOfTheVersionBeforeLoadsWithWarnings(t *testing.T) {
	t.Parallel()
	status := gate(t, newDirectory(), earlier).Status()
	require.NoError(t, status.Problem)
	var of []string
	for _, w := range status.Warnings {
		of = append(of, w.Policy)
	}
	require.Equal(t, []string{"all", "undoers", "pausers", "pausers", "no-pause", "both-pause"}, of, "%v",
		status.Warnings)
}

func TestADenialSaysThatThePermitDoesNotNameTheAction(t *testing.T) {
	t.Parallel()
	g := gate(t, newDirectory(), earlier)
	q := question(sre, ops)
	q.Action = operation.ActionRemove
	want := []operation.Clause{{Policy: "all", Text: `principal in Usergroup::"S01SRE"`, Held: true},
		{Policy: "all", Text: "action"}}
	require.Equal(t, want, g.Decide(t.Context(), q).Clauses)
	e, err := g.Why(t.Context(), q)
	require.NoError(t, err)
	require.Equal(t, []operation.Rule{{ID: "all", Permit: true, Clauses: want}}, e.Rules)
	require.Equal(t, 4, e.Others)
}

func TestWhoMayRemoveWithApprovalAndWhoMayPause(t *testing.T) {
	t.Parallel()
	g := gate(t, newDirectory(), modern)
	q := question(nobody, ops)
	who, err := g.Who(t.Context(), q, operation.ActionRemove)
	require.NoError(t, err)
	require.Empty(t, who.IDs)
	require.Contains(t, who.WithApproval.IDs, sre)
	who, err = g.Who(t.Context(), operation.Question{Actor: q.Actor, Place: q.Place}, operation.ActionPause)
	require.NoError(t, err)
	require.ElementsMatch(t, []string{dev, both}, who.IDs)
}

func TestListenersAreOfferedForRemovalByThePermitsThatNameIt(t *testing.T) {
	t.Parallel()
	q := question(sre, ops)
	q.Action = operation.ActionRemove
	frozen := q.Listener
	frozen.Name = "frozen-1"
	for src, want := range map[string][]bool{modern: {true, false}, earlier: {false, false}} {
		may, d := gate(t, newDirectory(), src).MayChange(t.Context(), q, []operation.Listener{q.Listener, frozen})
		require.True(t, d.Allowed)
		require.Equal(t, want, may, src)
	}
}
