package alert

import (
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// line reads the tokens of one line. A label at its end is that of the next line.
func (r *reader) line(ts []token) {
	if !r.label.fresh {
		r.label = label{}
	}
	var before []string // the words of the clause
	ports := false      // numbers are ports now
	for i, t := range ts {
		switch t.kind {
		case word:
			r.out.Partial = r.out.Partial || continues(ts, i)
			numbers := isNumber(t.text)
			if ports && numbers {
				r.portNumber(t.text, "")
			}
			keeps := numbers || t.text == "and" || t.text == "or"
			ports = ports && keeps || slices.Contains([]string{"port", "ports"}, lastOf(parts(t.text)))
			r.value(t.text, before, alone(ts, i))
			before = append(before, t.text)
			r.label.fresh = false
			if r.label.once {
				r.label = label{}
			}
		case equals:
			l := ofKey(lastOf(before))
			if t.text != "=" && t.text != "==" {
				l.class = aside
			}
			l.once = true
			r.begin(l)
			before = nil
		case colon:
			if i > 1 && ts[i-1].kind == quote {
				l := ofKey(lastOf(before))
				l.once = true
				r.begin(l)
			} else if l := ofSentence(before); r.label.until == "" || r.label.class != aside {
				r.label = l
			}
			before = nil
		case quote:
			r.quote(ts, i)
		case pause:
			r.list(ts, i)
			if !strings.Contains("*[(", t.text) {
				before = nil
			}
		}
	}
	if r.label.until != "" {
		r.label = label{}
	}
}

// continues reports whether a word is only the end of a name, as the last one of "web-07, -08" or "web-07, 08".
func continues(ts []token, i int) bool {
	if i < 2 || ts[i-1].text != "," || ts[i-2].kind != word {
		return false
	}
	end := strings.TrimPrefix(ts[i].text, "-")
	before := ts[i-2].text
	digits := len(before) - len(strings.TrimRight(before, "0123456789"))
	return isNumber(end) && len(end) == digits && isHost(before)
}

// begin takes the label of an assignment, unless it is within the value of a label that says that something else is
// meant.
func (r *reader) begin(l label) {
	if r.label.class != aside || r.label.once {
		r.label = l
	}
}

// list opens a list of values of a label, or closes it.
func (r *reader) list(ts []token, i int) {
	switch {
	case r.label.until == "]" && ts[i].text == "]":
		r.label = label{}
	case r.label.until == "" && ts[i].text == "[" && i > 0 && (ts[i-1].kind == equals || ts[i-1].kind == colon) &&
		i+1 < len(ts) && ts[i+1].text != "{":
		r.label.until, r.label.once = "]", false
	}
}

// quote opens the value of a label, or closes it.
func (r *reader) quote(ts []token, i int) {
	switch {
	case r.label.until != "":
		if closes(r.label.until, ts[i].text) {
			r.label = label{}
		}
	case i > 0 && (ts[i-1].kind == equals || ts[i-1].kind == colon):
		r.label.until, r.label.once = ts[i].text, false
	}
}

func closes(open, mark string) bool {
	return mark == open || strings.Contains("“„", open) && strings.Contains("”“", mark) ||
		open == "‘" && mark == "’" || open == "«" && mark == "»"
}

// alone reports whether a word is a value by itself: nothing but marks is next to it.
func alone(ts []token, i int) bool {
	return i+1 == len(ts) || ts[i+1].kind == quote || ts[i+1].kind == pause
}

// value reads one word.
func (r *reader) value(text string, before []string, alone bool) {
	weak := r.label.class == aside || excluded(before)
	labelled := r.label.class == target && r.label.fresh
	if strings.Contains(text, "://") {
		if r.label.class != aside { // it leads to what the label says, not to what the alert is about
			r.page(text, weak || !labelled)
		}
		return
	}
	host, port, ok := split(text)
	switch {
	case strings.HasPrefix(text, ":") && isNumber(text[1:]):
		r.portNumber(text[1:], "")
	case ok && port != "" && isHost(host):
		r.candidate(Name{Text: text, Host: host, Weak: weak})
		r.portNumber(port, host)
	case ok && port == "" && (isHost(host) || labelled && alone && isBare(host)):
		r.candidate(Name{Text: host, Host: host, Weak: weak})
	default:
		r.odd(text, weak)
	}
}

// odd reads a word that is no name as a whole: lb/listener, a tag such as host:web-07, a port such as 8080/tcp. Names
// within any other are weak.
func (r *reader) odd(text string, weak bool) {
	if key, value, ok := strings.Cut(text, ":"); ok && isKey(key) && value != "" && !isNumber(value) {
		outer := r.label
		if r.label = ofKey(key); weak {
			r.label.class = aside
		}
		r.value(value, nil, true)
		r.label = outer
		return
	}
	left, right, ok := strings.Cut(text, "/")
	switch {
	case ok && (right == "tcp" || right == "udp") && isNumber(left):
		r.portNumber(left, "")
		return
	case ok && (left == "tcp" || left == "udp") && isNumber(right):
		r.portNumber(right, "")
		return
	case ok && isBare(left) && isBare(right):
		r.candidate(Name{Text: text, Host: text, Weak: weak})
	}
	pieces := strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune("/:@%+#&$^?[]", r) })
	for _, piece := range append(pieces, strings.Split(text, "/")...) {
		if piece = strings.Trim(piece, "-_."); isHost(piece) {
			r.name(Name{Text: piece, Host: piece, Weak: true})
		}
	}
}

// page reads the address of a page: its host is what an alert is about only behind a label that says so.
func (r *reader) page(text string, weak bool) {
	u, err := url.Parse(text)
	if err != nil || !isHost(u.Hostname()) {
		return
	}
	r.candidate(Name{Text: u.Hostname(), Host: u.Hostname(), Weak: weak})
	if n := u.Port(); n != "" && !weak {
		r.portNumber(n, u.Hostname())
	}
}

// candidate takes a name with what its label says of it.
func (r *reader) candidate(n Name) {
	if r.label.fresh && !n.Weak {
		n.Kind = r.label.kind
		if r.label.balancer {
			r.balancers = append(r.balancers, n.Text)
		} else if n.Kind == Listener {
			r.listeners = append(r.listeners, n.Text)
		}
	}
	if a, ok := address(n.Host); ok {
		n.Host = a.Unmap().String()
	}
	r.name(n)
}

func (r *reader) portNumber(text, at string) {
	if n, err := strconv.Atoi(text); err == nil && n > 0 && n <= 65535 {
		r.port(n, at)
	}
}

// split separates a port from a host; ok is false for what is neither.
func split(text string) (host, port string, ok bool) {
	if _, is := address(text); is {
		return strings.Trim(text, "[]"), "", true
	}
	if with, err := netip.ParseAddrPort(text); err == nil {
		_, is := address(with.Addr().String())
		return with.Addr().String(), strconv.Itoa(int(with.Port())), is
	}
	host, port, has := strings.Cut(text, ":")
	if has && !isNumber(port) {
		return "", "", false
	}
	return host, port, isBare(host)
}

// isBare reports whether a word may be a name: letters and digits with - _ . between them, at least one a letter.
func isBare(word string) bool {
	ok := func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) }
	if word == "" || !strings.ContainsFunc(word, unicode.IsLetter) {
		return false
	}
	for _, r := range word {
		if !ok(r) && !strings.ContainsRune("-_.", r) {
			return false
		}
	}
	return !strings.ContainsRune("-_.", rune(word[0])) && !strings.ContainsRune("-_.", rune(word[len(word)-1]))
}

// isHost is isBare, or an address, but for words that could be of any sentence: those of letters alone.
func isHost(word string) bool {
	if _, ok := address(word); ok {
		return true
	}
	return isBare(word) && strings.ContainsFunc(word, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsMark(r)
	})
}

// isKey reports whether a word may be the key of a tag.
func isKey(word string) bool {
	return word != "" && !strings.ContainsFunc(word, func(r rune) bool {
		return !unicode.IsLetter(r) && r != '_' && r != '.'
	})
}
