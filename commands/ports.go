package commands

import (
	"slices"
	"strconv"
	"strings"
)

const portWords = "Use numbers from 1 to 65535, for example 8080,8081."

// setPorts parses a list of ports and ranges. It removes duplicates and adds a note about them.
func (b *builder) setPorts(value string) {
	if grouped, written := groupedPort(value); grouped != "" {
		b.failGrouped(value, grouped, written)
		return
	}
	parts := strings.FieldsFunc(value, isListGap)
	var wrong []string
	list := portList{ports: make([]int, 0, min(len(parts), MaxPorts))}
	for _, part := range parts {
		first, last, ok := parseRange(part)
		switch {
		case !ok:
			wrong = append(wrong, part)
		case first > last:
			b.failBackwards(value, part, len(parts) == 1)
			return
		default:
			list.add(first, last)
		}
	}
	switch {
	case len(parts) == 0:
		b.fail(KeyPorts, value, `"`+shown(value)+`" is not a port. `+portWords, unknown)
	case len(wrong) > 0:
		b.failPorts(value, parts, wrong, list.tooMany())
	case list.total > MaxPorts:
		b.fail(KeyPorts, value, list.tooMany(), unknown)
	default:
		b.made.Ports = list.ports
		if len(list.twice) > 0 {
			b.made.Notes = append(b.made.Notes,
				"Ports given more than once were taken once: "+joinPorts(list.twice, ", ")+".")
		}
	}
}

// groupedPort finds a number that a keyboard may have written in groups: 8,443 can be 8443, or 8 and 443. It returns
// that number, and how it was written; "" if there is none.
func groupedPort(value string) (grouped, written string) {
	for i := range len(value) - 1 {
		if gap := value[i]; gap != ',' && gap != ' ' {
			continue
		}
		before := value[:i]
		first := before[strings.LastIndexFunc(before, isListGap)+1:]
		rest := value[i+1:]
		if end := strings.IndexFunc(rest, isListGap); end >= 0 {
			rest = rest[:end]
		}
		if len(first) == 1 && len(rest) == 3 && isDigits(first+rest) && first != "0" {
			return first + rest, value[i-1 : i+4]
		}
	}
	return "", ""
}

func (b *builder) failGrouped(value, grouped, written string) {
	text := `"` + written + `" is not two ports. Write ` + grouped + "."
	if second, ok := parsePort(grouped[1:]); ok {
		text = `"` + written + `" can be one port or two. Write ` + grouped + ", or " + grouped[:1] + ";" +
			strconv.Itoa(second) + "."
	}
	b.fail(KeyPorts, value, text, unknown)
}

// portList collects ports in order. Once there are too many it only counts.
type portList struct {
	ports, twice []int
	// total is the number of different ports, approximate once there are too many.
	total int
}

// tooMany says that there are more ports than a request may have; "" if there are not.
func (l *portList) tooMany() string {
	if l.total <= MaxPorts {
		return ""
	}
	return "Up to " + strconv.Itoa(MaxPorts) + " ports. You gave " + strconv.Itoa(l.total) + "."
}

func (l *portList) add(first, last int) {
	for port := first; port <= last; port++ {
		switch {
		case l.total > MaxPorts:
			l.total++
		case !slices.Contains(l.ports, port):
			l.ports = append(l.ports, port)
			l.total++
		case !slices.Contains(l.twice, port):
			l.twice = append(l.twice, port)
		}
	}
}

func (b *builder) failBackwards(value, part string, only bool) {
	first, last, _ := parseRange(part)
	turned := strconv.Itoa(last) + "-" + strconv.Itoa(first)
	instead := unknown
	if only && first-last < MaxPorts {
		instead = turned
	}
	b.fail(KeyPorts, value, `"`+shown(part)+`" runs backwards. Did you mean `+turned+"?", instead)
}

// failPorts refuses the parts that are no ports. tooMany is what is wrong with the others.
func (b *builder) failPorts(value string, parts, wrong []string, tooMany string) {
	form := `"` + shown(wrong[0]) + `" is not a port. ` + portWords
	text := form
	switch {
	case len(wrong) > 1:
		form = namesOf(wrong) + " are not ports. " + portWords
		text = form
	case len(parts) == 1 && strings.Trim(wrong[0], "0123456789-") == "":
		text = "a port is a number from 1 to 65535."
	}
	if tooMany != "" {
		text, form = text+" "+tooMany, form+" "+tooMany
	}
	b.failForm(KeyPorts, value, text, form, unknown)
}

// namesOf quotes up to three texts and counts the others.
func namesOf(texts []string) string {
	const most = 3
	quoted := make([]string, 0, most)
	for _, t := range texts[:min(most, len(texts))] {
		quoted = append(quoted, `"`+shown(t)+`"`)
	}
	if more := len(texts) - len(quoted); more > 0 {
		return strings.Join(quoted, ", ") + " and " + strconv.Itoa(more) + " more"
	}
	return inWords(quoted)
}

// parseRange parses "8080" or "8080-8083".
func parseRange(s string) (first, last int, ok bool) {
	from, to, isRange := strings.Cut(s, "-")
	first, ok = parsePort(from)
	if !isRange || !ok {
		return first, first, ok
	}
	last, ok = parsePort(to)
	return first, last, ok
}

// parsePort parses a port from 1 to 65535.
func parsePort(s string) (int, bool) {
	n, err := strconv.Atoi(s)
	return n, err == nil && isDigits(s) && n >= 1 && n <= 65535
}

// isListGap reports whether r separates list items: a space, or the comma or semicolon of any keyboard.
func isListGap(r rune) bool {
	return r == ' ' || strings.ContainsRune(",;、､،؛", r)
}

// typedPorts writes ports so that setPorts reads them again.
func typedPorts(ports []int) string {
	text := joinPorts(ports, ",")
	if grouped, _ := groupedPort(text); grouped != "" {
		return joinPorts(ports, ";")
	}
	return text
}

func joinPorts(ports []int, gap string) string {
	var b []byte
	for i, p := range ports {
		if i > 0 {
			b = append(b, gap...)
		}
		b = strconv.AppendInt(b, int64(p), 10)
	}
	return string(b)
}
