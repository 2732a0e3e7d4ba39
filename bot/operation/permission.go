package operation

import (
	"context"
	"time"
)

// Action is what a person wants to do, in the policy's words.
type Action string

// ActionRegister adds a server to a listener.
const ActionRegister Action = "register"

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
	// were read a moment ago: set for clicks and for the last check.
	Fresh bool
}

// DenialCode says which gate said no. Each has its own words.
type DenialCode string

// The codes, in the order of the gates.
const (
	DeniedUnchecked    DenialCode = "unchecked"     // a fact could not be read; What names it
	DeniedWorkspace    DenialCode = "workspace"     // the person belongs to another workspace or organization
	DeniedGuest        DenialCode = "guest"         // guests, single- or multi-channel
	DeniedBot          DenialCode = "bot"           // bots, apps and workflows
	DeniedDeactivated  DenialCode = "deactivated"   // the account is deactivated
	DeniedShared       DenialCode = "shared"        // the channel is shared with another organization
	DeniedChannel      DenialCode = "channel"       // the channel cannot be seen or is archived
	DeniedNoPolicy     DenialCode = "no_policy"     // no policy is loaded
	DeniedNoRule       DenialCode = "no_rule"       // no permit holds
	DeniedForbidden    DenialCode = "forbidden"     // a forbid holds
	DeniedApproval     DenialCode = "approval"      // a permit holds, but needs approval, which cannot be asked for yet
	DeniedRate         DenialCode = "rate"          // too many in a short time; Until says when the next one is possible
	DeniedNotRequester DenialCode = "not_requester" // somebody else's preview
)

// Decision is the answer to a Question, with what a person needs to know
// about a no. It is stored in the audit trail.
type Decision struct {
	Allowed   bool       `json:"allowed"`
	Approvals int        `json:"approvals,omitempty"` // how many are needed; Allowed is false while that cannot be asked for
	Code      DenialCode `json:"code,omitempty"`
	What      string     `json:"what,omitempty"`     // the fact that could not be checked
	Policies  []string   `json:"policies,omitempty"` // @id of the policies that decided
	Digest    string     `json:"digest,omitempty"`   // SHA-256 of the policy file that was asked; empty when it was not
	Reason    string     `json:"reason,omitempty"`   // @reason of the policy that decided
	Contact   string     `json:"contact,omitempty"`  // @contact of the policy that decided
	Groups    []string   `json:"groups,omitempty"`   // user group ids that would have helped
	In        []string   `json:"in,omitempty"`       // user group ids the person is in, among those the policy names
	Person    bool       `json:"person"`             // the person passed the identity checks
	Channel   bool       `json:"channel"`            // the channel passed its checks
	Limit     int        `json:"limit,omitempty"`    // for DeniedRate: how many
	Window    string     `json:"window,omitempty"`   // for DeniedRate: in how long
	Until     time.Time  `json:"until,omitzero"`
}

// Person is what Slack says about a person.
type Person struct {
	ID           string
	TeamID       string // home workspace
	EnterpriseID string
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
	External bool // belongs to another organization
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

	// Forget drops what is remembered of a person and a channel, so that they
	// are read anew. Look-ups under way are of this moment and stay.
	Forget(userID, channelID string)
}

// Standing is what whoami tells a person about themselves.
type Standing struct {
	Person    Person
	Workspace Workspace
	Channel   Channel
	Incident  bool
	Groups    []Group  // those the person is in
	Refusal   Decision // of the identity checks; zero Code when they pass
	Rules     []string // @id of the permits whose person, group and channel parts fit
	Policy    string   // version of the rule set: the first characters of its digest and when it was loaded
}

// Explainer answers whoami. An error means that Slack could not be read.
type Explainer interface {
	Whoami(ctx context.Context, a Actor, p Place) (Standing, error)
}
