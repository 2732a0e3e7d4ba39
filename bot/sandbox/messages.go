package sandbox

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"slices"

	"lbbot/bot/sandbox/blockkit"
)

var errNoMessage = fmt.Errorf("%w: no such message", errGone)

// object is a decoded JSON object.
type object = blockkit.Object

// message is a stored message. Its parts are kept as decoded JSON.
type message struct {
	Message
	root        *message   // the first message of its thread; nil outside of threads
	answers     []*message // the public replies to it, oldest first, deleted ones included
	blocks      []any
	attachments []any
	metadata    any // nil if it has none
}

// shown is a copy for the caller of Messages.
func (s *Slack) shown(m *message) Message {
	out := m.Message
	out.History = slices.Clone(m.History)
	out.Replies = len(s.replies(m))
	return out
}

// wire is the message in answers and payloads.
func (s *Slack) wire(m *message) object {
	out := object{"type": "message", "user": m.UserID, "ts": m.TS, "text": m.Text, "team": s.state.world.TeamID}
	if m.BotID != "" {
		out["bot_id"] = m.BotID
	}
	if m.BotID == s.state.world.BotID {
		out["app_id"] = s.state.world.AppID
	}
	if m.blocks != nil {
		out["blocks"] = m.blocks
	}
	if m.attachments != nil {
		out["attachments"] = m.attachments
	}
	s.threadFields(m, out)
	if m.Edited > 0 && len(m.blocks) == 0 {
		out["edited"] = object{"user": m.UserID, "ts": m.TS}
	}
	return out
}

// keepVersion stores the present content before a change.
func (m *message) keepVersion() {
	m.History = append(m.History, mustJSON(object{"text": m.Text, "blocks": m.blocks, "metadata": m.metadata}))
	m.Edited++
}

func rawOrNil(list []any) json.RawMessage {
	if len(list) == 0 {
		return nil
	}
	return mustJSON(list)
}

// mustJSON encodes what was decoded from JSON or built from plain values, which
// cannot fail.
func mustJSON(v any) json.RawMessage {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("sandbox: encoding %T: %v", v, err))
	}
	return raw
}

// message finds a message that still exists.
func (s *Slack) message(channelID, ts string) *message {
	for _, m := range slices.Backward(s.state.messages[channelID]) {
		if m.TS == ts && !m.Deleted {
			return m
		}
	}
	return nil
}

// add stores a new message and gives it its id.
func (s *Slack) add(m *message) *message {
	m.TS = s.nextTS()
	s.state.messages[m.ChannelID] = append(s.state.messages[m.ChannelID], m)
	if m.root != nil && !m.Ephemeral {
		m.root.answers = append(m.root.answers, m)
	}
	return m
}

// fromBot starts a message of the bot.
func (s *Slack) fromBot(channelID string) *message {
	return &message{Message: Message{ChannelID: channelID, UserID: s.state.world.BotUserID, BotID: s.state.world.BotID}}
}

// Messages returns the messages of a channel that the viewer sees, oldest first:
// none in a channel that the viewer may not read, and ephemeral ones only for
// their reader, in a thread only once it has a reply. A deleted message with
// replies stays as a line of Slack's. An empty viewer sees all, deleted messages included.
func (s *Slack) Messages(channelID, viewerID string) []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	channel, ok := s.channel(channelID)
	if !ok || viewerID != "" && !s.sees(viewerID, channel) {
		return nil
	}
	var out []Message
	for _, m := range s.state.messages[channelID] {
		switch {
		case viewerID == "", !m.Deleted && (!m.Ephemeral || m.To == viewerID && s.active(m)):
			out = append(out, s.shown(m))
		case m.Deleted && len(s.replies(m)) > 0:
			out = append(out, s.shown(s.tombstone(m)))
		}
	}
	return out
}

func (s *Slack) shortID() string {
	s.state.lastID++
	return fmt.Sprintf("%s%x", rand.Text()[:3], s.state.lastID)
}
