package commands

import (
	"slices"
	"strconv"
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

// Why is the first word after whoami that asks for the account of one decision.
const Why = "why"

// ByMe is the value of KeyBy for the person who asks.
const ByMe = "me"

// How far back history goes, in minutes.
const (
	SinceDefault = day
	MaxSince     = 400 * day

	day = 24 * 60
)

// whyFields are what the account of a decision may be asked with. The listener
// is needed; what is left out is asked as an addition would be without it.
func whyFields() []Field {
	var own []Field
	for _, key := range [...]string{KeyListener, KeyServer, KeyPorts, KeyWeight} {
		f := *findField(registerFields[:], key)
		f.Required = key == KeyListener
		own = append(own, f)
	}
	return own
}

// historyFields are what history may be narrowed by, and how it is shown.
func historyFields() []Field {
	listener := *findField(registerFields[:], KeyListener)
	listener.Required = false
	return []Field{
		listener,
		{Key: KeyBy, Aliases: []string{"who"}, Label: "Person", Help: "a person, picked from Slack's suggestions after @, or me", Example: ByMe},
		{Key: KeySince, Aliases: []string{"last"}, Label: "Since", Help: "how far back, such as 30m, 24h or 7d; 400d at most", Example: "24h"},
		{Key: KeyHere, Label: "Here", Help: "only what was asked for in this channel", Flag: true},
		{Key: KeyShare, Label: "Share", Help: "shows it to the channel", Flag: true},
		{Key: KeyTimeline, Label: "Timeline", Help: "sentences with local time and UTC", Flag: true},
	}
}

// BuildWhy checks what an account of a decision is asked with, as
// BuildRegistration does; only the listener is needed.
func BuildWhy(values Values) (Registration, error) {
	b := builder{fields: whyFields(), given: values}
	b.build()
	if err := b.failure(); err != nil {
		err.Corrected, err.Values = "", nil
		return Registration{}, err
	}
	return b.made, nil
}

// parseWhoami reads what stands after whoami: nothing, or why and a listener.
func parseWhoami(rest string) (Command, error) {
	first, rest, _ := strings.Cut(rest, " ")
	switch {
	case first == "":
		return Command{Verb: VerbWhoami}, nil
	case !strings.EqualFold(first, Why):
		return Command{}, refuseWith(Name+" whoami", Problem{
			Given: shown("whoami " + first),
			Text:  "whoami stands alone, or goes on with why and a listener, for example " + Name + " whoami why api-lb/https-443.",
		})
	}
	a := newAsked(whyFields(), rest, KeyListener, KeyServer)
	if a.given[KeyListener] == "" && len(a.problems) == 0 {
		a.problems = append(a.problems, Problem{Field: KeyListener, Text: "Which listener? For example " + Name + " whoami why api-lb/https-443."})
	}
	c := Command{Verb: VerbWhoami, Args: []string{Why}, Values: a.given}
	if len(a.problems) == 0 {
		_, err := BuildWhy(a.given)
		return c, err
	}
	return c, a.failure()
}

// History is what to show of the past.
type History struct {
	// Listener is the zero ListenerRef for all of them.
	Listener ListenerRef
	// By is a Slack user id, ByMe, or empty for everybody.
	By string
	// Since is how far back, in minutes: more than 0, MaxSince at most.
	Since int
	// Here asks for what was asked for in this channel only; Share shows it to
	// the channel; Timeline writes sentences instead of a table.
	Here, Share, Timeline bool
}

// BuildHistory checks what history is asked with. The error is an *InputError
// with every problem.
func BuildHistory(values Values) (History, error) {
	fields := historyFields()
	b := builder{given: values}
	h := History{Since: SinceDefault}
	if v := tidy(KeyListener, values[KeyListener]); v != "" {
		b.setListener(findField(registerFields[:], KeyListener), v)
		h.Listener = b.made.Listener
	}
	if v := bare(strings.TrimSpace(values[KeyBy])); v != "" {
		if strings.EqualFold(v, ByMe) {
			v = ByMe
		}
		h.By = v
		if v != ByMe && !isUserID(v) {
			b.problems = append(b.problems, Problem{Field: KeyBy, Given: shown(KeyBy + "=" + v),
				Text: `Slack did not say who "` + shown(v) + `" is. Type @ and pick the person from Slack's suggestions.`})
		}
	}
	if v := bare(strings.TrimSpace(values[KeySince])); v != "" {
		since, ok := parseSince(v)
		if !ok {
			b.problems = append(b.problems, Problem{Field: KeySince, Given: shown(KeySince + "=" + v),
				Text: "Give a number and m, h, d or w, for example 30m, 24h or 7d; 400d at most."})
		}
		h.Since = since
	}
	for i, into := range []*bool{&h.Here, &h.Share, &h.Timeline} {
		key := []string{KeyHere, KeyShare, KeyTimeline}[i]
		if v, ok := values[key]; ok {
			b.setFlag(findField(fields, key), v, into)
		}
	}
	if len(b.problems) > 0 {
		return History{}, &InputError{Problems: b.problems}
	}
	return h, nil
}

func parseHistory(rest string) (Command, error) {
	a := newAsked(historyFields(), rest, KeyListener)
	c := Command{Verb: VerbHistory, Values: a.given}
	if len(a.problems) > 0 {
		return c, a.failure()
	}
	_, err := BuildHistory(a.given)
	return c, err
}

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

// parseSince reads a number and one of m, h, d and w, as minutes.
func parseSince(s string) (int, bool) {
	s = strings.ToLower(s)
	units := map[byte]int{'m': 1, 'h': 60, 'd': day, 'w': 7 * day}
	if len(s) < 2 || len(s) > 7 {
		return 0, false
	}
	unit, known := units[s[len(s)-1]]
	n, err := strconv.Atoi(s[:len(s)-1])
	if !known || err != nil || !isDigits(s[:len(s)-1]) || n < 1 || n > MaxSince/unit {
		return 0, false
	}
	return n * unit, true
}

// isUserID tells an ID from a name: names are never in capitals.
func isUserID(s string) bool {
	return len(s) > 2 && len(s) <= 32 && (s[0] == 'U' || s[0] == 'W') && strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") == ""
}

// mention is the id in an escaped mention of a person, "" if v is none.
func mention(v string) string {
	inside, ok := strings.CutPrefix(v, "<@")
	inside, closed := strings.CutSuffix(inside, ">")
	id, _, _ := strings.Cut(inside, "|")
	if !ok || !closed || !isUserID(id) {
		return ""
	}
	return id
}
