package render

import (
	"fmt"
	"strings"

	"lbbot/bot/operation"
)

// verbs are the words for a kind of change that stand in sentences about every
// kind. A sentence that is true of one kind only has a function for each kind.
type verbs struct{ do, doing, done, to string }

func verbsOf(k operation.ChangeKind) verbs {
	switch k {
	case operation.ChangeAdd:
		return verbs{"add", "adding", "added", "to"}
	case operation.ChangeRemove:
		return verbs{"remove", "removing", "removed", "from"}
	}
	return verbs{"change", "changing", "changed", "on"} // of a later version: true of whatever it is
}

// Say writes a sentence about op. format has these places, and those of fmt for
// args:
//
//	{server} {listener} {ref}   the names, as show shows them
//	{port}                      the listener as "api-lb port 443"
//	{add} {adding} {added} {to} the words for the kind of change
//	{Add} {Adding} {Added}      the same at the start of a sentence
//	{Not added}                 the first word of a card that says so
func Say(op operation.Operation, show Shown, format string, args ...any) string {
	var b strings.Builder
	for rest := format; ; {
		before, after, open := strings.Cut(rest, "{")
		b.WriteString(before)
		if !open {
			return fmt.Sprintf(b.String(), args...)
		}
		name, next, _ := strings.Cut(after, "}")
		if words, ok := place(op, show, name); ok {
			b.WriteString(strings.ReplaceAll(words, "%", "%%"))
			rest = next
		} else {
			b.WriteByte('{')
			rest = after
		}
	}
}

// place returns what stands in a place of Say.
func place(op operation.Operation, show Shown, name string) (words string, ok bool) {
	v := verbsOf(op.Change)
	switch name {
	case "server":
		return ServerName(op, show), true
	case "listener":
		return ListenerName(op, show), true
	case "port":
		return ListenerPort(op, show), true
	case "ref":
		return op.Ref, true
	case "add":
		return v.do, true
	case "adding":
		return v.doing, true
	case "added":
		return v.done, true
	case "to":
		return v.to, true
	case "Add":
		return Capital(v.do), true
	case "Adding":
		return Capital(v.doing), true
	case "Added":
		return Capital(v.done), true
	case "Not added":
		return FirstWord(op.Change, operation.NotDone), true
	}
	return "", false
}

// Subject is the part of a sentence for Say that names what op is about, after the
// first word of its card: "web-07 to", where that word has the verb, and otherwise "add
// web-07 to".
func Subject(op operation.Operation) string {
	if op.State == operation.Sending || op.State == operation.Done || op.State == operation.NotDone {
		return "{server} {to}"
	}
	return "{add} {server} {to}"
}

// SayKind is Say for a sentence without names.
func SayKind(k operation.ChangeKind, format string, args ...any) string {
	return Say(operation.Operation{Change: k}, Name, format, args...)
}

// Outcomes say that a change was carried out, and that it was not, as a person who
// looks in the console says it.
func Outcomes(k operation.ChangeKind) (done, notDone string) {
	if k == operation.ChangeRemove {
		return "it is gone", "it is still there"
	}
	return SayKind(k, "it was {added}"), SayKind(k, "it was not {added}")
}
