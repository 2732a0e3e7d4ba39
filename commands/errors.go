package commands

import (
	"strconv"
	"strings"
)

// Problem is one thing to fix in what a person gave.
type Problem struct {
	// Field is the Field.Key it belongs to; empty when it belongs to none, as
	// an unknown key does.
	Field string
	// Given is the part that was typed, such as "ports=80808"; empty when the
	// sentence stands for itself. Shortened and without markup.
	Given string
	// Text is the sentence to show in a message. It is plain text, to be
	// escaped like any other, but for a mistyped key in *bold* and suggested
	// keys in `code`. What it quotes from a person is shortened and has none
	// of "<", ">", "&" and backquotes.
	Text string
	// Form is the sentence to show under the field of a form, where it
	// differs from Text. OnField returns the right one.
	Form string
	// Choices are things that exist and may have been meant, at most
	// MaxChoices, nearest first. None may be taken before a person picks it.
	Choices []Choice
}

// Choice is one value for the field of a problem.
type Choice struct {
	// Value is an ID, Label what a person tells it by.
	Value, Label string
}

// MaxChoices is how many a person is offered at once.
const MaxChoices = 5

// OnField returns the words to show under the form field p belongs to.
func (p Problem) OnField() string {
	if p.Form != "" {
		return p.Form
	}
	return p.Text
}

// InputError says everything that keeps a command or form from being taken.
// Parse and BuildRegistration return no other kind of error.
type InputError struct {
	// Problems has at least one entry: first those of the wording, in the
	// order typed, then those of the values, in the order of the fields. A
	// field may have several.
	Problems []Problem
	// Corrected is the command with what could be corrected for certain; what
	// could not stands as key=? and is refused again. Empty when there is
	// nothing worth offering.
	Corrected string
	// Values are those understood and free of problems, to fill a form with;
	// nil where a form is no help, as for other verbs than adding.
	Values Values
	// Asked is the whole request, problems included, for a Choice to be put
	// in its place; nil when there are no choices.
	Asked Values
}

// Error lists the problems on one line, for logs.
func (e *InputError) Error() string {
	texts := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		texts[i] = p.Text
		if p.Given != "" {
			texts[i] = p.Given + ": " + p.Text
		}
	}
	return "not sent: " + strings.Join(texts, "; ")
}

// Summary is the one-line text of the card that shows e.
func (e *InputError) Summary() string {
	return "Not sent: " + e.Count() + " to fix in your command."
}

// Count is "1 thing" or "2 things" and so on.
func (e *InputError) Count() string {
	if len(e.Problems) == 1 {
		return "1 thing"
	}
	return strconv.Itoa(len(e.Problems)) + " things"
}
