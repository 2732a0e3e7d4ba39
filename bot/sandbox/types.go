package sandbox

import (
	"encoding/json"
	"time"

	"lbbot/bot/sandbox/socket"
	"lbbot/bot/sandbox/webapi"
)

// Options configures a stand-in. The zero value has generated tokens, the real
// clock, the sample workspace and every rule.
type Options struct {
	// AppToken is the app-level token ("xapp-…") that may open connections.
	AppToken string
	// BotToken is the bot token ("xoxb-…") that may call the Web API.
	BotToken string
	// Now is the clock for trigger ids, rate limits, response addresses and
	// message ids. Nil means time.Now.
	Now func() time.Time
	// Workspace is what people see at the start. A zero one means
	// SampleWorkspace.
	Workspace Workspace
	// Command is the slash command that the app declares; several are separated by
	// spaces. Others are refused, as Slack's client refuses them. Empty allows
	// every command.
	Command string
	// Scopes are those granted to the app; nil means those of lbbot's manifest.
	Scopes []string
	// Shortcuts are those that the app declares. Others cannot be used.
	Shortcuts []Shortcut
	// NoRateLimits switches off tier and per-channel limits.
	NoRateLimits bool
	// NoTiers switches off the limits of methods. Posts to a channel stay limited.
	NoTiers bool
	// AckLimit is how long Slack waits for an ack. Zero means Slack's 3 s.
	AckLimit time.Duration
}

// Shortcut is an entry of the app in Slack's menus
// (docs.slack.dev/interactivity/implementing-shortcuts).
type Shortcut struct {
	Name       string
	CallbackID string
	OnMessage  bool // in the menu of each message; otherwise global
}

// Workspace is a Slack workspace with one app installed in it.
type Workspace struct {
	TeamID       string
	TeamName     string
	AppID        string
	BotUserID    string
	BotID        string
	BotName      string
	EnterpriseID string
	OrgWide      bool // the app is installed for the whole organization
	People       []Person
	Groups       []Group
	Channels     []Channel
}

// Person is a person or bot with a Slack account.
type Person struct {
	ID           string
	Name         string // handle, without the @
	RealName     string
	TeamID       string // empty means the workspace's own
	EnterpriseID string
	// In an organization: the person's id there, their own unless it is set;
	// the workspaces they are in, their home unless it is set; and whether
	// users.info leaves out the home workspace.
	EnterpriseUserID string
	Teams            []string
	NoTeam           bool
	TZ               string // IANA name, for example "Asia/Singapore"
	// Guest is a guest in several channels, SingleChannelGuest in one.
	Guest              bool
	SingleChannelGuest bool
	Bot                bool
	Deactivated        bool
	// Stranger is an outsider in no channel the app can see.
	Stranger bool
}

// Group is a user group (@handle).
type Group struct {
	ID       string
	Handle   string
	Name     string
	Members  []string
	Disabled bool
	External bool
}

// Channel is a conversation: public, private, shared or a direct message with
// the bot.
type Channel struct {
	ID               string
	Name             string
	Creator          string
	Private          bool
	Archived         bool
	ExtShared        bool
	OrgShared        bool
	PendingExtShared bool
	Members          []string
	BotMember        bool
	// IM is the id of the person whose direct messages with the bot this is.
	IM string
}

// Message is one message as a viewer sees it.
type Message struct {
	TS string
	// ThreadTS is the ts of the message that this one replies to; empty outside
	// of threads and for the first message of a thread.
	ThreadTS    string
	Replies     int // to the first message of a thread; private ones do not count
	ChannelID   string
	UserID      string
	BotID       string
	Text        string
	Blocks      json.RawMessage // nil if it has none
	Attachments json.RawMessage // nil if it has none
	Ephemeral   bool
	To          string // the only viewer of an ephemeral message
	// Edited counts the changes since it was posted.
	Edited   int
	Deleted  bool
	Metadata json.RawMessage
	// Notice names the failure that Slack itself reports with this message
	// ("operation_timeout", "dispatch_failed"); empty for all other messages.
	Notice string
	// History holds the earlier versions, oldest first, each an object with
	// text, blocks and metadata.
	History []json.RawMessage
}

// View is an open modal or a published Home tab.
type View struct {
	ID              string
	Hash            string
	Type            string // "modal" or "home"
	Title           string
	Submit          string
	Close           string
	CallbackID      string
	PrivateMetadata string
	Blocks          json.RawMessage
	// Raw is the whole view as the Web API returns it.
	Raw json.RawMessage
	// Errors are the field errors of the last submit, by block id.
	Errors map[string]string
	// Trouble is Slack's own failure shown in the modal ("trouble connecting"
	// for a submit without a usable ack); empty if there is none.
	Trouble string
}

// ViewState is what a person has filled in: block id, action id, and a string
// or []string. Options are named by their value, people and channels by id.
// Fields left out keep their initial value.
type ViewState map[string]map[string]any

// Interaction is the result of one act of a person.
type Interaction struct {
	// Acked says that the bot acked in time.
	Acked bool
	// Failure names what Slack shows to the person: "operation_timeout",
	// "dispatch_failed" or "connection_trouble" (an unusable answer to a submit).
	// It starts with "refused: " if Slack's client does not allow the act; then
	// nothing was sent.
	Failure string
	// Gone says that the message, view or component was removed before the act,
	// by the app or by an earlier act, as with the second click of a double click.
	Gone bool
	// Errors are field errors by block id, shown in the form.
	Errors map[string]string
	// AckAfter is the time from sending to ack.
	AckAfter    time.Duration
	TriggerID   string
	ResponseURL string

	sent *sentEnvelope // what Redeliver sends again; nil if nothing was sent
}

// sentEnvelope remembers a delivery for Redeliver.
type sentEnvelope struct {
	socket.Envelope
	apply func(socket.Ack) Interaction // called with mu held
}

// Option is one entry a menu offers.
type Option struct {
	Group       string // label of its group; empty without groups
	Text        string
	Value       string
	Description string
}

// Connection describes one Socket Mode connection.
type Connection = socket.Connection

// APICall is one call of the bot.
type APICall = webapi.Call

// APIFault is a scripted fault of the Web API.
type APIFault = webapi.Fault

// Phase is a moment in the life of a Web API call.
type Phase = webapi.Phase

// TokenKind names one of the app's two tokens.
type TokenKind = webapi.TokenKind

// The phases OnAPICall reports, and the tokens RevokeToken can take away.
const (
	BeforeExecute = webapi.BeforeExecute
	AfterExecute  = webapi.AfterExecute
	TheBotToken   = webapi.TheBotToken
	TheAppToken   = webapi.TheAppToken
)
