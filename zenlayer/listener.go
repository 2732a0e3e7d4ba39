package zenlayer

import (
	"context"
	"encoding/json"
)

// Listener is one listener of a load balancer.
type Listener struct {
	LoadBalancerID string `json:"loadBalancerId"`
	ListenerID     string `json:"listenerId"`
	Name           string `json:"listenerName"`
	// Status has no published list of values; examples show "Available".
	Status string `json:"status"`
	// Port is text: "80" in the examples.
	Port string `json:"port"`
	// Protocol and BackendProtocol are TCP or UDP.
	Protocol        string `json:"protocol"`
	BackendProtocol string `json:"backendProtocol"`
	// Scheduler is "wrr" (weighted) or "rr" (weights have no effect).
	Scheduler string `json:"scheduler"`
	// Kind is "FNAT" or "DR"; one page of the API says "NAT" for FNAT.
	Kind string `json:"kind"`
	// HealthCheck is healthCheck.checkEnabled in JSON; nil if the answer has none.
	HealthCheck *bool  `json:"-"`
	CreateTime  string `json:"createTime"`
}

// UnmarshalJSON reads the API's ListenerInfo.
func (l *Listener) UnmarshalJSON(data []byte) error {
	var f, check fields
	if err := f.UnmarshalJSON(data); err != nil {
		return err
	}
	*l = Listener{
		LoadBalancerID: f.text("loadBalancerId"), ListenerID: f.id("listenerId"), Name: f.text("listenerName"),
		Status: f.label("status"), Port: f.ports("port"), Protocol: f.text("protocol"),
		BackendProtocol: f.label("backendProtocol"),
		Scheduler:       f.label("scheduler"), Kind: f.text("kind"), CreateTime: f.label("createTime"),
	}
	if check.UnmarshalJSON(f.raw["healthCheck"]) == nil {
		l.HealthCheck = check.flag("checkEnabled")
	}
	return f.err
}

// MarshalJSON writes the listener in the form of the API's ListenerInfo.
func (l Listener) MarshalJSON() ([]byte, error) {
	type listener Listener
	type check struct {
		Enabled *bool `json:"checkEnabled"`
	}
	w := struct {
		listener
		Check *check `json:"healthCheck,omitempty"`
	}{listener: listener(l)}
	if l.HealthCheck != nil {
		w.Check = &check{l.HealthCheck}
	}
	return json.Marshal(w)
}

// ListenerFilter limits DescribeListeners; at most 100 ids each. One page of the
// API marks the load balancer ids as required: set them if known.
type ListenerFilter struct {
	ListenerIDs     []string `json:"listenerIds,omitempty"`
	LoadBalancerIDs []string `json:"loadBalancerIds,omitempty"`
	// Name is matched loosely by the server.
	Name string `json:"listenerName,omitempty"`
}

// DescribeListeners lists listeners, all pages.
// https://docs.console.zenlayer.com/api-reference/compute/bmc/load-balancing/describelisteners
func (c *Client) DescribeListeners(ctx context.Context, f ListenerFilter) ([]Listener, error) {
	return readAll(ctx, c, source[Listener]{service: bmc, action: "DescribeListeners",
		id: func(l Listener) string { return l.ListenerID },
		query: func(p page) any {
			return struct {
				ListenerFilter
				page
			}{f, p}
		}})
}

// LoadBalancer is one bare metal load balancer with its listeners.
type LoadBalancer struct {
	ID     string `json:"loadBalancerId"`
	ZoneID string `json:"zoneId"`
	Name   string `json:"loadBalancerName"`
	// Status has no published list of values.
	Status            string     `json:"status"`
	ResourceGroupID   string     `json:"resourceGroupId"`
	ResourceGroupName string     `json:"resourceGroupName"`
	CreateTime        string     `json:"createTime"`
	Listeners         []Listener `json:"listenerList"`
	// Backends may lack VM backends (not documented). DescribeBackends has both.
	Backends []Backend `json:"backendList"`
}

// UnmarshalJSON reads the API's LoadBalancerInfo.
func (l *LoadBalancer) UnmarshalJSON(data []byte) error {
	var f fields
	if err := f.UnmarshalJSON(data); err != nil {
		return err
	}
	*l = LoadBalancer{
		ID: f.id("loadBalancerId"), ZoneID: f.text("zoneId"), Name: f.text("loadBalancerName"),
		Status: f.label("status"), CreateTime: f.label("createTime"),
		ResourceGroupID: f.label("resourceGroupId"), ResourceGroupName: f.label("resourceGroupName"),
		Listeners: objects[Listener](&f, "listenerList"),
	}
	if json.Unmarshal(or(f.raw["backendList"], "null"), &l.Backends) != nil {
		l.Backends = nil // nothing in this package needs them
	}
	return f.err
}

// LoadBalancerFilter limits DescribeLoadBalancers.
type LoadBalancerFilter struct {
	LoadBalancerIDs []string `json:"loadBalancerIds,omitempty"`
	ZoneID          string   `json:"zoneId,omitempty"`
	// Name is matched loosely by the server.
	Name string `json:"loadBalancerName,omitempty"`
	// Loose is that of InstanceFilter.
	Loose bool `json:"-"`
}

// DescribeLoadBalancers lists load balancers with their listeners, all pages.
// https://docs.console.zenlayer.com/api-reference/compute/bmc/load-balancing
func (c *Client) DescribeLoadBalancers(ctx context.Context, f LoadBalancerFilter) ([]LoadBalancer, error) {
	return readAll(ctx, c, source[LoadBalancer]{service: bmc, action: "DescribeLoadBalancers", loose: f.Loose,
		id: func(l LoadBalancer) string { return l.ID },
		query: func(p page) any {
			return struct {
				LoadBalancerFilter
				page
			}{f, p}
		}})
}
