package catalog

import (
	"net/netip"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"lbbot/commands"
)

// The ranks of a match, best first.
const (
	exact  = iota // all that was typed is one of the spellings
	prefix        // it begins one
	start         // it begins a word in one
	inside        // it is somewhere in one
	apart         // its words are, but not together: the sum of their ranks is added
	ranks  = apart + maxWords*inside + 1
)

// The limits of what is compared, in bytes.
const (
	maxTyped    = 200 // the rest is ignored
	maxWords    = 8   // the same
	maxSpelling = 256 // of a name that Zenlayer lists
)

// query is what somebody typed, as it is compared with keys.
type query struct {
	whole   string
	words   []string
	longest string // of words; empty without words, so that it is in every key
}

func (q query) empty() bool { return len(q.words) == 0 }

func parse(typed string) query {
	words := split(clip(strings.TrimSpace(typed), maxTyped))
	words = words[:min(len(words), maxWords)]
	var q query
	for _, word := range words {
		if word = plain(word); slices.Contains(q.words, word) {
			continue
		}
		if q.words = append(q.words, word); len(word) > len(q.longest) {
			q.longest = word
		}
	}
	q.whole = strings.Join(q.words, " ")
	return q
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
	sum := apart
	for _, word := range q.words {
		rank, _ := rankOf(key, word)
		sum += rank
	}
	return sum, true
}

// rankOf returns the best rank of a text in a key.
func rankOf(key, text string) (best int, ok bool) {
	best = inside
	for from := 0; best > exact; {
		at := strings.Index(key[from:], text)
		if at < 0 {
			return best, ok
		}
		at += from
		best, ok = min(best, rankAt(key, at, at+len(text))), true
		from = at + 1
	}
	return best, ok
}

func rankAt(key string, from, to int) int {
	if from == 0 || key[from-1] == '\n' {
		if to == len(key) || key[to] == '\n' {
			return exact
		}
		return prefix
	}
	if r, _ := utf8.DecodeLastRuneInString(key[:from]); !unicode.IsLetter(r) && !unicode.IsDigit(r) {
		return start
	}
	return inside
}

// key joins the spellings of an item, each on its line, as they are compared.
func key(spellings ...string) string {
	var lines []string
	for _, s := range spellings {
		if s = fold(s); s != "" {
			lines = append(lines, s)
		}
	}
	return strings.Join(lines, "\n")
}

// endOfNames is between the spellings that name an item and those that are only part of a name.
const endOfNames = "\n\n"

// lineOf returns the line of a key that has only this spelling; false: no key has one.
func lineOf(spelling string) (line string, ok bool) {
	words := split(spelling)
	for i, word := range words {
		words[i] = plain(word)
	}
	line = strings.Join(words, " ")
	return line + "\n", line != "" && len(line) <= maxSpelling
}

// fold writes a text as it is compared: as commands are read, lower case, one space between words.
func fold(text string) string { return strings.Join(split(clip(text, maxSpelling)), " ") }

func split(text string) []string {
	return strings.FieldsFunc(strings.ToLower(commands.Fold(text)), func(r rune) bool {
		return unicode.IsSpace(r) || !unicode.IsPrint(r)
	})
}

// clip cuts a text before the character that does not fit into so many bytes.
func clip(text string, most int) string {
	if len(text) <= most {
		return text
	}
	for most > 0 && !utf8.RuneStart(text[most]) {
		most--
	}
	return text[:most]
}

// plain writes a word that was typed as keys have it: addresses in their short form without port, prefix length and
// brackets, host names without the final dot.
func plain(word string) string {
	if addr, ok := address(word); ok {
		return addr.String()
	}
	if strings.ContainsFunc(word, unicode.IsLetter) {
		return strings.TrimSuffix(word, ".")
	}
	return word
}

func address(text string) (addr netip.Addr, ok bool) {
	bare, _, _ := strings.Cut(text, "/")
	addr, err := netip.ParseAddr(strings.Trim(bare, "[]"))
	if with, portErr := netip.ParseAddrPort(bare); err != nil && portErr == nil {
		addr, err = with.Addr(), nil
	}
	return addr.Unmap().WithZone(""), err == nil
}

// addresses are the spellings of an address: IPv6 in its short and in its long form, because people type the start of
// either.
func addresses(ips ...string) (spellings []string) {
	for _, ip := range ips {
		addr, ok := address(ip)
		switch {
		case !ok:
			spellings = append(spellings, ip)
		case addr.Is6():
			spellings = append(spellings, addr.String(), addr.StringExpanded())
		default:
			spellings = append(spellings, addr.String())
		}
	}
	return spellings
}
