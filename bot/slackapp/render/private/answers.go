package private

import (
	"fmt"
	"strings"

	"github.com/slack-go/slack"

	"lbbot/bot/operation"
	"lbbot/bot/operation/intake"
	"lbbot/bot/slackapp/render"
	"lbbot/bot/slackapp/render/card"
	"lbbot/bot/slackapp/render/trail"
	"lbbot/commands"
)

const (
	historyApprove = "not allowed to decide: %s"
	DenyDirect     = "I am not in this direct message, and nobody can invite me to it. Use a channel, or a direct " +
		"message with me."
)

// maxSteps is how many steps a status answer shows, the latest ones.
const maxSteps = 20

// Status says where an operation stands: its state now, each step with
// its time, who, Zenlayer's ids, and where its card is.
func Status(op operation.Operation, events []operation.Event, link string) render.Message {
	now := render.Stands(op)
	skipped := max(0, len(events)-maxSteps)
	var lines []string
	if skipped > 0 {
		lines = append(lines, fmt.Sprintf("(%d earlier steps are left out.)", skipped))
	}
	for _, e := range events[skipped:] {
		lines = append(lines, StepLine(e))
	}
	if len(lines) == 0 {
		lines = []string{"No steps are stored."}
	}
	ids := ""
	if op.BackendID != "" {
		ids = card.FieldBackend + " " + render.Code(op.BackendID)
	}
	if id := render.FirstOf(op.RequestID, op.Fault.RequestID); id != "" {
		ids = strings.Join(render.NonEmpty([]string{ids, card.FieldRequest + " " + render.Code(id)}), " · ")
	}
	return render.Ephemeral(render.Say(op, render.InText, "{ref}: %s: "+render.Subject(op)+" {port}, by %s.", now,
		render.ActorName(op.Actor)),
		render.Section("*"+op.Ref+"*", fmt.Sprintf("*Now:* %s.", now),
			render.Say(op, render.Name, render.Subject(op)+" {listener}, by %s", render.Mention(op.Actor.UserID)),
			StatusApproval(op), ids),
		render.Section(lines...), render.Actions(render.OpenButton(op, link)))
}

// StepLine is one line of the audit trail.
func StepLine(e operation.Event) string {
	parts := []string{render.Dated(e.At) + "  " + render.StepWords(e.Kind)}
	parts = append(parts, render.NonEmpty([]string{render.WhoDid(e, render.Mention)})...)
	if e.Kind == operation.EventDenied {
		parts[0] = joinWords(parts[0]+":", stepDenied(e))
	}
	kind := e.Change()
	for _, key := range stepData() {
		v := e.Data[key]
		switch {
		case v == "", key == "missing" && v == "0", key == "code" && e.Kind == operation.EventDenied:
		case key == "code" && operation.DenialCode(v).Known():
			parts = append(parts, render.Name(render.DenialWords(operation.DenialCode(v))))
		case key == "denial":
			parts = append(parts, render.Name(render.DenialWords(operation.DenialCode(v))))
		case key == "no_longer":
			parts = append(parts, fmt.Sprintf(trail.StepLost, render.Mentions(strings.Fields(v))))
		case key == "reason" && e.Kind == operation.EventFinished:
			parts = append(parts, render.Name(render.ReasonWords(kind, operation.Reason(v))))
		case key == "answer" && (v == operation.AnswerThere || v == operation.AnswerNotThere):
			parts = append(parts, answerWords(kind, v))
		default:

			parts = append(parts, strings.ReplaceAll(key, "_", " ")+" "+
				render.Code(render.Clamp(render.Clean(v), render.NameLimit)))
		}
	}
	return strings.Join(parts, " · ")
}

// answerWords is what a person said about what became of a call.
func answerWords(k operation.ChangeKind, answer string) string {
	done, notDone := render.Outcomes(k)
	if answer == operation.AnswerThere {
		return done
	}
	return notDone
}

// stepDenied says what was denied, in words.
func stepDenied(e operation.Event) string {
	words := render.DenialWords(operation.DenialCode(e.Data["code"]))
	if e.Data["action"] == string(operation.ActionApprove) {
		words = fmt.Sprintf(historyApprove, words)
	}
	return render.Prose(words, render.NameLimit)
}

// stepData are the parts of an event that a person can use; others stay in
// the audit export.
func stepData() []string {
	return []string{"attempt", "number", "outcome", "code", "reason", "status", "backend_id", "request_id", "for",
		"answer", "approvals", "missing", "again", "reminder", "why", "incident", "denial", "no_longer", "undone_by"}
}

// Whoami tells a person what the bot sees of them, with every id ready
// to paste into the policy.
func Whoami(s operation.Standing, limits []intake.LimitLeft, w render.Wording) render.Message {
	fit := "no rule fits you here"
	switch n := len(s.Rules); {
	case s.Refusal.Code != "" || n == 0:
	case n == 1:
		fit = "1 rule fits you here"
	default:
		fit = fmt.Sprintf("%d rules fit you here", n)
	}
	rules := "*Rules that fit you here:* none, so I would deny a request."
	if len(s.Rules) > 0 {
		rules = fmt.Sprintf(
			"*Rules that fit you here:* %s. Weight, ports, time and listener are checked when you ask.",
			render.Names(s.Rules))
	}
	small := ""
	if render.Clean(s.Policy) != "" {
		small = fmt.Sprintf(whoamiPolicy, render.Name(s.Policy))
	}
	return render.Ephemeral(fmt.Sprintf("You are %s in workspace %s; %s.", render.InText(s.Person.ID),
		render.InText(s.Workspace.TeamID), fit),
		render.Section(fmt.Sprintf(whoamiPerson, render.Mention(s.Person.ID), entity("Person", s.Person.ID)),
			fmt.Sprintf(whoamiPlace, render.Code(s.Workspace.TeamID), channelVerdict(s))),
		render.Section(groupLines(s.Groups)...), denialBlock(s.Refusal, w), render.Section(rules, limitsLine(limits)),
		render.ContextLine(small))
}

// entity is an id as the policy writes it.
func entity(kind, id string) string { return render.Code(kind + `::"` + render.Clean(id) + `"`) }

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
		lines = append(lines, fmt.Sprintf("• %s %s", entity("Usergroup", g.ID),
			render.Name(render.FirstOf(g.Handle, g.Name, g.ID))))
	}
	return lines
}

// channelVerdict is what the bot sees of the channel.
func channelVerdict(s operation.Standing) string {
	c := s.Channel
	parts := []string{render.Code(c.ID)}
	switch {
	case c.Shared:
		parts = append(parts, "shared with another organization")
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

// Help shows one page of help. Its commands are in code style, to be
// copied.
func Help(p commands.HelpPage) render.Message {
	lines := make([]string, 0, len(p.Lines))
	for _, l := range p.Lines {
		if !strings.HasPrefix(l, commands.Name) {
			lines = append(lines, render.Prose(l, render.SaidLimit))
			continue
		}
		lines = append(lines, render.Code(l))
	}
	title := render.Prose(p.Title, render.SaidLimit)
	list := []slack.Block{render.Section(fmt.Sprintf("*%s*", title))}
	for _, part := range paragraphs(lines) {
		list = append(list, render.Section(part...))
	}
	return render.Ephemeral(fmt.Sprintf("Help: %s", title+". "+
		strings.Join(render.NonEmpty(lines), " ")), list...)
}

// paragraphs cuts lines into pieces that fit a section.
func paragraphs(lines []string) [][]string {
	var out [][]string
	var part []string
	size := 0
	for _, l := range lines {
		if size+len(l)+1 > render.MaxSection && len(part) > 0 {
			out, part, size = append(out, part), nil, 0
		}
		part = append(part, l)
		size += len(l) + 1
	}
	return append(out, part)
}

// channelWords says why a channel cannot have the result, for Slack's error.
func channelWords(channelID, slackError string, w render.Wording) string {
	switch slackError {
	case "not_in_channel":
		return fmt.Sprintf("I am not in %s, so I cannot post there. Invite me with /invite %s, or choose another "+
			"channel.", render.Channel(channelID), w.Mentioned())
	case "channel_not_found":
		if strings.HasPrefix(channelID, "D") {
			return DenyDirect
		}
		return fmt.Sprintf("I cannot see the channel %s, so I cannot post there. Invite me with /invite %s, or "+
			"choose another channel.", render.Channel(channelID), w.Mentioned())
	case "is_archived":
		return fmt.Sprintf("%s is archived, so I cannot post there. Choose another channel.", render.Channel(channelID))
	}
	return fmt.Sprintf("Slack does not let me post in %s. Choose another channel.", render.Channel(channelID))
}

// ChannelRefused answers a request whose result could not be posted where it
// was asked to go.
func ChannelRefused(channelID, slackError string, w render.Wording) render.Message {
	return NotSent(channelWords(channelID, slackError, w))
}
