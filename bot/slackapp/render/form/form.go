package form

import (
	"slices"
	"strconv"
	"strings"

	"github.com/slack-go/slack"

	"lbbot/bot/slackapp/render"
	"lbbot/commands"
)

// State is what the form shows when it is drawn.
type State struct {
	Values    commands.Values // by Field.Key; what does not fit its field is left out
	ChannelID string          // where the form was opened from; empty: Slack's current conversation
	// the draft it changes, or any short reference of the caller's; comes back in private_metadata
	DraftID string
	Alert   string   // one warning on top
	Notices []string // further sentences on top
}

// Register is the form for one registration, made from
// commands.RegisterFields.
func Register(f State) slack.ModalViewRequest {
	v := Modal(render.ViewForm, Title, formClose)
	v.Submit = render.PlainText("Check", render.MaxButton)
	v.PrivateMetadata = render.Clamp(f.DraftID, render.MaxMetadata)
	list := append([]slack.Block{Alert(f.Alert, slack.AlertLevelWarning)}, Alerts(f.Notices)...)
	for _, field := range formFields() {
		list = append(list, fieldBlock(field, f))
	}
	v.Blocks.BlockSet = render.Blocks(list...)
	return v
}

// formFields are the fields that the form shows, in its order.
func formFields() []commands.Field {
	return slices.DeleteFunc(commands.RegisterFields(), func(f commands.Field) bool { return !f.InForm })
}

// fieldBlock is one input. Block and action id are the same and stay the same
// when the view is drawn again, so that Slack keeps what was typed.
func fieldBlock(f commands.Field, state State) slack.Block {
	id := render.FieldBlockID(f.Key)
	in := slack.NewInputBlock(id, render.PlainText(f.Label, maxLabel), nil, fieldElement(f, state))
	if f.Hint != "" {
		in.Hint = render.PlainText(f.Hint, maxLabel)
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
