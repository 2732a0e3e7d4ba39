package card

import (
	"fmt"
	"slices"

	"github.com/slack-go/slack"

	"lbbot/bot/operation"
	"lbbot/bot/slackapp/render"
)

// nothingCard: it is as asked, and no call of ours is known to have done it.
func nothingCard(op operation.Operation) card {
	words := nothingToAdd
	if op.Change == operation.ChangeRemove {
		words = nothingToRemove
	}
	text, header, body := words(op)
	return card{
		text:    text,
		header:  header,
		body:    []slack.Block{render.Section(body...)},
		buttons: []slack.BlockElement{DetailsButton(op)},
		small:   []string{op.Ref, fmt.Sprintf(addingBy, render.Mention(op.Actor.UserID)), utcSmall(op.FinishedAt)},
	}
}

func nothingToAdd(op operation.Operation) (text, header string, body []string) {
	header = inObject(op, "Nothing to do: {server} is on {listener}")
	if limited, by := limitedBy(op); limited {
		return inText(op, "Nothing to do: {server} is on {port} with the ports and weight asked for, as %s. I cannot "+
				"tell who added it. {ref}.", render.InText(op.BackendID)), header,
			[]string{inBlock(op, "{server} is on this listener with the ports and weight asked for: %s. Zenlayer had "+
				"answered my call with HTTP %d, so I cannot tell who added it.", render.Code(op.BackendID), by)}
	}
	return inText(op, "Nothing to do: {server} is already on {port} with the same ports and weight, as %s. {ref}.",
			render.InText(op.BackendID)), header,
		[]string{inBlock(op, "{server} is already on this listener with the same ports and weight: %s.",
			render.Code(op.BackendID)), sentOrNot(op)}
}

func nothingToRemove(op operation.Operation) (text, header string, body []string) {
	header = inObject(op, "Nothing to do: {server} is not on {listener}")
	entry := render.FirstOf(op.BackendID, render.EntryID(op))
	if limited, by := limitedBy(op); limited {
		return inText(op, "Nothing to do: {server} (%s) is not on {port} any more. I cannot tell who removed it. "+
				"{ref}.",
				render.InText(entry)), header,
			[]string{inBlock(op, "%s is not on this listener any more. Zenlayer had answered my call with HTTP %d, "+
				"so I cannot tell who removed it.", render.Code(entry), by)}
	}
	return inText(op, "Nothing to do: {server} (%s) is not on {port} any more. {ref}.", render.InText(entry)), header,
		[]string{fmt.Sprintf("%s is not on this listener any more.", render.Code(entry)), sentOrNot(op)}
}

// limitedBy reports whether all that Zenlayer answered was to wait, and with which
// status: then somebody else may well have done it.
func limitedBy(op operation.Operation) (limited bool, status int) {
	i := slices.IndexFunc(op.Attempts, operation.Attempt.Limited)
	if op.Evidence != operation.EvidenceSeen || i < 0 {
		return false, 0
	}
	return true, op.Attempts[i].Fault.Status
}
