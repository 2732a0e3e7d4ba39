package render

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// People, channels, groups and times as Slack shows them: the only markup in
// angle brackets that leaves this package.

// SlackID reports whether s is an id of one of those kinds (first letters).
func SlackID(s, kinds string) bool {
	if len(s) < 2 || len(s) > 32 || !strings.Contains(kinds, s[:1]) {
		return false
	}
	for _, c := range []byte(s) {
		if !(c >= '0' && c <= '9' || c >= 'A' && c <= 'Z') {
			return false
		}
	}
	return true
}

// Mention mentions someone; a mention in a message that is edited or private
// to its reader notifies nobody else.
func Mention(id string) string {
	if SlackID(id, "UW") {
		return "<@" + id + ">"
	}
	return Name(id)
}

// Channel links a conversation.
func Channel(id string) string {
	switch {
	case id == "": // the bot itself was asked, as operation.Place.NoChannel says
		return "a direct message"
	case SlackID(id, "CG"):
		return "<#" + id + ">"
	case SlackID(id, "D"):
		return "a direct message"
	case SlackID(id, "UW"):
		return Mention(id)
	}
	return Name(id)
}

// GroupMention mentions a user group; only for private answers, where it
// notifies nobody.
func GroupMention(id string) string {
	if SlackID(id, "S") {
		return "<!subteam^" + id + ">"
	}
	return Name(id)
}

// Clock is a time of day in the reader's own zone.
func Clock(t time.Time) string {
	return fmt.Sprintf("<!date^%d^{time_secs}|%s>", t.Unix(), UTC(t))
}

// Dated is a day and time in the reader's own zone.
func Dated(t time.Time) string {
	return fmt.Sprintf("<!date^%d^{date_short_pretty} {time_secs}|%s>", t.Unix(),
		t.UTC().Format("2006-01-02 15:04:05 UTC"))
}

// ShortTime is a time to the minute in the reader's own zone, with its day if
// days is set.
func ShortTime(t time.Time, days bool) string {
	if days {
		return fmt.Sprintf("<!date^%d^{date_short_pretty} {time}|%s>", t.Unix(), t.UTC().Format("2006-01-02 15:04 UTC"))
	}
	return fmt.Sprintf("<!date^%d^{time}|%s>", t.Unix(), t.UTC().Format("15:04 UTC"))
}

// ClockAndUTC is Clock with UTC in parentheses; once per card, in the small print.
func ClockAndUTC(t time.Time) string { return Clock(t) + " (" + UTC(t) + ")" }

// UTC is a time of day in UTC.
func UTC(t time.Time) string { return t.UTC().Format("15:04:05 UTC") }

// Lasting is a length of time, as exact as a person needs.
func Lasting(d time.Duration) string {
	switch {
	case d < 0:
		return "0 s"
	case d < 50*time.Millisecond:
		return "under 0.1 s"
	case d < 10*time.Second:
		return strconv.FormatFloat(math.Round(d.Seconds()*10)/10, 'f', -1, 64) + " s"
	case d < 2*time.Minute:
		return strconv.Itoa(int(math.Round(d.Seconds()))) + " s"
	case d < 2*time.Hour:
		return strconv.Itoa(int(math.Round(d.Minutes()))) + " min"
	}
	return strconv.Itoa(int(math.Round(d.Hours()))) + " h"
}

// Window writes the time in which a limit counts, as people say it.
func Window(d time.Duration) string {
	switch {
	case d == 7*24*time.Hour:
		return "a week"
	case d == time.Minute:
		return "1 minute"
	case d%time.Minute == 0:
		return strconv.Itoa(int(d/time.Minute)) + " minutes"
	}
	return d.String()
}
