package doctor

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"lbbot/bot/health"
	"lbbot/bot/operation"
	"lbbot/bot/slackapp/manifest"
	"lbbot/bot/slackapp/socket"
	"lbbot/bot/slackapp/web"
)

// Names of checks that others depend on.
const (
	checkSlack    = "Slack"
	checkBotToken = "bot token"
	checkAppToken = "app token"

	checkSocketMode = "Socket Mode"
)

func (x *exam) slackAnswers(ctx context.Context) finding {
	x.identity, x.identityErr = x.web.Identity(ctx)
	x.reads("Slack", x.identity.Date)
	if err := x.identityErr; err != nil && !web.Answered(err) {
		return unreachable("Slack", "SLACK_API_URL", x.SlackAPIURL, err)
	}
	host := x.SlackAPIURL
	if u, err := url.Parse(host); err == nil {
		host = u.Host
	}
	return passed("%s answers", host)
}

func (x *exam) botToken(context.Context) finding {
	err := x.identityErr
	r, refused := web.Refused(err)
	switch {
	case refused:
		return fails(r.Remedy(), "Slack refuses SLACK_BOT_TOKEN: %s", meaning(r.Code))
	case err != nil:
		return fails("run doctor again in a minute", "%v", err)
	case x.identity.OrgWide:
		return fails("install the app in one workspace and take the bot token from there",
			"SLACK_BOT_TOKEN is of an app that is installed for a whole organization")
	}
	return passed("@%s in %s", x.identity.BotName, x.workspace())
}

// workspace names the workspace of the bot token.
func (x *exam) workspace() string {
	return fmt.Sprintf("the workspace %s (%s, %s)", x.identity.Team, x.identity.TeamID, x.identity.URL)
}

// meaning explains Slack's codes for tokens.
func meaning(code string) string {
	words := map[string]string{
		"invalid_auth":           "Slack does not know this token",
		"token_revoked":          "the token was revoked",
		"account_inactive":       "the app was removed from the workspace, or the token revoked",
		"token_expired":          "the token has expired",
		"not_allowed_token_type": "this is the other kind of token",
		"missing_scope":          "a scope is missing",
		"link_disabled":          "Socket Mode is switched off",
	}[code]
	if words == "" {
		return code
	}
	return words + " (" + code + ")"
}

// appToken asks for the address of a connection, without opening one.
func (x *exam) appToken(ctx context.Context) finding {
	_, x.openErr = x.web.Opener(x.AppToken)(ctx)
	r, refused := web.Refused(x.openErr)
	switch {
	case x.openErr == nil, r.Code == "link_disabled":
		return passed("Slack accepts it")
	case refused:
		return fails(r.Remedy(), "Slack refuses SLACK_APP_TOKEN: %s", meaning(r.Code))
	case !web.Answered(x.openErr):
		return unreachable("Slack", "SLACK_API_URL", x.SlackAPIURL, x.openErr)
	}
	return fails("run doctor again in a minute", "Slack gives no address for a connection: %v", x.openErr)
}

const socketModeOff = "switch Socket Mode on: https://api.slack.com/apps, the app, Socket Mode"

// socketMode connects only if it was asked to and no bot is running.
func (x *exam) socketMode(ctx context.Context) finding {
	if r, _ := web.Refused(x.openErr); r.Code == "link_disabled" {
		return fails(socketModeOff, "Socket Mode is switched off (link_disabled)")
	}
	switch on := x.running; {
	case on != nil && slices.ContainsFunc(on.Reasons, func(r health.Reason) bool {
		return strings.Contains(r.Words, "link_disabled")
	}):
		return fails(socketModeOff, "Socket Mode is switched off (link_disabled), says the running bot")
	case on != nil && on.Slack.Connections > 0:
		return passed("the running bot is connected")
	case on != nil, x.Connect && x.mayRun != "":
		return skipped("%s, and a second connection would take commands away from it", x.mayRun)
	case x.Inside != nil, !x.Connect:
		return passed("Slack gave the address of a connection, which was not opened: that is what --connect does")
	}
	hello, err := socket.Try(ctx, socket.Config{Open: x.web.Opener(x.AppToken), OpenTimeout: 5 * time.Second,
		DialTimeout: 5 * time.Second, HelloTimeout: 5 * time.Second})
	if e, ok := errors.AsType[*socket.FatalError](err); ok {
		return fails(socketModeOff, "Slack closes the connection: %s", meaning(e.Code))
	}
	if err != nil {
		return fails("let this machine open WebSocket connections to *.slack.com, also through its proxy", "%v", err)
	}
	if x.appID = hello.AppID; hello.Connections > 1 {
		return warns("end the other processes that use this app token: Slack sends each of them a part of the commands",
			"Slack greeted the connection, and counts %d other connections of this app", hello.Connections-1)
	}
	return passed("Slack greeted a connection")
}

// sameApp compares the apps of the two tokens.
func (x *exam) sameApp(ctx context.Context) finding {
	parts := strings.Split(x.AppToken.Reveal(), "-") // xapp-1-A0123ABCD-…
	if x.appID == "" && len(parts) > 3 && strings.HasPrefix(parts[2], "A") {
		x.appID = parts[2]
	}
	if x.appID == "" {
		return skipped("SLACK_APP_TOKEN does not name its app")
	}
	of, err := x.web.AppID(ctx, x.identity.BotID)
	switch {
	case err != nil:
		return warns(remedyOf(err), "Slack did not say which app the bot belongs to: %v", err)
	case of == "":
		return skipped("Slack did not say which app the bot belongs to")
	case of != x.appID:
		return fails(fmt.Sprintf("take both tokens from one app: https://api.slack.com/apps/%s shows the bot's", of),
			"SLACK_BOT_TOKEN is of the app %s and SLACK_APP_TOKEN of %s", of, x.appID)
	}
	return passed("both tokens are of %s", of)
}

// plain is an error without the remedy, which stands in the next line.
func plain(err error) error {
	if e, ok := errors.AsType[*operation.SetupError](err); ok {
		return e.Err
	}
	return err
}

// remedyOf is what a person has to change if Slack refuses something for good.
func remedyOf(err error) string {
	if r, refused := web.Refused(err); refused {
		return r.Remedy()
	}
	return "run doctor again in a minute"
}

func (x *exam) scopes(context.Context) finding {
	if len(x.identity.Scopes) == 0 {
		return skipped("Slack did not say which scopes the bot token has")
	}
	var missing, why []string
	groups := x.policy != nil && len(x.policy.Groups) > 0
	for _, s := range manifest.Scopes(manifest.Features{UserGroups: groups}) {
		if !s.Optional && !slices.Contains(x.identity.Scopes, s.Name) {
			missing, why = append(missing, s.Name), append(why, s.Name+" ("+s.Reason+")")
		}
	}
	if len(missing) > 0 {
		return fails("add "+strings.Join(missing, ", ")+" under OAuth & Permissions, Bot Token Scopes, and reinstall "+
			"the app: https://api.slack.com/apps; lbbot manifest prints all scopes", "the bot token lacks %s",
			strings.Join(why, ", "))
	}
	return passed("the bot token has every scope that the bot needs")
}
