package zenlayer

import (
	"errors"
	"fmt"
)

// Limits of RegisterBackend. The action's page documents name and weight, the
// API's listener pages document the port range.
const (
	maxBackendName = 64
	minPort        = 1
	maxPort        = 65535
	minWeight      = 1
	maxWeight      = 100
)

// Validate returns all problems of the request, joined, or nil. Its errors name
// the API's fields; they are not meant for the people who ask.
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
	if len(r.BackendName) > maxBackendName {
		bad("backendName: has %d characters, at most %d are allowed", len(r.BackendName), maxBackendName)
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
		if port < minPort || port > maxPort {
			bad("portList: %d is not a port from %d to %d", port, minPort, maxPort)
		}
	}
	if r.Weight != 0 && (r.Weight < minWeight || r.Weight > maxWeight) {
		bad("weight: %d is not from %d to %d", r.Weight, minWeight, maxWeight)
	}
	return errors.Join(problems...)
}

// nameCharacter accepts ASCII only: whether the API's "letters" means more is not
// documented.
func nameCharacter(c rune) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '.'
}
