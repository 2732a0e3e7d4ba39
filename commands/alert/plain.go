package alert

import (
	"strconv"
	"strings"
	"unicode"

	"lbbot/commands"
)

// plain undoes Slack's escapes, links and marks, and those of JSON. Its lines are those of the text.
func plain(text string) string {
	text = unlink(text)
	text = strings.NewReplacer("&lt;", " ", "&gt;", " ", "&amp;", "&", "`", " ").Replace(text)
	text = unescape(text)
	lines := strings.FieldsFunc(text, func(r rune) bool { return r == '\n' || r == '\r' || r == '\u2028' })
	for i, line := range lines {
		lines[i] = commands.Fold(line)
	}
	return strings.Join(lines, "\n")
}

// unlink replaces what Slack writes in angle brackets: a link by its label or else its address, and people, channels,
// groups and dates by a space. A label that is an address is one.
func unlink(text string) string {
	var b strings.Builder
	for {
		before, rest, ok := strings.Cut(text, "<")
		b.WriteString(before)
		if !ok {
			return b.String()
		}
		inside, after, closed := strings.Cut(rest, ">")
		if !closed || strings.ContainsAny(inside, "<\n") {
			b.WriteByte(' ')
			text = rest
			continue
		}
		target, label, _ := strings.Cut(inside, "|")
		switch {
		case strings.IndexAny(target, "@!#") == 0:
			b.WriteByte(' ')
		case label != "":
			b.WriteString(label)
		default:
			b.WriteString(strings.TrimPrefix(target, "mailto:"))
		}
		text = after
	}
}

// unescape undoes the escapes of JSON: text that was copied from a payload has them.
func unescape(text string) string {
	if !strings.Contains(text, `\`) {
		return text
	}
	var b strings.Builder
	for {
		before, rest, ok := strings.Cut(text, `\`)
		b.WriteString(before)
		if !ok {
			return b.String()
		}
		text = rest
		switch {
		case rest == "":
		case rest[0] == 'n', rest[0] == 'r', rest[0] == 't':
			b.WriteString(map[byte]string{'n': "\n", 'r': "\n", 't': " "}[rest[0]])
			text = rest[1:]
		case rest[0] == 'u' && len(rest) > 4:
			code, err := strconv.ParseUint(rest[1:5], 16, 16)
			if r := rune(code); err == nil && r < unicode.MaxASCII && unicode.IsPrint(r) {
				b.WriteRune(r)
			} else {
				b.WriteByte(' ')
			}
			text = rest[5:]
			if err != nil {
				text = rest[1:]
			}
		}
	}
}
