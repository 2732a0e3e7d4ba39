package operation

import (
	"slices"
	"time"

	"lbbot/zenlayer"
)

// State is where an operation stands. The stored words are part of the
// journal's format and of the audit trail: add words, never change one.
type State string

// The states, in the order of a life. Draft and the final ones take no part in
// the rule of one open operation per listener and server.
const (
	Draft        State = "draft"            // preview shown; expires silently at ExpiresAt
	Waiting      State = "waiting_approval" // on disk; other people are asked to agree, nothing is sent
	Accepted     State = "accepted"         // on disk; last checks are running, nothing is sent
	Sending      State = "sending"          // an attempt is being made, or waits for its next try
	Unconfirmed  State = "unconfirmed"      // sent without an answer; being settled
	NeedsPerson  State = "needs_person"     // could not be settled by the bot
	Added        State = "added"            // final
	NotAdded     State = "not_added"        // final; Reason says why
	AlreadyThere State = "already_there"    // final; nothing was sent
)

// Final reports whether nothing changes in s any more.
func (s State) Final() bool {
	return s == Added || s == NotAdded || s == AlreadyThere
}

// Open reports whether s holds its listener and server: while it does, nobody
// can start the same server on the same listener.
func (s State) Open() bool {
	return s != Draft && !s.Final()
}

// Reason says why an operation ended as NotAdded. Stored; add, never change.
type Reason string

// The reasons. Each has its own words in the channel.
const (
	ReasonRefused     Reason = "refused"      // Zenlayer refused it; Fault has its words
	ReasonDiffers     Reason = "differs"      // the server is there with another weight
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
)

// Evidence says how it is known that a server was added.
type Evidence string

// The kinds of evidence, strongest first.
const (
	EvidenceAnswered Evidence = "answered" // Zenlayer answered the first attempt
	EvidenceRepeated Evidence = "repeated" // Zenlayer answered a repeat with the same client token
	EvidenceSeen     Evidence = "seen"     // on the listener, and not there before the first attempt
	EvidencePerson   Evidence = "person"   // a person said so and a reading agreed
)

// Actor is the person asking, as Slack vouches for them. Names are for people
// to read and decide nothing.
type Actor struct {
	UserID       string `json:"user_id"`
	TeamID       string `json:"team_id"`
	EnterpriseID string `json:"enterprise_id,omitempty"`
	PersonID     string `json:"person_id,omitempty"` // Person.PersonID; empty outside an organization
	Name         string `json:"name,omitempty"`
}

// Is reports whether both may be one person: one agreement is enough of them,
// and nobody agrees to their own request. Slack's ids of people are unique, but
// in an organization one person can have several of them, and the team beside
// them is sometimes the workspace and sometimes the organization. Where
// somebody must be exactly the one who asked, it is Owns that counts.
func (a Actor) Is(b Actor) bool {
	return a.UserID == b.UserID || a.PersonID != "" && (a.PersonID == b.PersonID || a.PersonID == b.UserID) ||
		b.PersonID != "" && b.PersonID == a.UserID
}

// Owns reports whether b is the actor a, in the same workspace. In an
// organization the workspace that Slack names differs between a command and a
// click; there the permission gate looks at it.
func (a Actor) Owns(b Actor) bool {
	return a.UserID == b.UserID && (a.TeamID == b.TeamID || a.PersonID != "")
}

// Place is where an operation was asked for and where its result goes.
type Place struct {
	TeamID      string `json:"team_id"`
	ChannelID   string `json:"channel_id"` // where the command or click came from; the only channel permission looks at
	ChannelName string `json:"channel_name,omitempty"`
	ResultID    string `json:"result_id"` // the channel that sees the card

	// ResponseURL lets anyone who has it post for 30 minutes, so it is kept
	// in the journal but never logged or shown.
	ResponseURL string    `json:"response_url,omitempty"`
	ResponseBy  time.Time `json:"response_by,omitzero"`
}

// Listener is what was read about the listener when it was last looked at.
type Listener struct {
	ID               string `json:"id"`
	Name             string `json:"name"`
	Protocol         string `json:"protocol"`
	Port             string `json:"port"` // as Zenlayer writes it; several are separated by commas
	Scheduler        string `json:"scheduler"`
	Kind             string `json:"kind"`
	Status           string `json:"status"`
	HealthCheck      *bool  `json:"health_check"` // nil: Zenlayer did not say
	LoadBalancerID   string `json:"load_balancer_id"`
	LoadBalancerName string `json:"load_balancer_name"`

	LoadBalancerStatus string `json:"load_balancer_status,omitempty"` // Zenlayer's own word
	Zone               string `json:"zone"`
	Servers            int    `json:"servers"`             // on it when last read; -1 when the pool could not be read
	Protected          bool   `json:"protected,omitempty"` // an extra confirm dialog is asked for
}

// Server is what was read about the instance to add.
type Server struct {
	ID     string                `json:"id"`
	Name   string                `json:"name"`
	Type   zenlayer.InstanceType `json:"type"`
	IP     string                `json:"ip,omitempty"`
	Zone   string                `json:"zone,omitempty"`
	Status string                `json:"status,omitempty"`
}

// Fault is what an unsuccessful call said, fit to be stored and shown.
type Fault struct {
	Code      string `json:"code,omitempty"`
	Status    int    `json:"status,omitempty"` // HTTP status; 0 when nothing answered
	Message   string `json:"message,omitempty"`
	RequestID string `json:"request_id,omitempty"`
}

// Attempt is one RegisterBackend call. SentAt is committed before the call;
// an attempt without AnsweredAt may have done anything.
type Attempt struct {
	Number     int       `json:"number"` // from 1
	SentAt     time.Time `json:"sent_at"`
	AnsweredAt time.Time `json:"answered_at,omitzero"`
	Outcome    string    `json:"outcome,omitempty"` // accepted, refused, retry or unknown
	Unsent     bool      `json:"unsent,omitempty"`  // certainly never left the bot
	Fault      Fault     `json:"fault,omitzero"`
}

// Unanswered reports whether the attempt may have been carried out without
// our knowing.
func (a Attempt) Unanswered() bool {
	return a.AnsweredAt.IsZero() || a.Outcome == OutcomeUnknown
}

// Doubtful reports whether the attempt was answered in a way that very likely,
// but not certainly, means that nothing was done: a service that says it is not
// available may have been so only when it answered, and a 429 without a code of
// Zenlayer is from something in front of it.
func (a Attempt) Doubtful() bool {
	return a.Outcome == OutcomeRetry && (a.Fault.Status >= 500 || a.Limited() && a.Fault.Code == "")
}

// Limited reports whether the attempt was answered with the demand to wait.
func (a Attempt) Limited() bool {
	return a.Outcome == OutcomeRetry && asksToWait(a.Fault.Status, a.Fault.Code)
}

// The words stored in Attempt.Outcome.
const (
	OutcomeAccepted = "accepted"
	OutcomeRefused  = "refused"
	OutcomeRetry    = "retry"
	OutcomeUnknown  = "unknown"
)

// Operation is one request from its preview until its result was reported. The
// journal stores it whole; Version is the number of times it was stored.
type Operation struct {
	ID      string `json:"id"`  // UUIDv7
	Ref     string `json:"ref"` // LBR- and six characters, for people
	Version int64  `json:"version"`
	Run     int64  `json:"-"` // the run that it was read in by Journal.Operation; see Lease
	State   State  `json:"state"`
	Reason  Reason `json:"reason,omitempty"`

	Account  string                          `json:"account"` // whose load balancers; part of Subject
	Request  zenlayer.RegisterBackendRequest `json:"request"` // includes the client token
	Listener Listener                        `json:"listener"`
	Server   Server                          `json:"server"`
	Actor    Actor                           `json:"actor"`
	Place    Place                           `json:"place"`
	Purpose  string                          `json:"purpose,omitempty"` // the person's own reason
	Notes    []string                        `json:"notes,omitempty"`   // said in the preview: what was filled in or corrected
	Policies []string                        `json:"policies,omitempty"`

	PolicyDigest string `json:"policy_digest,omitempty"` // of the rules that they were part of

	// Unsearched is what refused a search among virtual machines, if the server
	// was found as bare metal all the same.
	Unsearched Fault `json:"unsearched,omitzero"`

	Approval  *Approval   `json:"approval,omitempty"` // nil: no other people are needed
	Glass     *BreakGlass `json:"break_glass,omitempty"`
	MayBreak  bool        `json:"may_break,omitempty"` // in a draft: the rules let the asker skip approval
	DryRun    bool        `json:"dry_run,omitempty"`
	Watch     bool        `json:"watch,omitempty"` // look for the backend's status after adding
	Rehearsal bool        `json:"rehearsal,omitempty"`
	Command   string      `json:"command,omitempty"` // the same request as a /lb-register line

	AskedAt    time.Time `json:"asked_at"`
	ExpiresAt  time.Time `json:"expires_at,omitzero"` // of the draft
	ClickedAt  time.Time `json:"clicked_at,omitzero"` // the last click that asked for it to be sent
	FinishedAt time.Time `json:"finished_at,omitzero"`

	Attempts []Attempt `json:"attempts,omitempty"`
	Baseline []string  `json:"baseline,omitempty"` // backend ids this server had on the listener before the first attempt
	StopBy   string    `json:"stop_by,omitempty"`  // who pressed Stop
	Denial   *Decision `json:"denial,omitempty"`   // why permission was refused at the last check
	Fault    Fault     `json:"fault,omitzero"`     // the last thing Zenlayer said against it

	WaitUntil time.Time `json:"wait_until,omitzero"` // the next try or the next look
	WaitFor   string    `json:"wait_for,omitempty"`  // rate_limit, unreachable, look or line
	InLine    time.Time `json:"in_line,omitzero"`    // since when it waits for a free call; kept when it ends there
	Others    int       `json:"others,omitempty"`    // how many more waited then; 0: none, or not known
	Tries     int       `json:"tries,omitempty"`     // tries that certainly changed nothing
	FirstTry  time.Time `json:"first_try,omitzero"`
	ResumedAt time.Time `json:"resumed_at,omitzero"` // when a restarted bot picked it up again

	Looks     int       `json:"looks,omitempty"`         // readings made to settle it
	LastLook  time.Time `json:"last_look,omitzero"`      // the last complete reading
	ClockBack bool      `json:"clock_back,omitempty"`    // the clock was seen to stand before the last attempt: no repeats
	LookFault string    `json:"look_fault,omitempty"`    // why the last reading was not complete
	Unread    Fault     `json:"unread,omitzero"`         // what was answered instead, if anything was; see Fault.Answered
	Matches   []string  `json:"matches,omitempty"`       // backend ids that fit, when several do
	Answer    string    `json:"person_answer,omitempty"` // "there" or "not_there"
	AnswerBy  string    `json:"answer_by,omitempty"`     // who said so
	AskSince  int64     `json:"ask_since,omitempty"`     // Version that asked a person to settle it, the latest time
	Mismatch  bool      `json:"mismatch,omitempty"`      // the reading after that answer disagreed

	BackendID     string    `json:"backend_id,omitempty"`
	RequestID     string    `json:"request_id,omitempty"` // Zenlayer's, of the successful call
	Evidence      Evidence  `json:"evidence,omitempty"`
	BackendStatus string    `json:"backend_status,omitempty"` // Zenlayer's own word
	StatusAt      time.Time `json:"status_at,omitzero"`
	StatusLooks   int       `json:"status_looks,omitempty"`
	OwnerTold     time.Time `json:"owner_told,omitzero"`    // when the bot's owner was told that it needs a person
	FoundWeight   int       `json:"found_weight,omitempty"` // for AlreadyThere and ReasonDiffers: what it has there
}

// Subject is what an operation is about: two open operations never have the
// same one. It is opaque to the journal.
func (o Operation) Subject() string {
	return o.Account + "|" + o.Request.ListenerID + "|" + o.Request.InstanceID
}

// FirstSent returns when the first attempt was sent, zero if none was.
func (o Operation) FirstSent() time.Time {
	for _, a := range o.Attempts {
		if !a.Unsent {
			return a.SentAt
		}
	}
	return time.Time{}
}

// LastSent returns when the last attempt was sent, zero if none was.
func (o Operation) LastSent() time.Time {
	for _, a := range slices.Backward(o.Attempts) {
		if !a.Unsent {
			return a.SentAt
		}
	}
	return time.Time{}
}

// Unanswered returns the attempts that may have been carried out without our
// knowing.
func (o Operation) Unanswered() []Attempt {
	return slices.DeleteFunc(slices.Clone(o.Attempts), func(a Attempt) bool { return !a.Unanswered() })
}

// Doubted reports whether an attempt is Doubtful.
func (o Operation) Doubted() bool { return slices.ContainsFunc(o.Attempts, Attempt.Doubtful) }

// onlyLimited reports whether nothing but demands to wait leaves it open whether
// an attempt worked.
func (o Operation) onlyLimited() bool {
	open := func(a Attempt) bool { return a.Unanswered() || a.Doubtful() && !a.Limited() }
	return slices.ContainsFunc(o.Attempts, Attempt.Limited) && !slices.ContainsFunc(o.Attempts, open)
}

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
	OperationID string // what it stored: the draft of a preview, or what it asked about
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
	EventHead    = "head"           // the end of the audit trail's chain, hourly
)
