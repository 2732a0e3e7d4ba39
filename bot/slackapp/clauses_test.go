package slackapp

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lbbot/bot/operation"
	"lbbot/bot/operation/intake"
	"lbbot/bot/slackapp/render/examples"
	"lbbot/bot/slackapp/render/private"
)

// aboutListener are the words of a condition that is too long to be told.
const aboutListener = "a condition about the listener (see the policy file)"

func TestConditionsReadAsWords(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`principal in Usergroup::"S0LBPAY"`:              "you are in <!subteam^S0LBPAY>",
		`unless principal in Usergroup::"S0LBPAY"`:       "you are not in <!subteam^S0LBPAY>",
		`principal == Person::"U0BO"`:                    "you are <@U0BO>",
		`context.channel.id == "C0OPS"`:                  "you ask from <#C0OPS>",
		`action == Action::"register"`:                   "it is about adding a server",
		`action == Action::"undo"`:                       "it is about taking an addition back",
		`resource == Listener::"lst-8f2c"`:               "the listener is `lst-8f2c`",
		`resource in LoadBalancer::"lb-31aa"`:            "the listener is on the load balancer `lb-31aa`",
		"context.incident":                               "this is an incident channel",
		"unless context.incident":                        "this is no incident channel",
		"context.weight <= 50":                           "the weight is at most 50",
		"unless context.weight <= 50":                    "the weight is above 50",
		"context.weight > 50":                            "the weight is above 50",
		"unless context.weight > 50":                     "the weight is at most 50",
		"context.hour >= 8":                              "the hour (UTC) is at least 8",
		"unless context.hour < 6":                        "the hour (UTC) is at least 6",
		"context.weekday > 5":                            "the weekday (UTC, Monday is 1) is above 5",
		`resource.name == "https-443"`:                   "the listener is called `https-443`",
		`action in [Action::"register", Action::"undo"]`: "it is about one of the actions `register`, `undo`",
		`unless action in [Action::"undo"]`:              "a condition about the action (see the policy file)",
		`action in [Action::"register", resource.name]`: "a condition about the action, the listener (see " +
			"the policy file)",
		`resource.name like "prod-*"`:                            aboutListener,
		`unless resource.name like "context.weight \"principal"`: aboutListener,
		"context.weight <= 50 || context.incident": "a condition about the weight, this channel (see " +
			"the policy file)",
		`principal == Person::"U0" || principal == Person::"U1"`: "a condition about you (see the policy file)",
		`principal in Usergroup::"S0LBPAY…`:                      "a condition about you (see the policy file)",
		"context.weight != 50":                                   "a condition about the weight (see the policy file)",
		"context.weight <= secret":                               "a condition about the weight (see the policy file)",
		"1 == 2":                                                 "another condition (see the policy file)",
		"":                                                       "another condition (see the policy file)",
	} {
		require.Equal(t, want, private.ClauseWords(text), text)
	}
}

// Whatever a condition is, its text stands in no message.
func TestTextOfAPolicyStandsInNoMessage(t *testing.T) {
	t.Parallel()
	conditions := []string{
		`resource.name like "canary-*"`, `["canary"].contains(resource.name)`, `context.ports.containsAny([canary])`,
		`context.instance.id == "canary"`,
		`if context.incident then canary else true`, `principal == Person::"canary`, `action in [Action::"canary()"]`,
		`context.channel.name == "canary"`,
		`context.weight <= canary`, `resource.account == "canary" && context.hour > 3`, `canary`,
		`resource in LoadBalancer::"lb\"canary"`,
		`context.weekday == 1 /* canary`, `principal in [Usergroup::"canary"]`,
	}
	for _, condition := range conditions {
		for _, prefix := range []string{"", "unless "} {
			for _, code := range []operation.DenialCode{operation.DeniedNoRule, operation.DeniedForbidden} {
				clauses := []operation.Clause{{Policy: "p", Text: prefix + condition},
					{Policy: "p", Text: prefix + condition, Held: true}}
				d := operation.Decision{Code: code, Policies: []string{"p"}, Clauses: clauses}
				denied := private.Denied(&intake.DeniedError{Decision: d, Operation: examples.Sample()},
					fixedWording())
				why := private.Account(intake.WhyAnswer{Listener: examples.Sample().Listener,
					Explanation: operation.Explanation{
						Decision: d, Rules: []operation.Rule{{ID: "p", Clauses: clauses}}}}, fixedWording())
				require.NotContains(t, string(encodeMessage(t, denied)), "canary", condition)
				require.NotContains(t, string(encodeMessage(t, why)), "canary", condition)
				require.Contains(t, string(encodeMessage(t, why)), "condition", condition)
			}
		}
	}
}

func TestThatAPauseIsOfTheBotIsNotShownAsACondition(t *testing.T) {
	t.Parallel()
	d := operation.Decision{Code: operation.DeniedNoRule, Action: operation.ActionPause, Policies: []string{"p"},
		Clauses: []operation.Clause{{Policy: "p", Text: `resource == Bot::"lbbot"`, Held: true},
			{Policy: "p", Text: "context.incident"}}}
	m := private.Denied(&intake.DeniedError{Decision: d}, fixedWording())
	require.Contains(t, shownText(t, m), "does not hold:")
	require.NotContains(t, shownText(t, m), "listener")
}

func TestWhatDidNotHoldIsShownBeforeWhatHeld(t *testing.T) {
	t.Parallel()
	m := private.Denied(examples.UsefulDenials()["many_clauses"], fixedWording())
	visible := shownText(t, m)
	require.Equal(t, 4, strings.Count(visible, "does not hold:"))
	require.Equal(t, 4, strings.Count(visible, "• holds:"))
	require.Contains(t, visible, "and 16 more conditions")
}

// Ana may add pay-01 in an incident channel only; developers may ask for it
// anywhere. "This listener can be changed only from an incident channel" and
// "Who can ask, with approval" contradicted each other.
func TestWhoMayAskElsewhereAndWhoHereDoNotContradict(t *testing.T) {
	t.Parallel()
	visible := shownText(t, private.Denied(examples.UsefulDenials()["place_ask"], fixedWording()))
	require.Contains(t, visible, "You can ask for this only in an incident channel. Here these people can "+
		"ask, with approval: members of <!subteam^S02DEV> (1 person).")
	require.NotContains(t, visible, "Who can")
	require.NotContains(t, visible, "listener can be changed")
}

func TestNobodyIsNamedWhomTheRulesDoNotLetBeNamed(t *testing.T) {
	t.Parallel()
	for name, e := range examples.UsefulDenials() {
		if e.Can == nil {
			continue
		}
		e.Can.IDs, e.Can.Shown = append(e.Can.IDs, "U0HIDDEN"), append([]string{}, e.Can.Shown...)
		require.NotContains(t, string(encodeMessage(t, private.Denied(e, fixedWording()))), "U0HIDDEN", name)
	}
}

func TestTheLineToHandOverIsOfferedOnlyWhenSomebodyCanTypeIt(t *testing.T) {
	t.Parallel()
	for name, offered := range map[string]bool{"who_can": true, "who_can_group": true, "who_can_unknown": true,
		"who_can_nobody": false, "who_can_all": true} {
		m := private.Denied(examples.UsefulDenials()[name], fixedWording())
		require.Equal(t, offered, strings.Contains(shownText(t, m), private.HandOver), name)
	}
	guest := &intake.DeniedError{Decision: operation.Decision{Code: operation.DeniedGuest},
		Operation: examples.Sample()}
	require.NotContains(t, shownText(t, private.Denied(guest, fixedWording())), private.HandOver)
}

func TestADenialSaysInItsTextHowManyCan(t *testing.T) {
	t.Parallel()
	require.Equal(t, "Not sent: you may not add servers to https-443 on api-lb. 3 people can.",
		private.Denied(examples.UsefulDenials()["who_can"], fixedWording()).Text)
	require.Contains(t, private.Denied(examples.UsefulDenials()["who_can_group"], fixedWording()).Text,
		" 1 person can.")
}
