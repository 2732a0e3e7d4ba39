package operation

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"lbbot/commands"
	"lbbot/zenlayer"
)

// DirectRouting is the Listener.Kind whose backends are reached on the
// listener's own ports, so a request may not name any.
const DirectRouting = "DR"

// BackendPorts reads the ports of a pool entry, which the API writes as text;
// several are separated by commas, ranges by a hyphen. ok is false when the
// text is something else.
func BackendPorts(text string) (ports []int, ok bool) {
	for part := range strings.SplitSeq(text, ",") {
		part = strings.TrimSpace(part)
		if part == "" {
			continue
		}
		from, to, isRange := strings.Cut(part, "-")
		first, err := strconv.Atoi(strings.TrimSpace(from))
		if err != nil {
			return nil, false
		}
		last := first
		if isRange {
			if last, err = strconv.Atoi(strings.TrimSpace(to)); err != nil || last < first || last-first > 65535 {
				return nil, false
			}
		}
		for p := first; p <= last; p++ {
			ports = append(ports, p)
		}
	}
	slices.Sort(ports)
	return slices.Compact(ports), true
}

// Entry is one entry of a pool as it is stored with an operation.
type Entry struct {
	BackendID string `json:"backend_id"`
	Ports     string `json:"ports,omitempty"` // as Zenlayer writes them
}

// OfServer returns the entries of pool that belong to op's server.
func OfServer(op Operation, pool []zenlayer.Backend) []zenlayer.Backend {
	return slices.DeleteFunc(slices.Clone(pool), func(b zenlayer.Backend) bool {
		return b.InstanceID != op.Request.InstanceID
	})
}

// FitWeight gives a request without a weight the one that most servers on the listener
// have.
func (o *Operation) FitWeight(pool []zenlayer.Backend) {
	if usual := UsualWeight(pool); o.Request.Weight == 0 && usual != 0 {
		o.Request.Weight, o.UsualWeight = usual, true
	}
}

// FitName gives a request the name of its server, with a number if it is taken.
func (o *Operation) FitName(pool []zenlayer.Backend) {
	o.Request.BackendName = commands.BackendName(cmp.Or(o.Server.Name, o.Server.ID), NamesIn(pool))
}

// NamesIn returns the name of each entry of a pool.
func NamesIn(pool []zenlayer.Backend) []string {
	list := make([]string, len(pool))
	for n, b := range pool {
		list[n] = b.Name
	}
	return list
}

// UsualWeight returns the weight that most of the pool has, which a request
// without a weight takes; of several the lowest, and 0 for an empty pool.
func UsualWeight(pool []zenlayer.Backend) int {
	count := map[int]int{}
	for _, b := range pool {
		count[b.Weight]++
	}
	best := 0
	for weight, n := range count {
		if weight < 1 || weight > 100 {
			continue
		}
		if best == 0 || n > count[best] || n == count[best] && weight < best {
			best = weight
		}
	}
	return best
}

// BackendIDs returns the ids of the entries, in their order.
func BackendIDs(pool []zenlayer.Backend) []string {
	ids := make([]string, len(pool))
	for i, b := range pool {
		ids[i] = b.BackendID
	}
	return ids
}

// ListenerOf keeps of a listener and its load balancer what is shown and decided
// by. Scheduler and Kind are in the case of the API's pages, so that they can be
// compared.
func ListenerOf(l zenlayer.Listener, lb zenlayer.LoadBalancer) Listener {
	return Listener{ID: l.ListenerID, Name: l.Name, Protocol: l.Protocol, Port: l.Port,
		Scheduler: strings.ToLower(l.Scheduler), Kind: strings.ToUpper(l.Kind),
		Status: l.Status, HealthCheck: l.HealthCheck, Servers: -1,
		LoadBalancerID: lb.ID, LoadBalancerName: lb.Name, LoadBalancerStatus: lb.Status, Zone: lb.ZoneID}
}

// ServerOf keeps of an instance what is shown and decided by.
func ServerOf(i zenlayer.Instance) Server {
	s := Server{ID: i.ID, Name: i.Name, Type: i.Type, Zone: i.ZoneID, Status: i.Status,
		ExpiresAt: apiTime(i.ExpiredTime)}
	for _, ips := range [][]string{i.PrivateIPs, i.PublicIPs, i.IPv6s} {
		if s.IP == "" && len(ips) > 0 {
			s.IP = ips[0]
		}
	}
	return s
}

// apiTime reads a time of the API, whose pages say ISO 8601 and whose examples
// have a space and no zone; both are UTC. Anything else is the zero time.
func apiTime(text string) time.Time {
	for _, layout := range []string{time.RFC3339, time.DateTime} {
		if t, err := time.Parse(layout, strings.TrimSpace(text)); err == nil {
			return t.UTC()
		}
	}
	return time.Time{}
}
