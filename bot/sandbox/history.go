package sandbox

import (
	"slices"
	"strings"

	"lbbot/bot/sandbox/webapi"
)

// conversationsHistory answers newest first, without ephemeral messages and
// without replies, as Slack does.
func (s *Slack) conversationsHistory(args webapi.Arguments) (object, *webapi.Error) {
	channel, fail := s.historyOf(args)
	if fail != nil {
		return nil, fail
	}
	var found []*message
	for _, m := range slices.Backward(s.state.messages[channel.ID]) {
		if m.ThreadTS == "" && !m.Ephemeral && (!m.Deleted || len(s.replies(m)) > 0) && within(args, m) {
			found = append(found, m)
		}
	}
	return s.listed(args, found, 100)
}

// conversationsReplies answers the first message of a thread, then its replies,
// oldest first; for a reply or a message without replies only that message
// (docs.slack.dev/reference/methods/conversations.replies).
func (s *Slack) conversationsReplies(args webapi.Arguments) (object, *webapi.Error) {
	channel, fail := s.historyOf(args)
	if fail != nil {
		return nil, fail
	}
	i := slices.IndexFunc(s.state.messages[channel.ID], func(m *message) bool {
		return m.TS == args.Str("ts") && !m.Ephemeral && (!m.Deleted || len(s.replies(m)) > 0)
	})
	if i < 0 {
		return nil, webapi.Refuse("thread_not_found")
	}
	first := s.state.messages[channel.ID][i]
	found := []*message{first}
	for _, m := range s.replies(first) {
		if within(args, m) {
			found = append(found, m)
		}
	}
	return s.listed(args, found, 1000)
}

// historyOf finds a channel whose messages the bot may read.
func (s *Slack) historyOf(args webapi.Arguments) (Channel, *webapi.Error) {
	channel, fail := s.readable(args.Str("channel"), "history")
	if fail == nil && channel.IM == "" && !channel.BotMember {
		fail = webapi.Refuse("not_in_channel")
	}
	return channel, fail
}

// listed answers one page of the messages.
func (s *Slack) listed(args webapi.Arguments, found []*message, standard int) (object, *webapi.Error) {
	from, to, next, fail := pageOf(args, len(found), standard)
	if fail != nil {
		return nil, fail
	}
	messages := []object{}
	for _, m := range found[from:to] {
		if m.Deleted {
			m = s.tombstone(m)
		}
		wire := s.wire(m)
		if m.metadata != nil && args.Boolean("include_all_metadata") {
			wire["metadata"] = m.metadata
		}
		messages = append(messages, wire)
	}
	return object{"messages": messages, "has_more": next != "", "pin_count": 0,
		"response_metadata": object{"next_cursor": next}}, nil
}

// within reports whether a message is in the range of the arguments. Ids are
// compared as numbers with six decimals.
func within(args webapi.Arguments, m *message) bool {
	ts, oldest, latest, inclusive := m.TS, args.Str("oldest"), args.Str("latest"), args.Boolean("inclusive")
	if ts == padTS(oldest) || ts == padTS(latest) {
		return inclusive
	}
	return (oldest == "" || lessTS(padTS(oldest), ts)) && (latest == "" || lessTS(ts, padTS(latest)))
}

// padTS brings "1", "1.5" and "1.500000" to one form.
func padTS(ts string) string {
	if ts == "" {
		return ""
	}
	seconds, micros, _ := strings.Cut(ts, ".")
	return seconds + "." + (micros + "000000")[:6]
}

func lessTS(a, b string) bool {
	if len(a) != len(b) {
		return len(a) < len(b)
	}
	return a < b
}
