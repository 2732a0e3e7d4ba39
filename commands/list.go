package commands

import "strings"

// parseList parses what follows list: words to search listeners by, or nothing for all of them. Args then hold them as
// one text, which a listener= may come before.
func parseList(rest string) (Command, error) {
	text := strings.Join(arguments(rest), " ")
	if key, value, ok := strings.Cut(text, "="); ok && strings.EqualFold(strings.TrimSpace(key), KeyListener) {
		text = strings.TrimSpace(value)
	}
	text = trimMarks(text)
	if text == "" {
		return Command{Verb: VerbList}, nil
	}
	return Command{Verb: VerbList, Args: []string{text}}, nil
}
