package render

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	WordNone = "(none)"
)

// Everything that came from a person or from Zenlayer passes through one of
// the functions here on its way into a message: name and code for blocks,
// prose for sentences and fallback texts, bare for objects without markup.

// Lengths to which single values are cut, in characters.
const (
	NameLimit   = 80
	CodeLimit   = 128
	ReasonLimit = 300
	SaidLimit   = 400
)

// cleanUpTo is how much of a value is read, in bytes: every value is cut to
// far less afterwards.
const cleanUpTo = 4 * MaxInitialValue

// Replacers are built once: a new one takes 13 KB.
var (
	escapes    = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")
	unescapes  = strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&")
	lookAlikes = strings.NewReplacer("*", "∗", "~", "∼", "`", "ʼ")
	brackets   = strings.NewReplacer("<", "‹", ">", "›")
)

// Clean takes out control characters, bidirectional overrides, zero-width and
// other invisible characters, and makes one line of it.
func Clean(s string) string {
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

// Clamp cuts s to limit characters, the last one being an ellipsis.
func Clamp(s string, limit int) string {
	if len(s) <= limit || utf8.RuneCountInString(s) <= limit {
		return s
	}
	runes := []rune(s)
	return string(runes[:limit-1]) + "…"
}

// ClampMarkup is clamp for finished markup: it never leaves a piece of an
// escape, of a <…> sequence or of a code span. The parts are cut before they
// are put together, so it is the last resort.
func ClampMarkup(s string, limit int) string {
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

// Escape does the three replacements that keep text from becoming a mention
// or a link (docs.slack.dev/messaging/formatting-message-text).
func Escape(s string) string {
	return escapes.Replace(s)
}

// Code shows s in code style, where it can be selected whole and nothing in
// it is markup.
func Code(s string) string {
	s = Clamp(Clean(s), CodeLimit)
	if s == "" {
		return WordNone
	}
	return "`" + Escape(strings.ReplaceAll(s, "`", "'")) + "`"
}

// Name shows a name as it is, or in code style if Slack could read anything
// in it as formatting, emoji or a mention.
func Name(s string) string {
	s = Clamp(Clean(s), NameLimit)
	if s == "" {
		return WordNone
	}
	if Harmless(s) {
		return s
	}
	return Code(s)
}

// Harmless reports whether s means nothing to Slack: letters, digits and a
// few signs, and underscores only inside a word.
func Harmless(s string) bool {
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

// Prose shows a sentence that someone else wrote. Its formatting characters are
// replaced by others that look alike, since Slack has no escape for them.
func Prose(s string, limit int) string {
	s = Clamp(Clean(s), limit)
	s = lookAlikes.Replace(s)
	return Escape(emojiNames(edgeUnderscores(s)))
}

// Capital makes the first letter of a sentence a large one.
func Capital(s string) string {
	r, size := utf8.DecodeRuneInString(s)
	if size == 0 || !unicode.IsLower(r) {
		return s
	}
	return string(unicode.ToUpper(r)) + s[size:]
}

// InText is prose for a name inside a fallback text.
func InText(s string) string {
	if s = Prose(s, NameLimit); s == "" {
		return WordNone
	}
	return s
}

// Bare is for plain_text objects, labels and the errors of a form, where
// nothing is markup. Angle brackets are replaced all the same, so that no
// client sees a mention in them. The text may be that of a message.
func Bare(s string) string { return Brackets(Clamp(Clean(Unmarked(s)), MaxInitialValue)) }

// BareName is bare for a name.
func BareName(s string) string {
	if s = Clamp(Clean(s), NameLimit); s == "" {
		return WordNone
	}
	return Brackets(s)
}

// Brackets replaces angle brackets with look-alikes, for text in which Slack escapes nothing.
func Brackets(s string) string { return brackets.Replace(s) }

// Unmarked turns the markup of our own fallback texts back into words, for
// places that have none. What it returns is not safe in markup.
func Unmarked(s string) string {
	var b strings.Builder
	for {
		start := strings.IndexByte(s, '<')
		if start < 0 {
			break
		}
		b.WriteString(s[:start])
		words, n := tokenWords(s[start:])
		b.WriteString(words)
		s = s[start+n:]
	}
	b.WriteString(s)
	return unescapes.Replace(b.String())
}

// tokenWords reads the <…> that s begins with, and returns its words and its
// length; what is none of ours stays as it is.
func tokenWords(s string) (words string, n int) {
	inside, _, closed := strings.Cut(s[1:], ">")
	if !closed {
		return s[:1], 1
	}
	n = len(inside) + 2
	_, said, dated := strings.Cut(inside, "|")
	switch {
	case dated && strings.HasPrefix(inside, "!date^"):
		return said, n
	case strings.HasPrefix(inside, "!subteam^"):
		return "@" + inside[len("!subteam^"):], n
	case strings.HasPrefix(inside, "@") && SlackID(inside[1:], "UW"):
		return "someone", n // an ID tells a reader nothing
	case strings.HasPrefix(inside, "@"), strings.HasPrefix(inside, "#"):
		return inside, n
	}
	return s[:1], 1
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
		if j == 2 && isClock(s, i) {
			from = i + 4
			continue
		}
		if j > 0 && !strings.ContainsAny(s[i+1:i+1+j], " .,;/") {
			s = s[:i] + "꞉" + s[i+1:]
		}
		from = i + 1
	}
}

// isClock reports whether the colon at i and the next one are those of a time
// of day, such as 10:30:05.
func isClock(s string, i int) bool {
	if i < 1 || len(s) < i+5 {
		return false
	}
	for _, c := range []byte{s[i-1], s[i+1], s[i+2], s[i+4]} {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}

// CodeBlock shows a whole line to copy.
func CodeBlock(s string) string {
	s = Clamp(Clean(s), CommandLimit)
	return "```" + Escape(strings.ReplaceAll(s, "`", "'")) + "```"
}

// CommandLimit is the most characters of a command shown to copy. Escaped,
// it fits into a section's 3,000 unless most of it is escaped.
const CommandLimit = 1500
