package policy_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"lbbot/bot/operation"
)

func TestWhyListsEveryRuleForTheActionAndTheListener(t *testing.T) {
	t.Parallel()
	g := gate(t, newDirectory(), `
@id("sre") @approvals("0") permit (principal in Usergroup::"S01SRE", action == Action::"register", resource)
  when { context.incident };
@id("ask") @approvals("2") permit (principal in Usergroup::"S02DEV", action == Action::"register", resource);
@id("db") @approvals("0") permit (principal, action == Action::"register", resource == Listener::"db");
@id("undo") permit (principal, action == Action::"undo", resource);
@id("night") forbid (principal, action, resource) when { context.hour < 6 };`)
	q := question(dev, ops)
	got, err := g.Why(t.Context(), q)
	require.NoError(t, err)
	require.Equal(t, g.Decide(t.Context(), q), got.Decision)
	require.Equal(t, dev, got.Standing.Person.ID)
	require.Equal(t, 2, got.Others)
	register := operation.Clause{Text: `action == Action::"register"`, Held: true}
	with := func(id string, c operation.Clause) operation.Clause { c.Policy = id; return c }
	require.Equal(t, []operation.Rule{
		{ID: "sre", Permit: true, Clauses: []operation.Clause{{Policy: "sre", Text: `principal in Usergroup::"S01SRE"`},
			with("sre", register), {Policy: "sre", Text: "context.incident"}}},
		{ID: "ask", Permit: true, Approvals: 2, Holds: true,
			Clauses: []operation.Clause{{Policy: "ask", Text: `principal in Usergroup::"S02DEV"`, Held: true},
				with("ask", register)}},
		{ID: "night", Clauses: []operation.Clause{{Policy: "night", Text: "context.hour < 6"}}},
	}, got.Rules)
}

func TestWhyNamesTheCheckThatFailedBeforeThePolicy(t *testing.T) {
	t.Parallel()
	d := newDirectory()
	g := gate(t, d, permissive)
	q := question(guest, ops)
	got, err := g.Why(t.Context(), q)
	require.NoError(t, err)
	require.Equal(t, operation.DeniedGuest, got.Decision.Code)
	require.Empty(t, got.Rules)

	q = question(sre, ops)
	q.Listener.Name = ""
	got, err = g.Why(t.Context(), q)
	require.NoError(t, err)
	require.Equal(t, operation.FactListener, got.Decision.What)

	d.groupsErr = errSlack
	got, err = g.Why(t.Context(), question(sre, ops))
	require.ErrorIs(t, err, errSlack)
	require.False(t, got.Decision.Allowed)
	require.Empty(t, got.Rules)
}
