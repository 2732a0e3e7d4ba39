package operation

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"lbbot/zenlayer"
)

// UndoButtonFor is how long after an addition its card offers to take it back. The
// command has no limit.
const UndoButtonFor = 24 * time.Hour

// Addition is an addition that a removal takes back.
type Addition struct {
	Ref      string    `json:"ref"`
	By       Actor     `json:"by"`
	At       time.Time `json:"at"`
	Evidence Evidence  `json:"evidence,omitempty"` // EvidenceSeen or EvidencePerson: it is not certain who added it
}

// AdditionOf is op as those who take it back see it.
func AdditionOf(op Operation) *Addition {
	return &Addition{Ref: op.Ref, By: op.Actor, At: op.FinishedAt, Evidence: op.Evidence}
}

// TakenBack says which operation took an addition back.
type TakenBack struct {
	Ref string    `json:"ref"`
	By  Actor     `json:"by"`
	At  time.Time `json:"at"`
}

// Left finds the entry that an addition left on its listener, and what is different
// from how it was left. A backend id that is now of another server is not that entry.
func (o Operation) Left(pool []zenlayer.Backend) (b zenlayer.Backend, changed []Difference) {
	at := slices.IndexFunc(pool, func(b zenlayer.Backend) bool {
		return b.BackendID == o.BackendID && b.InstanceID == o.Request.InstanceID
	})
	if at < 0 {
		return zenlayer.Backend{}, []Difference{{Code: DiffGone, From: o.BackendID}}
	}
	if b = pool[at]; !samePorts(o, b) {
		changed = append(changed, Difference{Code: DiffPorts, From: o.portsText(), To: b.Port})
	}
	if o.Request.Weight != 0 && b.Weight != o.Request.Weight {
		changed = append(changed, Difference{Code: DiffWeight, Before: o.Request.Weight, After: b.Weight})
	}
	return b, changed
}

// portsText is the ports that o asked for, as Zenlayer writes them.
func (o Operation) portsText() string {
	if len(o.Request.PortList) == 0 {
		return o.Listener.Port
	}
	ports := make([]string, len(o.Request.PortList))
	for i, p := range o.Request.PortList {
		ports[i] = strconv.Itoa(p)
	}
	return strings.Join(ports, ",")
}
