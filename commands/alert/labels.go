package alert

import (
	"strings"
	"unicode"
)

// The classes of labels.
type class int

const (
	neutral class = iota
	target        // says that its value is a host or a listener
	aside         // says that its value is something else, such as where the alert comes from
)

// label is what stands before a value, as in instance="web-07" or Host: web-07.
type label struct {
	class    class
	kind     Kind
	balancer bool   // it is of a load balancer
	until    string // the mark that ends it; empty: the end of the line
	once     bool   // it is of one word only
	fresh    bool   // nothing was read since
}

// The words of labels. A space is around each.
const (
	targets = " addr address backend backends balancer box device endpoint endpoints fqdn host hostname hostnames " +
		"hosts instance instances ip ips ipv4 ipv6 lb listener listeners loadbalancer machine member members node " +
		"nodename nodes resource server servername servers target targets upstream vm "

	// qualifiers stand behind one of targets, as in "Private IP" or "instance_id".
	qualifiers = " addr address fqdn id ids ip ips name names "

	// sentences are labels of text in which names count as without a label.
	sentences = " alert alertname annotations body comment content description details error event fallback info " +
		"issue log message msg name note output pretext problem reason status subject summary text title value "

	// asides are labels of what is not meant, before a colon. Before an equals sign every unknown label is one.
	asides = " alertmanager before by cluster dashboard datacenter datasource dc env environment example excluded " +
		"failover from generator grafana graph ignored job link links monitor monitoring namespace old owner panel " +
		"playbook previously prometheus receiver region related replica reporter runbook service silence similar " +
		"skipped source spare standby team unaffected url urls via was zone "
)

// The words before a name that say that another one is meant; t is that of don't.
const (
	small = " at for from host in instance listener node on server the with "
	not   = " as except excluding ignore ignoring like longer never no not skip t than unlike versus vs was without "
	notOf = "|all but|anything but|apart from|aside from|compared to|everything but|instead of|similar to|"
)

func has(words, word string) bool { return word != "" && strings.Contains(words, " "+word+" ") }

// ofKey is the label of an assignment or of a field of JSON: what is not known there is something else.
func ofKey(key string) label {
	l := byWords(parts(key))
	if l.class == neutral && !has(sentences, lastOf(parts(key))) {
		l.class = aside
	}
	return l
}

// ofSentence is the label that words before a colon make.
func ofSentence(words []string) label {
	var all []string
	for _, w := range words[max(0, len(words)-3):] {
		all = append(all, parts(w)...)
	}
	l := byWords(all)
	if l.class == neutral && has(asides, lastOf(all)) {
		l.class = aside
	}
	return l
}

// byWords reads a label such as "Private IP", "server_name" or "instance id".
func byWords(words []string) label {
	for len(words) > 1 && has(qualifiers, lastOf(words)) && has(targets, words[len(words)-2]) {
		words = words[:len(words)-1]
	}
	l := label{fresh: true}
	last := lastOf(words)
	if !has(targets, last) {
		return l
	}
	l.class = target
	switch last {
	case "listener", "listeners":
		l.kind = Listener
	case "lb", "loadbalancer", "balancer":
		l.kind, l.balancer = Listener, true
	case "server", "servers", "servername", "backend", "backends", "member", "members":
		l.kind = Server
	}
	return l
}

func lastOf(words []string) string {
	if len(words) == 0 {
		return ""
	}
	return words[len(words)-1]
}

// parts are the words of a key in lower case: targetPort and target_port are target and port.
func parts(key string) []string {
	var b strings.Builder
	lower := false
	for _, r := range key {
		switch {
		case !unicode.IsLetter(r) && !unicode.IsDigit(r):
			r = ' '
		case unicode.IsUpper(r) && lower:
			b.WriteByte(' ')
		}
		lower = unicode.IsLower(r)
		b.WriteRune(unicode.ToLower(r))
	}
	return strings.Fields(b.String())
}

// excluded reports whether the words before a name say that something else is meant.
func excluded(before []string) bool {
	if n := len(before); n > 1 && strings.Contains(notOf, "|"+strings.ToLower(before[n-2]+" "+before[n-1])+"|") {
		return true
	}
	for has(small, lowerLast(before)) {
		before = before[:len(before)-1]
	}
	n := len(before)
	return has(not, lowerLast(before)) ||
		n > 1 && strings.Contains(notOf, "|"+strings.ToLower(before[n-2]+" "+before[n-1])+"|")
}

func lowerLast(words []string) string { return strings.ToLower(lastOf(words)) }
