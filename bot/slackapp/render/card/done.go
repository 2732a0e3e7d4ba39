package card

import (
	"fmt"
	"slices"
	"strings"

	"github.com/slack-go/slack"

	"lbbot/bot/operation"
	"lbbot/bot/slackapp/render"
)

// doneCard: carried out, in the words of its kind.
func doneCard(op operation.Operation, w render.Wording) card {
	if op.Change == operation.ChangeRemove {
		return removedCard(op, w)
	}
	return addedCard(op, w)
}

// removedCard: the entry is off the listener. It fits a phone screen, as addedCard.
func removedCard(op operation.Operation, w render.Wording) card {
	return card{
		text: inText(op, "{Added}: {server} {to} {port}, backend %s, requested by %s. {ref}.",
			render.InText(op.BackendID), render.ActorName(op.Actor)),
		header: inObject(op, "{Added} {server} {to} {listener}"),
		body: []slack.Block{
			render.Section(removedTodo(op, w), fmt.Sprintf("*%s:* %s", FieldBackend, render.Code(op.BackendID)),
				doneFacts(op), takesBack(op)),
			render.Section(render.RiskLines(op, "*Risk when it was removed:* %s")...),
			render.Section(EvidenceLine(op), resumed(op), listedLine(op, w)),
		},
		buttons: []slack.BlockElement{DetailsButton(op), render.LinkButton(buttonConsole, labelConsoleCard,
			w.ConsoleURL)},
		small: []string{op.Ref, FieldRequest + " " + requestID(op), utcSmall(op.FinishedAt)},
	}
}

// removedTodo is what is left to do once a server was removed.
func removedTodo(op operation.Operation, w render.Wording) string {
	switch {
	case op.Listed && watchOver(op, w):
		return "*What to do:* look for this backend in the console."
	case len(render.Risks(op)) > 0:
		return "*What to do:* make sure that the listener still answers; I cannot see traffic."
	}
	return "*What to do:* nothing here. The server itself was not stopped; its open connections may have been cut."
}

// listedLine says whether Zenlayer's list still shows what was removed. It stays
// true when no later edit comes.
func listedLine(op operation.Operation, w render.Wording) string {
	later := render.Code(fmt.Sprintf(StatusCommand, op.Ref))
	switch {
	case op.Evidence == operation.EvidenceSeen, op.Evidence == operation.EvidencePerson,
		op.Evidence == operation.EvidenceGone: // which says so
		return ""
	case op.Listed && watchOver(op, w):
		return fmt.Sprintf("Zenlayer answered that it was removed, but its list still showed it when I stopped "+
			"looking, at %s.", render.Clock(op.StatusAt))
	case op.Listed:
		return fmt.Sprintf("Zenlayer answered that it was removed, but its list still showed it at %s. %s shows later "+
			"whether it is gone.", render.Clock(op.StatusAt), later)
	case !op.StatusAt.IsZero():
		return fmt.Sprintf("Zenlayer's list does not show it any more (read %s).", render.Clock(op.StatusAt))
	case render.UnreadWords(op, w, statusFault) != "":
		return fmt.Sprintf("Zenlayer answered that it was removed. %s %s shows later whether it is gone.",
			render.UnreadWords(op, w, statusFault), later)
	}
	return fmt.Sprintf("Zenlayer answered that it was removed. The list had not been read at that time. %s shows "+
		"later whether it is gone.", later)
}

// takesBack says which addition a removal takes back, or nothing.
func takesBack(op operation.Operation) string {
	if a := op.Addition; a != nil {
		return fmt.Sprintf("This takes back %s, which %s asked for.", render.Name(a.Ref), render.Mention(a.By.UserID))
	}
	return ""
}

// doneFacts is "Port 8080 · weight 50 · requested by @ana · approved by @bo".
func doneFacts(op operation.Operation) string {
	approved := ApprovedBy(op)
	if approved != "" {
		approved = "approved by " + approved
	}
	return strings.Join(render.NonEmpty([]string{render.Capital(render.PortPhrase(op)),
		render.WeightPhrase(op.Request.Weight), "requested by " + render.Mention(op.Actor.UserID), approved,
		purpose(op)}), " · ")
}

// EvidenceLine says how it is known, where it was not simply answered.
func EvidenceLine(op operation.Operation) string {
	switch op.Evidence {
	case operation.EvidenceRepeated:
		return fmt.Sprintf("Zenlayer answered the %s try, at %s.", ordinal(len(op.Attempts)),
			render.Clock(op.FinishedAt))
	case operation.EvidenceSeen:
		if i := slices.IndexFunc(op.Attempts, operation.Attempt.Doubtful); i >= 0 && len(op.Unanswered()) == 0 {
			return fmt.Sprintf("Zenlayer had answered with an error (HTTP %d). %s", op.Attempts[i].Fault.Status,
				seenWords(op))
		}
		return "The answer was lost. " + seenWords(op)
	case operation.EvidenceGone:
		return "The answer was lost. The listener does not exist any more, so the server is not on it, but I cannot " +
			"tell who removed it."
	case operation.EvidencePerson:
		if op.Change == operation.ChangeRemove {
			return fmt.Sprintf("%s said that it is gone, and I do not see it on the listener any more.",
				render.Mention(op.AnswerBy))
		}
		return fmt.Sprintf("%s said that it was added, and I see it on the listener.", render.Mention(op.AnswerBy))
	case operation.EvidenceAnswered, "":
		return ""
	}
	return fmt.Sprintf("How that is known is stored as %s.", fmt.Sprintf(render.UnknownValue,
		render.Code(string(op.Evidence))))
}

// seenWords is what a reading shows, and what it does not.
func seenWords(op operation.Operation) string {
	if op.Change == operation.ChangeRemove {
		return "It is not on the listener now, but I cannot tell who removed it."
	}
	return "The server is on the listener now, but I cannot tell who added it."
}
