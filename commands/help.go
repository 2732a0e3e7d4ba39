package commands

import (
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

// Help returns the page for a topic: "" for the start page, "all" for the keys, "errors" for the error codes, or a key,
// a verb or an error code. For an unknown topic the page says so. Pages list only the verbs that the reader may use and
// say how many others there are. If may is nil, that could not be checked: they list all, and say so.
func Help(topic string, may map[Verb]bool) HelpPage {
	topic = strings.TrimSpace(Fold(topic))
	switch strings.ToLower(topic) {
	case "":
		return helpStart(may)
	case "all", "keys":
		return helpAll(may)
	case "errors", "codes":
		return helpErrors()
	}
	if f := findField(registerFields[:], strings.TrimSuffix(topic, "=")); f != nil {
		return helpField(*f)
	}
	for _, v := range Verbs() {
		if strings.EqualFold(topic, string(v.Verb)) {
			return helpVerb(v, may)
		}
	}
	if a, ok := Advice(strings.ToUpper(topic)); ok {
		return HelpPage{Title: strings.ToUpper(topic),
			Lines: []string{"What it says: " + a.Means, "What to do: " + a.Do}}
	}
	return helpUnknown(topic)
}

// mayUse reports whether a verb is listed: the reader may use it, or that could not be checked.
func mayUse(v Verb, may map[Verb]bool) bool { return may == nil || may[v] }

// helpRights says what a page does not list, or that it could not be checked; nothing if it lists all for good.
func helpRights(may map[Verb]bool) []string {
	if may == nil {
		return []string{"I could not check which commands you may use, so all of them are listed."}
	}
	others := 0
	for _, v := range Verbs() {
		if !may[v.Verb] {
			others++
		}
	}
	switch others {
	case 0:
		return nil
	case 1:
		return []string{"1 more command needs other rights."}
	}
	return []string{strconv.Itoa(others) + " more commands need other rights."}
}

// helpStart has at most 12 lines, so that it fits a phone.
func helpStart(may map[Verb]bool) HelpPage {
	lines := []string{"I add a server to a load balancer's listener and post the result in the channel."}
	if mayUse(VerbRegister, may) {
		lines = append(lines, Name, "opens the form. Or type it in one line, listener first, then server:")
		lines = append(lines, Verbs()[0].Examples...)
		lines = append(lines,
			"Names and IDs are never guessed: only exact matches are taken. Ports and weight may be left out.",
			"Slack has no slash commands inside threads: type it in the channel.")
	}
	lines = append(lines, Name+" status LBR-7F3KQ2", "shows how far one request is; its ID is on its card.")
	more := "Who may do what, and why: " + Name + " whoami."
	if mayUse(VerbHistory, may) {
		more += " What was done: " + Name + " history."
	}
	lines = append(lines, more+" All keys: "+Name+" help all. Error codes: "+Name+" help errors.")
	return HelpPage{Title: "Add a server to a load balancer", Lines: append(lines, helpRights(may)...)}
}

func helpAll(may map[Verb]bool) HelpPage {
	var lines []string
	if mayUse(VerbRegister, may) {
		lines = append(lines, "Write key=value; the listener and the server may stand first, without their keys.")
		for _, f := range registerFields {
			lines = append(lines, fieldLine(f))
		}
		lines = append(lines,
			"Put quotes around a value with spaces. Hyphens before a key and capital letters do not matter.")
	}
	for _, v := range Verbs() {
		if v.Usage != "" && v.Verb != VerbRegister && mayUse(v.Verb, may) {
			lines = append(lines, v.Usage+": "+v.Summary+".")
		}
	}
	return HelpPage{Title: "All keys", Lines: append(lines, helpRights(may)...)}
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
	return commandLine(v)
}

func helpVerb(v VerbInfo, may map[Verb]bool) HelpPage {
	page := HelpPage{Title: strings.TrimSpace(Name + " " + v.Usage)}
	if !mayUse(v.Verb, may) {
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
	for _, v := range Verbs() {
		topics = append(topics, string(v.Verb))
	}
	for _, k := range knownCodes {
		topics = append(topics, k.code)
	}
	return topics
}
