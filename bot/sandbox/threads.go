package sandbox

import "lbbot/bot/sandbox/webapi"

// enterThread puts a new message into the thread of threadTS; an empty one puts
// it into none. Like Slack, it takes the ts of a reply for its thread's.
func (s *Slack) enterThread(m *message, threadTS string) *webapi.Error {
	if threadTS == "" {
		return nil
	}
	root := s.message(m.ChannelID, threadTS)
	if root != nil && root.root != nil {
		s.noteLocked("thread_ts %s is a reply; it must be the ts of the parent", threadTS)
		root = root.root
	}
	if root == nil || root.Ephemeral || root.Deleted {
		return webapi.Refuse("cannot_reply_to_message")
	}
	m.root, m.ThreadTS = root, root.TS
	return nil
}

// replies are the public replies to a message that still exist, oldest first.
func (s *Slack) replies(m *message) []*message {
	var out []*message
	for _, reply := range m.answers {
		if !reply.Deleted {
			out = append(out, reply)
		}
	}
	return out
}

// active says that Slack shows an ephemeral message: in a thread it does so only
// once the thread has a reply (docs.slack.dev/reference/methods/chat.postEphemeral).
// Slack's own notices are always shown.
func (s *Slack) active(m *message) bool {
	return m.root == nil || m.Notice != "" || len(s.replies(m.root)) > 0
}

// tombstone is what Slack leaves of a deleted message that has replies.
func (s *Slack) tombstone(m *message) *message {
	return &message{answers: m.answers, Message: Message{TS: m.TS, ChannelID: m.ChannelID, UserID: "USLACKBOT",
		Text: "This message was deleted.", Deleted: true}}
}

// threadFields adds what a message has in a thread
// (docs.slack.dev/messaging/retrieving-messages).
func (s *Slack) threadFields(m *message, out object) {
	if m.Deleted {
		out["subtype"], out["hidden"] = "tombstone", true
	}
	if m.root != nil {
		out["thread_ts"], out["parent_user_id"] = m.ThreadTS, m.root.UserID
	}
	replies := s.replies(m)
	if len(replies) == 0 {
		return
	}
	users := []string{}
	seen := map[string]bool{}
	for _, reply := range replies {
		if !seen[reply.UserID] {
			users = append(users, reply.UserID)
		}
		seen[reply.UserID] = true
	}
	out["thread_ts"], out["reply_count"], out["reply_users_count"] = m.TS, len(replies), len(users)
	out["reply_users"], out["latest_reply"] = users[:min(5, len(users))], replies[len(replies)-1].TS
}
