package card

import (
	"fmt"
	"slices"

	"github.com/slack-go/slack"

	"lbbot/bot/operation"
	"lbbot/bot/slackapp/render"
)

// EvidenceLine says how it is known, where it was not simply answered.
func EvidenceLine(op operation.Operation) string {
	switch op.Evidence {
	case operation.EvidenceRepeated:
		return fmt.Sprintf("Zenlayer answered the %s try, at %s.", ordinal(len(op.Attempts)),
			render.Clock(op.FinishedAt))
	case operation.EvidenceSeen:
		if i := slices.IndexFunc(op.Attempts, operation.Attempt.Doubtful); i >= 0 && len(op.Unanswered()) == 0 {
			return fmt.Sprintf("Zenlayer had answered with an error (HTTP %d). The server is on the listener now, "+
				"but I cannot tell who added it.", op.Attempts[i].Fault.Status)
		}
		return "The answer was lost. The server is on the listener now, but I cannot tell who added it."
	case operation.EvidenceGone:
		return "The answer was lost. The listener does not exist any more, so the server is not on it, but I cannot " +
			"tell who removed it."
	case operation.EvidencePerson:
		return fmt.Sprintf("%s said that it was added, and I see it on the listener.", render.Mention(op.AnswerBy))
	case operation.EvidenceAnswered, "":
		return ""
	}
	return fmt.Sprintf("How that is known is stored as %s.", fmt.Sprintf(render.UnknownValue,
		render.Code(string(op.Evidence))))
}

// nothingCard: it is as asked, and no call of ours is known to have done it.
func nothingCard(op operation.Operation) card {
	text, body := "Nothing to do: %s is already on %s with the same ports and weight, as %s. %s.",
		render.Section(fmt.Sprintf("%s is already on this listener with the same ports and weight: %s.",
			render.ServerName(op, render.Name),
			render.Code(op.BackendID)), sentOrNot(op))
	if i := slices.IndexFunc(op.Attempts, operation.Attempt.Limited); op.Evidence == operation.EvidenceSeen && i >= 0 {
		text = "Nothing to do: %s is on %s with the ports and weight asked for, as %s. I cannot tell who added it. %s."
		body = render.Section(fmt.Sprintf("%s is on this listener with the ports and weight asked for: %s. Zenlayer "+
			"had answered my call with HTTP %d, so I cannot tell who added it.", render.ServerName(op, render.Name),
			render.Code(op.BackendID),
			op.Attempts[i].Fault.Status))
	}
	return card{
		text: fmt.Sprintf(text, render.ServerName(op, render.InText), render.ListenerPort(op, render.InText),
			render.InText(op.BackendID), op.Ref),
		header: fmt.Sprintf("Nothing to do: %s is on %s", render.ServerName(op, render.BareName),
			render.ListenerName(op, render.BareName)),
		body:    []slack.Block{body},
		buttons: []slack.BlockElement{detailsButton(op)},
		small:   []string{op.Ref, fmt.Sprintf(addingBy, render.Mention(op.Actor.UserID)), utcSmall(op.FinishedAt)},
	}
}
