package form

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/slack-go/slack"

	"lbbot/bot/operation"
	"lbbot/bot/slackapp/render"
	"lbbot/commands"
)

// Read is the state of a form that was sent, to be drawn again; the metadata is
// the view's. Fields left empty are absent from its Values, as in a typed command;
// blocks of unknown names are ignored.
func Read(state *slack.ViewState, metadata string) State {
	m, _ := ReadMeta(metadata)
	f := New(m.Channel, commands.Values{}, m.Notices)
	f.ThreadTS, f.Alert, f.ports, f.Searches, f.Alerted = m.Thread, m.Alert, m.Ports, m.Searches, m.Alerted
	if state == nil {
		return f
	}
	for _, field := range formFields() {
		id := render.FieldBlockID(field.Key)
		if in, ok := state.Values[id][id]; ok {
			f.Typed[field.Key] = field.Kind == commands.FieldPick
			if v := FieldValue(field, in); v != "" {
				f.Values[field.Key] = v
			}
		}
		if field.Kind != commands.FieldPick {
			continue
		}
		id = render.PickBlockID(field.Key)
		switch in := state.Values[id][id].SelectedOption; in.Value {
		case "":
		case NotListed, NoneToYou:
			f.Values[field.Key] = in.Value
		default:
			f.Values[field.Key] = in.Value
			if in.Text == nil {
				f.Pick(field.Key, TextOption(in.Value))
			} else {
				f.Pick(field.Key, &in)
			}
		}
	}
	_, asked := state.Values[render.FieldBlockID(commands.KeyPorts)]
	f.portless = !asked
	return f
}

// isPicked reports whether a field is picked from a list unless it is typed.
func isPicked(key string) bool {
	return slices.ContainsFunc(pickFields(), func(f commands.Field) bool { return f.Key == key })
}

// Pick puts an option into a list's field, unless it is nil. Its value becomes the
// field's.
func (f *State) Pick(key string, o *slack.OptionBlockObject) {
	if o != nil {
		f.Picked[key], f.Values[key] = o, o.Value
	}
}

// PickOrType is Pick, but without an option the field is typed.
func (f *State) PickOrType(key string, o *slack.OptionBlockObject) {
	f.Typed[key] = o == nil
	f.Pick(key, o)
}

// PickOrSearch turns a typed field into a list. Without an option, the list begins
// with what the text finds.
func (f *State) PickOrSearch(key string, o *slack.OptionBlockObject) {
	if f.Searches = maps.Clone(f.Searches); f.Searches == nil {
		f.Searches = Searches{}
	}
	if delete(f.Searches, key); o == nil && f.Values[key] != "" {
		f.Searches[key] = []string{operation.Clip(f.Values[key], maxSearch)}
	}
	f.Typed[key] = false
	f.Pick(key, o)
}

// TypeIDs turns the lists into fields to type into. What was picked becomes the
// text of its ID.
func (f *State) TypeIDs() {
	for _, field := range pickFields() {
		key := field.Key
		f.Typed[key] = true
		if v := f.Values[key]; v == NotListed || v == NoneToYou {
			delete(f.Values, key)
		}
	}
	f.About = nil
}

// Unlisted are the problems of fields in whose list only NotListed or NoneToYou
// could be picked.
func (f State) Unlisted() []commands.Problem {
	var problems []commands.Problem
	for _, field := range pickFields() {
		key := field.Key
		switch f.Values[key] {
		case NotListed:
			problems = append(problems, commands.Problem{Field: key, Text: notListedHelp})
		case NoneToYou:
			problems = append(problems, commands.Problem{Field: key, Text: NoneToYouHelp})
		}
	}
	return problems
}

// Searches is what a list shows before anything is typed in it, by field: what the
// first of these texts finds that finds anything.
type Searches map[string][]string

// SearchesFor are for the lists whose text fits several things or is close to some:
// the text, then the name of the closest.
func SearchesFor(e *commands.InputError) Searches {
	searches := Searches{}
	for _, p := range e.Problems {
		if text := e.Asked[p.Field]; isPicked(p.Field) && len(p.Choices) > 0 && text != "" {
			closest, _, _ := strings.Cut(p.Choices[0].Label, " · ")
			searches[p.Field] = []string{operation.Clip(text, maxSearch), operation.Clip(closest, maxSearch)}
		}
	}
	return searches
}

// Seek returns the texts to search for, in turn until one finds something. The last
// one is empty, so that a list never opens without options.
func (f State) Seek(key, typed string) []string {
	if typed != "" {
		return []string{typed}
	}
	return append(slices.Clone(f.Searches[key]), "")
}

const maxSearch = 100 // characters

// Block is the block id of a field of the form that was sent. Slack shows errors
// nowhere else, so what belongs to no field of it goes to the listener's.
func (f State) Block(key string) string {
	known := slices.ContainsFunc(formFields(), func(x commands.Field) bool { return x.Key == key })
	if !known || key == commands.KeyType && !f.Typed[commands.KeyServer] || key == commands.KeyPorts && f.portless {
		key = commands.KeyListener
	}
	if isPicked(key) && !f.Typed[key] {
		return render.PickBlockID(key)
	}
	return render.FieldBlockID(key)
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
func (f State) Errors(e *commands.InputError) map[string]string {
	errs := map[string]string{}
	for _, p := range e.Problems {
		id := f.Block(p.Field)
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
