package commands

import (
	"slices"
	"strings"
)

// Verb names what a person asks for; bot/slackapp has a handler for each.
type Verb string

// The verbs of this version. VerbForm is the command's name with nothing after it.
const (
	VerbRegister Verb = "register"
	VerbForm     Verb = "form"
	VerbRemove   Verb = "remove"
	VerbUndo     Verb = "undo"
	VerbAgain    Verb = "again"
	VerbStatus   Verb = "status"
	VerbList     Verb = "list"
	VerbHistory  Verb = "history"
	VerbPause    Verb = "pause"
	VerbResume   Verb = "resume"
	VerbDoctor   Verb = "doctor"
	VerbWhoami   Verb = "whoami"
	VerbHelp     Verb = "help"
)

// VerbInfo describes a verb. Parser, help, suggestions, the sandbox page and the tables of the documentation follow
// from it.
type VerbInfo struct {
	Verb Verb
	// Words are the first words, in lower case, that select the verb. Any other first word is the listener of
	// VerbRegister.
	Words []string
	// Usage is what to type after the command's name; empty for the form.
	Usage string
	// Summary is one sentence that starts with a small letter and has no full stop.
	Summary string
	// SeenBy says who sees the answer.
	SeenBy string
	// Examples are whole commands that Parse accepts.
	Examples []string
	// Needs are the rights of people to whom help lists the verb; zero lists it to everybody.
	Needs Rights
}

// Verbs returns the verbs of this version in the order of help.
func Verbs() []VerbInfo { return slices.Clone(verbs) }

// verbs is a table that nothing changes. Building it for each command would take a fifth of the time of parsing.
var verbs = slices.Concat(verbsThatChange(), verbsOfOwners(), verbsThatRead())

// verbsThatChange lead to a request.
func verbsThatChange() []VerbInfo {
	return []VerbInfo{
		{
			Verb: VerbRegister, Words: []string{"add", "register"}, Usage: "[listener] [server] [key=value ...]",
			Summary: "shows a preview and, once you confirm it, adds the server to the listener",
			SeenBy:  "preview: you; result: the channel",
			Examples: []string{
				Name + " api-lb/https-443 web-07",
				Name + ` listener=api-lb:443 server=10.0.3.17 ports=8443 weight=20 reason="inc-1234 add capacity"`,
				Name + " lst-8f2c i-55a1 ports=8080,8081 weight=50 dry-run",
			},
			Needs: RightsRegister,
		},
		{
			Verb: VerbForm, Summary: "opens the form", SeenBy: "you", Examples: []string{Name}, Needs: RightsRegister,
		},
		{
			Verb: VerbAgain, Words: []string{"again", "repeat", "retry"}, Usage: "again [LBR-...]",
			Summary: "opens the form with the values of your last addition in this channel, or of the request you name",
			SeenBy:  "you", Examples: []string{Name + " again", Name + " again " + exampleRef},
			Needs: RightsRegister,
		},
		{
			Verb: VerbUndo, Words: []string{"undo", "rollback", "revert"},
			Usage: "undo [LBR-...] [reason=...] [to=...] [dry-run]",
			Summary: "takes back what I added, if it is still as it was left, after a preview; " +
				"without an ID, your last one in this channel",
			SeenBy: "preview: you; result: the channel",
			Examples: []string{Name + " undo " + exampleRef, Name + " undo",
				Name + " undo " + exampleRef + ` reason="wrong listener"`},
			Needs: RightsUndo,
		},
		{
			Verb:    VerbRemove,
			Words:   []string{"remove", "rm", "delete", "del", "deregister", "unregister", "detach"},
			Usage:   "remove [listener] [server] [ports=...] [reason=...] [to=...] [dry-run]",
			Summary: "takes a server off the listener, whoever added it, after a preview",
			SeenBy:  "preview: you; result: the channel",
			Examples: []string{
				Name + " remove api-lb/https-443 web-07", Name + " remove web-07 from api-lb:443",
				Name + ` remove api-lb:443 be-20d1 reason="inc-1234 disk full"`,
				Name + " remove api-lb:443 10.0.3.17 ports=8443 dry-run",
			},
			Needs: RightsRemove,
		},
	}
}

// verbsThatRead change nothing.
func verbsThatRead() []VerbInfo {
	return []VerbInfo{
		{
			Verb: VerbStatus, Words: []string{"status"}, Usage: "status [LBR-...]",
			Summary: "shows how far one request is; without an ID, the open requests of this channel and your own",
			SeenBy:  "you", Examples: []string{Name + " status", Name + " status LBR-7F3KQ2"},
		},
		{
			Verb: VerbList, Words: []string{"list", "ls", "show", "get", "find", "search"}, Usage: "list [listener]",
			Summary: "shows the listeners that you may change; for one listener, the servers on it", SeenBy: "you",
			Examples: []string{Name + " list", Name + " list api", Name + " list api-lb/https-443"},
		},
		{
			Verb: VerbHistory, Words: []string{"history"},
			Usage:   "history [listener] [by=@...] [since=24h] [here] [timeline] [share]",
			Summary: "shows what was done, as far as you may see it", SeenBy: "you; with share, the channel",
			Examples: []string{
				Name + " history", Name + " history api-lb/https-443 since=7d", Name + " history by=me here",
				Name + " history here timeline share",
			},
		},
		{
			Verb: VerbWhoami, Words: []string{"whoami"},
			Usage: "whoami [why listener [server] [ports=...] [weight=...]]",
			Summary: "shows your IDs and groups, and the rules and limits that apply to you; " +
				"with why, explains one decision step by step",
			SeenBy: "you",
			Examples: []string{
				Name + " whoami", Name + " whoami why api-lb/https-443",
				Name + " whoami why api-lb:443 web-07 weight=20 ports=8443",
			},
		},
		{
			Verb: VerbHelp, Words: []string{"help", "--help", "-help", "-h", "?"}, Usage: "help [all | errors | word]",
			Summary: "shows help: all keys, the error codes, or one topic", SeenBy: "you",
			Examples: []string{Name + " help", Name + " help all", Name + " help errors", Name + " help weight"},
		},
	}
}

// UsageHint is what Slack shows while the command is being typed.
func UsageHint() string {
	return strings.ReplaceAll(verbs[0].Usage, "...", "…") + " or nothing for a form"
}

// Completion is a command that a composer can offer while it is typed.
type Completion struct {
	Text  string // the command's name, alone or with a verb
	Usage string // what may follow
	About string // what it does, as VerbInfo.Summary
}

// Completions returns the commands that a composer can offer: the command's name, alone and with each verb.
func Completions() []Completion {
	var all []Completion
	for _, v := range verbs {
		switch v.Verb {
		case VerbForm:
		case VerbRegister:
			all = append(all, Completion{Name, v.Usage, v.Summary})
		default:
			usage := strings.TrimSpace(strings.TrimPrefix(v.Usage, string(v.Verb)))
			all = append(all, Completion{Name + " " + string(v.Verb), usage, v.Summary})
		}
	}
	return all
}

// verbTyped finds the verb of a first word.
func verbTyped(word string) (Verb, bool) {
	word = strings.ToLower(word)
	for i := range verbs {
		if slices.Contains(verbs[i].Words, word) {
			return verbs[i].Verb, true
		}
	}
	return "", false
}

// parse parses what follows a verb.
func (v Verb) parse(rest string) (Command, error) {
	switch v {
	case VerbUndo:
		return parseUndo(rest)
	case VerbRemove:
		return parseRemove(rest)
	case VerbAgain:
		return parseAgain(rest)
	case VerbStatus:
		return parseStatus(rest)
	case VerbList:
		return parseList(rest)
	case VerbHistory:
		return parseHistory(rest)
	case VerbPause:
		return parsePause(rest)
	case VerbResume, VerbDoctor:
		return v.parseAlone(rest)
	case VerbWhoami:
		return parseWhoami(rest)
	case VerbHelp:
		return parseHelp(rest)
	}
	return parseAdd(rest)
}

// verbNames returns the names of those of the verbs that people type.
func verbNames(those func(VerbInfo) bool) []string {
	var names []string
	for _, v := range verbs {
		if v.Verb != VerbRegister && v.Verb != VerbForm && those(v) {
			names = append(names, string(v.Verb))
		}
	}
	return names
}

// isVerb reports whether a first word selects a verb, of this version or not.
func isVerb(word string) bool {
	_, known := verbTyped(word)
	return known || notYet(strings.ToLower(word)) != ""
}

// canDo says what this version can do, for an answer to what it cannot.
func canDo() string {
	shows := verbNames(func(v VerbInfo) bool { return v.Needs == 0 && v.Verb != VerbHelp })
	return "I can add a server, take one off again, and show " + inWords(shows) + ": " + Name + " help."
}

// refuseVerb refuses a verb that this version does not have.
func refuseVerb(verb, reason, text string) error {
	return refuse(Problem{Given: shown(text), Text: reason + " " + canDo() + " For a listener of that name write " +
		KeyListener + "=" + verb + "."})
}

// notYet returns the answer to a verb that this version does not have; "" for any other word.
func notYet(verb string) string {
	switch verb {
	case "drain", "disable":
		return "This version cannot drain: that needs weight 0 or a drain call, and this API has neither. " +
			"Stop its traffic in front, then use " + Name + " remove."
	case "change", "update", "edit", "modify", "set", "enable", "move", "replace":
		return "This version cannot change a server that is on a listener yet. Use the Zenlayer console."
	case "cancel", "stop", "abort":
		return "This version cannot stop a request by command. Press Cancel on its preview or Stop on its card."
	case "approve", "deny", "reject", "confirm":
		return "This version takes no decision by command. Press the button on the request's card."
	case "ping", "version":
		return "This version takes no " + verb + ". People who run the bot see how it is with " + Name + " doctor."
	case "lock", "unlock":
		return "This version cannot lock a listener."
	case "bulk", "export", "import":
		return "This version takes one server at a time. People who run the bot can use lbbot operations export."
	}
	return ""
}
