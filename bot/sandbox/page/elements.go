package page

import (
	"cmp"
	"encoding/json"
	"html/template"
	"slices"

	"lbbot/bot/sandbox"
)

// widget is an interactive element for the templates.
type widget struct {
	rawElement
	Kind        string // the template's case: "button", "text", "select", …, "unknown"
	ID          string // of the element in the document
	Name        string // of the form field
	BlockID     string
	At          place
	Field       string // label of the input block around it
	URL         string // of a button, checked
	Value       string // of a button, or the initial value of a field
	Chosen      string // text of the initial option of an external menu
	Least       int    // characters that an external menu needs before it asks
	Number      bool   // of a field for typing
	Options     []choice
	Groups      []choiceGroup
	Required    bool
	Invalid     bool
	Dispatch    bool
	DescribedBy string
	Confirm     *confirmBox
}

// Label is what a screen reader says.
func (c widget) Label() string {
	return cmp.Or(c.AccessibilityLabel, c.Text.Text, c.Field, c.Placeholder.Text, "Choose")
}

// Action names the element where its action id alone may not.
func (c widget) Action() string { return c.BlockID + "/" + c.ActionID }

// Dispatches says that using the element sends something before the submit.
func (c widget) Dispatches() bool { return c.At.InView() && (c.Dispatch || c.Field == "") }

// worksInMessages says that one click uses the element, without a form.
func (c widget) worksInMessages() bool {
	switch c.Kind {
	case "button", "overflow", "select":
		return true
	}
	return false
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

// rawElement has the properties of an element that the page draws
// (docs.slack.dev/reference/block-kit/block-elements).
type rawElement struct {
	Type                string      `json:"type"`
	ActionID            string      `json:"action_id"`
	Text                rawText     `json:"text"`
	Value               string      `json:"value"`
	URL                 string      `json:"url"`
	Style               string      `json:"style"`
	AccessibilityLabel  string      `json:"accessibility_label"`
	Placeholder         rawText     `json:"placeholder"`
	InitialValue        string      `json:"initial_value"`
	InitialOption       rawOption   `json:"initial_option"`
	InitialOptions      []rawOption `json:"initial_options"`
	InitialConversation string      `json:"initial_conversation"`
	DefaultToCurrent    bool        `json:"default_to_current_conversation"`
	Filter              rawFilter   `json:"filter"`
	Multiline           bool        `json:"multiline"`
	MaxLength           int         `json:"max_length"`
	MinQueryLength      *int        `json:"min_query_length"`
	FocusOnLoad         bool        `json:"focus_on_load"`
	Options             []rawOption `json:"options"`
	OptionGroups        []rawGroup  `json:"option_groups"`
	Confirm             *rawConfirm `json:"confirm"`
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

// widget prepares one element of the block with this id.
func (p place) widget(raw json.RawMessage, blockID string) widget {
	var e rawElement
	if json.Unmarshal(raw, &e) != nil {
		return widget{Kind: "unknown", rawElement: rawElement{Type: typeOfJSON(raw)}}
	}
	c := widget{
		rawElement: e, At: p, BlockID: blockID, Name: fieldName(blockID, e.ActionID),
		ID:      p.id("e", blockID, e.ActionID),
		Confirm: p.confirm(e.Confirm, blockID, e.ActionID),
	}
	p.fill(&c, e)
	if !p.InView() && !c.worksInMessages() {
		c.Kind = "unknown" // a field without a form to send it
	}
	return c
}

// leastQuery is min_query_length where an external menu has none.
const leastQuery = 3

// fill sets what depends on the kind of element.
func (p place) fill(c *widget, e rawElement) {
	switch e.Type {
	case "button":
		c.Kind, c.Value, c.URL = "button", e.Value, webURL(e.URL)
	case "overflow":
		c.Kind, c.Options = "overflow", p.choices(e.Options, nil)
	case "plain_text_input":
		c.Kind, c.Value = "text", e.InitialValue
		if e.Multiline {
			c.Kind = "multiline"
		}
	case "number_input":
		c.Kind, c.Number, c.Value = "text", true, e.InitialValue
	case "checkboxes":
		c.Kind, c.Options = "checkboxes", p.choices(e.Options, e.InitialOptions)
	case "static_select":
		chosen := []rawOption{e.InitialOption}
		c.Kind, c.Options = "select", p.choices(e.Options, chosen)
		for _, g := range e.OptionGroups {
			c.Groups = append(c.Groups, choiceGroup{Label: g.Label.Text, Options: p.choices(g.Options, chosen)})
		}
	case "external_select":
		c.Kind, c.Least = "external", leastQuery
		if e.MinQueryLength != nil {
			c.Least = *e.MinQueryLength
		}
		option := &e.InitialOption
		if held, known := p.chosen[c.BlockID][e.ActionID]; known {
			option = held.Option
		}
		if option != nil {
			c.Value, c.Chosen = option.Value, option.Text.Text
		}
	case "conversations_select":
		c.Kind, c.Options = "select", p.conversations(e)
	default:
		c.Kind = "unknown"
	}
}

// choices prepares options; those with the value of a chosen one are selected.
func (p place) choices(options, chosen []rawOption) []choice {
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

// suggestions are the options that an external menu offers, under their headings.
func suggestions(options []sandbox.Option) []choiceGroup {
	var groups []choiceGroup
	for _, o := range options {
		if n := len(groups); n == 0 || groups[n-1].Label != o.Group {
			groups = append(groups, choiceGroup{Label: o.Group})
		}
		last := &groups[len(groups)-1]
		last.Options = append(last.Options, choice{Value: o.Value, Plain: o.Text, Description: o.Description})
	}
	return groups
}

// conversations are the options of a conversation picker: what the reader sees
// and the filter includes.
func (p place) conversations(e rawElement) []choice {
	initial := e.InitialConversation
	if e.DefaultToCurrent && initial == "" {
		initial = p.names.current
	}
	var all []choice
	for _, ch := range p.names.pickChannels {
		if e.Filter.includes(ch) {
			text := p.names.channelName(ch)
			all = append(all, choice{Value: ch.ID, Plain: text, Text: plainHTML(text), Chosen: ch.ID == initial})
		}
	}
	return all
}

// includes reports whether a picker with this filter offers the conversation.
func (f rawFilter) includes(ch sandbox.Channel) bool {
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

func (p place) confirm(raw *rawConfirm, blockID, actionID string) *confirmBox {
	if raw == nil {
		return nil
	}
	return &confirmBox{
		ID:    p.id("c", blockID, actionID),
		Title: raw.Title.Text, Text: p.html(raw.Text),
		Yes: raw.Confirm.Text, No: raw.Deny.Text, Danger: raw.Style == "danger",
	}
}
