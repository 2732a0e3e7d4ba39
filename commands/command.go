// Package commands parses and checks what a person asks of the bot: the grammar of /lb-register, its verbs, fields and
// limits, its help, and the sentences for input that it refuses.
//
// Commands and forms are checked by the same code (BuildRegistration). All problems are reported at once. Names and IDs
// are passed on as typed; the caller matches them exactly and never guesses. No text of a person leaves the package as
// Slack markup. Help, form and checks follow from RegisterFields, verbs from Verbs.
//
// Every function is pure: no goroutines, no I/O, no clock, no contexts. The package must not know Slack's SDK, who
// asks, what exists at Zenlayer, or where anything is stored.
package commands

import (
	"strings"
	"unicode/utf8"
)

// Name is the slash command as people type it.
const Name = "/lb-register"

// ShortcutName is what both shortcuts of the app are called. Slack allows 24 characters.
const ShortcutName = "Add to load balancer"

// The callback ids of the shortcuts: the global one, and the one in the menu of each message.
const (
	ShortcutGlobal  = "add_server"
	ShortcutMessage = "add_server_message"
)

// Command is one parsed and checked command.
type Command struct {
	// Verb is never empty when Parse returned no error.
	Verb Verb
	// Args are the words after help; for status and again one request ID, in upper case with its LBR- prefix, or none;
	// for list one text to search by, or none; for whoami empty or Why.
	Args []string
	// Values are the fields given. VerbRegister, VerbRemove and VerbUndo take them to BuildChange, VerbWhoami with Why
	// to BuildWhy, VerbHistory to BuildHistory.
	Values Values
}

// Values are what a person gave, by Field.Key. A flag holds "true". A key that was not given is absent.
type Values map[string]string

// Parse parses what was typed after the command's name, as Slack sends it; the name itself may come first. The error is
// an *InputError with all problems; the Command then holds what was understood.
func Parse(text string) (Command, error) {
	if n := utf8.RuneCountInString(text); n > MaxText {
		return Command{}, refuse(Problem{Text: "Your command is too long. " + tooLong(MaxText, n)})
	}
	if words := unreadable(text); words != "" {
		return Command{}, refuse(Problem{Text: words})
	}
	text = withoutName(strings.TrimSpace(Fold(text)))
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

// withoutName removes the command's own name, which comes along when a whole line is pasted.
func withoutName(text string) string {
	for {
		rest, ok := strings.CutPrefix(text, Name)
		if !ok || rest != "" && rest[0] != ' ' {
			return text
		}
		text = strings.TrimLeft(rest, " ")
	}
}

// arguments splits the words after a verb and undoes Slack's escapes.
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
