package delivery

import (
	"encoding/json"
	"fmt"

	"github.com/slack-go/slack"

	"lbbot/bot/slackapp/render"
	"lbbot/bot/slackapp/socket"
)

// ReadState reads the values of our forms, whose blocks have the ID of their
// element. It ignores other elements, so that an unknown kind of element cannot
// make the whole form unreadable.
func ReadState(raw json.RawMessage) (*slack.ViewState, error) {
	s := &slack.ViewState{Values: map[string]map[string]slack.BlockAction{}}
	if len(raw) == 0 {
		return s, nil
	}
	f, err := socket.ReadFields(raw)
	if err != nil {
		return s, fmt.Errorf("reading what was filled in: %w", err)
	}
	values := f.Object("values")
	for _, id := range values.Names() {
		in := values.Part(id).Object(id)
		a := slack.BlockAction{Value: in.Text("value"), SelectedConversation: in.Text("selected_conversation"),
			SelectedChannel: in.Text("selected_channel")}
		a.SelectedOption = readOption(in.Object("selected_option"))
		a.SelectedOptions = make([]slack.OptionBlockObject, len(in.Objects("selected_options")))
		s.Values[id] = map[string]slack.BlockAction{id: a}
	}
	if err := f.Err(); err != nil {
		return s, fmt.Errorf("reading what was filled in: %w", err)
	}
	return s, nil
}

// readOption reads an option with its words, so that a form that is drawn again
// can show it.
func readOption(o socket.Fields) slack.OptionBlockObject {
	out := slack.OptionBlockObject{Value: o.Text("value")}
	if text := o.Part("text").Label("text"); text != "" {
		out.Text = render.PlainText(render.Bare(text), render.MaxOption)
	}
	if about := o.Part("description").Label("text"); about != "" {
		out.Description = render.PlainText(render.Bare(about), render.MaxOption)
	}
	return out
}
