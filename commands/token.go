package commands

import (
	"regexp"
	"slices"
	"strings"
)

// TokenText is the sentence for a text with a credential in it.
const TokenText = "This looks like a token. Reasons are stored and shown to others: leave it out, and replace the " +
	"token if it is real."

// tokens matches the forms of credentials: of Slack, JSON Web Tokens (RFC 7519), private keys (RFC 7468), and vendors
// that mark their keys.
var tokens = regexp.MustCompile(`(?i)` + strings.Join([]string{
	`\bxox[a-z](-|\.xox[a-z]-)[a-z0-9-]{4,}`, `\bxapp-[a-z0-9-]{4,}`, `\beyJ[\w-]{8,}\.[\w-]{4,}`,
	`-----BEGIN [A-Z ]*PRIVATE KEY`, `\b(AKIA|ASIA)[A-Z0-9]{16}\b`, `\bgh[pousr]_[a-z0-9]{20,}`,
	`\bgithub_pat_\w{20,}`, `\bglpat-[\w-]{20,}`,
}, "|"))

// named matches a credential by the word before it.
var named = regexp.MustCompile(
	`(?i)(?:\bbearer\s+|(?:token|secret|password|passwd|signature|api[_ -]?key|` +
		`access[_ -]?key(?:[_ -]?(?:id|secret))?)\s*[=:]\s*)["']?([\w.~+/=-]{12,})`)

// hasHint reports whether a text in lower case has a part that tokens or named need. It is much cheaper than matching
// them.
func hasHint(lower string) bool {
	return slices.ContainsFunc([]string{"xox", "xapp-", "eyj", "-----begin", "akia", "asia", "ghp_", "gho_", "ghu_",
		"ghs_", "ghr_",
		"github_pat_", "glpat", "bearer", "token", "secret", "passw", "signature", "key",
	}, func(hint string) bool { return strings.Contains(lower, hint) })
}

// links matches addresses of pages, whose paths may be as random as a credential.
var links = regexp.MustCompile(`(?i)\bhttps?://[^\s<>|]+`)

// minRandom is the length of a run of letters and digits that counts as random.
const minRandom = 32

// LooksLikeToken reports whether a text contains something like a credential. IDs, digests, links and addresses do not
// count.
func LooksLikeToken(text string) bool {
	unlinked := text
	if strings.Contains(text, "://") { // much cheaper than matching
		unlinked = links.ReplaceAllString(text, " ")
	}
	if hasRandom(unlinked) {
		return true
	}
	if !hasHint(strings.ToLower(text)) {
		return false
	}
	if tokens.MatchString(text) {
		return true
	}
	for _, m := range named.FindAllStringSubmatch(text, -1) {
		if strings.ContainsAny(m[1], "0123456789") && strings.ToUpper(m[1]) != strings.ToLower(m[1]) {
			return true
		}
	}
	return false
}

// hasRandom reports whether there is a run of minRandom characters with capitals, small letters and digits.
func hasRandom(text string) bool {
	n, large, small, digit := 0, false, false, false
	for _, c := range []byte(text) {
		switch {
		case c >= 'A' && c <= 'Z':
			large = true
		case c >= 'a' && c <= 'z':
			small = true
		case c >= '0' && c <= '9':
			digit = true
		default:
			n, large, small, digit = -1, false, false, false
		}
		if n++; n >= minRandom && large && small && digit {
			return true
		}
	}
	return false
}
