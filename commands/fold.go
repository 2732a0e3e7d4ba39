package commands

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Fold replaces the characters that phones and other keyboards insert by the ASCII characters that were meant: dashes,
// white space of any script, full-width characters. It drops invisible characters, and backquotes because people copy
// names in code style. It keeps quotation marks, which may be part of a reason. It is idempotent.
func Fold(s string) string {
	if isPlain(s) {
		return s
	}
	return strings.Map(foldRune, s)
}

// isPlain reports whether Fold would change nothing, which is the common case.
func isPlain(s string) bool {
	for i := range len(s) {
		if c := s[i]; c >= 0x7f || c < 0x20 || c == '`' {
			return false
		}
	}
	return true
}

// foldRune is Fold for one character; a negative result drops it.
func foldRune(r rune) rune {
	switch r {
	case '\u2010', '\u2011', '\u2012', '\u2013', '\u2014', '\u2015', '\u2212', '\ufe58', '\ufe63', '\uff0d':
		return '-'
	case '`', '\uff40':
		return -1
	}
	switch {
	case r < 0x80 && r > ' ':
		return r
	case unicode.IsSpace(r):
		return ' '
	case isIgnorable(r):
		return -1
	case '\uff01' <= r && r <= '\uff5e':
		return r - 0xfee0
	}
	return r
}

// isIgnorable reports whether r has Unicode's property Default_Ignorable_Code_Point, which means that it is invisible.
// The rule is that of DerivedCoreProperties.txt.
func isIgnorable(r rune) bool {
	if unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector) {
		return true
	}
	return unicode.Is(unicode.Cf, r) && !unicode.Is(unicode.Prepended_Concatenation_Mark, r) &&
		!('\ufff9' <= r && r <= '\ufffb') && !('\U00013430' <= r && r <= '\U00013440')
}

// unreadable returns a sentence about a control character or broken encoding in s; "" if there is none.
func unreadable(s string) string {
	for i, r := range s {
		switch {
		case r >= 0x20 && r < 0x7f, r == '\n', r == '\t', r == '\r':
		case r == utf8.RuneError && brokenAt(s[i:]):
			return "There is a character I cannot read. Type the value again by hand."
		case foldRune(r) == ' ':
		case unicode.IsControl(r), '\ufff9' <= r && r <= '\ufffb':
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

// shown makes what a person typed safe to quote in a sentence: shortened, and without Slack's markup characters.
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
