// Package blockkit holds Slack's rules on Block Kit JSON: which messages and
// views Slack accepts, and what an element holds once a person has used it.
//
// It knows the blocks and elements that lbbot sends. Others are refused as a
// workspace without them refuses them: new blocks roll out workspace by
// workspace. Functions are pure; they neither log nor block.
package blockkit

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// Limits in characters, items or bytes, from docs.slack.dev/reference/block-kit
// and docs.slack.dev/reference/views.
const (
	maxMessageText     = 40_000
	maxMessageBlocks   = 50
	maxViewBlocks      = 100
	maxPrivateMetadata = 3000

	MaxViewBytes   = 250_000
	MaxAttachments = 100
)

// Object is a decoded JSON object.
type Object = map[string]any

// Violation is one broken rule. Its text has the form of Slack's
// response_metadata.messages: a sentence, then the pointer in brackets.
type Violation struct {
	Pointer string // JSON pointer to the fault
	Rule    string // "required", "max_length", "enum", …
	Message string
}

// Error implements error.
func (v Violation) Error() string {
	return "[ERROR] " + v.Message + " [json-pointer:" + v.Pointer + "]"
}

// Decode decodes exactly one JSON value. Numbers stay as they are written.
func Decode(raw []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, fmt.Errorf("decoding JSON: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("decoding JSON: more than one value")
	}
	return v, nil
}

// ValidateMessage checks a message: either an array of blocks or an object with
// text, blocks and the other arguments that a message may have. It returns nil
// for a valid one. It does not know channels or rights.
func ValidateMessage(raw []byte) []Violation {
	v, err := Decode(raw)
	if err != nil {
		return []Violation{{"", "format", "not JSON"}}
	}
	if list, ok := v.([]any); ok {
		v = Object{"blocks": list}
	}
	c := newChecker(message)
	c.check("", v, object(schema{
		"text": str(0, maxMessageText), "blocks": list(0, maxMessageBlocks, block),
		"attachments":      attachments(),
		"response_type":    oneOf("ephemeral", "in_channel"),
		"replace_original": flag(), "delete_original": flag(), "metadata": anything(),
		"thread_ts": str(0, maxShort), "reply_broadcast": flag(), "mrkdwn": flag(), "unfurl_links": flag(),
		"unfurl_media": flag(),
		"channel":      str(0, maxShort), "ts": str(0, maxShort), "user": str(0, maxShort),
	}, func(c *checker, at string, o Object) {
		blocks, _ := o["blocks"].([]any)
		attached, _ := o["attachments"].([]any)
		if stringOf(o, "text") == "" && len(blocks)+len(attached) == 0 && o["delete_original"] != true {
			c.fail(at, "required", "text, blocks or attachments are required")
		}
	}))
	return c.found
}

// CheckBlocks checks the blocks of a message.
func CheckBlocks(blocks []any) []Violation {
	c := newChecker(message)
	c.check("/blocks", blocks, list(0, maxMessageBlocks, block))
	return c.found
}

// CheckAttachments checks the attachments of a message.
func CheckAttachments(given []any) []Violation {
	c := newChecker(message)
	c.check("/attachments", given, attachments())
	return c.found
}

// attachments are those of alerts and older apps
// (docs.slack.dev/legacy/legacy-messaging/legacy-secondary-message-attachments).
func attachments() property {
	short := str(0, maxShort)
	field := object(schema{"title": str(0, 2000), "value": str(0, maxMessageText), "short": flag()})
	fields := schema{"id": integer(1, MaxAttachments), "ts": anything(), "mrkdwn_in": list(0, 10, short.rule),
		"fields": list(0, MaxAttachments, field.rule), "blocks": list(0, maxMessageBlocks, block)}
	for _, key := range []string{"fallback", "pretext", "title", "text"} {
		fields[key] = str(0, maxMessageText)
	}
	for _, key := range []string{"author_name", "callback_id", "color", "footer"} {
		fields[key] = short
	}
	for _, key := range []string{"author_icon", "author_link", "footer_icon", "image_url", "thumb_url", "title_link"} {
		fields[key] = str(0, 3000)
	}
	return list(0, MaxAttachments, object(fields).rule)
}

// ValidateView checks a modal or Home view. It returns nil for a valid one.
// Pointers start with /view, as in the answers of the views methods.
func ValidateView(raw []byte) []Violation {
	v, err := Decode(raw)
	if err != nil {
		return []Violation{{"/view", "format", "not JSON"}}
	}
	found := CheckView(v)
	if len(raw) > MaxViewBytes {
		found = append(found, Violation{"/view", "max_length", "view is too large"})
	}
	return found
}

// CheckView checks a decoded view as ValidateView does, but not its size.
func CheckView(v any) []Violation {
	c := newChecker(modal)
	properties := schema{
		"type": oneOf("modal", "home").needed(), "blocks": list(0, maxViewBlocks, block).needed(),
		"private_metadata": str(0, maxPrivateMetadata), "callback_id": str(0, maxShort),
		"external_id": str(0, maxShort),
	}
	if o, _ := v.(Object); o["type"] == "home" {
		c.surface = home
	} else {
		properties["title"] = plain(24).needed()
		for _, button := range []string{"submit", "close"} {
			properties[button] = plain(24)
		}
		for _, key := range []string{"clear_on_close", "notify_on_close", "submit_disabled"} {
			properties[key] = flag()
		}
	}
	c.check("/view", v, object(properties, func(c *checker, at string, o Object) {
		if c.inputs > 0 && c.surface == modal && o["submit"] == nil {
			c.fail(at, "required", "submit is required when a view has input blocks")
		}
	}))
	return c.found
}
