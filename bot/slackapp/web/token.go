package web

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"

	"lbbot/zenlayer"
)

// token is a bot token, ready to be sent.
type token struct{ text, header string }

func newToken(secret zenlayer.Secret) *token {
	return &token{secret.Reveal(), "Bearer " + secret.Reveal()}
}

// who is the bot that a token belongs to.
type who struct{ team, bot string }

// neededScopes are those without which nobody can be served.
func neededScopes() []string {
	return []string{"chat:write", "users:read", "channels:read", "usergroups:read"}
}

// UseBotToken makes the next calls use another bot token, after Slack has accepted it for
// the same bot. Otherwise the error says why, and the old token stays in use. It blocks
// for one call.
func (w *Client) UseBotToken(ctx context.Context, secret zenlayer.Secret) error {
	trial := *w.patient
	trial.token, trial.noted = &atomic.Pointer[token]{}, func(string, error) {}
	trial.token.Store(newToken(secret))
	id, err := (&Client{patient: &trial}).Identity(ctx)
	if err != nil {
		return explained(err)
	}
	if err := w.foreign(id); err != nil {
		return err
	}
	if lost := w.standing.lost(id.Scopes); lost != "" {
		return errors.New("the token lacks the scope " + lost + ": " + remedy(botTokenSetting, slackMissingScope, lost))
	}
	w.patient.token.Store(trial.token.Load())
	w.who.Store(&who{id.TeamID, id.BotID})
	w.standing.scoped(id.Scopes)
	w.standing.noted("auth.test", nil)
	return nil
}

// foreign refuses the token of another bot than the one that runs, if that is known.
func (w *Client) foreign(id Identity) error {
	known := w.who.Load()
	switch {
	case id.OrgWide:
		return explained(&callError{Method: "auth.test", Code: slackOrgWide})
	case known == nil:
		return nil
	case id.TeamID != known.team:
		return fmt.Errorf("the token is of workspace %s and the bot is in %s: restart lbbot to use another workspace",
			id.TeamID, known.team)
	case id.BotID != known.bot:
		return fmt.Errorf("the token is of bot %s and this bot is %s: restart lbbot to use another app",
			id.BotID, known.bot)
	}
	return nil
}

// lost returns a needed scope that the token in use has and the others do not have; empty
// if there is none. No scopes say nothing.
func (s *refusedCalls) lost(has []string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, scope := range neededScopes() {
		if _, lacking := s.faults[scope]; len(has) > 0 && !lacking && !slices.Contains(has, scope) {
			return scope
		}
	}
	return ""
}

// ofToken reports whether Slack refused a call because of its token, so that it certainly
// did nothing.
func ofToken(err error) bool {
	return slices.Contains([]string{"invalid_auth", "token_revoked", "token_expired", "account_inactive", "not_authed"},
		ErrorCode(err))
}
