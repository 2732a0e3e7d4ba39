package page

import (
	"cmp"
	"html/template"
	"strings"
	"unicode"
	"unicode/utf8"

	"lbbot/bot/sandbox"
)

// mrkdwn renders Slack's markup (docs.slack.dev/messaging/formatting-message-text)
// as HTML. Unknown markup is shown as text. All text is escaped; tags and
// attributes come from this file alone.
func (n names) mrkdwn(text string) template.HTML {
	var out strings.Builder
	for {
		before, rest, found := strings.Cut(text, "```")
		code, after, closed := strings.Cut(rest, "```")
		if !found || !closed || code == "" {
			n.lines(&out, text)
			return template.HTML(out.String()) //nolint:gosec // built from escaped pieces
		}
		n.lines(&out, strings.TrimSuffix(before, "\n"))
		out.WriteString("<pre><code>")
		out.WriteString(escapeHTML(n.bare(strings.Trim(code, "\n"))))
		out.WriteString("</code></pre>")
		text = strings.TrimPrefix(after, "\n")
	}
}

// plainHTML renders a text without markup.
func plainHTML(text string) template.HTML {
	return template.HTML(strings.ReplaceAll(escapeHTML(text), "\n", "<br>")) //nolint:gosec // escaped
}

func escapeHTML(text string) string { return template.HTMLEscapeString(text) }

// unescapeHTML undoes the three entities Slack knows, and only those.
func unescapeHTML(text string) string {
	return strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&").Replace(text)
}

// lines renders text without code blocks. Lines that start with > are quotes.
func (n names) lines(out *strings.Builder, text string) {
	if text == "" {
		return
	}
	quoting, first := false, true
	for line := range strings.SplitSeq(text, "\n") {
		rest, quoted := strings.CutPrefix(line, "&gt;")
		if !quoted {
			rest, quoted = strings.CutPrefix(line, ">")
		}
		switch {
		case quoted && !quoting:
			out.WriteString("<blockquote>")
		case !quoted && quoting:
			out.WriteString("</blockquote>")
		case !first:
			out.WriteString("<br>")
		}
		if quoted {
			line = strings.TrimPrefix(rest, " ")
		}
		quoting, first = quoted, false
		n.inline(out, line)
	}
	if quoting {
		out.WriteString("</blockquote>")
	}
}

// marks are the characters around styled text and the tag each stands for.
var marks = [...]struct {
	mark byte
	tag  string
}{{'*', "strong"}, {'_', "em"}, {'~', "s"}}

// inline renders one line.
func (n names) inline(out *strings.Builder, line string) {
	for i := 0; i < len(line); {
		if used := n.token(out, line, i); used > 0 {
			i += used
			continue
		}
		_, size := utf8.DecodeRuneInString(line[i:])
		if line[i] == '&' {
			for _, entity := range []string{"&lt;", "&gt;", "&amp;"} {
				if strings.HasPrefix(line[i:], entity) {
					size = len(entity)
				}
			}
		}
		out.WriteString(escapeHTML(unescapeHTML(line[i : i+size])))
		i += size
	}
}

// token renders the markup that starts at i and returns its length, 0 for none.
func (n names) token(out *strings.Builder, line string, i int) int {
	switch c := line[i]; c {
	case '`':
		if end := strings.IndexByte(line[i+1:], '`'); end > 0 {
			out.WriteString("<code>" + escapeHTML(n.bare(line[i+1:i+1+end])) + "</code>")
			return end + 2
		}
	case '<':
		if end := strings.IndexByte(line[i:], '>'); end > 1 {
			if html, ok := n.reference(line[i+1 : i+end]); ok {
				out.WriteString(html)
				return end + 1
			}
		}
	default:
		for _, m := range marks {
			if m.mark == c {
				return n.styled(out, line, i, m.mark, m.tag)
			}
		}
	}
	return 0
}

// maxStyled bounds a styled text, in bytes: Slack's longest text object. Without
// it, a text of marks alone would take quadratic time.
const maxStyled = 3000

// styled renders *bold*, _italic_ and ~struck~ text. The marks must be at the
// edge of words, as at Slack.
func (n names) styled(out *strings.Builder, line string, i int, mark byte, tag string) int {
	before, _ := utf8.DecodeLastRuneInString(line[:i])
	if i > 0 && (unicode.IsLetter(before) || unicode.IsDigit(before)) {
		return 0
	}
	limit := min(len(line), i+maxStyled)
	for end := i + 1; end < limit; end++ {
		switch {
		case line[end] == '<':
			if close := strings.IndexByte(line[end:limit], '>'); close > 0 {
				end += close
			}
			continue
		case line[end] == '`':
			if close := strings.IndexByte(line[end+1:limit], '`'); close > 0 {
				end += close + 1
			}
			continue
		case line[end] != mark || end == i+1:
			continue
		}
		after, _ := utf8.DecodeRuneInString(line[end+1:])
		inner := line[i+1 : end]
		if inner != strings.TrimSpace(inner) || end+1 < len(line) &&
			(unicode.IsLetter(after) || unicode.IsDigit(after)) {
			continue
		}
		out.WriteString("<" + tag + ">")
		n.inline(out, inner)
		out.WriteString("</" + tag + ">")
		return end - i + 1
	}
	return 0
}

// reference renders the text between < and >. It returns false for a form that
// Slack does not know.
func (n names) reference(inside string) (string, bool) {
	target, label, _ := strings.Cut(inside, "|")
	if target == "" {
		return "", false
	}
	switch target[0] {
	case '@', '#', '!':
		if date, ok := strings.CutPrefix(target, "!date^"); ok {
			return n.date(date, label), true
		}
		return `<span class="mention">` + escapeHTML(n.mention(target, label)) + `</span>`, true
	}
	address := webURL(unescapeHTML(target))
	if address == "" {
		return "", false
	}
	if label == "" {
		label = strings.TrimPrefix(target, "mailto:")
	}
	return linkHTML(address, escapeHTML(unescapeHTML(label))), true
}

// linkHTML wraps escaped HTML in a link to a checked address.
func linkHTML(address, html string) string {
	return `<a href="` + escapeHTML(address) + `" target="_blank" rel="noopener noreferrer">` + html + `</a>`
}

// mention is the text of <@U…>, <#C…> and <!…>, not escaped.
func (n names) mention(target, label string) string {
	id := target[1:]
	switch {
	case target[0] == '@':
		return "@" + cmp.Or(n.people[id], unescapeHTML(label), id)
	case target[0] == '#':
		return "#" + cmp.Or(n.channels[id], unescapeHTML(label), id)
	case strings.HasPrefix(target, "!subteam^"):
		id = strings.TrimPrefix(target, "!subteam^")
		return "@" + cmp.Or(n.groups[id], strings.TrimPrefix(unescapeHTML(label), "@"), id)
	default:
		return "@" + id
	}
}

// bare is the text inside code: references by their label or target, without
// styles. It is not escaped.
func (n names) bare(text string) string {
	var out strings.Builder
	for {
		before, rest, found := strings.Cut(text, "<")
		inside, after, closed := strings.Cut(rest, ">")
		if !found || !closed {
			return unescapeHTML(out.String() + text)
		}
		out.WriteString(before)
		target, label, _ := strings.Cut(inside, "|")
		switch {
		case target != "" && strings.ContainsRune("@#!", rune(target[0])) && !strings.HasPrefix(target, "!date^"):
			out.WriteString(n.mention(target, label))
		case webURL(unescapeHTML(target)) != "" || strings.HasPrefix(target, "!date^"):
			out.WriteString(cmp.Or(label, target))
		default:
			out.WriteString("<" + inside + ">")
		}
		text = after
	}
}

// channelName is the name of a conversation in lists.
func (n names) channelName(ch sandbox.Channel) string {
	if ch.IM != "" {
		return "Direct message with " + cmp.Or(n.people[""], "the bot")
	}
	return "#" + ch.Name
}
