package commands

import "slices"

// Keys of the fields, as in Values and Problem.Field.
const (
	KeyListener = "listener"
	KeyServer   = "server"
	KeyType     = "type"
	KeyPorts    = "ports"
	KeyWeight   = "weight"
	KeyName     = "name"
	KeyReason   = "reason"
	KeyTo       = "to"
	KeyNoWatch  = "no-watch"
	KeyDryRun   = "dry-run"
)

// Limits on what a person gives. Weight and name are the API's (docs.console.zenlayer.com, RegisterBackend); the others
// are the bot's own.
const (
	MaxText      = 3000 // characters of a whole command
	MaxPorts     = 20
	MaxWeight    = 100
	MaxName      = 64
	MaxReason    = 300
	MaxReference = 255 // characters of a listener, server or channel
)

// FieldKind says how a field is asked for in a form.
type FieldKind string

// The kinds of field.
const (
	FieldText      FieldKind = "text"      // one line
	FieldPick      FieldKind = "pick"      // one thing of a long list that is searched, see Search, or one line
	FieldMultiline FieldKind = "multiline" // several lines
	FieldNumber    FieldKind = "number"    // a whole number from Min to Max
	FieldChoice    FieldKind = "choice"    // one of Options
	FieldChannel   FieldKind = "channel"   // a conversation; the value is its ID
	FieldCheck     FieldKind = "check"     // the single option of Options, ticked or not
)

// Option is one choice of a field.
type Option struct {
	// Value goes into Values.
	Value string
	// Label is what a person reads.
	Label string
}

// Search is the words in a list that is searched, and how many characters of a text are searched for at least.
type Search struct {
	Placeholder, Hint string
	Least             int
}

// Field describes one field of a registration.
type Field struct {
	// Key is the name in Values and the key people type.
	Key string
	// Aliases are the other keys accepted. Letter case, "-" and "_" do not matter in any key.
	Aliases []string
	// APIName is the parameter of RegisterBackend that the field sets; empty if it is only the bot's.
	APIName string

	// Label, Hint and Placeholder are the words in the form. Example is a value that is accepted. Help is one sentence
	// for the help page.
	Label, Hint, Placeholder, Example, Help string

	Kind FieldKind
	// Search is of the list of FieldPick. Hint and Placeholder are for its one line.
	Search Search
	// Options are the choices of FieldChoice and FieldCheck. The first of FieldChoice is the default.
	Options []Option
	// Required fields must be given.
	Required bool
	// MaxLength is in characters; 0 means no limit.
	MaxLength int
	// Min and Max bound FieldNumber, inclusive.
	Min, Max int
	// InForm says whether the form shows the field; otherwise it can only be typed.
	InForm bool
	// Flag fields are typed without a value and hold "true".
	Flag bool
	// Inverted means that a ticked box leaves the flag out.
	Inverted bool
}

// RegisterFields returns the fields of a registration in the order of the form. The caller may change the result.
func RegisterFields() []Field {
	own := make([]Field, len(registerFields))
	for i, f := range registerFields {
		f.Aliases = slices.Clone(f.Aliases)
		f.Options = slices.Clone(f.Options)
		own[i] = f
	}
	return own
}

// registerFields is a table that nothing changes; only copies leave the package. Building it for each command would
// take a third of the time of parsing.
var registerFields = [...]Field{
	{
		Key: KeyListener, Aliases: []string{"l", "listenerId"}, APIName: "listenerId",
		Label: "Listener", Hint: "Its ID, its name, load balancer/listener, or load balancer:port.",
		Placeholder: "api-lb/https-443", Example: "api-lb:443",
		Help:   "its ID, or name, or lb-name/listener-name, or lb-name:port",
		Search: Search{"Search by name, ID or port", "Only listeners you may change are listed.", 0},
		Kind:   FieldPick, Required: true, MaxLength: MaxReference, InForm: true,
	},
	{
		Key: KeyServer, Aliases: []string{"s", "instance", "instanceId", "ip", "host"}, APIName: "instanceId",
		Label: "Server", Hint: "Its ID, name, host name or IP.",
		Placeholder: "web-07", Example: "10.0.3.17",
		Help: "its instance ID, name, host name, public or private IP",
		Search: Search{"Search by name, ID, host name or IP",
			"Bare metal and virtual machines in the same zone come first.", 2},
		Kind: FieldPick, Required: true, MaxLength: MaxReference, InForm: true,
	},
	{
		Key: KeyType, Aliases: []string{"instanceType"}, APIName: "instanceType",
		Label: "Type", Hint: "Choose it if you know it; otherwise I look it up.", Example: "vm",
		Help: "bm (bare metal) or vm (virtual machine); normally found by itself",
		Kind: FieldChoice, InForm: true,
		Options: []Option{{TypeAuto, "Look it up"}, {"bm", "Bare metal"}, {"vm", "Virtual machine"}},
	},
	{
		Key: KeyPorts, Aliases: []string{"p", "port", "portList"}, APIName: "portList",
		Label: "Ports", Hint: "One or more, separated by commas; for 8 and 443 write 8;443. Leave empty to use " +
			"the listener's port.",
		Placeholder: "8080,8081", Example: "8080,8081",
		Help: "numbers from 1 to 65535, separated by commas, or a range such as 8080-8083; 20 at most; 8,443 is " +
			"refused, write 8;443; empty means the listener's own",
		Kind: FieldText, MaxLength: MaxReference, InForm: true,
	},
	{
		Key: KeyWeight, Aliases: []string{"w"}, APIName: "weight",
		Label: "Weight (1 to 100)", Hint: "Leave empty for the weight that most servers on the listener have, or " +
			"Zenlayer's default if there are none.", Example: "50",
		Help: "a whole number from 1 to 100; empty means the weight that most servers on the listener have, or " +
			"Zenlayer's default if there are none",
		Kind: FieldNumber, Min: 1, Max: MaxWeight, InForm: true,
	},
	{
		Key: KeyName, Aliases: []string{"backend", "backendName"}, APIName: "backendName",
		Label: "Backend name", Hint: "Letters, digits, hyphens and periods.",
		Placeholder: "Made from the server's name", Example: "web-07",
		Help: "up to 64 letters, digits, hyphens and periods; default: the server's name",
		Kind: FieldText, MaxLength: MaxName, InForm: true,
	},
	{
		Key: KeyReason, Aliases: []string{"r", "why"},
		Label: "Reason", Hint: "Saved in the audit trail. Add the incident or ticket number.",
		Example: "inc-1234 add capacity",
		Help:    "free text, up to 300 characters; put quotes around it",
		Kind:    FieldMultiline, MaxLength: MaxReason, InForm: true,
	},
	{
		Key: KeyTo, Aliases: []string{"channel"},
		Label: "Post the result in", Hint: "The channel sees the result. External channels are not listed.",
		Example: "#ops",
		Help:    "the channel for the result; without it, where you typed the command",
		Kind:    FieldChannel, MaxLength: MaxReference, InForm: true,
	},
	{
		Key: KeyNoWatch, Label: "After adding", Example: "no-watch",
		Help: "do not watch the server's status after adding",
		Kind: FieldCheck, InForm: true, Flag: true, Inverted: true,
		Options: []Option{{"watch", "Watch its status (up to 5 minutes)"}},
	},
	{
		Key: KeyDryRun, Label: "Dry run", Example: "dry-run",
		Help: "check everything and send nothing",
		Kind: FieldCheck, Flag: true,
		Options: []Option{{"true", "Check everything and send nothing"}},
	},
}

// TypeAuto is the value of the type field that lets the bot find out the type.
const TypeAuto = "auto"

// fieldKey returns the key of a field; "" for nil.
func fieldKey(f *Field) string {
	if f == nil {
		return ""
	}
	return f.Key
}

// findField returns the field with that key or alias, or nil.
func findField(fields []Field, key string) *Field {
	if key == "" {
		return nil
	}
	for i := range fields {
		f := &fields[i]
		if sameKey(f.Key, key) {
			return f
		}
		for _, alias := range f.Aliases {
			if sameKey(alias, key) {
				return f
			}
		}
	}
	return nil
}

// sameKey reports whether two keys are equal without regard to letter case, "-" and "_".
func sameKey(a, b string) bool {
	if a != "" && b != "" && lower(a[0]) != lower(b[0]) {
		return false // no key here begins with "-" or "_"
	}
	i, j := 0, 0
	for {
		for i < len(a) && (a[i] == '-' || a[i] == '_') {
			i++
		}
		for j < len(b) && (b[j] == '-' || b[j] == '_') {
			j++
		}
		if i == len(a) || j == len(b) {
			return i == len(a) && j == len(b)
		}
		if lower(a[i]) != lower(b[j]) {
			return false
		}
		i, j = i+1, j+1
	}
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}
