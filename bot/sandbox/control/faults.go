package control

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Fault is a fault that the stand-ins know.
type Fault struct {
	Name  string `json:"fault"`
	About string `json:"about"` // one line
	// Fields are those of Setting that it takes besides the name.
	Fields []string `json:"fields"`
	// Needs says that it cannot be set by its name alone.
	Needs bool `json:"needs_fields"`
	On    bool `json:"on"` // always false for one that happens at once
}

// Setting sets a fault. Fields that are left out have the fault's own values.
type Setting struct {
	Fault   string  `json:"fault"`
	Times   int     `json:"times"`   // how often it strikes; below zero: until it is cleared
	Seconds float64 `json:"seconds"` // how long it lasts, or what Retry-After says
	Status  int     `json:"status"`  // of HTTP
	// Kind is one of zenlayertest's kinds of faults, Action the only call of Zenlayer to hit,
	// Service the only service of Zenlayer: bmc or vm.
	Kind    string `json:"kind"`
	Action  string `json:"action"`
	Service string `json:"service"`
	// Method is the only method of the Web API to hit, "response_url" posts to
	// response addresses; Error is the code that it answers.
	Method string `json:"method"`
	Error  string `json:"error"`
	Drop   string `json:"drop"` // "before" or "after" the call was executed
	Hang   bool   `json:"hang"`
	// Execute makes an error, a status or a hang come after the call was executed.
	Execute     bool     `json:"execute"`
	NewEnvelope bool     `json:"new_envelope"`
	Token       string   `json:"token"` // "bot" or "app"
	Scopes      []string `json:"scopes"`
}

// fault is a Fault with what it does.
type fault struct {
	Fault
	set   func(Setting) error
	gone  bool        // it is not offered here
	on    func() bool // nil for one that happens at once
	clear func()
}

// Faults lists every fault that the stand-ins know, those of Zenlayer first.
func (p *Panel) Faults() []Fault {
	var all []Fault
	for _, f := range p.faults {
		f.On = f.on != nil && f.on()
		if !f.gone {
			all = append(all, f.Fault)
		}
	}
	return all
}

// botKilled is the crash of the bot that belongs to the sandbox.
func botKilled(kill func(context.Context) error) fault {
	return fault{Fault: Fault{Name: "bot-killed", About: "the bot is killed, as by kill -9, and started again",
		Fields: []string{}}, gone: kill == nil,
		set: func(Setting) error {
			if kill == nil {
				return errors.New("this sandbox runs no bot of its own: kill the one that you have started")
			}
			return kill(context.Background())
		}}
}

// SetFault sets a fault, or makes it happen at once. It refuses an unknown name
// and fields that the fault does not take.
func (p *Panel) SetFault(s Setting) error {
	f, err := p.fault(s.Fault)
	if err != nil {
		return err
	}
	for _, field := range s.given() {
		if !slices.Contains(f.Fields, field) {
			return fmt.Errorf("the fault %s does not take %s: it takes %s", f.Name, field,
				cmp.Or(strings.Join(f.Fields, ", "), "nothing"))
		}
	}
	return f.set(s)
}

// ClearFault ends a fault; an empty name ends all.
func (p *Panel) ClearFault(name string) error {
	chosen := p.faults
	if name != "" {
		f, err := p.fault(name)
		if err != nil {
			return err
		}
		chosen = []fault{f}
	}
	for _, f := range chosen {
		if f.clear != nil {
			f.clear()
		}
	}
	return nil
}

func (p *Panel) fault(name string) (fault, error) {
	i := slices.IndexFunc(p.faults, func(f fault) bool { return f.Name == name })
	if i < 0 {
		var names []string
		for _, f := range p.faults {
			names = append(names, f.Name)
		}
		return fault{}, fmt.Errorf("there is no fault %q: choose one of %s", name, strings.Join(names, ", "))
	}
	return p.faults[i], nil
}

// given names the fields that are set, but the name.
func (s Setting) given() []string {
	var fields []string
	for _, f := range []struct {
		name string
		set  bool
	}{
		{"times", s.Times != 0}, {"seconds", s.Seconds != 0}, {"status", s.Status != 0}, {"kind", s.Kind != ""},
		{"action", s.Action != ""}, {"service", s.Service != ""},
		{"method", s.Method != ""}, {"error", s.Error != ""}, {"drop", s.Drop != ""},
		{"hang", s.Hang}, {"execute", s.Execute}, {"new_envelope", s.NewEnvelope}, {"token", s.Token != ""},
		{"scopes", len(s.Scopes) > 0},
	} {
		if f.set {
			fields = append(fields, f.name)
		}
	}
	return fields
}

// wait is Seconds, or what is usual for the fault.
func (s Setting) wait(usual time.Duration) time.Duration {
	return cmp.Or(time.Duration(s.Seconds*float64(time.Second)), usual)
}
