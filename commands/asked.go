package commands

import (
	"slices"
	"strings"
)

// Keys of what a person asks to see.
const (
	KeyBy       = "by"
	KeySince    = "since"
	KeyHere     = "here"
	KeyShare    = "share"
	KeyTimeline = "timeline"
)

// asked is what stands after a verb that takes a few of its own fields.
type asked struct {
	fields   []Field
	given    Values
	problems []Problem
}

// newAsked sorts the words of rest. Loose words go to those of the places that
// were not given with their keys, in order.
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
