package web

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"go.uber.org/zap"

	"lbbot/bot/operation"
	"lbbot/bot/slackapp/socket"
	"lbbot/zenlayer"
)

// The settings that hold the two tokens.
const (
	botTokenSetting = "SLACK_BOT_TOKEN"
	appTokenSetting = "SLACK_APP_TOKEN"
)

// Slack's codes for refusals with a remedy of their own.
const (
	slackMissingScope = "missing_scope"
	slackLinkDisabled = "link_disabled"
	slackOrgWide      = "is_enterprise_install" // a field of auth.test, here used like a code
)

// permanent reports whether Slack refuses until a person changes something.
func permanent(code string) bool {
	return slices.Contains(socket.FatalCodes(), code) || code == "paid_teams_only" || code == "plan_upgrade_required" ||
		code == slackOrgWide
}

// remedy says what a person has to change, as the rest of a sentence; empty for
// a refusal that may pass by itself.
func remedy(setting, code, needed string) string {
	bot := setting == botTokenSetting
	switch code {
	case slackMissingScope:
		if !bot {
			return "generate an app-level token with the scope connections:write, under Basic Information, App-Level " +
				"Tokens"
		}
		return "add the scope " + cmp.Or(needed, "that is missing") +
			" to the app under OAuth & Permissions, Bot Token Scopes, and reinstall the app to the workspace"
	case "paid_teams_only", "plan_upgrade_required":
		return `user groups need a paid Slack plan. Without one, name people in the policy instead of groups`
	case slackOrgWide:
		return "the app is installed for the whole organization, and lbbot serves one workspace: install the app in " +
			"that workspace and use the bot token from there"
	case "token_expired":
		return TokenRotation
	case slackLinkDisabled:
		return "switch Socket Mode on in the settings of the Slack app"
	}
	switch {
	case !permanent(code):
		return ""
	case bot:
		return "take the Bot User OAuth Token, xoxb-…, from OAuth & Permissions of the Slack app; after it was " +
			"revoked, reinstall the app first"
	}
	return "generate an app-level token, xapp-…, with the scope connections:write, under Basic Information, " +
		"App-Level Tokens of the Slack app"
}

// TokenRotation is the way out of tokens that expire: Slack lets nobody switch
// rotation off (docs.slack.dev/authentication/using-token-rotation).
const TokenRotation = "the token is one of token rotation, which lbbot does not support and which Slack cannot " +
	"switch off for an app: make a new app from the manifest that `lbbot manifest` prints, which has " +
	"token_rotation_enabled: false, and use its bot token"

// Refusal says that Slack refuses a token.
type Refusal struct {
	Setting string // SLACK_BOT_TOKEN or SLACK_APP_TOKEN
	Code    string // Slack's word
	Needed  string // with missing_scope
}

// String says which token it is and what to do.
func (r Refusal) String() string {
	code := r.Code
	if r.Needed != "" {
		code += ": " + r.Needed
	}
	return fmt.Sprintf("%s (%s): %s", r.Setting, code, remedy(r.Setting, r.Code, r.Needed))
}

// AppRefusal is the Refusal of a connection that Slack does not open.
func AppRefusal(code string) Refusal { return Refusal{Setting: appTokenSetting, Code: code} }

// SocketReason says why there is no connection and what to do: the remedy if only
// a person can help, else where to look while lbbot retries.
func SocketReason(reason string) string {
	if do := remedy(appTokenSetting, reason, ""); do != "" {
		return reason + ": " + do
	}
	return reason + "; lbbot retries: if this lasts, check the network path to Slack"
}

// explained adds to err what a person has to change, if only a person can.
func explained(err error) error {
	e, ok := errors.AsType[*callError](err)
	if !ok || !permanent(e.Code) {
		return err
	}
	return &operation.SetupError{Remedy: remedy(botTokenSetting, e.Code, e.Needed), Err: err}
}

// refusedCalls records which methods Slack permanently refuses, and since when.
type refusedCalls struct {
	log *zap.Logger
	now func() time.Time

	mu     sync.Mutex
	faults map[string]fault
}

type fault struct {
	code, needed string
	since        time.Time
}

// noted records the result of a call. It logs a permanent refusal once.
func (s *refusedCalls) noted(method string, err error) {
	e, refused := errors.AsType[*callError](err)
	switch {
	case err == nil:
		s.clear(method)
		if method == "auth.test" {
			s.taken()
		}
	case refused && permanent(e.Code) && essential(e):
		s.set(method, fault{code: e.Code, needed: e.Needed})
	}
}

// essential reports whether a refusal affects everybody: a scope for one kind of
// channel does not. For a group message, Slack may name the scopes of all kinds
// as needed; whether the app has channels:read is read from the header of each
// answer, see scoped.
func essential(e *callError) bool {
	if e.Code != slackMissingScope {
		return true
	}
	return e.Method != "conversations.history" && e.Method != "conversations.replies" &&
		(e.Method != "conversations.info" || e.Needed == "channels:read")
}

func (s *refusedCalls) set(what string, f fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if old, ok := s.faults[what]; ok && old.code == f.code && old.needed == f.needed {
		return
	}
	f.since = s.now()
	s.faults[what] = f
	s.log.Error("Slack refuses what the bot needs; a person must act", zap.String("what", what),
		zap.String("code", f.code),
		zap.String("needed", f.needed), zap.String("remedy", remedy(botTokenSetting, f.code, f.needed)))
}

func (s *refusedCalls) clear(what string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.faults[what]; ok {
		delete(s.faults, what)
		s.log.Info("Slack does not refuse this any more", zap.String("what", what))
	}
}

// taken drops refusals of the token: Slack accepts it now.
func (s *refusedCalls) taken() {
	s.mu.Lock()
	defer s.mu.Unlock()
	maps.DeleteFunc(s.faults, func(_ string, f fault) bool {
		return f.code != slackMissingScope && slices.Contains(socket.FatalCodes(), f.code)
	})
}

// scoped records the scopes of the bot token that an answer named. An answer that named
// none changes nothing.
func (s *refusedCalls) scoped(has []string) {
	if len(has) == 0 {
		return
	}
	for _, scope := range neededScopes() {
		if slices.Contains(has, scope) {
			s.clear(scope)
		} else {
			s.set(scope, fault{code: slackMissingScope, needed: scope})
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for what, f := range s.faults {
		lacking := func(scope string) bool { return !slices.Contains(has, scope) }
		if f.code == slackMissingScope && f.needed != "" &&
			!slices.ContainsFunc(strings.Split(f.needed, ","), lacking) {
			delete(s.faults, what)
		}
	}
}

// RefusedError says what Slack refuses for good.
type RefusedError struct {
	Since time.Time // of the oldest refusal
	error           // of all refusals
}

// Ready returns a *RefusedError if requests cannot be answered because of what Slack
// refuses for good. groups says whether the user groups are needed.
func (w *Client) Ready(groups bool) error {
	w.standing.mu.Lock()
	defer w.standing.mu.Unlock()
	var faults []error
	var since time.Time
	for _, what := range slices.Sorted(maps.Keys(w.standing.faults)) {
		if f := w.standing.faults[what]; groups || !strings.HasPrefix(what, "usergroups") {
			faults = append(faults, fmt.Errorf("Slack refuses %s since %s UTC (%s): %s", what,
				f.since.UTC().Format("2006-01-02 15:04:05"), f.code,
				remedy(botTokenSetting, f.code, f.needed)))
			if since.IsZero() || f.since.Before(since) {
				since = f.since
			}
		}
	}
	if faults == nil {
		return nil
	}
	return &RefusedError{Since: since, error: errors.Join(faults...)}
}

// CheckTokens asks Slack whether it takes the bot token and, if not, the app
// token as well, so that one report names both: the socket checks the app
// token only later. err is any other failure. It blocks for two calls.
func (w *Client) CheckTokens(ctx context.Context, app zenlayer.Secret) (refusals []Refusal, err error) {
	answer, header, err := w.patient.ask(ctx, "auth.test", formType, nil)
	if err == nil {
		w.standing.scoped(scopesOf(header))
		if answer.Flag("is_enterprise_install") {
			return []Refusal{{Setting: botTokenSetting, Code: slackOrgWide}}, nil
		}
		w.who.Store(&who{answer.Label("team_id"), answer.Label("bot_id")})
		return nil, answer.Err()
	}
	e, ok := errors.AsType[*callError](err)
	if !ok || !permanent(e.Code) {
		return nil, err
	}
	refusals = []Refusal{{Setting: botTokenSetting, Code: e.Code, Needed: e.Needed}}
	if _, err := w.Opener(app)(ctx); err != nil {
		if e, ok := errors.AsType[*socket.OpenError](err); ok && permanent(e.Code) {
			refusals = append(refusals, AppRefusal(e.Code))
		}
	}
	return refusals, nil
}
