package page

import (
	"maps"
	"net/http"
	"net/url"
	"strings"
	"time"

	"go.uber.org/zap"

	"lbbot/bot/sandbox"
)

// say sends what stands in the composer: a command or a message.
func (p *site) say(w http.ResponseWriter, r *http.Request) {
	as, channel := r.PostFormValue("as"), r.PostFormValue("channel")
	text := strings.TrimSpace(strings.ReplaceAll(r.PostFormValue("text"), "\r\n", "\n"))
	if text == "" {
		p.answer(w, r, sandbox.Interaction{Failure: "refused: write a command or a message first"})
		return
	}
	if !strings.HasPrefix(text, "/") {
		_, done := p.slack.Say(r.Context(), as, channel, "", text)
		p.answer(w, r, done)
		return
	}
	command, rest, _ := strings.Cut(text, " ")
	done := p.slack.TypeCommand(r.Context(), as, channel, command, strings.TrimSpace(rest))
	if !done.Refused() {
		p.change(func() { p.story.typed(p.person(as)) })
	}
	p.answer(w, r, done)
}

// click presses a button of a message or picks from its menu.
func (p *site) click(w http.ResponseWriter, r *http.Request) {
	as, action := r.PostFormValue("as"), r.PostFormValue("action")
	done := p.slack.Click(r.Context(), as, r.PostFormValue("channel"), r.PostFormValue("ts"), action, r.PostFormValue("selected"))
	if a := p.options.Approver; a.ID != "" && as == a.ID && action == a.Action && !done.Refused() {
		p.change(func() { p.story.Agreed = true })
	}
	p.answer(w, r, done)
}

func (p *site) submitView(w http.ResponseWriter, r *http.Request) {
	as, id := r.PostFormValue("as"), r.PostFormValue("view")
	p.answer(w, r, p.slack.SubmitView(r.Context(), as, id, p.filledIn(r, as, id)))
}

func (p *site) clickInView(w http.ResponseWriter, r *http.Request) {
	as, id := r.PostFormValue("as"), r.PostFormValue("view")
	p.answer(w, r, p.slack.ClickInView(r.Context(), as, id, r.PostFormValue("action"), r.PostFormValue("selected"), p.filledIn(r, as, id)))
}

func (p *site) closeView(w http.ResponseWriter, r *http.Request) {
	whole := r.PostFormValue("whole") == "true"
	p.answer(w, r, p.slack.CloseView(r.Context(), r.PostFormValue("as"), r.PostFormValue("view"), whole))
}

// suggest answers the options of an external menu for what was typed so far.
func (p *site) suggest(w http.ResponseWriter, r *http.Request) {
	as, id := r.PostFormValue("as"), r.PostFormValue("view")
	options, done := p.slack.Suggest(r.Context(), as, id, r.PostFormValue("action"), r.PostFormValue("typed"), p.filledIn(r, as, id))
	if done.Failure != "" {
		options = nil // the person can type the value all the same
	}
	p.render(w, "suggestions", options)
}

// lose makes the cloud lose its next answer.
func (p *site) lose(w http.ResponseWriter, r *http.Request) {
	p.options.Cloud.LoseNextAnswer()
	p.change(func() {})
	p.answer(w, r, sandbox.Interaction{Acked: true})
}

// reset starts everything again and forgets what was seen.
func (p *site) reset(w http.ResponseWriter, r *http.Request) {
	if err := p.options.Reset(r.Context()); err != nil {
		p.options.Log.Error("resetting the sandbox", zap.Error(err))
		p.answer(w, r, sandbox.Interaction{Failure: "refused: the reset did not work; see the log"})
		return
	}
	p.change(func() {
		p.story = story{Reset: true}
		clear(p.notes)
		clear(p.seen)
	})
	w.Header().Set("HX-Redirect", "/")
	p.answer(w, r, sandbox.Interaction{Acked: true})
}

// answer ends an act. What changed reaches the page by its event stream; the
// answer itself says only whether the person was let.
func (p *site) answer(w http.ResponseWriter, r *http.Request, done sandbox.Interaction) {
	as, channel := r.PostFormValue("as"), r.PostFormValue("channel")
	if done.Gone { // the page shows that by itself
		done = sandbox.Interaction{}
	}
	p.change(func() {
		maps.DeleteFunc(p.notes, func(s spot, _ note) bool { return s.person == as })
		if text := notice(done); text != "" {
			p.notes[spot{as, channel}] = note{text, time.Now()}
		}
	})
	status := http.StatusNoContent
	switch {
	case r.Header.Get("HX-Request") != "":
		if done.Refused() {
			status = http.StatusUnprocessableEntity
		}
		w.WriteHeader(status)
	case w.Header().Get("HX-Redirect") != "":
		http.Redirect(w, r, "/", http.StatusSeeOther)
	default:
		back := url.Values{"as": {as}, "channel": {channel}}
		http.Redirect(w, r, "/?"+back.Encode(), http.StatusSeeOther)
	}
}

// notice is what the page says beside the composer about an act that did not
// go through. Failures that Slack tells in a message or in the form are not
// repeated.
func notice(done sandbox.Interaction) string {
	if why, ok := strings.CutPrefix(done.Failure, "refused: "); ok {
		return "That did not work: " + why
	}
	switch done.Failure {
	case "", "connection_trouble":
		return ""
	case "operation_timeout":
		return "The app did not answer in time."
	case "dispatch_failed":
		return "The app could not be reached. Is the bot running?"
	default:
		return "Slack reports: " + done.Failure
	}
}

// filledIn reads a form back: the elements of the view name the fields.
func (p *site) filledIn(r *http.Request, as, viewID string) sandbox.ViewState {
	state := sandbox.ViewState{}
	for _, v := range p.slack.Views(as) {
		if v.ID != viewID {
			continue
		}
		for _, c := range elementsOf(place{Viewer: as, ViewID: viewID}.blocks(v.Blocks)) {
			fillIn(state, c, r.PostForm[c.Name])
		}
	}
	return state
}

// fillIn puts what one form field holds into the state.
func fillIn(state sandbox.ViewState, c control, values []string) {
	var value any
	switch {
	case c.Kind == "checkboxes":
		value = append([]string{}, values...)
	case len(values) > 0:
		value = values[0]
	default:
		return // the browser sent nothing for it
	}
	if state[c.BlockID] == nil {
		state[c.BlockID] = map[string]any{}
	}
	state[c.BlockID][c.ActionID] = value
}

// elementsOf are the fields of a form: every control that holds a value.
func elementsOf(blocks []shownBlock) []control {
	var all []control
	keep := func(c control) {
		switch c.Kind {
		case "button", "overflow", "unknown":
		default:
			all = append(all, c)
		}
	}
	for _, b := range blocks {
		for _, c := range b.Controls {
			keep(c)
		}
		if b.Accessory != nil {
			keep(*b.Accessory)
		}
		if b.Input != nil {
			keep(*b.Input)
		}
	}
	return all
}

// render answers with one template, or 500 if it does not render.
func (p *site) render(w http.ResponseWriter, name string, data any) {
	var out strings.Builder
	if err := p.templates.ExecuteTemplate(&out, name, data); err != nil {
		p.options.Log.Error("rendering the sandbox page", zap.String("template", name), zap.Error(err))
		http.Error(w, "the page could not be drawn; see the log", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write([]byte(out.String())) // the reader is gone if this fails
}
