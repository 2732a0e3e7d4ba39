// Package trail writes the events of the audit trail as Block Kit, one line each.
package trail

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"

	"github.com/slack-go/slack"

	"lbbot/bot/operation"
	"lbbot/bot/slackapp/render"
)

const (
	auditAsked      = "asked by %s"
	auditWhy        = "%s: %s"
	auditBy         = "%s in %s"
	auditReplica    = "replica %s"
	StepLost        = "no longer counts: the approval of %s"
	unknownAudit    = "*" + render.FirstUnknown + "* what this event is: %s. Look with %s."
	listCommand     = "lbbot operations export"
	TimelineNoThing = "a listener"
)

// HasLine reports whether an event has a line.
func HasLine(e operation.Event) bool { return Line(e) != "" }

// Lines is the message for events of the audit channel; the zero message if none has a line.
func Lines(events []operation.Event, skipped int) render.Message {
	var lines []string
	if skipped > 0 {
		lines = append(lines,
			fmt.Sprintf("*%d older lines are not posted.* They are in the trail: `lbbot operations export` shows them.",
				skipped))
	}
	for _, e := range events[:min(len(events), Limit)] {
		if line := Line(e); line != "" {
			lines = append(lines, line)
		}
	}
	if len(lines) == 0 {
		return render.Message{}
	}
	var list []slack.Block
	for _, line := range lines {
		list = append(list, render.Section(line))
	}
	text := lines[0]
	if len(lines) > 1 {
		text = fmt.Sprintf("%s · %d more lines", text, len(lines)-1)
	}
	return render.Message{Text: render.ClampMarkup(text, render.MaxText), Blocks: render.Blocks(list...)}
}

// Line is one event in one line, empty if it is none of those that people
// follow.
func Line(e operation.Event) string {
	var parts []string
	switch e.Kind {
	case operation.EventFinished:
		parts = auditFinished(e)
	case operation.EventDenied:
		parts = auditDenial(e)
	case operation.EventDeniedMore:
		parts = []string{fmt.Sprintf("*Denied %d more times* · %s", e.Summarised(), DeniedWhy(e)), auditPerson(e),
			fmt.Sprintf("about %s", render.Names(ListenersOf(e))),
			fmt.Sprintf("between %s and %s", render.InText(e.Data["first"]), render.InText(e.Data["last"]))}
	case operation.EventApproved, operation.EventNotApproved:
		parts = auditSaid(e)
	case operation.EventBreakGlass:
		if e.Data["why"] == "" {
			return "" // who was told of it; the line of the acceptance says what it is about
		}
		parts = []string{"*Break-glass*", auditThing(e), auditPerson(e),
			render.Prose(e.Data["why"], render.ReasonLimit),
			optional("%s", e.Data["incident"]), optional("%s", e.Data["ref"])}
	case operation.EventPolicy:
		parts = []string{auditRuleSet(e)}
	case operation.EventStarted:
		parts = []string{fmt.Sprintf("*Bot started* · version %s", render.Code(e.Data["version"])),
			optional(auditReplica, e.Data["replica"])}
	case operation.EventEnded:
		parts = []string{fmt.Sprintf("*Bot stopped* · version %s", render.Code(e.Data["version"])),
			optional(auditReplica, e.Data["replica"])}
	case operation.EventPaused:
		parts = []string{"*Bot paused*", auditPerson(e), render.Prose(e.Data["why"], render.ReasonLimit)}
	case operation.EventPauseOver:
		parts = []string{"*Bot resumed*", auditPerson(e)}
	case operation.EventHead:
		parts = []string{fmt.Sprintf("*Audit trail* · head %s", render.Code(e.Data["head"]))}
	case operation.EventPreviewed, operation.EventAccepted, operation.EventCancelled, operation.EventStopped,
		operation.EventAttempt,
		operation.EventAnswered, operation.EventWaiting, operation.EventLook, operation.EventPerson,
		operation.EventStatus, operation.EventTakenBack,
		operation.EventResumed, operation.EventApprovalAsked, operation.EventReminded, operation.EventQuestion,
		operation.EventPreviewedMore:
		return ""
	default:
		parts = auditUnknown(e)
	}
	return strings.Join(render.NonEmpty(append(parts, e.At.UTC().Format("2006-01-02 15:04:05 UTC"))), " · ")
}

// auditUnknown is for a kind of event that this version does not know.
func auditUnknown(e operation.Event) []string {
	look := listCommand
	if e.Data["ref"] != "" {
		look = fmt.Sprintf(render.ShowCommand, e.Data["ref"])
	}
	return []string{fmt.Sprintf(unknownAudit, render.Code(e.Kind), render.Code(look)), auditThing(e), auditPerson(e),
		optional("%s", e.Data["ref"])}
}

func auditFinished(e operation.Event) []string {
	d := e.Data
	word := render.FirstWord(e.Change(), operation.State(d["state"]))
	if !operation.State(d["state"]).Final() {
		word = render.FirstUnknown + ": " + render.InText(d["state"])
	}
	why := optional("%s", d["reason"])
	if d["reason"] != "" && d["code"] != "" {
		why = fmt.Sprintf(auditWhy, render.Code(d["reason"]), render.Code(d["code"]))
	}
	if d["denial"] != "" {
		why = fmt.Sprintf(auditWhy, render.Code(d["reason"]),
			render.Name(render.DenialWords(operation.DenialCode(d["denial"]))))
	}
	if d["no_longer"] != "" {
		why += ", " + fmt.Sprintf(StepLost, render.Mentions(strings.Fields(d["no_longer"])))
	}
	return []string{
		fmt.Sprintf("*%s*", word), auditThing(e),
		why, auditRequester(e), optional("%s", d["ref"]), optional("backend %s", cmp.Or(d["backend_id"], d["target"])),
		optional("request %s", cmp.Or(d["request_ids"], d["request_id"])), auditPolicies(e),
	}
}

func auditDenial(e operation.Event) []string {
	d := e.Data
	what := auditThing(e)
	if d["action"] == string(operation.ActionApprove) && what != "" {
		what = fmt.Sprintf("deciding on %s", what)
	}
	return []string{fmt.Sprintf("*Denied* · %s", render.Code(d["code"])), auditPerson(e), what,
		optional("%s", d["ref"]),
		auditPolicies(e)}
}

// auditSaid is what one person said who was asked for approval.
func auditSaid(e operation.Event) []string {
	word := "*Approved*"
	if e.Kind == operation.EventNotApproved {
		word = "*Not approved*"
	}
	return []string{word, auditThing(e), auditPerson(e), render.Prose(e.Data["reason"], render.ReasonLimit),
		auditRequester(e),
		optional("%s", e.Data["ref"]), auditPolicies(e)}
}

// auditThing is what an event is about: which server, to or from which listener.
func auditThing(e operation.Event) string {
	d := e.Data
	if cmp.Or(d["instance"], d["listener"]) == "" {
		return ""
	}
	return render.SayKind(e.Change(), "%s {to} %s", render.Name(cmp.Or(d["instance_name"], d["instance"])),
		render.Name(cmp.Or(d["listener_name"], d["listener"])))
}

func auditRuleSet(e operation.Event) string {
	digest := e.Data["digest"]
	switch {
	case digest == "":
		return "*No policy* · the policy file cannot be used, so nobody may change anything"
	case e.Data["result"] == "absent":
		return fmt.Sprintf("*Policy not changed* · the policy file is absent; digest %s stays the current one",
			render.Code(digest))
	case e.Data["result"] == "broken":
		return fmt.Sprintf("*Policy not changed* · the policy file cannot be used; digest %s stays the current one",
			render.Code(digest))
	case e.Data["result"] == "good":
		return fmt.Sprintf("*Policy changed* · digest %s is the current one", render.Code(digest))
	}
	return fmt.Sprintf(unknownAudit, render.Code(e.Kind+" "+e.Data["result"]), render.Code(listCommand))
}

// auditPerson is who caused the event, and where.
func auditPerson(e operation.Event) string {
	return render.WhoDid(e, func(who string) string {
		if e.ChannelID == "" {
			return render.Mention(who)
		}
		return fmt.Sprintf(auditBy, render.Mention(who), render.Channel(e.ChannelID))
	})
}

// auditRequester is who asked for what the event is about, and where.
func auditRequester(e operation.Event) string {
	who, where := e.Requester()
	switch {
	case who == "":
		return ""
	case where == "":
		return fmt.Sprintf(auditAsked, render.Mention(who))
	}
	return fmt.Sprintf(auditAsked, fmt.Sprintf(auditBy, render.Mention(who), render.Channel(where)))
}

func auditPolicies(e operation.Event) string {
	var ids []string
	for n := 1; n <= 5 && e.Data["policy_"+strconv.Itoa(n)] != ""; n++ {
		ids = append(ids, render.Code(e.Data["policy_"+strconv.Itoa(n)]))
	}
	if len(ids) == 0 {
		return ""
	}
	return fmt.Sprintf("rules %s", strings.Join(ids, ", "))
}

// optional is a piece that is left out when there is no value.
func optional(format, value string) string {
	if value == "" {
		return ""
	}
	return fmt.Sprintf(format, render.Code(value))
}

// Limit is how many lines go into one message.
const Limit = 20

// ListenersOf are the listeners that a summary names, or a word for none.
func ListenersOf(e operation.Event) []string {
	list := strings.Fields(e.Data["listeners"])
	if len(list) == 0 {
		return []string{TimelineNoThing}
	}
	return list
}

// DeniedWhy are the reasons of the denials that a summary counts.
func DeniedWhy(e operation.Event) string {
	list := strings.Fields(e.Data["codes"])
	for i, c := range list {
		list[i] = render.DenialWords(operation.DenialCode(c))
	}
	return render.Name(strings.Join(list, ", "))
}
