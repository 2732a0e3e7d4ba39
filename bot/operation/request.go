package operation

import (
	"time"

	"lbbot/zenlayer"
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

// Is reports whether both may be one person, who then has one vote, and none on
// their own request. Slack's ids of people are unique, but
// in an organization one person can have several of them, and the team that
// comes with them is sometimes the workspace and sometimes the organization. Use
// Owns to check that somebody is exactly the requester.
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
	// NoChannel says that Slack names no channel, because the bot itself was asked:
	// by its global shortcut or in its Home. ChannelID is empty. Permission treats
	// it as a direct message of the person with the bot.
	NoChannel bool   `json:"no_channel,omitempty"`
	ResultID  string `json:"result_id"` // the channel that sees the card
	// ThreadTS is the first message of the thread in ResultID that the card belongs
	// to, and the answers to the person as well; empty: no thread.
	ThreadTS string `json:"thread_ts,omitempty"`

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

	ExpiresAt time.Time `json:"expires_at,omitzero"` // zero: it does not expire, or Zenlayer's text is not a time
}
