package zenlayer

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// credentialText finds credentials by their shape, for those that the client
// did not send itself, such as a signature remembered by a proxy.
var credentialText = regexp.MustCompile(`(?i)(signature=|bearer[\s+:]+)[^\s,;"'<>]+`)

// redactor replaces the client's secrets in text that came from outside.
type redactor struct{ secrets []*regexp.Regexp }

func newRedactor(secrets ...Secret) redactor {
	var r redactor
	for _, s := range secrets {
		if !s.IsZero() {
			r.secrets = append(r.secrets, spellings(s.Reveal()))
		}
	}
	return r
}

// spellings matches the forms in which servers, proxies and error texts repeat a text. Whatever they escape for
// addresses, pages, JSON or Go, and however often, letters and digits stay as they are.
func spellings(text string) *regexp.Regexp {
	const most = 24 // characters that stand for an escaped one
	parts := plainRuns.FindAllString(text, -1)
	if parts == nil {
		return regexp.MustCompile(regexp.QuoteMeta(strings.ToValidUTF8(text, "\uFFFD")))
	}
	gaps := plainRuns.Split(text, -1)
	pattern := edge(gaps[0]) + parts[0]
	for i, part := range parts[1:] {
		pattern += fmt.Sprintf(".{0,%d}?%s", min(most*utf8.RuneCountInString(gaps[i+1]), 1000), part)
	}
	return regexp.MustCompile(pattern + edge(gaps[len(parts)]))
}

// edge matches as much as it finds of a beginning or an end without letters and digits, escaped or not.
func edge(text string) string {
	if text == "" {
		return ""
	}
	pattern := `[%\\&][%\\&#;A-Za-z0-9]+`
	for _, r := range strings.ToValidUTF8(text, "\uFFFD") {
		pattern += "|" + regexp.QuoteMeta(string(r))
	}
	return fmt.Sprintf("(?:%s){0,%d}", pattern, min(utf8.RuneCountInString(text), 1000))
}

var plainRuns = regexp.MustCompile(`[A-Za-z0-9]+`)

// clean makes text one line of at most limit runes, without control characters
// and without the client's secrets or extra. It cuts last, so that no half of a
// secret survives.
func (r redactor) clean(text string, limit int, extra ...string) string {
	text = oneLine(text)
	for _, secret := range r.secrets {
		text = secret.ReplaceAllLiteralString(text, redacted)
	}
	for _, s := range extra {
		if s != "" {
			text = strings.ReplaceAll(text, s, redacted)
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
