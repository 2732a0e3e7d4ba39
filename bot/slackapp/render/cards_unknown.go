package render

import (
	"fmt"

	"github.com/slack-go/slack"

	"lbbot/bot/operation"
)

// unknownCard is for a state, or a reason, that this version does not know.
func unknownCard(op operation.Operation, w Wording) card {
	return card{
		text:   aboutUnknown(op),
		header: fmt.Sprintf(FirstUnknown+": %s to %s", ServerName(op, BareName), ListenerName(op, BareName)),
		body: []slack.Block{
			Section(fmt.Sprintf(
				"*What to do:* do not repeat it. Look in the console, at %s, or run %s where the bot runs.",
				Code(fmt.Sprintf(StatusCommand, op.Ref)), Code(fmt.Sprintf(ShowCommand, op.Ref)))),
			Section(fmt.Sprintf(unknownLine, StoredAs(op, Code))),
		},
		buttons: []slack.BlockElement{LinkButton(buttonConsole, labelConsoleCard, w.ConsoleURL), detailsButton(op)},
		small:   []string{op.Ref, fmt.Sprintf(addingBy, Mention(op.Actor.UserID)), utcSmall(op.FinishedAt)},
	}
}

func aboutUnknown(op operation.Operation) string {
	return fmt.Sprintf(
		FirstUnknown+": this version of the bot does not know how %s on %s stands (%s). %s.",
		ServerName(op, InText), ListenerPort(op, InText), StoredAs(op, InText), op.Ref)
}
