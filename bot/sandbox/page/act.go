package page

import (
	"encoding/json"
	"maps"
	"net/http"
	"strings"
	"time"

	"go.uber.org/zap"

	"lbbot/bot/sandbox"
	"lbbot/bot/sandbox/blockkit"
	"lbbot/bot/sandbox/control"
)

// say sends the text of the composer, a command or a message.
func (p *site) say(w http.ResponseWriter, r *http.Request) {
	as, channel := r.PostFormValue("as"), r.PostFormValue("channel")
	text := strings.TrimSpace(strings.ReplaceAll(r.PostFormValue("text"), "\r\n", "\n"))
	if text == "" {
		p.answer(w, r, sandbox.Interaction{Failure: "refused: write a command or a message first"})
		return
	}
	if thread := r.PostFormValue("thread"); thread != "" || !strings.HasPrefix(text, "/") {
		_, done := p.slack.Say(r.Context(), as, channel, thread, text)
		p.answer(w, r, done)
		return
	}
	command, rest, _ := strings.Cut(text, " ")
	done := p.slack.TypeCommand(r.Context(), as, channel, command, strings.TrimSpace(rest))
	if !done.Refused() {
		p.change(func() { p.tour.typed = true })
	}
	p.answer(w, r, done)
}

// shortcut uses a shortcut of the app: a message's if the form names a message.
func (p *site) shortcut(w http.ResponseWriter, r *http.Request) {
	as, id, ts := r.PostFormValue("as"), r.PostFormValue("callback"), r.PostFormValue("ts")
	if ts == "" {
		p.answer(w, r, p.slack.UseGlobalShortcut(r.Context(), as, id))
		return
	}
	p.answer(w, r, p.slack.UseMessageShortcut(r.Context(), as, r.PostFormValue("channel"), ts, id))
}

// openHome tells the app that the person has opened its Home.
func (p *site) openHome(w http.ResponseWriter, r *http.Request) {
	p.answer(w, r, p.slack.OpenHome(r.Context(), r.PostFormValue("as")))
}

// click presses a button of a message or picks from its menu.
func (p *site) click(w http.ResponseWriter, r *http.Request) {
	p.answer(w, r, p.slack.Click(r.Context(), r.PostFormValue("as"), r.PostFormValue("channel"),
		r.PostFormValue("ts"), r.PostFormValue("action"), r.PostFormValue("selected")))
}

func (p *site) submitView(w http.ResponseWriter, r *http.Request) {
	as, id := r.PostFormValue("as"), r.PostFormValue("view")
	p.answer(w, r, p.slack.SubmitView(r.Context(), as, id, p.filledIn(r, as, id)))
}

func (p *site) clickInView(w http.ResponseWriter, r *http.Request) {
	as, id := r.PostFormValue("as"), r.PostFormValue("view")
	p.answer(w, r, p.slack.ClickInView(r.Context(), as, id, r.PostFormValue("action"),
		r.PostFormValue("selected"), p.filledIn(r, as, id)))
}

func (p *site) closeView(w http.ResponseWriter, r *http.Request) {
	whole := r.PostFormValue("whole") == "true"
	p.answer(w, r, p.slack.CloseView(r.Context(), r.PostFormValue("as"), r.PostFormValue("view"), whole))
}

// suggest answers the options of an external menu for what was typed so far, or
// 502 if the app did not say which.
func (p *site) suggest(w http.ResponseWriter, r *http.Request) {
	as, id := r.PostFormValue("as"), r.PostFormValue("view")
	options, done := p.slack.Suggest(r.Context(), as, id, r.PostFormValue("action"), r.PostFormValue("typed"),
		p.filledIn(r, as, id))
	if done.Failure != "" {
		http.Error(w, done.Failure, http.StatusBadGateway)
		return
	}
	p.render(w, "suggestions", suggestions(options))
}

func (p *site) lose(w http.ResponseWriter, r *http.Request) {
	done := sandbox.Interaction{Acked: true}
	if err := p.options.Control.SetFault(control.Setting{Fault: control.LostAnswer}); err != nil {
		done.Failure = "refused: " + err.Error()
	}
	p.answer(w, r, done)
}

// fault sets a fault by its name if the form says so, else ends it.
func (p *site) fault(w http.ResponseWriter, r *http.Request) {
	done := sandbox.Interaction{Acked: true}
	name := r.PostFormValue("fault")
	err := error(nil)
	if r.PostFormValue("on") == "true" {
		err = p.options.Control.SetFault(control.Setting{Fault: name})
	} else {
		err = p.options.Control.ClearFault(name)
	}
	if err != nil {
		done.Failure = "refused: " + err.Error()
	}
	p.answer(w, r, done)
}

// switchCloud switches the cloud on if the form says so, else off.
func (p *site) switchCloud(w http.ResponseWriter, r *http.Request) {
	done := sandbox.Interaction{Acked: true}
	if err := p.options.Switch(r.Context(), r.PostFormValue("on") == "true"); err != nil {
		p.options.Log.Error("switching the cloud of the sandbox", zap.Error(err))
		done.Failure = "refused: the cloud could not be switched; see the log"
	}
	p.answer(w, r, done)
}

func (p *site) reset(w http.ResponseWriter, r *http.Request) {
	if err := p.options.Reset(r.Context()); err != nil {
		p.options.Log.Error("resetting the sandbox", zap.Error(err))
		p.answer(w, r, sandbox.Interaction{Failure: "refused: the reset failed; see the log"})
		return
	}
	p.change(func() {
		p.tour = tour{done: map[string]bool{}}
		clear(p.notes)
		clear(p.seen)
	})
	w.Header().Set("HX-Redirect", "/")
	p.answer(w, r, sandbox.Interaction{Acked: true})
}

// answer ends an act. The event stream reports what has changed; the status says
// only whether Slack's client allows the act.
func (p *site) answer(w http.ResponseWriter, r *http.Request, done sandbox.Interaction) {
	as := r.PostFormValue("as")
	at := spot{as, r.PostFormValue("channel"), r.PostFormValue("thread")}
	if done.Gone { // the page shows that by itself
		done = sandbox.Interaction{}
	}
	p.change(func() {
		maps.DeleteFunc(p.notes, func(s spot, _ note) bool { return s.person == as })
		if text := notice(done); text != "" {
			p.notes[at] = note{text, time.Now()}
		}
	})
	status := http.StatusNoContent
	if done.Refused() && len(done.Errors) == 0 { // errors of fields are shown there, and are no failure of the page
		status = http.StatusUnprocessableEntity
	}
	w.WriteHeader(status)
}

// notice is the text above the composer about an act that failed. Failures that
// Slack reports in a message or in the form are not repeated.
func notice(done sandbox.Interaction) string {
	why, refused := strings.CutPrefix(done.Failure, "refused: ")
	switch {
	case refused && len(done.Errors) > 0:
		return "Correct the marked fields."
	case refused:
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
	views := p.slack.Views(as)
	if home, published := p.slack.Home(as); published {
		views = append(views, home)
	}
	for _, v := range views {
		var blocks []any
		if v.ID != viewID || json.Unmarshal(v.Blocks, &blocks) != nil {
			continue
		}
		for _, c := range blockkit.Components(blocks) {
			values, sent := r.PostForm[fieldName(c.BlockID, c.ActionID())]
			isList := c.Element["type"] == "checkboxes" // a browser sends nothing for empty ones
			if !c.HasState() || !sent && !isList {
				continue
			}
			if state[c.BlockID] == nil {
				state[c.BlockID] = map[string]any{}
			}
			if isList {
				state[c.BlockID][c.ActionID()] = append([]string{}, values...)
			} else {
				state[c.BlockID][c.ActionID()] = values[0]
			}
		}
	}
	return state
}

// render answers with one template, or 500 if it does not render.
func (p *site) render(w http.ResponseWriter, name string, data any) {
	var out strings.Builder
	if err := p.templates.ExecuteTemplate(&out, name, data); err != nil {
		p.options.Log.Error("rendering the sandbox page", zap.String("template", name), zap.Error(err))
		http.Error(w, "the page could not be rendered; see the log", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write([]byte(out.String())) // the reader is gone if this fails
}
