package private

import (
	"fmt"
	"strings"

	"github.com/slack-go/slack"

	"lbbot/bot/operation"
	"lbbot/bot/slackapp/render"
	"lbbot/bot/slackapp/render/card"
)

const (
	ButtonAdd      = "Add server"
	ButtonRemove   = "Remove"
	previewDoPress = "*What to do:* check it, then press *%s*."
	confirmTitle   = "{Add} {to} a protected listener?"
)

// Preview shows its asker what would be sent. Only they see it, and
// nothing happens until they press Add server or Remove.
func Preview(op operation.Operation, w render.Wording) render.Message {
	text := render.Say(op, render.InText, render.FirstPreview+": {add} {server} {to} {port}, %s. %s. {ref}.",
		render.WeightPhrase(op.Request.Weight), previewLast(op))
	effect := shareLine(op, render.ServerName(op, render.InText), "")
	if op.Change == operation.ChangeRemove {
		effect = removalText(op)
	}
	text = strings.Join(append(render.NonEmpty([]string{text, effect}), render.RiskLines(op, "Risk: %s")...), " ")
	if !op.DryRun { // previewLast says it
		text += " " + strings.ReplaceAll(previewDo(op), "*", "")
	}
	if op.Rehearsal {
		text += " " + card.RehearsalText
	}
	return render.Ephemeral(text,
		render.Section(previewTop(op), previewDo(op)),
		render.Section(previewLines(op)...),
		render.Section(previewApproval(op, w)...),
		render.Section(append(render.RiskLines(op, "*Risk:* %s"), previewNotes(op)...)...),
		rehearsalSection(op),
		render.Actions(previewButtons(op)...),
		previewSmall(op))
}

func previewTop(op operation.Operation) string {
	return fmt.Sprintf("*"+render.FirstPreview+". Nothing has changed yet.*   %s", op.Ref)
}

// previewDo is what its reader has to do.
func previewDo(op operation.Operation) string {
	switch a := op.Approval; {
	case op.DryRun:
		return "Dry run: nothing was sent."
	case a == nil:
		return fmt.Sprintf(previewDoPress, sendWords(op))
	case render.Enough(*a):
		return fmt.Sprintf(previewDoPress, ButtonAsk)
	case op.Change == operation.ChangeRemove:
		return "*What to do:* press *Cancel*, or ask someone who may remove it."
	}
	return "*What to do:* press *Change*, or ask someone who may add it."
}

// sendWords are on the button that sends a draft.
func sendWords(op operation.Operation) string {
	if op.Change == operation.ChangeRemove {
		return ButtonRemove
	}
	return ButtonAdd
}

// previewLines are what would be sent, what the listener says, and by which
// right.
func previewLines(op operation.Operation) []string {
	what := append([]string{fmt.Sprintf("*Add* %s *to* %s: %s, %s, backend name %s.", render.ServerFacts(op),
		render.ListenerFacts(op), render.PortPhrase(op), render.WeightCounted(op.Request.Weight),
		render.Code(op.Request.BackendName))}, shareLine(op, "It", "*"))
	if op.Change == operation.ChangeRemove {
		what = removalLines(op)
	}
	lines := append(what, fmt.Sprintf("*Listener now:* %s.", listenerNow(op)))
	if len(op.Policies) > 0 && op.Approval == nil {
		lines = append(lines, fmt.Sprintf("*Allowed* by rule %s.", render.Names(op.Policies)))
	}
	if p := render.Prose(op.Purpose, render.ReasonLimit); p != "" {
		lines = append(lines, fmt.Sprintf("*Reason:* %s", p))
	}
	return lines
}

// shareLine says how much of the traffic the server would take, with marks around
// the number; empty if it is not known.
func shareLine(op operation.Operation, server, mark string) string {
	percent, known := op.Share()
	if !known {
		return ""
	}
	p := op.Seen()
	if len(p.Same) > 0 { // it takes more with its other entries
		server = "The new entry"
	}
	return fmt.Sprintf("%s would take %s of new connections: %s now, %d after.", server,
		render.Percent(percent, mark), render.InPool(p), p.Servers+1)
}

// listenerNow is what was read about the listener, in words.
func listenerNow(op operation.Operation) string {
	l, parts := op.Listener, []string(nil)
	for _, s := range []string{render.Scheduler(l.Scheduler), render.Kind(l.Kind), l.Status, l.Zone} {
		if render.Clean(s) != "" {
			parts = append(parts, render.Name(s))
		}
	}
	parts = append(parts, render.HealthCheck(l.HealthCheck))
	if _, told := op.Share(); !told && l.Servers >= 0 { // else shareLine says how many servers there are
		parts = append(parts, render.Servers(l.Servers)+" on it")
	}
	return strings.Join(parts, " · ")
}

// previewNotes are the notes, the first few and a count of the rest.
func previewNotes(op operation.Operation) []string {
	var lines []string
	notes := render.Notes(op)
	for _, n := range notes[:min(len(notes), render.MaxAlerts)] {
		lines = append(lines, fmt.Sprintf("• %s", n))
	}
	if more := len(notes) - len(lines); more > 0 {
		lines = append(lines, fmt.Sprintf(inputMore, more))
	}
	return lines
}

func rehearsalSection(op operation.Operation) slack.Block {
	if !op.Rehearsal {
		return nil
	}
	return render.Section(card.RehearsalLine)
}

func previewButtons(op operation.Operation) []slack.BlockElement {
	var list []slack.BlockElement
	if !op.DryRun {
		list = append(list, sendButtons(op)...)
	}
	if op.Change.HasForm() {
		list = append(list, render.Button(render.ActReqChange, "Change",
			render.Say(op, render.BareName, "Change before {adding} {server}"), render.ButtonValue(op)))
	}
	if !op.DryRun {
		list = append(list, render.Button(render.ActReqCancel, "Cancel",
			render.Say(op, render.BareName, "Cancel {adding} {server}"), render.ButtonValue(op)))
	}
	return append(list, render.More(op, render.MorePool, render.MoreCopy, render.MoreWhy))
}

// sendButton carries Slack's confirm dialog on a protected listener. It runs in
// the client only, so it is a courtesy and protects nothing.
func sendButton(op operation.Operation) slack.BlockElement {
	words, effect := sendWords(op), fmt.Sprintf("{server} will take %snew connections on {port}.", shareOf(op))
	b := render.Button(render.ActReqSend, words, render.Say(op, render.BareName, words+": {server} {to} {listener}, %s",
		render.WeightPhrase(op.Request.Weight)), render.ButtonValue(op))
	if op.Change == operation.ChangeRemove {
		effect = "{server} takes no new connections on {port} after that. " + render.Stays(op.Seen())
		b.Style = slack.StyleDanger
	} else {
		render.PrimaryUnlessRisky(op, b)
	}
	if op.Listener.Protected {
		b.Confirm = slack.NewConfirmationBlockObject(
			render.PlainText(render.SayKind(op.Change, confirmTitle), render.MaxConfirmTitle),
			render.PlainText(render.Say(op, render.BareName, strings.ReplaceAll(effect, "%", "%%")),
				render.MaxConfirmText),
			render.PlainText(words, render.MaxButton), render.PlainText("Not yet", render.MaxButton))
	}
	return b
}

// shareOf is "about 20 % of ", or nothing if that is not known.
func shareOf(op operation.Operation) string {
	percent, known := op.Share()
	if !known {
		return ""
	}
	return render.Percent(percent, "") + " of "
}

func previewSmall(op operation.Operation) slack.Block {
	if op.DryRun {
		return render.ContextLine("Nothing is posted.")
	}
	where := render.Channel(op.Place.ResultID)
	if op.Place.ThreadTS != "" {
		where = "the thread in " + where
	}
	if op.ExpiresAt.IsZero() {
		return render.ContextLine(fmt.Sprintf("Posts to %s.", where))
	}
	return render.ContextLine(fmt.Sprintf("Posts to %s. Good until %s.", where, render.ClockAndUTC(op.ExpiresAt)))
}
