package commands

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// fold replaces what phones and other keyboards type by what was meant:
// curly quotes become straight, dashes hyphens, special spaces plain spaces,
// full-width characters ASCII, and invisible characters nothing. Backquotes
// go too, since people copy names in code style. Folding twice is folding
// once.
func fold(s string) string {
	if isPlain(s) {
		return s
	}
	return strings.Map(foldRune, s)
}

// isPlain says that fold would change nothing: the common case.
func isPlain(s string) bool {
	for i := range len(s) {
		if c := s[i]; c >= 0x7f || c < 0x20 || c == '`' {
			return false
		}
	}
	return true
}

// foldRune is fold for one character; a negative result drops it.
func foldRune(r rune) rune {
	switch r {
	case '\u2018', '\u2019', '\u201a', '\u201b', '\u2032', '\u02bc', '\uff07', '\u2039', '\u203a':
		return '\''
	case '\u201c', '\u201d', '\u201e', '\u201f', '\u2033', '\uff02', '\u00ab', '\u00bb', '\u300c', '\u300d':
		return '"'
	case '\u2010', '\u2011', '\u2012', '\u2013', '\u2014', '\u2015', '\u2212', '\ufe58', '\ufe63', '\uff0d':
		return '-'
	case '\t', '\n', '\r', '\v', '\f', '\u0085', '\u00a0', '\u1680', '\u2028', '\u2029', '\u202f', '\u205f', '\u3000':
		return ' '
	case '`', '\u00ad', '\u061c', '\u180e', '\u200b', '\u200c', '\u200d', '\u200e', '\u200f', '\u2060', '\ufeff':
		return -1
	}
	switch {
	case '\u2000' <= r && r <= '\u200a':
		return ' '
	case '\uff01' <= r && r <= '\uff5e':
		if r -= 0xfee0; r == '`' {
			return -1
		}
	}
	return r
}

// unreadable returns a sentence about a character that nobody can have meant
// to type, or "". Control characters and overrides of the reading direction
// make a text look other than it is.
func unreadable(s string) string {
	for i, r := range s {
		switch {
		case r >= 0x20 && r < 0x7f, r == '\n', r == '\t', r == '\r':
		case '\u202a' <= r && r <= '\u202e', '\u2066' <= r && r <= '\u2069':
			return "There is an invisible character that changes the reading direction (" + codePoint(r) + "). Type the value again by hand."
		case r == utf8.RuneError && brokenAt(s[i:]):
			return "There is a character I cannot read. Type the value again by hand."
		case foldRune(r) == ' ':
		case unicode.IsControl(r), '\U000e0000' <= r && r <= '\U000e0fff', '\ufff9' <= r && r <= '\ufffb':
			return "There is a control character (" + codePoint(r) + "). Type the value again by hand."
		}
	}
	return ""
}

func brokenAt(s string) bool {
	_, width := utf8.DecodeRuneInString(s)
	return width == 1
}

func codePoint(r rune) string {
	return fmt.Sprintf("%U", r)
}

// shown makes a piece of what a person typed fit to be quoted: shortened, and
// without the characters that are markup in Slack.
func shown(s string) string {
	const most = 60
	var b strings.Builder
	n := 0
	for _, r := range s {
		if n++; n > most {
			b.WriteRune('…')
			break
		}
		switch {
		case r == '<':
			r = '‹'
		case r == '>':
			r = '›'
		case r == '&':
			r = '+'
		case r == '`':
			r = '\''
		case !unicode.IsPrint(r):
			r = ' '
		}
		b.WriteRune(r)
	}
	return b.String()
}
