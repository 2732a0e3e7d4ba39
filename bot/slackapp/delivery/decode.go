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

// Mention is the Event.Type of a message that mentions the bot.
const Mention = "app_mention"

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
	Edited   string // when the message was last edited; empty: it is as it was written
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
	// Thread is the first message of the thread in which it happened; empty: in none,
	// or Slack does not say. Unlike Place.ThreadTS, it is known to have a reply.
	Thread string
	Key    string // the same for every delivery of one interaction
	Lane   string // work on one lane is done in order: one operation, one view, or one interaction that came twice

	// Stranger says that nobody has checked yet whether the person may learn names.
	// Decode leaves it, and Searches, to those who handle the delivery.
	Stranger bool
	// Question says that it asks to be told something, so nothing was to be sent.
	Question bool
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
	if d.Event.Type == Mention {
		d.readMention(f, e)
	}
}

// readMention reads what decides about a mention. Slack sends another event with
// another ID when it has made a preview of a link in the message, so the key is that
// of the message. An edited message is a new one.
func (d *Delivery) readMention(f, e socket.Fields) {
	d.Event.User, d.Event.Channel, d.Event.Text = e.Text("user"), e.Text("channel"), e.Text("text")
	d.Event.TS, d.Event.ThreadTS, d.Event.Edited = e.Text("ts"), e.Text("thread_ts"), e.Part("edited").Label("ts")
	if d.Event.ThreadTS != d.Event.TS { // else it is the message under which others replied
		d.Thread, d.Place.ThreadTS = d.Event.ThreadTS, d.Event.ThreadTS
	}
	d.Actor.TeamID = render.FirstOf(e.Text("user_team"), e.Text("source_team"), e.Text("team"), d.Actor.TeamID)
	d.Actor.EnterpriseID = f.Text("enterprise_id")
	for _, a := range f.Objects("authorizations") {
		d.Actor.EnterpriseID = render.FirstOf(d.Actor.EnterpriseID, a.Text("enterprise_id"))
	}
	if d.Event.TS != "" {
		d.Key = strings.Join([]string{"mention", d.Event.Channel, d.Event.TS, d.Event.Edited}, ":")
	}
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
	d.Place.NoChannel = d.Kind == KindShortcut || f.Part("view").Label("type") == "home"
	d.readThread(f, in)
	d.keyInteraction(envelope)
}

// readThread reads the thread of a message. A message that has replies under it names
// itself as its thread: what is done on it did not happen in the thread.
func (d *Delivery) readThread(f, in socket.Fields) {
	if d.Kind == KindMessageAct {
		d.Message = readMessage(f)
		d.Thread = d.Message.ThreadTS
		d.Place.ThreadTS = render.FirstOf(d.Message.ThreadTS, d.Message.TS)
		return
	}
	thread := render.FirstOf(in.Text("thread_ts"), f.Part("message").Label("thread_ts"))
	if thread != d.Container.MessageTS {
		d.Thread, d.Place.ThreadTS = thread, thread
	}
}

func (d *Delivery) keyInteraction(envelope string) {
	var m form.Meta
	if d.View != nil {
		var ours bool
		if m, ours = form.ReadMeta(d.View.PrivateMetadata); ours {
			d.Place.ChannelID, d.Place.NoChannel, d.Place.ThreadTS = m.Channel, m.NoChannel, m.Thread
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
