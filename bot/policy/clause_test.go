package policy_test

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"lbbot/bot/operation"
)

// account decides and writes the clauses as people would.
func account(t *testing.T, src string, q operation.Question) []string {
	t.Helper()
	d := gate(t, newDirectory(), src).Decide(t.Context(), q)
	var out []string
	for _, c := range d.Clauses {
		mark := "no "
		if c.Held {
			mark = "yes"
		}
		out = append(out, mark+" "+c.Policy+": "+c.Text)
	}
	return out
}

func TestDecisionAccountsForEachClauseAsCedarWritesIt(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		src     string
		person  string
		channel string
		want    []string
	}{
		"a permit that holds": {
			`@id("a") @approvals("0") permit (principal in Usergroup::"S01SRE", action == Action::"register", ` +
				`resource is Listener) when { context.incident };`,
			sre, incident, []string{`yes a: principal in Usergroup::"S01SRE"`, `yes a: action == Action::"register"`,
				`yes a: context.incident`}},
		"a permit that asks for approval": {
			`@id("a") @approvals("2") permit (principal, action == Action::"register", resource) when { ` +
				`resource.name like "web-*" };`,
			sre, ops, []string{`yes a: action == Action::"register"`, `yes a: resource.name like "web-*"`}},
		"the nearest permit": {
			`@id("far") @approvals("0") permit (principal in Usergroup::"S02DEV", action, resource)
  when { context.incident && context.weight > 50 };
@id("near") @approvals("0") permit (principal in Usergroup::"S01SRE", action, resource)
  when { context.incident && context.weight <= 50 };`,
			sre, ops, []string{`yes near: principal in Usergroup::"S01SRE"`, `no  near: context.incident`,
				`yes near: context.weight <= 50`}},
		"the nearest permit is for other listeners": {
			`@id("other") @approvals("0") permit (principal in Usergroup::"S01SRE",
  action, resource == Listener::"lsn-9");
@id("udp") @approvals("0") permit (principal in Usergroup::"S01SRE", action, resource)
  when { resource.protocol == "UDP" };`,
			sre, ops, []string{`yes udp: principal in Usergroup::"S01SRE"`, `no  udp: resource.protocol == "UDP"`}},
		"only permits of other listeners": {
			`@id("other") @approvals("0") permit (principal in Usergroup::"S01SRE", action, resource == ` +
				`Listener::"lsn-9");`, sre, ops, nil},
		"no permit at all": {`@id("f") forbid (principal, action == Action::"undo", resource);`, sre, ops, nil},
		"all forbids that hold": {
			`@id("a") @approvals("0") permit (principal, action, resource);
@id("f") forbid (principal, action, resource)
  when { context.hour == 12 } unless { context.incident || principal == Person::"U0BOTH" };
@id("g") forbid (principal, action, resource in LoadBalancer::"lb-1");
@id("h") forbid (principal, action, resource in LoadBalancer::"lb-2");`,
			sre, ops, []string{`yes f: context.hour == 12`, `yes f: unless context.incident`,
				`yes f: unless principal == Person::"U0BOTH"`, `yes g: resource in LoadBalancer::"lb-1"`}},
		"line breaks, comments and brackets": {
			"@id(\"a\") @reason(\"permit (\") @approvals(\"0\") permit (\n  principal, // who\n  action,\n  " +
				"resource,\n)\nwhen { (context.incident // x && y\n  && (context.weight\n <= 50 || " +
				"context.hour>=8)) && !(context.channel.private && context.incident) };",
			sre, ops, []string{`no  a: context.incident`, `yes a: context.weight <= 50 || context.hour >= 8`,
				`yes a: !(context.channel.private && context.incident)`}},
		"an if, and texts with operators": {
			`@id("a") @approvals("0") permit (principal, action, resource) when { if context.incident then true ` +
				`else context.channel.name == "a && b" && context.weight == 1 } when { context.channel.name != "x ` +
				`|| ; }" && true } unless { context.incident && false };`,
			sre, ops, []string{`no  a: if context.incident then true else context.channel.name == "a && b" && ` +
				`context.weight == 1`,
				`yes a: context.channel.name != "x || ; }"`, `yes a: true`, `yes a: unless context.incident && false`}},
		"an or that keeps the and within together": {
			`@id("a") @approvals("0") permit (principal, action, resource) when { ` +
				`context.incident&&context.weight<=50 || context.hour>=13 } unless { ` +
				`(context.incident||context.hour<6)||context.weight>50&&context.incident };`,
			sre, ops, []string{`no  a: context.incident && context.weight <= 50 || context.hour >= 13`,
				`yes a: unless context.incident`,
				`yes a: unless context.hour < 6`, `yes a: unless context.weight > 50 && context.incident`}},
		"a set of actions": {
			`@id("a") @approvals("0") permit (principal, action in [Action::"register", Action::"undo"], resource ` +
				`== Listener::"lsn-web");`,
			sre, ops, []string{`yes a: action in [Action::"register", Action::"undo"]`,
				`yes a: resource == Listener::"lsn-web"`}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tt.want, account(t, tt.src, question(tt.person, tt.channel)))
		})
	}
}

func TestTheAccountOfADecisionIsBounded(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString(`@id("a") @approvals("0") permit (principal, action, resource)`)
	for i := range 100 {
		fmt.Fprintf(&b, "\nwhen { context.weight != %d }", 200+i)
	}
	b.WriteString("\nwhen { context.incident } when { context.channel.name != \"" + strings.Repeat("é", 500) + "\" };")
	d := gate(t, newDirectory(), b.String()).Decide(t.Context(), question(sre, ops))
	require.Equal(t, operation.DeniedNoRule, d.Code)
	require.Len(t, d.Clauses, 24)
	require.Equal(t, 102-24, d.MoreClauses)
	require.Equal(t, operation.Clause{Policy: "a", Text: "context.incident"}, d.Clauses[23],
		"what did not hold is kept")

	long := gate(t, newDirectory(), `@id("a") @approvals("0") permit (principal, action, resource) when { `+
		`context.channel.name != "`+strings.Repeat("é", 500)+`" };`).
		Decide(t.Context(), question(sre, ops))
	require.Equal(t, 160, utf8.RuneCountInString(long.Clauses[0].Text))
	require.True(t, strings.HasSuffix(long.Clauses[0].Text, "…"))

	hidden := gate(t, newDirectory(), "@id(\"a\") @approvals(\"0\") permit (principal, action, resource) when { "+
		"context.channel.name != \"x\u202ey\" };").
		Decide(t.Context(), question(sre, ops))
	require.Equal(t, `context.channel.name != "x\u{202e}y"`, hidden.Clauses[0].Text)
}

func TestWhatAPermitAsksForIsInTheDecision(t *testing.T) {
	t.Parallel()
	const src = `
@id("lead") @approvals("0") permit (principal in Usergroup::"S02DEV", action == Action::"register", resource);
@id("explain") @approvals("0") @requires("reason") permit (principal in Usergroup::"S01SRE",
  action == Action::"register", resource) when { context.weight <= 50 };
@id("ask") @approvals("2") @approvers_channel("C0LEADS") @requires("reason") permit (principal,
  action == Action::"register", resource);
@id("glass") @requires("reason") permit (principal in Usergroup::"S01SRE", action == Action::"breakGlass", resource);`
	g := gate(t, newDirectory(), src)
	heavy := func(person string) operation.Question {
		q := question(person, ops)
		q.Weight = 51
		return q
	}
	glass := heavy(sre)
	glass.Action = operation.ActionBreakGlass
	tests := map[string]struct {
		q    operation.Question
		want operation.Decision
	}{
		"a reason, no approval": {question(sre, ops), operation.Decision{Allowed: true,
			Policies: []string{"explain"}, ReasonRequired: true}},
		"no reason before a reason": {question(both, ops), operation.Decision{Allowed: true,
			Policies: []string{"lead"}}},
		"two approvals and a reason": {heavy(sre), operation.Decision{Code: operation.DeniedApproval, Approvals: 2,
			ApproversChannel: "C0LEADS", Policies: []string{"ask"}, ReasonRequired: true}},
		"break-glass": {glass, operation.Decision{Allowed: true, Policies: []string{"glass"}, ReasonRequired: true}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := g.Decide(t.Context(), tt.q)
			tt.want.Person, tt.want.Channel, tt.want.Digest = true, true, g.Status().Digest
			d.Clauses, d.In = nil, nil
			require.Equal(t, tt.want, d)
		})
	}
}
