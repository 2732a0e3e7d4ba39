package sandbox

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"lbbot/bot/sandbox/blockkit"
	"lbbot/bot/sandbox/webapi"
)

// Limits of chat methods, in characters and bytes.
const (
	messageTextMax = 40_000 // longer texts are cut when posted
	updateTextMax  = 4000   // chat.update and chat.postEphemeral answer msg_too_long
	metadataMax    = 4000   // a careful guess: Slack does not publish its limit
)

// postBurst is how many messages a channel takes at once, before the limit of
// one per second holds. Slack allows "short bursts" without a number.
const postBurst = 4

// content is what a message is made of.
type content struct {
	text        string
	hasText     bool
	blocks      []any
	attachments []any
	metadata    any
	hasMetadata bool
}

// content reads and checks the parts of a message that chat methods share.
// longest bounds the text in characters; below zero it has no bound.
func (s *Slack) content(args webapi.Arguments, longest int) (content, *webapi.Error) {
	c := content{text: args.Str("text"), hasText: args.Has("text")}
	v, given, err := args.Nested("blocks")
	list, ok := v.([]any)
	if err != nil || given && !ok {
		return c, webapi.Refuse("invalid_blocks_format")
	}
	c.blocks = list
	if found := blockkit.CheckBlocks(c.blocks); len(found) > 0 {
		return c, blockFailure("invalid_blocks", found)
	}
	if fail := c.attach(args); fail != nil {
		return c, fail
	}
	switch {
	case args.Str("markdown_text") != "" && (c.hasText || len(c.blocks) > 0):
		return c, webapi.Refuse("markdown_text_conflict")
	case args.Str("markdown_text") != "":
		return c, webapi.Refuse("invalid_arguments") // Slack takes it, but the stand-in would not show it
	case strings.TrimSpace(c.text) == "" && len(c.blocks) == 0 && len(c.attachments) == 0:
		return c, webapi.Refuse("no_text")
	case longest >= 0 && utf8.RuneCountInString(c.text) > longest:
		return c, webapi.Refuse("msg_too_long")
	}
	return c, s.metadata(args, &c)
}

// attach reads and checks the attachments.
func (c *content) attach(args webapi.Arguments) *webapi.Error {
	v, given, err := args.Nested("attachments")
	list, ok := v.([]any)
	if err != nil || given && !ok {
		return webapi.Refuse("invalid_attachments")
	}
	if len(list) > blockkit.MaxAttachments {
		return webapi.Refuse("too_many_attachments")
	}
	if found := blockkit.CheckAttachments(list); len(found) > 0 {
		return blockFailure("invalid_attachments", found)
	}
	c.attachments = list
	return nil
}

// metadata checks {event_type, event_payload}
// (docs.slack.dev/messaging/message-metadata).
func (s *Slack) metadata(args webapi.Arguments, c *content) *webapi.Error {
	v, given, err := args.Nested("metadata")
	if err != nil {
		return webapi.Refuse("invalid_metadata_format")
	}
	if !given {
		return nil
	}
	o, ok := v.(object)
	if !ok {
		return webapi.Refuse("invalid_metadata_format")
	}
	c.hasMetadata = true
	if len(o) == 0 {
		return nil // {} removes
	}
	kind, _ := o["event_type"].(string)
	_, isObject := o["event_payload"].(object)
	if kind == "" || !isObject || len(o) > 2 {
		return webapi.Refuse("invalid_metadata_schema")
	}
	if len(mustJSON(o)) > metadataMax {
		return webapi.Refuse("metadata_too_large")
	}
	c.metadata = o
	return nil
}

// fill puts the content into a message.
func (s *Slack) fill(m *message, c content) {
	blockkit.Name(c.blocks, s.shortID)
	m.Text, m.blocks, m.attachments, m.metadata = c.text, c.blocks, c.attachments, c.metadata
	m.Blocks, m.Attachments, m.Metadata = rawOrNil(m.blocks), rawOrNil(m.attachments), nil
	if m.metadata != nil {
		m.Metadata = mustJSON(m.metadata)
	}
}

// postable finds the channel of a post and refuses as Slack does.
func (s *Slack) postable(id string) (Channel, *webapi.Error) {
	channel, ok := s.channel(id)
	if !ok {
		person, known := s.person(id)
		if !known || person.Bot || person.Deactivated {
			return channel, webapi.Refuse("channel_not_found")
		}
		channel = s.directMessage(person.ID)
	}
	switch {
	case channel.Private && !channel.BotMember:
		return channel, webapi.Refuse("channel_not_found")
	case channel.Archived:
		return channel, webapi.Refuse("is_archived")
	case channel.IM == "" && !channel.BotMember && s.Missing("chat:write.public"):
		return channel, webapi.Refuse("not_in_channel")
	}
	return channel, nil
}

func (s *Slack) postMessage(args webapi.Arguments) (object, *webapi.Error) {
	channel, fail := s.postable(args.Str("channel"))
	if fail != nil {
		return nil, fail
	}
	c, fail := s.content(args, -1)
	if fail != nil {
		return nil, fail
	}
	m := s.fromBot(channel.ID)
	if fail = s.enterThread(m, args.Str("thread_ts")); fail != nil {
		return nil, fail
	}
	if fail = s.Limit("post "+channel.ID, postBurst, 1); fail != nil {
		return nil, fail
	}
	if utf8.RuneCountInString(c.text) > messageTextMax {
		c.text = string([]rune(c.text)[:messageTextMax])
		s.noteLocked("chat.postMessage: text over %d characters was cut", messageTextMax)
	}
	if c.text == "" {
		s.noteLocked("chat.postMessage: blocks without a text; notifications and screen readers have nothing to say")
	}
	s.fill(m, c)
	s.add(m)
	wire := s.wire(m)
	if m.metadata != nil {
		wire["metadata"] = m.metadata
	}
	return object{"channel": channel.ID, "ts": m.TS, "message": wire}, nil
}

func (s *Slack) postEphemeral(args webapi.Arguments) (object, *webapi.Error) {
	channel, fail := s.visible(args.Str("channel"))
	switch {
	case fail != nil:
		return nil, fail
	case channel.Archived:
		return nil, webapi.Refuse("is_archived")
	case channel.IM == "" && !channel.BotMember:
		return nil, webapi.Refuse("not_in_channel")
	}
	person, ok := s.person(args.Str("user"))
	if !ok || person.Deactivated || !isMember(channel, person.ID) {
		return nil, webapi.Refuse("user_not_in_channel")
	}
	c, fail := s.content(args, updateTextMax)
	if fail != nil {
		return nil, fail
	}
	m := s.fromBot(channel.ID)
	m.Ephemeral, m.To = true, person.ID
	if fail = s.enterThread(m, args.Str("thread_ts")); fail != nil {
		return nil, fail
	}
	if !s.active(m) {
		s.noteLocked("chat.postEphemeral: Slack shows it only once the thread %s has a reply", m.ThreadTS)
	}
	s.fill(m, c)
	return object{"message_ts": s.add(m).TS}, nil
}

// ownMessage finds a message of the bot. foreign is the error for another's.
func (s *Slack) ownMessage(args webapi.Arguments, foreign string) (Channel, *message, *webapi.Error) {
	channel, fail := s.visible(args.Str("channel"))
	if fail != nil {
		return channel, nil, fail
	}
	m := s.message(channel.ID, args.Str("ts"))
	switch {
	case m == nil || m.Ephemeral:
		return channel, nil, webapi.Refuse("message_not_found")
	case m.BotID != s.state.world.BotID:
		return channel, nil, webapi.Refuse(foreign)
	}
	return channel, m, nil
}

func (s *Slack) updateMessage(args webapi.Arguments) (object, *webapi.Error) {
	channel, m, fail := s.ownMessage(args, "cant_update_message")
	if fail != nil {
		return nil, fail
	}
	if channel.Archived {
		return nil, webapi.Refuse("is_inactive")
	}
	c, fail := s.content(args, updateTextMax)
	if fail != nil {
		return nil, fail
	}
	if !c.hasText {
		c.text = m.Text
	}
	if !c.hasMetadata {
		c.metadata = m.metadata
	}
	m.keepVersion()
	s.fill(m, c)
	return object{"channel": channel.ID, "ts": m.TS, "text": m.Text, "message": s.wire(m)}, nil
}

func (s *Slack) deleteMessage(args webapi.Arguments) (object, *webapi.Error) {
	channel, m, fail := s.ownMessage(args, "cant_delete_message")
	if fail != nil {
		return nil, fail
	}
	m.Deleted = true
	return object{"channel": channel.ID, "ts": m.TS}, nil
}

func (s *Slack) permalink(args webapi.Arguments) (object, *webapi.Error) {
	channel, fail := s.visible(args.Str("channel"))
	if fail != nil {
		return nil, fail
	}
	m := s.message(channel.ID, args.Str("message_ts"))
	if m == nil || m.Ephemeral {
		return nil, webapi.Refuse("message_not_found")
	}
	link := fmt.Sprintf("https://%s.slack.com/archives/%s/p%s", s.domain(), channel.ID,
		strings.ReplaceAll(m.TS, ".", ""))
	if m.ThreadTS != "" {
		link += "?thread_ts=" + m.ThreadTS + "&cid=" + channel.ID
	}
	return object{"channel": channel.ID, "permalink": link}, nil
}
