package commands

import "lbbot/zenlayer"

// ListenerRef is how a person named a listener. Nothing is resolved here:
// whoever resolves it matches exactly, against live data.
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

// Registration is a request to add one server to one listener, checked as far
// as possible without asking anyone.
type Registration struct {
	Listener ListenerRef
	// Server is an instance ID, name, host name or IP address.
	Server string
	// Type is empty when it is to be found out.
	Type zenlayer.InstanceType
	// Ports are in the order given, without duplicates, MaxPorts at most;
	// empty means the listener's own.
	Ports []int
	// Weight is 1 to 100; 0 means not given, so Zenlayer's default.
	Weight int
	// Name is the backend's name; empty means made from the server's name,
	// see BackendName.
	Name string
	// Reason is free text on one line, MaxReason characters at most.
	Reason string
	// Channel is a Slack channel ID or "#name"; empty means where the command
	// came from.
	Channel string
	// DryRun stops at the preview; NoWatch leaves the status alone afterwards.
	DryRun, NoWatch bool
	// Notes are sentences on what was changed for the person's good, such as
	// duplicates removed. They are to be shown and are not part of what is
	// asked.
	Notes []string
}

// Request returns the API call for r once listener, instance, type and name
// are known. An unset type is sent as unset, which Zenlayer reads as BM
// (docs.console.zenlayer.com, RegisterBackend).
func (r Registration) Request(listenerID, instanceID string, t zenlayer.InstanceType, name, clientToken string) zenlayer.RegisterBackendRequest {
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
