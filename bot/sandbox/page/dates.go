package page

import (
	"strconv"
	"strings"
	"time"
)

// dateForms are Slack's date tokens in Go's layout language.
var dateForms = strings.NewReplacer(
	"{date_num}", "2006-01-02", "{date_short_pretty}", "Jan 2, 2006", "{date_long_pretty}", "Monday, January 2, 2006",
	"{date_pretty}", "January 2, 2006", "{date_short}", "Jan 2, 2006", "{date_long}", "Monday, January 2, 2006",
	"{date}", "January 2, 2006", "{time_secs}", "15:04:05", "{time}", "15:04",
)

// date renders the inside of <!date^seconds^format^link|fallback>.
func (n names) date(inside, fallback string) string {
	parts := strings.SplitN(inside, "^", 3)
	seconds, err := strconv.ParseInt(parts[0], 10, 64)
	if err != nil || len(parts) < 2 || seconds < 0 || seconds > maxSeconds {
		return escapeHTML(unescapeHTML(fallback))
	}
	at := time.Unix(seconds, 0).In(n.location())
	html := `<time datetime="` + at.UTC().Format(time.RFC3339) + `" title="` +
		escapeHTML(at.UTC().Format("2006-01-02 15:04:05")) + ` UTC">` +
		escapeHTML(n.format(at, unescapeHTML(parts[1]))) + `</time>`
	if len(parts) == 3 {
		if address := webURL(unescapeHTML(parts[2])); address != "" {
			return linkHTML(address, html)
		}
	}
	return html
}

// maxSeconds is the end of the year 9999, after which RFC 3339 has no name.
const maxSeconds = 253402300799

// format replaces date tokens; the words between them stay as they are.
func (n names) format(at time.Time, form string) string {
	var out strings.Builder
	for form != "" {
		open := strings.IndexByte(form, '{')
		end := strings.IndexByte(form, '}')
		if open < 0 || end < open {
			break
		}
		out.WriteString(form[:open])
		token := form[open : end+1]
		if layout := dateForms.Replace(token); layout != token {
			token = at.Format(layout)
		}
		out.WriteString(token)
		form = form[end+1:]
	}
	return out.String() + form
}

func (n names) location() *time.Location {
	if n.zone == nil {
		return time.UTC
	}
	return n.zone
}
