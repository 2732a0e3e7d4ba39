package alert

import (
	"net/netip"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The limits of an alert.
const (
	MaxText  = 40_000 // characters of all texts together
	MaxNames = 200
	maxPorts = 50
	maxWord  = 255 // bytes; no name is longer
)

// Kind is what the label of a name says that it is.
type Kind string

// The kinds of names.
const (
	Any      Kind = "" // a listener, a server, or something else
	Listener Kind = "listener"
	Server   Kind = "server"
)

// Name is a word of an alert that may name a listener or a server.
type Name struct {
	// Text is the word. It names a listener as a command does: ID, name, lb/listener or lb:port.
	Text string
	// Host is what may name a server: Text without its port.
	Host string
	Kind Kind
	// Weak names may only speak against others.
	Weak bool
}

// Port is a number that stands for a port in an alert.
type Port struct {
	Number int
	At     string // the host that it is attached to; empty: it stands behind the word "port"
}

// Reading is what an alert names, in its order and each once.
type Reading struct {
	Names []Name
	Ports []Port
	// Partial says that there may be more names than these: the alert was too large, or has names in short.
	Partial bool
}

// Read reads the texts of an alert as Slack delivers them, with its escapes, links and marks.
func Read(texts []string) Reading {
	r := reader{seen: map[any]bool{}}
	left := MaxText
	for _, text := range texts {
		n := utf8.RuneCountInString(text)
		if n > left {
			r.out.Partial = true
			return r.out
		}
		left -= n
		r.label, r.depth = label{}, 0
		for line := range strings.Lines(plain(text)) {
			r.line(line)
		}
	}
	r.pair()
	for i := range r.out.Names {
		r.out.Names[i].Weak = r.out.Names[i].Weak || r.off
	}
	return r.out
}

// pair joins a load balancer and a listener, if labels name one of each.
func (r *reader) pair() {
	lbs, listeners := slices.Compact(r.balancers), slices.Compact(r.listeners)
	if len(lbs) == 1 && len(listeners) == 1 && isBare(lbs[0]) && isBare(listeners[0]) {
		text := lbs[0] + "/" + listeners[0]
		r.name(Name{Text: text, Host: text, Kind: Listener})
	}
}

// reader collects what it reads.
type reader struct {
	out   Reading
	seen  map[any]bool
	label label // of what comes next

	before []string // the words of the clause
	ports  bool     // numbers are ports now

	side   bool // a label on a line above says that something else is meant
	indent int  // of that line
	depth  int  // of the brackets behind a label that says so
	struck bool // within a text that is struck out
	off    bool // the alert asks to take something out of service

	balancers, listeners []string // what their labels call so
}

func (r *reader) name(n Name) {
	switch {
	case r.seen[n] || len(n.Text) > maxWord:
	case len(r.out.Names) == MaxNames:
		r.out.Partial = true
	default:
		r.seen[n] = true
		r.out.Names = append(r.out.Names, n)
	}
}

func (r *reader) port(number int, at string) {
	p := Port{number, at}
	switch {
	case r.seen[p]:
	case len(r.out.Ports) == maxPorts:
		r.out.Partial = true
	default:
		r.seen[p] = true
		r.out.Ports = append(r.out.Ports, p)
	}
}

// address reads an IPv4 or IPv6 address of a host.
func address(word string) (netip.Addr, bool) {
	a, err := netip.ParseAddr(strings.Trim(word, "[]"))
	return a, err == nil && a.Zone() == "" && !a.IsLoopback() && !a.IsUnspecified()
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
