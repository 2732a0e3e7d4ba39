package sandbox

import (
	"slices"
	"strings"
)

// conversationsHistory answers newest first, without ephemeral messages and
// without replies, as Slack does.
func (s *Slack) conversationsHistory(args arguments) (object, *apiError) {
	channel, fail := s.readable(args.str("channel"), "history")
	if fail != nil {
		return nil, fail
	}
	if channel.IM == "" && !channel.BotMember {
		return nil, refuse("not_in_channel")
	}
	oldest, latest, inclusive := args.str("oldest"), args.str("latest"), args.boolean("inclusive")
	var found []*message
	for _, m := range slices.Backward(s.state.messages[channel.ID]) {
		if !m.Deleted && !m.Ephemeral && (m.ThreadTS == "" || m.ThreadTS == m.TS) &&
			between(m.TS, oldest, latest, inclusive) {
			found = append(found, m)
		}
	}
	from, to, next, fail := pageOf(args, len(found), 100)
	if fail != nil {
		return nil, fail
	}
	messages := []object{}
	for _, m := range found[from:to] {
		wire := m.wire(s.state.world.AppID)
		if m.metadata != nil && args.boolean("include_all_metadata") {
			wire["metadata"] = m.metadata
		}
		messages = append(messages, wire)
	}
	return object{"messages": messages, "has_more": next != "", "pin_count": 0,
		"response_metadata": object{"next_cursor": next}}, nil
}

// between compares message ids as numbers with six decimals.
func between(ts, oldest, latest string, inclusive bool) bool {
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
