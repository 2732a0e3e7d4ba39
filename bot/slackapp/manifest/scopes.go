package manifest

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Features are the features of the bot that decide which scopes and events its app needs.
// All other features are always on.
type Features struct {
	UserGroups bool // the policy gives permissions to user groups
}

// All are all features, for a policy that nobody has read yet.
func All() Features { return Features{UserGroups: true} }

// Scope is one permission of the bot token.
type Scope struct {
	Name     string
	Reason   string // what the bot needs it for, such as "to post cards and to answer"
	Note     string // what else to know, in sentences; may be empty
	Optional bool   // the bot works without it
}

// explained returns the reason and the note as sentences.
func (s Scope) explained() string {
	first, size := utf8.DecodeRuneInString(s.Reason)
	return strings.TrimSpace(string(unicode.ToUpper(first)) + s.Reason[size:] + ". " + s.Note)
}

// Scopes returns the bot scopes of the app, in the order of the manifest.
func Scopes(f Features) []Scope {
	scopes := []Scope{
		{Name: "commands", Reason: "for the slash command, the shortcuts and the buttons",
			Note: "A message shortcut brings its message: the bot reads no other message for it."},
		{Name: "chat:write", Reason: "to post and edit cards, and to answer privately",
			Note: "The bot has to be invited: chat:write.public would let a stolen token post everywhere."},
		{Name: "users:read", Reason: "to know the person who asks",
			Note: "Guests, bots, deactivated people and people of another workspace are refused."},
	}
	if f.UserGroups {
		scopes = append(scopes, Scope{Name: "usergroups:read",
			Reason: "to know the members of the user groups that the policy names"})
	}
	const found = "to find its own card after a crash while posting, instead of posting a second one"
	return append(scopes,
		Scope{Name: "channels:read", Reason: "to know the public channel where a person asks",
			Note: "Channels shared with other organizations are refused."},
		Scope{Name: "groups:read", Reason: "to know the private channel where a person asks"},
		Scope{Name: "im:read", Reason: "to know the direct message where a person asks"},
		Scope{Name: "mpim:read", Reason: "to know the group message where a person asks"},
		Scope{Name: "app_mentions:read", Reason: "to answer a mention like the command",
			Note: "This also works in threads, where Slack has no commands. The bot receives no other message."},
		Scope{Name: "channels:history", Reason: found, Optional: true,
			Note: "Optional: see bot_optional. The bot reads messages for nothing else."},
		Scope{Name: "groups:history", Reason: "the same in private channels", Optional: true,
			Note: "Optional: see bot_optional."})
}
