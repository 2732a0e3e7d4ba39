package sandbox

import (
	"encoding/json"
	"time"

	"lbbot/bot/sandbox/socket"
)

// Options configures a stand-in. The zero value works: generated tokens, the
// real clock, the sample workspace, every rule on.
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
	// Command is the slash command the app declares; the stand-in refuses
	// others as Slack's client does. Empty allows every command.
	Command string
	// NoRateLimits switches off tier and per-channel limits.
	NoRateLimits bool
	// NoTiers switches off the tiers of methods only: what a channel takes
	// stays limited.
	NoTiers bool
	// AckLimit is how long Slack waits for an ack. Zero means Slack's 3 s.
	AckLimit time.Duration
}

// Workspace is the world the stand-in plays: one Slack workspace with one app
// installed in it.
type Workspace struct {
	TeamID       string    `json:"team_id"`
	TeamName     string    `json:"team_name"`
	AppID        string    `json:"app_id"`
	BotUserID    string    `json:"bot_user_id"`
	BotID        string    `json:"bot_id"`
	BotName      string    `json:"bot_name"`
	EnterpriseID string    `json:"enterprise_id,omitempty"`
	OrgWide      bool      `json:"org_wide,omitempty"` // the app is installed for the whole organization
	People       []Person  `json:"people"`
	Groups       []Group   `json:"groups"`
	Channels     []Channel `json:"channels"`
}

// Person is somebody with a Slack account, a bot included.
type Person struct {
	ID           string `json:"id"`
	Name         string `json:"name"` // handle, without the @
	RealName     string `json:"real_name"`
	TeamID       string `json:"team_id"` // empty means the workspace's own
	EnterpriseID string `json:"enterprise_id,omitempty"`
	// In an organization: the person's id there, their own unless it is set;
	// the workspaces they are in, their home unless it is set; and whether
	// users.info leaves out the home workspace.
	EnterpriseUserID string   `json:"enterprise_user_id,omitempty"`
	Teams            []string `json:"teams,omitempty"`
	NoTeam           bool     `json:"no_team,omitempty"`
	TZ               string   `json:"tz"` // IANA name, for example "Asia/Singapore"
	// Guest is a multi-channel guest, SingleChannelGuest the narrower kind.
	Guest              bool `json:"guest,omitempty"`
	SingleChannelGuest bool `json:"single_channel_guest,omitempty"`
	Bot                bool `json:"bot,omitempty"`
	Deactivated        bool `json:"deactivated,omitempty"`
	// Stranger is an outsider in no channel the app can see.
	Stranger bool `json:"stranger,omitempty"`
}

// Group is a user group (@handle).
type Group struct {
	ID       string   `json:"id"`
	Handle   string   `json:"handle"`
	Name     string   `json:"name"`
	Members  []string `json:"members"`
	Disabled bool     `json:"disabled,omitempty"`
	External bool     `json:"external,omitempty"`
}

// Channel is a conversation: public, private, shared or a direct message with
// the bot.
type Channel struct {
	ID               string   `json:"id"`
	Name             string   `json:"name"`
	Creator          string   `json:"creator"`
	Private          bool     `json:"private,omitempty"`
	Archived         bool     `json:"archived,omitempty"`
	ExtShared        bool     `json:"ext_shared,omitempty"`
	OrgShared        bool     `json:"org_shared,omitempty"`
	PendingExtShared bool     `json:"pending_ext_shared,omitempty"`
	Members          []string `json:"members"`
	BotMember        bool     `json:"bot_member,omitempty"`
	// IM is the person's id if this is their direct message with the bot.
	IM string `json:"im,omitempty"`
}

// Message is one message as a viewer sees it.
type Message struct {
	TS        string          `json:"ts"`
	ThreadTS  string          `json:"thread_ts,omitempty"`
	ChannelID string          `json:"channel_id"`
	UserID    string          `json:"user_id"`
	BotID     string          `json:"bot_id,omitempty"`
	Text      string          `json:"text"`
	Blocks    json.RawMessage `json:"blocks,omitempty"` // nil if it has none
	Ephemeral bool            `json:"ephemeral,omitempty"`
	To        string          `json:"to,omitempty"` // the only viewer of an ephemeral message
	// Edited counts the changes since it was posted.
	Edited   int             `json:"edited,omitempty"`
	Deleted  bool            `json:"deleted,omitempty"`
	Metadata json.RawMessage `json:"metadata,omitempty"`
	// Notice names the failure that Slack itself reports with this message
	// ("operation_timeout", "dispatch_failed"); empty for all other messages.
	Notice string `json:"notice,omitempty"`
	// History holds the earlier versions, oldest first, each an object with
	// text, blocks and metadata.
	History []json.RawMessage `json:"history,omitempty"`
}

// View is an open modal or a published Home tab.
type View struct {
	ID              string          `json:"id"`
	Hash            string          `json:"hash"`
	Type            string          `json:"type"` // "modal" or "home"
	Title           string          `json:"title"`
	Submit          string          `json:"submit,omitempty"`
	Close           string          `json:"close,omitempty"`
	CallbackID      string          `json:"callback_id,omitempty"`
	PrivateMetadata string          `json:"private_metadata,omitempty"`
	Blocks          json.RawMessage `json:"blocks"`
	// Raw is the whole view as the Web API returns it.
	Raw json.RawMessage `json:"raw"`
	// Errors are the field errors of the last submit, by block id.
	Errors map[string]string `json:"errors,omitempty"`
	// Trouble is Slack's own failure shown in the modal ("trouble connecting"
	// for a submit without a usable ack); empty if there is none.
	Trouble string `json:"trouble,omitempty"`
}

// ViewState is what a person has filled in: block id, action id, and a string
// or []string. Options are named by their value, people and channels by id.
// Fields left out keep their initial value.
type ViewState map[string]map[string]any

// Interaction is what came of one act of a person.
type Interaction struct {
	// Acked says that the bot answered in time.
	Acked bool `json:"acked"`
	// Failure is what Slack tells the person when something went wrong, by
	// name: "operation_timeout", "dispatch_failed", "connection_trouble" (an
	// unusable answer to a submit), or a sentence starting "refused: " when the
	// client would not have let the person do it, in which case nothing was
	// sent.
	Failure string `json:"failure,omitempty"`
	// Gone says that the message, view or component was removed before the act,
	// by the app or by an earlier act, as with the second click of a double click.
	Gone bool `json:"gone,omitempty"`
	// Errors are field errors by block id, shown in the form.
	Errors map[string]string `json:"errors,omitempty"`
	// AckAfter is the time from sending to ack.
	AckAfter    time.Duration `json:"ack_after"`
	TriggerID   string        `json:"trigger_id,omitempty"`
	ResponseURL string        `json:"response_url,omitempty"`

	sent *sentEnvelope // what Redeliver sends again; nil if nothing was sent
}

// sentEnvelope remembers a delivery for Redeliver.
type sentEnvelope struct {
	socket.Envelope
	apply func(socket.Ack) Interaction // called with mu held
}

// MessageRef names a message. The zero value means no message.
type MessageRef struct {
	ChannelID string
	TS        string
}

// Option is one entry a menu offers.
type Option struct {
	Text        string `json:"text"`
	Value       string `json:"value"`
	Description string `json:"description,omitempty"`
}

// APICall is one call the bot made, without its token.
type APICall struct {
	Method string        `json:"method"`
	At     time.Time     `json:"at"`
	Took   time.Duration `json:"took"`
	OK     bool          `json:"ok"`
	Error  string        `json:"error,omitempty"`
	// Args are the arguments, without the token.
	Args map[string]json.RawMessage `json:"args,omitempty"`
}

// APIFault is a scripted fault of the Web API. Set one of Error, Status,
// RetryAfter, Hang or a drop.
type APIFault struct {
	// Error answers {"ok":false,"error":Error}.
	Error string
	// RetryAfter answers HTTP 429 with this Retry-After, rounded up to seconds.
	RetryAfter time.Duration
	// Status answers this HTTP status with a body that is not JSON.
	Status int
	// Hang answers nothing until the caller gives up or the stand-in closes.
	Hang bool
	// DropBefore closes the connection without executing the call.
	DropBefore bool
	// DropAfter executes the call, then closes the connection.
	DropAfter bool
	// NoBody executes the call, then answers status 200 without a body.
	NoBody bool
	// Execute makes Error, Status and Hang happen after the call was executed.
	Execute bool
	// Channel and TS limit it to calls about that channel and that message;
	// empty: any.
	Channel, TS string
	// Times is how many calls it hits. Zero means one, below zero every call.
	Times int
}

// Phase is a moment in the life of a Web API call.
type Phase int

// The phases OnAPICall reports.
const (
	BeforeExecute Phase = iota // read and authenticated, nothing changed yet
	AfterExecute               // done, not answered yet
)

// TokenKind names one of the app's two tokens.
type TokenKind int

// The tokens RevokeToken can take away.
const (
	TheBotToken TokenKind = iota
	TheAppToken
)
