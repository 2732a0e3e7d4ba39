package main

import (
	"strings"

	"lbbot/bot/sandbox/page"
	"lbbot/zenlayer"
	"lbbot/zenlayer/zenlayertest"
)

// cloudPanel shows the Zenlayer stand-in on the page.
type cloudPanel struct{ *zenlayertest.Server }

func (p cloudPanel) Backends() int { return len(p.Server.Backends()) }

func (p cloudPanel) Calls() []page.Call {
	calls := p.Server.Calls()
	out := make([]page.Call, len(calls))
	for i, c := range calls {
		out[i] = page.Call{At: c.Time, Service: c.Service, Action: c.Action, Status: c.Status,
			Lost: c.Fault == zenlayertest.AnswerLost, Request: c.Request, Answer: c.Answer}
	}
	return out
}

// samples returns the names and ids that the page offers to click.
func samples(of zenlayertest.Seed) []page.Sample {
	balancers := map[string]string{}
	for _, lb := range of.LoadBalancers {
		balancers[lb.ID] = lb.Name
	}
	var out []page.Sample
	for _, l := range of.Listeners {
		name := balancers[l.LoadBalancerID] + "/" + l.Name
		out = append(out, page.Sample{Kind: "Listener", ID: name, Label: name, Detail: listenerDetail(l)})
	}
	for _, i := range of.Instances {
		kind := "Bare metal"
		if i.Type == zenlayer.InstanceVM {
			kind = "Virtual machine"
		}
		out = append(out, page.Sample{Kind: "Server", ID: i.Name, Label: i.Name, Detail: i.ID + " · " + kind + ", " +
			strings.ToLower(i.Status)})
	}
	return out
}

func listenerDetail(l zenlayer.Listener) string {
	detail := l.ListenerID + " · " + l.Protocol + " " + l.Port
	switch {
	case l.Kind == "DR":
		detail += ", direct routing"
	case l.Scheduler == "rr":
		detail += ", round robin"
	default:
		detail += ", weighted"
	}
	if l.HealthCheck != nil && !*l.HealthCheck {
		detail += ", no health check"
	}
	return detail
}
