package operation

import "slices"

// The lists of what this version stores. A newer version, or an older one
// after a downgrade, may have stored something else: renderers must say that
// they do not know it, and never fall back to the words of something known.
// A test compares each list with the constants, and the tests of the renderers
// want words for each value.

// AllStates lists the states in the order of a life.
func AllStates() []State {
	return []State{Draft, Waiting, Accepted, Sending, Unconfirmed, NeedsPerson, Added, NotAdded, AlreadyThere}
}

// AllReasons lists the reasons of NotAdded.
func AllReasons() []Reason {
	return []Reason{ReasonRefused, ReasonDiffers, ReasonTooLate, ReasonStopped, ReasonDenied, ReasonRateLimited, ReasonCredentials,
		ReasonClockSkew, ReasonUnreachable, ReasonBlocked, ReasonGone, ReasonProven, ReasonPerson, ReasonRehearsal, ReasonInternal,
		ReasonNotApproved, ReasonUnanswered}
}

// AllEvidence lists the kinds of evidence of Added.
func AllEvidence() []Evidence {
	return []Evidence{EvidenceAnswered, EvidenceRepeated, EvidenceSeen, EvidencePerson}
}

// AllEventKinds lists the kinds of events.
func AllEventKinds() []string {
	return []string{EventPreviewed, EventDenied, EventAccepted, EventCancelled, EventStopped, EventAttempt, EventAnswered, EventWaiting,
		EventLook, EventPerson, EventFinished, EventStatus, EventResumed, EventApprovalAsked, EventReminded, EventQuestion, EventApproved,
		EventNotApproved, EventBreakGlass, EventPreviewedMore, EventDeniedMore, EventStarted, EventEnded, EventPolicy, EventHead}
}

// AllDenialCodes lists the codes of denials.
func AllDenialCodes() []DenialCode {
	return []DenialCode{DeniedUnchecked, DeniedWorkspace, DeniedGuest, DeniedBot, DeniedDeactivated, DeniedShared, DeniedChannel,
		DeniedNoPolicy, DeniedOutdated, DeniedNoRule, DeniedForbidden, DeniedApproval, DeniedNobody, DeniedRate, DeniedListenerRate,
		DeniedBudget, DeniedReason, DeniedSelf, DeniedNotRequester}
}

// Known reports whether this version knows the state.
func (s State) Known() bool { return slices.Contains(AllStates(), s) }

// Known reports whether this version knows the reason.
func (r Reason) Known() bool { return slices.Contains(AllReasons(), r) }

// Known reports whether this version knows the code.
func (c DenialCode) Known() bool { return slices.Contains(AllDenialCodes(), c) }

// Known reports whether this version can tell how o stands: it knows its
// state, and the reason if it was not added.
func (o Operation) Known() bool {
	return o.State.Known() && (o.State != NotAdded || o.Reason.Known())
}

// Known reports whether this version knows the kind of the event.
func (e Event) Known() bool { return slices.Contains(AllEventKinds(), e.Kind) }
