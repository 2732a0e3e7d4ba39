package slackapp

import (
	"testing"

	"github.com/slack-go/slack"
	"github.com/stretchr/testify/require"

	"lbbot/bot/slackapp/render"
	"lbbot/bot/slackapp/render/form"
	"lbbot/bot/slackapp/render/private"
	"lbbot/bot/slackapp/render/rendertest"
	"lbbot/commands"
)

// fill answers a form the way Slack does: with the initial values of what the
// person left alone.
func fill(t *testing.T, v slack.ModalViewRequest) *slack.ViewState {
	t.Helper()
	state := &slack.ViewState{Values: map[string]map[string]slack.BlockAction{}}
	for _, b := range v.Blocks.BlockSet {
		in, ok := b.(*slack.InputBlock)
		if !ok {
			continue
		}
		var a slack.BlockAction
		switch e := in.Element.(type) {
		case *slack.PlainTextInputBlockElement:
			a.Value = e.InitialValue
		case *slack.NumberInputBlockElement:
			a.Value = e.InitialValue
		case *slack.SelectBlockElement:
			a.SelectedConversation = e.InitialConversation
			if e.InitialOption != nil {
				a.SelectedOption = *e.InitialOption
			}
		case *slack.CheckboxGroupsBlockElement:
			for _, o := range e.InitialOptions {
				a.SelectedOptions = append(a.SelectedOptions, *o)
			}
		default:
			t.Fatalf("unknown element %T", e)
		}
		state.Values[in.BlockID] = map[string]slack.BlockAction{in.BlockID: a}
	}
	return state
}

func TestTheFormGivesBackWhatItWasFilledWith(t *testing.T) {
	t.Parallel()
	for name, values := range map[string]commands.Values{
		"nothing but where it was opened": {commands.KeyTo: "C0INC1234"},
		"everything": {commands.KeyListener: "api-lb:443", commands.KeyServer: "web-07", commands.KeyType: "vm",
			commands.KeyPorts:  "8080,8081",
			commands.KeyWeight: "50", commands.KeyName: "web-07", commands.KeyReason: "inc-1234 <b>",
			commands.KeyTo: "C0OPS", commands.KeyNoWatch: "true"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			view := form.Register(form.State{Values: values, ChannelID: "C0INC1234"})
			require.Equal(t, values, form.Values(fill(t, view)))
		})
	}
}

func TestTheFormShowsEveryFieldOfTheAPI(t *testing.T) {
	t.Parallel()
	shown := map[string]bool{}
	for _, b := range form.Register(form.State{}).Blocks.BlockSet {
		shown[b.ID()] = true
	}
	for _, f := range commands.RegisterFields() {
		if f.APIName != "" {
			require.True(t, shown[render.FieldBlockID(f.Key)], f.Key)
		}
	}
}

func TestFormValuesOutsideAFieldAreLeftOut(t *testing.T) {
	t.Parallel()
	got := form.Values(fill(t, form.Register(form.State{ChannelID: "C0INC1234", Values: commands.Values{
		commands.KeyWeight: "101", commands.KeyType: "toaster", commands.KeyTo: "#ops", "unknown": "x"}})))
	require.Equal(t, commands.Values{commands.KeyTo: "C0INC1234"}, got)
}

func TestAMissingStateIsAnEmptyForm(t *testing.T) {
	t.Parallel()
	require.Empty(t, form.Values(nil))
	require.Empty(t, form.Values(&slack.ViewState{}))
	unwatched := slack.ViewState{Values: map[string]map[string]slack.BlockAction{
		render.FieldBlockID(commands.KeyNoWatch): {render.FieldBlockID(commands.KeyNoWatch): {}},
		"field_other":                            {"field_other": {Value: "x"}},
	}}
	require.Equal(t, commands.Values{commands.KeyNoWatch: "true"}, form.Values(&unwatched),
		"an unticked box is an answer")
}

func TestErrorsStandUnderTheirFields(t *testing.T) {
	t.Parallel()
	got := form.Errors(&commands.InputError{Problems: []commands.Problem{
		{Field: commands.KeyPorts, Text: "Typed words.", Form: "Words of the form."},
		{Field: commands.KeyPorts, Text: "Another."},
		{Text: "Of no field."},
		{Field: commands.KeyDryRun, Text: "Not in the form."},
	}})
	require.Equal(t, map[string]string{
		render.FieldBlockID(commands.KeyPorts):    "Words of the form. Another.",
		render.FieldBlockID(commands.KeyListener): "Of no field. Not in the form.",
	}, got)
}

func TestErrorsNameOnlyInputsOfTheForm(t *testing.T) {
	t.Parallel()
	inputs := map[string]bool{}
	for _, b := range form.Register(form.State{}).Blocks.BlockSet {
		inputs[b.ID()] = true
	}
	for _, f := range commands.RegisterFields() {
		for id := range form.Errors(&commands.InputError{
			Problems: []commands.Problem{{Field: f.Key, Text: "x"}}}) {
			require.True(t, inputs[id], "%s is not an input", id)
		}
	}
}

func TestThePreviewViewNamesItsOperation(t *testing.T) {
	t.Parallel()
	op := rendertest.Draft()
	id, version, err := render.ParseButtonValue(private.PreviewView(op, fixedWording()).PrivateMetadata)
	require.NoError(t, err)
	require.Equal(t, op.ID, id)
	require.Equal(t, op.Version, version)
}

func TestNoticesCannotBeSubmitted(t *testing.T) {
	t.Parallel()
	for _, v := range []slack.ModalViewRequest{form.CheckingView(),
		form.FailedView("", "")} {
		require.Nil(t, v.Submit)
		require.Equal(t, render.ViewNotice, v.CallbackID)
		requireView(t, v)
	}
}
