package commands

import (
	"slices"
	"strings"
)

// Keys of history's fields, besides KeyListener.
const (
	KeyBy       = "by"
	KeySince    = "since"
	KeyHere     = "here"
	KeyShare    = "share"
	KeyTimeline = "timeline"
)

// asked holds the arguments of a verb that takes fields of its own.
type asked struct {
	fields   []Field
	given    Values
	problems []Problem
}

// newAsked parses rest. Words without a key fill the given places in order, except places that were given by key.
func newAsked(fields []Field, rest string, places ...string) asked {
	a := asked{fields: fields, given: Values{}}
	var loose []word
	for _, w := range (&scanner{text: strings.TrimSpace(rest), fields: fields}).words() {
		switch {
		case w.open:
			a.problem(w, "A quotation mark is opened and not closed. Put one at the end of the value.")
		case w.key == "":
			loose = append(loose, w)
		case w.field == nil:
			a.problem(w, "I do not know *"+shown(w.key)+"*. The keys are "+keyNames(fields)+".")
		case w.missing || w.value == "":
			a.problem(w, w.field.Key+" needs a value.")
		case a.given[w.field.Key] != "" && a.given[w.field.Key] != w.value:
			a.problem(w, "You gave "+w.field.Key+" twice. Keep one.")
		default:
			a.given[w.field.Key] = w.value
		}
	}
	places = slices.DeleteFunc(places, func(key string) bool { return a.given[key] != "" })
	for i, w := range loose {
		if i >= len(places) {
			a.problem(w, `"`+shown(w.value)+`" is left over. The keys are `+keyNames(fields)+".")
			continue
		}
		a.given[places[i]] = w.value
	}
	return a
}

func (a *asked) problem(w word, text string) {
	a.problems = append(a.problems, Problem{Field: fieldKey(w.field), Given: shown(w.given), Text: text})
}

func (a *asked) failure() error {
	return &InputError{Problems: a.problems}
}
