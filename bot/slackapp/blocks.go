package slackapp

import (
	"fmt"
	"strings"

	"github.com/slack-go/slack"

	"lbbot/bot/operation"
)

// message is one rendered message. Text alone tells the whole story in one
// line: it is what notifications show and screen readers read.
type message struct {
	Text     string
	Blocks   []slack.Block
	Metadata *slack.SlackMetadata // nil for private answers
}

// Limits of docs.slack.dev/reference/block-kit, in characters.
const (
	maxText          = 3900 // of a message; chat.update refuses over 4,000
	maxSection       = 3000
	maxSectionField  = 2000
	maxContext       = 2000
	maxHeader        = 150
	maxButton        = 30 // Slack allows 75 and shows about 30
	maxAccessibility = 75
	maxConfirmTitle  = 100
	maxConfirmText   = 300
	maxOption        = 75
	maxAlert         = 200
	maxFieldError    = 149
	maxMetadata      = 3000 // private_metadata of a view
	maxInitialValue  = 3000
)

// mrkdwn makes a text object whose plain parts Slack leaves alone: verbatim
// keeps it from linking what looks like an address or a mention.
func mrkdwn(text string, limit int) *slack.TextBlockObject {
	return &slack.TextBlockObject{Type: slack.MarkdownType, Text: clampMarkup(text, limit), Verbatim: true}
}

// plainText makes a text object in which nothing is markup. Emoji names in it
// stay names.
func plainText(text string, limit int) *slack.TextBlockObject {
	no := false
	return &slack.TextBlockObject{Type: slack.PlainTextType, Text: clamp(text, limit), Emoji: &no}
}

// section is a paragraph of lines; empty ones are left out. It is nil if none
// is left.
func section(lines ...string) slack.Block {
	text := joinLines(lines)
	if text == "" {
		return nil
	}
	return &slack.SectionBlock{Type: slack.MBTSection, Text: mrkdwn(text, maxSection), Expand: true}
}

// fields is the two-column list: label and value in turn, ten pairs at most.
func fields(pairs ...[2]string) slack.Block {
	s := &slack.SectionBlock{Type: slack.MBTSection}
	for _, p := range pairs {
		s.Fields = append(s.Fields, mrkdwn("*"+p[0]+"*\n"+p[1], maxSectionField))
	}
	return s
}

func header(text string) slack.Block {
	return &slack.HeaderBlock{Type: slack.MBTHeader, Text: plainText(text, maxHeader)}
}

// contextLine is the small print: its non-empty parts with dots between.
func contextLine(parts ...string) slack.Block {
	text := strings.Join(nonEmpty(parts), " · ")
	if text == "" {
		return nil
	}
	return slack.NewContextBlock("", mrkdwn(text, maxContext))
}

// actions is a row of buttons; nil if there are none.
func actions(elements ...slack.BlockElement) slack.Block {
	var present []slack.BlockElement
	for _, e := range elements {
		if e != nil {
			present = append(present, e)
		}
	}
	if len(present) == 0 {
		return nil
	}
	return slack.NewActionBlock(blockActions, present...)
}

// button is a button without a style. label is what a screen reader says: the
// action and the thing.
func button(action, text, label, value string) *slack.ButtonBlockElement {
	b := slack.NewButtonBlockElement(action, value, plainText(text, maxButton))
	if label != "" {
		b.AccessibilityLabel = clamp(label, maxAccessibility)
	}
	return b
}

func primary(b *slack.ButtonBlockElement) *slack.ButtonBlockElement {
	b.Style = slack.StylePrimary
	return b
}

// linkButton opens an address; nil without one. Its click is delivered all
// the same and has to be acked.
func linkButton(text, label, address string) slack.BlockElement {
	if !webAddress(address) {
		return nil
	}
	b := button(actLinkOpen, text, label, "")
	b.URL = address
	return b
}

// more is the overflow menu with those entries.
func more(op operation.Operation, entries ...string) slack.BlockElement {
	menu := &slack.OverflowBlockElement{Type: slack.METOverflow, ActionID: actReqMore}
	for _, what := range entries {
		menu.Options = append(menu.Options,
			slack.NewOptionBlockObject(moreValue(what, op), plainText(moreWords(what), maxOption), nil))
	}
	return menu
}

// blocks drops what is nil.
func blocks(list ...slack.Block) []slack.Block {
	out := make([]slack.Block, 0, len(list))
	for _, b := range list {
		if b != nil {
			out = append(out, b)
		}
	}
	return out
}

// private makes a message that only its reader sees.
func private(text string, list ...slack.Block) message {
	return message{Text: clampMarkup(text, maxText), Blocks: blocks(list...)}
}

func joinLines(lines []string) string { return strings.Join(nonEmpty(lines), "\n") }

func nonEmpty(parts []string) []string {
	out := make([]string, 0, len(parts))
	for _, p := range parts {
		if p != "" {
			out = append(out, p)
		}
	}
	return out
}

// webAddress reports whether s may be put behind a button.
func webAddress(s string) bool {
	return len(s) <= 3000 && (strings.HasPrefix(s, "https://") || strings.HasPrefix(s, "http://")) &&
		!strings.ContainsAny(s, "<>|\"` \t\r\n")
}

func moreWords(what string) string {
	switch what {
	case moreCopy:
		return "Copy as /lb-register"
	case moreWhy:
		return "Why am I allowed?"
	case moreZeno:
		return "Copy as zeno command"
	case moreDetails:
		return "Copy details for support"
	case morePool:
		return "Show pool before and after"
	}
	return what
}

// openButton leads to an operation's card; nil without an address.
func openButton(op operation.Operation, link string) slack.BlockElement {
	return linkButton(buttonOpen, fmt.Sprintf("Open the card of %s", op.Ref), link)
}
