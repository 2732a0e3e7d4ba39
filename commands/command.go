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

// Verb says which of the things a person may ask was asked.
type Verb string

// The verbs of this version. VerbForm is /lb-register with nothing after it.
const (
	VerbForm     Verb = "form"
	VerbRegister Verb = "register"
	VerbHelp     Verb = "help"
	VerbStatus   Verb = "status"
	VerbWhoami   Verb = "whoami"
	VerbHistory  Verb = "history"
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

// VerbInfo describes one verb, for help.
type VerbInfo struct {
	Verb Verb
	// Usage is what to type after the command's name; empty for the form.
	Usage string
	// Summary is one sentence without a full stop.
	Summary string
	// Examples are whole commands that Parse accepts.
	Examples []string
}

// Verbs returns what this version offers, in the order of help.
func Verbs() []VerbInfo {
	return []VerbInfo{
		{VerbRegister, "[listener] [server] [key=value ...]", "adds a server to a listener of a load balancer", []string{
			Name + " api-lb/https-443 web-07",
			Name + ` listener=api-lb:443 server=10.0.3.17 ports=8443 weight=20 reason="inc-1234 add capacity"`,
			Name + " lst-8f2c i-55a1 ports=8080,8081 weight=50 dry-run",
		}},
		{VerbForm, "", "opens the form", []string{Name}},
		{VerbStatus, "status LBR-...", "shows how far one request is", []string{Name + " status LBR-7F3KQ2"}},
		{VerbHistory, "history [listener] [by=@...] [since=24h] [here] [share] [timeline]", "shows what was done, as far as you may see it", []string{
			Name + " history", Name + " history api-lb/https-443 since=7d", Name + " history by=me here", Name + " history here timeline share",
		}},
		{VerbWhoami, "whoami [why listener]", "shows who you are to me: your ID and groups, ready for the policy; with why, one decision step by step", []string{
			Name + " whoami", Name + " whoami why api-lb/https-443", Name + " whoami why api-lb:443 web-07 weight=20 ports=8443",
		}},
		{VerbHelp, "help [all | errors | word]", "shows help: all keys, the error codes, or one topic", []string{
			Name + " help", Name + " help all", Name + " help errors", Name + " help weight",
		}},
	}
}

// UsageHint is what Slack shows while the command is being typed.
const UsageHint = "[listener] [server] [key=value …] or nothing for a form"

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
	switch verb := strings.ToLower(first); verb {
	case "help", "--help", "-help", "-h":
		return Command{Verb: VerbHelp, Args: arguments(rest)}, nil
	case "?":
		if rest == "" {
			return Command{Verb: VerbHelp}, nil
		}
	case "whoami":
		return parseWhoami(strings.TrimSpace(rest))
	case "history":
		return parseHistory(rest)
	case "status":
		return parseStatus(arguments(rest))
	case "add", "register":
		text = rest // what it does anyway
		if rest == "" {
			return Command{Verb: VerbForm}, nil
		}
	default:
		if words := notYet(verb); words != "" {
			return Command{}, refuse(Problem{Given: shown(text), Text: words + " " + canDo + " For a listener of that name write listener=" + verb + "."})
		}
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
		words[i] = bare(plain("", w))
	}
	return words
}

func refuse(p Problem) error {
	return refuseWith("", p)
}

func refuseWith(corrected string, p Problem) error {
	return &InputError{Problems: []Problem{p}, Corrected: corrected}
}
