package slackapp

import (
	"fmt"
	"math"
	"net"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Everything that came from a person or from Zenlayer passes through one of
// the functions here on its way into a message: name and code for blocks,
// prose for sentences and fallback texts, bare for objects without markup.

// Lengths to which single values are cut, in characters.
const (
	nameLimit   = 80
	codeLimit   = 128
	reasonLimit = 300
	saidLimit   = 400
)

// cleanUpTo is how much of a value is read, in bytes: every value is cut to
// far less afterwards.
const cleanUpTo = 4 * maxInitialValue

// clean takes out control characters, bidirectional overrides, zero-width and
// other invisible characters, and makes one line of it.
func clean(s string) string {
	var b strings.Builder
	space := false
	for _, r := range s {
		if b.Len() > cleanUpTo {
			break
		}
		switch {
		case unicode.IsSpace(r) || r == '\u2028' || r == '\u2029':
			space = b.Len() > 0
			continue
		case r == utf8.RuneError, unicode.IsControl(r), unicode.In(r, unicode.Cf, unicode.Co, unicode.Cs):
			continue
		}
		if space {
			b.WriteByte(' ')
			space = false
		}
		b.WriteRune(r)
	}
	return b.String()
}

// clamp cuts s to limit characters, the last one being an ellipsis.
func clamp(s string, limit int) string {
	if len(s) <= limit || utf8.RuneCountInString(s) <= limit {
		return s
	}
	runes := []rune(s)
	return string(runes[:limit-1]) + "…"
}

// clampMarkup is clamp for finished markup: it never leaves a piece of an
// escape, of a <…> sequence or of a code span. The parts are cut before they
// are put together, so it is the last resort.
func clampMarkup(s string, limit int) string {
	if utf8.RuneCountInString(s) <= limit {
		return s
	}
	cut := string([]rune(s)[:limit-5]) // room for the closing marks and the ellipsis
	if i := strings.LastIndexByte(cut, '<'); i > strings.LastIndexByte(cut, '>') {
		cut = cut[:i]
	}
	if i := strings.LastIndexByte(cut, '&'); i > strings.LastIndexByte(cut, ';') {
		cut = cut[:i]
	}
	if strings.Count(cut, "```")%2 == 1 {
		return cut + "…```"
	}
	if strings.Count(strings.ReplaceAll(cut, "```", ""), "`")%2 == 1 {
		return cut + "…`"
	}
	return cut + "…"
}

// escape does the three replacements that keep text from becoming a mention
// or a link (docs.slack.dev/messaging/formatting-message-text).
func escape(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(s)
}

// code shows s in code style, where it can be selected whole and nothing in
// it is markup.
func code(s string) string {
	s = clamp(clean(s), codeLimit)
	if s == "" {
		return wordNone
	}
	return "`" + escape(strings.ReplaceAll(s, "`", "'")) + "`"
}

// name shows a name as it is, or in code style if Slack could read anything
// in it as formatting, emoji or a mention.
func name(s string) string {
	s = clamp(clean(s), nameLimit)
	if s == "" {
		return wordNone
	}
	if harmless(s) {
		return s
	}
	return code(s)
}

// harmless reports whether s means nothing to Slack: letters, digits and a
// few signs, and underscores only inside a word.
func harmless(s string) bool {
	runes := []rune(s)
	for i, r := range runes {
		switch {
		case isLetter(r), strings.ContainsRune(" -./,()+#%…", r):
		case r == '_' && i > 0 && i < len(runes)-1 && isLetter(runes[i-1]) && isLetter(runes[i+1]):
		default:
			return false
		}
	}
	return true
}

func isLetter(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) }

// prose shows a sentence somebody else wrote. Its formatting characters are
// replaced by others that look alike, since Slack has no escape for them.
func prose(s string, limit int) string {
	s = clamp(clean(s), limit)
	s = strings.NewReplacer("*", "∗", "~", "∼", "`", "ʼ").Replace(s)
	return escape(emojiNames(edgeUnderscores(s)))
}

// short is prose for a name inside a fallback text.
func short(s string) string {
	if s = prose(s, nameLimit); s == "" {
		return wordNone
	}
	return s
}

// bare is for plain_text objects, where nothing is markup: angle brackets are
// replaced all the same, so that no client sees a mention in them.
func bare(s string) string {
	if s = clamp(clean(s), nameLimit); s == "" {
		return wordNone
	}
	return strings.NewReplacer("<", "‹", ">", "›").Replace(s)
}

// edgeUnderscores replaces underscores that could start or end italics.
func edgeUnderscores(s string) string {
	if !strings.Contains(s, "_") {
		return s
	}
	runes := []rune(s)
	for i, r := range runes {
		inside := i > 0 && i < len(runes)-1 && isLetter(runes[i-1]) && isLetter(runes[i+1])
		if r == '_' && !inside {
			runes[i] = 'ˍ'
		}
	}
	return string(runes)
}

// emojiNames keeps :name: from turning into an emoji.
func emojiNames(s string) string {
	for from := 0; ; {
		i := strings.IndexByte(s[from:], ':')
		if i < 0 {
			return s
		}
		i += from
		j := strings.IndexByte(s[i+1:], ':')
		if j > 0 && !strings.ContainsAny(s[i+1:i+1+j], " .,;/") {
			s = s[:i] + "꞉" + s[i+1:]
		}
		from = i + 1
	}
}

// slackID reports whether s is an id of one of those kinds (first letters).
func slackID(s, kinds string) bool {
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

// person mentions someone; a mention in a message that is edited or private
// to its reader notifies nobody else.
func person(id string) string {
	if slackID(id, "UW") {
		return "<@" + id + ">"
	}
	return name(id)
}

// channel links a conversation.
func channel(id string) string {
	switch {
	case slackID(id, "CG"):
		return "<#" + id + ">"
	case slackID(id, "D"):
		return wordDirect
	case slackID(id, "UW"):
		return person(id)
	}
	return name(id)
}

// userGroup mentions a user group; only for private answers, where it
// notifies nobody.
func userGroup(id string) string {
	if slackID(id, "S") {
		return "<!subteam^" + id + ">"
	}
	return name(id)
}

// clock is a time of day in the reader's own zone.
func clock(t time.Time) string {
	return fmt.Sprintf("<!date^%d^{time_secs}|%s>", t.Unix(), utc(t))
}

// dated is a day and time in the reader's own zone.
func dated(t time.Time) string {
	return fmt.Sprintf("<!date^%d^{date_short_pretty} {time_secs}|%s>", t.Unix(), t.UTC().Format("2006-01-02 15:04:05 UTC"))
}

// both is clock with UTC beside it; once per card, in the small print.
func both(t time.Time) string { return clock(t) + " (" + utc(t) + ")" }

func utc(t time.Time) string { return t.UTC().Format("15:04:05 UTC") }

// lasting is a length of time, as exact as a person needs.
func lasting(d time.Duration) string {
	switch {
	case d < 0:
		return "0 s"
	case d < 10*time.Second:
		return strconv.FormatFloat(math.Round(d.Seconds()*10)/10, 'f', -1, 64) + " s"
	case d < 2*time.Minute:
		return strconv.Itoa(int(math.Round(d.Seconds()))) + " s"
	case d < 2*time.Hour:
		return strconv.Itoa(int(math.Round(d.Minutes()))) + " min"
	}
	return strconv.Itoa(int(math.Round(d.Hours()))) + " h"
}

// endpoint is ip:port, with brackets where IPv6 needs them.
func endpoint(ip, port string) string { return net.JoinHostPort(ip, port) }
