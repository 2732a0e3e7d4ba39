package commands

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Quotation marks that can enclose a value. Primes, as in 19″, are text.
const (
	doubleMarks = `"“”„‟«»「」『』`
	singleMarks = `'‘’‚‛‹›`
	quoteMarks  = doubleMarks + singleMarks
)

// marksFor returns the marks that close the mark open in typography, and all marks of its kind, because a keyboard may
// curl only one of two marks.
func marksFor(open rune) (own, kind string) {
	kind = doubleMarks
	if strings.ContainsRune(singleMarks, open) {
		kind = singleMarks
	}
	switch open {
	case '"', '\'':
		return string(open), kind
	case '„', '‟', '“', '”':
		return "“”„", kind
	case '‚', '‛', '‘', '’':
		return "‘’‚", kind
	case '«', '»':
		return "«»", kind
	case '‹', '›':
		return "‹›", kind
	}
	return "「」『』", kind
}

// quoteAt returns the quotation mark at the start of s and its length; 0, 0 if there is none.
func quoteAt(s string) (mark rune, size int) {
	if s != "" && s[0] < utf8.RuneSelf && s[0] != '"' && s[0] != '\'' {
		return 0, 0
	}
	mark, size = utf8.DecodeRuneInString(s)
	if strings.ContainsRune(quoteMarks, mark) {
		return mark, size
	}
	return 0, 0
}

// closedAt returns the index of the mark that closes a quoted value whose content starts at start, or -1. A mark
// between letters is an apostrophe; marks that open inside the value close inside it. The value of a key extends to its
// last closing mark before the next key.
func (s *scanner) closedAt(start int, open rune, marks string, keyed bool) int {
	straight := open == '"' || open == '\''
	depth, end, before := 1, -1, ' '
	for i := start; i < len(s.text); {
		r, size := utf8.DecodeRuneInString(s.text[i:])
		after, _ := utf8.DecodeRuneInString(s.text[i+size:]) // RuneError at the end
		switch {
		case depth == 0 && (!keyed || before == ' ' && s.keyed(i)):
			return end
		case !strings.ContainsRune(marks, r):
		case straight && depth == 1 && r == open && after == open: // doubled, it stands for itself
			i += size
		case isWordRune(before) && isWordRune(after) && !s.keyed(i+size): // an apostrophe
		case after != ' ' && i+size < len(s.text) && !s.keyed(i+size) &&
			(before == ' ' || !isWordRune(before) && isWordRune(after)):
			if depth == 0 {
				return end
			}
			depth++
		default:
			depth = max(0, depth-1)
			if depth == 0 {
				end = i
			}
		}
		before = r
		i += size
	}
	return end
}

func isWordRune(r rune) bool {
	return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r))
}

// keyed reports whether a known key and "=" start at i.
func (s *scanner) keyed(i int) bool {
	at := scanner{text: s.text, at: i, fields: s.fields}
	key, after, _ := at.keyHere()
	return after < len(s.text) && s.text[after] == '=' && findField(s.fields, key) != nil
}

// unmarked removes Slack's marks for bold, italic and struck text around a value: *x*, _x_ and ~x~ become x.
func unmarked(s string) string {
	for len(s) > 2 && s[0] == s[len(s)-1] && strings.IndexByte("*_~`", s[0]) >= 0 {
		s = s[1 : len(s)-1]
	}
	return s
}

// trimMarks removes marks, quotation marks, brackets and punctuation around a word that cannot contain any of them.
func trimMarks(s string) string {
	return strings.Trim(s, quoteMarks+"*_~`.,;:!()[]<>")
}

// Inside returns the names that a text may contain if the text itself is no name: readings of the whole text, and the
// pieces of an address. The caller may take exact matches only, and only one of the pieces.
func Inside(text string) (whole, pieces []string) {
	if plain := unmarked(text); plain != text {
		whole = append(whole, plain)
		text = plain
	}
	_, rest, isURL := strings.Cut(text, "://")
	if isURL {
		whole = append(whole, strings.Trim(rest, "/"))
	} else if rest = text; strings.Count(text, "/") < 2 {
		return whole, nil
	}
	for _, piece := range strings.FieldsFunc(rest,
		func(r rune) bool { return strings.ContainsRune("/?&=#()[]!,;", r) }) {
		pieces = append(pieces, piece)
		if host, port, ok := strings.Cut(piece, ":"); ok && isDigits(port) {
			pieces = append(pieces, host)
		}
	}
	return whole, pieces
}
