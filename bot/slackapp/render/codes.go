package render

import (
	"fmt"

	"lbbot/bot/operation"
)

const (
	// UnknownValue is for a stored value that this version does not know.
	UnknownValue  = "%s, which this version does not know"
	unknownStep   = "Event %s, which this version does not know"
	DeniedUnnamed = "a fact that the policy needs"
)

// ReasonWords says in a few words why an operation of that kind was not carried out.
func ReasonWords(k operation.ChangeKind, r operation.Reason) string {
	switch r {
	case operation.ReasonRefused:
		return "refused by Zenlayer"
	case operation.ReasonDiffers:
		return ofKind(k, "already there with another weight", "the entry was changed meanwhile")
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
		return "Zenlayer could not be reached"
	case operation.ReasonBlocked:
		return "blocked on the way"
	case operation.ReasonGone:
		return "the listener is gone"
	case operation.ReasonProven:
		return ofKind(k, "no answer came, and it never appeared", "no answer came, and it stayed on the listener")
	case operation.ReasonPerson:
		return SayKind(k, "a person said that it was not {added}")
	case operation.ReasonRehearsal:
		return "rehearsal"
	case operation.ReasonInternal:
		return "the bot failed"
	case operation.ReasonNotApproved:
		return "not approved"
	case operation.ReasonUnanswered:
		return "not approved in time"
	case operation.ReasonPaused:
		return "the bot was paused"
	}
	return "reason " + fmt.Sprintf(UnknownValue, string(r))
}

// ofKind is one of two phrases.
func ofKind(k operation.ChangeKind, addition, removal string) string {
	if k == operation.ChangeRemove {
		return removal
	}
	return addition
}

// DenialWords says in a few words why someone was denied.
func DenialWords(c operation.DenialCode) string {
	switch c {
	case operation.DeniedNoRule:
		return "no rule allows it"
	case operation.DeniedForbidden:
		return "forbidden"
	case operation.DeniedRate, operation.DeniedListenerRate, operation.DeniedBudget:
		return "over the limit"
	case operation.DeniedUnchecked:
		return "could not be checked"
	case operation.DeniedNobody:
		return "nobody can approve it"
	case operation.DeniedSelf:
		return "own request"
	case operation.DeniedShared:
		return "shared channel"
	case operation.DeniedChannel:
		return "the channel cannot be seen"
	case operation.DeniedGuest:
		return "a guest"
	case operation.DeniedWorkspace:
		return "another workspace"
	case operation.DeniedBot:
		return "a bot or an app"
	case operation.DeniedDeactivated:
		return "account deactivated"
	case operation.DeniedNoPolicy:
		return "no policy is loaded"
	case operation.DeniedOutdated:
		return "the current policy was not loaded"
	case operation.DeniedApproval:
		return "needs approval"
	case operation.DeniedReason:
		return "needs a reason"
	case operation.DeniedNotRequester:
		return "someone else's request"
	}
	return "code " + fmt.Sprintf(UnknownValue, string(c))
}

// FactWords names what could not be checked, for the words the policy has for
// its facts.
// whose says whose account the person is.
func FactWords(what operation.Fact, whose string) string {
	switch what {
	case operation.FactWorkspace:
		return "which workspace I belong to"
	case operation.FactPerson:
		return whose
	case operation.FactChannel:
		return "whether this channel is internal"
	case operation.FactGroups:
		return "who is in the user groups"
	case operation.FactListener:
		return "the listener and its load balancer"
	case operation.FactServer:
		return "the server"
	case operation.FactWeight:
		return "the weight"
	case operation.FactPorts:
		return "the ports"
	case operation.FactPolicy:
		return "the policy"
	case operation.FactAsker:
		return "whether someone else asked"
	case operation.FactNewest:
		return "whether I have the current policy"
	case operation.FactPolicyFile:
		return "the policy file, which was changed a moment ago"
	}
	return FirstOf(Prose(string(what), SaidLimit), DeniedUnnamed)
}

// StepWords names a kind of event in a status answer.
func StepWords(kind string) string {
	switch kind {
	case operation.EventPreviewed:
		return "Preview shown"
	case operation.EventDenied:
		return "Denied"
	case operation.EventAccepted:
		return "Accepted"
	case operation.EventCancelled:
		return "Cancelled"
	case operation.EventStopped:
		return "Stop pressed"
	case operation.EventAttempt:
		return "Sent to Zenlayer"
	case operation.EventAnswered:
		return "Zenlayer answered"
	case operation.EventWaiting:
		return "Waiting for the next try"
	case operation.EventLook:
		return "Checked the listener"
	case operation.EventPerson:
		return "A person answered"
	case operation.EventFinished:
		return "Finished"
	case operation.EventStatus:
		return "Status read"
	case operation.EventResumed:
		return "Picked up after a restart"
	case operation.EventTakenBack:
		return "Taken back"
	case operation.EventApprovalAsked:
		return "Approval asked for again"
	case operation.EventReminded:
		return "Reminded"
	case operation.EventQuestion:
		return "Question asked"
	case operation.EventApproved:
		return "Approved"
	case operation.EventNotApproved:
		return "Not approved"
	case operation.EventBreakGlass:
		return "Break-glass"
	case operation.EventPreviewedMore:
		return "More previews shown"
	case operation.EventDeniedMore:
		return "Denied more times"
	}
	return fmt.Sprintf(unknownStep, Code(kind))
}

// WhoDid names who caused an event, empty if nobody did.
func WhoDid(e operation.Event, show Shown) string {
	who, known := e.Who()
	switch {
	case !known:
		return "by whom was not recorded"
	case who == "":
		return ""
	}
	return show(who)
}
