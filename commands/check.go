package commands

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"lbbot/zenlayer"
)

func (b *builder) setListener(f *Field, value string) {
	if text := referenceFault(f, value); text != "" {
		b.fail(f.Key, value, text, unknown)
		return
	}
	ref := ReadListener(value)
	switch {
	case ref.ID == "" && ref.Port == 0 && (ref.LoadBalancer == "" || ref.Name == ""):
		b.fail(f.Key, value, `"`+shown(value)+`" is not complete. Give `+f.Help+".", unknown)
	case ref.Port < 0:
		b.fail(f.Key, value, "a port is a number from 1 to 65535.", unknown)
	default:
		b.made.Listener = ref
	}
}

// ReadListener splits a listener reference into its parts. Missing parts are empty; a port out of range is -1.
func ReadListener(text string) ListenerRef {
	ref := ListenerRef{Text: text}
	if lb, name, ok := strings.Cut(text, "/"); ok {
		ref.LoadBalancer, ref.Name = lb, name
	} else if i := strings.LastIndexByte(text, ':'); i > 0 && isDigits(text[i+1:]) {
		port, ok := parsePort(text[i+1:])
		if !ok {
			port = -1
		}
		ref.LoadBalancer, ref.Port = text[:i], port
	} else {
		ref.ID, ref.Name = text, text
	}
	return ref
}

func (b *builder) setServer(f *Field, value string) {
	if strings.ContainsFunc(value, isListGap) && strings.IndexByte(value, ' ') < 0 {
		if several := strings.FieldsFunc(value, isListGap); len(several) > 1 {
			b.fail(f.Key, value, "One server at a time. You gave "+strconv.Itoa(len(several))+".", unknown)
			return
		}
	}
	if text := referenceFault(f, value); text != "" {
		b.fail(f.Key, value, text, unknown)
		return
	}
	b.made.Server = value
}

// referenceFault says why value cannot name a listener or server; "" if it can. It refuses characters that no name has
// and that could become Slack markup.
func referenceFault(f *Field, value string) string {
	if n := utf8.RuneCountInString(value); n > f.MaxLength {
		return tooLong(f.MaxLength, n)
	}
	if strings.ContainsRune(value, ' ') {
		return `"` + shown(value) + `" has a space. Give ` + f.Help + "."
	}
	if strings.ContainsAny(value, "<>|,;"+quoteMarks) ||
		strings.Contains(value, "&") && !strings.Contains(value, "/") || value[0] == '@' || value[0] == '#' {
		return `"` + shown(value) + `" is not a ` + strings.ToLower(f.Label) + ". Give " + f.Help + "."
	}
	return ""
}

func tooLong(limit, n int) string {
	return "Up to " + strconv.Itoa(limit) + " characters. You gave " + strconv.Itoa(n) + "."
}

// looksLikeServer reports whether a text is an IP address or has the form of an instance ID.
func looksLikeServer(s string) bool {
	for _, prefix := range [...]string{"i-", "ins-"} {
		if rest, ok := strings.CutPrefix(s, prefix); ok && rest != "" &&
			strings.Trim(rest, "0123456789abcdefghijklmnopqrstuvwxyz") == "" {
			return true
		}
	}
	if s == "" || !strings.ContainsAny(s, ".:") || strings.Trim(s, "0123456789abcdefABCDEF.:") != "" {
		return false
	}
	_, err := netip.ParseAddr(s)
	return err == nil
}

func (b *builder) setType(value string) {
	t, ok := parseType(value)
	if !ok {
		b.fail(KeyType, value, `"`+shown(value)+
			`" is not a type. Use bm (bare metal) or vm (virtual machine), or leave it out and I find out.`, unknown)
		return
	}
	b.made.Type = t
}

func parseType(s string) (zenlayer.InstanceType, bool) {
	s = strings.ReplaceAll(s, " ", "")
	for _, known := range [...]struct {
		name string
		t    zenlayer.InstanceType
	}{
		{"bm", zenlayer.InstanceBM}, {"baremetal", zenlayer.InstanceBM},
		{"vm", zenlayer.InstanceVM}, {"virtualmachine", zenlayer.InstanceVM},
		{TypeAuto, ""}, {"findout", ""},
	} {
		if sameKey(s, known.name) {
			return known.t, true
		}
	}
	return "", false
}

func (b *builder) setWeight(value string) {
	if strings.Trim(value, "+-0.%") == "" && strings.Contains(value, "0") {
		b.fail(KeyWeight, value,
			"The lowest weight is 1. A server gets no traffic only when it is not on the listener: "+
				"do not add it, or take it off with "+Name+" remove.", unknown)
		return
	}
	n, err := strconv.Atoi(value)
	if err != nil || !isDigits(value) || n > MaxWeight {
		b.fail(KeyWeight, value, "Use a whole number from 1 to 100.", unknown)
		return
	}
	b.made.Weight = n
}

func (b *builder) setName(value string) {
	suggestion, ok := checkBackendName(value)
	if ok && strings.HasSuffix(value, ".") { // phones turn two spaces into one
		suggestion = cleanName(value)
		b.fail(KeyName, value, `"`+shown(value)+`" ends in a period. Suggestion: `+suggestion+".", suggestion)
		return
	}
	if ok {
		b.made.Name = value
		return
	}
	b.failForm(KeyName, value,
		"A backend name can have letters, digits, hyphens and periods, up to 64. "+nameFault(value)+" Suggestion: "+
			suggestion+".",
		"Only letters, digits, hyphens and periods. Suggestion: "+suggestion+".", suggestion)
}

// nameFault says what is wrong with a backend name.
func nameFault(name string) string {
	quoted := `"` + shown(name) + `" has `
	switch i := strings.IndexFunc(name, func(r rune) bool { return r >= 0x80 || !isNameByte(byte(r)) }); {
	case i < 0:
		return quoted + strconv.Itoa(len(name)) + " characters."
	case name[i] == ' ':
		return quoted + "a space."
	default:
		r, _ := utf8.DecodeRuneInString(name[i:])
		return quoted + `"` + shown(string(r)) + `".`
	}
}

func (b *builder) setReason(value string) {
	if LooksLikeToken(value) {
		b.fail(KeyReason, "…", TokenText, unknown)
		return
	}
	if n := utf8.RuneCountInString(value); n > MaxReason {
		b.fail(KeyReason, value, tooLong(MaxReason, n), unknown)
		return
	}
	b.made.Reason = value
}

func (b *builder) setChannel(value string) {
	if value[0] == '@' {
		b.fail(KeyTo, value, "The result goes to a channel, not to a person. Give it as #channel.", unknown)
		return
	}
	if id := trimMarks(value); isChannelID(id) {
		b.made.Channel = id
		return
	}
	name := strings.ToLower(strings.TrimLeft(strings.Trim(value, "*~.,;:!()[]"), "#"))
	if name == "" || utf8.RuneCountInString(name) > 80 || strings.ContainsFunc(name, notInChannelName) {
		b.fail(KeyTo, value, `"`+shown(value)+`" is not a channel. Give it as #channel.`, unknown)
		return
	}
	b.made.Channel = "#" + name
}

// isChannelID reports whether a text is a channel ID. Channel names are never in capitals
// (docs.slack.dev/reference/methods/conversations.create).
func isChannelID(s string) bool {
	return len(s) > 1 && strings.IndexByte("CGD", s[0]) >= 0 &&
		strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") == ""
}

func notInChannelName(r rune) bool {
	return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) && r != '-' && r != '_' && r != '.'
}

func (b *builder) setFlag(f *Field, value string, into *bool) {
	switch {
	case slices.Contains([]string{"true", "yes", "on", "1"}, strings.ToLower(value)):
		*into = true
	case slices.Contains([]string{"false", "no", "off", "0"}, strings.ToLower(value)):
	default:
		b.fail(f.Key, value, f.Key+" takes no value. Write just "+f.Key+", or leave it out.", "")
	}
}

func isDigits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}
