package commands

import (
	"strconv"
	"strings"

	"lbbot/zenlayer"
)

// Values returns r as field values, to fill a form or to build r again.
func (r Registration) Values() Values {
	v := Values{}
	put := func(key, value string) {
		if value != "" {
			v[key] = value
		}
	}
	put(KeyRequest, r.Ref)
	put(KeyListener, r.Listener.Text)
	put(KeyServer, r.Server)
	switch r.Type {
	case zenlayer.InstanceBM:
		put(KeyType, "bm")
	case zenlayer.InstanceVM:
		put(KeyType, "vm")
	}
	put(KeyPorts, typedPorts(r.Ports))
	if r.Weight > 0 {
		put(KeyWeight, strconv.Itoa(r.Weight))
	}
	put(KeyName, r.Name)
	put(KeyReason, r.Reason)
	put(KeyTo, r.Channel)
	if r.NoWatch {
		put(KeyNoWatch, "true")
	}
	if r.DryRun {
		put(KeyDryRun, "true")
	}
	return v
}

// CommandLine returns a command that Parse reads as r again, without its notes. It is one line of plain text, to be
// escaped like any other.
func (r Registration) CommandLine() string {
	return commandLine(r.Verb, r.Values())
}

// commandLine writes a request of a verb; "" is VerbRegister.
func commandLine(verb Verb, v Values) string {
	fields := registerFields[:]
	var b strings.Builder
	b.WriteString(Name)
	switch verb {
	case VerbRemove:
		fields = removeFields()
	case VerbUndo:
		fields = undoFields()
	}
	if verb != "" && verb != VerbRegister {
		b.WriteString(" " + string(verb))
	}
	positional := canBeLoose(fields, v[KeyListener], true) && canBeLoose(fields, v[KeyServer], false)
	for _, f := range fields {
		value, given := v[f.Key]
		switch {
		case !given:
		case f.Flag:
			b.WriteString(" " + f.Key)
		case f.Key == KeyRequest:
			b.WriteString(" " + value)
		case positional && (f.Key == KeyListener || f.Key == KeyServer):
			b.WriteString(" " + value)
		default:
			b.WriteString(" " + f.Key + "=" + quote(value))
		}
	}
	return b.String()
}

// canBeLoose reports whether a value without its key is still parsed as that value.
func canBeLoose(fields []Field, value string, first bool) bool {
	if value == "" || strings.ContainsAny(value, " =<?"+quoteMarks) || value[0] == '-' || value[0] == '/' {
		return false
	}
	if first && (isVerb(value) || looksLikeServer(value)) {
		return false
	}
	key, _, _ := strings.Cut(value, ":")
	return findField(fields, key) == nil
}

// quote quotes a value that needs it.
func quote(value string) string {
	if value != "" && !strings.ContainsAny(value, " <"+quoteMarks) {
		return value
	}
	mark := `"`
	if strings.Contains(value, mark) && !strings.Contains(value, "'") {
		mark = "'"
	}
	return mark + strings.ReplaceAll(value, mark, mark+mark) + mark
}
