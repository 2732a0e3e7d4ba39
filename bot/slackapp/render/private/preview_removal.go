package private

import (
	"fmt"
	"strings"

	"lbbot/bot/operation"
	"lbbot/bot/slackapp/render"
)

// removalLines are what a removal takes off, and what that means.
func removalLines(op operation.Operation) []string {
	lines := []string{fmt.Sprintf("*Remove* %s *from* %s: backend %s, %s, %s.", render.ServerFacts(op),
		render.ListenerFacts(op), render.Code(render.EntryID(op)), render.PortPhrase(op),
		render.WeightPhrase(op.Request.Weight))}
	lines = append(lines, additionLines(op)...)
	return append(lines, removalEffect(op, "*")...)
}

// additionLines say what an undo takes back. That it is still as it was left was read
// for this preview; otherwise there is none.
func additionLines(op operation.Operation) []string {
	a := op.Addition
	if a == nil {
		return nil
	}
	lines := []string{fmt.Sprintf("This takes back %s, which %s asked for (ended %s). The backend is still as it was "+
		"left.", render.Name(a.Ref), render.Mention(a.By.UserID), render.Dated(a.At))}
	if unsure(a) {
		lines = append(lines, "*Please note:* the answer to that request was lost. "+unsureWho)
	}
	return lines
}

const unsureWho = "The backend is on the listener, but I cannot tell who added it."

// unsure reports whether somebody else may have added what an undo takes back.
func unsure(a *operation.Addition) bool {
	return a.Evidence == operation.EvidenceSeen || a.Evidence == operation.EvidencePerson
}

// removalText is what the fallback text says about a removal.
func removalText(op operation.Operation) string {
	back, note := "", ""
	if a := op.Addition; a != nil {
		if back = fmt.Sprintf("This takes back %s.", render.InText(a.Ref)); unsure(a) {
			note = unsureWho
		}
	}
	return strings.Join(append(render.NonEmpty([]string{back, note}), removalEffect(op, "")...), " ")
}

// removalEffect says what a removal does to the traffic, with marks around the share.
func removalEffect(op operation.Operation, mark string) []string {
	p := op.Seen()
	return render.NonEmpty([]string{render.Takes(op, p, mark), render.Stays(p), render.OpenConnections})
}
