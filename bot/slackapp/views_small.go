package slackapp

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/slack-go/slack"

	"lbbot/bot/operation/intake"
	"lbbot/commands"
)

func denyField(asker string) commands.Field {
	return commands.Field{Key: commands.KeyReason, Kind: commands.FieldText, Required: true, MaxLength: 300,
		Label: fmt.Sprintf("Why? (%s will see this)", firstOf(clamp(clean(asker), nameLimit), "Who asked"))}
}

// denyView asks why somebody says no.
func denyView(m formMeta, asker string) slack.ModalViewRequest {
	v := modal(viewDeny, denyTitle, formClose)
	v.Submit, v.PrivateMetadata = plainText(buttonDeny, maxViewTitle), clamp(m.String(), maxMetadata)
	field := denyField(asker)
	field.Label = brackets(field.Label)
	v.Blocks.BlockSet = inputs([]commands.Field{field})
	return v
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

// glassFields are what a person says who goes without approval.
func glassFields() []commands.Field {
	return []commands.Field{
		{Key: intake.FieldWhy, Kind: commands.FieldMultiline, Label: "Why can this not wait?",
			Hint: "At least 20 characters. Everybody who is told reads it.", Required: true, MaxLength: 300},
		{Key: intake.FieldIncident, Kind: commands.FieldText, Label: "Incident", Placeholder: "inc-1234",
			Required: true, MaxLength: 100},
		{Key: intake.FieldResponsible, Kind: commands.FieldCheck, Label: "Responsibility", Required: true,
			Options: []commands.Option{{Value: "true", Label: "I looked at the preview and take responsibility."}}},
	}
}

// glassView is the form for break-glass: a plain one that opens before
// anything is looked up, or with the words of warning.
func glassView(m formMeta, warning string) slack.ModalViewRequest {
	v := modal(viewGlass, glassTitle, formClose)
	v.Submit, v.PrivateMetadata = plainText("Add without approval", maxViewTitle), clamp(m.String(), maxMetadata)
	v.Blocks.BlockSet = blocks(append([]slack.Block{alert(warning, slack.AlertLevelWarning)},
		inputs(glassFields())...)...)
	return v
}

func inputs(fields []commands.Field) []slack.Block {
	list := make([]slack.Block, len(fields))
	for i, f := range fields {
		list[i] = fieldBlock(f, formState{})
	}
	return list
}

// glassWarning is the alert on top: names are plain, since there are no
// mentions in it.
func glassWarning(people string, used, limit int, window string) string {
	switch {
	case limit < 1:
		return fmt.Sprintf(glassAlertOff, people)
	case window == "a week":
		return fmt.Sprintf(glassAlert, people, used, limit, "this week")
	}
	return fmt.Sprintf(glassAlert, people, used, limit, fmt.Sprintf("in %s", window))
}

func joinNames(list []string) string {
	if len(list) < 2 {
		return strings.Join(list, "")
	}
	return strings.Join(list[:len(list)-1], ", ") + glassAnd + list[len(list)-1]
}

const (
	glassTitle    = "Break-glass"
	glassAlert    = "This skips approval. %s will be told at once. You have used %d of %d %s."
	glassAlertOff = "This skips approval. %s will be told at once."
	glassAlertAll = "Those who may approve"
)
