package slackapp

import (
	"fmt"
	"strings"

	"github.com/slack-go/slack"

	"lbbot/bot/operation"
	"lbbot/bot/operation/intake"
	"lbbot/commands"
)

// maxSteps is how many steps a status answer shows, the latest ones.
const maxSteps = 20

// statusMessage says where an operation stands: its state now, each step with
// its time, who, Zenlayer's ids, and where its card is.
func statusMessage(op operation.Operation, events []operation.Event, link string) message {
	now := stands(op)
	skipped := max(0, len(events)-maxSteps)
	var lines []string
	if skipped > 0 {
		lines = append(lines, fmt.Sprintf("(%d earlier steps are left out.)", skipped))
	}
	for _, e := range events[skipped:] {
		lines = append(lines, stepLine(e))
	}
	if len(lines) == 0 {
		lines = []string{"No steps are stored."}
	}
	ids := ""
	if op.BackendID != "" {
		ids = fieldBackend + " " + code(op.BackendID)
	}
	if id := firstOf(op.RequestID, op.Fault.RequestID); id != "" {
		ids = strings.Join(nonEmpty([]string{ids, fieldRequest + " " + code(id)}), " · ")
	}
	return private(fmt.Sprintf("%s: %s. %s to %s, by %s.", op.Ref, now, serverName(op, short), listenerPort(op, short),
		actorName(op.Actor)),
		section("*"+op.Ref+"*", fmt.Sprintf("*Now:* %s.", now),
			fmt.Sprintf("%s to %s, by %s", serverName(op, name), listenerName(op, name), person(op.Actor.UserID)),
			statusApproval(op), ids),
		section(lines...), actions(openButton(op, link)))
}

// stepLine is one line of the audit trail.
func stepLine(e operation.Event) string {
	parts := []string{dated(e.At) + "  " + stepWords(e.Kind)}
	parts = append(parts, nonEmpty([]string{whoDid(e, person)})...)
	if e.Kind == operation.EventDenied {
		parts[0] = joinWords(parts[0]+":", stepDenied(e))
	}
	for _, key := range stepData() {
		v := e.Data[key]
		switch {
		case v == "", key == "missing" && v == "0", key == "code" && e.Kind == operation.EventDenied:
		case key == "code" && operation.DenialCode(v).Known():
			parts = append(parts, name(denialWords(operation.DenialCode(v))))
		case key == "denial":
			parts = append(parts, name(denialWords(operation.DenialCode(v))))
		case key == "no_longer":
			parts = append(parts, fmt.Sprintf(stepLost, persons(strings.Fields(v))))
		case key == "reason" && e.Kind == operation.EventFinished:
			parts = append(parts, name(reasonWords(operation.Reason(v))))
		default:
			parts = append(parts, strings.ReplaceAll(key, "_", " ")+" "+code(clamp(clean(v), nameLimit)))
		}
	}
	return strings.Join(parts, " · ")
}

// stepDenied says what was denied, in words.
func stepDenied(e operation.Event) string {
	words := denialWords(operation.DenialCode(e.Data["code"]))
	if e.Data["action"] == string(operation.ActionApprove) {
		words = fmt.Sprintf(historyApprove, words)
	}
	return prose(words, nameLimit)
}

// stepData are the parts of an event that a person can use; others stay in
// the audit export.
func stepData() []string {
	return []string{"attempt", "number", "outcome", "code", "reason", "status", "backend_id", "request_id", "for",
		"answer", "approvals", "missing", "again", "reminder", "why", "incident", "denial", "no_longer"}
}

// whoamiMessage tells a person what the bot sees of them, with every id ready
// to paste into the policy.
func whoamiMessage(s operation.Standing, limits []intake.LimitLeft, w wording) message {
	fit := "no rule fits you here"
	switch n := len(s.Rules); {
	case s.Refusal.Code != "" || n == 0:
	case n == 1:
		fit = "1 rule fits you here"
	default:
		fit = fmt.Sprintf("%d rules fit you here", n)
	}
	rules := "*Rules that fit you here:* none, so I would say no."
	if len(s.Rules) > 0 {
		rules = fmt.Sprintf(
			"*Rules that fit you here:* %s. Weight, ports, time and listener are looked at when you ask.",
			names(s.Rules))
	}
	small := ""
	if clean(s.Policy) != "" {
		small = fmt.Sprintf(whoamiPolicy, name(s.Policy))
	}
	return private(fmt.Sprintf("You are %s in workspace %s; %s.", short(s.Person.ID), short(s.Workspace.TeamID), fit),
		section(fmt.Sprintf(whoamiPerson, person(s.Person.ID), entity("Person", s.Person.ID)),
			fmt.Sprintf(whoamiPlace, code(s.Workspace.TeamID), channelVerdict(s))),
		section(groupLines(s.Groups)...), denialBlock(s.Refusal, w), section(rules, limitsLine(limits)),
		contextLine(small))
}

// entity is an id as the policy writes it.
func entity(kind, id string) string { return code(kind + `::"` + clean(id) + `"`) }

func groupLines(list []operation.Group) []string {
	if len(list) == 0 {
		return []string{"*Your groups:* none that I can see."}
	}
	lines := []string{"*Your groups, ready for the policy:*"}
	for i, g := range list {
		if i == maxSteps {
			lines = append(lines, fmt.Sprintf(inputMore, len(list)-maxSteps))
			break
		}
		lines = append(lines, fmt.Sprintf("• %s %s", entity("Usergroup", g.ID), name(firstOf(g.Handle, g.Name, g.ID))))
	}
	return lines
}

// channelVerdict is what the bot sees of the channel.
func channelVerdict(s operation.Standing) string {
	c := s.Channel
	parts := []string{code(c.ID)}
	switch {
	case c.Shared:
		parts = append(parts, "shared with another organisation")
	case c.Direct:
		parts = append(parts, "direct message")
	default:
		parts = append(parts, "internal")
	}
	if c.Private && !c.Direct {
		parts = append(parts, "private")
	}
	if c.Archived {
		parts = append(parts, "archived")
	}
	if s.Incident {
		parts = append(parts, "incident channel")
	}
	if !c.Member && !c.Direct {
		parts = append(parts, "I am not in it")
	}
	return strings.Join(parts, ", ")
}

// helpMessage shows one page of help. Its commands are in code style, to be
// copied.
func helpMessage(p commands.HelpPage) message {
	lines := make([]string, 0, len(p.Lines))
	for _, l := range p.Lines {
		if !strings.HasPrefix(l, commands.Name) {
			lines = append(lines, prose(l, saidLimit))
			continue
		}
		lines = append(lines, code(l))
	}
	list := []slack.Block{section(fmt.Sprintf("*%s*", prose(p.Title, nameLimit)))}
	for _, part := range paragraphs(lines) {
		list = append(list, section(part...))
	}
	return private(fmt.Sprintf("Help: %s", prose(p.Title, nameLimit)+". "+strings.Join(nonEmpty(lines), " ")), list...)
}

// paragraphs cuts lines into pieces that fit a section.
func paragraphs(lines []string) [][]string {
	var out [][]string
	var part []string
	size := 0
	for _, l := range lines {
		if size+len(l)+1 > maxSection && len(part) > 0 {
			out, part, size = append(out, part), nil, 0
		}
		part = append(part, l)
		size += len(l) + 1
	}
	return append(out, part)
}

// Slack's errors for a channel that cannot be posted to
// (docs.slack.dev/reference/methods/chat.postMessage).
const (
	slackNotInChannel    = "not_in_channel"
	slackChannelNotFound = "channel_not_found"
	slackIsArchived      = "is_archived"
	slackNoMessage       = "message_not_found"
)

// channelWords says why a channel cannot have the result, for Slack's error.
func channelWords(channelID, slackError string, w wording) string {
	switch slackError {
	case slackNotInChannel:

		return fmt.Sprintf("I am not in %s, so I cannot post there. Invite me with /invite %s, or choose another channel.", channel(channelID), w.mentioned())
	case slackChannelNotFound:
		if strings.HasPrefix(channelID, "D") {
			return denyDirect
		}
		return fmt.Sprintf("I cannot see the channel %s, so I cannot post there. Invite me with /invite %s, or choose another channel.", channel(channelID), w.mentioned())
	case slackIsArchived:
		return fmt.Sprintf("%s is archived, so I cannot post there. Choose another channel.", channel(channelID))
	}
	return fmt.Sprintf("Slack does not let me post in %s. Choose another channel.", channel(channelID))
}

// channelMessage answers a request whose result could not be posted where it
// was asked to go.
func channelMessage(channelID, slackError string, w wording) message {
	return notSent(channelWords(channelID, slackError, w))
}
