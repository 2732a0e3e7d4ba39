package slackapp

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/slack-go/slack"

	"lbbot/bot/operation"
	"lbbot/bot/slackapp/socket"
)

// The kinds of interactions, in Slack's words
// (docs.slack.dev/reference/interaction-payloads).
const (
	kindCommand    = "slash_commands"
	kindClick      = "block_actions"
	kindSubmit     = "view_submission"
	kindClosed     = "view_closed"
	kindSuggestion = "block_suggestion"
	kindShortcut   = "shortcut"
	kindMessageAct = "message_action"
	kindEvent      = "events_api"
)

// payload is what we read of an envelope. Its fields are a subset of Slack's,
// decoded leniently: message blocks, which hold whatever Slack invents, are
// not looked at, so that nothing in them can keep an envelope from being read.
type payload struct {
	Type        string `json:"type"`
	APIAppID    string `json:"api_app_id"`
	TriggerID   string `json:"trigger_id"`
	ResponseURL string `json:"response_url"`

	// slash commands
	Command     string `json:"command"`
	Text        string `json:"text"`
	UserID      string `json:"user_id"`
	UserName    string `json:"user_name"`
	TeamID      string `json:"team_id"`
	Enterprise  string `json:"enterprise_id"`
	ChannelID   string `json:"channel_id"`
	ChannelName string `json:"channel_name"`

	// interactions
	User struct {
		ID     string `json:"id"`
		Name   string `json:"name"`
		TeamID string `json:"team_id"`
	} `json:"user"`
	Team *struct {
		ID           string `json:"id"`
		EnterpriseID string `json:"enterprise_id"`
	} `json:"team"`
	Org *struct {
		ID string `json:"id"`
	} `json:"enterprise"`
	Channel struct {
		ID   string `json:"id"`
		Name string `json:"name"`
	} `json:"channel"`
	Container struct {
		MessageTS   string `json:"message_ts"`
		ChannelID   string `json:"channel_id"`
		ViewID      string `json:"view_id"`
		IsEphemeral bool   `json:"is_ephemeral"`
	} `json:"container"`
	Actions []struct {
		ActionID string `json:"action_id"`
		Value    string `json:"value"`
		ActionTS string `json:"action_ts"`
		Selected *struct {
			Value string `json:"value"`
		} `json:"selected_option"`
	} `json:"actions"`
	View *struct {
		ID              string          `json:"id"`
		Hash            string          `json:"hash"`
		CallbackID      string          `json:"callback_id"`
		PrivateMetadata string          `json:"private_metadata"`
		RootViewID      string          `json:"root_view_id"`
		State           json.RawMessage `json:"state"` // read with readState
	} `json:"view"`

	// events
	EventID  string          `json:"event_id"`
	RawEvent json.RawMessage `json:"event"` // each type has its own shape
}

// event is what we read of an app_mention; of others only the type.
type event struct {
	Type    string `json:"type"`
	User    string `json:"user"`
	BotID   string `json:"bot_id"`
	Channel string `json:"channel"`
}

// delivery is one envelope, understood.
type delivery struct {
	payload
	Kind  string
	Event event
	Actor operation.Actor
	Place operation.Place
	Key   string // the same for every delivery of one interaction
	Lane  string // work on one lane is done in order; empty: a lane of its own
}

// decode reads an envelope. An error means that its JSON is not what Slack
// documents; the envelope is acked all the same.
func decode(e socket.Envelope) (delivery, error) {
	d := delivery{Kind: e.Type}
	err := json.Unmarshal(e.Payload, &d.payload)
	if err != nil {
		err = fmt.Errorf("decoding a %s envelope: %w", e.Type, err)
	}
	// What could be read in spite of an error says whom to answer.
	if e.Type == "interactive" {
		d.Kind = d.Type
	}
	d.understand(e.ID)
	if err == nil && d.Kind == kindSubmit && d.View == nil {
		err = errors.New("decoding a view submission: it has no view")
	}
	return d, err
}

// understand fills in who, where and the key. envelope stands in for an id
// that Slack left out, so that two deliveries never share a key by accident.
func (d *delivery) understand(envelope string) {
	switch d.Kind {
	case kindCommand:
		d.Actor = operation.Actor{UserID: d.UserID, TeamID: d.payload.TeamID, EnterpriseID: d.Enterprise, Name: d.UserName}
		d.Place = operation.Place{TeamID: d.payload.TeamID, ChannelID: d.ChannelID, ChannelName: d.ChannelName}
		d.Key = "command:" + firstOf(d.TriggerID, envelope)
	case kindEvent:
		d.Key = "event:" + firstOf(d.EventID, envelope)
		_ = json.Unmarshal(d.RawEvent, &d.Event) // the type comes through, which is all that others than app_mention need
		d.Actor = operation.Actor{UserID: d.Event.User, TeamID: d.payload.TeamID}
		d.Place = operation.Place{TeamID: d.payload.TeamID, ChannelID: d.Event.Channel}
	default:
		d.interaction(envelope)
	}
	d.Place.ResultID = d.Place.ChannelID
	d.Place.ResponseURL = d.ResponseURL
}

// interaction fills in who and where for everything but commands and events.
func (d *delivery) interaction(envelope string) {
	d.Actor = operation.Actor{UserID: d.User.ID, TeamID: d.User.TeamID, Name: d.User.Name}
	if d.Org != nil {
		d.Actor.EnterpriseID = d.Org.ID
	}
	if d.Team != nil {
		d.Place.TeamID = d.Team.ID
		if d.Actor.TeamID == "" {
			d.Actor.TeamID = d.Team.ID
		}
	}
	d.Place.ChannelID, d.Place.ChannelName = firstOf(d.Channel.ID, d.Container.ChannelID), d.Channel.Name
	switch {
	case d.Kind == kindSubmit && d.View != nil:
		d.Key = "submit:" + d.View.ID + ":" + d.View.Hash
		d.Lane = "view:" + d.View.ID
		if m, ok := readFormMeta(d.View.PrivateMetadata); ok {
			d.Place.ChannelID = m.Channel
			if id, _, err := parseButtonValue(m.About); err == nil {
				d.Lane = "operation:" + id
			}
		}
	case d.Kind == kindClick && len(d.Actions) > 0:
		a := d.Actions[0]
		d.Key = strings.Join([]string{"click", d.User.ID, firstOf(d.Container.MessageTS, d.Container.ViewID), a.ActionID, firstOf(a.ActionTS, envelope)}, ":")
		if id, _, err := parseButtonValue(a.Value); err == nil {
			d.Lane = "operation:" + id
		}
	default:
		d.Key = d.Kind + ":" + firstOf(d.TriggerID, envelope)
	}
}

// readState reads what was filled in. It is read apart from the rest, so that
// an element of a kind not known yet cannot lose the whole form.
func readState(raw json.RawMessage) (*slack.ViewState, error) {
	var s slack.ViewState
	if len(raw) == 0 {
		return &s, nil
	}
	if err := json.Unmarshal(raw, &s); err != nil {
		return &s, fmt.Errorf("reading what was filled in: %w", err)
	}
	return &s, nil
}

// formMeta is what a form remembers of where it was opened: a submission says
// nothing of the channel. It decides where the policy thinks the request
// comes from, and people cannot edit it
// (docs.slack.dev/reference/views).
type formMeta struct {
	Channel string `json:"channel"`
	About   string `json:"about,omitempty"`   // a button value: the operation that the form is about
	Preview string `json:"preview,omitempty"` // a key of memory: the private message that is used up by the form
}

func (m formMeta) String() string {
	b, _ := json.Marshal(m) // one string: cannot fail
	return string(b)
}

func readFormMeta(s string) (formMeta, bool) {
	var m formMeta
	if json.Unmarshal([]byte(s), &m) != nil || m.Channel == "" {
		return formMeta{}, false
	}
	return m, true
}
