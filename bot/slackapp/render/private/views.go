package private

import (
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
		rehearsalSection(op), render.Actions(glassButton(op), poolButton(op)), previewSmall(op))...)
	return v
}

func poolButton(op operation.Operation) slack.BlockElement {
	return render.Button(render.ActPoolShow, "Show pool", "Show the pool before and after", render.ButtonValue(op))
}
