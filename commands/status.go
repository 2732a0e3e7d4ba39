package commands

import "strings"

// parseStatus parses what follows status: one request ID, or nothing for the open requests of the place.
func parseStatus(rest string) (Command, error) {
	const wanted = "Give the ID of one request, as its card shows it, for example " + Name + " status LBR-7F3KQ2. " +
		"Without an ID, status shows the open requests here."
	args := arguments(rest)
	given := shown(strings.Join(append([]string{"status"}, args...), " "))
	if len(args) == 0 {
		return Command{Verb: VerbStatus}, nil
	}
	if len(args) > 1 {
		return Command{}, refuse(Problem{Given: given, Text: wanted})
	}
	id, ok := requestID(args[0])
	if !ok {
		return Command{}, refuse(Problem{Given: given, Text: `"` + shown(args[0]) + `" is not a request ID. ` + wanted})
	}
	return Command{Verb: VerbStatus, Args: []string{id}}, nil
}

// requestID parses six letters or digits in any case; the prefix LBR- may be missing.
func requestID(s string) (string, bool) {
	s = strings.TrimPrefix(strings.ToUpper(s), "LBR-")
	ok := len(s) == 6 && strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") == ""
	return "LBR-" + s, ok
}
