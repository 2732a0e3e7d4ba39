package commands

import (
	"strings"
	"unicode/utf8"
)

// word is one token of a command.
type word struct {
	// key is the text before "=" or ":", or after leading hyphens; empty for a word without a key.
	key string
	// field is the key's field; nil for an unknown key or none.
	field *Field
	// value is without quotes and Slack's escapes.
	value string
	// given is the token as typed.
	given string
	// quoted means that the value was in quotes.
	quoted bool
	// open means that the quote is never closed; missing that the key is the last word and has no value.
	open, missing bool
}

// scanner splits a folded command into words.
type scanner struct {
	text   string
	at     int
	fields []Field
}

func (s *scanner) words() []word {
	out := make([]word, 0, 8)
	for s.skipSpaces() {
		out = append(out, s.next())
	}
	return out
}

// skipSpaces skips spaces and reports whether anything is left.
func (s *scanner) skipSpaces() bool {
	for s.at < len(s.text) && s.text[s.at] == ' ' {
		s.at++
	}
	return s.at < len(s.text)
}

// next scans one word: a pair, a key with hyphens and its value, a flag, or a value without a key.
func (s *scanner) next() word {
	start := s.at
	key, after, dashed := s.keyHere()
	var field *Field
	if endsAt(s.text, after) || s.text[after] == '=' || s.text[after] == ':' {
		field = findField(s.fields, key)
	}
	sign := s.signAfter(after, field != nil)
	var w word
	switch {
	case key == "":
		s.value(&w, "")
	case sign > 0:
		w.key, w.field = key, field
		s.at = sign
		if s.skipSpaces() && (s.at == sign || !s.pairHere()) {
			s.value(&w, fieldKey(field))
		}
	case field != nil && field.Flag && endsAt(s.text, after):
		w.key, w.field, w.value = key, field, "true"
		s.at = after
	case dashed && endsAt(s.text, after):
		w.key, w.field = key, field
		s.at = after
		s.valueOf(&w)
	default:
		s.value(&w, "")
	}
	w.given = strings.TrimRight(s.text[start:s.at], " ")
	return w
}

// signAfter returns the index after the "=" (of a known key also ":") of a key that ends at i; 0 if there is none.
// Spaces may come before the sign.
func (s *scanner) signAfter(i int, known bool) int {
	for i < len(s.text) && s.text[i] == ' ' {
		i++
	}
	if i < len(s.text) && (s.text[i] == '=' || known && s.text[i] == ':') {
		return i + 1
	}
	return 0
}

// pairHere reports whether a key with its sign, or a flag, starts here.
func (s *scanner) pairHere() bool {
	key, after, _ := s.keyHere()
	if key == "" {
		return false
	}
	field := findField(s.fields, key)
	return s.signAfter(after, field != nil) > 0 || field != nil && field.Flag && endsAt(s.text, after)
}

// valueOf scans the word after --key as its value.
func (s *scanner) valueOf(w *word) {
	if !s.skipSpaces() {
		w.missing = true
		return
	}
	if key, after, dashed := s.keyHere(); s.pairHere() || dashed && endsAt(s.text, after) && key != "" {
		w.missing = true
		return
	}
	if w.field == nil {
		return // an unknown option may be a flag: leave what follows alone
	}
	s.value(w, w.field.Key)
}

// keyHere scans a possible key without moving: hyphens if any, then a letter, then letters, digits, "-" and "_".
func (s *scanner) keyHere() (key string, after int, dashed bool) {
	i := s.at
	for i < len(s.text) && s.text[i] == '-' {
		i++
	}
	start := i
	for i < len(s.text) && isWordByte(s.text[i]) {
		i++
	}
	if start == i || s.text[start] >= '0' && s.text[start] <= '9' {
		return "", s.at, false
	}
	return s.text[start:i], i, start > s.at
}

// endsAt reports whether a word ends before i.
func endsAt(text string, i int) bool {
	return i >= len(text) || text[i] == ' '
}

// value scans a bare or quoted value for the field with that key.
func (s *scanner) value(w *word, key string) {
	if mark, size := quoteAt(s.text[s.at:]); size > 0 {
		s.quotedValue(w, key, mark, size)
		return
	}
	w.value = unescapeValue(key, s.bare())
	for key == KeyPorts && s.listGoesOn() || key == KeyType && s.typeGoesOn(w.value) {
		s.skipSpaces()
		w.value += " " + unescapeValue(key, s.bare())
	}
}

// bare reads up to the next space outside an escaped form.
func (s *scanner) bare() string {
	start := s.at
	for s.at < len(s.text) && s.text[s.at] != ' ' {
		s.at += max(1, bracketLen(s.text[s.at:]))
	}
	return s.text[start:s.at]
}

// listGoesOn reports whether a list of ports continues after a space next to a comma.
func (s *scanner) listGoesOn() bool {
	rest := strings.TrimLeft(s.text[s.at:], " ")
	next, _ := utf8.DecodeRuneInString(rest)
	last, _ := utf8.DecodeLastRuneInString(s.text[:s.at])
	return rest != "" && (isListGap(next) || isListGap(last) && '0' <= next && next <= '9')
}

// typeGoesOn reports whether the next word is the second half of "bare metal" or "virtual machine".
func (s *scanner) typeGoesOn(first string) bool {
	rest := strings.TrimLeft(s.text[s.at:], " ")
	end := strings.IndexByte(rest+" ", ' ')
	return sameKey(first, "bare") && sameKey(rest[:end], "metal") ||
		sameKey(first, "virtual") && sameKey(rest[:end], "machine")
}

// quotedValue scans a value in quotes. A doubled straight quote stands for one. Without a closing quote the value ends
// before the next known key, so that the rest is still checked.
func (s *scanner) quotedValue(w *word, key string, open rune, size int) {
	w.quoted = true
	start := s.at + size
	own, kind := marksFor(open)
	end := s.closedAt(start, open, own, key != "")
	if end < 0 {
		end = s.closedAt(start, open, kind, key != "")
	}
	if end >= 0 {
		inside := s.text[start:end]
		if open == '"' || open == '\'' {
			inside = strings.ReplaceAll(inside, string(open)+string(open), string(open))
		}
		_, size = utf8.DecodeRuneInString(s.text[end:])
		s.at = end + size
		if after := len(s.text) - len(strings.TrimLeft(s.text[s.at:], ".,;:!")); endsAt(s.text, after) {
			s.at = after
		}
		w.value = unescapeValue(key, inside)
		return
	}
	w.open = true
	s.at = start
	s.bare()
	for key != "" && s.skipSpaces() {
		name, after, _ := s.keyHere()
		if f := findField(s.fields, name); f != nil &&
			(f.Flag || after < len(s.text) && (s.text[after] == '=' || s.text[after] == ':')) {
			break
		}
		s.bare()
	}
	w.value = strings.TrimRight(s.text[start:s.at], " ")
}

// unescapeValue undoes Slack's escapes in a value, and removes the brackets of one like <lst-80aa>. Slack turns a typed
// address into a link without a label: a name keeps the scheme only if there is a path, a reason always.
func unescapeValue(key, v string) string {
	if strings.IndexByte(v, '<') < 0 && strings.IndexByte(v, '&') < 0 {
		return v
	}
	if id := mention(unmarked(v)); id != "" && key == KeyBy {
		return id
	}
	bare := unescape(v, key == KeyTo)
	if key == KeyReason {
		return bare
	}
	if v[0] == '<' && hasScheme(v[1:]) && hasScheme(bare) {
		_, host, _ := strings.Cut(bare, ":")
		host = strings.TrimSuffix(strings.TrimPrefix(host, "//"), "/")
		if !strings.ContainsAny(host, "/?#") {
			bare = host
		}
	}
	for len(bare) > 2 && bare[0] == '<' && bare[len(bare)-1] == '>' {
		bare = strings.TrimSpace(bare[1 : len(bare)-1])
	}
	return bare
}
