package commands

import "strings"

// place puts loose words in the places of listener and server, and says what
// to do with those left over.
func (p *parser) place() {
	words := p.loose
	p.reasonGoesOn(len(words))
	if len(p.trailing) > 0 {
		words = append(words[:len(words):len(words)], p.trailing...)
	}
	if len(words) > 0 && p.freePlace() == KeyListener && !words[0].quoted && looksLikeServer(words[0].value) {
		words = p.serverFirst(words)
	}
	for len(words) > 0 {
		key := p.freePlace()
		if key == "" {
			break
		}
		p.given[key] = words[0].value
		if words[0].open {
			p.fix(key, unknown)
		}
		words = words[1:]
	}
	p.leftOver(words)
}

// reasonGoesOn takes the words after a reason without quotes as part of it
// when listener and server have their values already.
func (p *parser) reasonGoesOn(loose int) {
	if len(p.trailing) == 0 {
		return
	}
	for _, key := range [...]string{KeyListener, KeyServer} {
		if _, given := p.given[key]; given {
			loose++
		}
	}
	if _, failed := p.fixes[KeyReason]; loose < 2 || failed {
		return
	}
	var rest []string
	for _, w := range p.trailing {
		rest = append(rest, w.value)
	}
	p.trailing = nil
	more := strings.Join(rest, " ")
	whole := p.given[KeyReason] + " " + more
	p.given[KeyReason] = whole
	p.problems = append(p.problems, Problem{Field: KeyReason, Text: looseWords + left(more) + "; did you mean reason=" + shown(quote(whole)) + "?"})
	if field := findField(p.fields, KeyReason); !p.broken(*field, whole) {
		p.fix(KeyReason, tidy(KeyReason, whole))
	}
}

// lonelyVerb refuses a single word, with a request ID or without, that must
// have been meant as a verb.
func (p *parser) lonelyVerb() (Problem, bool) {
	if len(p.loose) == 0 || len(p.trailing) > 0 || len(p.given) > 0 || len(p.problems) > 0 || len(p.loose[0].value) < 4 {
		return Problem{}, false
	}
	typed, rest := p.loose[0].value, ""
	if len(p.loose) > 1 {
		id, ok := requestID(p.loose[1].value)
		if !ok || len(p.loose) > 2 || len(p.loose[1].value) != len(id) {
			return Problem{}, false
		}
		rest = " " + id
	}
	near := Closest(typed, readingVerbs(), 1)
	if len(near) == 0 {
		return Problem{}, false
	}
	return Problem{Text: "I do not know *" + shown(typed) + "*. Did you mean " + Name + " " + near[0] + rest +
		"? To add a server, give a listener and a server."}, true
}

// serverFirst handles a server in the listener's place: two words are
// exchanged if that makes sense, a single one moves to the server's place.
func (p *parser) serverFirst(words []word) []word {
	server := words[0].value
	meant := "<listener> " + server
	p.fix(KeyListener, unknown)
	if p.freePlace() == KeyServer {
		p.given[KeyServer] = server
		words = words[1:]
		if len(words) > 0 && !looksLikeServer(words[0].value) && p.couldBeListener(words[0].value) {
			meant = words[0].value + " " + server
			p.fix(KeyListener, words[0].value)
			words = words[1:]
		}
	} else {
		words = words[1:]
	}
	p.problems = append(p.problems, Problem{
		Field: KeyListener,
		Text:  shown(server) + " looks like a server, and the first value should be a listener. Did you mean: " + Name + " " + meant,
	})
	return words
}

func (p *parser) couldBeListener(value string) bool {
	if _, ok := meaningOf(value); ok {
		return false
	}
	return !p.broken(*findField(p.fields, KeyListener), value)
}

const looseWords = "I understand two values without a key: listener and server. "

func left(s string) string {
	return `"` + shown(s) + `" is left over`
}

// leftOver says for each remaining word which key it may have been meant for.
func (p *parser) leftOver(words []word) {
	for i, w := range words {
		text := left(w.value)
		if i == 0 {
			text = looseWords + text
		}
		keys := p.meantFor(w.value)
		switch len(keys) {
		case 0:
			text += "; remove it, or put quotes around a value with spaces."
			p.unsure = true
		case 1:
			text += "; did you mean " + p.asPair(keys[0], w.value) + "?"
			p.given[keys[0]] = w.value
			if findField(p.fields, keys[0]).Flag {
				p.given[keys[0]] = "true"
			}
		default:
			text += "; did you mean " + p.asPair(keys[0], w.value) + " or " + p.asPair(keys[1], w.value) + "?"
			p.fix(keys[0], unknown)
		}
		p.problems = append(p.problems, Problem{Text: text})
	}
}

func (p *parser) asPair(key, value string) string {
	if findField(p.fields, key).Flag {
		return key
	}
	return key + "=" + shown(value)
}

// meantFor returns the keys, not given yet, that a left-over word fits.
func (p *parser) meantFor(value string) []string {
	keys, _ := meaningOf(value)
	var free []string
	for _, key := range keys {
		_, given := p.given[key]
		_, failed := p.fixes[key]
		if !given && !failed {
			free = append(free, key)
		}
	}
	return free
}

// meaningOf returns the keys whose values look like this one.
func meaningOf(value string) (keys []string, ok bool) {
	if trial := (builder{}); isPortList(value) {
		if trial.setWeight(value); len(trial.problems) == 0 {
			keys = append(keys, KeyWeight)
		}
		return append(keys, KeyPorts), true
	}
	if t, isType := parseType(value); isType && t != "" {
		return []string{KeyType}, true
	}
	if strings.HasPrefix(value, "#") && len(value) > 1 {
		return []string{KeyTo}, true
	}
	if near := Closest(value, []string{KeyDryRun, KeyNoWatch}, 1); len(near) > 0 && len(value) > 3 {
		return near, true
	}
	return nil, false
}

func isPortList(value string) bool {
	trial := builder{}
	trial.setPorts(value)
	return len(trial.problems) == 0
}
