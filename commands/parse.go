package commands

import (
	"slices"
	"strconv"
	"strings"
)

// parseAdd parses what follows add or register.
func parseAdd(rest string) (Command, error) {
	if rest == "" {
		return Command{Verb: VerbForm}, nil
	}
	return parseRegister(rest)
}

// parseRegister parses a folded text: listener, server, pairs and flags.
func parseRegister(text string) (Command, error) {
	p := parser{builder: builder{fields: registerFields[:], given: Values{}}, places: []string{KeyListener, KeyServer}}
	p.sort((&scanner{text: text, fields: p.fields}).words())
	if near, ok := p.mistypedVerb(); ok {
		return Command{Verb: VerbRegister}, refuse(near)
	}
	p.place()
	p.build()
	if err := p.failure(); err != nil {
		return Command{Verb: VerbRegister, Values: err.Values}, err
	}
	return Command{Verb: VerbRegister, Values: p.given}, nil
}

// parseFields parses the arguments of a verb that takes fields of its own. Words without a key fill the places.
func parseFields(fields []Field, rest string, places ...string) (Values, []Problem) {
	p := parser{builder: builder{fields: fields, given: Values{}}, places: places}
	p.read(rest)
	return p.given, p.problems
}

// read fills the places with the words without a key, and refuses those left over.
func (p *parser) read(rest string) {
	p.sort((&scanner{text: rest, fields: p.fields}).words())
	for _, w := range p.fill(p.loose) {
		p.unsure = true
		p.problem(w, `"`+shown(w.value)+`" is left over. The keys are `+keyNames(p.fields)+".")
	}
}

// parser assigns words to fields and lets the builder check the values.
type parser struct {
	builder
	// all holds every value of a key that was given more than once.
	all map[string][]string
	// loose are the words without a key, places the keys that they are for.
	loose  []word
	places []string
}

// sort separates pairs, flags and loose words.
func (p *parser) sort(words []word) {
	for _, w := range words {
		switch {
		case w.open:
			p.refuseUnclosed(w)
		case w.key == "":
			p.loose = append(p.loose, w)
		case w.missing && w.field != nil:
			p.problem(w, w.field.Key+" needs a value, for example "+w.field.Key+"="+quote(w.field.Example)+".")
			p.fix(w.field.Key, unknown)
		case w.field == nil:
			p.unknownKey(w)
		default:
			p.give(w.field.Key, w.value)
		}
	}
	p.refuseRepeated()
}

// problem adds a problem with a word.
func (p *parser) problem(w word, text string) {
	p.problems = append(p.problems, Problem{Field: fieldKey(w.field), Given: shown(w.given), Text: text})
}

// give stores a value, and all values of a key that is given again.
func (p *parser) give(key, value string) {
	before, had := p.given[key]
	if !had {
		p.given[key] = value
		return
	}
	if p.all == nil {
		p.all = make(map[string][]string)
	}
	if p.all[key] == nil {
		p.all[key] = []string{before}
	}
	p.all[key] = append(p.all[key], value)
}

// refuseRepeated refuses keys that were given more than once, except flags.
func (p *parser) refuseRepeated() {
	if len(p.all) == 0 {
		return
	}
	for _, f := range p.fields {
		values := p.all[f.Key]
		first := p.given[f.Key]
		same := !slices.ContainsFunc(values, func(v string) bool { return v != first })
		if len(values) == 0 || f.Flag && same {
			continue
		}
		often := "twice"
		if len(values) > 2 {
			often = strconv.Itoa(len(values)) + " times"
		}
		quoted := make([]string, len(values))
		for i, v := range values {
			quoted[i] = shown(v)
		}
		text := "You gave " + f.Key + " " + often + " (" + inWords(quoted) + "). Keep one."
		p.problems = append(p.problems, Problem{Field: f.Key, Text: text})
		if !same || p.invalid(f, first) {
			p.fix(f.Key, unknown)
		} else {
			p.fix(f.Key, normalize(f.Key, first))
		}
		for i, v := range values[1:] {
			if !slices.Contains(values[:i+1], v) {
				p.problems = append(p.problems, p.trial(f, v)...) // build checks the first
			}
		}
	}
}

// inWords joins two words or more with commas and "and".
func inWords(words []string) string {
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " and " + words[last]
}

// refuseUnclosed refuses a quotation mark that is never closed.
func (p *parser) refuseUnclosed(w word) {
	p.problem(w, "A quotation mark is opened and not closed. Put one at the end of the value.")
	if w.field != nil {
		p.fix(w.field.Key, unknown)
		return
	}
	if w.key == "" {
		p.loose = append(p.loose, w)
	}
}

// unknownKey refuses a key. If only one field is near, the value goes to that field.
func (p *parser) unknownKey(w word) {
	if sameKey(w.key, "clientToken") || sameKey(w.key, "token") {
		p.problem(w,
			"The client token is made by the bot, one for each request, so that a repeat does no harm. Remove "+
				shown(w.key)+".")
		return
	}
	near, certain := nearKeys(p.fields, w.key)
	text := "I do not know *" + shown(w.key) + "*."
	switch len(near) {
	case 0:
		text += " The keys are " + keyNames(p.fields) + "."
	case 1:
		text += " Did you mean `" + near[0] + "`?"
		p.giveToNearest(near[0], w, certain)
	default:
		text += " Did you mean `" + near[0] + "` or `" + near[1] + "`?"
	}
	p.problem(w, text)
}

// giveToNearest gives a value to the key that was probably meant, unless that key was given too.
func (p *parser) giveToNearest(key string, w word, certain bool) {
	f := findField(p.fields, key)
	if _, given := p.given[key]; !certain || given && !f.Flag {
		p.fix(key, unknown) // the value given is checked all the same
		return
	}
	value := w.value
	if w.missing || f.Flag && value == "" {
		value = "true"
	}
	if !f.Flag && value == "true" && w.value == "" {
		p.fix(key, unknown)
		return
	}
	p.given[key] = value
}

// nearKeys returns the keys nearest to a mistyped one. certain means that only one mistake was made, so that it can be
// corrected.
func nearKeys(fields []Field, typed string) (near []string, certain bool) {
	best := 1 // in a short word, two mistakes make another word
	if len(typed) > 5 {
		best = 2
	}
	typed = strings.ToLower(typed)
	consider := func(f Field, name string) {
		if len(name) < 3 && name != f.Key {
			return // one letter is near to everything
		}
		d := distance([]rune(typed), []rune(strings.ToLower(name)))
		if d > best || d >= len(name) {
			return
		}
		if d < best {
			near, best = nil, d
		}
		if !slices.Contains(near, f.Key) {
			near = append(near, f.Key)
		}
	}
	for _, f := range fields {
		consider(f, f.Key)
		for _, alias := range f.Aliases {
			consider(f, alias)
		}
	}
	return near, best <= 1
}

func keyNames(fields []Field) string {
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.Key
	}
	return inWords(names)
}
