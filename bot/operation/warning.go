package operation

import (
	"strings"
	"time"
)

// WarningCode names a fact that people should know before they add or remove a
// server.
type WarningCode string

// The codes, worst first; Operation.Warnings returns them in this order.
const (
	WarnPaused          WarningCode = "W14" // the bot is paused: Pause
	WarnBalancerDown    WarningCode = "W10" // the load balancer is not running: Status
	WarnServerDown      WarningCode = "W05" // the server is not running: Status
	WarnHealthChecksOff WarningCode = "W01" // the server gets traffic before it is ready
	WarnPorts           WarningCode = "W11" // most other servers use other ports: Ports, Others
	WarnWeight          WarningCode = "W09" // the weight draws traffic to the new server: Weight, Usual, Percent
	WarnExpires         WarningCode = "W06" // the server expires soon, or has: At, Days, Past
	WarnZones           WarningCode = "W04" // server and load balancer are in two zones: ServerZone, BalancerZone
	WarnDirectRouting   WarningCode = "W03" // ports follow the listener
	WarnRoundRobin      WarningCode = "W02" // the weight has no effect: Weight
	WarnElsewhere       WarningCode = "W07" // the server is on other listeners: Listeners

	// of a removal
	WarnLast      WarningCode = "W12" // no other server on the listener is available
	WarnUnchecked WarningCode = "W13" // health checks are off: nobody knows whether the others work
)

// Warning is one such fact, with the values that its sentence needs. Its code
// says which values it has.
type Warning struct {
	Code         WarningCode
	Status       string // Zenlayer's own word
	ServerZone   string
	BalancerZone string
	At           time.Time
	Days         int  // from the preview to At, rounded down
	Past         bool // At was over when the preview was made
	Weight       int
	Usual        int // the weight that most other servers have; 0: none is usual
	Percent      int // of new connections that the server would take
	Listeners    int
	Ports        []int // that the new server would have
	Others       OtherPorts
	Pause        Pause
	Asks         bool // others have to agree first: a pause ends nothing before that
}

// Risk reports whether the server may break something, or may not work: no
// button is the obvious one to press then.
func (w Warning) Risk() bool {
	switch w.Code {
	case WarnPaused, WarnBalancerDown, WarnServerDown, WarnHealthChecksOff, WarnPorts, WarnWeight, WarnLast,
		WarnUnchecked:
		return true
	}
	return false
}

// Warnings returns what people should know before they add or remove the server,
// as far as the listener and the server were read last. A fact that is not known gives
// none. The API has no published list of a load balancer's states, and does not
// say which states of a server it refuses, so none of them is refused here.
func (o Operation) Warnings() []Warning {
	var list []Warning
	if o.Pause != nil && o.State == Draft {
		list = append(list, Warning{Code: WarnPaused, Pause: *o.Pause, Asks: o.Approval != nil})
	}
	if o.Change == ChangeRemove {
		return append(list, o.removalWarnings()...)
	}
	warn := func(holds bool, w Warning) {
		if holds {
			list = append(list, w)
		}
	}
	l, s := o.Listener, o.Server
	switch strings.ToUpper(l.LoadBalancerStatus) {
	case "", "AVAILABLE", "RUNNING", "ACTIVE":
	default:
		warn(true, Warning{Code: WarnBalancerDown, Status: l.LoadBalancerStatus})
	}
	warn(s.Status != "" && !strings.EqualFold(s.Status, "RUNNING"), Warning{Code: WarnServerDown, Status: s.Status})
	warn(l.HealthCheck != nil && !*l.HealthCheck, Warning{Code: WarnHealthChecksOff})
	if other := o.Seen().Ports; other != nil {
		ports, _ := portsOf(o)
		warn(true, Warning{Code: WarnPorts, Ports: ports, Others: *other})
	}
	weight, holds := o.heavy()
	warn(holds, weight)
	warn(!s.ExpiresAt.IsZero() && !o.AskedAt.IsZero() && s.ExpiresAt.Sub(o.AskedAt) <= expirySoon,
		Warning{Code: WarnExpires, At: s.ExpiresAt, Days: int(s.ExpiresAt.Sub(o.AskedAt).Hours() / 24),
			Past: !s.ExpiresAt.After(o.AskedAt)})
	warn(s.Zone != "" && l.Zone != "" && !strings.EqualFold(s.Zone, l.Zone),
		Warning{Code: WarnZones, ServerZone: s.Zone, BalancerZone: l.Zone})
	warn(l.Kind == DirectRouting, Warning{Code: WarnDirectRouting})
	warn(l.Scheduler == RoundRobin && o.Request.Weight > 0, Warning{Code: WarnRoundRobin, Weight: o.Request.Weight})
	warn(o.Elsewhere > 0, Warning{Code: WarnElsewhere, Listeners: o.Elsewhere})
	return list
}

// removalWarnings is Warnings of a removal. What is wrong with the server itself is
// a reason to remove it.
func (o Operation) removalWarnings() (list []Warning) {
	if o.Seen().Last() {
		list = append(list, Warning{Code: WarnLast})
	}
	if check := o.Listener.HealthCheck; check != nil && !*check {
		list = append(list, Warning{Code: WarnUnchecked})
	}
	return list
}

// expirySoon is how long before a server expires people are told.
const expirySoon = 30 * 24 * time.Hour

// heavyTimes is how many times the usual weight is worth a warning.
const heavyTimes = 5

// heavy returns the warning about the weight, and whether it holds. A server
// with heavyTimes the usual weight gets that much more than each of the others,
// whatever its share. More than half of all traffic is too much as well, but
// not beside one other server: there it takes only a slightly higher weight.
func (o Operation) heavy() (Warning, bool) {
	p, weight := o.Seen(), o.Request.Weight
	if p.Servers == 0 || o.Listener.Scheduler != WeightedRoundRobin {
		return Warning{}, false
	}
	part, whole, known := p.With(weight).portion(weight, o.Listener.Scheduler)
	times := p.Usual > 0 && weight >= heavyTimes*p.Usual
	if !known || !times && (p.Servers < 2 || 2*part <= whole) {
		return Warning{}, false
	}
	percent, _ := p.Share(weight, o.Listener.Scheduler)
	return Warning{Code: WarnWeight, Weight: weight, Usual: p.Usual, Percent: percent}, true
}

// Seen returns the pool as those who decide about o saw it last; zero if it was
// not read.
func (o Operation) Seen() Picture {
	switch {
	case o.Approval != nil && o.Approval.Picture.Read:
		return o.Approval.Picture
	case o.Shown != nil:
		return *o.Shown
	}
	return Picture{}
}

// Share returns the part of new connections, in percent, that the server would
// take, as far as it is known; see Picture.Share.
func (o Operation) Share() (percent int, known bool) {
	return o.Seen().Share(o.Request.Weight, o.Listener.Scheduler)
}
