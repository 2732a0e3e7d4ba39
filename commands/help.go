package commands

import (
	"slices"
	"strconv"
	"strings"
)

// HelpPage is one page of help.
type HelpPage struct {
	// Title is a heading without markup.
	Title string
	// Lines are plain text, to be escaped like any other. A line that begins
	// with Name is a command that can be copied as it is.
	Lines []string
}

// parseHelp parses what follows help: nothing, or a topic.
func parseHelp(rest string) (Command, error) {
	return Command{Verb: VerbHelp, Args: arguments(rest)}, nil
}

// Rights are what the reader of help may do in their place, as flags. Everybody may read.
type Rights uint8

// Rights are RightsUnknown if they could not be checked, and otherwise have RightsRead.
const (
	RightsUnknown  Rights = 0
	RightsRead     Rights = 1
	RightsRegister        = RightsRead | 1<<1
	RightsUndo            = RightsRead | 1<<2
	RightsRemove          = RightsRead | 1<<3
	RightsPause           = RightsRead | 1<<4
)

// Help returns the page for a topic: "" for the start page, "all" for the keys, "errors" for the error codes, or a key,
// a verb or an error code. For an unknown topic the page says so. Pages list only the verbs that the reader may use and
// say how many others there are. With RightsUnknown they list all, and say so.
func Help(topic string, r Rights) HelpPage {
	topic = strings.TrimSpace(Fold(topic))
	switch strings.ToLower(topic) {
	case "":
		return helpStart(r)
	case "all", "keys":
		return helpAll(r)
	case "errors", "codes":
		return helpErrors()
	}
	if f := findField(registerFields[:], strings.TrimSuffix(topic, "=")); f != nil {
		return helpField(*f)
	}
	for _, v := range verbs {
		if strings.EqualFold(topic, string(v.Verb)) || slices.Contains(v.Words, strings.ToLower(topic)) {
			return helpVerb(v, r)
		}
	}
	if a, ok := Advice(strings.ToUpper(topic)); ok {
		return HelpPage{Title: strings.ToUpper(topic),
			Lines: []string{"What it says: " + a.Means, "What to do: " + a.Do}}
	}
	return helpUnknown(topic)
}

// list reports whether pages list a verb.
func (r Rights) list(v VerbInfo) bool { return r.has(v.Needs) }

func (r Rights) has(needed Rights) bool { return r == RightsUnknown || r&needed == needed }

// all is what help all lists. Somebody who may not register reads no keys.
func (r Rights) all() string {
	if r.has(RightsRegister) {
		return "All keys"
	}
	return "All commands"
}

// helpRights says what a page does not list, or that it could not be checked; nothing if it lists all for good. The
// command and its form are one.
func helpRights(r Rights) []string {
	if r == RightsUnknown {
		return []string{"I could not check which commands you may use, so all of them are listed."}
	}
	hidden := 0
	for _, v := range verbs {
		if v.Verb != VerbForm && !r.list(v) {
			hidden++
		}
	}
	switch hidden {
	case 0:
		return nil
	case 1:
		return []string{"1 more command needs other rights."}
	}
	return []string{strconv.Itoa(hidden) + " more commands need other rights."}
}

// helpStart has at most 12 lines, so that it fits a phone.
func helpStart(r Rights) HelpPage {
	lines := []string{"I add servers to load balancers, take them off, and post the result in the channel."}
	if r.has(RightsRegister) {
		lines = append(lines, Name, "opens the form. Or type it in one line, listener first, then server:")
		lines = append(lines, verbs[0].Examples...)
		lines = append(lines,
			"Names and IDs are never guessed: only exact matches are taken. Ports and weight may be left out.",
			"In a thread, mention me with the same words.")
	}
	if undo := r.takesOff(); len(undo) > 0 {
		lines = append(lines, "To take a server off again: "+strings.Join(undo, " or ")+".")
	}
	lines = append(lines, "How far one request is: "+Name+" status "+exampleRef+". Its ID is on its card.",
		"Who may do what, and why: "+Name+" whoami. What was done: "+Name+" history."+
			" "+r.all()+": "+Name+" help all. Error codes: "+Name+" help errors.")
	return HelpPage{Title: "Add servers to load balancers, and take them off",
		Lines: append(lines, helpRights(r)...)}
}

// takesOff are the ways to take a server off that a reader may use.
func (r Rights) takesOff() (ways []string) {
	if r.has(RightsUndo) {
		ways = append(ways, Name+" undo "+exampleRef)
	}
	if r.has(RightsRemove) {
		ways = append(ways, Name+" remove api-lb/https-443 web-07")
	}
	return ways
}

func helpAll(r Rights) HelpPage {
	var lines []string
	if r.has(RightsRegister) {
		lines = append(lines, "Write key=value; the listener and the server may stand first, without their keys.")
		for _, f := range registerFields {
			lines = append(lines, fieldLine(f))
		}
		lines = append(lines,
			"Put quotes around a value with spaces. Hyphens before a key and capital letters do not matter.")
	}
	for _, v := range verbs {
		if v.Usage != "" && v.Verb != VerbRegister && r.list(v) {
			lines = append(lines, v.Usage+": "+v.Summary+".")
		}
	}
	return HelpPage{Title: r.all(), Lines: append(lines, helpRights(r)...)}
}

func fieldLine(f Field) string {
	line := f.Key
	if len(f.Aliases) > 0 {
		line += " (or " + strings.Join(f.Aliases, ", ") + ")"
	}
	return line + ": " + f.Help + "."
}

func helpErrors() HelpPage {
	lines := []string{"What Zenlayer may answer, what it means and what to do:"}
	for _, k := range knownCodes {
		lines = append(lines, k.code+": "+k.advice.Means+" What to do: "+k.advice.Do)
	}
	return HelpPage{Title: "Error codes", Lines: append(lines, "Other codes are shown as they are.")}
}

func helpField(f Field) HelpPage {
	lines := []string{fieldLine(f)}
	if f.Label != "" && f.InForm {
		lines = append(lines, "In the form: "+f.Label+".")
	}
	return HelpPage{Title: f.Key, Lines: append(lines, exampleOf(f))}
}

// exampleOf returns a whole command that uses the field.
func exampleOf(f Field) string {
	v := Values{KeyListener: "api-lb/https-443", KeyServer: "web-07"}
	v[f.Key] = f.Example
	return commandLine(VerbRegister, v)
}

func helpVerb(v VerbInfo, r Rights) HelpPage {
	page := HelpPage{Title: strings.TrimSpace(Name + " " + v.Usage)}
	if !r.list(v) {
		page.Lines = []string{"You may not use this here. Who may do what, and why: " + Name + " whoami."}
		return page
	}
	page.Lines = append([]string{strings.ToUpper(v.Summary[:1]) + v.Summary[1:] + ".",
		"Who sees the answer: " + v.SeenBy + "."}, v.Examples...)
	return page
}

func helpUnknown(topic string) HelpPage {
	text := `I have no help on "` + shown(topic) + `".`
	if near := Closest(topic, helpTopics(), 3); len(near) > 0 {
		text += " Did you mean " + strings.Join(near, ", ") + "?"
	}
	return HelpPage{Title: "Help", Lines: []string{text,
		"All keys: " + Name + " help all. Error codes: " + Name + " help errors."}}
}

func helpTopics() []string {
	topics := []string{"all", "errors"}
	for _, f := range registerFields {
		topics = append(topics, f.Key)
	}
	for _, v := range verbs {
		topics = append(topics, string(v.Verb))
	}
	for _, k := range knownCodes {
		topics = append(topics, k.code)
	}
	return topics
}
