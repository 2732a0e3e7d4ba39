package form

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/slack-go/slack"

	"lbbot/bot/operation"
	"lbbot/bot/slackapp/render"
	"lbbot/zenlayer"
)

// About is what the form says about the listener that was picked. Nil says
// nothing.
type About struct {
	Listener operation.Listener
	Pool     []zenlayer.Backend
	Read     bool   // the pool was read
	Problem  string // why nothing else is said
}

// Problems with a listener that was picked.
const (
	NotAllowed = "You may not change this listener from here. Choose another."
	Gone       = "This listener is not in the list any more. Choose another."
)

const (
	directPorts = "Ports: this listener uses direct routing, so ports follow the listener."
	equalWeight = "This listener shares traffic equally, so weight has no effect now. It is stored all the same."
	emptyWeight = "No server is on this listener yet. Leave empty for Zenlayer's default."
	sameWeight  = "The other servers on this listener use %d. Leave empty for the same."
	someWeights = "The other servers on this listener use %d to %d. Leave empty for %d."
	ownPort     = "Leave empty to use the listener's port (%s)."
	otherPorts  = " The other servers use %s."
	maxPorts    = 3 // ports of other servers that are named
)

func (a *About) direct() bool {
	return a != nil && a.Listener.Kind == operation.DirectRouting
}

// line is "api-lb · TCP 443 · weighted round robin · health check on · 4
// servers", under the listener.
func (a *About) line() slack.Block {
	if a == nil {
		return nil
	}
	if a.Problem != "" {
		return Alert(a.Problem, slack.AlertLevelWarning)
	}
	l := a.Listener
	var parts []string
	for _, p := range []string{render.FirstOf(l.LoadBalancerName, l.LoadBalancerID),
		strings.TrimSpace(l.Protocol + " " + l.Port), render.Scheduler(l.Scheduler)} {
		if render.Clean(p) != "" {
			parts = append(parts, render.Name(p))
		}
	}
	if l.HealthCheck != nil {
		parts = append(parts, render.HealthCheck(l.HealthCheck))
	}
	servers := l.Servers
	if a.Read {
		servers = len(a.Pool)
	}
	return render.ContextLine(append(parts, render.Servers(servers))...)
}

// portsHint is empty when the usual hint says as much.
func (a *About) portsHint() string {
	if a == nil || render.Clean(a.Listener.Port) == "" {
		return ""
	}
	hint := fmt.Sprintf(ownPort, render.BareName(a.Listener.Port))
	var others []string
	for _, b := range a.Pool {
		others = append(others, b.Port)
	}
	if ports := common(others); len(ports) > 1 || len(ports) == 1 && ports[0] != a.Listener.Port {
		for i, p := range ports {
			ports[i] = render.BareName(p)
		}
		hint += fmt.Sprintf(otherPorts, strings.Join(ports[:min(len(ports), maxPorts)], " or "))
	}
	return hint
}

// common returns the different texts, the most common first.
func common(all []string) []string {
	count := map[string]int{}
	for _, s := range all {
		if s != "" {
			count[s]++
		}
	}
	return slices.SortedFunc(maps.Keys(count), func(a, b string) int {
		return cmp.Or(count[b]-count[a], strings.Compare(a, b))
	})
}

// weightHint is empty when the usual hint says as much.
func (a *About) weightHint() string {
	if a == nil {
		return ""
	}
	if a.Listener.Scheduler == operation.RoundRobin {
		return equalWeight
	}
	usual := operation.UsualWeight(a.Pool)
	switch {
	case a.Read && len(a.Pool) == 0:
		return emptyWeight
	case usual == 0: // not read, or Zenlayer does not show them
		return ""
	}
	low, high := usual, usual
	for _, b := range a.Pool {
		if b.Weight > 0 {
			low, high = min(low, b.Weight), max(high, b.Weight)
		}
	}
	if low == high {
		return fmt.Sprintf(sameWeight, usual)
	}
	return fmt.Sprintf(someWeights, low, high, usual)
}
