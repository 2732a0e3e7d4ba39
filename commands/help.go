package commands

import "strings"

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
// a verb or an error code. For an unknown topic the page says so.
func Help(topic string) HelpPage {
	topic = strings.TrimSpace(Fold(topic))
	switch strings.ToLower(topic) {
	case "":
		return helpStart()
	case "all", "keys":
		return helpAll()
	case "errors", "codes":
		return helpErrors()
	}
	if f := findField(registerFields[:], strings.TrimSuffix(topic, "=")); f != nil {
		return helpField(*f)
	}
	for _, v := range Verbs() {
		if strings.EqualFold(topic, string(v.Verb)) {
			return helpVerb(v)
		}
	}
	if a, ok := Advice(strings.ToUpper(topic)); ok {
		return HelpPage{Title: strings.ToUpper(topic),
			Lines: []string{"What it says: " + a.Means, "What to do: " + a.Do}}
	}
	return helpUnknown(topic)
}

// helpStart has at most 12 lines, so that it fits a phone.
func helpStart() HelpPage {
	register := Verbs()[0]
	lines := []string{
		"I add a server to a load balancer's listener and post the result in the channel.",
		Name,
		"opens the form. Or type it in one line, listener first, then server:",
	}
	lines = append(lines, register.Examples...)
	return HelpPage{Title: "Add a server to a load balancer", Lines: append(lines,
		"Names and IDs are never guessed: only exact matches are taken. Ports and weight may be left out.",
		"Slack has no slash commands inside threads: type it in the channel.",
		Name+" status LBR-7F3KQ2",
		"shows how far one request is; its ID is on its card.",
		"Who may do what, and why: "+Name+" whoami. What was done: "+Name+" history.",
		"All keys: "+Name+" help all. Error codes: "+Name+" help errors.",
	)}
}

func helpAll() HelpPage {
	lines := []string{"Write key=value; the listener and the server may stand first, without their keys."}
	for _, f := range registerFields {
		lines = append(lines, fieldLine(f))
	}
	lines = append(lines,
		"Put quotes around a value with spaces. Hyphens before a key and capital letters do not matter.")
	for _, v := range Verbs() {
		if v.Usage != "" && v.Verb != VerbRegister {
			lines = append(lines, v.Usage+": "+v.Summary+".")
		}
	}
	return HelpPage{Title: "All keys", Lines: lines}
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

func helpVerb(v VerbInfo) HelpPage {
	return HelpPage{
		Title: strings.TrimSpace(Name + " " + v.Usage),
		Lines: append([]string{strings.ToUpper(v.Summary[:1]) + v.Summary[1:] + ".",
			"Who sees the answer: " + v.SeenBy + "."},
			v.Examples...),
	}
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
