package sandbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"lbbot/bot/sandbox/blockkit"
	"lbbot/bot/sandbox/socket"
	"lbbot/bot/sandbox/webapi"
)

// Shortcuts lists the shortcuts that the app declares.
func (s *Slack) Shortcuts() []Shortcut { return slices.Clone(s.opt.Shortcuts) }

// UseGlobalShortcut is a person choosing a global shortcut of the app. It has no
// channel and no response address.
func (s *Slack) UseGlobalShortcut(ctx context.Context, userID, callbackID string) Interaction {
	return s.act(ctx, func() (*sentEnvelope, error) {
		p, _, err := s.shortcutUser(userID, "", callbackID, false)
		if err != nil {
			return nil, err
		}
		out := Interaction{TriggerID: s.newTrigger(p.ID, "", "")}
		payload := s.interactivePayload("shortcut", p, out.TriggerID)
		payload["callback_id"], payload["action_ts"] = callbackID, s.nextTS()
		return envelope(socket.Interactive, payload, false, result(out)), nil
	})
}

// UseMessageShortcut is a person choosing a shortcut of the app in the menu of a
// message. Ephemeral messages have no such menu.
func (s *Slack) UseMessageShortcut(ctx context.Context, userID, channelID, ts, callbackID string) Interaction {
	return s.act(ctx, func() (*sentEnvelope, error) {
		p, c, err := s.shortcutUser(userID, channelID, callbackID, true)
		if err != nil {
			return nil, err
		}
		m := s.message(c.ID, ts)
		switch {
		case m == nil:
			return nil, errNoMessage
		case m.Ephemeral:
			return nil, errors.New("a private message has no shortcuts")
		}
		out := Interaction{TriggerID: s.newTrigger(p.ID, c.ID, ""),
			ResponseURL: s.newResponse("app-actions", p.ID, c.ID, m)}
		payload := s.interactivePayload("message_action", p, out.TriggerID)
		payload["callback_id"], payload["action_ts"] = callbackID, s.nextTS()
		payload["response_url"] = out.ResponseURL
		payload["channel"] = object{"id": c.ID, "name": placeName(c)}
		payload["message_ts"], payload["message"] = m.TS, s.wire(m)
		return envelope(socket.Interactive, payload, false, result(out)), nil
	})
}

// shortcutUser finds a person who can use a declared shortcut; outsiders do not
// have the app.
func (s *Slack) shortcutUser(userID, channelID, callbackID string, onMessage bool) (Person, Channel, error) {
	p, c, err := s.actor(userID, channelID)
	switch {
	case err != nil:
		return p, c, err
	case p.TeamID != s.state.world.TeamID:
		return p, c, fmt.Errorf("the shortcut belongs to another workspace than %s", p.Name)
	case p.Bot:
		return p, c, fmt.Errorf("%s is a bot", p.Name)
	case c.Archived:
		return p, c, errors.New("the channel is archived")
	case !slices.ContainsFunc(s.opt.Shortcuts, func(o Shortcut) bool {
		return o.CallbackID == callbackID && o.OnMessage == onMessage
	}):
		return p, c, fmt.Errorf("the app does not declare the shortcut %s", callbackID)
	}
	return p, c, nil
}

// PostAs is another app posting a message, for example an alert: raw is an object
// with text, blocks and attachments. The bot must be one of the people.
func (s *Slack) PostAs(botUserID, channelID, threadTS string, raw json.RawMessage) (Message, error) {
	defer s.changed()
	s.mu.Lock()
	defer s.mu.Unlock()
	p, known := s.person(botUserID)
	c, there := s.channel(channelID)
	v, err := blockkit.Decode(raw)
	o, isObject := v.(object)
	switch {
	case err != nil || !isObject:
		return Message{}, errors.New("posting as another app: the message is not a JSON object")
	case !known || !p.Bot || !there:
		return Message{}, fmt.Errorf("posting as another app: no bot %s or no channel %s", botUserID, channelID)
	}
	m := &message{Message: Message{ChannelID: c.ID, UserID: p.ID, BotID: "B" + p.ID[1:]}}
	if fail := s.enterThread(m, threadTS); fail != nil {
		return Message{}, fmt.Errorf("posting as another app: %s", fail.Code)
	}
	read, fail := s.content(webapi.Arguments{Values: o}, messageTextMax)
	if fail != nil {
		return Message{}, fmt.Errorf("posting as another app: %s %v", fail.Code, fail.Details)
	}
	s.fill(m, read)
	return s.shown(s.add(m)), nil
}
