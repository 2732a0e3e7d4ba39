package page

import (
	"encoding/json"
	"html/template"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"lbbot/bot/sandbox"
)

// control is one interactive element ready for the templates.
type control struct {
	Kind        string // the template's case: "button", "text", "select", …, "unknown"
	ID          string // of the element in the document
	Name        string // of the form field
	BlockID     string
	ActionID    string
	At          place
	Text        string // of a button
	Aria        string // accessibility label; empty means the text
	Field       string // label of the input block around it
	Style       string // "primary", "danger" or empty
	URL         string
	Value       string // of a button, or the initial value of a field
	Placeholder string
	Mode        string // type attribute of an input
	MaxLength   int
	Options     []choice
	Groups      []choiceGroup
	Multiple    bool
	Required    bool
	Invalid     bool
	Focus       bool
	Dispatch    bool
	DescribedBy string
	Confirm     *confirmBox
	Type        string // of an unknown element
}

// Label is what a screen reader says.
func (c control) Label() string {
	for _, s := range []string{c.Aria, c.Text, c.Field, c.Placeholder} {
		if s != "" {
			return s
		}
	}
	return "Choose"
}

// worksInMessages says that one click on the element is all there is to it.
func (c control) worksInMessages() bool {
	switch c.Kind {
	case "button", "overflow", "image":
		return true
	}
	return c.Kind == "select" && !c.Multiple
}

// choice is an option of a menu.
type choice struct {
	Value       string
	Text        template.HTML
	Plain       string // the text without markup, for <option>
	Description string
	URL         string
	Chosen      bool
}

// choiceGroup is a labelled group of options.
type choiceGroup struct {
	Label   string
	Options []choice
}

// confirmBox is a confirmation dialog, shown before anything is sent
// (docs.slack.dev/reference/block-kit/composition-objects/confirmation-dialog-object).
type confirmBox struct {
	ID     string
	Title  string
	Text   template.HTML
	Yes    string
	No     string
	Danger bool
}

// rawElement is an element as the Web API takes it, the parts that the page
// draws (docs.slack.dev/reference/block-kit/block-elements).
type rawElement struct {
	Type                 string      `json:"type"`
	ActionID             string      `json:"action_id"`
	Text                 rawText     `json:"text"`
	Value                string      `json:"value"`
	URL                  string      `json:"url"`
	Style                string      `json:"style"`
	AccessibilityLabel   string      `json:"accessibility_label"`
	Placeholder          rawText     `json:"placeholder"`
	InitialValue         string      `json:"initial_value"`
	InitialOption        *rawOption  `json:"initial_option"`
	InitialOptions       []rawOption `json:"initial_options"`
	InitialConversation  string      `json:"initial_conversation"`
	InitialConversations []string    `json:"initial_conversations"`
	InitialChannel       string      `json:"initial_channel"`
	InitialUser          string      `json:"initial_user"`
	InitialUsers         []string    `json:"initial_users"`
	InitialDate          string      `json:"initial_date"`
	InitialTime          string      `json:"initial_time"`
	DefaultToCurrent     bool        `json:"default_to_current_conversation"`
	Filter               rawFilter   `json:"filter"`
	Multiline            bool        `json:"multiline"`
	MaxLength            int         `json:"max_length"`
	FocusOnLoad          bool        `json:"focus_on_load"`
	Options              []rawOption `json:"options"`
	OptionGroups         []rawGroup  `json:"option_groups"`
	Confirm              *rawConfirm `json:"confirm"`
	AltText              string      `json:"alt_text"`
	ImageURL             string      `json:"image_url"`
}

type rawOption struct {
	Text        rawText  `json:"text"`
	Value       string   `json:"value"`
	Description *rawText `json:"description"`
	URL         string   `json:"url"`
}

type rawGroup struct {
	Label   rawText     `json:"label"`
	Options []rawOption `json:"options"`
}

type rawConfirm struct {
	Title   rawText `json:"title"`
	Text    rawText `json:"text"`
	Confirm rawText `json:"confirm"`
	Deny    rawText `json:"deny"`
	Style   string  `json:"style"`
}

type rawFilter struct {
	Include         []string `json:"include"`
	ExcludeExternal bool     `json:"exclude_external_shared_channels"`
}

// control prepares one element of the block with this id.
func (p place) control(raw json.RawMessage, blockID string) control {
	var e rawElement
	if json.Unmarshal(raw, &e) != nil {
		return control{Kind: "unknown", Type: typeOfJSON(raw)}
	}
	c := control{
		At: p, BlockID: blockID, ActionID: e.ActionID, Type: e.Type,
		ID:          domID("e", p.ChannelID, p.TS, p.ViewID, blockID, e.ActionID),
		Name:        fieldName(blockID, e.ActionID),
		Aria:        e.AccessibilityLabel,
		Style:       e.Style,
		Placeholder: e.Placeholder.Text,
		MaxLength:   e.MaxLength,
		Focus:       e.FocusOnLoad,
		Confirm:     p.confirm(e.Confirm, blockID, e.ActionID),
	}
	if c.Style != "" {
		c.Style = oneOfList(e.Style, "primary", "danger")
	}
	p.fill(&c, e)
	if !p.InView() && !c.worksInMessages() {
		c.Kind = "unknown" // a field that could be filled in, but not sent
	}
	return c
}

// fill sets what depends on the kind of element.
func (p place) fill(c *control, e rawElement) {
	switch e.Type {
	case "button":
		c.Kind, c.Text, c.Value, c.URL = "button", e.Text.Text, e.Value, webURL(e.URL)
	case "overflow":
		c.Kind, c.Options = "overflow", p.choices(e.Options)
	case "image":
		c.Kind, c.Text, c.URL = "image", e.AltText, webURL(e.ImageURL)
	case "plain_text_input":
		c.Kind, c.Mode, c.Value = "text", "text", e.InitialValue
		if e.Multiline {
			c.Kind = "multiline"
		}
	case "number_input":
		c.Kind, c.Mode, c.Value = "text", "number", e.InitialValue
	case "email_text_input":
		c.Kind, c.Mode, c.Value = "text", "email", e.InitialValue
	case "url_text_input":
		c.Kind, c.Mode, c.Value = "text", "url", e.InitialValue
	case "datepicker":
		c.Kind, c.Mode, c.Value = "text", "date", e.InitialDate
	case "timepicker":
		c.Kind, c.Mode, c.Value = "text", "time", e.InitialTime
	case "checkboxes":
		c.Kind, c.Multiple, c.Options = "checkboxes", true, p.choices(e.Options, e.InitialOptions...)
	case "radio_buttons":
		c.Kind, c.Options = "radios", p.choices(e.Options, e.initial()...)
	default:
		p.fillMenu(c, e)
	}
}

// fillMenu sets what depends on the kind of select menu.
func (p place) fillMenu(c *control, e rawElement) {
	c.Kind = "select"
	c.Multiple = strings.HasPrefix(e.Type, "multi_")
	switch strings.TrimPrefix(e.Type, "multi_") {
	case "static_select":
		c.Options = p.choices(e.Options, e.initial()...)
		for _, g := range e.OptionGroups {
			c.Groups = append(c.Groups, choiceGroup{Label: g.Label.Text, Options: p.choices(g.Options, e.initial()...)})
		}
	case "external_select":
		c.Kind = "external"
		for _, o := range e.initial() {
			c.Value = joinWords(c.Value, o.Value)
		}
	case "conversations_select", "channels_select":
		c.Options = p.conversations(e)
	case "users_select":
		c.Options = withChosen(p.names.pickPeople, append(e.InitialUsers, e.InitialUser))
	default:
		c.Kind = "unknown"
	}
}

// initial is what is chosen at first.
func (e rawElement) initial() []rawOption {
	if e.InitialOption != nil {
		return []rawOption{*e.InitialOption}
	}
	return e.InitialOptions
}

// choices prepares options; those equal to one of chosen are selected.
func (p place) choices(options []rawOption, chosen ...rawOption) []choice {
	all := make([]choice, 0, len(options))
	for _, o := range options {
		c := choice{Value: o.Value, Text: p.html(o.Text), Plain: o.Text.Text, URL: webURL(o.URL)}
		if o.Description != nil {
			c.Description = o.Description.Text
		}
		c.Chosen = slices.ContainsFunc(chosen, func(i rawOption) bool { return i.Value == o.Value })
		all = append(all, c)
	}
	return all
}

// conversations are the options of a conversation picker: what the reader
// sees, less what the filter leaves out.
func (p place) conversations(e rawElement) []choice {
	initial := append(e.InitialConversations, e.InitialConversation, e.InitialChannel)
	if e.DefaultToCurrent && e.InitialConversation == "" {
		initial = append(initial, p.names.current)
	}
	var all []choice
	for _, ch := range p.names.pickChannels {
		if !e.Filter.lets(ch) || (ch.IM != "" && strings.HasSuffix(e.Type, "channels_select")) {
			continue
		}
		text := p.names.channelName(ch)
		all = append(all, choice{Value: ch.ID, Plain: text, Text: plainHTML(text)})
	}
	return withChosen(all, initial)
}

// lets says whether a picker with this filter offers the conversation.
func (f rawFilter) lets(ch sandbox.Channel) bool {
	kind := "public"
	switch {
	case ch.IM != "":
		kind = "im"
	case ch.Private:
		kind = "private"
	}
	if f.ExcludeExternal && (ch.ExtShared || ch.PendingExtShared) {
		return false
	}
	return len(f.Include) == 0 || slices.Contains(f.Include, kind)
}

// withChosen is a copy of options with those in values selected.
func withChosen(options []choice, values []string) []choice {
	all := slices.Clone(options)
	for i := range all {
		all[i].Chosen = slices.Contains(values, all[i].Value)
	}
	return all
}

func (p place) confirm(raw *rawConfirm, blockID, actionID string) *confirmBox {
	if raw == nil {
		return nil
	}
	return &confirmBox{
		ID:    domID("c", p.ChannelID, p.TS, p.ViewID, blockID, actionID),
		Title: raw.Title.Text, Text: p.html(raw.Text),
		Yes: raw.Confirm.Text, No: raw.Deny.Text, Danger: raw.Style == "danger",
	}
}

// fieldName names the form field of an element. It is JSON, so that no block
// or action id can be taken for another.
func fieldName(blockID, actionID string) string {
	name, _ := json.Marshal([2]string{blockID, actionID}) //nolint:errchkjson // two strings always encode
	return string(name)
}

// domID makes an id for the document from parts that may hold anything.
func domID(parts ...string) string {
	var id strings.Builder
	for i, part := range parts {
		if i > 0 {
			id.WriteByte('.')
		}
		for _, c := range []byte(part) {
			switch {
			case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9':
				id.WriteByte(c)
			default:
				id.WriteString("-" + strconv.FormatUint(uint64(c), 16) + "-")
			}
		}
	}
	return id.String()
}

// webURL is the address if it is one a page may link to, else empty. An http
// address needs a host: browsers read "https:x" relative to the page itself.
func webURL(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	switch u.Scheme {
	case "http", "https":
		if u.Host != "" {
			return u.String()
		}
	case "mailto":
		if u.Opaque != "" {
			return u.String()
		}
	}
	return ""
}

// oneOfList is s if it is in the list, else the first of the list.
func oneOfList(s string, list ...string) string {
	if slices.Contains(list, s) {
		return s
	}
	return list[0]
}
