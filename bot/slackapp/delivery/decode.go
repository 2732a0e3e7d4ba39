// Package delivery reads Slack's envelopes: who, where, and what was typed, pressed or
// filled in.
//
// It reads only the fields that the bot needs, so that Slack may add others and change
// them. Decode names the fields that it could not read; what it could read says whom to
// answer. It calls nothing and keeps nothing.
package delivery

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/slack-go/slack"

	"lbbot/bot/operation"
	"lbbot/bot/slackapp/render"
	"lbbot/bot/slackapp/render/form"
	"lbbot/bot/slackapp/socket"
)

// The kinds of interactions, in Slack's words
// (docs.slack.dev/reference/interaction-payloads).
const (
	KindCommand    = "slash_commands"
	KindClick      = "block_actions"
	KindSubmit     = "view_submission"
	KindClosed     = "view_closed"
	KindSuggestion = "block_suggestion"
	KindShortcut   = "shortcut"
	KindMessageAct = "message_action"
	KindEvent      = "events_api"
)

// Kinds are all of them.
func Kinds() []string {
	return []string{KindCommand, KindClick, KindSubmit, KindClosed, KindSuggestion, KindShortcut, KindMessageAct,
		KindEvent}
}

// Container is where a component was used.
type Container struct {
	MessageTS   string
	ViewID      string
	IsEphemeral bool
}

// Pressed is one component that was used.
type Pressed struct {
	ActionID string
	Value    string // of a button, or of the option that was selected; of a question for options: what was typed
	ActionTS string
}

// View is a form as it was sent.
type View struct {
	ID              string
	Root            string // the id of the view at the bottom; its own if it is that
	Hash            string
	CallbackID      string
	PrivateMetadata string
	State           json.RawMessage // read with ReadState
}

// Event is what we read of an app_mention and of an app_home_opened; of others only
// the type.
type Event struct {
	Type     string
	User     string
	BotID    string
	Channel  string
	Text     string // as Slack escapes it, with the mention
	TS       string
	ThreadTS string // the first message of its thread; empty: it is in none
	Tab      string // that was opened: home or messages
}

// Delivery is one envelope, understood. Of a message it has the texts only, because an
// unknown block must not make an envelope unreadable.
type Delivery struct {
	Kind        string // one of Kinds, or what else Slack sent
	Type        string
	APIAppID    string
	TriggerID   string
	ResponseURL string

	Text string // of a slash command

	// interactions
	Container Container
	Actions   []Pressed
	View      *View

	// shortcuts
	CallbackID string
	Message    *Message // nil: a global shortcut

	Event Event

	Actor operation.Actor
	Place operation.Place
	Key   string // the same for every delivery of one interaction
	Lane  string // work on one lane is done in order: one operation, one view, or one interaction that came twice

	// Stranger says that nobody has checked yet whether the person may learn names.
	// Decode leaves it, and Searches, to those who handle the delivery.
	Stranger bool
	// Searches is what the lists of the form that is opened show first.
	Searches form.Searches
}

// Decode reads an envelope. An error names what could not be read; the envelope
// is acked all the same.
func Decode(e socket.Envelope) (Delivery, error) {
	d := Delivery{Kind: e.Type}
	f, err := socket.ReadFields(e.Payload)
	if err != nil {
		d.Key = e.Type + ":" + e.ID
		return d, fmt.Errorf("decoding a %s envelope: %w", e.Type, err)
	}
	d.Type, d.APIAppID, d.TriggerID, d.ResponseURL = f.Text("type"), f.Text("api_app_id"), f.Text("trigger_id"),
		f.Text("response_url")
	if e.Type == "interactive" {
		d.Kind = d.Type
	}
	// The readable part of a faulty envelope says whom to answer. If Slack left out
	// an ID, the envelope's ID replaces it, so that two deliveries never share a key
	// by accident.
	switch d.Kind {
	case KindCommand:
		d.readCommand(f, e.ID)
	case KindEvent:
		d.readEvent(f, e.ID)
	default:
		d.readInteraction(f, e.ID)
	}
	d.Place.ResultID = d.Place.ChannelID
	d.Place.ResponseURL = d.ResponseURL
	d.Lane = render.FirstOf(d.Lane, d.Key)
	if err := f.Err(); err != nil {
		return d, fmt.Errorf("decoding a %s envelope: %w", d.Kind, err)
	}
	if d.Kind == KindSubmit && d.View == nil {
		return d, errors.New("decoding a view submission: it has no view")
	}
	return d, nil
}

func (d *Delivery) readCommand(f socket.Fields, envelope string) {
	d.Text = f.Text("text")
	d.Actor = operation.Actor{UserID: f.Text("user_id"), TeamID: f.Text("team_id"),
		EnterpriseID: f.Text("enterprise_id"), Name: f.Label("user_name")}
	d.Place = operation.Place{TeamID: d.Actor.TeamID, ChannelID: f.Text("channel_id"),
		ChannelName: f.Label("channel_name")}
	d.Key = "command:" + render.FirstOf(d.TriggerID, envelope)
}

func (d *Delivery) readEvent(f socket.Fields, envelope string) {
	e := f.Part("event") // each type has its own shape; of most of them the type is all we need
	d.Event = Event{Type: e.Label("type"), User: e.Label("user"), BotID: e.Label("bot_id"), Channel: e.Label("channel"),
		Text: e.Label("text"), TS: e.Label("ts"), ThreadTS: e.Label("thread_ts"), Tab: e.Label("tab")}
	d.Actor = operation.Actor{UserID: d.Event.User, TeamID: f.Text("team_id")}
	d.Place = operation.Place{TeamID: d.Actor.TeamID, ChannelID: d.Event.Channel}
	d.Key = "event:" + render.FirstOf(f.Text("event_id"), envelope)
}

// readInteraction reads everything but commands and events.
func (d *Delivery) readInteraction(f socket.Fields, envelope string) {
	user, in, at := f.Object("user"), f.Object("container"), f.Object("channel")
	d.Actor = operation.Actor{UserID: user.Text("id"), TeamID: user.Text("team_id"),
		EnterpriseID: f.Object("enterprise").Text("id"), Name: user.Label("name")}
	d.Place.TeamID = f.Object("team").Text("id")
	d.Actor.TeamID = render.FirstOf(d.Actor.TeamID, d.Place.TeamID)
	d.Place.ChannelID, d.Place.ChannelName = render.FirstOf(at.Text("id"), in.Text("channel_id")), at.Label("name")
	d.Container = Container{MessageTS: in.Text("message_ts"), ViewID: in.Text("view_id"),
		IsEphemeral: in.Flag("is_ephemeral")}
	for _, a := range f.Objects("actions") {
		d.Actions = append(d.Actions, Pressed{ActionID: a.Text("action_id"),
			Value:    render.FirstOf(a.Object("selected_option").Text("value"), a.Text("value")),
			ActionTS: a.Text("action_ts")})
	}
	if d.Kind == KindSuggestion {
		d.Actions = []Pressed{{ActionID: f.Text("action_id"), Value: f.Text("value")}}
	}
	if f.Has("view") {
		v := f.Object("view")
		d.View = &View{ID: v.Text("id"), Root: v.Label("root_view_id"), Hash: v.Text("hash"),
			CallbackID: v.Text("callback_id"), PrivateMetadata: v.Text("private_metadata"), State: v.Raw("state")}
	}
	if d.Kind == KindShortcut || d.Kind == KindMessageAct {
		d.CallbackID = f.Label("callback_id")
	}
	if d.Kind == KindMessageAct {
		d.Message = readMessage(f)
		d.Place.ThreadTS = render.FirstOf(d.Message.ThreadTS, d.Message.TS)
	}
	d.keyInteraction(envelope)
}

func (d *Delivery) keyInteraction(envelope string) {
	var m form.Meta
	if d.View != nil {
		var ours bool
		if m, ours = form.ReadMeta(d.View.PrivateMetadata); ours {
			d.Place.ChannelID = m.Channel
		}
	}
	switch {
	case d.Kind == KindSubmit && d.View != nil:
		d.Key = "submit:" + d.View.ID + ":" + d.View.Hash
		d.Lane = "view:" + d.View.ID
		if id, _, err := render.ParseButtonValue(m.About); err == nil {
			d.Lane = "operation:" + id
		}
	case d.Kind == KindClick && len(d.Actions) > 0:
		a := d.Actions[0]
		d.Key = strings.Join([]string{"click", d.Actor.UserID,
			render.FirstOf(d.Container.MessageTS, d.Container.ViewID),
			a.ActionID, render.FirstOf(a.ActionTS, envelope)}, ":")
		if id, _, err := render.ParseButtonValue(a.Value); err == nil {
			d.Lane = "operation:" + id
		}
	default:
		d.Key = d.Kind + ":" + render.FirstOf(d.TriggerID, envelope)
	}
}

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
