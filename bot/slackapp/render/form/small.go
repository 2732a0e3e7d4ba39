package form

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"lbbot/bot/operation/intake"
	"lbbot/bot/slackapp/render"
	"lbbot/commands"
)

const (
	DenyTitle     = "Deny"
	formClose     = "Cancel"
	GlassTitle    = "Break-glass"
	glassAlert    = "This skips approval. %s will be told at once. You have used %d of %d %s."
	GlassAlertOff = "This skips approval. %s will be told at once."
	// GlassApprovers stands for approvers who cannot be named.
	GlassApprovers = "Those who may approve"
)

// DenyField asks why a request is denied; asker is the name of the person who will read it.
func DenyField(asker string) commands.Field {
	return commands.Field{Key: commands.KeyReason, Kind: commands.FieldText, Required: true, MaxLength: 300,
		Label: fmt.Sprintf("Why? (%s will see this)",
			render.FirstOf(render.Clamp(render.Clean(asker), render.NameLimit), "Who asked"))}
}

// Deny asks why someone says no.
func Deny(m Meta, asker string) slack.ModalViewRequest {
	v := Modal(render.ViewDeny, DenyTitle, formClose)
	v.Submit, v.PrivateMetadata = render.PlainText(render.ButtonDeny, MaxViewTitle), m.String()
	field := DenyField(asker)
	field.Label = render.Brackets(field.Label)
	v.Blocks.BlockSet = inputs([]commands.Field{field})
	return v
}

// Meta is what a form remembers of where it was opened: a submission says
// nothing of the channel. It decides where the policy thinks the request
// comes from, and people cannot edit it
// (docs.slack.dev/reference/views).
type Meta struct {
	Channel   string `json:"channel"`
	NoChannel bool   `json:"no_channel,omitempty"` // as in operation.Place
	Thread    string `json:"thread,omitempty"`     // operation.Place.ThreadTS

	About   string `json:"about,omitempty"`   // a button value: the operation that the form is about
	Preview string `json:"preview,omitempty"` // a key of memory: the private message that is used up by the form

	Alert   string   `json:"alert,omitempty"`   // the form for a registration, drawn again, keeps what is on top
	Notices []string `json:"notices,omitempty"` // as Alert
	Ports   string   `json:"ports,omitempty"`   // typed before the field for ports was taken away

	Searches Searches          `json:"searches,omitempty"` // as State.Searches
	Alerted  map[string]string `json:"alerted,omitempty"`  // as State.Alerted
}

// String leaves out what does not fit into the metadata of a view, least important
// first.
func (m Meta) String() string {
	b, _ := json.Marshal(m) // strings: cannot fail
	for _, leaveOut := range []func(){
		func() { m.Alerted = nil }, func() { m.Alert, m.Notices = "", nil }, func() { m.Searches = nil },
		func() { m.Ports = "" },
		func() { m = Meta{} }, // no ID from Slack is that long
	} {
		if len(b) <= render.MaxMetadata {
			break
		}
		leaveOut()
		b, _ = json.Marshal(m)
	}
	return string(b)
}

// ReadMeta reads what String wrote; ok is false for anything else.
func ReadMeta(s string) (Meta, bool) {
	var m Meta
	if json.Unmarshal([]byte(s), &m) != nil || m.Channel == "" && !m.NoChannel {
		return Meta{}, false
	}
	return m, true
}

// GlassFields are the fields of the form for break-glass.
func GlassFields() []commands.Field {
	return []commands.Field{
		{Key: intake.FieldWhy, Kind: commands.FieldMultiline, Label: "Why can this not wait?",
			Hint: "At least 20 characters. Everyone who is told reads it.", Required: true, MaxLength: 300},
		{Key: intake.FieldIncident, Kind: commands.FieldText, Label: "Incident", Placeholder: "inc-1234",
			Required: true, MaxLength: 100},
		{Key: intake.FieldResponsible, Kind: commands.FieldCheck, Label: "Responsibility", Required: true,
			Options: []commands.Option{{Value: "true", Label: "I looked at the preview and take responsibility."}}},
	}
}

// Glass is the form for break-glass: a plain one that opens before
// anything is looked up, or with the words of warning.
func Glass(m Meta, warning string) slack.ModalViewRequest {
	v := Modal(render.ViewGlass, GlassTitle, formClose)
	v.Submit, v.PrivateMetadata = render.PlainText("Add without approval", MaxViewTitle), m.String()
	v.Blocks.BlockSet = render.Blocks(append([]slack.Block{Alert(warning, slack.AlertLevelWarning)},
		inputs(GlassFields())...)...)
	return v
}

// Confirm is a box that must be ticked before a view is sent. Slack's client sees
// to it; another key gives a box that is not ticked yet.
func Confirm(key, label, words string) *slack.InputBlock {
	return fieldBlock(commands.Field{Key: key, Kind: commands.FieldCheck, Label: label, Required: true,
		Options: []commands.Option{{Value: "true", Label: words}}}, State{})
}

func inputs(fields []commands.Field) []slack.Block {
	list := make([]slack.Block, len(fields))
	for i, f := range fields {
		list[i] = fieldBlock(f, State{})
	}
	return list
}

// GlassWarning is the alert on top: names are plain, since there are no
// mentions in it.
func GlassWarning(people string, used, limit int, window time.Duration) string {
	switch {
	case limit < 1:
		return fmt.Sprintf(GlassAlertOff, people)
	case window == 7*24*time.Hour:
		return fmt.Sprintf(glassAlert, people, used, limit, "this week")
	}
	return fmt.Sprintf(glassAlert, people, used, limit, fmt.Sprintf("in %s", render.Window(window)))
}

// JoinNames is "Bo, Chen and Dee".
func JoinNames(list []string) string {
	if len(list) < 2 {
		return strings.Join(list, "")
	}
	return strings.Join(list[:len(list)-1], ", ") + render.GlassAnd + list[len(list)-1]
}
