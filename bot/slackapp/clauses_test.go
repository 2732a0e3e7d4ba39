package slackapp

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lbbot/bot/operation"
)

// usefulNos are denials by rules, with everything that helps.
func usefulNos() map[string]*operation.DeniedError {
	clause := func(policy, text string, held bool) operation.Clause {
		return operation.Clause{Policy: policy, Text: text, Held: held}
	}
	rule := operation.Decision{Code: operation.DeniedNoRule, Person: true, Channel: true, Groups: []string{"S0LBPAY"}, In: []string{"S0LBWEB"},
		Policies: []string{"payments"}, Contact: "C0OPS", Clauses: []operation.Clause{
			clause("payments", `principal in Usergroup::"S0LBPAY"`, false), clause("payments", `action == Action::"register"`, true),
			clause("payments", `resource in LoadBalancer::"lb-31aa"`, true), clause("payments", "context.weight <= 50", true),
			clause("payments", "unless context.hour < 6", true)}}
	freeze := operation.Decision{Code: operation.DeniedForbidden, Person: true, Channel: true, Policies: []string{"year-end", "night"},
		Reason: "changes are frozen until 08:00.", Clauses: []operation.Clause{
			clause("year-end", "context.weekday >= 6", true), clause("year-end", "unless context.incident", true),
			clause("night", `principal == Person::"U0ANA"`, true), clause("night", `unless context.channel.id == "C0OPS"`, true)}}
	many := rule
	many.Clauses, many.MoreClauses = nil, 4
	for i := range 20 {
		many.Clauses = append(many.Clauses, clause("payments", "context.weight != 2", i%5 > 0))
	}
	op := sample()
	return map[string]*operation.DeniedError{
		"who_can":          {Decision: rule, Operation: op, Can: &operation.People{IDs: []string{"U0BO", "U0CHEN", "U0DEE"}, Shown: []string{"U0BO", "U0CHEN", "U0DEE"}}},
		"who_can_some":     {Decision: rule, Operation: op, Can: &operation.People{IDs: []string{"U0BO", "U0CHEN"}, Shown: []string{"U0BO"}, More: true}},
		"who_can_group":    {Decision: rule, Operation: op, Can: &operation.People{IDs: []string{"U0BO"}, Groups: []string{"S0LBPAY"}}},
		"who_can_unnamed":  {Decision: rule, Operation: op, Can: &operation.People{IDs: []string{"U0BO", "U0CHEN"}}},
		"who_can_nobody":   {Decision: freeze, Operation: op, Can: &operation.People{}},
		"who_can_ask":      {Decision: rule, Operation: op, Can: &operation.People{Ask: &operation.People{IDs: []string{"U0BO", "U0CHEN"}, Groups: []string{"S0LBPAY"}}}},
		"who_can_or_ask":   {Decision: rule, Operation: op, Can: &operation.People{IDs: []string{"U0BO"}, Groups: []string{"S0LBPAY"}, Ask: &operation.People{Everybody: true}}},
		"who_can_all":      {Decision: freeze, Operation: op, Can: &operation.People{Everybody: true}},
		"who_can_unknown":  {Decision: rule, Operation: op},
		"many_clauses":     {Decision: many, Operation: op, Can: &operation.People{More: true}},
		"who_can_hundreds": {Decision: rule, Operation: op, Can: &operation.People{IDs: ids(300), Shown: ids(300)}},
	}
}

func ids(n int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = "U0BO"
	}
	return list
}

func TestConditionsReadAsWords(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`principal in Usergroup::"S0LBPAY"`:                      "you are in <!subteam^S0LBPAY>",
		`unless principal in Usergroup::"S0LBPAY"`:               "you are not in <!subteam^S0LBPAY>",
		`principal == Person::"U0BO"`:                            "you are <@U0BO>",
		`context.channel.id == "C0OPS"`:                          "you ask from <#C0OPS>",
		`action == Action::"register"`:                           "it is about adding a server",
		`action == Action::"undo"`:                               "it is about the action `undo`",
		`resource == Listener::"lst-8f2c"`:                       "the listener is `lst-8f2c`",
		`resource in LoadBalancer::"lb-31aa"`:                    "the listener is on the load balancer `lb-31aa`",
		"context.incident":                                       "this is an incident channel",
		"unless context.incident":                                "this is no incident channel",
		"context.weight <= 50":                                   "the weight is at most 50",
		"unless context.weight <= 50":                            "the weight is above 50",
		"context.weight > 50":                                    "the weight is above 50",
		"unless context.weight > 50":                             "the weight is at most 50",
		"unless context.hour < 6":                                "not: `context.hour &lt; 6`",
		`resource.name like "prod-*"`:                            "`resource.name like \"prod-*\"`",
		"context.weight <= 50 || context.incident":               "`context.weight &lt;= 50 || context.incident`",
		`principal == Person::"U0" || principal == Person::"U1"`: "`principal == Person::\"U0\" || principal == Person::\"U1\"`",
		`principal in Usergroup::"S0LBPAY…`:                      "`principal in Usergroup::\"S0LBPAY…`",
	} {
		require.Equal(t, want, clauseWords(text), text)
	}
}

func TestWhatDidNotHoldIsShownBeforeWhatHeld(t *testing.T) {
	t.Parallel()
	m := deniedMessage(usefulNos()["many_clauses"], fixedWording())
	visible := shownText(t, m)
	require.Equal(t, 4, strings.Count(visible, "does not hold:"))
	require.Equal(t, 4, strings.Count(visible, "• holds:"))
	require.Contains(t, visible, "and 16 more conditions")
}

func TestNobodyIsNamedWhomTheRulesDoNotLetBeNamed(t *testing.T) {
	t.Parallel()
	for name, e := range usefulNos() {
		if e.Can == nil {
			continue
		}
		e.Can.IDs, e.Can.Shown = append(e.Can.IDs, "U0HIDDEN"), append([]string{}, e.Can.Shown...)
		require.NotContains(t, string(encodeMessage(t, deniedMessage(e, fixedWording()))), "U0HIDDEN", name)
	}
}

func TestTheLineToHandOverIsOfferedOnlyWhenSomebodyCanTypeIt(t *testing.T) {
	t.Parallel()
	for name, offered := range map[string]bool{"who_can": true, "who_can_group": true, "who_can_unknown": true, "who_can_nobody": false, "who_can_all": true} {
		m := deniedMessage(usefulNos()[name], fixedWording())
		require.Equal(t, offered, strings.Contains(shownText(t, m), handOver), name)
	}
	guest := &operation.DeniedError{Decision: operation.Decision{Code: operation.DeniedGuest}, Operation: sample()}
	require.NotContains(t, shownText(t, deniedMessage(guest, fixedWording())), handOver)
}

func TestADenialSaysInItsTextHowManyCan(t *testing.T) {
	t.Parallel()
	require.Equal(t, "Not sent: you may not add servers to https-443 on api-lb. 3 people can.", deniedMessage(usefulNos()["who_can"], fixedWording()).Text)
	require.Contains(t, deniedMessage(usefulNos()["who_can_group"], fixedWording()).Text, " 1 person can.")
}
