package slackapp

import (
	"fmt"

	"lbbot/bot/operation"
)

// The words of history.
const (
	historyText       = "History of %s, %s: %s."
	historyTitle      = "Changes to %s, %s"
	historyTitleHere  = "Changes asked for in this channel, %s"
	historyHere       = "this channel"
	historyBoth       = "%s, asked for in this channel"
	historyAll        = "all listeners"
	historyLast       = "last %s"
	historyOneEntry   = "1 entry"
	historyEntries    = "%d entries"
	historyNothing    = "Nothing that you may see."
	historyNothingNow = "Nothing that you may see in this part. Older has the rest."
	historyCount      = "%d %s"
	historyUTC        = "Times are UTC, newest first."
	historyOldest     = "Oldest first."
	historyPartial    = "What you may not see is left out."
	historyUnread     = "Denials are left out: Zenlayer did not answer."
	historyRefused    = "Denials are left out, since %s: %s."
	historyOnlyYou    = "You may not see all of this, so I show it to you only."
	historySharedBy   = "Shared by %s. Denials are left out."
	historyDenied     = "Denied"
	historyApprove    = "not allowed to decide: %s"
	historyRule       = "rule %s"
	historyMore       = "%d more times"
	historyGlass      = "break-glass"
	historyApproved   = "approved by %s"

	timelineAdded    = "• %s: %s added %s to %s, weight %s (%s)."
	timelineSeen     = "• %s: %s asked to add %s to %s; it is there, and it is not known who added it (%s)."
	timelineThere    = "• %s: %s asked to add %s to %s; it was there already (%s)."
	timelineNot      = "• %s: %s asked to add %s to %s; not added: %s (%s)."
	timelineOpen     = "• %s: %s asked to add %s to %s; now: %s (%s)."
	timelineDenied   = "• %s: %s asked to add %s to %s and was denied: %s."
	timelineNoVote   = "• %s: %s tried to decide on adding %s to %s and was denied: %s."
	timelineMore     = "• %s: %s was denied %d more times, about %s: %s."
	timelineThing    = "a server"
	timelineGlass    = " With break-glass: %s"
	timelineApproved = " Approved by %s."
	timelineNoThing  = "a listener"

	buttonOlder = "Older"
	labelOlder  = "Show older entries of this history"
)

// reasonWords says in a few words why an operation ended as not added.
func reasonWords(r operation.Reason) string {
	switch r {
	case operation.ReasonRefused:
		return "refused by Zenlayer"
	case operation.ReasonDiffers:
		return "there with another weight"
	case operation.ReasonTooLate:
		return "not started in time"
	case operation.ReasonStopped:
		return "stopped"
	case operation.ReasonDenied:
		return "denied at the last check"
	case operation.ReasonRateLimited:
		return "Zenlayer kept asking to wait"
	case operation.ReasonCredentials:
		return "the bot's key was refused"
	case operation.ReasonClockSkew:
		return "the bot's clock was off"
	case operation.ReasonUnreachable:
		return "Zenlayer out of reach"
	case operation.ReasonBlocked:
		return "blocked on the way"
	case operation.ReasonGone:
		return "the listener is gone"
	case operation.ReasonProven:
		return "not there after a lost answer"
	case operation.ReasonPerson:
		return "not there, a person says"
	case operation.ReasonRehearsal:
		return "rehearsal"
	case operation.ReasonInternal:
		return "the bot broke"
	case operation.ReasonNotApproved:
		return "not approved"
	case operation.ReasonUnanswered:
		return "not approved in time"
	}
	return "reason " + fmt.Sprintf(unknownValue, string(r))
}

// denialWords says in a few words why somebody was denied.
func denialWords(c operation.DenialCode) string {
	switch c {
	case operation.DeniedNoRule:
		return "no rule allows it"
	case operation.DeniedForbidden:
		return "forbidden"
	case operation.DeniedRate, operation.DeniedListenerRate, operation.DeniedBudget:
		return "too many"
	case operation.DeniedUnchecked:
		return "could not be checked"
	case operation.DeniedNobody:
		return "nobody to approve"
	case operation.DeniedSelf:
		return "own request"
	case operation.DeniedShared:
		return "shared channel"
	case operation.DeniedChannel:
		return "channel not seen"
	case operation.DeniedGuest:
		return "a guest"
	case operation.DeniedWorkspace:
		return "another workspace"
	case operation.DeniedBot:
		return "a bot or an app"
	case operation.DeniedDeactivated:
		return "account deactivated"
	case operation.DeniedNoPolicy:
		return "no rules are loaded"
	case operation.DeniedOutdated:
		return "newest rules not there"
	case operation.DeniedApproval:
		return "needs approval"
	case operation.DeniedReason:
		return "needs a reason"
	case operation.DeniedNotRequester:
		return "somebody else's"
	}
	return "code " + fmt.Sprintf(unknownValue, string(c))
}
