package delivery

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"lbbot/bot/slackapp/render"
	"lbbot/bot/slackapp/socket"
)

// The limits of what is read of a message.
const (
	maxText  = 40_000 // characters of all texts together
	maxDepth = 24     // objects and lists within each other
	maxParts = 20_000 // objects, lists and texts
)

// Message is the message that a message shortcut was used on.
type Message struct {
	TS       string
	ThreadTS string // the first message of its thread; empty: it is in none

	// Texts are what people read in it, in its order: its text, blocks and
	// attachments, and messages that were forwarded in it. They have Slack's escapes
	// and links. What stands together in the message is one text.
	Texts []string
	// Cut says that the message is too large and there is more than Texts.
	Cut bool
}

// readMessage never fails: what is not understood is left out.
func readMessage(f socket.Fields) *Message {
	m := f.Part("message")
	var all any
	_ = json.Unmarshal(f.Raw("message"), &all)
	w := walk{left: maxText, seen: map[string]bool{}}
	w.part(all, 0)
	return &Message{TS: render.FirstOf(m.Label("ts"), f.Label("message_ts")), ThreadTS: m.Label("thread_ts"),
		Texts: w.texts, Cut: w.cut}
}

// walk collects the texts of a message of any shape.
type walk struct {
	texts []string
	seen  map[string]bool
	left  int // characters
	parts int
	cut   bool
}

func (w *walk) add(text string) {
	if strings.TrimSpace(text) == "" || w.seen[text] {
		return
	}
	if n := utf8.RuneCountInString(text); n > w.left {
		w.cut = true
		return
	}
	w.left -= utf8.RuneCountInString(text)
	w.texts, w.seen[text] = append(w.texts, text), true
}

// more reports whether a part at this depth is still read.
func (w *walk) more(depth int) bool {
	if w.parts++; w.parts > maxParts || depth > maxDepth {
		w.cut = true
	}
	return !w.cut
}

func (w *walk) part(v any, depth int) {
	if !w.more(depth) {
		return
	}
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			w.part(item, depth+1)
		}
	case map[string]any:
		w.object(v, depth)
	}
}

// object reads the texts of an object before those of the parts within it.
func (w *walk) object(o map[string]any, depth int) {
	switch kind, _ := o["type"].(string); {
	case slices.Contains([]string{"button", "actions", "overflow", "input"}, kind):
		return // what can be pressed says nothing about the alert
	case slices.Contains([]string{"rich_text_section", "rich_text_quote", "rich_text_preformatted"}, kind):
		w.add(w.inline(o["elements"]))
		return
	}
	if title, value := plain(o["title"]), plain(o["value"]); title != "" && value != "" { // a field of an attachment
		w.add(title + ": " + value)
		return
	}
	for _, key := range []string{"pretext", "author_name", "title", "subtitle", "text", "body", "subtext", "fallback",
		"footer"} {
		w.add(plain(o[key]))
	}
	for _, key := range slices.Sorted(maps.Keys(o)) {
		if !slices.Contains(silent(), key) {
			w.part(o[key], depth+1)
		}
	}
}

// silent are the parts of a message that nobody reads as its text.
func silent() []string {
	return []string{"accessory", "actions", "assistant_app_thread", "bot_profile", "edited", "metadata", "reactions",
		"root", "user_profile"}
}

// plain is a text, or the text of a text object.
func plain(v any) string {
	if o, ok := v.(map[string]any); ok {
		v = o["text"]
	}
	s, _ := v.(string)
	return s
}

// inline joins the elements of one paragraph as they are read. A link becomes what
// it is in other texts.
func (w *walk) inline(v any) string {
	var b strings.Builder
	elements, _ := v.([]any)
	for _, e := range elements {
		if !w.more(0) {
			break
		}
		o, _ := e.(map[string]any)
		text, url := plain(o["text"]), plain(o["url"])
		if style, _ := o["style"].(map[string]any); text != "" && style["strike"] == true {
			text = "~" + text + "~"
		}
		switch {
		case url != "" && text != "":
			b.WriteString("<" + url + "|" + text + ">")
		case url != "":
			b.WriteString("<" + url + ">")
		case text != "":
			b.WriteString(text)
		default:
			b.WriteString(" ") // a person, a channel, an emoji
		}
	}
	return b.String()
}
