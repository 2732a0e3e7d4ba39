package commands

import (
	"slices"
	"strings"
)

// Closest returns up to n of the candidates that word may be a misspelling of, nearest first. Letter case does not
// matter. A swapped pair of letters counts as one mistake; so does a missing rest after three letters or more.
func Closest(word string, candidates []string, n int) []string {
	var out []string
	for _, at := range Nearest(word, len(candidates), n, func(i int) []string { return candidates[i : i+1] }) {
		if !slices.Contains(out, candidates[at]) {
			out = append(out, candidates[at])
		}
	}
	return out
}

// Nearest is Closest for things with several spellings each. It returns indexes of at most n of count things.
func Nearest(word string, count, n int, spellings func(int) []string) []int {
	type near struct{ index, distance int }
	var found []near
	for i := range count {
		best := -1
		for _, text := range spellings(i) {
			if n, ok := mistakes(strings.ToLower(word), strings.ToLower(text)); ok && (best < 0 || n < best) {
				best = n
			}
		}
		if best >= 0 {
			found = append(found, near{i, best})
		}
	}
	slices.SortStableFunc(found, func(a, b near) int { return a.distance - b.distance })
	var out []int
	for _, f := range found[:max(0, min(n, len(found)))] {
		out = append(out, f.index)
	}
	return out
}

// mistakes counts the mistakes between a word and a name, and says whether they are few enough for a suggestion. A
// domain does not count if only one of the two has it.
func mistakes(word, name string) (n int, few bool) {
	if strings.Contains(word, ".") != strings.Contains(name, ".") {
		word, name = withoutDomain(word), withoutDomain(name)
	}
	if name == "" {
		return 0, false
	}
	w := []rune(word)
	limit := mistakesAllowed(len(w))
	n = nearness(w, []rune(name), limit)
	return n, n <= limit
}

func withoutDomain(s string) string {
	host, _, _ := strings.Cut(s, ".")
	if isDigits(host) {
		return s // an address
	}
	return host
}

// mistakesAllowed returns how many mistakes a word of that length may have.
func mistakesAllowed(length int) int {
	switch {
	case length == 0:
		return -1
	case length <= 3:
		return 1
	case length <= 8:
		return 2
	default:
		return min(length/3, 6)
	}
}

// nearness returns the number of mistakes between a and b, or more than limit.
func nearness(a, b []rune, limit int) int {
	if len(a) >= 3 && len(b) > len(a) && slices.Equal(a, b[:len(a)]) {
		return 1
	}
	if len(a)-len(b) > limit || len(b)-len(a) > limit {
		return limit + 1
	}
	return distance(a, b)
}

// distance is the optimal string alignment distance: insertions, deletions, substitutions and swaps of neighbours, each
// counted once.
func distance(a, b []rune) int {
	before, previous, current := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range previous {
		previous[j] = j
	}
	for i := 1; i <= len(a); i++ {
		current[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			current[j] = min(previous[j]+1, current[j-1]+1, previous[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				current[j] = min(current[j], before[j-2]+1)
			}
		}
		before, previous, current = previous, current, before
	}
	return previous[len(b)]
}
