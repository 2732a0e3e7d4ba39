package page

import (
	"encoding/json"
	"html/template"
)

// shownAttachment is an attachment for the templates.
type shownAttachment struct {
	Tone    string // "good", "warning", "danger" or empty
	Pretext template.HTML
	Title   string
	Link    string // of the title, checked
	Text    template.HTML
	Fields  []shownField
	Footer  string
	Blocks  []shownBlock
}

type shownField struct {
	Title string
	Value template.HTML
}

// attachments prepares the attachments of a message, which alerts and older apps
// use (docs.slack.dev/legacy/legacy-messaging/legacy-secondary-message-attachments).
func (p place) attachments(raw json.RawMessage) []shownAttachment {
	var list []struct {
		Color, Pretext, Title, Text, Footer string
		TitleLink                           string `json:"title_link"`
		Fields                              []struct{ Title, Value string }
		Blocks                              json.RawMessage
	}
	_ = json.Unmarshal(raw, &list) // the stand-in has checked them
	shown := make([]shownAttachment, 0, len(list))
	for _, a := range list {
		s := shownAttachment{Pretext: p.names.mrkdwn(a.Pretext), Title: a.Title, Link: webURL(a.TitleLink),
			Text: p.names.mrkdwn(a.Text), Footer: a.Footer, Blocks: p.blocks(a.Blocks),
			Tone: oneOfList(a.Color, "", "good", "warning", "danger")}
		for _, f := range a.Fields {
			s.Fields = append(s.Fields, shownField{f.Title, p.names.mrkdwn(f.Value)})
		}
		shown = append(shown, s)
	}
	return shown
}
