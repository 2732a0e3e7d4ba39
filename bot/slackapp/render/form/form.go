package form

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/slack-go/slack"

	"lbbot/bot/slackapp/render"
	"lbbot/commands"
)

// State is what the form shows when it is drawn. Read gives back the state of a
// form that was sent.
type State struct {
	Values    commands.Values // by Field.Key; what does not fit its field is left out
	ChannelID string          // where the form was opened from; empty: the bot itself was asked, from no channel
	ThreadTS  string          // operation.Place.ThreadTS of what is asked for
	Alert     string          // one warning on top
	Notices   []string        // further sentences on top

	// Picked is the option shown in the listener's and the server's list. The value
	// of such a field is the option's.
	Picked map[string]*slack.OptionBlockObject
	// Typed has the listener and the server as far as they are typed, and not picked
	// from a list.
	Typed map[string]bool
	// Listed has the listener and the server as far as there is a list of them now.
	Listed map[string]bool

	Searches Searches
	// Alerted has what was filled in from a message, by field, in plain words. It stays
	// when something else is picked: then it says what the message named.
	Alerted map[string]string
	// About is the listener that was picked; nil: nothing is known of it.
	About *About

	ports    string // typed before the field for ports was taken away
	portless bool   // the form that was sent had no field for ports
}

// New is the state of a form with values, opened from a channel.
func New(channelID string, v commands.Values, notices []string) State {
	return State{Values: maps.Clone(v), ChannelID: channelID, Notices: notices,
		Picked: map[string]*slack.OptionBlockObject{}, Typed: map[string]bool{}}
}

// Register is the form for one registration, made from
// commands.RegisterFields.
func Register(f State) slack.ModalViewRequest {
	v := Modal(render.ViewForm, Title, formClose)
	v.Submit = render.PlainText("Check", render.MaxButton)
	v.PrivateMetadata = f.meta().String()
	list := append([]slack.Block{Alert(f.Alert, slack.AlertLevelWarning)}, Alerts(f.Notices)...)
	for _, field := range formFields() {
		list = append(list, f.blocks(field)...)
	}
	v.Blocks.BlockSet = render.Blocks(list...)
	return v
}

// meta is what the form has to remember besides its fields.
func (f State) meta() Meta {
	m := Meta{Channel: f.ChannelID, NoChannel: f.ChannelID == "", Thread: f.ThreadTS, Alert: f.Alert,
		Notices: f.Notices, Searches: f.Searches, Alerted: f.Alerted}
	if f.About.direct() {
		m.Ports = render.Clamp(render.FirstOf(f.Values[commands.KeyPorts], f.ports), commands.MaxReference)
	}
	return m
}

// blocks are the blocks of one field.
func (f State) blocks(field commands.Field) []slack.Block {
	switch field.Key {
	case commands.KeyListener:
		return []slack.Block{f.input(field), f.About.line()}
	case commands.KeyServer:
		return []slack.Block{f.input(field), f.swaps()}
	case commands.KeyType:
		if !f.Typed[commands.KeyServer] {
			return nil // the server that was picked has it
		}
	case commands.KeyPorts:
		if f.About.direct() {
			return []slack.Block{render.Section(directPorts)}
		}
		field.Hint = render.FirstOf(f.About.portsHint(), field.Hint)
		if f.portless && f.ports != "" {
			f.Values = maps.Clone(f.Values)
			f.Values[field.Key] = f.ports
		}
	case commands.KeyTo:
		field.Required = f.ChannelID == ""
		if f.ThreadTS != "" {
			field.Hint = inThread
		}
	case commands.KeyWeight:
		field.Hint = render.FirstOf(f.About.weightHint(), field.Hint)
	}
	return []slack.Block{f.input(field)}
}

// input is a list for a field that is picked and not typed.
func (f State) input(field commands.Field) slack.Block {
	if field.Kind == commands.FieldPick && !f.Typed[field.Key] {
		return f.pick(field)
	}
	return fieldBlock(field, f)
}

// formFields are the fields that the form shows, in its order.
func formFields() []commands.Field {
	return slices.DeleteFunc(commands.RegisterFields(), func(f commands.Field) bool { return !f.InForm })
}

// pickFields are those of them that are picked from a list, unless they are typed.
func pickFields() []commands.Field {
	return slices.DeleteFunc(formFields(), func(f commands.Field) bool { return f.Kind != commands.FieldPick })
}

// fieldBlock is one input. Block and action id are the same and stay the same
// when the view is drawn again, so that Slack keeps what was typed.
func fieldBlock(f commands.Field, state State) *slack.InputBlock {
	id := render.FieldBlockID(f.Key)
	in := slack.NewInputBlock(id, render.PlainText(f.Label, maxLabel), nil, fieldElement(f, state))
	if hint := state.hint(f.Key, f.Hint); hint != "" {
		in.Hint = render.PlainText(hint, maxLabel)
	}
	in.Optional = !f.Required
	return in
}

const (
	maxLabel       = 2000
	maxPlaceholder = 150
)

// fieldElement is the element to fill in, with what is known already.
func fieldElement(f commands.Field, state State) slack.BlockElement {
	id, value := render.FieldBlockID(f.Key), state.Values[f.Key]
	var hint *slack.TextBlockObject
	if f.Placeholder != "" {
		hint = render.PlainText(f.Placeholder, maxPlaceholder)
	}
	switch f.Kind {
	case commands.FieldNumber:
		e := slack.NewNumberInputBlockElement(hint, id, false)
		e.MinValue, e.MaxValue = strconv.Itoa(f.Min), strconv.Itoa(f.Max)
		if n, err := strconv.Atoi(value); err == nil && n >= f.Min && n <= f.Max {
			e.InitialValue = strconv.Itoa(n)
		}
		return e
	case commands.FieldChoice:
		options := fieldOptions(f)
		e := slack.NewOptionsSelectBlockElement(slack.OptTypeStatic, hint, id, options...)
		e.InitialOption = options[0]
		for _, o := range options {
			if strings.EqualFold(o.Value, value) {
				e.InitialOption = o
			}
		}
		return e
	case commands.FieldChannel:
		return channelElement(id, hint, value, state.ChannelID)
	case commands.FieldCheck:
		e := slack.NewCheckboxGroupsBlockElement(id, fieldOptions(f)...)
		if f.Inverted != (value != "") {
			e.InitialOptions = e.Options
		}
		return e
	}
	return textElement(f, id, hint, value)
}

// textElement is a line or several. What is longer than the field may be is
// cut, since Slack refuses the whole view otherwise.
func textElement(f commands.Field, id string, hint *slack.TextBlockObject, value string) slack.BlockElement {
	e := slack.NewPlainTextInputBlockElement(hint, id)
	limit := render.MaxInitialValue
	if f.MaxLength > 0 && f.MaxLength < limit {
		limit, e.MaxLength = f.MaxLength, f.MaxLength
	}
	e.Multiline = f.Kind == commands.FieldMultiline
	e.InitialValue = render.Clamp(render.Clean(value), limit)
	e.FocusOnLoad = f.Key == commands.KeyListener
	return e
}

// channelElement picks the channel that sees the result. The filter is for
// comfort only: the channel is checked again when it is used.
func channelElement(id string, hint *slack.TextBlockObject, chosen, current string) slack.BlockElement {
	e := slack.NewOptionsSelectBlockElement(slack.OptTypeConversations, hint, id)
	e.Filter = &slack.SelectBlockElementFilter{
		Include: []string{"public", "private", "im"}, ExcludeExternalSharedChannels: true, ExcludeBotUsers: true,
	}
	switch {
	case render.SlackID(chosen, "CGD"):
		e.InitialConversation = chosen
	case render.SlackID(current, "CGD"):
		e.InitialConversation = current
	default:
		e.DefaultToCurrentConversation = true
	}
	return e
}

func fieldOptions(f commands.Field) []*slack.OptionBlockObject {
	options := make([]*slack.OptionBlockObject, len(f.Options))
	for i, o := range f.Options {
		options[i] = slack.NewOptionBlockObject(o.Value, render.PlainText(o.Label, render.MaxOption), nil)
	}
	return options
}
