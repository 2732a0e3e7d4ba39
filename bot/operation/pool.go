package operation

import (
	"slices"
	"strconv"
	"strings"

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

// samePorts reports whether a pool entry serves the ports that op asks for. A
// request without ports means the listener's own, which direct routing may
// also show as none.
func samePorts(op Operation, b zenlayer.Backend) bool {
	got, ok := BackendPorts(b.Port)
	if !ok {
		return false
	}
	want := slices.Clone(op.Request.PortList)
	if len(want) == 0 {
		if len(got) == 0 {
			return true
		}
		if want, ok = BackendPorts(op.Listener.Port); !ok {
			return false
		}
	}
	slices.Sort(want)
	return slices.Equal(slices.Compact(want), got)
}

// OfServer returns the entries of pool that belong to op's server.
func OfServer(op Operation, pool []zenlayer.Backend) []zenlayer.Backend {
	return slices.DeleteFunc(slices.Clone(pool), func(b zenlayer.Backend) bool {
		return b.InstanceID != op.Request.InstanceID
	})
}

// Present returns the entry that is already what op asks for, or differs from
// it in weight only.
func Present(op Operation, pool []zenlayer.Backend) (b zenlayer.Backend, same, found bool) {
	for _, b := range OfServer(op, pool) {
		if samePorts(op, b) {
			return b, op.Request.Weight == 0 || b.Weight == op.Request.Weight, true
		}
	}
	return zenlayer.Backend{}, false, false
}

// ownEntries returns the entries that may be op's own doing: this server, these
// ports and this weight, and not there before the first attempt. Names prove
// nothing and are not looked at.
func ownEntries(op Operation, pool []zenlayer.Backend) []zenlayer.Backend {
	return slices.DeleteFunc(OfServer(op, pool), func(b zenlayer.Backend) bool {
		return !samePorts(op, b) ||
			op.Request.Weight != 0 && b.Weight != op.Request.Weight ||
			slices.Contains(op.Baseline, b.BackendID)
	})
}

// unclearEntries returns the entries that cannot be told from op's own doing: new
// ones of this server whose ports or weight cannot be read, or that have ports
// of their own while op leaves them to Zenlayer. They prove neither that it
// worked nor that it did not.
func unclearEntries(op Operation, pool []zenlayer.Backend) []zenlayer.Backend {
	return slices.DeleteFunc(OfServer(op, pool), func(b zenlayer.Backend) bool {
		_, readable := BackendPorts(b.Port)
		weighed := op.Request.Weight == 0 || b.Weight == op.Request.Weight
		return slices.Contains(op.Baseline, b.BackendID) ||
			!weighed && b.Weight != 0 || // 0: the list does not show it
			weighed && samePorts(op, b) ||
			readable && len(op.Request.PortList) > 0 && !samePorts(op, b)
	})
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

func backendIDs(pool []zenlayer.Backend) []string {
	ids := make([]string, len(pool))
	for i, b := range pool {
		ids[i] = b.BackendID
	}
	return ids
}
