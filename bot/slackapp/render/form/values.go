package form

import (
	"fmt"
	"strings"

	"github.com/slack-go/slack"

	"lbbot/bot/slackapp/render"
	"lbbot/commands"
)

// Values reads the form's state back: the reverse of Register. Fields
// left empty are absent, as in a typed command; blocks of unknown names are
// ignored.
func Values(state *slack.ViewState) commands.Values {
	values := commands.Values{}
	if state == nil {
		return values
	}
	for _, f := range formFields() {
		id := render.FieldBlockID(f.Key)
		if in, ok := state.Values[id][id]; ok {
			if v := FieldValue(f, in); v != "" {
				values[f.Key] = v
			}
		}
	}
	return values
}

// FieldValue reads one field of a submitted form.
func FieldValue(f commands.Field, in slack.BlockAction) string {
	switch f.Kind {
	case commands.FieldChoice:
		if in.SelectedOption.Value == commands.TypeAuto {
			return ""
		}
		return in.SelectedOption.Value
	case commands.FieldChannel:
		return render.FirstOf(in.SelectedConversation, in.SelectedChannel)
	case commands.FieldCheck:
		if ticked := len(in.SelectedOptions) > 0; ticked != f.Inverted {
			return "true"
		}
		return ""
	}
	return strings.TrimSpace(in.Value)
}

// Errors puts each problem on its field's block, for a view's errors.
// Problems of no field of the form go to the first one, since Slack shows
// errors nowhere else.
func Errors(e *commands.InputError) map[string]string {
	known := map[string]bool{}
	for _, f := range formFields() {
		known[f.Key] = true
	}
	errs := map[string]string{}
	for _, p := range e.Problems {
		id := render.FieldBlockID(commands.KeyListener)
		if known[p.Field] {
			id = render.FieldBlockID(p.Field)
		}
		errs[id] = render.Clamp(strings.TrimSpace(errs[id]+" "+render.Clean(p.OnField())), render.MaxFieldError)
	}
	return errs
}

// Problems are the problems of e as sentences, each with the label of its
// field.
func Problems(e *commands.InputError) []string {
	labels := map[string]string{}
	for _, f := range formFields() {
		labels[f.Key] = f.Label
	}
	list := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		list[i] = p.OnField()
		if label := render.FirstOf(labels[p.Field], p.Given); label != "" {
			list[i] = fmt.Sprintf("%s: %s", label, list[i])
		}
	}
	return list
}
