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
	previewDoPress = "*What to do:* check it, then press *%s*."
	ConfirmTitle   = "Add to a protected listener?"
)

// Preview shows its asker what would be sent. Only they see it, and
// nothing happens until they press Add server.
func Preview(op operation.Operation, w render.Wording) render.Message {
	if op.Change == operation.ChangeRemove {
		return removalPreview(op, w)
	}
	if op.Change == operation.ChangeRemove {
		return removalPreview(op, w)
	}
	text := fmt.Sprintf(render.FirstPreview+": add %s to %s, %s. %s. %s.", render.ServerName(op, render.InText),
		render.ListenerPort(op, render.InText),
		render.WeightPhrase(op.Request.Weight), previewLast(op), op.Ref)
	share := shareLine(op, render.ServerName(op, render.InText), "")
	text = strings.Join(append(render.NonEmpty([]string{text, share}), render.RiskLines(op, "Risk: %s")...), " ")
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
		return fmt.Sprintf(previewDoPress, ButtonAdd)
	case render.Enough(*a):
		return fmt.Sprintf(previewDoPress, ButtonAsk)
	}
	return "*What to do:* press *Change*, or ask someone who may add it."
}

// previewLines are what would be sent, what the listener says, and by which
// right.
func previewLines(op operation.Operation) []string {
	lines := []string{
		fmt.Sprintf("*Add* %s *to* %s: %s, %s, backend name %s.", render.ServerFacts(op), render.ListenerFacts(op),
			render.PortPhrase(op), render.WeightCounted(op.Request.Weight), render.Code(op.Request.BackendName)),
		shareLine(op, "It", "*"), fmt.Sprintf("*Listener now:* %s.", listenerNow(op)),
	}
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
	list = append(list, render.Button(render.ActReqChange, "Change",
		fmt.Sprintf("Change before adding %s", render.ServerName(op, render.BareName)),
		render.ButtonValue(op)))
	if !op.DryRun {
		list = append(list, render.Button(render.ActReqCancel, "Cancel",
			fmt.Sprintf("Cancel adding %s", render.ServerName(op, render.BareName)),
			render.ButtonValue(op)))
	}
	return append(list, render.More(op, render.MorePool, render.MoreCopy, render.MoreWhy))
}

// addButton carries Slack's confirm dialog on a protected listener. It runs in
// the client only, so it is a courtesy and protects nothing.
func addButton(op operation.Operation) slack.BlockElement {
	b := render.PrimaryUnlessRisky(op, render.Button(render.ActReqSend, ButtonAdd,
		fmt.Sprintf("Add %s to %s, %s", render.ServerName(op, render.BareName),
			render.ListenerName(op, render.BareName),
			render.WeightPhrase(op.Request.Weight)), render.ButtonValue(op)))
	if op.Listener.Protected {
		b.Confirm = slack.NewConfirmationBlockObject(render.PlainText(ConfirmTitle, render.MaxConfirmTitle),
			render.PlainText(fmt.Sprintf("%s will take %snew connections on %s.",
				render.ServerName(op, render.BareName), shareOf(op), render.ListenerPort(op, render.BareName)),
				render.MaxConfirmText),
			render.PlainText("Add server", render.MaxButton), render.PlainText("Not yet", render.MaxButton))
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
