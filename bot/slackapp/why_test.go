package slackapp

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot/operation"
	"lbbot/bot/operation/intake"
	"lbbot/bot/slackapp/render/private"
	"lbbot/bot/slackapp/render/rendertest"
)

func lefts() []intake.LimitLeft {
	return []intake.LimitLeft{
		{Of: operation.LimitPerson, Left: 7, Limit: 10, In: 10 * time.Minute},
		{Of: operation.LimitListener, Left: 0, Limit: 5, In: 10 * time.Minute, Next: rendertest.Moment(19, 24, 0)},
		{Of: operation.LimitGlass, Left: 2, Limit: 2, In: 7 * 24 * time.Hour},
	}
}

// accounts are answers of whoami why.
func accounts() map[string]intake.WhyAnswer {
	no := usefulNos()["who_can"]
	clauses := func(held bool) []operation.Clause {
		return []operation.Clause{{Text: `principal in Usergroup::"S0LBPAY"`, Held: held},
			{Text: `action == Action::"register"`, Held: true}}
	}
	rules := []operation.Rule{
		{ID: "payments", Permit: true, Clauses: clauses(false)},
		{ID: "others-ask", Permit: true, Approvals: 1, Holds: true, Clauses: clauses(true)},
		{ID: "year-end", Clauses: []operation.Clause{{Text: "context.weekday >= 6"}}},
	}
	answer := func(d operation.Decision) intake.WhyAnswer {
		op := rendertest.Sample()
		return intake.WhyAnswer{Explanation: operation.Explanation{Standing: rendertest.Standing(), Decision: d,
			Rules:  rules,
			Others: 4},
			Listener: op.Listener, Server: op.Server, Weight: 20, Ports: []int{8080, 8081}, Limits: lefts()}
	}
	asks := answer(operation.Decision{Code: operation.DeniedApproval, Approvals: 1, ReasonRequired: true, Person: true,
		Channel: true})
	asks.Can, asks.Approve = &operation.People{}, &operation.People{IDs: []string{"U0BO"}, Shown: []string{"U0BO"}}
	denied := answer(no.Decision)
	denied.Can, denied.Server, denied.Ports, denied.Weight = no.Can, operation.Server{}, nil, 0
	usual, unread := answer(operation.Decision{Allowed: true, Policies: []string{"x"}}),
		answer(operation.Decision{Allowed: true, Policies: []string{"x"}})
	usual.Usual, unread.Weight, unread.Unread = true, 0, true
	guest := intake.WhyAnswer{Explanation: operation.Explanation{Standing: rendertest.Standing(),
		Decision: operation.Decision{Code: operation.DeniedGuest}}}
	guest.Standing.Refusal = guest.Decision
	nothing := answer(operation.Decision{Allowed: true})
	nothing.Rules, nothing.Others, nothing.Standing.Groups, nothing.Limits = nil, 1, nil, nil
	many := answer(no.Decision)
	for i := range 30 {
		many.Rules = append(many.Rules, operation.Rule{ID: fmt.Sprintf("rule-%d", i), Permit: true, Holds: i == 29,
			Clauses: usefulNos()["many_clauses"].Decision.Clauses})
	}
	return map[string]intake.WhyAnswer{"allowed": answer(operation.Decision{Allowed: true, Policies: []string{"x"}}),
		"approval": asks,
		"denied":   denied, "guest": guest, "no_rules": nothing, "usual_weight": usual, "unread_weight": unread,
		"many_rules": many}
}

func TestTheAccountOfADecisionIsBoundedAndKeepsWhatDecides(t *testing.T) {
	t.Parallel()
	m := private.Account(accounts()["many_rules"], fixedWording())
	requireMessage(t, m)
	visible := shownText(t, m)
	require.Contains(t, visible, "Rule rule-29 *holds*", "a rule that holds is not left out")
	require.Contains(t, visible, "25 more rules are left out")
	require.Equal(t, private.MaxAccountRules, strings.Count(visible, "*holds*: it")+
		strings.Count(visible, "*does not hold*: it"))
}

func TestWhoIsRefusedIsToldNoNames(t *testing.T) {
	t.Parallel()
	visible := shownText(t, private.Account(accounts()["guest"], fixedWording()))
	for _, name := range []string{"api-lb", "payments", "https-443"} {
		require.NotContains(t, visible, name)
	}
}

func TestWhoamiWhyGoesAllTheWay(t *testing.T) {
	t.Parallel()
	r := open(t, nil)
	r.types(ana, incident, "whoami why api-lb/https-443 web-07 weight=20")
	m := r.sees(ana, incident, "Why, step by step", "adding web-07 to https-443", "Decision")
	require.True(t, m.Ephemeral)
	r.types(ana, incident, "whoami why api-lb/htps-443")
	r.sees(ana, incident, "Not done", "No listener called")
	r.types(ana, partner, "whoami why api-lb/https-443")
	m = r.sees(ana, partner, "shared with another organization")
	require.False(t, has(m, "https-443"), "nothing is looked up where nothing may be done")
	require.Empty(t, r.shelf.events, "asking why is noted nowhere")
	r.calm()
}
