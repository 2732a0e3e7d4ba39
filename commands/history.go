package commands

import (
	"strconv"
	"strings"
)

// Keys of history's fields, besides KeyListener.
const (
	KeyBy       = "by"
	KeySince    = "since"
	KeyHere     = "here"
	KeyShare    = "share"
	KeyTimeline = "timeline"
)

// ByMe is the value of KeyBy for the person who asks.
const ByMe = "me"

// How far back history goes, in minutes.
const (
	SinceDefault = day
	MaxSince     = 400 * day

	day = 24 * 60
)

// historyFields are the filters of history and how to show it.
func historyFields() []Field {
	listener := *findField(registerFields[:], KeyListener)
	listener.Required = false
	return []Field{
		listener,
		{Key: KeyBy, Aliases: []string{"who"}, Label: "Person",
			Help: "a person, picked from Slack's suggestions after @, or me", Example: ByMe},
		{Key: KeySince, Aliases: []string{"last"}, Label: "Since",
			Help: "how far back, such as 30m, 24h or 7d; 400d at most", Example: "24h"},
		{Key: KeyHere, Label: "Here", Help: "only what was asked for in this channel", Flag: true},
		{Key: KeyShare, Label: "Share", Help: "shows it to the channel", Flag: true},
		{Key: KeyTimeline, Label: "Timeline", Help: "sentences with local time and UTC", Flag: true},
	}
}

// History is a checked request for history.
type History struct {
	// Listener is zero for all listeners.
	Listener ListenerRef
	// By is a Slack user ID, ByMe, or empty for everybody.
	By string
	// Since is how far to look back, in minutes, 1 to MaxSince.
	Since int
	// Here restricts to requests made in this channel. Share posts the answer in the channel. Timeline writes sentences
	// instead of a list.
	Here, Share, Timeline bool
}

// BuildHistory checks the arguments of history. The error is an *InputError with every problem.
func BuildHistory(values Values) (History, error) {
	fields := historyFields()
	b := builder{given: values}
	h := History{Since: SinceDefault}
	if v := normalize(KeyListener, values[KeyListener]); v != "" {
		b.setListener(findField(registerFields[:], KeyListener), v)
		h.Listener = b.made.Listener
	}
	if v := trimMarks(strings.TrimSpace(values[KeyBy])); v != "" {
		if strings.EqualFold(v, ByMe) {
			v = ByMe
		}
		h.By = v
		if v != ByMe && !isUserID(v) {
			b.problems = append(b.problems, Problem{Field: KeyBy, Given: shown(KeyBy + "=" + v),
				Text: `Slack did not say who "` + shown(v) +
					`" is. Type @ and pick the person from Slack's suggestions.`})
		}
	}
	if v := trimMarks(strings.TrimSpace(values[KeySince])); v != "" {
		since, ok := parseSince(v)
		if !ok {
			b.problems = append(b.problems, Problem{Field: KeySince, Given: shown(KeySince + "=" + v),
				Text: "Give a number and m, h, d or w, for example 30m, 24h or 7d; 400d at most."})
		}
		h.Since = since
	}
	for i, into := range []*bool{&h.Here, &h.Share, &h.Timeline} {
		key := []string{KeyHere, KeyShare, KeyTimeline}[i]
		if v, ok := values[key]; ok {
			b.setFlag(findField(fields, key), v, into)
		}
	}
	if len(b.problems) > 0 {
		return History{}, &InputError{Problems: b.problems}
	}
	return h, nil
}

// parseHistory parses what follows history.
func parseHistory(rest string) (Command, error) {
	values, problems := parseFields(historyFields(), rest, KeyListener)
	c := Command{Verb: VerbHistory, Values: values}
	if len(problems) > 0 {
		return c, &InputError{Problems: problems}
	}
	_, err := BuildHistory(values)
	return c, err
}

// parseSince parses a number with m, h, d or w and returns minutes.
func parseSince(s string) (int, bool) {
	s = strings.ToLower(s)
	units := map[byte]int{'m': 1, 'h': 60, 'd': day, 'w': 7 * day}
	if len(s) < 2 || len(s) > 7 {
		return 0, false
	}
	unit, known := units[s[len(s)-1]]
	n, err := strconv.Atoi(s[:len(s)-1])
	if !known || err != nil || !isDigits(s[:len(s)-1]) || n < 1 || n > MaxSince/unit {
		return 0, false
	}
	return n * unit, true
}

// isUserID reports whether a text is a user ID. Names are never in capitals.
func isUserID(s string) bool {
	return len(s) > 2 && len(s) <= 32 && (s[0] == 'U' || s[0] == 'W') &&
		strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") == ""
}

// mention returns the user ID in Slack's escaped mention of a person; "" if v is none.
func mention(v string) string {
	inside, ok := strings.CutPrefix(v, "<@")
	inside, closed := strings.CutSuffix(inside, ">")
	id, _, _ := strings.Cut(inside, "|")
	if !ok || !closed || !isUserID(id) {
		return ""
	}
	return id
}
