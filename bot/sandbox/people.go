package sandbox

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/google/uuid"

	"lbbot/bot/sandbox/blockkit"
	"lbbot/bot/sandbox/socket"
	"lbbot/bot/sandbox/webapi"
)

// refused starts the Failure of an act that Slack's client does not allow.
const refused = "refused: "

// Refused says that Slack's client does not allow the act, so nothing was sent.
func (i Interaction) Refused() bool { return strings.HasPrefix(i.Failure, refused) }

// clientRefuses is the result of an act that Slack's client does not allow.
func clientRefuses(err error) Interaction {
	return Interaction{Failure: refused + err.Error(), Gone: errors.Is(err, errGone)}
}

// actor finds a person who can act in the channel, or outside of one if it is
// empty.
func (s *Slack) actor(userID, channelID string) (Person, Channel, error) {
	p, ok := s.person(userID)
	switch {
	case !ok:
		return p, Channel{}, fmt.Errorf("there is no person %s", userID)
	case p.Deactivated:
		return p, Channel{}, fmt.Errorf("%s is deactivated", p.Name)
	case p.ID == s.state.world.BotUserID:
		return p, Channel{}, fmt.Errorf("the app cannot act as a person")
	}
	if channelID == "" {
		return p, Channel{}, nil
	}
	c, ok := s.channel(channelID)
	if !ok || !isMember(c, p.ID) {
		return p, c, fmt.Errorf("%s is not in channel %s", p.Name, channelID)
	}
	return p, c, nil
}

// send delivers an envelope and applies the answer. While Duplicate asks for it,
// the envelope is sent a second time in the background.
func (s *Slack) send(ctx context.Context, e *sentEnvelope) Interaction {
	out := s.sendOnce(ctx, e)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state.duplicates != 0 && ctx.Err() == nil {
		s.state.duplicates--
		again := e.again(s.state.anew)
		s.retry.Go(func() { s.sendOnce(context.WithoutCancel(ctx), again) })
	}
	return out
}

// sendOnce delivers an envelope and applies the answer.
func (s *Slack) sendOnce(ctx context.Context, e *sentEnvelope) Interaction {
	s.changed()
	ack := s.deliver(ctx, e.Envelope)
	s.mu.Lock()
	out := e.apply(ack)
	s.mu.Unlock()
	out.Acked, out.AckAfter, out.sent = ack.Acked, ack.After, e
	if e.Kind == socket.Event && !ack.Acked && ctx.Err() == nil {
		s.repeat(ctx, e)
	}
	if e.Kind != socket.Event && !ack.Acked && ctx.Err() == nil {
		s.redeliver(ctx, e)
	}
	if out.Failure == "" {
		out.Failure = failureOf(ack)
	}
	s.changed()
	return out
}

// failureOf names what Slack shows when there was no ack.
func failureOf(ack socket.Ack) string {
	switch {
	case ack.Acked:
		return ""
	case ack.NoConnection:
		return "dispatch_failed"
	case ack.TimedOut:
		return "operation_timeout"
	}
	return "cancelled" // the caller's context has ended
}

// envelope prepares a delivery; apply runs with mu held.
func envelope(kind socket.Kind, payload any, accepts bool, apply func(socket.Ack) Interaction) *sentEnvelope {
	return &sentEnvelope{socket.Envelope{Kind: kind, ID: uuid.NewString(), Payload: payload, Accepts: accepts}, apply}
}

// act prepares the envelope of an act with mu held and sends it. An act without
// an envelope sends nothing.
func (s *Slack) act(ctx context.Context, prepare func() (*sentEnvelope, error)) Interaction {
	s.mu.Lock()
	e, err := prepare()
	s.mu.Unlock()
	switch {
	case err != nil:
		return clientRefuses(err)
	case e == nil:
		s.changed()
		return Interaction{}
	}
	return s.send(ctx, e)
}

// result ignores the ack: the result of the act is known before.
func result(out Interaction) func(socket.Ack) Interaction {
	return func(socket.Ack) Interaction { return out }
}

// TypeCommand is a person typing a slash command in a channel. The payload of
// the ack becomes a message. Without an ack, Slack's own failure text appears,
// for that person only.
func (s *Slack) TypeCommand(ctx context.Context, userID, channelID, command, text string) Interaction {
	return s.act(ctx, func() (*sentEnvelope, error) {
		p, c, err := s.actor(userID, channelID)
		switch {
		case err != nil:
			return nil, err
		case !strings.HasPrefix(command, "/"),
			s.opt.Command != "" && !slices.Contains(strings.Fields(s.opt.Command), command):
			return nil, fmt.Errorf("%s is not a valid command", command)
		case p.TeamID != s.state.world.TeamID:
			return nil, fmt.Errorf("%s belongs to another workspace, where the app is not installed", p.Name)
		case p.Bot:
			return nil, fmt.Errorf("%s is a bot", p.Name)
		case c.Archived:
			return nil, errors.New("the channel is archived")
		}
		out := Interaction{TriggerID: s.newTrigger(p.ID, c.ID, ""),
			ResponseURL: s.newResponse("commands", p.ID, c.ID, nil)}
		payload := s.slashPayload(p, c, command, s.escapeTyped(text), out)
		return envelope(socket.SlashCommand, payload, true, func(ack socket.Ack) Interaction {
			if out.Failure = failureOf(ack); out.Failure == "" {
				out.Failure = s.commandAnswer(p, c, strings.TrimSpace(command+" "+text), ack)
			}
			if out.Failure != "" && out.Failure != "cancelled" {
				s.notice(p, c, command, out.Failure)
			}
			return out
		}), nil
	})
}

// notice is Slack's own private message about a command that failed.
func (s *Slack) notice(p Person, c Channel, command, failure string) {
	s.add(&message{Message: Message{ChannelID: c.ID, UserID: "USLACKBOT", Ephemeral: true, To: p.ID, Notice: failure,
		Text: command + " failed with the error \"" + failure + "\""}})
}

// commandAnswer shows the payload of a command's ack. It returns a failure for
// an unusable one.
func (s *Slack) commandAnswer(p Person, c Channel, typed string, ack socket.Ack) string {
	if len(ack.Payload) == 0 {
		return ""
	}
	v, err := blockkit.Decode(ack.Payload)
	o, ok := v.(object)
	if err != nil || !ok {
		s.noteLocked("the ack of a command carries a payload that is not an object")
		return "invalid_command_response"
	}
	if o["response_type"] == "in_channel" {
		s.add(&message{Message: Message{ChannelID: c.ID, UserID: p.ID, Text: typed}})
	}
	if fail := s.answer(&response{userID: p.ID, channelID: c.ID}, webapi.Arguments{Values: o}); fail != nil {
		s.noteLocked("the ack of a command carries an unusable message: %s %s", fail.Code,
			strings.Join(fail.Details, "; "))
		return "invalid_command_response"
	}
	return ""
}

// Say is a person writing a message, in a thread if threadTS is set. It delivers
// app_mention if the message mentions the bot in a channel that the bot is in.
// Slash commands do not work in threads: Slack says so, and the app hears nothing.
func (s *Slack) Say(ctx context.Context, userID, channelID, threadTS, text string) (shown Message, _ Interaction) {
	done := s.act(ctx, func() (*sentEnvelope, error) {
		p, c, err := s.actor(userID, channelID)
		switch {
		case err != nil:
			return nil, err
		case c.Archived:
			return nil, errors.New("the channel is archived")
		}
		m := &message{Message: Message{ChannelID: c.ID, UserID: p.ID, Text: s.escapeTyped(text)}}
		if s.enterThread(m, threadTS) != nil || m.ThreadTS != threadTS {
			return nil, fmt.Errorf("there is no thread %s", threadTS)
		}
		if command, _, _ := strings.Cut(text, " "); threadTS != "" && strings.HasPrefix(text, "/") {
			s.add(&message{root: m.root, Message: Message{ChannelID: c.ID, UserID: "USLACKBOT", ThreadTS: threadTS,
				Ephemeral: true, To: p.ID, Notice: "not_in_threads",
				Text: command + " is not supported in threads. Sorry!"}})
			return nil, nil
		}
		shown = s.shown(s.add(m))
		if !c.BotMember || c.IM != "" || !strings.Contains(m.Text, "<@"+s.state.world.BotUserID) {
			return nil, nil
		}
		event := object{"type": "app_mention", "user": p.ID, "text": m.Text, "ts": m.TS, "channel": c.ID,
			"event_ts": m.TS, "team": s.state.world.TeamID}
		if p.TeamID != s.state.world.TeamID {
			event["user_team"], event["source_team"] = p.TeamID, p.TeamID
		}
		if m.root != nil {
			event["thread_ts"], event["parent_user_id"] = threadTS, m.root.UserID
		}
		return s.eventEnvelope(event), nil
	})
	return shown, done
}

// Event delivers one event: the inner object with its "type". Slack's wrapper
// and event_ts are added.
func (s *Slack) Event(ctx context.Context, event map[string]any) Interaction {
	return s.act(ctx, func() (*sentEnvelope, error) { return s.eventEnvelope(maps.Clone(event)), nil })
}

func (s *Slack) eventEnvelope(event object) *sentEnvelope {
	return envelope(socket.Event, s.eventPayload(event), false, result(Interaction{}))
}

// OpenHome is a person opening the app's Home tab.
func (s *Slack) OpenHome(ctx context.Context, userID string) Interaction {
	return s.act(ctx, func() (*sentEnvelope, error) {
		p, _, err := s.actor(userID, "")
		if err != nil {
			return nil, err
		}
		event := object{"type": "app_home_opened", "user": p.ID, "channel": s.directMessage(p.ID).ID, "tab": "home"}
		if v := s.state.homes[p.ID]; v != nil {
			event["view"] = s.viewWire(v, true)
		}
		return s.eventEnvelope(event), nil
	})
}
