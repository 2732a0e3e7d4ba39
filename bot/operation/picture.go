package operation

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"lbbot/zenlayer"
)

// Picture is what somebody who asks for an operation or agrees to it has looked
// at, as far as a change of it matters: others may work on the listener meanwhile.
type Picture struct {
	Read     bool   `json:"read"` // the listener could be read
	Settings string `json:"settings,omitempty"`
	Servers  int    `json:"servers,omitempty"`
	Weights  int    `json:"weights,omitempty"` // of all servers on the listener together
	Usual    int    `json:"usual,omitempty"`   // the weight that more than half of them have; 0: none is usual
	// servers whose weight the list does not show; Weights is not the whole then
	Unweighed int      `json:"unweighed,omitempty"`
	Same      []string `json:"same,omitempty"`  // backend ids of the same server
	Names     []string `json:"names,omitempty"` // backend ids with the name asked for
	// the ports of the other servers, if most of them use other ones than asked for
	Ports *OtherPorts `json:"ports,omitempty"`

	// Of a removal; Same, Names and Ports are empty then.
	Entry *Target `json:"entry,omitempty"` // the entry to remove; nil: it is gone
	// Available is how many other entries are available that no other removal takes
	// off; nil: not of a removal, or not read
	Available *int `json:"available,omitempty"`
}

// Last reports whether a removal would leave no server on the listener that is
// shown as available. Then it needs a second person, whatever the policy says.
func (p Picture) Last() bool { return p.Available != nil && *p.Available == 0 }

// PictureOf is what op would be added to, or removed from. leaving are the backend
// ids that other removals are taking off, or have just taken off, so that pool may
// still show them: what Journal.Leaving returned before pool was read. It is nil for
// an addition.
func PictureOf(op Operation, pool []zenlayer.Backend, leaving []string) Picture {
	p := Picture{Read: true, Servers: len(pool), Settings: SettingsOf(op.Listener)}
	if op.Change == ChangeRemove {
		p.Available = new(othersAvailable(op, pool, leaving))
		if b, there := op.target(pool); there {
			entry := TargetOf(b)
			p.Entry = &entry
		}
	} else {
		p.Same, p.Names, p.Ports = BackendIDs(OfServer(op, pool)), named(op.Request.BackendName, pool),
			otherPorts(op, pool)
		slices.Sort(p.Same)
	}
	usual, alike := UsualWeight(pool), 0
	for _, b := range pool {
		p.Weights += b.Weight
		switch b.Weight {
		case 0:
			p.Unweighed++
		case usual:
			alike++
		}
	}
	if 2*alike > len(pool) {
		p.Usual = usual
	}
	return p
}

// named returns the ids of the entries with this name, in order.
func named(name string, pool []zenlayer.Backend) (ids []string) {
	for _, b := range pool {
		if b.Name == name {
			ids = append(ids, b.BackendID)
		}
	}
	slices.Sort(ids)
	return ids
}

// SettingsOf returns the settings of l that approvers rely on, to be compared.
func SettingsOf(l Listener) string {
	check := "unknown"
	if l.HealthCheck != nil {
		check = strconv.FormatBool(*l.HealthCheck)
	}
	return fmt.Sprintf("%s %s, %s, %s%s%s", l.Protocol, l.Port, l.Scheduler, l.Kind, checkMark, check)
}

const checkMark = ", health check "

// With returns p with one more server of this weight.
func (p Picture) With(weight int) Picture {
	p.Servers++
	p.Weights += weight
	if weight == 0 {
		p.Unweighed++
	}
	return p
}

// Share returns the part of new connections, in percent, that one more server of
// this weight would get; see ShareOf.
func (p Picture) Share(weight int, scheduler string) (percent int, known bool) {
	return p.With(weight).ShareOf(weight, scheduler)
}

// ShareOf returns the part of new connections, in percent, that a server on the
// listener with this weight gets; false when that is not known. Only weighted
// scheduling goes by weight, and it needs the weight of every server.
func (p Picture) ShareOf(weight int, scheduler string) (percent int, known bool) {
	part, whole, known := p.portion(weight, scheduler)
	if !known {
		return 0, false
	}
	return (200*part + whole) / (2 * whole), true
}

// portion is ShareOf before it is rounded: so many parts of a whole that is
// greater than 0.
func (p Picture) portion(weight int, scheduler string) (part, whole int, known bool) {
	switch {
	case !p.Read || p.Servers == 0:
		return 0, 0, false
	case p.Servers == 1: // alone it gets all, whatever the scheduling
		return 1, 1, true
	case scheduler == RoundRobin:
		return 1, p.Servers, true
	case scheduler != WeightedRoundRobin, p.Unweighed > 0, weight == 0,
		p.Weights <= weight: // earlier versions did not store Unweighed
		return 0, 0, false
	}
	return weight, p.Weights, true
}

// The values of Listener.Scheduler whose effect on the share of traffic is known,
// as ListenerOf writes them.
const (
	RoundRobin         = "rr"
	WeightedRoundRobin = "wrr"
)

// ListenerSettings are the values that SettingsOf wrote. Empty: not known.
type ListenerSettings struct {
	Port      string // with the protocol
	Scheduler string
	Kind      string
	Check     string // whether there are health checks, "true" or "false"
}

// ReadSettings reads what SettingsOf wrote, also that of earlier versions, which
// left the case as it was.
func ReadSettings(text string) ListenerSettings {
	rest, check, _ := strings.Cut(text, checkMark)
	parts := strings.Split(rest, ", ")
	if check == "unknown" {
		check = ""
	}
	if len(parts) < 3 {
		return ListenerSettings{Port: rest, Check: check}
	}
	n := len(parts)
	kind := strings.ToUpper(parts[n-1])
	if kind == "NAT" { // so one page of the API calls it
		kind = "FNAT"
	}
	return ListenerSettings{Port: strings.Join(parts[:n-2], ", "), Scheduler: strings.ToLower(parts[n-2]),
		Kind: kind, Check: check}
}

// KnownSettings reads two settings, and makes alike what is not known to differ: a
// reading that leaves a value out says nothing about it, except that health checks
// which nobody was told of are off. Ports are compared as numbers. Zenlayer lists a
// listener in two ways, and both are read.
func KnownSettings(before, now string) (b, n ListenerSettings) {
	b, n = ReadSettings(before), ReadSettings(now)
	if samePort(b.Port, n.Port) {
		n.Port = b.Port
	}
	for _, v := range [][2]*string{{&b.Scheduler, &n.Scheduler}, {&b.Kind, &n.Kind}, {&b.Check, &n.Check}} {
		unknown := *v[0] == "" || *v[1] == ""
		if unknown && (v[0] != &b.Check || n.Check != "false") {
			*v[0], *v[1] = "", ""
		}
	}
	return b, n
}

// samePort compares protocols and ports, as far as both are known.
func samePort(a, b string) bool {
	protocolA, textA, _ := strings.Cut(a, " ")
	protocolB, textB, _ := strings.Cut(b, " ")
	portsA, okA := BackendPorts(textA)
	portsB, okB := BackendPorts(textB)
	same := textA == "" || textB == "" || textA == textB || okA && okB && slices.Equal(portsA, portsB)
	return same && (protocolA == "" || protocolB == "" || strings.EqualFold(protocolA, protocolB))
}

// SameSettings reports whether no difference between two settings is known that
// those who read the first ones have to be told.
func SameSettings(before, now string) bool {
	b, n := KnownSettings(before, now)
	return b == n
}
