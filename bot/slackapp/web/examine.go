package web

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"lbbot/bot/slackapp/socket"
)

// Identity is what Slack says about the bot token.
type Identity struct {
	TeamID, Team, URL string
	BotID, BotName    string
	OrgWide           bool      // installed for a whole organization
	Scopes            []string  // granted; nil if Slack does not say
	Date              time.Time // of Slack's clock; zero if the answer has none
}

// Identity asks Slack whose the bot token is. It blocks for one call.
func (w *Client) Identity(ctx context.Context) (Identity, error) {
	answer, header, err := w.patient.ask(ctx, "auth.test", formType, nil)
	id := Identity{TeamID: answer.Label("team_id"), Team: answer.Label("team"), URL: answer.Label("url"),
		BotID: answer.Label("bot_id"), BotName: answer.Label("user"), OrgWide: answer.Flag("is_enterprise_install"),
		Scopes: scopesOf(header)}
	if date, err := http.ParseTime(header.Get("Date")); err == nil {
		id.Date = date
	}
	return id, err
}

// AppID asks Slack which app a bot belongs to; "" if the answer does not say. It blocks
// for one call and needs users:read.
func (w *Client) AppID(ctx context.Context, botID string) (string, error) {
	answer, err := w.patient.call(ctx, "bots.info", url.Values{"bot": {botID}})
	return answer.Part("bot").Label("app_id"), err
}

// scopesOf returns the scopes that an answer of the Web API names; nil if it names none.
func scopesOf(h http.Header) []string {
	return strings.FieldsFunc(h.Get("X-Oauth-Scopes"), func(r rune) bool { return r == ',' || r == ' ' })
}

// Refused says whether Slack refused a call until a person changes something, and what
// they have to change. An error without an answer of Slack's is no refusal.
func Refused(err error) (r Refusal, ok bool) {
	if e, is := errors.AsType[*socket.OpenError](err); is && permanent(e.Code) {
		return AppRefusal(e.Code), true
	}
	if e, is := errors.AsType[*callError](err); is && permanent(e.Code) {
		return Refusal{Setting: botTokenSetting, Code: e.Code, Needed: e.Needed}, true
	}
	return Refusal{}, false
}

// Answered reports whether an error came with an answer of Slack's API.
func Answered(err error) bool {
	if e, is := errors.AsType[*socket.OpenError](err); is {
		return e.Code != ""
	}
	return ErrorCode(err) != ""
}

// Remedy says what a person has to change, as an instruction.
func (r Refusal) Remedy() string { return remedy(r.Setting, r.Code, r.Needed) }
