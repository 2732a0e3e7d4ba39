package render

import (
	"fmt"
	"strconv"
	"strings"

	"lbbot/bot/operation"
	"lbbot/zenlayer"
)

// Scheduler says a listener's scheduling in words; one that is not known stays as
// it is.
func Scheduler(s string) string {
	switch s {
	case operation.WeightedRoundRobin:
		return "weighted round robin"
	case operation.RoundRobin:
		return "round robin"
	}
	return s
}

// Kind says in words how a listener forwards; one that is not known stays as it is.
func Kind(s string) string {
	switch s {
	case "FNAT":
		return "full NAT"
	case operation.DirectRouting:
		return "direct routing"
	}
	return s
}

// HealthCheck says whether a listener checks its servers; nil: that is not known.
func HealthCheck(on *bool) string {
	switch {
	case on == nil:
		return "health check not known"
	case *on:
		return "health check on"
	}
	return "health check off"
}

// Servers is a number of servers, "no servers", "1 server"; empty below 0.
func Servers(n int) string {
	switch {
	case n < 0:
		return ""
	case n == 0:
		return "no servers"
	case n == 1:
		return "1 server"
	}
	return fmt.Sprintf("%d servers", n)
}

// InPool is how many servers a listener has, or entries, if the server to be added
// has some of them.
func InPool(p operation.Picture) string {
	switch {
	case len(p.Same) == 0:
		return Servers(p.Servers)
	case p.Servers == 1:
		return "1 entry"
	}
	return fmt.Sprintf("%d entries", p.Servers)
}

// ServerDown says why a server with this state takes no traffic; empty if it is
// running, or if the state is not known.
func ServerDown(state string) string {
	switch strings.ToUpper(state) {
	case "STOPPED", "STOPPING":
		return "stopped"
	case "RECYCLE", "RECYCLING":
		return "in the recycle bin"
	case "PENDING", "CREATING", "INSTALLING", "DEPLOYING", "REBUILDING":
		return "being installed"
	}
	return ""
}

// ServerType is "virtual machine" or "bare metal".
func ServerType(t zenlayer.InstanceType) string {
	if t == zenlayer.InstanceVM {
		return "virtual machine"
	}
	return "bare metal"
}

// Ports are the ports of an entry as Zenlayer writes them, "port 8080".
func Ports(text string) string {
	switch {
	case Clean(text) == "":
		return "ports not shown"
	case strings.ContainsAny(text, ",- "):
		return "ports " + text
	}
	return "port " + text
}

// WeightWords is a weight as the object of "asked for".
func WeightWords(weight int) string {
	if weight == 0 {
		return "the default"
	}
	return strconv.Itoa(weight)
}

// WeightPhrase is "weight 50".
func WeightPhrase(weight int) string {
	if weight == 0 {
		return "default weight"
	}
	return "weight " + strconv.Itoa(weight)
}

// weightOf is WeightPhrase of a request, whose weight may not be known yet.
func weightOf(op operation.Operation) string {
	if op.Unseen && op.State.Open() && op.Request.Weight == 0 {
		return "usual weight"
	}
	return WeightPhrase(op.Request.Weight)
}

// WeightCounted is WeightPhrase for people who ask for approval or give it: the
// policy takes a weight that is not given for the greatest.
func WeightCounted(weight int) string {
	if weight == 0 {
		return WeightPhrase(weight) + " (the policy counts it as 100)"
	}
	return WeightPhrase(weight)
}
