package commands

import "strings"

var entities = strings.NewReplacer("&amp;", "&", "&lt;", "<", "&gt;", ">")

// unescape turns Slack's escapes into plain text (docs.slack.dev/messaging/formatting-message-text): "<#C1|ops>"
// becomes "#ops", or "C1" if wantID; "<@U1|ana>" becomes "@ana"; a link becomes its label; "&amp;", "&lt;" and "&gt;"
// become characters. It repeats until nothing is escaped, so that its result never becomes markup again.
func unescape(s string, wantID bool) string {
	if !strings.ContainsAny(s, "<&") {
		return s
	}
	for {
		next := unbracket(s, wantID)
		if strings.Contains(next, "&") {
			next = entities.Replace(next)
		}
		if next == s {
			return s
		}
		s = next
	}
}

// unbracket replaces each escape in angle brackets once.
func unbracket(s string, wantID bool) string {
	var b strings.Builder
	for {
		start := strings.IndexByte(s, '<')
		if start < 0 {
			b.WriteString(s)
			return b.String()
		}
		n := bracketLen(s[start:])
		if n == 0 {
			b.WriteString(s[:start+1])
			s = s[start+1:]
			continue
		}
		b.WriteString(s[:start])
		b.WriteString(bracketText(s[start+1:start+n-1], wantID))
		s = s[start+n:]
	}
}

// bracketLen returns the length of the escape that s begins with, brackets included; 0 if there is none.
func bracketLen(s string) int {
	if len(s) < 3 || s[0] != '<' {
		return 0
	}
	switch {
	case s[1] == '#', s[1] == '@', s[1] == '!', hasScheme(s[1:]):
	default:
		return 0
	}
	return strings.IndexByte(s, '>') + 1
}

func hasScheme(s string) bool {
	for _, scheme := range [...]string{"http://", "https://", "mailto:", "tel:"} {
		if len(s) >= len(scheme) && strings.EqualFold(s[:len(scheme)], scheme) {
			return true
		}
	}
	return false
}

// bracketText returns the plain text of an escape without its brackets.
func bracketText(inside string, wantID bool) string {
	target, label, _ := strings.Cut(inside, "|")
	kind := target[0]
	switch {
	case kind == '#' && wantID:
		return target[1:]
	case kind == '#' || kind == '@':
		if label == "" {
			return target
		}
		return string(kind) + label
	case kind == '!':
		if label != "" {
			return label
		}
		if _, id, ok := strings.Cut(target, "^"); ok {
			return "@" + id
		}
		return "@" + target[1:]
	case label != "":
		return label
	default:
		return target
	}
}

// withoutGroupCalls removes the @ of @channel, @here and @everyone, so that they notify nobody.
func withoutGroupCalls(s string) string {
	if !strings.Contains(s, "@") {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		j := i
		for j < len(s) && s[j] == '@' {
			j++
		}
		if j > i && isGroupCall(s[j:]) {
			i = j
		}
		b.WriteByte(s[i])
		i++
	}
	return b.String()
}

func isGroupCall(s string) bool {
	for _, group := range [...]string{"channel", "here", "everyone"} {
		if len(s) >= len(group) && strings.EqualFold(s[:len(group)], group) &&
			(len(s) == len(group) || !isWordByte(s[len(group)])) {
			return true
		}
	}
	return false
}

func isWordByte(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '_' || c == '-'
}
