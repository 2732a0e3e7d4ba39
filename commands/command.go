// Package commands is what a person may ask of the bot: the words of
// /lb-register, its fields and their rules, its help, and the sentences a
// person reads when something typed cannot be taken.
//
// It promises that text and form meet in one place (BuildRegistration), that
// all problems are named at once, that nothing is guessed (names and ids are
// passed on as typed, to be matched exactly elsewhere), and that no text of a
// person leaves it as Slack markup. Help, form and validation come from one
// list, RegisterFields.
//
// Everything here is a pure function: no goroutines, no input or output, no
// clock, no contexts. It must not know Slack's SDK, who is asking, what exists
// at Zenlayer, or where anything is stored.
package commands

import (
	"strings"
	"unicode/utf8"
)

// Name is the slash command as people type it.
const Name = "/lb-register"

// Command is one thing asked, understood and checked.
type Command struct {
	// Verb is never empty when Parse returned no error.
	Verb Verb
	// Args are the words after help and status, and Why after whoami; status
	// has exactly one, a request ID in upper case with its LBR- prefix.
	Args []string
	// Values are what was given: for VerbRegister, BuildRegistration takes
	// them; for VerbWhoami with Why, BuildWhy; for VerbHistory, BuildHistory.
	Values Values
}

// Values are what a person gave, by Field.Key; flags hold "true". A key that
// was not given is absent.
type Values map[string]string

// Parse reads what was typed after the command's name, as Slack sends it;
// the name itself may stand in front. The error is an *InputError with all
// problems at once; the Command then still has what was understood.
func Parse(text string) (Command, error) {
	if n := utf8.RuneCountInString(text); n > MaxText {
		return Command{}, refuse(Problem{Text: "Your command is too long. " + tooLong(MaxText, n)})
	}
	if words := unreadable(text); words != "" {
		return Command{}, refuse(Problem{Text: words})
	}
	text = withoutName(strings.TrimSpace(fold(text)))
	if text == "" {
		return Command{Verb: VerbForm}, nil
	}
	if LooksLikeToken(text) { // before any part of it is repeated
		return Command{}, refuse(Problem{Text: TokenText})
	}
	first, rest, _ := strings.Cut(text, " ")
	first = unmarked(first)
	if v, ok := verbTyped(first); ok {
		return v.parse(strings.TrimSpace(rest))
	}
	verb := strings.ToLower(first)
	if reason := notYet(verb); reason != "" {
		return Command{}, refuseVerb(verb, reason, text)
	}
	return parseRegister(text)
}

// withoutName takes off the command's own name, which comes along when a
// whole line is pasted.
func withoutName(text string) string {
	for {
		rest, ok := strings.CutPrefix(text, Name)
		if !ok || rest != "" && rest[0] != ' ' {
			return text
		}
		text = strings.TrimLeft(rest, " ")
	}
}

// arguments are the words after a verb, without Slack's escapes.
func arguments(rest string) []string {
	words := strings.Fields(rest)
	for i, w := range words {
		words[i] = trimMarks(unescapeValue("", w))
	}
	return words
}

func refuse(p Problem) error {
	return refuseWith("", p)
}

func refuseWith(corrected string, p Problem) error {
	return &InputError{Problems: []Problem{p}, Corrected: corrected}
}
