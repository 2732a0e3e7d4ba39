package catalog

import (
	"strings"
	"unicode"
)

// The ranks of a match, best first.
const (
	exact  = iota // all that was typed is one of the spellings
	prefix        // it begins one
	start         // it begins a word in one
	inside        // it is somewhere in one
	apart         // its words are, but not together
	ranks
)

const (
	maxTyped = 200 // bytes that are looked at
	maxWords = 8
)

// query is what somebody typed, as it is compared with keys.
type query struct {
	whole string
	words []string
}

func (q query) empty() bool { return len(q.words) == 0 }

func parse(typed string) query {
	if len(typed) > maxTyped {
		typed = strings.ToValidUTF8(typed[:maxTyped], "")
	}
	words := split(typed)
	words = words[:min(len(words), maxWords)]
	return query{whole: strings.Join(words, " "), words: words}
}

// rank says how well a key fits; false: not at all. Without a query all fit the same.
func (q query) rank(key string) (int, bool) {
	if q.empty() {
		return prefix, true
	}
	for _, word := range q.words {
		if !strings.Contains(key, word) {
			return 0, false
		}
	}
	if rank, ok := rankOf(key, q.whole); ok {
		return rank, true
	}
	worst := exact
	for _, word := range q.words {
		rank, _ := rankOf(key, word)
		worst = max(worst, rank)
	}
	return min(apart, worst+1), true
}

// rankOf returns the best rank of a text in a key.
func rankOf(key, text string) (best int, ok bool) {
	best = inside
	for from := 0; ; {
		at := strings.Index(key[from:], text)
		if at < 0 {
			return best, ok
		}
		at += from
		best, ok = min(best, rankAt(key, at, at+len(text))), true
		from = at + 1
	}
}

func rankAt(key string, from, to int) int {
	begins := from == 0 || key[from-1] == '\n'
	ends := to == len(key) || key[to] == '\n'
	switch {
	case begins && ends:
		return exact
	case begins:
		return prefix
	case strings.IndexByte(" -_./:@#", key[from-1]) >= 0:
		return start
	}
	return inside
}

// key joins the spellings of an item for the search.
func key(spellings []string) string {
	var b strings.Builder
	for _, s := range spellings {
		if s = fold(s); s != "" {
			if b.Len() > 0 {
				b.WriteByte('\n')
			}
			b.WriteString(s)
		}
	}
	return b.String()
}

// fold writes a text as it is compared: lower case, one space between words.
func fold(text string) string { return strings.Join(split(text), " ") }

func split(text string) []string {
	return strings.FieldsFunc(strings.ToLower(text), func(r rune) bool {
		return unicode.IsSpace(r) || !unicode.IsPrint(r)
	})
}
