package operation

import "slices"

// State is where an operation stands. The stored words are part of the
// journal's format and of the audit trail: add words, never change one.
type State string

// The states, in the order of a life. Draft and the final ones take no part in
// the rule of one open operation per listener and server.
const (
	Draft       State = "draft"            // preview shown; expires silently at ExpiresAt
	Waiting     State = "waiting_approval" // on disk; other people are asked to agree, nothing is sent
	Accepted    State = "accepted"         // on disk; last checks are running, nothing is sent
	Sending     State = "sending"          // an attempt is being made, or waits for its next try
	Unconfirmed State = "unconfirmed"      // sent without an answer; being settled
	NeedsPerson State = "needs_person"     // could not be settled by the bot
	Done        State = "added"            // final: it was carried out
	NotDone     State = "not_added"        // final: certainly not made; Reason says why
	NothingToDo State = "already_there"    // final: the listener was as asked already
)

// Final reports whether nothing changes in s any more.
func (s State) Final() bool {
	return s == Done || s == NotDone || s == NothingToDo
}

// Open reports whether s holds its listener and server: while it does, nobody
// can start the same server on the same listener.
func (s State) Open() bool {
	return s != Draft && !s.Final()
}

// Reason says why an operation ended as NotDone. Stored; add, never change.
type Reason string

// The reasons. Each has its own words in the channel.
const (
	ReasonRefused     Reason = "refused"      // Zenlayer refused it; Fault has its words
	ReasonDiffers     Reason = "differs"      // the entry has another weight, or for a removal other ports
	ReasonTooLate     Reason = "too_late"     // not started within StartWithin of the last click
	ReasonStopped     Reason = "stopped"      // a person pressed Stop before anything was sent
	ReasonDenied      Reason = "denied"       // the right was gone at the last check
	ReasonRateLimited Reason = "rate_limited" // Zenlayer kept asking to wait
	ReasonCredentials Reason = "credentials"  // Zenlayer refuses the bot's key
	ReasonClockSkew   Reason = "clock_skew"   // the bot's clock is off by more than Zenlayer allows
	ReasonUnreachable Reason = "unreachable"  // nothing could be sent, or the listener not be read
	ReasonBlocked     Reason = "blocked"      // stopped in front of the API, not by it
	ReasonGone        Reason = "gone"         // the listener no longer exists
	ReasonProven      Reason = "proven"       // unanswered, and complete readings do not show it
	ReasonPerson      Reason = "person"       // a person said so and a reading agreed
	ReasonRehearsal   Reason = "rehearsal"    // test mode: everything but the write
	ReasonInternal    Reason = "internal"     // something broke in the bot before anything was sent
	ReasonNotApproved Reason = "not_approved" // somebody who was asked for approval said no
	ReasonUnanswered  Reason = "unanswered"   // nobody, or not enough people, approved in time
	ReasonPaused      Reason = "paused"       // the bot was paused until it was too late to start
)

// Evidence says how it is known that a change was carried out.
type Evidence string

// The kinds of evidence, strongest first.
const (
	EvidenceAnswered Evidence = "answered" // Zenlayer answered the first attempt
	EvidenceRepeated Evidence = "repeated" // Zenlayer answered a repeat: of an addition, with the same client token
	// a reading showed it: the server is on the listener, and was not before the first
	// attempt; or the entry of a removal is gone, and nobody knows who removed it
	EvidenceSeen   Evidence = "seen"
	EvidenceGone   Evidence = "listener_gone" // the listener does not exist any more, so a removal's entry is gone
	EvidencePerson Evidence = "person"        // a person said so and a reading agreed
)

// The lists of what this version stores. A newer version, or an older one
// after a downgrade, may have stored something else: renderers must say that
// they do not know it, and never fall back to the words of something known.
// A test compares each list with the constants, and the tests of the renderers
// want words for each value.

// AllStates lists the states in the order of a life.
func AllStates() []State {
	return []State{Draft, Waiting, Accepted, Sending, Unconfirmed, NeedsPerson, Done, NotDone, NothingToDo}
}

// AllReasons lists the reasons of NotDone.
func AllReasons() []Reason {
	return []Reason{ReasonRefused, ReasonDiffers, ReasonTooLate, ReasonStopped, ReasonDenied, ReasonRateLimited,
		ReasonCredentials,
		ReasonClockSkew, ReasonUnreachable, ReasonBlocked, ReasonGone, ReasonProven, ReasonPerson, ReasonRehearsal,
		ReasonInternal,
		ReasonNotApproved, ReasonUnanswered, ReasonPaused}
}

// AllEvidence lists the kinds of evidence of Done.
func AllEvidence() []Evidence {
	return []Evidence{EvidenceAnswered, EvidenceRepeated, EvidenceSeen, EvidenceGone, EvidencePerson}
}

// AllEventKinds lists the kinds of events.
func AllEventKinds() []string {
	return []string{EventPreviewed, EventDenied, EventAccepted, EventCancelled, EventStopped, EventAttempt,
		EventAnswered, EventWaiting,
		EventLook, EventPerson, EventFinished, EventStatus, EventResumed, EventTakenBack, EventApprovalAsked,
		EventReminded,
		EventQuestion, EventApproved,
		EventNotApproved, EventBreakGlass, EventPreviewedMore, EventDeniedMore, EventStarted, EventEnded, EventPolicy,
		EventPaused, EventPauseOver, EventHead}
}

// AllDenialCodes lists the codes of denials.
func AllDenialCodes() []DenialCode {
	return []DenialCode{DeniedUnchecked, DeniedWorkspace, DeniedGuest, DeniedBot, DeniedDeactivated, DeniedShared,
		DeniedChannel,
		DeniedNoPolicy, DeniedOutdated, DeniedNoRule, DeniedForbidden, DeniedApproval, DeniedNobody, DeniedRate,
		DeniedListenerRate,
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
	return o.State.Known() && o.Change.Known() && (o.State != NotDone || o.Reason.Known())
}

// Known reports whether this version knows the kind of the event.
func (e Event) Known() bool { return slices.Contains(AllEventKinds(), e.Kind) }

// The words stored in Operation.WaitFor.
const (
	WaitRateLimit   = "rate_limit"
	WaitUnreachable = "unreachable"
	WaitLook        = "look"
	WaitLine        = "line"   // a free call to Zenlayer
	WaitPaused      = "paused" // somebody paused the bot: Operation.Pause
	WaitRules       = "rules"  // this replica does not have the newest policies
)

// The words stored in Operation.Answer: whether the change was carried out. For
// an addition that is whether the server is on the listener.
const (
	AnswerThere    = "there"
	AnswerNotThere = "not_there"
)
