package alert

import (
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// line reads the tokens of one line. A label at its end is that of the next line.
func (r *reader) line(line string) {
	ts := tokens(line)
	if len(ts) == 0 {
		return
	}
	if !r.label.fresh {
		r.label = label{}
	}
	r.side = r.side && belongs(line, ts, r.indent)
	r.before, r.ports = nil, false
	for i, t := range ts {
		switch t.kind {
		case word:
			r.word(ts, i)
		case equals:
			l := ofKey(lastOf(r.before))
			if t.text != "=" && t.text != "==" || slices.ContainsFunc(r.before, isOther) {
				l.class = aside
			}
			l.once = true
			r.begin(l)
			r.before = nil
		case colon:
			r.colon(i > 1 && ts[i-1].kind == quote)
		case quote:
			r.quote(ts, i)
		case pause:
			r.strike(ts, i)
			r.bracket(ts, i)
			if !strings.Contains("*[(", t.text) {
				r.before = nil
			}
		}
	}
	if r.label.until != "" {
		r.label = label{}
	}
	if r.label.fresh && r.label.class == aside && !r.side { // the lines below are its value
		r.side, r.indent = true, indentOf(line)
	}
	r.struck = false
}

func (r *reader) word(ts []token, i int) {
	text := ts[i].text
	r.out.Partial = r.out.Partial || continues(ts, i)
	r.off = r.off || asksToTakeOff(text, r.before)
	numbers := isNumber(text)
	if r.ports && numbers && !r.weak(r.before) {
		r.portNumber(text, "")
	}
	keeps := numbers || text == "and" || text == "or"
	r.ports = r.ports && keeps || isPort(text, r.before)
	r.value(text, r.before, alone(ts, i))
	r.before = append(r.before, text)
	r.label.fresh = false
	if r.label.once {
		r.label = label{}
	}
}

// colon takes the words before a colon for a label; quoted ones are a key of JSON.
func (r *reader) colon(quoted bool) {
	if quoted {
		l := ofKey(r.before...)
		l.once = true
		r.begin(l)
	} else if l := ofSentence(r.before); r.label.until == "" || r.label.class != aside {
		r.label = l
	}
	r.before = nil
}

// weak reports whether what comes next is not what the alert is about.
func (r *reader) weak(before []string) bool {
	return r.label.class == aside || r.side || r.struck || r.depth > 0 || excluded(before)
}

// strike begins or ends what is struck out.
func (r *reader) strike(ts []token, i int) {
	if strings.Trim(ts[i].text, "~") == "" {
		r.struck = !r.struck && slices.Contains(ts[i+1:], ts[i])
	}
}

// bracket counts the brackets of an object or a list whose label says that something else is meant.
func (r *reader) bracket(ts []token, i int) {
	opens, closes := strings.Contains("{[", ts[i].text), strings.Contains("}]", ts[i].text)
	value := i > 0 && (ts[i-1].kind == equals || ts[i-1].kind == colon)
	switch {
	case r.label.until != "" && r.label.until != "]":
	case opens && (r.depth > 0 || value && r.label.class == aside):
		r.depth++
	case r.depth > 0 && closes:
		r.depth--
	case value && ts[i].text == "{":
		r.label = label{}
	default:
		r.list(ts, i)
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
	weak := r.weak(before)
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
		r.portUnless(weak, text[1:], "")
	case ok && port != "" && isHost(host):
		r.candidate(Name{Text: text, Host: host, Weak: weak})
		r.portUnless(weak, port, host)
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
		r.portUnless(weak, left, "")
		return
	case ok && (left == "tcp" || left == "udp") && isNumber(right):
		r.portUnless(weak, right, "")
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

func (r *reader) portUnless(weak bool, text, at string) {
	if !weak {
		r.portNumber(text, at)
	}
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
