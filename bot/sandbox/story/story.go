// Package story plays stories in the sandbox: it acts as a person would, waits until
// that person sees what the story promises, and tells what happened on the way.
//
// It knows nothing of the bot behind the stand-ins; the words of a story are its
// author's. It starts no goroutine.
package story

import (
	"fmt"
	"time"

	"lbbot/bot/sandbox/control"
)

// Story is what one person does in one channel.
type Story struct {
	Name  string // one word or two with a hyphen
	Title string // what a person calls it
	About string // one sentence
	Try   string // one sentence: what a reader does to play it by hand
	As    string // id of the person
	In    string // id of the channel
	Steps []Step
	// Backends is how many backends there are more at the end than at the start.
	Backends int
	// Calls are the exact numbers of calls that change something, by action.
	Calls map[string]int
	// End is one sentence that is true if the story ended as it should.
	End string
}

// Step is one act, of which at most one is given, and what is seen after it. The story
// goes on when all of that is seen.
type Step struct {
	Type  string          // a command with its arguments
	Press string          // the label of a button, in the open form or else in the newest message that has it
	Fill  []Field         // into the open form, before it is sent by Press
	Fault control.Setting // a fault to set

	Private string // a text of a message to the person alone
	Public  string // a text of a message that everybody sees
	Form    string // the title of the form that is open
	Error   string // an error at a field of the form
}

// Field is a field of a form by its label.
type Field struct{ Label, Value string }

// Line is one line of a transcript.
type Line struct {
	At   time.Duration // since the start of the story
	Who  string
	Text string
}

// Wrong says which step of a story failed.
type Wrong struct {
	Story, Step, Expected, Seen string
}

func (w *Wrong) Error() string {
	return fmt.Sprintf("the story %q failed: after %s, expected %s; seen: %s", w.Story, w.Step,
		w.Expected, w.Seen)
}

// act is what a step does, in words; empty if it only waits.
func (s Step) act() string {
	switch {
	case s.Type != "":
		return "types " + s.Type
	case s.Press != "" && len(s.Fill) > 0:
		words := "fills in "
		for i, f := range s.Fill {
			if i > 0 {
				words += ", "
			}
			words += f.Label + ": " + f.Value
		}
		return words + "; presses " + s.Press
	case s.Press != "":
		return "presses " + s.Press
	case s.Fault.Fault != "":
		return "a fault is set: " + s.Fault.Fault
	}
	return ""
}
