package cases

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"lbbot/bot/operation"
)

// File is a policy test file.
type File struct {
	Account          string              `yaml:"account"`
	IncidentChannels []string            `yaml:"incident_channels"` // default: inc-* and incident-*
	IncidentCreators []string            `yaml:"incident_creators"`
	Groups           map[string][]string `yaml:"groups"` // members by user group id
	People           []Person            `yaml:"people"`
	Channels         []Channel           `yaml:"channels"`
	Listeners        []Listener          `yaml:"listeners"`
	Defaults         Ask                 `yaml:"defaults"` // for what a case does not say
	Cases            []Case              `yaml:"cases"`

	name string
}

// Ask is who asks for what, where. A missing value is taken from the defaults.
type Ask struct {
	Person   named[Person]   `yaml:"person"`
	Channel  named[Channel]  `yaml:"channel"`
	Listener named[Listener] `yaml:"listener"`
	Instance *Instance       `yaml:"instance"`
	Action   string          `yaml:"action"` // default: register
	Weight   *int            `yaml:"weight"` // default: Zenlayer's, which counts as 100
	Ports    []int           `yaml:"ports"`
	At       moment          `yaml:"at"` // default: a Wednesday at noon, UTC
}

// Case is one question and the decision that it must get.
type Case struct {
	Name string `yaml:"name"`
	Ask  `yaml:",inline"`
	Want Want `yaml:"want"`

	line int
}

// Want is the decision that a case must get: exactly one of Allow, Deny and
// Approvals.
type Want struct {
	Allow     bool                 `yaml:"allow"`
	Deny      operation.DenialCode `yaml:"deny"`      // anyDenial: any code
	Approvals int                  `yaml:"approvals"` // 1 to 3
	Policies  []string             `yaml:"policies"`  // that decide, in the order of the file; nil: any
	Reason    string               `yaml:"reason"`    // the @reason of the policy that decided; empty: any
}

// anyDenial is a denial with any code, except a request for approval.
const anyDenial operation.DenialCode = "any"

// named is something that is written as its id or in full.
type named[T any] struct {
	id    string
	whole *T
}

func (n named[T]) absent() bool { return n.id == "" && n.whole == nil }

// moment is a time in RFC 3339.
type moment struct{ time.Time }

// Error is a problem of a test file.
type Error struct {
	Name         string // of the file
	Line, Column int    // from 1; 0 when the file as a whole is meant
	Text         string
}

// Error returns "file:line:column: text".
func (e *Error) Error() string {
	if e.Line == 0 {
		return e.Name + ": " + e.Text
	}
	return fmt.Sprintf("%s:%d:%d: %s", e.Name, e.Line, e.Column, e.Text)
}

// Parse reads a test file. The error is an *Error, for the first thing that is
// wrong.
func Parse(name string, src []byte) (*File, error) {
	f := &File{name: name}
	err := f.parse(src)
	if e, ok := errors.AsType[*Error](err); ok {
		return nil, &Error{name, e.Line, e.Column, e.Text}
	}
	if e, ok := errors.AsType[yaml.Error](err); ok && e.GetToken() != nil {
		at := e.GetToken().Position
		return nil, &Error{name, at.Line, at.Column, e.GetMessage()}
	}
	if err != nil {
		return nil, &Error{Name: name, Text: err.Error()}
	}
	return f, nil
}

func (f *File) parse(src []byte) error {
	tree, err := parser.ParseBytes(bytes.TrimPrefix(src, []byte("\uFEFF")), 0) // written by Windows editors
	if err != nil {
		return err
	}
	if len(tree.Docs) != 1 || tree.Docs[0].Body == nil {
		return &Error{Text: "one YAML document is expected, with a list of cases"}
	}
	if err := yaml.NodeToValue(tree.Docs[0].Body, f, yaml.Strict()); err != nil {
		return err
	}
	if len(f.Cases) == 0 {
		return &Error{Text: "there are no cases"}
	}
	for i := range f.Cases {
		if err := f.complete(&f.Cases[i]); err != nil {
			return err
		}
	}
	return nil
}

// complete adds the defaults and looks up what is written as its id.
func (f *File) complete(c *Case) error {
	d := f.Defaults
	if c.Person.absent() {
		c.Person = d.Person
	}
	if c.Channel.absent() {
		c.Channel = d.Channel
	}
	if c.Listener.absent() {
		c.Listener = d.Listener
	}
	if c.Instance == nil {
		c.Instance = d.Instance
	}
	if c.Action == "" {
		c.Action = d.Action
	}
	if c.Weight == nil {
		c.Weight = d.Weight
	}
	if c.Ports == nil {
		c.Ports = d.Ports
	}
	if c.At.IsZero() {
		c.At = d.At
	}
	return f.check(c)
}

func (f *File) check(c *Case) error {
	wrong := func(format string, args ...any) error {
		return &Error{Line: c.line, Column: 1, Text: fmt.Sprintf(format, args...)}
	}
	for _, part := range []struct {
		what   string
		absent bool
	}{
		{"name", c.Name == ""}, {"person", c.Person.absent()}, {"channel", c.Channel.absent()},
		{"listener", c.Listener.absent() && operation.Action(c.Action) != operation.ActionPause},
	} {
		if part.absent {
			return wrong("the case has no %s", part.what)
		}
	}
	if c.Listener.whole == nil && !c.Listener.absent() {
		i := slices.IndexFunc(f.Listeners, func(l Listener) bool { return l.ID == c.Listener.id })
		if i < 0 {
			return wrong("the listener %q is not in the list of listeners", c.Listener.id)
		}
		c.Listener.whole = &f.Listeners[i]
	}
	given := 0
	for _, is := range []bool{c.Want.Allow, c.Want.Deny != "", c.Want.Approvals != 0} {
		if is {
			given++
		}
	}
	if given != 1 || c.Want.Approvals < 0 || c.Want.Approvals > 3 {
		return wrong("want is one of allow, deny, approvals: 1 to 3, or deny with a code")
	}
	if c.Want.Deny != "" && c.Want.Deny != anyDenial && !slices.Contains(denials(), c.Want.Deny) {
		return wrong("no denial has the code %q; there are %s", c.Want.Deny, listed(denials()))
	}
	return nil
}

// denials are the codes of the gate, except the one for approval.
func denials() []operation.DenialCode {
	return []operation.DenialCode{
		operation.DeniedUnchecked, operation.DeniedWorkspace, operation.DeniedGuest, operation.DeniedBot,
		operation.DeniedDeactivated,
		operation.DeniedShared, operation.DeniedChannel, operation.DeniedNoRule, operation.DeniedForbidden,
	}
}

// UnmarshalYAML implements yaml.NodeUnmarshaler; it keeps the line.
func (c *Case) UnmarshalYAML(n ast.Node) error {
	type plain Case
	at := n.GetToken().Position
	if m, ok := n.(*ast.MappingNode); ok && len(m.Values) > 0 {
		at = m.Values[0].Key.GetToken().Position
	}
	c.line = at.Line
	return yaml.NodeToValue(n, (*plain)(c), yaml.Strict())
}

// UnmarshalYAML implements yaml.NodeUnmarshaler.
func (n *named[T]) UnmarshalYAML(node ast.Node) error {
	if text, ok := node.(*ast.StringNode); ok {
		n.id = text.Value
		return nil
	}
	n.whole = new(T)
	return yaml.NodeToValue(node, n.whole, yaml.Strict())
}

// UnmarshalYAML implements yaml.NodeUnmarshaler.
func (m *moment) UnmarshalYAML(node ast.Node) error {
	at, err := time.Parse(time.RFC3339, node.GetToken().Value)
	if err != nil {
		return wrongAt(node, "%q is not a time such as 2026-03-18T12:00:00Z", node.GetToken().Value)
	}
	m.Time = at
	return nil
}

// UnmarshalYAML implements yaml.NodeUnmarshaler: allow and deny are words.
func (w *Want) UnmarshalYAML(node ast.Node) error {
	type plain Want
	text, ok := node.(*ast.StringNode)
	switch {
	case !ok:
		return yaml.NodeToValue(node, (*plain)(w), yaml.Strict())
	case text.Value == "allow":
		w.Allow = true
	case text.Value == "deny":
		w.Deny = anyDenial
	default:
		return wrongAt(node, "%q is not allow or deny", text.Value)
	}
	return nil
}

// UnmarshalYAML implements yaml.NodeUnmarshaler: other words are mistakes.
func (k *kind) UnmarshalYAML(node ast.Node) error {
	*k = kind(node.GetToken().Value)
	if !slices.Contains(kinds(), *k) {
		return wrongAt(node, "%q is no kind of person; there are %s", string(*k), listed(kinds()))
	}
	return nil
}

// listed is "a, b, c".
func listed[T ~string](words []T) string {
	texts := make([]string, len(words))
	for i, w := range words {
		texts[i] = string(w)
	}
	return strings.Join(texts, ", ")
}

func wrongAt(node ast.Node, format string, args ...any) error {
	at := node.GetToken().Position
	return &Error{Line: at.Line, Column: at.Column, Text: fmt.Sprintf(format, args...)}
}
