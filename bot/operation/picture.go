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
	Read     bool     `json:"read"` // the listener could be read
	Settings string   `json:"settings,omitempty"`
	Servers  int      `json:"servers,omitempty"`
	Weights  int      `json:"weights,omitempty"` // of all servers on the listener together
	Same     []string `json:"same,omitempty"`    // backend ids of the same server
	Names    []string `json:"names,omitempty"`   // backend ids with the name asked for
}

// PictureOf is what op would be added to.
func PictureOf(op Operation, pool []zenlayer.Backend) Picture {
	p := Picture{Read: true, Servers: len(pool), Weights: weightsOf(pool), Same: BackendIDs(OfServer(op, pool)),
		Settings: SettingsOf(op.Listener)}
	for _, b := range pool {
		if b.Name == op.Request.BackendName {
			p.Names = append(p.Names, b.BackendID)
		}
	}
	slices.Sort(p.Same)
	slices.Sort(p.Names)
	return p
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

func weightsOf(pool []zenlayer.Backend) int {
	sum := 0
	for _, b := range pool {
		sum += b.Weight
	}
	return sum
}

// Share returns the part of new connections, in percent, that a server of this
// weight gets of all on the listener; false when that is not known. Only weighted
// scheduling goes by weight.
func (p Picture) Share(weight int, scheduler string) (percent int, known bool) {
	switch {
	case !p.Read:
		return 0, false
	case scheduler == "rr":
		return rounded(1, p.Servers+1), true
	case weight == 0 || scheduler != "wrr":
		return 0, false
	}
	return rounded(weight, p.Weights+weight), true
}

func rounded(part, whole int) int { return (200*part + whole) / (2 * whole) }

// Risks returns sentences on what may go wrong with adding the server, as far
// as its listener and the server were read last. The API has no published list
// of a load balancer's states, and does not say which states of a server it
// refuses, so none of them is refused here.
func (o Operation) Risks() []string {
	var risks []string
	if on := o.Listener.HealthCheck; on != nil && !*on {
		risks = append(risks, "Health checks are off: the server gets traffic at once, even if it is not ready.")
	}
	switch status := strings.ToUpper(o.Server.Status); status {
	case "", "RUNNING":
	case "STOPPED", "STOPPING":
		risks = append(risks, "The server is stopped.")
	case "RECYCLE", "RECYCLING":
		risks = append(risks, "The server is in the recycle bin.")
	case "PENDING", "CREATING", "INSTALLING", "DEPLOYING", "REBUILDING":
		risks = append(risks, "The server is being installed.")
	default:
		risks = append(risks, "The server is not running (state: "+Clip(o.Server.Status, 40)+").")
	}
	switch strings.ToUpper(o.Listener.LoadBalancerStatus) {
	case "", "AVAILABLE", "RUNNING", "ACTIVE":
	default:
		risks = append(risks, "This load balancer is not running (state: "+Clip(o.Listener.LoadBalancerStatus,
			40)+"). Servers can be added only while it is running.")
	}
	return risks
}

// SameSettings reports whether no difference between two settings is known: a
// reading that leaves the health check out says nothing about it.
func SameSettings(a, b string) bool {
	restA, checkA, _ := strings.Cut(a, checkMark)
	restB, checkB, _ := strings.Cut(b, checkMark)
	return restA == restB && (checkA == checkB || checkA == "unknown" || checkB == "unknown")
}

// SettingWords says settings in words; they are stored and compared as
// Zenlayer abbreviates them.
func SettingWords(s string) string {
	return strings.NewReplacer(" wrr,", " weighted round robin,", " rr,", " round robin,", " FNAT,", " full NAT,",
		" DR,", " direct routing,",
		"health check true", "health check on", "health check false", "health check off", "health check unknown",
		"health check not known").Replace(s)
}
