package zenlayer

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// Instance is one server, bare metal or VM.
type Instance struct {
	ID   string `json:"instanceId"`
	Name string `json:"instanceName"`
	// Hostname is empty for VM instances.
	Hostname string `json:"hostname"`
	ZoneID   string `json:"zoneId"`
	// Status is upper case: RUNNING, STOPPED, RECYCLE and others; tolerate unknown ones.
	Status string `json:"instanceStatus"`
	// Type is set by the client to the product whose service listed the instance.
	// The API's instanceType is the hardware model.
	Type       InstanceType `json:"-"`
	PublicIPs  []string     `json:"publicIpAddresses"`
	PrivateIPs []string     `json:"privateIpAddresses"`
	// IPv6s has all IPv6 addresses, also the primary one.
	IPv6s             []string `json:"ipv6Addresses"`
	ResourceGroupName string   `json:"resourceGroupName"`
	CreateTime        string   `json:"createTime"`
	// ExpiredTime is empty if the instance does not expire.
	ExpiredTime string `json:"expiredTime"`
}

// UnmarshalJSON reads the API's InstanceInfo of bmc or vm.
func (i *Instance) UnmarshalJSON(data []byte) error {
	var f fields
	if err := f.UnmarshalJSON(data); err != nil {
		return err
	}
	*i = Instance{
		ID: f.id("instanceId"), Name: f.text("instanceName"), Hostname: f.text("hostname"),
		ZoneID: f.label("zoneId"), Status: f.label("instanceStatus"),
		PublicIPs: f.texts("publicIpAddresses"), PrivateIPs: f.texts("privateIpAddresses"),
		ResourceGroupName: f.label("resourceGroupName"),
		CreateTime:        f.label("createTime"), ExpiredTime: f.label("expiredTime"),
	}
	if len(i.PublicIPs) == 0 {
		i.PublicIPs = append(i.PublicIPs, f.texts("primaryPublicIpAddress")...)
	}
	for _, ip := range append(f.texts("ipv6Addresses"), f.texts("primaryPublicIPv6Address")...) {
		if !slices.Contains(i.IPv6s, ip) {
			i.IPv6s = append(i.IPv6s, ip)
		}
	}
	return f.err
}

// InstanceFilter limits DescribeInstances.
type InstanceFilter struct {
	// InstanceIDs holds at most 100 ids.
	InstanceIDs []string `json:"instanceIds,omitempty"`
	// Name is matched exactly, or as a prefix if it ends in "*".
	Name string `json:"instanceName,omitempty"`
	// Hostname is matched like Name; bare metal only.
	Hostname   string   `json:"hostname,omitempty"`
	ZoneID     string   `json:"zoneId,omitempty"`
	Status     string   `json:"instanceStatus,omitempty"`
	PublicIPs  []string `json:"publicIpAddresses,omitempty"`
	PrivateIPs []string `json:"privateIpAddresses,omitempty"`
	// Loose accepts a list that changes while it is read, which comes with ErrMoved: an
	// item that moves to an earlier page is missing, and one that was deleted meanwhile
	// may be in it.
	Loose bool `json:"-"`
}

// DescribeInstances lists the instances of one product, all pages: BM from the bmc
// service, VM from the vm service. Names may repeat.
// https://docs.console.zenlayer.com/api-reference/bare-metal-cloud/bmc/describeinstances
func (c *Client) DescribeInstances(ctx context.Context, kind InstanceType, f InstanceFilter) ([]Instance, error) {
	const action = "DescribeInstances"
	var from service
	switch kind {
	case InstanceBM:
		from = bmc
	case InstanceVM:
		from = vm
		if f.Hostname != "" {
			return nil, &InvalidError{Action: action, Err: errors.New("hostname: VM instances have none")}
		}
	default:
		err := fmt.Errorf("instanceType: %q is neither BM nor VM", string(kind))
		return nil, &InvalidError{Action: action, Err: err}
	}
	got, err := readAll(ctx, c, source[Instance]{service: from, action: action, loose: f.Loose,
		id: func(i Instance) string { return i.ID },
		query: func(p page) any {
			return struct {
				InstanceFilter
				page
			}{f, p}
		}})
	for i := range got {
		got[i].Type = kind
	}
	return got, err
}
