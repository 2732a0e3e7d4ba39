package private

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/slack-go/slack"

	"lbbot/bot/operation"
	"lbbot/bot/slackapp/render"
	"lbbot/commands"
)

const (
	FormTitle      = "Add server"
	FormChecking   = "Checking… You can close this; the answer then comes as a private message."
	ViewCheckTitle = "Check and add"
)

// FormState is what the form shows when it is drawn.
type FormState struct {
	Values    commands.Values // by Field.Key; what does not fit its field is left out
	ChannelID string          // where the form was opened from; empty: Slack's current conversation
	// the draft it changes, or any short reference of the caller's; comes back in private_metadata
	DraftID string
	Alert   string   // one warning on top
	Notices []string // further sentences on top
}

// Form is the form for one registration, made from
// commands.RegisterFields.
func Form(f FormState) slack.ModalViewRequest {
	v := modal(render.ViewForm, FormTitle, formClose)
	v.Submit = render.PlainText("Check", render.MaxButton)
	v.PrivateMetadata = render.Clamp(f.DraftID, render.MaxMetadata)
	list := append([]slack.Block{Alert(f.Alert, slack.AlertLevelWarning)}, alerts(f.Notices)...)
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

// modal is an empty view of this app.
func modal(callback, title, closing string) slack.ModalViewRequest {
	return slack.ModalViewRequest{
		Type: slack.VTModal, CallbackID: callback,
		Title: render.PlainText(title, maxViewTitle), Close: render.PlainText(closing, maxViewTitle),
		Blocks: slack.Blocks{BlockSet: []slack.Block{}},
	}
}

const maxViewTitle = 24

// Alert is a line that stands out; only views may have it. It is nil for an
// empty text, and a plain paragraph for one that Slack's limit would cut. The
// text may be that of a message.
func Alert(text string, level slack.AlertLevel) slack.Block {
	text = render.Clean(render.Unmarked(text))
	if len([]rune(text)) > alertRoom {
		return render.Section(render.Prose(text, render.MaxSectionField))
	}
	if text = render.Prose(text, alertRoom); text == "" {
		return nil
	}
	return slack.NewAlertBlock(render.Mrkdwn(text, render.MaxAlert), slack.AlertBlockOptionLevel(level))
}

// alerts are one line each, the first few.
func alerts(texts []string) []slack.Block {
	list := make([]slack.Block, 0, len(texts))
	for _, t := range texts[:min(len(texts), render.MaxAlerts)] {
		list = append(list, Alert(t, slack.AlertLevelInfo))
	}
	return list
}

const alertRoom = 160 // of render.MaxAlert, so that escaping does not cut the end off

// fieldBlock is one input. Block and action id are the same and stay the same
// when the view is drawn again, so that Slack keeps what was typed.
func fieldBlock(f commands.Field, state FormState) slack.Block {
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
func fieldElement(f commands.Field, state FormState) slack.BlockElement {
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

// CheckingView is shown while a submission is checked.
func CheckingView() slack.ModalViewRequest {
	return NoticeView(FormTitle, FormChecking, slack.AlertLevelInfo)
}

// FailedView ends a view that could not be filled, or sent, under the title
// that it had.
func FailedView(title, text string) slack.ModalViewRequest {
	return NoticeView(render.FirstOf(title, FormTitle), text, slack.AlertLevelWarning)
}

// NoticeView is a form that only says something.
func NoticeView(title, text string, level slack.AlertLevel) slack.ModalViewRequest {
	v := modal(render.ViewNotice, title, "Close")
	v.Blocks.BlockSet = render.Blocks(Alert(
		render.FirstOf(text, "This did not work. Close it and type the command instead."), level))
	return v
}

// PreviewView is the form's second screen: what would be sent. Its
// private_metadata is the button value of op; a dry run cannot be submitted.
func PreviewView(op operation.Operation, w render.Wording) slack.ModalViewRequest {
	v := modal(render.ViewPreview, ViewCheckTitle, "Back")
	v.PrivateMetadata = render.ButtonValue(op)
	switch {
	case op.DryRun:
	case op.Approval == nil:
		v.Submit = render.PlainText(ButtonAdd, maxViewTitle)
	case render.Enough(*op.Approval):
		v.Submit = render.PlainText(ButtonAsk, maxViewTitle)
	}
	var list []slack.Block
	if op.Listener.Protected {
		list = append(list, Alert("This is a protected listener.", slack.AlertLevelWarning))
	}
	for _, r := range op.Risks() { // the submit button of a view has no style of its own
		list = append(list, Alert(fmt.Sprintf("Risk: %s", r), slack.AlertLevelWarning))
	}
	list = append(list, alerts(render.PlainNotes(op))...)
	v.Blocks.BlockSet = render.Blocks(append(list,
		render.Section(previewTop(op)), render.Section(previewLines(op)...), render.Section(previewApproval(op, w)...),
		rehearsalSection(op), render.Actions(glassButton(op)), previewSmall(op))...)
	return v
}
