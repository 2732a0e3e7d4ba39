package operation

import (
	"maps"
	"strconv"
	"time"
)

// Card is the message that shows an operation, as far as Slack has taken it.
type Card struct {
	Channel string    `json:"channel"`
	TS      string    `json:"ts"`               // empty while nothing was posted
	Posting time.Time `json:"posting,omitzero"` // when a post was begun whose answer is not stored
	Shown   int64     `json:"shown"`            // the Operation.Version it shows
	Closed  bool      `json:"closed"`           // it shows a final state: what was accepted has been answered
}

// Event is one line of the audit trail. Data never holds a secret.
type Event struct {
	At          time.Time         `json:"at"`
	Kind        string            `json:"kind"` // see the Event… constants
	OperationID string            `json:"operation_id,omitempty"`
	ActorID     string            `json:"actor_id,omitempty"`
	ChannelID   string            `json:"channel_id,omitempty"`
	Data        map[string]string `json:"data,omitempty"`

	// Delivery is the Slack delivery that caused the event, where a second
	// event of the same delivery is a *DuplicateError with the operation of the
	// first one. Empty: not checked. The delivery counts as claimed then, see
	// Journal.Claim. It is not part of the stored event.
	Delivery string `json:"-"`
}

// Delivered is what is known of the answer to a Slack delivery; zero for a
// new one.
type Delivered struct {
	OperationID string // what it stored: a draft, what was accepted for it, or what it asked about
	Told        bool   // the person has the answer
}

// The kinds of events. Stored; add, never change.
const (
	EventPreviewed = "previewed"
	EventDenied    = "denied"
	EventAccepted  = "accepted"
	EventCancelled = "cancelled"
	EventStopped   = "stopped"
	EventAttempt   = "attempt"
	EventAnswered  = "answered"
	EventWaiting   = "waiting"
	EventLook      = "look"
	EventPerson    = "person"
	EventFinished  = "finished"
	EventStatus    = "status"
	EventResumed   = "resumed"
	EventTakenBack = "taken_back" // an addition, by another operation: "undone_by" is its reference

	EventPreviewedMore = "previewed_more" // previews of one person that have no event of their own, counted
	EventDeniedMore    = "denied_more"    // the same for denials

	EventApprovalAsked = "approval_asked" // other people were asked to agree, again as well
	EventReminded      = "reminded"
	EventQuestion      = "question" // somebody who was asked has a question
	EventApproved      = "approved" // one person agreed
	EventNotApproved   = "not_approved"
	EventBreakGlass    = "break_glass" // accepted without the approvals it needs
	// Those of the bot itself belong to no operation and no person.
	EventStarted = "bot_started"
	EventEnded   = "bot_stopped"
	EventPolicy  = "policy_changed" // what the policy file led to, with the digest in force
	// a person stopped the sending of new requests, or let it go on; of no operation
	EventPaused    = "paused"
	EventPauseOver = "pause_over"
	EventHead      = "head" // the end of the audit trail's chain, hourly
)

// SystemActor is the ActorID of an event that no person caused: a step of a
// run, or the bot itself. Such an event has no channel. No Slack id looks like
// it. Versions before 0.2 stored no actor for the bot's own events, and the
// asker and their channel for everything that happened to a request.
const SystemActor = "system"

// NewEvent makes an event of a request that a person caused, from where they did
// it. See trail for the data.
func NewEvent(at time.Time, kind string, op Operation, by Actor, from Place, data map[string]string) Event {
	return Event{At: at, Kind: kind, OperationID: op.ID, ActorID: by.UserID, ChannelID: from.ChannelID,
		Data: trail(op, by.TeamID, data)}
}

// SystemEvent makes an event of a request that no person caused.
func SystemEvent(at time.Time, kind string, op Operation, data map[string]string) Event {
	return Event{At: at, Kind: kind, OperationID: op.ID, ActorID: SystemActor, Data: trail(op, "", data)}
}

// trail completes the data of an event, so that a line of the audit trail can
// be read without the operation, which is not part of the chain and is deleted
// with retention: which request, who asked for it where and when (the event's
// own time is when this was decided), about what, and from which team is who
// caused it. Values in data replace these. The client token is left out.
func trail(op Operation, team string, data map[string]string) map[string]string {
	all := map[string]string{
		"ref": op.Ref, "team": team, "listener": op.Request.ListenerID, "instance": op.Request.InstanceID,
		"requester": op.Actor.UserID, "requester_channel": op.Place.ChannelID,
		"asked_at": stamp(op.AskedAt), "clicked_at": stamp(op.ClickedAt),
		"change": string(op.Change), "undoes": op.Undoes,
	}
	if op.Target != nil {
		all["target"] = op.Target.BackendID
	}
	maps.Copy(all, data)
	maps.DeleteFunc(all, func(_, value string) bool { return value == "" })
	return all
}

// Who returns the Slack user id of the person who caused the event, empty if
// nobody did. It is not known for events of versions before 0.2 that were
// stored under the asker whoever caused them.
func (e Event) Who() (userID string, known bool) {
	requester := e.Data["requester"]
	switch e.Kind {
	case EventApproved, EventNotApproved, EventQuestion:
		if e.ActorID == requester { // nobody decides about their own request
			return "", false
		}
	case EventStopped, EventPerson:
		if requester == "" {
			return "", false
		}
	case EventAttempt, EventAnswered, EventWaiting, EventLook, EventFinished, EventStatus, EventResumed,
		EventTakenBack, EventApprovalAsked, EventReminded:
		return "", true
	case EventBreakGlass:
		if e.Data["why"] == "" { // who was told of it
			return "", true
		}
	}
	if e.ActorID == SystemActor {
		return "", true
	}
	return e.ActorID, true
}

// Change returns the kind of change that the event is about.
func (e Event) Change() ChangeKind {
	switch Action(e.Data["action"]) {
	case ActionUndo, ActionRemove:
		return ChangeRemove
	}
	return ChangeKind(e.Data["change"])
}

// Requester returns who asked for the request that the event is about, and in
// which channel; empty for a denial, which may be about no request, and for
// what is about none.
func (e Event) Requester() (userID, channelID string) {
	requester := e.Data["requester"]
	switch {
	case e.OperationID == "" || e.Kind == EventDenied:
		return "", ""
	case e.Data["requester_channel"] != "" || requester != "" && requester != e.ActorID:
		return requester, e.Data["requester_channel"]
	}
	return e.ActorID, e.ChannelID // before 0.2
}

// WithPolicies adds which policies said so, in which version of the rules.
func WithPolicies(data map[string]string, policies []string, digest string) map[string]string {
	for n, id := range policies {
		data["policy_"+strconv.Itoa(n+1)] = id
	}
	data["policy_digest"] = digest
	return data
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05.000Z")
}
