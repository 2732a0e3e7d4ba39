package rules

import (
	"bytes"
	"unicode/utf8"

	"lbbot/bot/policy/lex"
)

// Cedar in Go, which decides here, and Cedar in Rust, which editors and other
// tools use, cut a file into words in different ways (internal/scanner in
// cedar-go; grammar.lalrpop and unescape.rs in cedar-policy-core):
//
//	                        Go                      Rust
//	comment //              ends at LF              ends at LF or CR
//	comment /* */           is one                  is none
//	CR alone in a string    is kept                 is an error
//	LF in a string          is an error             is kept
//	between words           space, tab, LF, CR      all of Unicode's white space
//	NUL                     is an error             is kept in strings and comments
//
// So a person whose tool uses one of them may read a forbid that the other takes
// for a comment. Go already refuses what only Rust accepts. The other cases are
// refused here, and so are characters that many editors show as the end of a line
// although the comment continues.

// byteOrderMark is written by some Windows editors at the start of a file.
const byteOrderMark = "\uFEFF"

// characters reports what the two parsers read differently.
func (c *checker) characters(src []byte) {
	for at, part := range lex.Pieces(src) {
		src = src[len(part):]
		switch {
		case bytes.IndexByte(part, 0) >= 0:
			at.Column += utf8.RuneCount(part[:bytes.IndexByte(part, 0)])
			c.add(at, "", "the file has a NUL character (U+0000); delete it")
		case bytes.HasPrefix(part, []byte("//")):
			c.lineComment(part, at, src)
		case bytes.HasPrefix(part, []byte("/*")):
			c.add(at, "", "Cedar has no /* */ comments; begin each line of a comment with //")
		case part[0] == '"':
			if i := bytes.IndexByte(part, '\r'); i >= 0 {
				at.Column += utf8.RuneCount(part[:i])
				c.add(at, "", `a string has a carriage return (U+000D); write \r`)
			}
		default:
			if r, _ := utf8.DecodeRune(part); r >= utf8.RuneSelf && r != utf8.RuneError ||
				r < ' ' && !bytes.ContainsRune([]byte("\t\r\n"), r) {
				c.add(at, "", "%U cannot stand outside of strings and comments; if a space was meant, write an "+
					"ordinary one", r)
			}
		}
	}
}

// lineComment reports characters that end a comment in other tools but not here.
// next is what follows the comment.
func (c *checker) lineComment(comment []byte, at lex.Token, next []byte) {
	text := []rune(string(comment))
	for i, r := range text {
		at := lex.Token{Line: at.Line, Column: at.Column + i}
		switch r {
		case '\r':
			if i+1 == len(text) && len(next) > 0 { // a line feed follows
				continue
			}
			c.add(at, "", "a comment has a carriage return (U+000D) without a line feed: other tools end the "+
				"comment there, and what follows does not count here; end the line with a line feed")
		case '\v', '\f', '\u0085', '\u2028', '\u2029':
			c.add(at, "", "a comment has %U, which editors show as the end of the line: what follows is still a "+
				"comment and does not count; end the line with a line feed", r)
		}
	}
}
