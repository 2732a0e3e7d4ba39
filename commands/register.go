package commands

import (
	"slices"
	"strings"

	"lbbot/zenlayer"
)

// ListenerRef is how a person named a listener. The caller matches it exactly against live data.
type ListenerRef struct {
	// Text is what was typed; never empty in a valid registration.
	Text string
	// ID is set when Text may be a listener's ID. The same text may be a
	// name, so Name is then set too; the ID is tried first.
	ID string
	// LoadBalancer is the part before "/" or ":"; an ID or a name.
	LoadBalancer string
	// Name is the listener's name; empty when Port is set.
	Name string
	// Port is the listener's port, 1 to 65535; 0 when not given.
	Port int
}

// Registration is a request to add one server to one listener, or to take one off, checked as far as possible without
// looking anything up.
type Registration struct {
	// Verb is empty or VerbRegister, or VerbRemove or VerbUndo, which have fewer fields.
	Verb Verb
	// Ref is the request that VerbUndo takes back; empty for the last one.
	Ref      string
	Listener ListenerRef
	// Server is an instance ID, name, host name or IP address.
	Server string
	// Type is empty if the bot has to find it out.
	Type zenlayer.InstanceType
	// Ports are in the order given, without duplicates, MaxPorts at most; empty means the listener's own.
	Ports []int
	// Weight is 1 to 100; 0 means not given.
	Weight int
	// Name is the backend's name; empty means that BackendName makes it from the server's name.
	Name string
	// Reason is free text on one line, MaxReason characters at most.
	Reason string
	// Channel is a Slack channel ID or "#name"; empty means the channel of the command.
	Channel string
	// DryRun stops at the preview. NoWatch does not check the status after adding.
	DryRun, NoWatch bool
	// Picked has KeyListener and KeyServer as far as their value is the ID of what was picked, and never a name.
	Picked []string
	// Notes are sentences for the person about what was changed, such as duplicates removed. They are not part of the
	// request.
	Notes []string
}

// Request returns the API call for r. An unset type is sent as unset, which Zenlayer reads as BM
// (docs.console.zenlayer.com, RegisterBackend).
func (r Registration) Request(listenerID, instanceID string, t zenlayer.InstanceType,
	name, clientToken string) zenlayer.RegisterBackendRequest {
	return zenlayer.RegisterBackendRequest{
		ListenerID:   listenerID,
		BackendName:  name,
		InstanceID:   instanceID,
		InstanceType: t,
		ClientToken:  clientToken,
		PortList:     append([]int(nil), r.Ports...),
		Weight:       r.Weight,
	}
}

// TakesID reports whether an ID of a listener or a server is understood as it stands, by a command and by the form.
func TakesID(id string) bool {
	reg, err := BuildRegistration(Values{KeyListener: id, KeyServer: id})
	return err == nil && reg.Listener.ID == id && reg.Server == id
}

// BuildRegistration checks the values of a command or form. Absent and empty values count as not given. The error is an
// *InputError with every problem; the Registration then holds what was understood.
func BuildRegistration(values Values) (Registration, error) {
	b := builder{fields: registerFields[:], given: values}
	b.build()
	if err := b.failure(); err != nil { // not returned as it is: nil would be an error
		return b.made, err
	}
	return b.made, nil
}

// builder turns values into a registration and collects problems.
type builder struct {
	fields []Field
	given  Values
	// made is what was understood so far.
	made Registration
	// problems are in the order found.
	problems []Problem
	// fixes holds, for each field with a problem, its certain correction or "?"; "" leaves the field out.
	fixes map[string]string
	// unsure means that no corrected command can be offered.
	unsure bool
}

// build checks each field. A field that has a problem already keeps its fix, and the problems of its value are added.
func (b *builder) build() {
	known := 0
	for i := range b.fields {
		f := &b.fields[i]
		value, given := b.given[f.Key]
		if given {
			known++
		}
		if _, decided := b.fixes[f.Key]; !decided {
			b.field(f, value)
		} else if given {
			b.problems = append(b.problems, b.trial(*f, value)...)
		}
	}
	if known < len(b.given) {
		b.refuseUnknownKeys()
	}
}

// field checks one value and stores it.
func (b *builder) field(f *Field, value string) {
	if words := unreadable(value); words != "" {
		b.fail(f.Key, shown(value), words, unknown)
		return
	}
	value = normalize(f.Key, value)
	if exact := unmarked(value); exact != value && f.closed() && !b.invalid(*f, exact) {
		value = exact
	}
	switch {
	case value == "" && f.Required:
		b.missing(f)
	case value == "":
	case value == unknown:
		b.fail(f.Key, unknown, "Put a value in place of the question mark"+orRemove(f)+".", unknown)
	default:
		b.set(f, value)
	}
}

// trial returns the problems that a value has by itself.
func (b *builder) trial(f Field, value string) []Problem {
	t := builder{fields: b.fields}
	t.field(&f, value)
	return t.problems
}

func (b *builder) invalid(f Field, value string) bool { return len(b.trial(f, value)) > 0 }

// closed reports whether no value of the field can begin with a mark: true for numbers and choices, false for names and
// text.
func (f *Field) closed() bool {
	return f.Flag || f.Key == KeyType || f.Key == KeyPorts || f.Key == KeyWeight
}

// unknown replaces a value in a corrected command that could not be corrected for certain. It is never accepted.
const unknown = "?"

func orRemove(f *Field) string {
	if f.Required {
		return ""
	}
	return ", or remove " + f.Key + "=?"
}

// normalize folds a value, so that commands and forms are alike. It is idempotent.
func normalize(key, value string) string {
	value = strings.TrimSpace(unescapeValue(key, Fold(value)))
	if key == KeyReason {
		value = strings.Join(strings.Fields(withoutGroupCalls(value)), " ")
	}
	return value
}

func (b *builder) missing(f *Field) {
	text := f.Label + " is missing. Give " + f.Help + "."
	b.problems = append(b.problems, Problem{Field: f.Key, Text: text})
	b.fix(f.Key, unknown)
}

// fail adds a problem with a field's value. instead is the value for the corrected command; "" leaves the field out.
func (b *builder) fail(key, value, text, instead string) {
	b.failForm(key, value, text, "", instead)
}

// failForm is fail with another sentence for the form.
func (b *builder) failForm(key, value, text, form, instead string) {
	b.problems = append(b.problems, Problem{Field: key, Given: shown(key + "=" + value), Text: text, Form: form})
	b.fix(key, instead)
}

func (b *builder) fix(key, instead string) {
	if b.fixes == nil {
		b.fixes = make(map[string]string)
	}
	b.fixes[key] = instead
}

// set checks a value that is not empty.
func (b *builder) set(f *Field, value string) {
	switch f.Key {
	case KeyRequest:
		b.setRequest(value)
	case KeyListener:
		b.setListener(f, value)
	case KeyServer:
		b.setServer(f, value)
	case KeyType:
		b.setType(value)
	case KeyPorts:
		b.setPorts(value)
	case KeyWeight:
		b.setWeight(value)
	case KeyName:
		b.setName(value)
	case KeyReason:
		b.setReason(value)
	case KeyTo:
		b.setChannel(value)
	case KeyNoWatch:
		b.setFlag(f, value, &b.made.NoWatch)
	case KeyDryRun:
		b.setFlag(f, value, &b.made.DryRun)
	}
}

// refuseUnknownKeys refuses keys that are no field, in a stable order.
func (b *builder) refuseUnknownKeys() {
	var keys []string
	for key := range b.given {
		if !slices.ContainsFunc(b.fields, func(f Field) bool { return f.Key == key }) {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	for _, key := range keys {
		b.problems = append(b.problems, Problem{Given: shown(key + "=" + b.given[key]),
			Text: "I do not know *" + shown(key) + "*."})
	}
}

// failure returns the *InputError of all problems, or nil.
func (b *builder) failure() *InputError {
	if len(b.problems) == 0 {
		return nil
	}
	values := b.made.Values()
	corrected := b.made.Values()
	for key, instead := range b.fixes {
		delete(values, key)
		delete(corrected, key)
		if instead != "" {
			corrected[key] = instead
		}
		if instead != "" && instead != unknown {
			values[key] = instead
		}
	}
	e := &InputError{Problems: b.problems, Values: values, Verb: b.made.Verb}
	if len(values) > 0 && !b.unsure {
		e.Corrected = commandLine(b.made.Verb, corrected)
	}
	return e
}
