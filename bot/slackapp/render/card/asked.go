package card

import (
	"fmt"
	"strings"

	"lbbot/bot/operation"
	"lbbot/bot/slackapp/render"
)

// askedFor is what is asked: who, what, where, and how much of the traffic.
func askedFor(op operation.Operation) string {
	if op.Change == operation.ChangeRemove {
		return askedToRemove(op)
	}
	share := ""
	if percent, known := op.Approval.Picture.Share(op.Request.Weight, op.Listener.Scheduler); known {
		share = fmt.Sprintf(" (%s of new connections)", render.Percent(percent, ""))
	}
	return inBlock(op, "%s asks to *{add}* {server} *{to}* {listener}, %s, %s%s.", render.Mention(op.Actor.UserID),
		render.PortPhrase(op), render.WeightCounted(op.Request.Weight), share)
}

// askedToRemove is askedFor of a removal.
func askedToRemove(op operation.Operation) string {
	return strings.Join(render.NonEmpty([]string{
		inBlock(op, "%s asks to *{add}* {server} (%s) *{to}* {listener}, %s, %s.", render.Mention(op.Actor.UserID),
			render.Code(render.EntryID(op)), render.PortPhrase(op), render.WeightPhrase(op.Request.Weight)),
		takesBack(op)}), " ")
}

// askedAgain says why people who agreed are asked once more.
func askedAgain(op operation.Operation) string {
	a := op.Approval
	switch a.Again {
	case operation.AgainPicture:
		who := ""
		if list := lastVoters(*a); len(list) > 0 {
			who = fmt.Sprintf("%s, ", render.Mentions(list))
		}
		return fmt.Sprintf("Approved, but something changed since: %s. %sstill ok?", changedSince(*a), who)
	case operation.AgainRules:
		if lost := lostWords(op, render.ActorMention); lost != "" {
			return fmt.Sprintf("*Waiting:* %s Needed: %s.", lost, moreApprovals(a.Missing()))
		}
		return fmt.Sprintf("*Waiting:* the policy changed; %s.", moreApprovals(a.Missing()))
	}
	return ""
}

// changedSince is what is different since people agreed; earlier versions stored
// it in words.
func changedSince(a operation.Approval) string {
	if len(a.Moved) > 0 {
		return render.Differences(a.Moved)
	}
	old := make([]string, len(a.Changes))
	for i, s := range a.Changes {
		old[i] = render.Prose(s, render.SaidLimit)
	}
	return render.ClampMarkup(strings.Join(old, "; "), render.CommandLimit)
}

// lastVoters are those whose agreement was taken back, each once.
func lastVoters(a operation.Approval) []string {
	var ids []string
	seen := map[string]bool{}
	for _, v := range a.Past {
		if !seen[v.By.UserID] {
			ids, seen[v.By.UserID] = append(ids, v.By.UserID), true
		}
	}
	return ids
}
