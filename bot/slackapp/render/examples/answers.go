package examples

import (
	"fmt"
	"time"

	"lbbot/bot/operation"
	"lbbot/bot/operation/intake"
	"lbbot/commands"
)

// UsefulDenials are denials by rules, with everything that helps.
func UsefulDenials() map[string]*intake.DeniedError {
	rule, freeze, op := ruleDenial(), freezeDenial(), Sample()
	many := rule
	many.Clauses, many.MoreClauses = nil, 4
	for i := range 20 {
		many.Clauses = append(many.Clauses, clause("payments", "context.weight != 2", i%5 > 0))
	}
	return map[string]*intake.DeniedError{
		"who_can": {Decision: rule, Operation: op,
			Can: &operation.People{IDs: []string{"U0BO", "U0CHEN", "U0DEE"},
				Shown: []string{"U0BO", "U0CHEN", "U0DEE"}}},
		"who_can_some": {Decision: rule, Operation: op,
			Can: &operation.People{IDs: []string{"U0BO", "U0CHEN"}, Shown: []string{"U0BO"}, More: true}},
		"who_can_group": {Decision: rule, Operation: op,
			Can: &operation.People{IDs: []string{"U0BO"}, Groups: []string{"S0LBPAY"}}},
		"who_can_unnamed": {Decision: rule, Operation: op, Can: &operation.People{IDs: []string{"U0BO", "U0CHEN"}}},
		"who_can_nobody":  {Decision: freeze, Operation: op, Can: &operation.People{}},
		"who_can_ask": {Decision: rule, Operation: op,
			Can: &operation.People{WithApproval: &operation.People{IDs: []string{"U0BO", "U0CHEN"},
				Groups: []string{"S0LBPAY"}}}},
		"who_can_or_ask": {Decision: rule, Operation: op,
			Can: &operation.People{IDs: []string{"U0BO"}, Groups: []string{"S0LBPAY"},
				WithApproval: &operation.People{Everybody: true}}},
		"who_can_all":     {Decision: freeze, Operation: op, Can: &operation.People{Everybody: true}},
		"who_can_unknown": {Decision: rule, Operation: op},
		"many_clauses":    {Decision: many, Operation: op, Can: &operation.People{More: true}},
		"place_ask": {Decision: operation.Decision{Code: operation.DeniedNoRule, Person: true, Incident: true,
			Policies: []string{"sre-in-incidents"},
			Clauses:  []operation.Clause{clause("sre-in-incidents", "context.incident", false)}},
			Operation: op, Can: &operation.People{WithApproval: &operation.People{IDs: []string{"U0DEV"},
				Groups: []string{"S02DEV"}}}},
		"who_can_hundreds": {Decision: rule, Operation: op, Can: &operation.People{IDs: ids(300), Shown: ids(300)}},
	}
}

func clause(policy, text string, held bool) operation.Clause {
	return operation.Clause{Policy: policy, Text: text, Held: held}
}

// ruleDenial is a denial because one condition of a rule did not hold.
func ruleDenial() operation.Decision {
	return operation.Decision{Code: operation.DeniedNoRule, Person: true, Channel: true, Groups: []string{"S0LBPAY"},
		In: []string{"S0LBWEB"}, Policies: []string{"payments"}, Contact: "C0OPS", Clauses: []operation.Clause{
			clause("payments", `principal in Usergroup::"S0LBPAY"`, false),
			clause("payments", `action == Action::"register"`, true),
			clause("payments", `resource in LoadBalancer::"lb-31aa"`, true),
			clause("payments", "context.weight <= 50", true),
			clause("payments", "unless context.hour < 6", true)}}
}

// freezeDenial is a denial by two rules that forbid.
func freezeDenial() operation.Decision {
	return operation.Decision{Code: operation.DeniedForbidden, Person: true, Channel: true,
		Policies: []string{"year-end", "night"}, Reason: "changes are frozen until 08:00.", Clauses: []operation.Clause{
			clause("year-end", "context.weekday >= 6", true), clause("year-end", "unless context.incident", true),
			clause("night", `principal == Person::"U0ANA"`, true),
			clause("night", `unless context.channel.id == "C0OPS"`, true)}}
}

func ids(n int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = "U0BO"
	}
	return list
}

// LimitsLeft are limits of a person: some left, none left, and break-glass unused.
func LimitsLeft() []intake.LimitLeft {
	return []intake.LimitLeft{
		{Of: operation.LimitPerson, Left: 7, Limit: 10, In: 10 * time.Minute},
		{Of: operation.LimitListener, Left: 0, Limit: 5, In: 10 * time.Minute, Next: Moment(19, 24, 0)},
		{Of: operation.LimitGlass, Left: 2, Limit: 2, In: 7 * 24 * time.Hour},
	}
}

// Accounts are answers of whoami why.
func Accounts() map[string]intake.WhyAnswer {
	no := UsefulDenials()["who_can"]
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
		op := Sample()
		return intake.WhyAnswer{Explanation: operation.Explanation{Standing: Standing(), Decision: d,
			Rules:  rules,
			Others: 4},
			Listener: op.Listener, Server: op.Server, Weight: 20, Ports: []int{8080, 8081}, Limits: LimitsLeft()}
	}
	asks := answer(operation.Decision{Code: operation.DeniedApproval, Approvals: 1, ReasonRequired: true, Person: true,
		Channel: true})
	asks.Can, asks.Approve = &operation.People{}, &operation.People{IDs: []string{"U0BO"}, Shown: []string{"U0BO"}}
	denied := answer(no.Decision)
	denied.Can, denied.Server, denied.Ports, denied.Weight = no.Can, operation.Server{}, nil, 0
	usual, unread := answer(operation.Decision{Allowed: true, Policies: []string{"x"}}),
		answer(operation.Decision{Allowed: true, Policies: []string{"x"}})
	usual.Usual, unread.Weight, unread.Unread = true, 0, true
	guest := intake.WhyAnswer{Explanation: operation.Explanation{Standing: Standing(),
		Decision: operation.Decision{Code: operation.DeniedGuest}}}
	guest.Standing.Refusal = guest.Decision
	nothing := answer(operation.Decision{Allowed: true})
	nothing.Rules, nothing.Others, nothing.Standing.Groups, nothing.Limits = nil, 1, nil, nil
	many := answer(no.Decision)
	for i := range 30 {
		many.Rules = append(many.Rules, operation.Rule{ID: fmt.Sprintf("rule-%d", i), Permit: true, Holds: i == 29,
			Clauses: UsefulDenials()["many_clauses"].Decision.Clauses})
	}
	return map[string]intake.WhyAnswer{"allowed": answer(operation.Decision{Allowed: true, Policies: []string{"x"}}),
		"approval": asks,
		"denied":   denied, "guest": guest, "no_rules": nothing, "usual_weight": usual, "unread_weight": unread,
		"many_rules": many}
}

// Misspelt is a command in which two names were not found.
func Misspelt() *commands.InputError {
	many := func(format string) (out []commands.Choice) {
		for i := range commands.MaxChoices {
			out = append(out, commands.Choice{Value: fmt.Sprintf(format, i),
				Label: "web · " + fmt.Sprintf(format, i) + " · 10.0.3.17 · SIN1"})
		}
		return out
	}
	return &commands.InputError{
		Problems: []commands.Problem{
			{Field: commands.KeyListener, Text: `No listener called "lst-9". Closest: api-lb/https-443 (lst-0).`,
				Choices: many("lst-%d")},
			{Field: commands.KeyServer, Text: `No server called "wbe". Closest: web-0 (i-0).`, Choices: many("i-%d")},
		},
		Values: commands.Values{commands.KeyWeight: "50"},
		Asked:  commands.Values{commands.KeyWeight: "50", commands.KeyListener: "lst-9", commands.KeyServer: "wbe"},
	}
}
