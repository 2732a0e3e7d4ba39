package private

import (
	"fmt"
	"slices"
	"strings"

	"github.com/slack-go/slack"

	"lbbot/bot/operation"
	"lbbot/bot/operation/intake"
	"lbbot/bot/slackapp/render"
)

const (
	whoamiPerson = "*You:* %s\n%s"
	whoamiPlace  = "*Workspace:* %s · *Channel:* %s"
	whoamiPolicy = "Policy %s"
	accountText  = "Why, for %s: %s"
	accountHolds = "Rule %s *holds*: it %s."
	accountYes   = "yes, without approval."
	accountNo    = "no. %s"
	accountAgain = "The policy is checked again at your click and right before the call."
	canLabel     = "*Who can:* %s"
	denyThis     = "this listener"
	denyNoPolicy = "No policy is loaded, so nobody may change anything through me."
)

// How much of an account is shown; nobody reads more, and Slack takes 50 blocks.
const (
	MaxAccountRules   = 8
	maxAccountClauses = 6
)

// Account explains one decision step by step. Only the asker sees it.
func Account(a intake.WhyAnswer, w render.Wording) render.Message {
	s, d := a.Standing, a.Decision
	if a.Listener.ID == "" {
		said := Refusal(d, w)
		if d.Code == operation.DeniedNoPolicy {
			said = denyNoPolicy
		}
		return render.Ephemeral(fmt.Sprintf(accountText, denyThis,
			fmt.Sprintf(accountNo, denialText(d, operation.Operation{}, said))),
			render.Section(fmt.Sprintf(whoamiPerson, render.Mention(s.Person.ID), entity("Person", s.Person.ID)),
				fmt.Sprintf(whoamiPlace, render.Code(s.Workspace.TeamID), channelVerdict(s))),
			render.Section(fmt.Sprintf("*Decision:* no. %s", said)))
	}
	op := operation.Operation{Listener: a.Listener, Server: a.Server}
	op.Request.ListenerID, op.Request.InstanceID = a.Listener.ID, a.Server.ID
	op.Request.PortList, op.Request.Weight = a.Ports, a.Weight
	server, unnamed := "a server", "No server was given, so I assumed a bare metal server that no rule names."
	if a.Server.ID != "" {
		server, unnamed = render.ServerName(op, render.Name), ""
	}
	decided, sentence := accountDecided(d, op, w)
	list := []slack.Block{
		render.Section(fmt.Sprintf("*Why, step by step:* adding %s to %s, %s, %s.", server,
			render.ListenerName(op, render.Name), render.PortPhrase(op), render.WeightPhrase(a.Weight)), unnamed,
			accountWeight(a)),
		render.Section(fmt.Sprintf("1. *Person:* ok. %s %s, workspace %s", render.Mention(s.Person.ID),
			entity("Person", s.Person.ID),
			render.Code(s.Workspace.TeamID)),
			fmt.Sprintf("2. *Channel:* ok. %s", channelVerdict(s)), groupsLine(s.Groups)),
	}
	list = append(list, accountOfRules(a)...)
	list = append(list, render.Section(append(
		append([]string{fmt.Sprintf("5. *Decision:* %s", decided)}, accountPeople(a)...),
		limitsLine(a.Limits))...))
	small := ""
	if render.Clean(s.Policy) != "" {
		small = fmt.Sprintf(whoamiPolicy, render.Name(s.Policy))
	}
	return render.Ephemeral(fmt.Sprintf(accountText, render.ListenerName(op, render.InText), sentence),
		append(list, render.ContextLine(small))...)
}

// accountWeight says where a weight comes from that nobody gave.
func accountWeight(a intake.WhyAnswer) string {
	switch {
	case a.Usual:
		return "No weight was given, so I took the one that most servers on this listener have, as a request would."
	case a.Fault.Answered():
		return fmt.Sprintf("No weight was given, and I could not read which one most servers on this listener have, "+
			"since %s: %s. So I assumed the default weight. Add `weight=` to be certain.", render.AnsweredHow(a.Fault),
			render.Prose(a.Fault.Words(), render.SaidLimit))
	case a.Unread:
		return "No weight was given, and I could not read which one most servers on this listener have, so I assumed " +
			"the default weight. Add `weight=` to be certain."
	}
	return ""
}

func groupsLine(list []operation.Group) string {
	if len(list) == 0 {
		return "3. *Groups that you are in:* none that I can see."
	}
	ids := make([]string, len(list))
	for i, g := range list {
		ids[i] = g.ID
	}
	return fmt.Sprintf("3. *Groups that you are in:* %s", render.Groups(ids))
}

// accountDecided is the decision in words, and the same for the fallback text.
func accountDecided(d operation.Decision, op operation.Operation, w render.Wording) (said, text string) {
	reason := ""
	if d.ReasonRequired {
		reason = "A reason is required: add `reason=`."
	}
	switch {
	case d.Allowed:
		return joinWords(accountYes, reason, accountAgain), accountYes
	case d.Code == operation.DeniedApproval:
		once := fmt.Sprintf("yes, once %s.", agreeing(d.Approvals))
		return joinWords(once, reason, accountAgain), once
	}
	sentence, why := Denial(d, op, w)
	text = fmt.Sprintf(accountNo, sentence)
	if d.Code == operation.DeniedNoRule || d.Code == operation.DeniedForbidden {
		text = fmt.Sprintf(accountNo, render.Capital(denialText(d, op, sentence)))
	}
	return joinWords(fmt.Sprintf(accountNo, sentence), why), text
}

func joinWords(parts ...string) string { return strings.Join(render.NonEmpty(parts), " ") }

func agreeing(n int) string {
	if n == 1 {
		return "1 other person approves"
	}
	return fmt.Sprintf("%d other people approve", n)
}

// rulesCount says how many of all rules are about adding to the listener.
func rulesCount(n, all int) string {
	switch {
	case n == 0 && all == 0:
		return "none."
	case n == 0:
		return fmt.Sprintf("none of %d applies to adding here.", all)
	case n == 1:
		return fmt.Sprintf("1 of %d applies to adding here.", all)
	}
	return fmt.Sprintf("%d of %d apply to adding here.", n, all)
}

// accountOfRules shows each rule with its conditions.
func accountOfRules(a intake.WhyAnswer) []slack.Block {
	list := []slack.Block{render.Section("4. *Rules:* " + rulesCount(len(a.Rules), len(a.Rules)+a.Others))}
	rules := a.Rules
	if len(rules) > MaxAccountRules {
		rules = slices.Clone(rules)
		slices.SortStableFunc(rules, func(x, y operation.Rule) int { return rank(x) - rank(y) })
		rules = rules[:MaxAccountRules]
	}
	for _, r := range rules {
		kept, left := fewer(telling(r.Clauses), maxAccountClauses)
		lines := []string{ruleLine(r)}
		for _, c := range kept {
			lines = append(lines, clauseLine(c))
		}
		list = append(list, render.Section(append(lines, moreClauses(left))...))
	}
	if left := len(a.Rules) - len(rules); left > 0 {
		list = append(list, render.Section(fmt.Sprintf("%d more rules are left out; those that hold come first.",
			left)))
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
	form, does := "Rule %s *does not hold*: it would %s.", "permit this"
	switch {
	case r.Holds && !r.Permit:
		form, does = accountHolds, "forbids this"
	case r.Holds && r.Approvals > 0:
		form, does = accountHolds, fmt.Sprintf("permits this once %s", agreeing(r.Approvals))
	case r.Holds:
		form, does = accountHolds, "permits this"
	case !r.Permit:
		does = "forbid this"
	case r.Approvals > 0:
		does = fmt.Sprintf("permit this once %s", agreeing(r.Approvals))
	}
	return fmt.Sprintf(form, render.Name(r.ID), does)
}

// accountPeople says who could do it, and who could approve it.
func accountPeople(a intake.WhyAnswer) []string {
	label := canLabel
	if a.Decision.Allowed {
		label = "*Who else can:* %s"
	}
	if a.Decision.Code == operation.DeniedApproval {
		return []string{whoCan("*Who can without approval:* %s", a.Can), whoCan("*Who may approve:* %s", a.Approve)}
	}
	return whoCanLines(label, a.Can)
}

// limitsLine is how much is left of each limit.
func limitsLine(list []intake.LimitLeft) string {
	var parts []string
	for _, l := range list {
		words := ""
		switch l.Of {
		case operation.LimitPerson:
			words = "%d of your %d changes in %s"
		case operation.LimitListener:
			words = "%d of %d changes to this listener in %s"
		case operation.LimitGlass:
			words = "%d of your %d with break-glass in %s"
		default:
			continue
		}
		words = fmt.Sprintf(words, l.Left, l.Limit, render.Window(l.In))
		if l.Left == 0 && !l.Next.IsZero() {
			words = fmt.Sprintf("%s, next one at %s", words, render.Clock(l.Next))
		}
		parts = append(parts, words)
	}
	if len(parts) == 0 {
		return ""
	}
	return fmt.Sprintf("*Limits left:* %s.", strings.Join(parts, " · "))
}
