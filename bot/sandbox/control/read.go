package control

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"lbbot/bot/sandbox"
)

// message is a message in answers.
type message struct {
	TS          string          `json:"ts"`
	Thread      string          `json:"thread,omitempty"`
	Replies     int             `json:"replies,omitempty"`
	Channel     string          `json:"channel"`
	User        string          `json:"user"`
	Bot         string          `json:"bot,omitempty"`
	Text        string          `json:"text"`
	Blocks      json.RawMessage `json:"blocks,omitempty"`
	Attachments json.RawMessage `json:"attachments,omitempty"`
	Metadata    json.RawMessage `json:"metadata,omitempty"`
	OnlyFor     string          `json:"only_for,omitempty"` // id of the only reader
	Edited      int             `json:"edited,omitempty"`   // how often
	Notice      string          `json:"notice,omitempty"`   // failure that Slack itself reports
}

func shown(m sandbox.Message) message {
	return message{TS: m.TS, Thread: m.ThreadTS, Replies: m.Replies, Channel: m.ChannelID, User: m.UserID, Bot: m.BotID,
		Text: m.Text, Blocks: m.Blocks, Attachments: m.Attachments, Metadata: m.Metadata, OnlyFor: m.To,
		Edited: m.Edited, Notice: m.Notice}
}

// messages answers what a person sees in a channel, oldest first. With wait, it
// blocks until a message contains the text, and answers 408 if none does.
func (p *Panel) messages(w http.ResponseWriter, r *http.Request) {
	as, channel := r.FormValue("as"), r.FormValue("channel")
	err := p.resolve(&as, &channel)
	var wait time.Duration
	if text := r.FormValue("wait"); text != "" && err == nil {
		if wait, err = time.ParseDuration(text); err != nil || wait < 0 || wait > waitMax {
			err = fmt.Errorf("wait is a time up to %s such as 10s, not %q", waitMax, text)
		}
	}
	switch {
	case err != nil:
	case channel == "":
		err = errors.New("channel is missing: give its id or name, or im for direct messages")
	}
	if err != nil {
		refuse(w, err)
		return
	}
	contains := strings.ToLower(r.FormValue("contains"))
	match := func(m sandbox.Message) bool {
		thread := r.FormValue("thread")
		return (thread == "" || m.ThreadTS == thread || m.TS == thread) &&
			strings.Contains(strings.ToLower(m.Text+string(m.Blocks)+string(m.Attachments)), contains)
	}
	if wait > 0 {
		ctx, cancel := context.WithTimeout(r.Context(), wait)
		defer cancel()
		if _, err := p.slack.WaitMessage(ctx, channel, as, match); err != nil {
			answer(w, http.StatusRequestTimeout,
				map[string]any{"error": fmt.Sprintf("no such message within %s", wait)})
			return
		}
	}
	found := []message{}
	for _, m := range p.slack.Messages(channel, as) {
		if match(m) {
			found = append(found, shown(m))
		}
	}
	answer(w, http.StatusOK, map[string]any{"messages": found})
}

// view is a modal or Home tab in answers.
type view struct {
	View    json.RawMessage   `json:"view"` // as the Web API returns it
	Errors  map[string]string `json:"errors,omitempty"`
	Trouble string            `json:"trouble,omitempty"` // failure that Slack shows in it
}

// views answers the modals that a person has open, the visible one last, and
// their Home tab.
func (p *Panel) views(w http.ResponseWriter, r *http.Request) {
	as, none := r.FormValue("as"), ""
	if err := p.resolve(&as, &none); err != nil {
		refuse(w, err)
		return
	}
	open := []view{}
	for _, v := range p.slack.Views(as) {
		open = append(open, view{v.Raw, v.Errors, v.Trouble})
	}
	all := map[string]any{"modals": open}
	if home, ok := p.slack.Home(as); ok {
		all["home"] = view{home.Raw, home.Errors, home.Trouble}
	}
	answer(w, http.StatusOK, all)
}
