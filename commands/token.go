package commands

import (
	"regexp"
	"slices"
	"strings"
)

// TokenText refuses a text with a credential in it. Reasons are stored in the
// audit log and shown to others.
const TokenText = "This looks like a token. Reasons are stored and shown to others: leave it out, and replace the " +
	"token if it is real."

// tokens are the shapes of credentials: of Slack, JSON Web Tokens (RFC 7519),
// private keys (RFC 7468), and of makers who mark their keys.
var tokens = regexp.MustCompile(`(?i)` + strings.Join([]string{
	`\bxox[a-z](-|\.xox[a-z]-)[a-z0-9-]{4,}`, `\bxapp-[a-z0-9-]{4,}`, `\beyJ[\w-]{8,}\.[\w-]{4,}`,
	`-----BEGIN [A-Z ]*PRIVATE KEY`, `\b(AKIA|ASIA)[A-Z0-9]{16}\b`, `\bgh[pousr]_[a-z0-9]{20,}`,
	`\bgithub_pat_\w{20,}`, `\bglpat-[\w-]{20,}`,
}, "|"))

// named finds a credential by the word before it.
var named = regexp.MustCompile(
	`(?i)(?:\bbearer\s+|(?:token|secret|password|passwd|signature|api[_ -]?key|` +
		`access[_ -]?key(?:[_ -]?(?:id|secret))?)\s*[=:]\s*)["']?([\w.~+/=-]{12,})`)

// hasHint reports whether a text in small letters has a part of what tokens or
// named find. To look for it is much cheaper than to match them.
func hasHint(lower string) bool {
	return slices.ContainsFunc([]string{"xox", "xapp-", "eyj", "-----begin", "akia", "asia", "ghp_", "gho_", "ghu_",
		"ghs_", "ghr_",
		"github_pat_", "glpat", "bearer", "token", "secret", "passw", "signature", "key",
	}, func(hint string) bool { return strings.Contains(lower, hint) })
}

// links are addresses of pages: their paths may be as random as a credential.
var links = regexp.MustCompile(`(?i)\bhttps?://[^\s<>|]+`)

// minRandom is the length of a run of letters and digits that nobody types.
const minRandom = 32

// LooksLikeToken reports whether a text has something in it that looks like a
// credential. IDs, digests, links and addresses do not.
func LooksLikeToken(text string) bool {
	if hasRandom(links.ReplaceAllString(text, " ")) {
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

// hasRandom finds a long run of large and small letters and digits, all three.
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
