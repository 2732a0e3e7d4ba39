package commands

import (
	"strconv"
	"strings"
)

// fallbackName is the backend name for a server whose name has no usable character.
const fallbackName = "server"

// BackendName makes a backend name from a server's name or ID. Characters other than ASCII letters, digits, "-" and "."
// become hyphens; the name is shortened to MaxName; a number is added while taken has it in any letter case. The result
// is valid and not in taken.
func BackendName(server string, taken []string) string {
	base := cleanName(server)
	name := base
	for n := 2; isTaken(name, taken); n++ {
		suffix := "-" + strconv.Itoa(n)
		name = strings.TrimRight(base[:min(len(base), MaxName-len(suffix))], "-.") + suffix
	}
	return name
}

// checkBackendName reports whether name follows the API's rule: 1 to 64 letters, digits, "-" and "."
// (docs.console.zenlayer.com, RegisterBackend; letters are taken to be ASCII, the narrower reading). If it does not,
// suggestion is a similar name that does.
func checkBackendName(name string) (suggestion string, ok bool) {
	if name == "" || len(name) > MaxName {
		return cleanName(name), false
	}
	for i := range len(name) {
		if !isNameByte(name[i]) {
			return cleanName(name), false
		}
	}
	return "", true
}

// cleanName returns a similar name that is valid.
func cleanName(s string) string {
	var b strings.Builder
	gap := false
	for _, r := range Fold(s) {
		if r >= 0x80 || !isNameByte(byte(r)) {
			gap = true
			continue
		}
		if gap && b.Len() > 0 {
			b.WriteByte('-')
		}
		gap = false
		b.WriteRune(r)
	}
	name := strings.Trim(b.String(), "-.")
	name = strings.TrimRight(name[:min(len(name), MaxName)], "-.")
	if name == "" {
		return fallbackName
	}
	return name
}

func isNameByte(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '.'
}

func isTaken(name string, taken []string) bool {
	for _, t := range taken {
		if strings.EqualFold(name, t) {
			return true
		}
	}
	return false
}
