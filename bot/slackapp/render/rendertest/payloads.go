package rendertest

import (
	"bytes"
	"encoding/json"

	"github.com/slack-go/slack"

	"lbbot/bot/slackapp/render"
)

// Payload is a message or a view as it goes to Slack.
type Payload struct {
	View bool // else a message
	JSON json.RawMessage
}

// Payloads has every message and every view, with the longest names and with Chinese ones. The names of
// views start with view_.
func Payloads() (map[string]Payload, error) {
	all := map[string]Payload{}
	for edition, n := range map[string]Names{"longest": Longest(), "chinese": Chinese()} {
		for name, m := range Messages(n) {
			raw, err := EncodeMessage(m)
			if err != nil {
				return nil, err
			}
			all[name+"."+edition] = Payload{JSON: raw}
		}
		for name, v := range Views(n) {
			raw, err := Encode(v)
			if err != nil {
				return nil, err
			}
			all["view_"+name+"."+edition] = Payload{View: true, JSON: raw}
		}
	}
	return all, nil
}

// EncodeMessage returns the JSON of a message: text, blocks and metadata.
func EncodeMessage(m render.Message) ([]byte, error) {
	return Encode(struct {
		Text     string               `json:"text"`
		Blocks   []slack.Block        `json:"blocks,omitempty"`
		Metadata *slack.SlackMetadata `json:"metadata,omitempty"`
	}{m.Text, m.Blocks, m.Metadata})
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
