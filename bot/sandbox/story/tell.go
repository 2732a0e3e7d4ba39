package story

import (
	"fmt"
	"html"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"lbbot/bot/sandbox"
	"lbbot/zenlayer/zenlayertest"
)

// read tells what is new: messages, the open form, and calls to the cloud.
func (r *run) read() {
	if r.told == nil {
		r.told, r.changes = map[string]string{}, map[string]int{}
	}
	r.readCalls()
	for _, m := range r.messages() {
		r.readMessage(m)
	}
	view, open := r.form()
	if open && r.isNew("form", view.ID+view.Title) {
		r.say(r.bot(), "opens the form “"+view.Title+"”")
	}
	if !open {
		delete(r.told, "form")
	}
	for _, field := range slices.Sorted(maps.Keys(view.Errors)) {
		if r.isNew("error "+view.ID+field, view.Errors[field]) {
			r.errors = append(r.errors, view.Errors[field])
			r.say(r.bot(), "in the form: "+view.Errors[field])
		}
	}
}

func (r *run) readMessage(m sandbox.Message) {
	if m.BotID == "" && m.Notice == "" { // what a person wrote was told as it was done
		return
	}
	_, before := r.told[m.TS]
	if !r.isNew(m.TS, m.Text) {
		return
	}
	how := "to all: "
	switch {
	case before:
		how = "edits: "
	case m.Ephemeral:
		how = "to " + r.name(m.To) + " alone: "
	case m.ThreadTS != "":
		how = "in the thread: "
	}
	r.say(r.bot(), how+plain(m.Text))
}

// readCalls tells the calls since the last time that change something. Those that only
// read are counted for the next line.
func (r *run) readCalls() {
	calls := r.Cloud.Calls()
	if len(calls) < r.calls { // the sandbox was reset
		r.calls = 0
	}
	for _, c := range calls[r.calls:] {
		if c.Status == 0 && c.Fault == "" { // it is not answered yet
			return
		}
		r.calls++
		if strings.HasPrefix(c.Action, "Describe") {
			r.reads++
			continue
		}
		r.changes[c.Action]++
		answer := fmt.Sprintf("HTTP %d", c.Status)
		if c.Fault == zenlayertest.AnswerLost {
			answer = "done, but the answer is lost"
		}
		r.say(r.bot(), "calls Zenlayer: "+c.Action+" ("+answer+")")
	}
}

// isNew remembers a value under a key and says whether it is another one than before.
func (r *run) isNew(key, value string) bool {
	old, known := r.told[key]
	r.told[key] = value
	return !known || old != value
}

func (r *run) say(who, text string) {
	if !r.telling {
		return
	}
	at := time.Since(r.began)
	if r.reads > 0 {
		times := map[bool]string{true: "once", false: fmt.Sprintf("%d times", r.reads)}[r.reads == 1]
		r.tell(Line{At: at, Who: r.bot(), Text: "reads from Zenlayer, " + times})
		r.reads = 0
	}
	r.tell(Line{At: at, Who: who, Text: text})
}

func (r *run) bot() string { return r.Slack.Workspace().BotName }

var (
	reference = regexp.MustCompile(`<([^<>|]+)(?:\|([^<>]*))?>`)
	date      = regexp.MustCompile(`<!date\^[^|>]*\|([^>]*)>`)
)

// plain is the text of a message without Slack's markup.
func plain(text string) string {
	text = date.ReplaceAllString(text, "$1")
	text = reference.ReplaceAllStringFunc(text, func(found string) string {
		m := reference.FindStringSubmatch(found)
		if m[2] != "" {
			return m[2]
		}
		return m[1]
	})
	text = strings.NewReplacer("*", "", "`", "", "\n", " ").Replace(text)
	return html.UnescapeString(strings.Join(strings.Fields(text), " "))
}
