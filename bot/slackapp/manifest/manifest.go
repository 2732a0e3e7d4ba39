// Package manifest writes the manifest of the Slack app.
package manifest

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"lbbot/commands"
)

// Slack's limits of a manifest that a name can break
// (docs.slack.dev/reference/app-manifest).
const maxAppName = 35

// YAML returns the manifest of the Slack app, YAML with comments, to be
// pasted where Slack makes an app from a manifest. name is what the app is
// called, 1 to 35 characters; the bot user is always lbbot, because that is
// the name people read in its messages. Tokens are in no manifest: both are
// made by hand afterwards. Errors: a name that Slack would refuse.
func YAML(name string) ([]byte, error) {
	switch {
	case strings.TrimSpace(name) == "":
		return nil, errors.New("the name of the app is empty")
	case utf8.RuneCountInString(name) > maxAppName:
		return nil, fmt.Errorf("the name of the app has %d characters; Slack takes %d", utf8.RuneCountInString(name),
			maxAppName)
	case !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl):
		return nil, errors.New("the name of the app has characters that cannot be shown")
	}
	return []byte(strings.NewReplacer(
		"{{name}}", quoteYAML(name),
		"{{command}}", commands.Name,
		"{{hint}}", quoteYAML(commands.UsageHint()),
		"{{shortcut}}", commands.ShortcutName,
		"{{global}}", commands.ShortcutGlobal,
		"{{onmessage}}", commands.ShortcutMessage,
	).Replace(text)), nil
}

// quoteYAML writes a double-quoted scalar. What could need more than these two
// escapes is refused before.
func quoteYAML(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

const text = `# The Slack app of lbbot. Paste it at https://api.slack.com/apps: Create New
# App, From a manifest. Then:
#   1. Install App to the workspace: gives the bot token, xoxb-…
#   2. Basic Information, App-Level Tokens: generate one with the scope
#      connections:write: gives the app token, xapp-…
#   3. Invite the bot to the channels where it may work: /invite @lbbot
# Neither token is part of a manifest.
_metadata:
  major_version: 1
  minor_version: 1
display_information:
  name: {{name}}
  description: "Adds servers to load balancers, and takes them off again"
  background_color: "#1f3a5f"
features:
  app_home:
    # What is open, and the way to the form.
    home_tab_enabled: true
    # Where a card goes when its channel refuses it, and where people can type
    # the command in private.
    messages_tab_enabled: true
    messages_tab_read_only_enabled: false
  bot_user:
    display_name: "lbbot"
    always_online: true
  slash_commands:
    - command: {{command}}
      description: "Add a server to a load balancer, or take one off"
      usage_hint: {{hint}}
      # People and channels in the text arrive as IDs, so that the bot does not
      # confuse them with words that look like them.
      should_escape: true
  shortcuts:
    # In the menu of a message, such as an alert: the form, filled from its text.
    - name: "{{shortcut}}"
      type: "message"
      callback_id: "{{onmessage}}"
      description: "Add the server of an alert to a load balancer's listener"
    # In search and in the menu of the composer: the empty form.
    - name: "{{shortcut}}"
      type: "global"
      callback_id: "{{global}}"
      description: "Add a server to a load balancer's listener"
oauth_config:
  scopes:
    bot:
      # The slash command, the shortcuts, and the clicks that follow them. A message
      # shortcut brings its message: no other message is read for it.
      - "commands"
      # Post and edit cards, and answer privately. The bot has to be invited:
      # chat:write.public would let a stolen token post everywhere.
      - "chat:write"
      # Who asks: guests, bots, deactivated people and those of another
      # workspace are refused.
      - "users:read"
      # Who is in which user group: permissions are given to groups.
      - "usergroups:read"
      # Where the command was typed: in public and private channels, with the
      # bot alone, and among several people. Channels shared with other
      # organizations are refused.
      - "channels:read"
      - "groups:read"
      - "im:read"
      - "mpim:read"
      # A mention is answered like the command, also in threads, where Slack has no
      # commands. The bot receives no other message.
      - "app_mentions:read"
      # See bot_optional.
      - "channels:history"
      - "groups:history"
    # Decline them at installation, or delete them here and above. With them, the
    # bot looks for its own card in the channel or thread after a crash while
    # posting, instead of posting a second one. It reads messages for nothing else.
    # Slack requires optional scopes in both lists.
    bot_optional:
      - "channels:history"
      - "groups:history"
settings:
  # The bot opens the connection, so it needs no public address.
  socket_mode_enabled: true
  interactivity:
    is_enabled: true
  event_subscriptions:
    bot_events:
      - "app_mention"
      # Somebody opened the bot's Home, which is then brought up to date.
      - "app_home_opened"
      # A user group was created, changed or disabled, or its members changed. The
      # bot then reads the groups again. These need usergroups:read.
      - "subteam_created"
      - "subteam_updated"
      - "subteam_members_changed"
  # One workspace. The policy names its people and groups.
  org_deploy_enabled: false
  # Rotated tokens expire after 12 hours and cannot be switched off again.
  token_rotation_enabled: false
  is_hosted: false
`
