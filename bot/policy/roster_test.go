package policy_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"lbbot/bot/operation"
	"lbbot/bot/policy"
)

func TestWhoNamesPeopleOnlyIfThePolicyAllowsIt(t *testing.T) {
	t.Parallel()
	const lead = "U0LEAD"
	whole := []operation.GroupName{{ID: "S01SRE", Handle: "sre"}}
	tests := map[string]struct {
		src    string
		action operation.Action
		change func(*directory, *operation.Question)
		want   operation.People
	}{
		"the members of a group, approving": {
			src: `@id("a") permit (principal in Usergroup::"S01SRE", action == Action::"approve", resource);`,
			want: operation.People{IDs: []string{sre, both}, Shown: []string{sre, both}, Groups: []string{"S01SRE"},
				Whole: whole}},
		"not the one who asks": {
			src:    `@id("a") permit (principal in Usergroup::"S01SRE", action == Action::"approve", resource);`,
			change: func(_ *directory, q *operation.Question) { q.Actor.UserID = sre },
			want: operation.People{IDs: []string{both}, Shown: []string{both}, Groups: []string{"S01SRE"},
				Whole: whole}},
		"people before groups, each once": {
			src: `@id("a") permit (principal in Usergroup::"S01SRE", action == Action::"approve", resource);
@id("b") permit (principal == Person::"U0BOTH", action == Action::"approve", resource);`,
			want: operation.People{IDs: []string{both, sre}, Shown: []string{both, sre}, Groups: []string{"S01SRE"},
				Whole: whole}},
		"people besides a whole group": {
			src: `@id("a") permit (principal in Usergroup::"S01SRE", action == Action::"approve", resource);
@id("b") permit (principal == Person::"U0LEAD", action == Action::"approve", resource);`,
			want: operation.People{IDs: []string{lead, sre, both}, Shown: []string{lead, sre, both},
				Groups: []string{"S01SRE"}, Whole: whole, Rest: []string{lead}}},
		"no group is whole if a member also has to be in another": {
			src: `@id("a") permit (principal in Usergroup::"S01SRE", action == Action::"approve", resource) when { ` +
				`principal in Usergroup::"S02DEV" };`,
			want: operation.People{IDs: []string{both}, Shown: []string{both}, Groups: []string{"S01SRE", "S02DEV"}}},
		"a whole group and one that is not": {
			src: `@id("a") permit (principal in Usergroup::"S01SRE", action == Action::"approve", resource);
@id("b") permit (principal in Usergroup::"S02DEV", action == Action::"approve", resource) when { principal != ` +
				`Person::"U0DEV" };`,
			want: operation.People{IDs: []string{sre, both}, Shown: []string{sre, both}, Groups: []string{"S01SRE"},
				Whole: whole}},
		"a forbid takes people out": {
			src: `@id("a") permit (principal in Usergroup::"S01SRE", action == Action::"approve", resource);
@id("f") forbid (principal in Usergroup::"S02DEV", action == Action::"approve", resource);`,
			want: operation.People{IDs: []string{sre}, Shown: []string{sre}, Groups: []string{"S01SRE"}}},
		"on other listeners only": {
			src: `@id("a") permit (principal in Usergroup::"S01SRE", action == Action::"approve", resource in ` +
				`LoadBalancer::"lb-2");`},
		"in other channels only": {
			src: `@id("a") permit (principal in Usergroup::"S01SRE", action == Action::"approve", resource) when { ` +
				`context.incident };`},
		"an empty group": {
			src: `@id("a") permit (principal in Usergroup::"S03LEAD", action == Action::"approve", resource);`},
		"no permit of it": {
			src: `@id("a") @approvals("0") permit (principal in Usergroup::"S01SRE", action == Action::"register", ` +
				`resource);`},
		"everybody": {
			src: `@id("a") permit (principal, action == Action::"approve", resource) when { principal.team == ` +
				`"T01" };`,
			want: operation.People{Everybody: true}},
		"everybody but some": {
			src: `@id("a") permit (principal, action == Action::"approve", resource) unless { principal in ` +
				`Usergroup::"S01SRE" || principal == Person::"U0" };`,
			want: operation.People{Everybody: true}},
		"those who can add, whom the rule does not name": {
			src: `@id("a") @approvals("0") permit (principal in Usergroup::"S01SRE", action == ` +
				`Action::"register", resource);`,
			action: operation.ActionRegister,
			want:   operation.People{IDs: []string{sre, both}, Groups: []string{"S01SRE"}}},
		"those who can add, whom the rule names": {
			src: `@id("a") @approvals("0") @people("named") permit (principal in Usergroup::"S01SRE",
  action == Action::"register", resource);
@id("b") @approvals("0") permit (principal == Person::"U0DEV", action == Action::"register", resource);`,
			action: operation.ActionRegister,
			want: operation.People{IDs: []string{dev, sre, both}, Shown: []string{sre, both},
				Groups: []string{"S01SRE"}}},
		"who needs an approval cannot, but can ask": {
			src: `@id("a") @approvals("1") @people("named") permit (principal in Usergroup::"S01SRE", action == ` +
				`Action::"register", resource);`,
			action: operation.ActionRegister,
			want: operation.People{WithApproval: &operation.People{IDs: []string{sre, both},
				Shown: []string{sre, both}, Groups: []string{"S01SRE"}}}},
		"who can is not among those who can ask": {
			src: `@id("a") @approvals("1") permit (principal in Usergroup::"S01SRE",
  action == Action::"register", resource);
@id("b") @approvals("0") permit (principal == Person::"U0BOTH", action == Action::"register", resource);`,
			action: operation.ActionRegister,
			want: operation.People{IDs: []string{both}, WithApproval: &operation.People{IDs: []string{sre},
				Groups: []string{"S01SRE"}}}},
		"everybody can ask": {
			src: `@id("a") @approvals("1") permit (principal, action == Action::"register", resource);
@id("b") @approvals("0") permit (principal == Person::"U0BOTH", action == Action::"register", resource);`,
			action: operation.ActionRegister,
			want:   operation.People{IDs: []string{both}, WithApproval: &operation.People{Everybody: true}}},
		"the weight counts": {
			src: `@id("a") @approvals("0") permit (principal in Usergroup::"S01SRE", action == ` +
				`Action::"register", resource) when { context.weight < 10 };`,
			action: operation.ActionRegister},
		"one who cannot be read is not hidden": {
			src:    `@id("a") permit (principal in Usergroup::"S01SRE", action == Action::"approve", resource);`,
			change: func(d *directory, _ *operation.Question) { delete(d.people, both) },
			want: operation.People{IDs: []string{sre}, Shown: []string{sre}, Groups: []string{"S01SRE"}, More: true,
				Whole: whole}},
		"a channel that is shared": {
			src:    `@id("a") permit (principal, action, resource);`,
			action: operation.ActionViewHistory,
			change: func(_ *directory, q *operation.Question) { q.Place.ChannelID = shared }},
		"a place in another workspace": {
			src:    `@id("a") permit (principal in Usergroup::"S01SRE", action == Action::"approve", resource);`,
			change: func(_ *directory, q *operation.Question) { q.Place.TeamID = "T99" }},
		"more than are looked at": {
			src:    `@id("a") permit (principal in Usergroup::"S03LEAD", action == Action::"breakGlass", resource);`,
			action: operation.ActionBreakGlass,
			change: func(d *directory, _ *operation.Question) {
				for i := range 51 {
					id := fmt.Sprintf("U1%02d", i)
					d.groups[2].Members = append(d.groups[2].Members, id)
					d.people[id] = operation.Person{ID: id, TeamID: team, Guest: i > 0}
				}
			},
			want: operation.People{IDs: []string{"U100"}, Groups: []string{"S03LEAD"}, More: true}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, q := newDirectory(), question(nobody, ops)
			d.people[lead] = operation.Person{ID: lead, TeamID: team}
			if tt.change != nil {
				tt.change(d, &q)
			}
			if tt.action == "" {
				tt.action = operation.ActionApprove
			}
			src := tt.src
			if tt.action == operation.ActionViewHistory {
				src = `@id("a") @approvals("0") permit (principal, action, resource);`
			}
			got, err := gate(t, d, src).Who(t.Context(), q, tt.action)
			require.NoError(t, err)
			require.Equal(t, tt.want, got)
			require.Equal(t, !tt.want.Everybody && !tt.want.More && tt.want.IDs == nil, got.Nobody())
		})
	}
}

func TestWhoFailsWithIncompleteFacts(t *testing.T) {
	t.Parallel()
	const src = `@id("a") permit (principal in Usergroup::"S01SRE", action == Action::"approve", resource);`
	tests := map[string]func(*directory, *operation.Question){
		"workspace":         func(d *directory, _ *operation.Question) { d.workspaceErr = errSlack },
		"workspace, no id":  func(d *directory, _ *operation.Question) { d.workspace.TeamID = "" },
		"channel":           func(d *directory, _ *operation.Question) { d.channelErr = errSlack },
		"no channel":        func(_ *directory, q *operation.Question) { q.Place.ChannelID = "" },
		"groups":            func(d *directory, _ *operation.Question) { d.groupsErr = errSlack },
		"a named group":     func(d *directory, _ *operation.Question) { d.without("S01SRE") },
		"every person":      func(d *directory, _ *operation.Question) { d.personErr = errSlack },
		"the listener":      func(_ *directory, q *operation.Question) { q.Listener.Name = "" },
		"the action":        func(_ *directory, q *operation.Question) { q.Action = "drop" },
		"what a rule reads": func(_ *directory, q *operation.Question) { q.Account = "" },
	}
	for name, change := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, q := newDirectory(), question(nobody, ops)
			q.Action = operation.ActionApprove
			change(d, &q)
			g := gate(t, d, src+`@id("f") forbid (principal, action, resource) when { resource.account == "none" };`)
			got, err := g.Who(t.Context(), q, q.Action)
			require.Error(t, err)
			require.Equal(t, operation.People{}, got)
		})
	}
	g := gate(t, newDirectory(), broken)
	got, err := g.Who(t.Context(), question(nobody, ops), operation.ActionApprove)
	require.NoError(t, err)
	require.True(t, got.Nobody(), "without a policy nobody may")
}

// Old policies would name people who are no longer permitted.
func TestWhoFailsOnAnOutdatedReplica(t *testing.T) {
	t.Parallel()
	const named = `@id("a") permit (principal in Usergroup::"S01SRE", action == Action::"approve", resource);`
	d := &database{}
	a, b := newReplica(t, d, named), newReplica(t, d, named)
	names := func(r *replica) (operation.People, error) {
		return r.Who(t.Context(), question(nobody, ops), operation.ActionApprove)
	}
	got, err := names(a)
	require.NoError(t, err)
	require.Equal(t, []string{sre, both}, got.IDs)

	b.gets(closed)
	b.decides(operation.DeniedForbidden)
	got, err = names(a)
	require.Equal(t, operation.People{}, got)
	_, old := errors.AsType[*policy.OutdatedError](err)
	require.True(t, old, "%v", err)
	got, err = names(b)
	require.NoError(t, err)
	require.True(t, got.Nobody())

	d.goes(errors.New("planted: the database is away"))
	got, err = names(b)
	require.ErrorContains(t, err, "planted")
	require.Equal(t, operation.People{}, got)
	d.goes(nil)
	a.gets(closed)
	got, err = names(a)
	require.NoError(t, err)
	require.True(t, got.Nobody())
}

// Those who are named are permitted, and all others are not.
func TestWhoAgreesWithDecide(t *testing.T) {
	t.Parallel()
	d := newDirectory()
	g := gate(t, d, house) // in which everybody needs an approval at least
	for _, action := range []operation.Action{operation.ActionRegister, operation.ActionApprove, "undo", "pause"} {
		for _, channel := range []string{incident, ops, secret, direct, fake} {
			q := question("U0SOMEBODY", channel)
			q.Action = action
			got, err := g.Who(t.Context(), q, action)
			require.NoError(t, err)
			for id := range d.people {
				q.Actor.UserID = id
				d := g.Decide(t.Context(), q)
				require.Equal(t, d.Allowed, has(got.IDs, id), "%s by %s in %s: %+v", action, id, channel, got)
				asks := got.WithApproval != nil && has(got.WithApproval.IDs, id)
				require.Equal(t, action == operation.ActionRegister && d.Code == operation.DeniedApproval, asks,
					"%s by %s in %s: %+v", action, id, channel, got.WithApproval)
			}
		}
	}
}
