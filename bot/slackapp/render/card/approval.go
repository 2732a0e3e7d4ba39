package card

import (
	"fmt"
	"strings"

	"github.com/slack-go/slack"

	"lbbot/bot/operation"
	"lbbot/bot/slackapp/render"
)

const (
	waitingStop = "Stopping, as %s asked."
	reasonNone  = "none given"
	askText     = "Waiting: %s asks to {add} {server} {to} {port}. Needs %s, until %s. {ref}."
	askProgress = "%d of %d: %s. %s"
	AskDenied   = "Denied by %s: %s"
)

// ApprovalEvent names the metadata of the card in the approvers' channel, as
// CardEvent does for the operation's own.
const ApprovalEvent = "lbbot_approval"

// Approval is the card in the approvers' channel. Once it is decided it
// is the card of the operation.
func Approval(op operation.Operation, w render.Wording) render.Message {
	w.Approvers = true
	m := Of(op, w)
	m.Metadata.EventType = ApprovalEvent
	return m
}

// waitingForPeople is the card of an operation that others must agree to: the
// one on which they do, or a short one that says where they are asked.
func waitingForPeople(op operation.Operation, w render.Wording) card {
	if op.Approval == nil {
		return waitingCard(op)
	}
	if AsksElsewhere(op) && !w.Approvers {
		return askedCard(op, w)
	}
	return approvalCard(op, w)
}

// askedCard says where approval is asked for.
func askedCard(op operation.Operation, w render.Wording) card {
	a := op.Approval
	if w.Posted {
		c := firstCard(op)
		c.body = append(c.body, render.Section(fmt.Sprintf("Approval by %s was asked for in %s, until %s.",
			render.NeedsCount(a.Needed, a.Who), render.Channel(a.Channel), render.Clock(a.ExpiresAt))))
		return c
	}
	c := card{text: askingText(op, askText), small: []string{op.Ref, fmt.Sprintf(waitingSmall,
		render.ClockAndUTC(a.AskedAt))}}
	lines := []string{
		fmt.Sprintf("*Waiting* for approval, asked in %s. Nothing is sent yet.", render.Channel(a.Channel)), Follows,
		headline(op, toDo),
		fmt.Sprintf("Needs %s, until %s.", render.NeedsCount(a.Needed, a.Who), render.Clock(a.ExpiresAt)),
		askedAgain(op), progress(*a), resumed(op),
	}
	if ending := decidedSoon(op); ending != "" {
		lines = append(lines, ending)
	} else {
		c.buttons = append(c.buttons, stopButton(op))
	}
	c.body = []slack.Block{render.Section(lines...)}
	return c
}

// approvalCard asks for agreement, and has the buttons for it.
func approvalCard(op operation.Operation, w render.Wording) card {
	a := op.Approval
	text, header, after := askText, "Waiting for approval · %s", ""
	if w.Posted {
		text, header, after = "Asked: %s asks to {add} {server} {to} {port}, with approval by %s until %s. {ref}.",
			"Asked for approval · %s", "The result follows here."
	}
	please := decidedSoon(op)
	if please == "" {
		please = fmt.Sprintf("*Please approve or deny:* %s. Not %s, who asks.", render.NeedsOf(a.Needed, a.Who),
			render.Mention(op.Actor.UserID))
	}
	c := card{
		text: askingText(op, text), header: fmt.Sprintf(header, op.Ref),
		body: []slack.Block{
			render.Section(please, askedAgain(op), askedFor(op)),
			render.Section(
				fmt.Sprintf("*Reason:* %s   ·   asked in %s", render.FirstOf(render.Prose(op.Purpose,
					render.ReasonLimit), reasonNone),
					render.Channel(op.Place.ChannelID)),
				progress(*a), resumed(op), after),
			render.ContextLine(askNotes(op)...),
			render.Section(render.RiskLines(op, "*Risk when it was asked:* %s")...),
		},
		stays: w.Posted && len(a.Votes) == 0 && a.Again == "" && decidedSoon(op) == "",
		small: []string{
			fmt.Sprintf("%s is %s · %s is %s", render.ServerName(op, render.Name),
				render.Code(render.FirstOf(op.Server.ID, op.Request.InstanceID)),
				render.ListenerName(op, render.Name), render.Code(render.FirstOf(op.Listener.ID,
					op.Request.ListenerID))),
			askTimesOf(*a, w),
		},
	}
	if decidedSoon(op) == "" {
		c.buttons = approvalButtons(op)
		if !AsksElsewhere(op) {
			c.buttons = append(c.buttons, stopButton(op))
		}
		c.buttons = append(c.buttons, approvalMenu(op))
	}
	return c
}

// askingText tells the whole story in one line.
func askingText(op operation.Operation, format string) string {
	a := op.Approval
	text := inText(op, format, render.ActorName(op.Actor), render.NeedsCount(a.Needed, a.Who), render.UTC(a.ExpiresAt))
	if n := len(a.Votes); n > 0 {
		text += " " + fmt.Sprintf(askProgress, n, a.Needed, render.Voters(a.Votes, render.ActorName),
			missing(a.Missing()))
	}
	switch a.Again {
	case operation.AgainPicture:
		text += " " + "Approved, but something changed since."
	case operation.AgainRules:
		if lost := lostWords(op, render.ActorName); lost != "" {
			text += " " + fmt.Sprintf("%s Needed: %s.", lost, moreApprovals(a.Missing()))
			break
		}
		text += " " + fmt.Sprintf("The policy changed; %s.", moreApprovals(a.Missing()))
	}
	return text
}

func moreApprovals(n int) string {
	if n == 1 {
		return "one more approval"
	}
	return fmt.Sprintf("%d more approvals", n)
}

// progress is who agreed so far, and how many are missing.
func progress(a operation.Approval) string {
	if len(a.Votes) == 0 {
		return ""
	}
	list := make([]string, len(a.Votes))
	for i, v := range a.Votes {
		list[i] = fmt.Sprintf("%s at %s", render.Mention(v.By.UserID), render.Clock(v.At))
	}
	return fmt.Sprintf(askProgress, len(a.Votes), a.Needed, strings.Join(list, ", "), missing(a.Missing()))
}

func missing(n int) string {
	switch n {
	case 0:
		return ""
	case 1:
		return "One more."
	}
	return fmt.Sprintf("%d more.", n)
}

// decidedSoon is what was said that ends the waiting, until the run has taken
// it; empty while an answer still counts.
func decidedSoon(op operation.Operation) string {
	switch {
	case op.StopBy != "":
		return fmt.Sprintf(waitingStop, render.Mention(op.StopBy))
	case op.Approval.Denied != nil:
		return fmt.Sprintf(AskDenied, render.Mention(op.Approval.Denied.By.UserID),
			render.Sentence(op.Approval.Denied.Reason))
	}
	return ""
}

func askNotes(op operation.Operation) []string {
	var notes []string
	if op.Listener.HealthCheck == nil {
		notes = append(notes, fmt.Sprintf("*Note:* %s",
			"Zenlayer did not say whether this listener has health checks."))
	}
	all := render.Notes(op)
	if op.Change == operation.ChangeRemove {
		p := op.Approval.Picture
		all = append(render.NonEmpty([]string{render.Takes(op, p, ""), render.Stays(p)}), all...)
	}
	if len(all) > 0 { // the card may not be editable later
		notes = append(notes, "*When it was asked:* "+all[0])
		notes = append(notes, all[1:min(len(all), render.MaxAlerts)]...)
	}
	return notes
}

// askTimesOf is when it was asked, ends, and is said again.
func askTimesOf(a operation.Approval, w render.Wording) string {
	s := fmt.Sprintf("Asked %s. Ends %s at the latest.", render.ClockAndUTC(a.AskedAt), render.Clock(a.ExpiresAt))
	var at []string
	for _, d := range w.Reminders {
		if t := a.AskedAt.Add(d); t.Before(a.ExpiresAt) {
			at = append(at, render.Clock(t))
		}
	}
	if len(at) > 0 {
		s += fmt.Sprintf(" Reminder at %s if it is not decided.", strings.Join(at, render.GlassAnd))
	}
	return s
}

func approvalButtons(op operation.Operation) []slack.BlockElement {
	text, label := "Approve", "Approve {adding} {server} {to} {listener}"
	confirm := inObject(op, "Approve {adding} {server} {to} {port}? It runs at once.")
	if op.Approval.Again == operation.AgainPicture {
		text, label = "Approve as it is now", "Approve as it is now: {adding} {server} {to} {listener}"
	}
	if n := op.Approval.Missing(); n > 1 {
		confirm = inObject(op, "Approve {adding} {server} {to} {port}? It runs when %s agree.", render.CountPeople(n))
	}
	yes := render.PrimaryUnlessRisky(op, render.Button(render.ActApYes, text,
		inObject(op, label), render.ButtonValue(op)))
	yes.Confirm = slack.NewConfirmationBlockObject(render.PlainText("Approve?", render.MaxConfirmTitle),
		render.PlainText(confirm, render.MaxConfirmText),
		render.PlainText(text, render.MaxButton), render.PlainText("Not yet", render.MaxButton))
	return []slack.BlockElement{
		yes,
		render.Button(render.ActApNo, render.ButtonDeny, inObject(op, "Deny {adding} {server} {to} {listener}"),
			render.ButtonValue(op)),
		render.Button(render.ActApQuestion, "Ask a question",
			inObject(op, "Ask a question about {adding} {server} {to} {listener}"), render.ButtonValue(op)),
	}
}

// approvalMenu offers the pool, which is read when it is asked for.
func approvalMenu(op operation.Operation) slack.BlockElement {
	return &slack.OverflowBlockElement{Type: slack.METOverflow, ActionID: render.ActApMore,
		Options: []*slack.OptionBlockObject{
			slack.NewOptionBlockObject(render.MoreValue(render.MorePool, op),
				render.PlainText("Show pool before and after", render.MaxOption),
				nil)}}
}
