package policy

import (
	"bytes"
	"iter"
	"unicode/utf8"
)

// token is one word of a policy file and its place. Cedar keeps the place of a
// policy, but not of the expressions in it, so reports take their lines from
// these tokens. Tokens never decide what a policy means.
type token struct {
	text         string
	line, column int // from 1; column in characters
}

// lex cuts a policy file into tokens without comments. It never fails: Cedar
// reports what it refuses.
func lex(src []byte) []token {
	l := lexer{src: src, line: 1, column: 1}
	for l.pos < len(l.src) {
		l.next()
	}
	return l.tokens
}

// pieces cuts a policy file into words, comments and single white space, each with
// its place. Together they are the whole file.
func pieces(src []byte) iter.Seq2[token, []byte] {
	return func(yield func(token, []byte) bool) {
		l := lexer{src: src, line: 1, column: 1}
		for l.pos < len(src) {
			start, at := l.pos, token{line: l.line, column: l.column}
			if l.next(); !yield(at, src[start:l.pos]) {
				return
			}
		}
	}
}

type lexer struct {
	src          []byte
	pos          int
	line, column int
	tokens       []token
}

func (l *lexer) next() {
	c := l.src[l.pos]
	switch {
	case c == ' ' || c == '\t' || c == '\r' || c == '\n':
		l.skip(1)
	case c == '/' && l.pos+1 < len(l.src) && l.src[l.pos+1] == '/':
		end := l.pos
		for end < len(l.src) && l.src[end] != '\n' {
			end++
		}
		l.skip(end - l.pos)
	case c == '/' && l.pos+1 < len(l.src) && l.src[l.pos+1] == '*':
		end := bytes.Index(l.src[l.pos+2:], []byte("*/"))
		if end < 0 {
			end = len(l.src) - l.pos - 4
		}
		l.skip(end + 4)
	case c == '"':
		l.take(l.stringLength())
	case isWord(c):
		end := l.pos
		for end < len(l.src) && isWord(l.src[end]) {
			end++
		}
		l.take(end - l.pos)
	default:
		_, size := utf8.DecodeRune(l.src[l.pos:])
		l.take(size)
	}
}

// stringLength measures the string literal at the current place, with its
// quotes. An unterminated one ends with its line.
func (l *lexer) stringLength() int {
	for i := l.pos + 1; i < len(l.src); i++ {
		switch l.src[i] {
		case '\\':
			i++
		case '\n':
			return i - l.pos
		case '"':
			return i - l.pos + 1
		}
	}
	return len(l.src) - l.pos
}

func (l *lexer) take(n int) {
	l.tokens = append(l.tokens, token{text: string(l.src[l.pos : l.pos+n]), line: l.line, column: l.column})
	l.skip(n)
}

func (l *lexer) skip(n int) {
	for _, r := range string(l.src[l.pos : l.pos+n]) {
		l.column++
		if r == '\n' {
			l.line, l.column = l.line+1, 1
		}
	}
	l.pos += n
}

func isWord(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// statement is the tokens of one policy: its head (annotations, effect and
// scope) and its conditions, when and unless, in order.
type statement struct {
	head       []token
	conditions [][]token
}

// all returns every token of the statement.
func (s statement) all() []token {
	all := append([]token(nil), s.head...)
	for _, c := range s.conditions {
		all = append(all, c...)
	}
	return all
}

// statements cuts tokens into policies. A semicolon outside a string ends a
// policy and has no other use in Cedar.
func statements(tokens []token) []statement {
	var out []statement
	start := 0
	for i, t := range tokens {
		if t.text == ";" {
			out = append(out, cut(tokens[start:i+1]))
			start = i + 1
		}
	}
	if start < len(tokens) {
		out = append(out, cut(tokens[start:]))
	}
	return out
}

func cut(tokens []token) statement {
	var parts [][]token
	start, depth, effect := 0, 0, false
	for i, t := range tokens {
		switch t.text {
		case "(", "[", "{":
			depth++
		case ")", "]", "}":
			depth--
		case "permit", "forbid":
			effect = effect || depth == 0
		case "when", "unless":
			if effect && depth == 0 {
				parts = append(parts, tokens[start:i])
				start = i
			}
		}
	}
	parts = append(parts, tokens[start:])
	return statement{head: parts[0], conditions: parts[1:]}
}

// depth returns how deeply brackets are nested, at most.
func depth(tokens []token) int {
	now, most := 0, 0
	for _, t := range tokens {
		switch t.text {
		case "(", "[", "{":
			now++
			most = max(most, now)
		case ")", "]", "}":
			now--
		case ";":
			now = 0
		}
	}
	return most
}
