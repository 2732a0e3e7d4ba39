package zenlayertest

import "lbbot/zenlayer"

// SampleData returns a small account: two load balancers, five listeners, twelve
// instances, and six backends of weight 50. Each call returns new values.
func SampleData() Seed {
	return Seed{
		LoadBalancers: []zenlayer.LoadBalancer{
			{ID: "lb-31aa", Name: "api-lb", ZoneID: "SIN1", Status: "Available", ResourceGroupName: "default",
				CreateTime: "2026-03-02T08:00:00Z"},
			{ID: "lb-77c0", Name: "payments-lb", ZoneID: "FRA1", Status: "Available", ResourceGroupName: "payments",
				CreateTime: "2026-03-09T10:30:00Z"},
		},
		Listeners: sampleListeners(),
		Instances: append(sampleBareMetal(), sampleVMs()...),
		Backends:  sampleBackends(),
	}
}

func sampleListeners() []zenlayer.Listener {
	listener := func(id, balancer, name, port, protocol, scheduler, kind string, checked bool) zenlayer.Listener {
		return zenlayer.Listener{
			ListenerID: id, LoadBalancerID: balancer, Name: name, Port: port, Status: "Available",
			Protocol: protocol, BackendProtocol: protocol, Scheduler: scheduler, Kind: kind,
			HealthCheck: &checked, CreateTime: "2026-03-10T09:00:00Z",
		}
	}
	return []zenlayer.Listener{
		listener("lst-8f2c", "lb-31aa", "https-443", "443", "TCP", "wrr", "FNAT", true),
		listener("lst-80aa", "lb-31aa", "http-80", "80", "TCP", "rr", "FNAT", true),
		listener("lst-53d0", "lb-31aa", "dns-53", "53", "UDP", "wrr", "DR", true),
		listener("lst-84ad", "lb-31aa", "admin-8443", "8443", "TCP", "wrr", "FNAT", false),
		listener("lst-44fa", "lb-77c0", "https-443", "443", "TCP", "wrr", "FNAT", true),
	}
}

func sampleBareMetal() []zenlayer.Instance {
	server := func(id, name, ip, zone, status, expires string) zenlayer.Instance {
		return zenlayer.Instance{
			ID: id, Name: name, Hostname: name, ZoneID: zone, Status: status, Type: zenlayer.InstanceBM,
			PublicIPs: []string{}, PrivateIPs: []string{ip}, ResourceGroupName: "default",
			CreateTime: "2026-04-01T12:00:00Z", ExpiredTime: expires,
		}
	}
	web07 := server("i-55a1", "web-07", "10.0.3.17", "SIN1", "RUNNING", "")
	web07.PublicIPs = []string{"203.0.113.17"}
	return []zenlayer.Instance{
		server("i-5593", "web-03", "10.0.3.13", "SIN1", "RUNNING", ""),
		server("i-5594", "web-04", "10.0.3.14", "SIN1", "RUNNING", ""),
		server("i-5595", "web-05", "10.0.3.15", "SIN1", "RUNNING", ""),
		server("i-55a0", "web-06", "10.0.3.16", "SIN1", "RUNNING", ""),
		web07,
		server("i-7d07", "db-07", "10.0.5.17", "SIN1", "RUNNING", "2027-06-30T00:00:00Z"),
		server("i-55a8", "web-08", "10.0.3.18", "SIN1", "STOPPED", ""),
		server("i-55a9", "web-09", "10.0.3.19", "SIN1", "RECYCLE", "2026-05-01T00:00:00Z"),
		server("i-f101", "pay-01", "10.8.1.11", "FRA1", "RUNNING", ""),
	}
}

func sampleVMs() []zenlayer.Instance {
	server := func(id, name, ip, zone string) zenlayer.Instance {
		return zenlayer.Instance{
			ID: id, Name: name, ZoneID: zone, Status: "RUNNING", Type: zenlayer.InstanceVM,
			PublicIPs: []string{}, PrivateIPs: []string{ip}, ResourceGroupName: "default",
			CreateTime: "2026-06-01T12:00:00Z",
		}
	}
	return []zenlayer.Instance{
		server("vm-a001", "edge-vm-01", "10.0.9.21", "SIN1"),
		server("vm-a002", "edge-vm-02", "10.0.9.22", "SIN1"),
		server("vm-b001", "pay-vm-01", "10.8.9.21", "FRA1"),
	}
}

func sampleBackends() []zenlayer.Backend {
	backend := func(id, listener, instance, name, port string, kind zenlayer.InstanceType) zenlayer.Backend {
		return zenlayer.Backend{
			ListenerID: listener, BackendID: id, Name: name, Status: "Available", Port: port, Weight: 50,
			InstanceID: instance, InstanceName: name, InstanceType: kind, CreateTime: "2026-04-02T08:00:00Z",
		}
	}
	return []zenlayer.Backend{
		backend("be-19c1", "lst-8f2c", "i-5593", "web-03", "8080", zenlayer.InstanceBM),
		backend("be-19c2", "lst-8f2c", "i-5594", "web-04", "8080", zenlayer.InstanceBM),
		backend("be-19c3", "lst-8f2c", "i-5595", "web-05", "8080", zenlayer.InstanceBM),
		backend("be-19c5", "lst-8f2c", "vm-a001", "edge-vm-01", "8080", zenlayer.InstanceVM),
		backend("be-19d1", "lst-80aa", "i-5593", "web-03", "8080", zenlayer.InstanceBM),
		backend("be-19e1", "lst-44fa", "i-f101", "pay-01", "8443", zenlayer.InstanceBM),
	}
}
