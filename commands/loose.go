package commands

import "strings"

// place assigns words without a key to listener and server, and refuses those left over.
func (p *parser) place() {
	words := p.loose
	if p.free(KeyListener) && len(words) > 0 {
		words = p.serverFirst(p.sentence(words))
	}
	p.leftOver(p.fill(words))
}

// fill puts words in the free places, in order, and returns the words left over.
func (p *parser) fill(words []word) []word {
	for _, key := range p.places {
		if len(words) == 0 || !p.free(key) {
			continue
		}
		p.given[key] = words[0].value
		if words[0].open {
			p.fix(key, unknown)
		}
		words = words[1:]
	}
	return words
}

// free reports whether a key has neither a value nor a problem yet.
func (p *parser) free(key string) bool {
	_, given := p.given[key]
	_, failed := p.fixes[key]
	return !given && !failed
}

// sentence turns "web-07 to api-lb:443", as people say it, into listener and server.
func (p *parser) sentence(words []word) []word {
	if len(words) == 3 && strings.EqualFold(words[1].value, "to") && p.free(KeyServer) {
		return []word{words[2], words[0]}
	}
	return words
}

// serverFirst refuses two servers, and a single word that may be a server, in the listener's place. A listener and a
// server in the wrong order are found later, by looking them up.
func (p *parser) serverFirst(words []word) []word {
	first := words[0].value
	text := ""
	switch {
	case words[0].quoted:
	case len(words) > 1 && looksLikeServer(first) && looksLikeServer(words[1].value):
		text = shown(first) + " and " + shown(words[1].value) +
			" both look like servers. Give one listener, then one server."
		p.fix(KeyServer, unknown)
		words = words[2:]
	case len(words) > 1 || !p.free(KeyServer):
	case looksLikeServer(first):
		text = shown(first) + " looks like a server, and the first value should be a listener."
		p.given[KeyServer] = first
		words = nil
	case !strings.ContainsAny(first, "/:") && !p.invalid(*findField(p.fields, KeyListener), first):
		p.problems = append(p.problems, Problem{Field: KeyServer, Text: `I read "` + shown(first) +
			`" as the listener, so the server is missing. If it is the server, type ` + Name + " <listener> " +
			shown(first) + "."})
		p.fix(KeyServer, unknown)
	}
	if text != "" {
		p.problems = append(p.problems, Problem{Field: KeyListener, Text: text})
		p.fix(KeyListener, unknown)
	}
	return words
}

// mistypedVerb refuses a single word, with or without a request ID, that is close to a verb, and a word that is close
// to remove before a listener and a server.
func (p *parser) mistypedVerb() (Problem, bool) {
	if len(p.loose) == 0 || len(p.problems) > 0 || len(p.loose[0].value) < 4 {
		return Problem{}, false
	}
	removes := len(p.loose) == 3 && !strings.EqualFold(p.loose[1].value, "to")
	if len(p.given) > 0 && !removes {
		return Problem{}, false
	}
	typed, rest := p.loose[0].value, ""
	if len(p.loose) == 2 {
		id, ok := requestID(p.loose[1].value)
		if !ok || len(p.loose[1].value) != len(id) {
			return Problem{}, false
		}
		rest = " " + id
	}
	near := Closest(typed, verbNames(func(v VerbInfo) bool { return !removes || v.Verb == VerbRemove }), 1)
	if len(near) == 0 || len(p.loose) > 3 {
		return Problem{}, false
	}
	if removes {
		rest = " " + shown(p.loose[1].value) + " " + shown(p.loose[2].value)
	}
	return Problem{Text: "I do not know *" + shown(typed) + "*. Did you mean " + Name + " " + near[0] + rest +
		"? To add a server, give a listener and a server."}, true
}

// leftOver suggests a key for each remaining word that fits one, and refuses all others in one problem.
func (p *parser) leftOver(words []word) {
	say := func(word, advice string) {
		text := "\"" + shown(word) + "\" is left over; " + advice
		if len(words) > 0 {
			text, words = "I understand two values without a key: listener and server. "+text, nil
		}
		p.problems = append(p.problems, Problem{Text: text})
	}
	var others []string
	for _, w := range words {
		keys := p.meantFor(w.value)
		pairs := make([]string, len(keys))
		for i, key := range keys {
			pairs[i] = key + "=" + shown(w.value)
		}
		switch len(keys) {
		case 0:
			others = append(others, w.value)
			continue
		case 1:
			p.given[keys[0]] = w.value
		default:
			p.fix(keys[0], unknown)
		}
		say(w.value, "did you mean "+strings.Join(pairs, " or ")+"?")
	}
	if len(others) > 0 {
		p.unsure = true
		say(strings.Join(others, " "), "add one server at a time, and put quotes around a value with spaces.")
	}
}

// meantFor returns the free keys that a word is a valid value for.
func (p *parser) meantFor(value string) (keys []string) {
	for _, key := range [...]string{KeyType, KeyWeight, KeyPorts} {
		if value != "" && p.free(key) && !p.invalid(*findField(p.fields, key), value) {
			keys = append(keys, key)
		}
	}
	return keys
}
