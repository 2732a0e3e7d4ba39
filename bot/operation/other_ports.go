package operation

import (
	"cmp"
	"maps"
	"slices"

	"lbbot/zenlayer"
)

// OtherPorts are the ports of the other servers on a listener, where most of them
// lack a port that a request asks for: nothing may listen there on the new one.
type OtherPorts struct {
	Servers int    `json:"servers"` // on the listener, without the new one
	Differ  int    `json:"differ"`  // of them lack a port of the request
	Usual   string `json:"usual"`   // the ports most of those have, as Zenlayer writes them
	Have    int    `json:"have"`    // of them have exactly these
}

// portsOf returns the ports that op's server would have; false if the listener
// decides and its ports are not known.
func portsOf(op Operation) (ports []int, known bool) {
	if ports = slices.Sorted(slices.Values(op.Request.PortList)); len(ports) == 0 {
		ports, known = BackendPorts(op.Listener.Port)
		return ports, known && len(ports) > 0
	}
	return slices.Compact(ports), true
}

// otherPorts returns nil unless more than half of the other servers lack a port
// of op. With direct routing, ports follow the listener.
func otherPorts(op Operation, pool []zenlayer.Backend) *OtherPorts {
	want, known := portsOf(op)
	if !known || op.Listener.Kind == DirectRouting {
		return nil
	}
	have, texts := map[string][]int{}, map[string]string{} // by server, which may have several entries
	for _, b := range pool {
		if b.InstanceID == op.Request.InstanceID {
			continue
		}
		id := cmp.Or(b.InstanceID, b.BackendID)
		ports, _ := BackendPorts(b.Port)
		have[id] = append(have[id], ports...)
		if texts[id] != "" && b.Port != "" {
			texts[id] += ", "
		}
		texts[id] += b.Port
	}
	other, count := OtherPorts{Servers: len(have)}, map[string]int{}
	for id, ports := range have {
		lacks := func(p int) bool { return !slices.Contains(ports, p) }
		if len(ports) == 0 || !slices.ContainsFunc(want, lacks) {
			continue
		}
		other.Differ++
		count[texts[id]]++
	}
	if 2*other.Differ <= other.Servers {
		return nil
	}
	other.Usual = slices.MinFunc(slices.Collect(maps.Keys(count)), func(a, b string) int {
		return cmp.Or(count[b]-count[a], cmp.Compare(a, b))
	})
	other.Have, other.Usual = count[other.Usual], Clip(other.Usual, 40)
	return &other
}
