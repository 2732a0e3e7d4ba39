package zenlayertest

import (
	"slices"
	"strings"

	"lbbot/zenlayer"
)

func (s *Server) describeBackends(x execution) (map[string]any, *refusal) {
	p := x.params
	listenerID, product := p.required("listenerId"), p.product(x.version)
	ids, name := p.texts("backendIds"), p.text("backendName")
	if p.problem != nil {
		return nil, p.problem
	}
	if _, ok := s.account.listener(listenerID); !ok {
		return nil, s.noListener()
	}
	var found []*backend
	for _, b := range s.account.pools[listenerID] {
		if productOf(b.InstanceType) != product || !anyOf(ids, b.BackendID) {
			continue
		}
		if x.now.Before(b.visibleAt) || !s.nameMatches(b.Name, name) {
			continue
		}
		if b.hiddenReads > 0 {
			b.hiddenReads--
			continue
		}
		found = append(found, b)
	}
	return paged(p, found, func(b *backend) zenlayer.Backend { return b.Backend }), p.problem
}

func (s *Server) nameMatches(name, filter string) bool {
	return filter == "" || name == filter || s.opts.Rules.FuzzyBackendName && strings.Contains(name, filter)
}

func (s *Server) describeListeners(x execution) (map[string]any, *refusal) {
	p := x.params
	ids, balancers, name := p.texts("listenerIds"), p.texts("loadBalancerIds"), p.text("listenerName")
	if p.problem != nil {
		return nil, p.problem
	}
	found := slices.DeleteFunc(slices.Clone(s.account.listeners), func(l zenlayer.Listener) bool {
		return !anyOf(ids, l.ListenerID) || !anyOf(balancers, l.LoadBalancerID) || !strings.Contains(l.Name, name)
	})
	return paged(p, found, func(l zenlayer.Listener) zenlayer.Listener { return l }), p.problem
}

// describeLoadBalancers lists only bare metal backends in backendList. Whether the
// service lists VM backends there is not documented.
func (s *Server) describeLoadBalancers(x execution) (map[string]any, *refusal) {
	p := x.params
	ids, zone, name := p.texts("loadBalancerIds"), p.text("zoneId"), p.text("loadBalancerName")
	if p.problem != nil {
		return nil, p.problem
	}
	found := []zenlayer.LoadBalancer{}
	for _, b := range s.account.balancers {
		if !anyOf(ids, b.ID) || zone != "" && zone != b.ZoneID || !strings.Contains(b.Name, name) {
			continue
		}
		found = append(found, b)
	}
	listeners := map[string][]zenlayer.Listener{}
	for _, l := range s.account.listeners {
		listeners[l.LoadBalancerID] = append(listeners[l.LoadBalancerID], l)
	}
	return paged(p, found, func(b zenlayer.LoadBalancer) zenlayer.LoadBalancer {
		b.Listeners, b.Backends = append([]zenlayer.Listener{}, listeners[b.ID]...), []zenlayer.Backend{}
		for _, l := range b.Listeners {
			b.Backends = append(b.Backends, s.bareMetalOf(l.ListenerID, x)...)
		}
		return b
	}), p.problem
}

func (s *Server) bareMetalOf(listenerID string, x execution) []zenlayer.Backend {
	var out []zenlayer.Backend
	for _, b := range s.account.pools[listenerID] {
		if productOf(b.InstanceType) == "BM" && b.hiddenReads == 0 && !x.now.Before(b.visibleAt) {
			out = append(out, b.Backend)
		}
	}
	return out
}

func (s *Server) describeInstances(x execution) (map[string]any, *refusal) {
	p := x.params
	want := struct {
		ids, public, private         []string
		name, hostname, zone, status string
	}{
		p.texts("instanceIds"), p.texts("publicIpAddresses"), p.texts("privateIpAddresses"),
		p.text("instanceName"), p.text("hostname"), p.text("zoneId"), p.text("instanceStatus"),
	}
	if p.problem != nil {
		return nil, p.problem
	}
	product := map[string]string{"bmc": "BM", "vm": "VM"}[x.service]
	var found []*zenlayer.Instance
	for n := range s.account.instances {
		i := &s.account.instances[n]
		switch {
		case productOf(i.Type) != product, !anyOf(want.ids, i.ID),
			!starred(i.Name, want.name), product == "BM" && !starred(i.Hostname, want.hostname),
			want.zone != "" && want.zone != i.ZoneID, want.status != "" && want.status != i.Status,
			!overlap(want.public, i.PublicIPs), !overlap(want.private, i.PrivateIPs):
			continue
		}
		found = append(found, i)
	}
	return paged(p, found, func(i *zenlayer.Instance) map[string]any { return instanceWire(*i, product) }), p.problem
}

// instanceWire writes an instance as its service does: instanceType is an object
// for bare metal and a string for VM, and a missing expiry is null.
func instanceWire(i zenlayer.Instance, product string) map[string]any {
	out := map[string]any{
		"instanceId": i.ID, "instanceName": i.Name, "zoneId": i.ZoneID, "instanceStatus": i.Status,
		"publicIpAddresses": i.PublicIPs, "privateIpAddresses": i.PrivateIPs,
		"resourceGroupName": i.ResourceGroupName, "createTime": i.CreateTime, "expiredTime": nil, "ipv6Addresses": nil,
	}
	if len(i.IPv6s) > 0 {
		out["ipv6Addresses"], out["primaryPublicIPv6Address"] = i.IPv6s[1:], i.IPv6s[0]
	}
	if i.ExpiredTime != "" {
		out["expiredTime"] = i.ExpiredTime
	}
	if product == "VM" {
		out["instanceType"] = "s1.c2m4"
		return out
	}
	out["hostname"] = i.Hostname
	out["instanceTypeId"] = "S9I"
	out["instanceType"] = map[string]any{"instanceTypeId": "S9I", "cpuCores": 32}
	if len(i.PublicIPs) > 0 {
		out["primaryPublicIpAddress"] = i.PublicIPs[0]
	}
	return out
}

func anyOf(wanted []string, value string) bool {
	return len(wanted) == 0 || slices.Contains(wanted, value)
}

func overlap(wanted, values []string) bool {
	return len(wanted) == 0 || slices.ContainsFunc(wanted, func(w string) bool { return slices.Contains(values, w) })
}

// starred matches exactly, or as a prefix if the filter ends in "*".
func starred(value, filter string) bool {
	if prefix, ok := strings.CutSuffix(filter, "*"); ok {
		return strings.HasPrefix(value, prefix)
	}
	return filter == "" || value == filter
}
