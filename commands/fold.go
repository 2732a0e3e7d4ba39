package commands

import "strings"

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
