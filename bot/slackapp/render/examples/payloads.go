package examples

import (
	"bytes"
	"encoding/json"
	"errors"

	"github.com/slack-go/slack"

	"lbbot/bot/slackapp/render"
)

// Payload is what goes to Slack.
type Payload struct {
	Kind PayloadKind
	JSON json.RawMessage
}

// PayloadKind says which rules Slack has for a payload.
type PayloadKind string

// The kinds of payloads. The names of views start with view_, those of options with options_.
const (
	PayloadMessage PayloadKind = "message"
	PayloadView    PayloadKind = "view"
	PayloadOptions PayloadKind = "options" // the answer to a question for the options of a list
)

// Payloads has every message, view and list of options, with the longest names and with Chinese ones.
func Payloads() (map[string]Payload, error) {
	all := map[string]Payload{}
	for edition, n := range map[string]Names{"longest": Longest(), "chinese": Chinese()} {
		add := func(kind PayloadKind, name string, v any) error {
			raw, err := Encode(v)
			all[name+"."+edition] = Payload{Kind: kind, JSON: raw}
			return err
		}
		var errs []error
		for name, m := range Messages(n) {
			errs = append(errs, add(PayloadMessage, name, wire(m)))
		}
		for name, v := range Views(n) {
			errs = append(errs, add(PayloadView, "view_"+name, v))
		}
		for name, v := range Homes(n) {
			errs = append(errs, add(PayloadView, "view_home_"+name, v))
		}
		for name, v := range Options(n) {
			errs = append(errs, add(PayloadOptions, "options_"+name, v))
		}
		if err := errors.Join(errs...); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// EncodeMessage returns the JSON of a message: text, blocks and metadata.
func EncodeMessage(m render.Message) ([]byte, error) { return Encode(wire(m)) }

// wire is a message as it goes to Slack.
func wire(m render.Message) any {
	return struct {
		Text     string               `json:"text"`
		Blocks   []slack.Block        `json:"blocks,omitempty"`
		Metadata *slack.SlackMetadata `json:"metadata,omitempty"`
	}{m.Text, m.Blocks, m.Metadata}
}

// Encode returns indented JSON, which ends in a line feed, and leaves <, > and & as they are.
func Encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	err := e.Encode(v)
	return b.Bytes(), err
}
