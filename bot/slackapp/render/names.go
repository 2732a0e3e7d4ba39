package render

import (
	"cmp"
	"strconv"
	"strings"

	"github.com/slack-go/slack"

	"lbbot/bot/operation"
)

const (
	fieldServer   = "Server"
	fieldListener = "Listener"
	fieldPorts    = "Ports and weight"
)

// Shown is how a value is shown: in a block, in a sentence, in an object without
// markup.
type Shown func(string) string

// ServerName is what people call the server.
func ServerName(op operation.Operation, show Shown) string {
	return show(FirstOf(op.Server.Name, op.Server.ID, op.Request.InstanceID))
}

// ListenerName is "https-443 on api-lb".
func ListenerName(op operation.Operation, show Shown) string {
	s := show(FirstOf(op.Listener.Name, op.Listener.ID, op.Request.ListenerID))
	if lb := FirstOf(op.Listener.LoadBalancerName, op.Listener.LoadBalancerID); lb != "" {
		s += " on " + show(lb)
	}
	return s
}

// ListenerPath is "api-lb/https-443", as people type it.
func ListenerPath(op operation.Operation, show Shown) string {
	s := show(FirstOf(op.Listener.Name, op.Listener.ID, op.Request.ListenerID))
	if lb := FirstOf(op.Listener.LoadBalancerName, op.Listener.LoadBalancerID); lb != "" {
		s = show(lb) + "/" + s
	}
	return s
}

// ListenerPort is "api-lb port 443", for fallback texts.
func ListenerPort(op operation.Operation, show Shown) string {
	lb := FirstOf(op.Listener.LoadBalancerName, op.Listener.LoadBalancerID)
	if lb == "" || Clean(op.Listener.Port) == "" {
		return ListenerName(op, show)
	}
	return show(lb) + " port " + show(op.Listener.Port)
}

// ActorName names the asker in a fallback text, where a mention would be
// read aloud as an id.
func ActorName(a operation.Actor) string {
	if Clean(a.Name) == "" {
		return Mention(a.UserID)
	}
	return InText(a.Name)
}

// ServerFacts is "web-07 (`i-55a1`, bare metal, 10.0.3.17)".
func ServerFacts(op operation.Operation) string {
	id := Code(FirstOf(op.Server.ID, op.Request.InstanceID))
	facts := []string{ServerType(cmp.Or(op.Request.InstanceType, op.Server.Type))}
	if Clean(op.Server.IP) != "" {
		facts = append(facts, Name(op.Server.IP))
	}
	if Clean(op.Server.Name) == "" {
		return id + " (" + strings.Join(facts, ", ") + ")"
	}
	return Name(op.Server.Name) + " (" + id + ", " + strings.Join(facts, ", ") + ")"
}

// ListenerFacts is "https-443 (`lst-8f2c`, TCP 443) on api-lb".
func ListenerFacts(op operation.Operation) string {
	l := op.Listener
	s, facts := Code(FirstOf(l.ID, op.Request.ListenerID)), []string{}
	if Clean(l.Name) != "" {
		s, facts = Name(l.Name), []string{s}
	}
	if p := Clean(l.Protocol + " " + l.Port); p != "" {
		facts = append(facts, Name(p))
	}
	if len(facts) > 0 {
		s += " (" + strings.Join(facts, ", ") + ")"
	}
	if lb := FirstOf(l.LoadBalancerName, l.LoadBalancerID); lb != "" {
		s += " on " + Name(lb)
	}
	return s
}

// PortPhrase is "port 8080", "ports 8080, 8081", or "port 443 (the listener's)"
// where the request leaves them to the listener.
func PortPhrase(op operation.Operation) string {
	texts := make([]string, len(op.Request.PortList))
	for i, p := range op.Request.PortList {
		texts[i] = strconv.Itoa(p)
	}
	switch {
	case len(texts) == 1:
		return "port " + texts[0]
	case len(texts) > 1:
		return "ports " + strings.Join(texts, ", ")
	}
	own, ports := Clean(op.Listener.Port), "port"
	if strings.ContainsAny(own, ",- ") {
		ports = "ports"
	}
	if own == "" || len(own) > maxOwnPorts || strings.Trim(own, "0123456789,- ") != "" {
		return "the listener's " + ports
	}
	return ports + " " + own + " (the listener's)"
}

// maxOwnPorts is how long the ports of a listener may be to be shown, which are
// Zenlayer's text.
const maxOwnPorts = 40

// Facts is the request as a list of labels and values, and more pairs: five at
// most, those without a value left out.
func Facts(op operation.Operation, more ...[2]string) slack.Block {
	pairs := [][2]string{
		{fieldServer, ServerFacts(op)},
		{fieldListener, ListenerFacts(op)},
		{fieldPorts, Capital(PortPhrase(op)) + " · " + weightOf(op)},
		{"Backend name", Code(op.Request.BackendName)},
		{"Requested by", Mention(op.Actor.UserID)},
	}
	for _, p := range more {
		if p[1] != "" {
			pairs = append(pairs, p)
		}
	}
	return fields(pairs...)
}

// FirstOf returns the first of its arguments that has something to show.
func FirstOf(list ...string) string {
	for _, s := range list {
		if Clean(s) != "" {
			return s
		}
	}
	return ""
}
