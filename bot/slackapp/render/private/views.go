package private

import (
	"fmt"

	"github.com/slack-go/slack"

	"lbbot/bot/operation"
	"lbbot/bot/slackapp/render"
	"lbbot/bot/slackapp/render/form"
)

// ViewCheckTitle is the title of PreviewView.
const ViewCheckTitle = "Check and add"

// PreviewView is the form's second screen: what would be sent. Its
// private_metadata is the button value of op; a dry run cannot be submitted.
func PreviewView(op operation.Operation, w render.Wording) slack.ModalViewRequest {
	v := form.Modal(render.ViewPreview, ViewCheckTitle, "Back")
	v.PrivateMetadata = render.ButtonValue(op)
	switch {
	case op.DryRun:
	case op.Approval == nil:
		v.Submit = render.PlainText(ButtonAdd, form.MaxViewTitle)
	case render.Enough(*op.Approval):
		v.Submit = render.PlainText(ButtonAsk, form.MaxViewTitle)
	}
	var list []slack.Block
	if op.Listener.Protected {
		list = append(list, form.Alert("This is a protected listener.", slack.AlertLevelWarning))
	}
	for _, r := range render.RiskLines(op, "Risk: %s") { // the submit button of a view has no style of its own
		list = append(list, form.Alert(r, slack.AlertLevelWarning))
	}
	list = append(list, form.Alerts(render.Notes(op))...)
	v.Blocks.BlockSet = render.Blocks(append(list,
		render.Section(previewTop(op)), render.Section(previewLines(op)...), render.Section(previewApproval(op, w)...),
		rehearsalSection(op), protectedBox(op), render.Actions(glassButton(op), poolButton(op)), previewSmall(op))...)
	return v
}

// protectedBox stands for the confirm dialog of a button, which the submit button
// of a view cannot have. A fresh preview has a box of its own. Only a press that
// adds at once needs it, as on a message.
func protectedBox(op operation.Operation) slack.Block {
	if !op.Listener.Protected || op.Approval != nil || op.DryRun {
		return nil
	}
	return form.Confirm(fmt.Sprintf("protected_%d", op.Version), "Protected listener",
		render.SayKind(op.Change, "Yes, {add} it {to} this protected listener"))
}

func poolButton(op operation.Operation) slack.BlockElement {
	return render.Button(render.ActPoolShow, "Show pool",
		fmt.Sprintf("Show pool of %s before and after", render.ListenerName(op, render.BareName)),
		render.ButtonValue(op))
}
