package private

import (
	"fmt"

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
	lines := []string{fmt.Sprintf("This takes back %s, which %s asked for and which ended %s. The backend is still as "+
		"it was left.", render.Name(a.Ref), render.Mention(a.By.UserID), render.Dated(a.At))}
	if a.Evidence == operation.EvidenceSeen || a.Evidence == operation.EvidencePerson {
		lines = append(lines, "*Please note:* the answer to that request was lost. The backend is on the listener, "+
			"but I cannot tell who added it.")
	}
	return lines
}

// removalEffect says what a removal does to the traffic, with marks around the share.
func removalEffect(op operation.Operation, mark string) []string {
	p := op.Seen()
	return render.NonEmpty([]string{render.Takes(op, p, mark), render.Stays(p), render.OpenConnections})
}
