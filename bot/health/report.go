package health

import (
	"strings"
	"time"
)

// Code names a reason why the bot is not ready. Codes are in JSON, in a metric's label
// and in alerts, so they never change their meaning.
type Code string

// The codes.
const (
	SlackConnection Code = "slack_connection" // no connection to Slack
	SlackRefusal    Code = "slack_refusal"    // Slack refuses a token or a scope for good
	Database        Code = "database"         // the database accepts no write
	Heartbeat       Code = "heartbeat"        // this replica's heartbeat is not stored
	RequestStuck    Code = "request_stuck"    // an accepted request does not go on
	Policy          Code = "policy"           // the policy here is not the newest one
)

// Codes returns all codes, in the order in which reasons are listed.
func Codes() []Code {
	return []Code{SlackConnection, SlackRefusal, Database, Heartbeat, RequestStuck, Policy}
}

// steps say what to do, in one sentence; the runbook has the rest.
func steps() map[Code]struct{ next, heading string } {
	return map[Code]struct{ next, heading string }{
		SlackConnection: {"check the network path to Slack and the app-level token", "no-connection-to-slack"},
		SlackRefusal:    {"repair the app or its tokens as the words say", "slack-refuses-the-app"},
		Database:        {"check the disk, or the PostgreSQL server", "the-database-takes-no-write"},
		Heartbeat:       {"check the PostgreSQL server and the network to it", "the-database-takes-no-write"},
		RequestStuck:    {"search the log for the operation, then restart lbbot", "a-request-does-not-go-on"},
		Policy: {"wait if the words say so, else give this replica the newest policy file",
			"a-replica-lacks-the-newest-policy"},
	}
}

// runbook is the page for the person who is woken up, from the root of the repository.
const runbook = "deploy/docs/runbook.md#"

// Reason is one cause for which the bot is not ready.
type Reason struct {
	Code Code `json:"code"`
	// Words name the cause for people; they may have several sentences.
	Words string `json:"words"`
	// Since is when it began, or when it was first noticed if that is not known.
	Since time.Time `json:"since"`
	// Next is the next step, Runbook the heading that says more.
	Next    string `json:"next"`
	Runbook string `json:"runbook"`
}

// NewReason makes a reason out of an error. A zero since is filled in by Tracker.Note.
func NewReason(code Code, err error, since time.Time) Reason {
	step := steps()[code]
	return Reason{Code: code, Words: strings.ReplaceAll(err.Error(), "\n", "; "), Since: since, Next: step.next,
		Runbook: runbook + step.heading}
}

// Pause says that people have paused the bot, which is ready all the same.
type Pause struct {
	Since time.Time `json:"since"`
	By    string    `json:"by"` // the person's Slack ID
}

// Slack is the state of the connections to Slack.
type Slack struct {
	// Connections are live, Wanted is the setting.
	Connections int `json:"connections"`
	Wanted      int `json:"wanted"`
	// Reported is Slack's count of this app's connections at LastHello, Ghosts those of
	// them that no known process has.
	Reported int `json:"reported"`
	Ghosts   int `json:"ghosts"`
	// LastHello is when Slack last accepted a connection; nil: never.
	LastHello *time.Time `json:"last_hello"`
}

// Build says which program answers, and since when it runs.
type Build struct {
	Version   string    `json:"version"`
	Commit    string    `json:"commit"` // empty if the program was built without it
	StartedAt time.Time `json:"started_at"`
	Uptime    int64     `json:"uptime_seconds"`
}

// Report is what /readyz answers as JSON.
type Report struct {
	Ready   bool     `json:"ready"`
	Reasons []Reason `json:"reasons"` // empty if ready, never null
	Paused  *Pause   `json:"paused,omitempty"`
	Slack   Slack    `json:"slack"`
	Build
}

// Text is what /readyz answers as plain text: "ready", or "not ready" with all reasons.
// A second line says that the bot is paused.
func (r Report) Text() string {
	if !r.Ready {
		words := make([]string, len(r.Reasons))
		for i, reason := range r.Reasons {
			words[i] = reason.Words
		}
		return "not ready: " + strings.Join(words, "; ") + "\n"
	}
	if r.Paused != nil {
		return "ready\npaused since " + r.Paused.Since.UTC().Format(time.DateTime) + " UTC by " + r.Paused.By + "\n"
	}
	return "ready\n"
}
