package commands

import (
	"slices"
	"strings"
)

// KeyRequest is the key of the request that undo takes back.
const KeyRequest = "request"

// removeFields are the fields of a removal.
func removeFields() []Field {
	server := *findField(registerFields[:], KeyServer)
	server.Aliases = append(slices.Clone(server.Aliases), "backend", "backendId")
	server.Help = "its instance ID, name, host name or IP, or the backend ID of its entry"
	ports := *findField(registerFields[:], KeyPorts)
	ports.Help = "the ports of the entry; needed only if the server is on the listener several times"
	return append([]Field{*findField(registerFields[:], KeyListener), server, ports}, sharedFields()...)
}

// undoFields are the fields of an undo.
func undoFields() []Field {
	return append([]Field{{Key: KeyRequest, Aliases: []string{"ref", "id"}, Label: "Request",
		Help: "the ID of the addition, as its card shows it", Example: exampleRef, MaxLength: MaxReference}},
		sharedFields()...)
}

const exampleRef = "LBR-7F3KQ2"

// sharedFields are those that every change has.
func sharedFields() []Field {
	var own []Field
	for _, key := range [...]string{KeyReason, KeyTo, KeyDryRun} {
		own = append(own, *findField(registerFields[:], key))
	}
	return own
}

// BuildChange checks the fields of a verb that changes a listener, as BuildRegistration does those of VerbRegister,
// which is also the empty verb. Without KeyRequest, the Ref of VerbUndo is empty.
func BuildChange(verb Verb, values Values) (Registration, error) {
	b := builder{given: values, made: Registration{Verb: verb}}
	switch verb {
	case VerbRemove:
		b.fields = removeFields()
	case VerbUndo:
		b.fields = undoFields()
	default:
		return BuildRegistration(values)
	}
	return b.change()
}

// change builds a request that no form has.
func (b *builder) change() (Registration, error) {
	b.build()
	if err := b.failure(); err != nil {
		err.Values = nil
		return b.made, err
	}
	return b.made, nil
}

// parseRemove parses what follows remove: listener and server, or the server, "from" and the listener.
func parseRemove(rest string) (Command, error) {
	words := strings.Fields(rest)
	if len(words) >= 3 && strings.EqualFold(words[1], "from") {
		rest = strings.Join(slices.Concat(words[2:3], words[:1], words[3:]), " ")
	}
	return parseChange(VerbRemove, removeFields(), rest, KeyListener, KeyServer)
}

// parseUndo parses what follows undo: nothing, or one request ID.
func parseUndo(rest string) (Command, error) {
	return parseChange(VerbUndo, undoFields(), rest, KeyRequest)
}

func parseChange(verb Verb, fields []Field, rest string, places ...string) (Command, error) {
	p := parser{builder: builder{fields: fields, given: Values{}, made: Registration{Verb: verb}}, places: places}
	p.read(rest)
	_, err := p.change()
	return Command{Verb: verb, Values: p.given}, err
}

// parseAgain parses what follows again: nothing, or one request ID.
func parseAgain(rest string) (Command, error) {
	args := arguments(rest)
	given := shown(strings.Join(append([]string{string(VerbAgain)}, args...), " "))
	wanted := "again stands alone, or with the ID of one request, for example " + Name + " again " + exampleRef + "."
	if len(args) > 1 {
		return Command{}, refuse(Problem{Given: given, Text: wanted})
	}
	for i, arg := range args {
		id, ok := requestID(arg)
		if !ok {
			return Command{}, refuse(Problem{Given: given, Text: `"` + shown(arg) + `" is not a request ID. ` + wanted})
		}
		args[i] = id
	}
	return Command{Verb: VerbAgain, Args: args}, nil
}

// setRequest checks a request ID.
func (b *builder) setRequest(value string) {
	id, ok := requestID(trimMarks(value))
	if !ok {
		b.fail(KeyRequest, value, `"`+shown(value)+`" is not a request ID. Give it as its card shows it, for example `+
			exampleRef+".", unknown)
		return
	}
	b.made.Ref = id
}
