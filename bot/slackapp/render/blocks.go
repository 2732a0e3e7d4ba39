package render

import (
	"fmt"
	"strings"

	"github.com/slack-go/slack"

	"lbbot/bot/operation"
)

const (
	ButtonOpen = "Open"
)

// Message is one rendered message. Text alone tells the whole story in one
// line: it is what notifications show and screen readers read.
type Message struct {
	Text     string
	Blocks   []slack.Block
	Metadata *slack.SlackMetadata // nil for private answers
}

// Limits of docs.slack.dev/reference/block-kit, in characters.
const (
	MaxText          = 3900 // of a message; chat.update refuses over 4,000
	MaxSection       = 3000
	MaxSectionField  = 2000
	maxContext       = 2000
	maxHeader        = 150
	MaxButton        = 30 // Slack allows 75 and shows about 30
	maxAccessibility = 75
	MaxConfirmTitle  = 100
	MaxConfirmText   = 300
	MaxOption        = 75
	MaxAlert         = 200
	MaxFieldError    = 149
	MaxMetadata      = 3000 // private_metadata of a view
	MaxInitialValue  = 3000
)

// Mrkdwn makes a text object whose plain parts Slack leaves alone: verbatim
// keeps it from linking what looks like an address or a mention.
func Mrkdwn(text string, limit int) *slack.TextBlockObject {
	return &slack.TextBlockObject{Type: slack.MarkdownType, Text: ClampMarkup(text, limit), Verbatim: true}
}

// PlainText makes a text object in which nothing is markup. Emoji names in it
// stay names.
func PlainText(text string, limit int) *slack.TextBlockObject {
	no := false
	return &slack.TextBlockObject{Type: slack.PlainTextType, Text: Clamp(text, limit), Emoji: &no}
}

// Section is a paragraph of lines; empty ones are left out. It is nil if none
// is left.
func Section(lines ...string) slack.Block {
	text := JoinLines(lines)
	if text == "" {
		return nil
	}
	return &slack.SectionBlock{Type: slack.MBTSection, Text: Mrkdwn(text, MaxSection), Expand: true}
}

// fields is the two-column list: label and value in turn, ten pairs at most.
func fields(pairs ...[2]string) slack.Block {
	s := &slack.SectionBlock{Type: slack.MBTSection}
	for _, p := range pairs {
		s.Fields = append(s.Fields, Mrkdwn("*"+p[0]+"*\n"+p[1], MaxSectionField))
	}
	return s
}

// Header is a heading of plain text.
func Header(text string) slack.Block {
	return &slack.HeaderBlock{Type: slack.MBTHeader, Text: PlainText(text, maxHeader)}
}

// ContextLine is the small print: its non-empty parts with dots between.
func ContextLine(parts ...string) slack.Block {
	text := strings.Join(NonEmpty(parts), " · ")
	if text == "" {
		return nil
	}
	return slack.NewContextBlock("", Mrkdwn(text, maxContext))
}

// Actions is a row of buttons; nil if there are none.
func Actions(elements ...slack.BlockElement) slack.Block {
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

// Button is a button without a style. label is what a screen reader says: the
// action and the thing.
func Button(action, text, label, value string) *slack.ButtonBlockElement {
	b := slack.NewButtonBlockElement(action, value, PlainText(text, MaxButton))
	if label != "" {
		b.AccessibilityLabel = Clamp(label, maxAccessibility)
	}
	return b
}

// Primary makes b the button to press.
func Primary(b *slack.ButtonBlockElement) *slack.ButtonBlockElement {
	b.Style = slack.StylePrimary
	return b
}

// LinkButton opens an address; nil without one. Its click is delivered all
// the same and has to be acked.
func LinkButton(text, label, address string) slack.BlockElement {
	if !WebAddress(address) {
		return nil
	}
	b := Button(ActLinkOpen, text, label, "")
	b.URL = address
	return b
}

// More is the overflow menu with those entries.
func More(op operation.Operation, entries ...string) slack.BlockElement {
	menu := &slack.OverflowBlockElement{Type: slack.METOverflow, ActionID: ActReqMore}
	for _, what := range entries {
		menu.Options = append(menu.Options,
			slack.NewOptionBlockObject(MoreValue(what, op), PlainText(MoreWords(what), MaxOption), nil))
	}
	return menu
}

// Blocks drops what is nil.
func Blocks(list ...slack.Block) []slack.Block {
	out := make([]slack.Block, 0, len(list))
	for _, b := range list {
		if b != nil {
			out = append(out, b)
		}
	}
	return out
}

// Ephemeral makes a message that only its reader sees.
func Ephemeral(text string, list ...slack.Block) Message {
	return Message{Text: ClampMarkup(text, MaxText), Blocks: Blocks(list...)}
}

// JoinLines puts lines under each other, without those that are empty.
func JoinLines(lines []string) string { return strings.Join(NonEmpty(lines), "\n") }

// NonEmpty returns the parts that are not empty.
func NonEmpty(parts []string) []string {
	out := make([]string, 0, len(parts))
	for _, p := range parts {
		if p != "" {
			out = append(out, p)
		}
	}
	return out
}

// WebAddress reports whether s may be put behind a button.
func WebAddress(s string) bool {
	return len(s) <= 3000 && (strings.HasPrefix(s, "https://") || strings.HasPrefix(s, "http://")) &&
		!strings.ContainsAny(s, "<>|\"` \t\r\n")
}

// MoreWords are the words of an entry of the More menu; empty for one that does not exist.
func MoreWords(what string) string {
	switch what {
	case MoreCopy:
		return "Copy as /lb-register"
	case MoreWhy:
		return "Why am I allowed?"
	case MoreZeno:
		return "Copy as zeno command"
	case MoreDetails:
		return "Details"
	case MorePool:
		return "Show pool"
	}
	return what
}

// Beside is a section with a button at its side; without one if that is nil.
func Beside(words string, button slack.BlockElement) slack.Block {
	b := Section(words)
	if s, ok := b.(*slack.SectionBlock); ok && button != nil {
		s.Accessory = slack.NewAccessory(button)
	}
	return b
}

// OpenButton leads to an operation's card; nil without an address.
func OpenButton(op operation.Operation, link string) slack.BlockElement {
	return LinkButton(ButtonOpen, fmt.Sprintf("Open the card of %s", op.Ref), link)
}
