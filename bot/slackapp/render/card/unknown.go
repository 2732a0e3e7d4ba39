package card

import (
	"fmt"

	"github.com/slack-go/slack"

	"lbbot/bot/operation"
	"lbbot/bot/slackapp/render"
)

// unknownCard is for a state, a reason or a kind of change that this version does not know.
func unknownCard(op operation.Operation, w render.Wording) card {
	return card{
		text:   aboutUnknown(op),
		header: inObject(op, render.FirstUnknown+": {server} {to} {listener}"),
		body: []slack.Block{
			render.Section(fmt.Sprintf(
				"*What to do:* do not repeat it. Look in the console, at %s, or run %s where the bot runs.",
				render.Code(fmt.Sprintf(StatusCommand, op.Ref)), render.Code(fmt.Sprintf(render.ShowCommand, op.Ref)))),
			render.Section(fmt.Sprintf(unknownLine, render.StoredAs(op, render.Code))),
		},
		buttons: []slack.BlockElement{render.LinkButton(buttonConsole, labelConsoleCard, w.ConsoleURL),
			DetailsButton(op)},
		small: []string{op.Ref, fmt.Sprintf(addingBy, render.Mention(op.Actor.UserID)), utcSmall(op.FinishedAt)},
	}
}

func aboutUnknown(op operation.Operation) string {
	return inText(op, render.FirstUnknown+": this version of the bot does not know how {server} on {port} stands "+
		"(%s). {ref}.",
		render.StoredAs(op, render.InText))
}
