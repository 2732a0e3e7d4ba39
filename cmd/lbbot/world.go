package main

import (
	"fmt"
	"time"

	"lbbot/zenlayer"
	"lbbot/zenlayer/zenlayertest"
)

// protectedListeners are the listeners of the sandbox that ask before each addition.
const protectedListeners = "payments-lb/*"

// world returns the sample account and more load balancers and servers, so that there
// is something to search for. One server expires a week after now.
func world(now time.Time) zenlayertest.Seed {
	seed := zenlayertest.SampleData()
	for i, b := range seed.Backends {
		if b.ListenerID == "lst-8f2c" { // the tour adds servers here, on the listener's own port and without a risk
			seed.Backends[i].Port = "443"
		}
	}
	balancer := func(id, name, zone string) {
		seed.LoadBalancers = append(seed.LoadBalancers, zenlayer.LoadBalancer{ID: id, Name: name, ZoneID: zone,
			Status: "Available", ResourceGroupName: "default", CreateTime: "2026-05-04T08:00:00Z"})
	}
	listener := func(balancer, id, name, port, protocol, scheduler, kind string, checked bool) {
		seed.Listeners = append(seed.Listeners, zenlayer.Listener{
			ListenerID: id, LoadBalancerID: balancer, Name: name, Port: port, Status: "Available", Protocol: protocol,
			BackendProtocol: protocol, Scheduler: scheduler, Kind: kind, HealthCheck: &checked,
			CreateTime: "2026-05-04T09:00:00Z"})
	}
	balancer("lb-52e1", "media-lb", "SIN1")
	listener("lb-52e1", "lst-52a0", "https-443", "443", "TCP", "wrr", "FNAT", true)
	listener("lb-52e1", "lst-52a1", "rtmp-1935", "1935", "TCP", "wlc", "FNAT", true)
	listener("lb-52e1", "lst-52a2", "hls-8080", "8080", "TCP", "rr", "FNAT", true)
	balancer("lb-64b7", "search-lb", "FRA1")
	listener("lb-64b7", "lst-64c0", "http-9200", "9200", "TCP", "wrr", "FNAT", true)
	listener("lb-64b7", "lst-64c1", "transport-9300", "9300", "TCP", "wrr", "FNAT", false)
	balancer("lb-19d4", "vpn-lb", "FRA1")
	listener("lb-19d4", "lst-19d0", "wireguard-51820", "51820", "UDP", "wrr", "DR", true)
	listener("lb-77c0", "lst-44fb", "webhooks-8443", "8443", "TCP", "wrr", "FNAT", true)
	for i := range 3 {
		name := fmt.Sprintf("search-%02d", i+1)
		seed.Backends = append(seed.Backends, zenlayer.Backend{
			ListenerID: "lst-64c0", BackendID: fmt.Sprintf("be-1a%02d", i), Name: name, Status: "Available",
			Port: "9200", Weight: 10, InstanceID: fmt.Sprintf("i-64%02d", i+1), InstanceName: name,
			InstanceType: zenlayer.InstanceBM, CreateTime: "2026-05-05T08:00:00Z"})
	}
	seed.Instances = append(seed.Instances, moreServers(now)...)
	return seed
}

// moreServers are bare metal and virtual machines in two zones.
func moreServers(now time.Time) []zenlayer.Instance {
	var all []zenlayer.Instance
	series := func(kind zenlayer.InstanceType, id, name, network, zone string, from, to int) {
		for i := from; i <= to; i++ {
			all = append(all, zenlayer.Instance{
				ID: fmt.Sprintf("%s%02d", id, i), Name: fmt.Sprintf("%s-%02d", name, i), ZoneID: zone,
				Status: "RUNNING", Type: kind, ResourceGroupName: "default", PublicIPs: []string{},
				PrivateIPs: []string{fmt.Sprintf("%s.%d", network, 10+i)}, CreateTime: "2026-05-05T12:00:00Z"})
			if kind == zenlayer.InstanceBM {
				all[len(all)-1].Hostname = all[len(all)-1].Name + ".internal"
			}
		}
	}
	series(zenlayer.InstanceBM, "i-56", "web", "10.0.3", "SIN1", 10, 16)
	all[0].ExpiredTime = now.Add(7 * 24 * time.Hour).UTC().Format(time.RFC3339)
	series(zenlayer.InstanceBM, "i-52", "media", "10.0.6", "SIN1", 1, 6)
	series(zenlayer.InstanceBM, "i-64", "search", "10.8.6", "FRA1", 1, 5)
	series(zenlayer.InstanceVM, "vm-a1", "edge-vm", "10.0.9", "SIN1", 3, 8)
	series(zenlayer.InstanceVM, "vm-c1", "ci-vm", "10.8.9", "FRA1", 1, 3)
	all[len(all)-1].Status = "STOPPED"
	return all
}
