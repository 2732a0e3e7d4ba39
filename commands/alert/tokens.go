package alert

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The kinds of tokens.
const (
	word   = 'w'
	colon  = ':' // behind a label
	equals = '=' // the text is the operator
	quote  = '"' // the text is the mark
	pause  = ',' // anything else between words but space
)

type token struct {
	kind rune
	text string
}

// tokens takes a line apart.
func tokens(line string) []token {
	var out []token
	for line = strings.TrimLeft(line, " \n"); line != ""; line = strings.TrimLeft(line, " \n") {
		r, size := utf8.DecodeRuneInString(line)
		switch {
		case strings.ContainsRune("=!~", r): // an operator, or marks of struck text and of speech
			op := line[:len(line)-len(strings.TrimLeft(line, "=!~"))]
			if op == "~" || strings.Trim(op, "!") == "" || strings.Trim(op, "~") == "" {
				out = append(out, token{pause, op})
			} else {
				out = append(out, token{equals, op})
			}
			line = line[len(op):]
		case strings.ContainsRune(`"'“”„‘’«»`, r):
			out = append(out, token{quote, string(r)})
			line = line[size:]
		case !inWord(r) && !isBracketed(line):
			out = append(out, token{pause, string(r)})
			line = line[size:]
		default:
			n := wordLen(line, out)
			out = append(out, ofWord(line[:n])...)
			line = line[n:]
		}
	}
	return out
}

// inWord reports whether a character is part of a word. What is part of one but of no name, such as % and @, keeps the
// rest of the word from being taken for a name.
func inWord(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) || strings.ContainsRune("-_.:/@%+#&$^\\?", r)
}

// isBracketed reports whether a line begins with an address in brackets.
func isBracketed(line string) bool {
	end := strings.IndexByte(line[:min(len(line), 48)], ']')
	if line[0] != '[' || end < 0 {
		return false
	}
	a, ok := address(line[:end+1])
	return ok && a.Is6()
}

// wordLen is the length of the word that a line begins with, in bytes. The address of a page ends at the next space, or
// at the mark that was opened before it.
func wordLen(line string, before []token) int {
	n := 0
	if isBracketed(line) {
		n = strings.IndexByte(line, ']') + 1
	}
	if end := strings.IndexFunc(line[n:], func(r rune) bool { return !inWord(r) }); end >= 0 {
		n += end
	} else {
		n = len(line)
	}
	scheme := strings.Index(line[:n], "://")
	if scheme < 0 {
		return n
	}
	ends := " \n<>|"
	if k := len(before); k > 0 && before[k-1].kind == quote {
		ends += before[k-1].text
	}
	if end := strings.IndexAny(line, ends); end >= 0 {
		return end
	}
	return len(line)
}

// ofWord is a word without the punctuation around it, and the colon behind it.
func ofWord(text string) []token {
	bare := strings.TrimRight(text, ".:?")
	if !strings.Contains(bare, "://") {
		bare = strings.Trim(bare, "_")
	}
	if strings.Trim(bare, ":-_./") == "" {
		bare = ""
	}
	var out []token
	if len(text) > 2 && text[0] == ':' && text[len(text)-1] == ':' { // an emoji
		return []token{{pause, "."}}
	}
	if strings.HasPrefix(bare, ":") && !isNumber(bare[1:]) {
		out = append(out, token{colon, ":"})
		bare = strings.TrimLeft(bare, ":")
	}
	if bare != "" {
		out = append(out, token{word, bare})
	}
	switch {
	case strings.HasSuffix(strings.TrimRight(text, "_"), ":"):
		out = append(out, token{colon, ":"})
	case bare == "" || strings.HasSuffix(text, ".") || strings.HasSuffix(text, "?"):
		out = append(out, token{pause, "."})
	}
	return out
}

func isNumber(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

// belongs reports whether a line is part of the value of a label on a line above: it stands further in, is an item of
// a list, or has no label itself.
func belongs(line string, ts []token, indent int) bool {
	labels := func(t token) bool { return t.kind == colon || t.kind == equals }
	first, _, _ := strings.Cut(strings.TrimLeft(line, " "), " ")
	return indentOf(line) > indent || slices.Contains([]string{"-", "*", "•", "◦", "▪"}, first) ||
		!slices.ContainsFunc(ts, labels)
}

func indentOf(line string) int { return len(line) - len(strings.TrimLeft(line, " ")) }
