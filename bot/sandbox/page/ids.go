package page

import (
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

func joinWords(a, b string) string { return strings.TrimSpace(a + " " + b) }

// fieldName names the form field of an element. It is JSON, so that no block
// or action id can be taken for another.
func fieldName(blockID, actionID string) string {
	name, _ := json.Marshal([2]string{blockID, actionID}) //nolint:errchkjson // two strings always encode
	return string(name)
}

// domID makes an id for the document from any strings.
func domID(parts ...string) string {
	var id strings.Builder
	for i, part := range parts {
		if i > 0 {
			id.WriteByte('.')
		}
		for _, c := range []byte(part) {
			switch {
			case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9':
				id.WriteByte(c)
			default:
				id.WriteString("-" + strconv.FormatUint(uint64(c), 16) + "-")
			}
		}
	}
	return id.String()
}

// webURL is the address if the page may link to it, else empty. An http address
// needs a host: browsers take "https:x" as relative to the page.
func webURL(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	switch u.Scheme {
	case "http", "https":
		if u.Host != "" {
			return u.String()
		}
	case "mailto":
		if u.Opaque != "" {
			return u.String()
		}
	}
	return ""
}

// oneOfList is s if it is in the list, else the first of the list.
func oneOfList(s string, list ...string) string {
	if slices.Contains(list, s) {
		return s
	}
	return list[0]
}
