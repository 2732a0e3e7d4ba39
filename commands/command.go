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

// Verb says which of the things a person may ask was asked.
type Verb string

// The verbs of this version. VerbForm is /lb-register with nothing after it.
const (
	VerbForm     Verb = "form"
	VerbRegister Verb = "register"
	VerbHelp     Verb = "help"
	VerbStatus   Verb = "status"
	VerbWhoami   Verb = "whoami"
)

// Name is the slash command as people type it.
const Name = "/lb-register"

// Command is one thing asked, understood and checked.
type Command struct {
	// Verb is never empty when Parse returned no error.
	Verb Verb
	// Args are the words after help, status and whoami; status has exactly
	// one, a request ID in upper case with its LBR- prefix.
	Args []string
	// Values are what was given, for VerbRegister; BuildRegistration takes
	// them.
	Values Values
}

// Values are what a person gave, by Field.Key; flags hold "true". A key that
// was not given is absent.
type Values map[string]string

// VerbInfo describes one verb, for help.
type VerbInfo struct {
	Verb Verb
	// Usage is what to type after /lb-register; empty for the form.
	Usage string
	// Summary is one sentence without a full stop.
	Summary string
	// Examples are whole commands that Parse accepts.
	Examples []string
}
