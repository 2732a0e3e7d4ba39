package alert

import (
	"slices"
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

// The words of labels. A space is around each. A label with a word of asides, or with one that is in none of these
// lists, says that its value is something else.
const (
	targets = " addr address backend backends balancer box device endpoint endpoints fqdn host hostname " +
		"hostnames hosts instance instances ip ips ipv4 ipv6 lb listener listeners loadbalancer machine member " +
		"members node nodename nodes resource server servername servers target targets upstream vm "

	// qualifiers stand behind one of targets, as in "Private IP" or "instance_id".
	qualifiers = " addr address fqdn id ids ip ips name names "

	// beside may stand beside one of targets, and before a colon without one.
	beside = " a add affected an and at back broken crashed dead down failed failing for in is load lost " +
		"missing my of on or our please private public put register start the this unhealthy unreachable " +
		"virtual with zenlayer "

	// sentences are labels of text in which names count as without a label, and of objects.
	sentences = " alarm alert alertname alerts annotations attachments attributes blocks body check comment " +
		"common condition content critical data description details dimensions error eval event fallback " +
		"fields firing group incident info issue label labels log matches message metric metrics msg name note " +
		"output payload port ports pretext problem reason result results state status subject summary tag tags " +
		"text title trigger triggered value values warn warning "

	// asides are labels of what is not meant.
	asides = " alertmanager before by client cluster dashboard datacenter datasource dc env " +
		"environment example excluded exporter failover from generator grafana graph ignored job link " +
		"links monitor monitoring namespace owner panel peer playbook previously prometheus receiver " +
		"region related remote replica reporter runbook scrape service silence similar skipped source " +
		"team url urls via zone " + others

	// others stand before a name of another one, and in labels of such names.
	others = " backup bastion fallback former healthy jump muted old passing passive previous reserve silenced " +
		"spare standby unaffected was "
)

// The words before a name or a port that say that another one is meant; t is that of don't.
const (
	small = " add any at be by for from host hosts in instance is listener node of on port ports put reboot " +
		"register restart server servers start the these this to touch use with "
	not = others + "as except excluding ignore ignoring like longer neither never no nor not skip t than " +
		"unless unlike versus vs without "
	notOf = "|all but|anything but|apart from|aside from|compared to|everything but|instead of|rather than|" +
		"similar to|"
	doNot   = " do don dont may mustn must need shall shouldn should "
	takeOff = " decommission decommissioning delete deregister deregistering detach detaching disable drain " +
		"draining evict isolate quarantine remove removing retire unregister "
	takenOff = " decommissioned deleted deregistered detached disabled drained evicted isolated removed " +
		"retired taken unregistered "
	takes = " bring get keep kick leave pull take taking throw "
)

func has(words, word string) bool { return word != "" && strings.Contains(words, " "+word+" ") }

// ofKey is the label that the words of a key make, before an equals sign or in JSON, or those of a sentence before a
// colon. Only what is known says anything of its value.
func ofKey(words ...string) label {
	var all []string
	names := 0
	for _, w := range words {
		if len(words) > 1 && strings.ContainsFunc(w, unicode.IsDigit) { // the name of something, or a number
			names++
			continue
		}
		all = append(all, parts(w)...)
	}
	if len(all) == 0 && names > 0 {
		return label{fresh: true}
	}
	return byWords(all)
}

// ofSentence is the label that words before a colon make. That of one word may be the name of an alert or of a thing.
func ofSentence(words []string) label {
	l := ofKey(words...)
	if len(words) != 1 || l.class != aside {
		return l
	}
	named := strings.ContainsFunc(words[0], unicode.IsDigit) || isCamel(words[0])
	if strings.Contains(words[0], "/") || named && !slices.ContainsFunc(parts(words[0]), isOther) {
		l.class = neutral
	}
	return l
}

func isOther(word string) bool { return has(asides, word) || has(not, word) }

// isCamel reports whether a word is written as the names of alerts are, such as InstanceDown.
func isCamel(word string) bool {
	return len(parts(word)) > 1 && !strings.ContainsFunc(word, func(r rune) bool { return !unicode.IsLetter(r) })
}

// byWords reads a label such as "Private IP", "server_name" or "instance id".
func byWords(words []string) label {
	l := label{fresh: true, class: aside}
	for _, w := range words {
		if !has(targets, w) && !has(qualifiers, w) && !has(beside, w) && !has(sentences, w) || isOther(w) {
			return l
		}
	}
	for len(words) > 1 && has(qualifiers, lastOf(words)) && has(targets, words[len(words)-2]) {
		words = words[:len(words)-1]
	}
	last := lastOf(words)
	if has(sentences, last) || has(beside, last) {
		l.class = neutral
	}
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

// excluded reports whether the words before a name or a port say that something else is meant.
func excluded(before []string) bool {
	for i, w := range before {
		w = strings.ToLower(w)
		if w == "never" || i > 0 && (w == "not" || w == "t") && has(doNot, strings.ToLower(before[i-1])) ||
			w == "dont" {
			return true
		}
	}
	for {
		if n := len(before); n > 1 && strings.Contains(notOf, "|"+strings.ToLower(before[n-2]+" "+before[n-1])+"|") {
			return true
		}
		if !has(small, lowerLast(before)) {
			return has(not, lowerLast(before))
		}
		before = before[:len(before)-1]
	}
}

// asksToTakeOff reports whether a word, behind those of its clause, asks to take something out of service.
func asksToTakeOff(word string, before []string) bool {
	word = strings.ToLower(word)
	switch {
	case word == "off" || word == "out":
		return slices.ContainsFunc(before, func(w string) bool { return has(takes, strings.ToLower(w)) })
	case has(takenOff, word):
		return has(" be being get ", lowerLast(before))
	}
	return has(takeOff, word)
}

// isPort reports whether a word says that numbers behind it are ports that are meant.
func isPort(word string, before []string) bool {
	all := parts(word)
	if last := lastOf(all); last != "port" && last != "ports" || byWords(all).class == aside {
		return false
	}
	p := lowerLast(before)
	return p == "" || strings.ContainsFunc(p, unicode.IsDigit) || has(small+targets+beside+not, p) || p == "tcp" ||
		p == "via"
}

func lowerLast(words []string) string { return strings.ToLower(lastOf(words)) }
