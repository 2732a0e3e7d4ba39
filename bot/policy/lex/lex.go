// Package lex cuts a policy file into words with their places, for reports.
package lex

import (
	"bytes"
	"iter"
	"unicode/utf8"
)

// Token is one word of a policy file and its place. Cedar keeps the place of a
// policy, but not of the expressions in it, so reports take their lines from
// these tokens. Tokens never decide what a policy means.
type Token struct {
	Text         string
	Line, Column int // from 1; column in characters
}

// Tokens cuts a policy file into tokens without comments. It never fails: Cedar
// reports what it refuses.
func Tokens(src []byte) []Token {
	l := lexer{src: src, line: 1, column: 1}
	for l.pos < len(l.src) {
		l.next()
	}
	return l.tokens
}

// Pieces cuts a policy file into words, comments and single white space, each with
// its place. Together they are the whole file.
func Pieces(src []byte) iter.Seq2[Token, []byte] {
	return func(yield func(Token, []byte) bool) {
		l := lexer{src: src, line: 1, column: 1}
		for l.pos < len(src) {
			start, at := l.pos, Token{Line: l.line, Column: l.column}
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
	tokens       []Token
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
	l.tokens = append(l.tokens, Token{Text: string(l.src[l.pos : l.pos+n]), Line: l.line, Column: l.column})
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

// Statement is the tokens of one policy: its head (annotations, effect and
// scope) and its conditions, when and unless, in order.
type Statement struct {
	Head       []Token
	Conditions [][]Token
}

// All returns every token of the statement.
func (s Statement) All() []Token {
	all := append([]Token(nil), s.Head...)
	for _, c := range s.Conditions {
		all = append(all, c...)
	}
	return all
}

// Statements cuts tokens into policies. A semicolon outside a string ends a
// policy and has no other use in Cedar.
func Statements(tokens []Token) []Statement {
	var out []Statement
	start := 0
	for i, t := range tokens {
		if t.Text == ";" {
			out = append(out, cut(tokens[start:i+1]))
			start = i + 1
		}
	}
	if start < len(tokens) {
		out = append(out, cut(tokens[start:]))
	}
	return out
}

func cut(tokens []Token) Statement {
	var parts [][]Token
	start, depth, effect := 0, 0, false
	for i, t := range tokens {
		switch t.Text {
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
	return Statement{Head: parts[0], Conditions: parts[1:]}
}

// Depth returns how deeply brackets are nested, at most.
func Depth(tokens []Token) int {
	now, most := 0, 0
	for _, t := range tokens {
		switch t.Text {
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
