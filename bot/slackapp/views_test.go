package slackapp

import (
	"fmt"
	"maps"
	"testing"

	"github.com/slack-go/slack"
	"github.com/stretchr/testify/require"

	"lbbot/bot/operation"
	"lbbot/bot/operation/intake"
	"lbbot/bot/sandbox"
	"lbbot/bot/slackapp/delivery"
	"lbbot/bot/slackapp/render"
	"lbbot/bot/slackapp/render/examples"
	"lbbot/bot/slackapp/render/form"
	"lbbot/bot/slackapp/render/private"
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

// typedForm is the form without lists.
func typedForm(v commands.Values) form.State {
	f := form.New("C0INC1234", v, nil)
	f.TypeIDs()
	return f
}

// pickedForm is the form with lists.
func pickedForm(v commands.Values) form.State {
	f := form.New("C0INC1234", v, nil)
	for _, key := range []string{commands.KeyListener, commands.KeyServer} {
		f.Pick(key, form.TextOption(v[key]))
	}
	return f
}

func TestTheFormGivesBackWhatItWasFilledWith(t *testing.T) {
	t.Parallel()
	everything := commands.Values{commands.KeyListener: "lst-8f2c", commands.KeyServer: "i-55a1",
		commands.KeyPorts: "8080,8081", commands.KeyWeight: "50", commands.KeyName: "web-07",
		commands.KeyReason: "inc-1234 <b>", commands.KeyTo: "C0OPS", commands.KeyNoWatch: "true"}
	typed := maps.Clone(everything)
	typed[commands.KeyListener], typed[commands.KeyType] = "api-lb:443", "vm"
	for name, f := range map[string]form.State{
		"nothing but where it was opened": pickedForm(commands.Values{commands.KeyTo: "C0INC1234"}),
		"everything, picked":              pickedForm(everything),
		"everything, typed":               typedForm(typed),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			view := form.Register(f)
			got := form.Read(fill(t, view), view.PrivateMetadata)
			require.Equal(t, f.Values, got.Values)
			require.Equal(t, "C0INC1234", got.ChannelID)
			require.Equal(t, encode(t, view), encode(t, form.Register(got)), "it is drawn again as it was")
		})
	}
}

func TestTheFormShowsEveryFieldOfTheAPI(t *testing.T) {
	t.Parallel()
	shown := map[string]bool{}
	for _, b := range form.Register(typedForm(nil)).Blocks.BlockSet {
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
	got := form.Read(fill(t, form.Register(typedForm(commands.Values{
		commands.KeyWeight: "101", commands.KeyType: "toaster", commands.KeyTo: "#ops", "unknown": "x"}))), "")
	require.Equal(t, commands.Values{commands.KeyTo: "C0INC1234"}, got.Values)
}

func TestAMissingStateIsAnEmptyForm(t *testing.T) {
	t.Parallel()
	require.Empty(t, form.Read(nil, "").Values)
	require.Empty(t, form.Read(&slack.ViewState{}, "").Values)
	unwatched := slack.ViewState{Values: map[string]map[string]slack.BlockAction{
		render.FieldBlockID(commands.KeyNoWatch): {render.FieldBlockID(commands.KeyNoWatch): {}},
		"field_other":                            {"field_other": {Value: "x"}},
	}}
	require.Equal(t, commands.Values{commands.KeyNoWatch: "true"}, form.Read(&unwatched, "").Values,
		"an unticked box is an answer")
}

func TestErrorsStandUnderTheirFields(t *testing.T) {
	t.Parallel()
	e := &commands.InputError{Problems: []commands.Problem{
		{Field: commands.KeyPorts, Text: "Typed words.", Form: "Words of the form."},
		{Field: commands.KeyPorts, Text: "Another."},
		{Text: "Of no field."},
		{Field: commands.KeyDryRun, Text: "Not in the form."},
	}}
	for id, f := range map[string]form.State{"pick_listener": pickedForm(nil), "field_listener": typedForm(nil)} {
		require.Equal(t, map[string]string{render.FieldBlockID(commands.KeyPorts): "Words of the form. Another.",
			id: "Of no field. Not in the form."}, form.Read(fill(t, form.Register(f)), "").Errors(e))
	}
}

func TestErrorsNameOnlyInputsOfTheForm(t *testing.T) {
	t.Parallel()
	direct := pickedForm(nil)
	direct.About = &form.About{Listener: operation.Listener{Kind: operation.DirectRouting}}
	halfTyped := pickedForm(nil)
	halfTyped.Typed[commands.KeyServer] = true
	for name, f := range map[string]form.State{"picked": pickedForm(nil), "typed": typedForm(nil), "direct": direct,
		"half typed": halfTyped} {
		inputs := map[string]bool{}
		view := form.Register(f)
		for _, b := range view.Blocks.BlockSet {
			if in, ok := b.(*slack.InputBlock); ok {
				inputs[in.BlockID] = true
			}
		}
		for _, field := range append(commands.RegisterFields(), commands.Field{}) {
			for id := range form.Read(fill(t, view), "").Errors(&commands.InputError{
				Problems: []commands.Problem{{Field: field.Key, Text: "x"}}}) {
				require.True(t, inputs[id], "%s: %s is not an input", name, id)
			}
		}
	}
}

func TestThePreviewViewNamesItsOperation(t *testing.T) {
	t.Parallel()
	op := examples.Draft()
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

// ticked is the state of a view with one box ticked.
func ticked(key string) sandbox.ViewState {
	id := render.FieldBlockID(key)
	return sandbox.ViewState{id: {id: []string{"true"}}}
}

func TestViewOfAProtectedListenerIsSentOnlyWithItsBoxTicked(t *testing.T) {
	t.Parallel()
	r := open(t, func(c *Config) { c.Intake.Settings.Protected = []string{"api-lb/*"} })
	shown := r.atPreview(ana, incident)
	require.True(t, has(sandbox.Message{Blocks: shown.Blocks}, "This is a protected listener.",
		"Yes, add it to this protected listener"))
	box := fmt.Sprintf("protected_%d", r.draft().Version)
	in := r.submits(ana, shown, nil)
	require.Contains(t, in.Errors, render.FieldBlockID(box), "Slack's client refuses it")
	require.Empty(t, r.shelf.inState(operation.Accepted))

	r.byHand("i-55a0", "web-07")
	r.acked(r.submits(ana, r.view(ana, private.ViewCheckTitle), ticked(box)))
	fresh := r.view(ana, private.ViewCheckTitle)
	require.True(t, has(sandbox.Message{Blocks: fresh.Blocks}, "Something changed since you looked"))
	in = r.submits(ana, fresh, nil)
	require.NotEmpty(t, in.Errors, "a fresh preview has a box of its own")

	box = fmt.Sprintf("protected_%d", r.draft().Version)
	r.acked(r.submits(ana, fresh, ticked(box)))
	r.idle()
	require.Len(t, r.starts.started(), 1)
	r.calm()
}

func TestBoxOfAProtectedListenerIsOnlyForAddingAtOnce(t *testing.T) {
	t.Parallel()
	for name, edit := range map[string]examples.Change{
		"not protected": func(op *operation.Operation) { op.Listener.Protected = false },
		"a dry run":     func(op *operation.Operation) { op.DryRun = true },
		"with approval": examples.NeedsApproval(1),
	} {
		op := examples.Draft(func(op *operation.Operation) { op.Listener.Protected = true }, edit)
		raw := string(encode(t, private.PreviewView(op, fixedWording()).Blocks))
		require.NotContains(t, raw, "checkboxes", name)
	}
}

func TestExpiredPreviewInAViewSaysTheWayOn(t *testing.T) {
	t.Parallel()
	var d delivery.Delivery
	d.View = &delivery.View{ID: "V2", Root: "V1", CallbackID: render.ViewPreview}
	expired := &intake.ExpiredError{Operation: examples.Draft()}
	a := new(App)
	require.Contains(t, a.problem(t.Context(), d, expired).Text, "Nothing was sent. "+private.CloseAndCheck)
	d.View.Root = "V2" // the preview replaced the form
	require.Contains(t, a.problem(t.Context(), d, expired).Text, "Nothing was sent. "+private.CloseAndType)
	d.View = nil
	require.NotContains(t, a.problem(t.Context(), d, expired).Text, "Close", "a message has buttons")
}

func TestOneApproverIsNamedWithoutACount(t *testing.T) {
	t.Parallel()
	require.Equal(t, "<@U0BO>", render.NeedsOf(1, operation.People{IDs: []string{"U0BO"}}))
	require.Equal(t, "1 of <@U0BO> and possibly others", render.NeedsOf(1, operation.People{IDs: []string{"U0BO"},
		More: true}))
	require.Equal(t, "1 person", render.NeedsCount(1, operation.People{IDs: []string{"U0BO"}}))
}
