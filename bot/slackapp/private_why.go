package slackapp

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/slack-go/slack"
	"go.uber.org/zap"

	"lbbot/bot/operation"
	"lbbot/commands"
)

// How much of an account is shown; nobody reads more, and Slack takes 50 blocks.
const (
	maxAccountRules   = 8
	maxAccountClauses = 6
)

// why answers whoami why.
func (a *App) why(ctx context.Context, d delivery, values commands.Values) {
	reg, err := commands.BuildWhy(values)
	if err == nil {
		var w operation.WhyAnswer
		if w, err = a.Intake.Why(ctx, reg, d.Actor, a.place(d)); err == nil {
			a.tell(ctx, d, accountMessage(w, a.wording()))
			return
		}
	}
	if e, ok := errors.AsType[*commands.InputError](err); ok {
		e.Values, e.Asked = nil, nil // a question is no request: there is no form or preview to go on in
	}
	a.tell(ctx, d, a.problem(ctx, d, err))
}

// limits is how much a person may still do; nothing when that cannot be read.
func (a *App) limits(ctx context.Context, d delivery) []operation.Left {
	left, err := a.Intake.Left(ctx, d.Actor, "")
	if err != nil {
		a.Log.Warn("limits could not be read", zap.Error(err))
	}
	return left
}

// accountMessage explains one decision step by step. Only the asker sees it.
func accountMessage(a operation.WhyAnswer, w wording) message {
	s, d := a.Standing, a.Decision
	if a.Listener.ID == "" {
		said := refusal(d, w)
		if d.Code == operation.DeniedNoPolicy {
			said = denyNoPolicy
		}
		return private(fmt.Sprintf(accountText, denyThis, fmt.Sprintf(accountNo, denialText(d, operation.Operation{}, said))),
			section(fmt.Sprintf(whoamiPerson, person(s.Person.ID), entity("Person", s.Person.ID)), fmt.Sprintf(whoamiPlace, code(s.Workspace.TeamID), channelVerdict(s))),
			section(fmt.Sprintf(accountRefused, said)))
	}
	op := operation.Operation{Listener: a.Listener, Server: a.Server}
	op.Request.ListenerID, op.Request.InstanceID = a.Listener.ID, a.Server.ID
	op.Request.PortList, op.Request.Weight = a.Ports, a.Weight
	server, unnamed := accountAnyServer, accountNoServer
	if a.Server.ID != "" {
		server, unnamed = serverName(op, name), ""
	}
	decided, sentence := accountDecided(d, op, w)
	list := []slack.Block{
		section(fmt.Sprintf(accountTitle, server, listenerName(op, name), portCode(a.Ports), weightCode(a.Weight)), unnamed, accountWeight(a)),
		section(fmt.Sprintf(accountPerson, person(s.Person.ID), entity("Person", s.Person.ID), code(s.Workspace.TeamID)),
			fmt.Sprintf(accountChannel, channelVerdict(s)), groupsLine(s.Groups)),
	}
	list = append(list, accountOfRules(a)...)
	list = append(list, section(append(append([]string{fmt.Sprintf(accountDecision, decided)}, accountPeople(a)...), limitsLine(a.Limits))...))
	small := ""
	if clean(s.Policy) != "" {
		small = fmt.Sprintf(whoamiPolicy, name(s.Policy))
	}
	return private(fmt.Sprintf(accountText, listenerName(op, short), sentence), append(list, contextLine(small))...)
}

// accountWeight says where a weight comes from that nobody gave.
func accountWeight(a operation.WhyAnswer) string {
	switch {
	case a.Usual:
		return accountUsual
	case a.Fault.Answered():
		return fmt.Sprintf(accountAnswered, answeredHow(a.Fault), prose(a.Fault.Words(), saidLimit))
	case a.Unread:
		return accountUnread
	}
	return ""
}

func groupsLine(list []operation.Group) string {
	if len(list) == 0 {
		return accountNoGroups
	}
	ids := make([]string, len(list))
	for i, g := range list {
		ids[i] = g.ID
	}
	return fmt.Sprintf(accountGroups, groups(ids))
}

// accountDecided is the decision in words, and the same for the fallback text.
func accountDecided(d operation.Decision, op operation.Operation, w wording) (said, text string) {
	reason := ""
	if d.ReasonRequired {
		reason = accountReason
	}
	switch {
	case d.Allowed:
		return joinWords(accountYes, reason, accountAgain), accountYes
	case d.Code == operation.DeniedApproval:
		once := fmt.Sprintf(accountOnce, agreeing(d.Approvals))
		return joinWords(once, reason, accountAgain), once
	}
	sentence, why := denial(d, op, w)
	text = fmt.Sprintf(accountNo, sentence)
	if d.Code == operation.DeniedNoRule || d.Code == operation.DeniedForbidden {
		text = fmt.Sprintf(accountNo, capital(denialText(d, op, sentence)))
	}
	return joinWords(fmt.Sprintf(accountNo, sentence), why), text
}

func joinWords(parts ...string) string { return strings.Join(nonEmpty(parts), " ") }

func agreeing(n int) string {
	if n == 1 {
		return accountAgreesOne
	}
	return fmt.Sprintf(accountAgrees, n)
}

func rulesWord(n int) string {
	if n == 1 {
		return accountRulesOne
	}
	return fmt.Sprintf(accountRulesMany, n)
}

// accountOfRules shows each rule with its conditions.
func accountOfRules(a operation.WhyAnswer) []slack.Block {
	others := ""
	if a.Others > 0 {
		others = fmt.Sprintf(accountOthers, rulesWord(a.Others))
	}
	if len(a.Rules) == 0 {
		return []slack.Block{section(joinWords(accountNoRules, others))}
	}
	list := []slack.Block{section(fmt.Sprintf(accountRules, joinWords(rulesWord(len(a.Rules))+".", others)))}
	rules := a.Rules
	if len(rules) > maxAccountRules {
		rules = slices.Clone(rules)
		slices.SortStableFunc(rules, func(x, y operation.Rule) int { return rank(x) - rank(y) })
		rules = rules[:maxAccountRules]
	}
	for _, r := range rules {
		kept, left := fewer(r.Clauses, maxAccountClauses)
		lines := []string{ruleLine(r)}
		for _, c := range kept {
			lines = append(lines, clauseLine(c))
		}
		list = append(list, section(append(lines, moreClauses(left))...))
	}
	if left := len(a.Rules) - len(rules); left > 0 {
		list = append(list, section(fmt.Sprintf(accountMoreRules, left)))
	}
	return list
}

// rank puts the rules that decide first.
func rank(r operation.Rule) int {
	if r.Holds {
		return 0
	}
	return 1
}

func ruleLine(r operation.Rule) string {
	form, does := accountFails, accountPermit
	switch {
	case r.Holds && !r.Permit:
		form, does = accountHolds, accountForbids
	case r.Holds && r.Approvals > 0:
		form, does = accountHolds, fmt.Sprintf(accountAsks, agreeing(r.Approvals))
	case r.Holds:
		form, does = accountHolds, accountPermits
	case !r.Permit:
		does = accountForbid
	case r.Approvals > 0:
		does = fmt.Sprintf(accountAsk, agreeing(r.Approvals))
	}
	return fmt.Sprintf(form, name(r.ID), does)
}

// accountPeople says who could do it, and who could approve it.
func accountPeople(a operation.WhyAnswer) []string {
	label := canLabel
	if a.Decision.Allowed {
		label = accountElse
	}
	if a.Decision.Code == operation.DeniedApproval {
		return []string{whoCan(accountAlone, a.Can), whoCan(accountApprove, a.Approve)}
	}
	return whoCanLines(label, a.Can)
}

// limitsLine is how much is left of each limit.
func limitsLine(list []operation.Left) string {
	var parts []string
	for _, l := range list {
		words := ""
		switch l.Of {
		case operation.LimitPerson:
			words = limitPerson
		case operation.LimitListener:
			words = limitListener
		case operation.LimitGlass:
			words = limitGlass
		default:
			continue
		}
		words = fmt.Sprintf(words, l.Left, l.Limit, short(l.In))
		if l.Left == 0 && !l.Next.IsZero() {
			words = fmt.Sprintf(limitNext, words, clock(l.Next))
		}
		parts = append(parts, words)
	}
	if len(parts) == 0 {
		return ""
	}
	return fmt.Sprintf(limitsLabel, strings.Join(parts, " · "))
}
