package commands

import (
	"strconv"
	"strings"
)

// Problem is one thing to fix in a command or form.
type Problem struct {
	// Field is the Field.Key it belongs to; empty if it belongs to none, such as an unknown key.
	Field string
	// Given is the part that was typed, such as "ports=80808", shortened and without markup; empty if Text needs no
	// context.
	Given string
	// Text is the sentence for a message: plain text, to be escaped like any other, except that a mistyped key is in
	// *bold* and suggested keys are in `code`. What it quotes is shortened and has no "<", ">", "&" or backquote.
	Text string
	// Form is the sentence for a form's field, if it differs from Text; see OnField.
	Form string
	// Choices are existing things that may have been meant, nearest first, MaxChoices at most. The caller must let a
	// person pick.
	Choices []Choice
}

// Choice is one value that a person can pick for the field of a problem.
type Choice struct {
	// Value is an ID. Label is what a person recognises it by.
	Value, Label string
}

// MaxChoices is the largest number of choices for one problem.
const MaxChoices = 5

// OnField returns the sentence to show under the form field that p belongs to.
func (p Problem) OnField() string {
	if p.Form != "" {
		return p.Form
	}
	return p.Text
}

// InputError holds every problem of a command or form. Parse and BuildRegistration return no other kind of error.
type InputError struct {
	// Problems has at least one entry: first the problems of wording, in the order typed, then those of values, in the
	// order of the fields. A field may have several.
	Problems []Problem
	// Verb is what was asked for; empty is VerbRegister, or no request.
	Verb Verb
	// Corrected is the command with certain corrections made; a value that could not be corrected is key=?, which Parse
	// refuses. Empty if there is nothing worth offering.
	Corrected string
	// Values are the fields without problems, to fill a form with; nil if a form does not help, as for other verbs than
	// adding.
	Values Values
	// Asked is the whole request, problems included, so that a Choice can replace one value; nil if there are no
	// choices.
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

// Count is "1 thing" or "2 things" and so on.
func (e *InputError) Count() string {
	if len(e.Problems) == 1 {
		return "1 thing"
	}
	return strconv.Itoa(len(e.Problems)) + " things"
}
