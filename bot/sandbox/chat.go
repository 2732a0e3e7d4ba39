package sandbox

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"lbbot/bot/sandbox/blockkit"
)

// Limits of chat methods, in characters and bytes.
const (
	messageTextMax = 40_000 // longer texts are cut when posted
	updateTextMax  = 4000   // chat.update and chat.postEphemeral answer msg_too_long
	metadataMax    = 4000   // a careful guess: Slack does not publish its limit
)

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
func (s *Slack) content(args arguments, longest int) (content, *apiError) {
	c := content{text: args.str("text"), hasText: args.has("text")}
	v, given, err := args.nested("blocks")
	list, ok := v.([]any)
	if err != nil || given && !ok {
		return c, refuse("invalid_blocks_format")
	}
	c.blocks = list
	if found := blockkit.CheckBlocks(c.blocks); len(found) > 0 {
		return c, blockFailure("invalid_blocks", found)
	}
	if fail := c.attach(args); fail != nil {
		return c, fail
	}
	switch {
	case args.str("markdown_text") != "":
		return c, refuse("invalid_arguments") // Slack takes it, but the stand-in would not show it
	case strings.TrimSpace(c.text) == "" && len(c.blocks) == 0 && len(c.attachments) == 0:
		return c, refuse("no_text")
	case longest >= 0 && utf8.RuneCountInString(c.text) > longest:
		return c, refuse("msg_too_long")
	}
	return c, s.metadata(args, &c)
}

// attach reads and checks the attachments.
func (c *content) attach(args arguments) *apiError {
	v, given, err := args.nested("attachments")
	list, ok := v.([]any)
	if err != nil || given && !ok {
		return refuse("invalid_attachments")
	}
	if len(list) > blockkit.MaxAttachments {
		return refuse("too_many_attachments")
	}
	if found := blockkit.CheckAttachments(list); len(found) > 0 {
		return blockFailure("invalid_attachments", found)
	}
	c.attachments = list
	return nil
}

// metadata checks {event_type, event_payload}
// (docs.slack.dev/messaging/message-metadata).
func (s *Slack) metadata(args arguments, c *content) *apiError {
	v, given, err := args.nested("metadata")
	if err != nil {
		return refuse("invalid_metadata_format")
	}
	if !given {
		return nil
	}
	o, ok := v.(object)
	if !ok {
		return refuse("invalid_metadata_format")
	}
	c.hasMetadata = true
	if len(o) == 0 {
		return nil // {} removes
	}
	kind, _ := o["event_type"].(string)
	_, isObject := o["event_payload"].(object)
	if kind == "" || !isObject || len(o) > 2 {
		return refuse("invalid_metadata_schema")
	}
	if len(mustJSON(o)) > metadataMax {
		return refuse("metadata_too_large")
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
func (s *Slack) postable(id string) (Channel, *apiError) {
	channel, ok := s.channel(id)
	if !ok {
		person, known := s.person(id)
		if !known || person.Bot || person.Deactivated {
			return channel, refuse("channel_not_found")
		}
		channel = s.directMessage(person.ID)
	}
	switch {
	case channel.Private && !channel.BotMember:
		return channel, refuse("channel_not_found")
	case channel.Archived:
		return channel, refuse("is_archived")
	case channel.IM == "" && !channel.BotMember && s.state.missing["chat:write.public"]:
		return channel, refuse("not_in_channel")
	}
	return channel, nil
}

func (s *Slack) postMessage(args arguments) (object, *apiError) {
	channel, fail := s.postable(args.str("channel"))
	if fail != nil {
		return nil, fail
	}
	c, fail := s.content(args, -1)
	if fail != nil {
		return nil, fail
	}
	m := s.fromBot(channel.ID)
	if fail = s.enterThread(m, args.str("thread_ts")); fail != nil {
		return nil, fail
	}
	if fail = s.limit("post "+channel.ID, postBurst, 1); fail != nil {
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

func (s *Slack) postEphemeral(args arguments) (object, *apiError) {
	channel, fail := s.visible(args.str("channel"))
	switch {
	case fail != nil:
		return nil, fail
	case channel.Archived:
		return nil, refuse("is_archived")
	case channel.IM == "" && !channel.BotMember:
		return nil, refuse("not_in_channel")
	}
	person, ok := s.person(args.str("user"))
	if !ok || person.Deactivated || !isMember(channel, person.ID) {
		return nil, refuse("user_not_in_channel")
	}
	c, fail := s.content(args, updateTextMax)
	if fail != nil {
		return nil, fail
	}
	m := s.fromBot(channel.ID)
	m.Ephemeral, m.To = true, person.ID
	if fail = s.enterThread(m, args.str("thread_ts")); fail != nil {
		return nil, fail
	}
	if !s.active(m) {
		s.noteLocked("chat.postEphemeral: Slack shows it only once the thread %s has a reply", m.ThreadTS)
	}
	s.fill(m, c)
	return object{"message_ts": s.add(m).TS}, nil
}

// ownMessage finds a message of the bot. foreign is the error for another's.
func (s *Slack) ownMessage(args arguments, foreign string) (Channel, *message, *apiError) {
	channel, fail := s.visible(args.str("channel"))
	if fail != nil {
		return channel, nil, fail
	}
	m := s.message(channel.ID, args.str("ts"))
	switch {
	case m == nil || m.Ephemeral:
		return channel, nil, refuse("message_not_found")
	case m.BotID != s.state.world.BotID:
		return channel, nil, refuse(foreign)
	}
	return channel, m, nil
}

func (s *Slack) updateMessage(args arguments) (object, *apiError) {
	channel, m, fail := s.ownMessage(args, "cant_update_message")
	if fail != nil {
		return nil, fail
	}
	if channel.Archived {
		return nil, refuse("is_inactive")
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

func (s *Slack) deleteMessage(args arguments) (object, *apiError) {
	channel, m, fail := s.ownMessage(args, "cant_delete_message")
	if fail != nil {
		return nil, fail
	}
	m.Deleted = true
	return object{"channel": channel.ID, "ts": m.TS}, nil
}

func (s *Slack) permalink(args arguments) (object, *apiError) {
	channel, fail := s.visible(args.str("channel"))
	if fail != nil {
		return nil, fail
	}
	m := s.message(channel.ID, args.str("message_ts"))
	if m == nil || m.Ephemeral {
		return nil, refuse("message_not_found")
	}
	link := fmt.Sprintf("https://%s.slack.com/archives/%s/p%s", s.domain(), channel.ID,
		strings.ReplaceAll(m.TS, ".", ""))
	if m.ThreadTS != "" {
		link += "?thread_ts=" + m.ThreadTS + "&cid=" + channel.ID
	}
	return object{"channel": channel.ID, "permalink": link}, nil
}
