package page

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.uber.org/zap"

	"lbbot/bot/sandbox"
	"lbbot/bot/sandbox/story"
)

// tour is how far the reader has come in the stories.
type tour struct {
	at      int             // the story that is shown
	done    map[string]bool // stories that were shown to their end, by name
	playing string          // the story that is playing; empty: none
	said    string          // its last line, or why the story failed
	typed   bool            // a command was sent, by hand or by a story
}

// shownTour is the line above the page.
type shownTour struct {
	Number, Of int
	Title      string
	Text       string
	Try, Show  string // the links; empty while a story plays
	Done       bool
	Wrong      bool
	Back, Next string // values of the buttons; empty: none
}

// show is the tour's line. It returns nil if there is no tour.
func (t tour) show(stories []story.Story) *shownTour {
	if len(stories) == 0 {
		return nil
	}
	s := stories[t.at]
	out := &shownTour{Number: t.at + 1, Of: len(stories), Title: s.Title, Text: s.About + " " + s.Try,
		Done: t.done[s.Name], Try: link(s, "try"), Show: link(s, "play")}
	switch {
	case t.playing != "":
		out.Text, out.Try, out.Show = t.said, "", ""
		return out
	case t.said != "":
		out.Text, out.Wrong = t.said, !out.Done
	}
	if t.at > 0 {
		out.Back = strconv.Itoa(t.at - 1)
	}
	if t.at+1 < len(stories) {
		out.Next = strconv.Itoa(t.at + 1)
	}
	return out
}

// link leads to the person and the channel of a story, where page.js does what the
// parameter says.
func link(s story.Story, parameter string) string {
	return "/?" + url.Values{"as": {s.As}, "channel": {s.In}, parameter: {s.Name}}.Encode()
}

// typedIn is the command that the composer holds when the page opens: the first one of
// the story that the reader tries, or the first story's in the first channel until a
// command was sent.
func (t tour) typedIn(stories []story.Story, try, person, channel string) string {
	for i, s := range stories {
		if s.Name != try && (i > 0 || t.typed || s.As != person || s.In != channel) {
			continue
		}
		return first(s)
	}
	return ""
}

// first is the first command of a story; empty if it has none.
func first(s story.Story) string {
	for _, step := range s.Steps {
		if step.Type != "" {
			return step.Type
		}
	}
	return ""
}

// commandOf is the command that the stories are about.
func commandOf(stories []story.Story) string {
	for _, s := range stories {
		if name, _, _ := strings.Cut(first(s), " "); name != "" {
			return name
		}
	}
	return ""
}

// turn shows another story.
func (p *site) turn(w http.ResponseWriter, r *http.Request) {
	at, err := strconv.Atoi(r.PostFormValue("to"))
	if err != nil || at < 0 || at >= len(p.options.Stories) {
		p.answer(w, r, sandbox.Interaction{Failure: "refused: there is no such story"})
		return
	}
	p.change(func() { p.tour.at, p.tour.said = at, "" })
	p.answer(w, r, sandbox.Interaction{Acked: true})
}

// playLimit ends a story that hangs.
const playLimit = 2 * time.Minute

// play plays a story; the page shows what happens. It blocks until the story has ended,
// also if the reader leaves.
func (p *site) play(w http.ResponseWriter, r *http.Request) {
	name := r.PostFormValue("story")
	at := slices.IndexFunc(p.options.Stories, func(s story.Story) bool { return s.Name == name })
	busy := false
	p.change(func() {
		if busy = p.tour.playing != ""; at >= 0 && !busy {
			p.tour.at, p.tour.playing, p.tour.said, p.tour.typed = at, name, "The sandbox is reset.", true
			clear(p.seen)
		}
	})
	if at < 0 || busy {
		why := "there is no such story"
		if busy {
			why = "another story is playing"
		}
		p.answer(w, r, sandbox.Interaction{Failure: "refused: " + why})
		return
	}
	s := p.options.Stories[at]
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), playLimit)
	defer cancel()
	err := p.options.Play(ctx, s, func(l story.Line) {
		p.change(func() { p.tour.said = cmp.Or(l.Who, "The end") + ": " + l.Text })
	})
	p.change(func() {
		p.tour.playing, p.tour.done[name] = "", err == nil
		if p.tour.said = s.End; err != nil {
			p.tour.said = err.Error()
			p.options.Log.Warn("a story of the tour failed", zap.Error(err))
		}
	})
	p.answer(w, r, sandbox.Interaction{Acked: true})
}
