package zenlayer

import (
	"cmp"
	"encoding/json"
	"html"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// credentialText finds credentials by their shape, for those that the client
// did not send itself, such as a signature remembered by a proxy.
var credentialText = regexp.MustCompile(`(?i)(signature=|bearer[\s+:]+)[^\s,;"'<>]+`)

// redactor replaces the client's secrets in text that came from outside.
type redactor struct{ spellings []Secret }

func newRedactor(secrets ...Secret) redactor {
	var r redactor
	for _, s := range secrets {
		if !s.IsZero() {
			r.spellings = append(r.spellings, spellings(s.Reveal())...)
		}
	}
	return r
}

// spellings lists the forms in which servers, proxies and error texts repeat
// text: escaped for addresses, pages, JSON or Go, up to twice over. The longest
// come first, so that no part of one is left by another. A secret of plain
// letters and digits has one spelling.
func spellings(text string) []Secret {
	found := map[string]bool{text: true}
	for range 2 {
		for _, known := range slices.Collect(maps.Keys(found)) {
			for _, escape := range []func(string) string{
				url.QueryEscape, url.PathEscape, html.EscapeString, jsonText, goText, pageSafeJSONText, oneLine,
			} {
				found[escape(known)] = true
			}
		}
	}
	delete(found, "")
	sorted := slices.SortedFunc(maps.Keys(found), func(a, b string) int {
		return cmp.Or(cmp.Compare(len(b), len(a)), cmp.Compare(a, b))
	})
	out := make([]Secret, len(sorted))
	for i, s := range sorted {
		out[i] = NewSecret(s)
	}
	return out
}

func goText(text string) string { return unquoted(strconv.Quote(text)) }

func pageSafeJSONText(text string) string {
	encoded, _ := json.Marshal(text) // a string always encodes
	return unquoted(string(encoded))
}

func jsonText(text string) string {
	var b strings.Builder
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(text) // into memory: cannot fail
	return unquoted(strings.TrimSuffix(b.String(), "\n"))
}

func unquoted(text string) string { return text[1 : len(text)-1] }

// clean makes text one line of at most limit runes, without control characters
// and without the client's secrets or extra. It cuts last, so that no half of a
// secret survives.
func (r redactor) clean(text string, limit int, extra ...string) string {
	text = oneLine(text)
	for _, s := range r.spellings {
		text = without(text, s.Reveal())
	}
	for _, s := range extra {
		text = without(text, s)
	}
	text = credentialText.ReplaceAllString(text, "${1}"+redacted)
	runes := []rune(text)
	if len(runes) <= limit {
		return text
	}
	return string(runes[:limit-1]) + "…"
}

func without(text, secret string) string {
	if secret == "" {
		return text
	}
	return strings.ReplaceAll(text, secret, redacted)
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
