package sandbox

import (
	"fmt"
	"slices"
	"unicode/utf8"
)

// Limits of docs.slack.dev/reference/block-kit/blocks and of chat.postMessage.
const (
	messageBlocksMax   = 50
	viewBlocksMax      = 100
	attachmentsMax     = 100
	messageTextMax     = 40000 // longer texts are cut when posted
	updateTextMax      = 4000  // chat.update and chat.postEphemeral answer msg_too_long
	markdownBudget     = 12000
	metadataMax        = 4000 // not published; the stand-in stays on the careful side
	responseURLUses    = 5
	viewBytesMax       = 250_000
	viewStackMax       = 3
	privateMetadataMax = 3000
)

// ValidateMessage checks a message against Block Kit's closed schema and
// limits: either an array of blocks or an object with text, blocks,
// attachments and the other arguments a message may have. It returns nil for a
// valid one. It does not know channels or rights.
func ValidateMessage(raw []byte) []BlockError {
	c := newChecker(messageSurface)
	v, err := decodeJSON(raw)
	if err != nil {
		c.fail("", "format", "not JSON", "JSON", nil)
		return c.errs
	}
	if list, ok := v.([]any); ok {
		v = object{"blocks": list}
	}
	o, ok := c.asObject("", v)
	if !ok {
		return c.errs
	}
	c.closed("", o, "text", "blocks", "attachments", "metadata", "response_type", "replace_original", "delete_original",
		"thread_ts", "reply_broadcast", "mrkdwn", "unfurl_links", "unfurl_media", "channel", "ts", "user")
	c.message(o)
	return c.errs
}

// message checks the parts of a message.
func (c *checker) message(o object) {
	c.str("", o, "text", 0, messageTextMax, false)
	for i, v := range c.array("", o, "attachments", 0, attachmentsMax, false) {
		c.attachment(fmt.Sprintf("/attachments/%d", i), v)
	}
	c.blocks("/blocks", c.array("", o, "blocks", 0, messageBlocksMax, false))
	c.enum("", o, "response_type", false, "ephemeral", "in_channel")
	if text, _ := o["text"].(string); text == "" && o["delete_original"] != true {
		blocks, _ := o["blocks"].([]any)
		attachments, _ := o["attachments"].([]any)
		if len(blocks) == 0 && len(attachments) == 0 {
			c.fail("", "required", "text, blocks or attachments are required", "text", nil)
		}
	}
}

func (c *checker) attachment(at string, v any) {
	o, ok := c.asObject(at, v)
	if !ok {
		return
	}
	c.closed(at, o, "blocks", "color", "fallback", "text", "pretext", "title", "title_link", "author_name", "author_link",
		"author_icon", "fields", "footer", "footer_icon", "image_url", "thumb_url", "ts", "mrkdwn_in", "callback_id", "actions")
	c.blocks(at+"/blocks", c.array(at, o, "blocks", 0, messageBlocksMax, false))
}

// blocks checks a list of blocks; its length is the caller's to check.
func (c *checker) blocks(at string, list []any) {
	for i, v := range list {
		here := fmt.Sprintf("%s/%d", at, i)
		o, ok := c.asObject(here, v)
		if !ok {
			continue
		}
		if id := c.str(here, o, "block_id", 1, 255, false); id != "" {
			if c.blockIDs[id] {
				c.fail(here+"/block_id", "unique", "block_id "+id+" already exists", nil, id)
			}
			c.blockIDs[id] = true
		}
		c.block(here, o)
	}
}

// blockTypes are the blocks the stand-in's workspace has on a surface. Newer
// ones roll out workspace by workspace, and one without them refuses them;
// the stand-in plays such a workspace.
func blockTypes(s surface) []string {
	common := []string{"section", "divider", "image", "actions", "context", "header", "input", "rich_text"}
	switch s {
	case messageSurface:
		return append(common, "markdown", "table")
	case modalSurface:
		return append(common, "alert")
	default:
		return common
	}
}

func (c *checker) block(at string, o object) {
	kind := c.enum(at, o, "type", true, blockTypes(c.surface)...)
	if !slices.Contains(blockTypes(c.surface), kind) {
		return
	}
	switch kind {
	case "section":
		c.section(at, o)
	case "divider":
		c.closed(at, o, "type", "block_id")
	case "image":
		c.closed(at, o, "type", "block_id", "image_url", "alt_text", "title", "slack_file")
		_, file := o["slack_file"]
		c.str(at, o, "image_url", 1, 3000, !file)
		c.str(at, o, "alt_text", 1, 2000, true)
		c.text(at, o, "title", plainText, 2000, false)
	case "actions":
		c.closed(at, o, "type", "block_id", "elements")
		ids := map[string]bool{}
		for i, v := range c.array(at, o, "elements", 1, 25, true) {
			c.element(fmt.Sprintf("%s/elements/%d", at, i), v, "actions", ids)
		}
	case "context":
		c.contextBlock(at, o)
	case "header":
		c.closed(at, o, "type", "block_id", "text", "level")
		c.text(at, o, "text", plainText, 150, true)
		c.integer(at, o, "level", 1, 4)
	case "input":
		c.input(at, o)
	case "alert":
		c.closed(at, o, "type", "block_id", "text", "level")
		c.text(at, o, "text", anyText, 200, true)
		c.enum(at, o, "level", false, "default", "info", "warning", "error", "success")
	default:
		c.longBlock(at, o, kind)
	}
}

func (c *checker) section(at string, o object) {
	c.closed(at, o, "type", "block_id", "text", "fields", "accessory", "expand")
	c.boolean(at, o, "expand")
	c.text(at, o, "text", anyText, 3000, false)
	fields := c.array(at, o, "fields", 1, 10, false)
	for i, v := range fields {
		c.textObject(fmt.Sprintf("%s/fields/%d", at, i), v, anyText, 2000)
	}
	if o["text"] == nil && o["fields"] == nil {
		c.fail(at, "required", "section needs text or fields", "text", nil)
	}
	if v, ok := c.have(at, o, "accessory", false); ok {
		c.element(at+"/accessory", v, "accessory", map[string]bool{})
	}
}

func (c *checker) contextBlock(at string, o object) {
	c.closed(at, o, "type", "block_id", "elements")
	for i, v := range c.array(at, o, "elements", 1, 10, true) {
		here := fmt.Sprintf("%s/elements/%d", at, i)
		e, ok := c.asObject(here, v)
		switch {
		case !ok:
		case e["type"] == "image":
			c.imageElement(here, e)
		default:
			c.textObject(here, e, anyText, 2000)
		}
	}
}

func (c *checker) input(at string, o object) {
	c.inputs++
	c.closed(at, o, "type", "block_id", "label", "element", "hint", "optional", "dispatch_action")
	c.text(at, o, "label", plainText, 2000, true)
	c.text(at, o, "hint", plainText, 2000, false)
	c.boolean(at, o, "optional", "dispatch_action")
	v, ok := c.have(at, o, "element", true)
	if !ok {
		return
	}
	c.element(at+"/element", v, "input", map[string]bool{})
	if e, ok := v.(object); ok && e["type"] == "file_input" && o["dispatch_action"] == true {
		c.fail(at+"/dispatch_action", "one_of", "dispatch_action cannot be combined with file_input", nil, nil)
	}
}

// longBlock checks the blocks that carry a document.
func (c *checker) longBlock(at string, o object, kind string) {
	switch kind {
	case "rich_text":
		c.closed(at, o, "type", "block_id", "elements")
		for i, v := range c.array(at, o, "elements", 0, 3000, true) {
			here := fmt.Sprintf("%s/elements/%d", at, i)
			if e, ok := c.asObject(here, v); ok {
				c.enum(here, e, "type", true, "rich_text_section", "rich_text_list", "rich_text_preformatted", "rich_text_quote")
				c.array(here, e, "elements", 0, 3000, true)
			}
		}
	case "markdown":
		c.closed(at, o, "type", "block_id", "text")
		c.markdown += utf8.RuneCountInString(c.str(at, o, "text", 1, markdownBudget, true))
		if c.markdown > markdownBudget {
			c.fail(at+"/text", "max_length", "markdown blocks hold 12000 characters together", markdownBudget, c.markdown)
		}
	case "table":
		c.closed(at, o, "type", "block_id", "rows", "column_settings")
		if c.tables++; c.tables > 1 {
			c.fail(at, "only_one_table_allowed", "only one table is allowed", 1, c.tables)
		}
		c.array(at, o, "column_settings", 0, 20, false)
		for i, row := range c.array(at, o, "rows", 1, 100, true) {
			c.array(fmt.Sprintf("%s/rows", at), object{fmt.Sprint(i): row}, fmt.Sprint(i), 1, 20, true)
		}
	}
}
