package operation

import (
	"context"
	"time"
)

// Action is what a person wants to do, in the policy's words.
type Action string

// The actions that are asked about. Each question has all its facts, whatever
// the action: approving, for example, is asked with the listener, the server,
// the weight and the ports of the request that is to be approved. Only pause is
// asked without them.
const (
	ActionRegister    Action = "register"    // add a server to a listener
	ActionUndo        Action = "undo"        // take back an addition of this bot, as it was left
	ActionRemove      Action = "remove"      // take any server off a listener
	ActionApprove     Action = "approve"     // agree to somebody else's request
	ActionBreakGlass  Action = "breakGlass"  // add without the approvals that are asked for
	ActionViewHistory Action = "viewHistory" // see what others did on a listener
	ActionPause       Action = "pause"       // stop and resume the sending of new requests
)

// AllActions lists the actions.
func AllActions() []Action {
	return []Action{ActionRegister, ActionUndo, ActionRemove, ActionApprove, ActionBreakGlass, ActionViewHistory,
		ActionPause}
}

// Approvable reports whether approval can be asked for: of a change. Any other action
// that needs one is denied.
func (a Action) Approvable() bool {
	return a == ActionRegister || a == ActionUndo || a == ActionRemove
}

// MustBeNamed reports whether a permit that leaves the action open does not permit it:
// a file may be older than the action.
func (a Action) MustBeNamed() bool { return a == ActionRemove || a == ActionPause }

// Question is everything a decision depends on. Incomplete facts are a no.
type Question struct {
	Action   Action
	Actor    Actor
	Place    Place
	Account  string
	Listener Listener
	Server   Server
	Weight   int // 0: Zenlayer's default; the policy sees 100, the most it can be
	Ports    []int
	At       time.Time

	// Fresh asks for the person and the channel as they are now, not as they
	// were read a moment ago: set for clicks.
	Fresh bool

	// Last says that nothing is asked later without a call: it is asked right before one,
	// or accepts a command that needs no click. What Slack says may be LastAge old.
	Last bool
}

// LastAge is how old the person, the channel and the user groups may be in the last
// question before a call. Most calls follow within seconds of the command or the click,
// whose question read them; reading them once more for each call meets Slack's limit of
// about 50 calls of conversations.info a minute when an incident is busy.
const LastAge = 30 * time.Second

// Age returns how long ago something was read, by the clock that says more: the
// monotonic clock stops while the host is suspended, and the wall clock may be set back.
// It is negative if that was in the future by the wall clock: then it is not known.
func Age(now, at time.Time) time.Duration {
	wall := now.Round(0).Sub(at.Round(0))
	if wall < 0 {
		return wall
	}
	return max(wall, now.Sub(at))
}

// MaxAge returns how old what Slack says may be in q, and false if q leaves that to
// the directory.
func (q Question) MaxAge() (time.Duration, bool) {
	switch {
	case q.Fresh:
		return 0, true
	case q.Last:
		return LastAge, true
	}
	return 0, false
}

// DenialCode says which gate said no. Each has its own words.
type DenialCode string

// The codes, in the order of the gates.
const (
	DeniedUnchecked   DenialCode = "unchecked"   // a fact could not be read; What names it
	DeniedWorkspace   DenialCode = "workspace"   // the person belongs to another workspace or organization
	DeniedGuest       DenialCode = "guest"       // guests, single- or multi-channel
	DeniedBot         DenialCode = "bot"         // bots, apps and workflows
	DeniedDeactivated DenialCode = "deactivated" // the account is deactivated
	DeniedShared      DenialCode = "shared"      // the channel is shared with another organization
	DeniedChannel     DenialCode = "channel"     // the channel cannot be seen or is archived
	DeniedNoPolicy    DenialCode = "no_policy"   // no policy is loaded
	DeniedNoRule      DenialCode = "no_rule"     // no permit holds
	DeniedForbidden   DenialCode = "forbidden"   // a forbid holds
	DeniedApproval    DenialCode = "approval"    // a permit holds, once Approvals other people agree
	// a permit holds, but there are not Approvals people who could agree
	DeniedNobody DenialCode = "nobody"
	// too many in a short time; Until says when the next one is possible
	DeniedRate         DenialCode = "rate"
	DeniedListenerRate DenialCode = "listener_rate" // the same, for the listener
	DeniedBudget       DenialCode = "budget"        // the same, for break-glass
	DeniedReason       DenialCode = "reason"        // a permit holds, but for requests with a reason only
	DeniedSelf         DenialCode = "self"          // the asker cannot approve their own request
	DeniedNotRequester DenialCode = "not_requester" // somebody else's preview
)

// Fact names what a decision depends on. Stored; add, never change one.
type Fact string

// The facts that Decision.What names, with the code DeniedUnchecked unless it
// says otherwise.
const (
	FactWorkspace  Fact = "workspace" // where the bot is installed
	FactPerson     Fact = "person"
	FactChannel    Fact = "channel"
	FactGroups     Fact = "groups"   // a user group that the policy names, or all of them
	FactListener   Fact = "listener" // or its load balancer
	FactServer     Fact = "server"
	FactWeight     Fact = "weight"
	FactPorts      Fact = "ports"
	FactPolicy     Fact = "policy"      // a policy could not be evaluated
	FactPolicyFile Fact = "policy_file" // it changed seconds ago and may be incomplete
	FactNewest     Fact = "newest"      // whether this process has the policy that is in force
	FactAsker      Fact = "asker"       // whether the approver asked, under another id of theirs
	FactDirect     Fact = "direct"      // with DeniedChannel: a direct message of other people
)

// AllFacts lists the facts that could not be checked.
func AllFacts() []Fact {
	return []Fact{FactWorkspace, FactPerson, FactChannel, FactGroups, FactListener, FactServer, FactWeight, FactPorts,
		FactPolicy, FactPolicyFile, FactNewest, FactAsker}
}

// Decision is the answer to a Question, with what a person needs to know
// about a no. It is stored in the audit trail, so it is bounded.
//
// A permit that asks for approval is DeniedApproval with Allowed false: who
// does not know of approvals takes it for the no that it is until then.
type Decision struct {
	Allowed   bool       `json:"allowed"`
	Approvals int        `json:"approvals,omitempty"` // with DeniedApproval: how many other people must agree
	Code      DenialCode `json:"code,omitempty"`
	Action    Action     `json:"action,omitempty"` // of a no that is not about register
	What      Fact       `json:"what,omitempty"`   // the fact that could not be checked
	// what a person has to change so that it can be checked; empty: it may pass
	Remedy   string   `json:"remedy,omitempty"`
	Policies []string `json:"policies,omitempty"` // @id of the policies that decided
	// SHA-256 of the policy file that was asked; empty when it was not
	Digest    string   `json:"digest,omitempty"`
	Reason    string   `json:"reason,omitempty"`     // @reason of the policy that decided
	Contact   string   `json:"contact,omitempty"`    // @contact of the policy that decided
	Groups    []string `json:"groups,omitempty"`     // user group ids that would have helped
	GroupsAsk bool     `json:"groups_ask,omitempty"` // in one of Groups it would take the approval of others as well
	// ids of the channels in which it would be permitted, with or without approval
	Channels []string      `json:"channels,omitempty"`
	Incident bool          `json:"incident,omitempty"`  // it would be permitted in an incident channel
	PersonID string        `json:"person_id,omitempty"` // Person.PersonID, once it was read
	In       []string      `json:"in,omitempty"`        // user group ids the person is in, among those the policy names
	Person   bool          `json:"person"`              // the person passed the identity checks
	Channel  bool          `json:"channel"`             // the channel passed its checks
	Limit    int           `json:"limit,omitempty"`     // for DeniedRate: how many
	Window   time.Duration `json:"-"`                   // for DeniedRate: in how long; never stored
	Until    time.Time     `json:"until,omitzero"`

	// Clauses is the account of the policies named in Policies, in the order
	// of the file. It explains the decision and never makes it. MoreClauses
	// counts those that are left out of it.
	Clauses     []Clause `json:"clauses,omitempty"`
	MoreClauses int      `json:"more_clauses,omitempty"`

	// ApproversChannel is where approval is asked for, by the @approvers_channel
	// of the permit; empty: wherever the settings say. Only with DeniedApproval.
	ApproversChannel string `json:"approvers_channel,omitempty"`

	// ReasonRequired says that the permit holds only for a request that has a
	// reason, by its @requires("reason"). The caller must see to it: the gate is
	// not told the reason.
	ReasonRequired bool `json:"reason_required,omitempty"`
}

// Clause is one condition of a policy that must hold by itself.
type Clause struct {
	Policy string `json:"policy"` // its @id
	Text   string `json:"text"`   // as it stands in the file, shortened; with "unless " before what must not be so
	Held   bool   `json:"held"`   // "unless x" held if x was not so
}

// Person is what Slack says about a person.
type Person struct {
	ID           string
	TeamID       string // home workspace; may be empty in an organization
	EnterpriseID string
	PersonID     string   // in an organization, where one person can have several ids: the one for all workspaces
	Teams        []string // in an organization: the workspaces the person is in
	Name         string
	Bot          bool // also workflows, connectors and Slackbot
	Deactivated  bool
	Guest        bool
	Stranger     bool
}

// Channel is what Slack says about a channel.
type Channel struct {
	ID       string
	Name     string
	Creator  string // user id
	Direct   bool   // a direct message with the bot
	Private  bool
	Archived bool
	Shared   bool // with another organization, or about to be
	Member   bool // the bot is in it
}

// Group is a Slack user group with its members, all of them.
type Group struct {
	ID       string
	Handle   string
	Name     string
	Members  []string
	Disabled bool
	External bool   // belongs to another organization
	Unread   string // why it could not be read; empty: it could
}

// Workspace is where the bot is installed.
type Workspace struct {
	TeamID       string
	EnterpriseID string
	BotUserID    string
	AppID        string
}

// Directory answers who and where, from Slack. Errors mean: could not be
// read, and therefore no.
type Directory interface {
	Workspace(ctx context.Context) (Workspace, error)
	Person(ctx context.Context, userID string) (Person, error)
	Channel(ctx context.Context, channelID string) (Channel, error)
	Groups(ctx context.Context) ([]Group, error)

	// Forget drops what is remembered of a person and a channel for maxAge or longer,
	// so that they are read again, and user groups that are older than LastAge. A
	// look-up that is under way is kept: its answer is new enough.
	Forget(userID, channelID string, maxAge time.Duration)
}

// Activation says that policies came into force.
type Activation struct {
	Number int64     // from 1, one more each time; 0: there was none yet
	Digest string    // of the policy file
	At     time.Time // by the clock of the database
}

// DeniedOutdated says that newer policies are in force than those which this
// process has.
const DeniedOutdated DenialCode = "outdated"

// PolicyUnknown reports whether a decision is none: whoever was asked could not
// know by which rules to decide.
func (d Decision) PolicyUnknown() bool {
	return d.Code == DeniedOutdated || d.Code == DeniedUnchecked && (d.What == FactNewest || d.What == FactPolicyFile)
}

// NewQuestion asks whether the requester of op may make its change.
func NewQuestion(op Operation, at time.Time) Question {
	return Question{Action: op.Action(), Actor: op.Actor, Place: op.Place, Account: op.Account,
		Listener: op.Listener, Server: op.Server, Weight: op.Request.Weight, Ports: op.Request.PortList, At: at}
}
