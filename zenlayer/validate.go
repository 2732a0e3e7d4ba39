package zenlayer

import (
	"errors"
	"fmt"
)

// Limits of RegisterBackend. Name and weight are documented on the action's
// page; the port range comes from the listener pages of the same API.
const (
	MaxBackendName = 64
	MinPort        = 1
	MaxPort        = 65535
	MinWeight      = 1
	MaxWeight      = 100
)

// Validate returns every problem of the request, joined, or nil. It is the last
// line of defence; friendlier wording belongs to whoever talks to people.
func (r RegisterBackendRequest) Validate() error {
	var problems []error
	bad := func(format string, args ...any) {
		problems = append(problems, fmt.Errorf(format, args...))
	}
	for _, required := range []struct{ field, value string }{
		{"listenerId", r.ListenerID},
		{"backendName", r.BackendName},
		{"instanceId", r.InstanceID},
		{"clientToken", r.ClientToken},
	} {
		if required.value == "" {
			bad("%s: is empty", required.field)
		}
	}
	if len(r.BackendName) > MaxBackendName {
		bad("backendName: has %d characters, at most %d are allowed", len(r.BackendName), MaxBackendName)
	}
	for _, c := range r.BackendName {
		if !nameCharacter(c) {
			bad("backendName: %q is not a letter, digit, \"-\" or \".\"", c)
			break
		}
	}
	if r.InstanceType != "" && r.InstanceType != InstanceBM && r.InstanceType != InstanceVM {
		bad("instanceType: %q is neither BM nor VM", string(r.InstanceType))
	}
	for _, port := range r.PortList {
		if port < MinPort || port > MaxPort {
			bad("portList: %d is not a port from %d to %d", port, MinPort, MaxPort)
		}
	}
	if r.Weight != 0 && (r.Weight < MinWeight || r.Weight > MaxWeight) {
		bad("weight: %d is not from %d to %d", r.Weight, MinWeight, MaxWeight)
	}
	return errors.Join(problems...)
}

// nameCharacter accepts ASCII only: whether the API's "letters" means more is
// not documented, and a refusal here costs less than a surprise there.
func nameCharacter(c rune) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '.'
}
