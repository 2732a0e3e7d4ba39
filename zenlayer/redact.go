package zenlayer

import (
	"encoding/json"
	"html"
	"net/url"
	"regexp"
	"strings"
	"unicode"
)

// credentialText finds credentials by their shape, for those that the client
// did not send itself, such as a signature remembered by a proxy.
var credentialText = regexp.MustCompile(`(?i)(signature=|bearer[\s+:]+)[^\s,;"'<>]+`)

// redactor replaces the client's secrets in text that came from outside.
type redactor struct{ secrets []string }

func newRedactor(secrets ...Secret) redactor {
	var r redactor
	for _, s := range secrets {
		if !s.IsZero() {
			r.secrets = append(r.secrets, spellings(s.Reveal())...)
		}
	}
	return r
}

// spellings lists the forms in which a server or proxy may repeat text.
func spellings(text string) []string {
	quoted, _ := json.Marshal(text)
	all := []string{
		text, oneLine(text), url.QueryEscape(text), url.PathEscape(text),
		html.EscapeString(text), strings.Trim(string(quoted), `"`),
	}
	out := all[:0]
	for _, s := range all {
		if s != "" {
			out = append(out, s)
		}
	}
	return out
}

// clean makes text one line of at most limit runes, without control characters
// and without the client's secrets or extra. It cuts last, so that no half of a
// secret survives.
func (r redactor) clean(text string, limit int, extra ...string) string {
	text = oneLine(text)
	for _, secrets := range [][]string{r.secrets, extra} {
		for _, s := range secrets {
			if s != "" {
				text = strings.ReplaceAll(text, s, redacted)
			}
		}
	}
	text = credentialText.ReplaceAllString(text, "${1}"+redacted)
	runes := []rune(text)
	if len(runes) <= limit {
		return text
	}
	return string(runes[:limit-1]) + "…"
}

// oneLine drops control and invisible formatting characters, and turns each run
// of white space into one space.
func oneLine(text string) string {
	var b strings.Builder
	gap := false
	for _, c := range strings.ToValidUTF8(text, "�") {
		switch {
		case unicode.IsSpace(c):
			gap = b.Len() > 0
		case unicode.IsControl(c) || unicode.Is(unicode.Cf, c):
		default:
			if gap {
				b.WriteByte(' ')
			}
			gap = false
			b.WriteRune(c)
		}
	}
	return b.String()
}
