package catalog_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lbbot/zenlayer"
	"lbbot/zenlayer/zenlayertest"
)

// account has names that are alike, and names of several scripts.
func account() zenlayertest.Seed {
	var seed zenlayertest.Seed
	for _, lb := range [][3]string{
		{"lb-1", "api-lb", "SIN1"}, {"lb-2", "Payments", "FRA1"}, {"lb-3", "支付网关", "HKG2"},
	} {
		seed.LoadBalancers = append(seed.LoadBalancers, zenlayer.LoadBalancer{ID: lb[0], Name: lb[1], ZoneID: lb[2]})
	}
	for _, l := range [][4]string{
		{"lst-a", "lb-1", "https-443", "443"}, {"lst-b", "lb-1", "http", "80"},
		{"lst-c", "lb-1", "admin-8443", "8443,9443"}, {"lst-d", "lb-2", "https", "443"},
		{"lst-e", "lb-3", "微信-支付", "53"},
		{"lst-443", "lb-2", "dns", "5353"}, {"lst-f", "lb-2", "old api", "8000-8010"},
	} {
		seed.Listeners = append(seed.Listeners, zenlayer.Listener{ListenerID: l[0], LoadBalancerID: l[1], Name: l[2],
			Protocol: map[bool]string{true: "UDP", false: "TCP"}[strings.HasSuffix(l[3], "53")], Port: l[3]})
	}
	server := func(id, name, zone string, kind zenlayer.InstanceType, ips ...string) {
		i := zenlayer.Instance{ID: id, Name: name, ZoneID: zone, Type: kind}
		for _, ip := range ips {
			switch {
			case strings.Contains(ip, ":"):
				i.IPv6s = append(i.IPv6s, ip)
			case strings.HasPrefix(ip, "10."):
				i.PrivateIPs = append(i.PrivateIPs, ip)
			default:
				i.PublicIPs = append(i.PublicIPs, ip)
			}
		}
		if kind == zenlayer.InstanceBM {
			i.Hostname = "H" + id + ".Example.COM."
		}
		seed.Instances = append(seed.Instances, i)
	}
	server("i-1", "web-07", "SIN1", zenlayer.InstanceBM, "10.0.3.17", "203.0.113.17", "2001:DB8:0:0:0:0:0:7/64")
	server("i-2", "web-07", "FRA1", zenlayer.InstanceBM, "10.0.3.170")
	server("i-3", "new-web-07", "SIN1", zenlayer.InstanceBM, "10.110.0.3")
	server("vm-4", "webshop", "SIN1", zenlayer.InstanceVM, "110.0.3.17", "2001:db8::1")
	server("vm-5", "web", "FRA1", zenlayer.InstanceVM)
	server("i-6", "订单服务-3", "HKG2", zenlayer.InstanceBM)
	server("i-7", "Ünïcode ﬂag 🚀", "HKG2", zenlayer.InstanceBM)
	server("i-8", "nul\x00 and\nline", "HKG2", zenlayer.InstanceBM)
	return seed
}

func TestListenersAreFound(t *testing.T) {
	t.Parallel()
	at(t, account(), func(t *testing.T, r *rig) {
		r.run()
		for typed, want := range map[string]string{
			"":           "lst-c lst-b lst-a lst-443 lst-d lst-f lst-e",
			"lst-c":      "lst-c",
			"LST-C":      "lst-c",
			"443":        "lst-a lst-d lst-443 lst-c", // the port, then the start of a word, then inside
			"9443":       "lst-c",
			"8443,9443":  "lst-c",
			"TCP 443":    "lst-a lst-d lst-c",
			"tcp":        "lst-c lst-b lst-a lst-d lst-f",
			"udp 53":     "lst-e lst-443",
			"fra":        "lst-443 lst-d lst-f",
			"SIN1 https": "lst-a",

			"https-443 on api-lb (TCP 443)": "lst-a",
			"https":                         "lst-d lst-a",
			"HTTPS":                         "lst-d lst-a",
			"  https\t":                     "lst-d lst-a",
			"api-lb":                        "lst-c lst-b lst-a",
			"lb-2":                          "lst-443 lst-d lst-f",
			"api-lb/http":                   "lst-b lst-a",
			"lb-1/http":                     "lst-b lst-a",
			"api-lb:443":                    "lst-a",
			"api-lb:4":                      "lst-a",
			"lb-1:443":                      "lst-a",
			"api 443":                       "lst-a lst-c",
			"443 api":                       "lst-a lst-c",
			"old api":                       "lst-f",
			"api":                           "lst-c lst-b lst-a lst-f", // the start of a name, then of a word
			"payments":                      "lst-443 lst-d lst-f",
			"8000":                          "lst-f",
			"支付":                            "lst-e",
			"微信":                            "lst-e",
			"支付网关/微信":                       "lst-e",
			"\uff14\uff14\uff13":            "lst-a lst-d lst-443 lst-c", // full width
			"api\u2011lb":                   "lst-c lst-b lst-a",         // a hyphen that does not break
			"`lst-c`":                       "lst-c",
			"api\u200b-lb":                  "lst-c lst-b lst-a", // an invisible space
			"api missing":                   "",
			"lst-a\nlst-b":                  "",
			"\x00":                          "lst-c lst-b lst-a lst-443 lst-d lst-f lst-e",
			"api-lb\x00443":                 "lst-a lst-c",
			"api-lb:443 missing":            "",
		} {
			var ids []string
			for _, l := range r.catalog.Listeners(typed) {
				ids = append(ids, l.ID)
			}
			require.Equal(t, want, strings.Join(ids, " "), "%q", typed)
		}
	})
}

func TestServersAreFound(t *testing.T) {
	t.Parallel()
	at(t, account(), func(t *testing.T, r *rig) {
		r.run()
		for _, test := range []struct{ typed, zone, want string }{
			{"web-07", "SIN1", "i-1 i-2 i-3"}, // exact here, exact elsewhere, then the rest
			{"web-07", "FRA1", "i-2 i-1 i-3"},
			{"web-07", "", "i-1 i-2 i-3"},
			{"WEB-07", "SIN1", "i-1 i-2 i-3"},
			{"web", "SIN1", "vm-5 i-1 vm-4 i-3 i-2"}, // exact elsewhere, the start of a name, of a word, then elsewhere
			{"web 07", "SIN1", "i-1 i-3 i-2"},
			{"07 web", "SIN1", "i-1 i-3 i-2"},
			{"eb-0", "FRA1", "i-2 i-3 i-1"},
			{"10.0.3.17", "SIN1", "i-1 vm-4 i-2"}, // exact, inside 110.0.3.17, the start of 10.0.3.170
			{"10.0.3.17:8080", "SIN1", "i-1 vm-4 i-2"},
			{"10.0.3.17/24", "SIN1", "i-1 vm-4 i-2"},
			{"10.0.3.", "FRA1", "i-2 i-1 vm-4"},
			{"203.0.113", "", "i-1"},
			{"::ffff:203.0.113.17", "", "i-1"},
			{"hkg", "", "i-8 i-7 i-6"},
			{"web fra", "", "vm-5 i-2"},
			{"2001:db8::7", "", "i-1"},
			{"2001:DB8:0::7", "", "i-1"},
			{"2001:0db8:0000:0000:0000:0000:0000:0007", "", "i-1"},
			{"[2001:db8::7]", "", "i-1"},
			{"[2001:db8::7]:443", "", "i-1"},
			{"2001:db8::7%eth0", "", "i-1"},
			{"2001:db8::", "", "i-1 vm-4"},
			{"2001:0db8:", "", "i-1 vm-4"},
			{"2001:db8::8", "", ""},
			{"hi-1.example.com", "", "i-1"},
			{"Hi-1.Example.com.", "", "i-1"},
			{"vm-4", "", "vm-4"},
			{"i-1", "FRA1", "i-1"},
			{"订单", "", "i-6"},
			{"服务", "", "i-6"},
			{"服务 3", "", "i-6"},
			{"ÜNÏCODE", "", "i-7"},
			{"🚀", "", "i-7"},
			{"nul", "", "i-8"},
			{"and line", "", "i-8"},
			{"nul\nand", "", "i-8"},
			{"missing", "", ""},
		} {
			best, more := r.catalog.Servers(test.typed, test.zone, 100)
			require.Zero(t, more)
			var ids []string
			for _, s := range best {
				ids = append(ids, s.ID)
			}
			require.Equal(t, test.want, strings.Join(ids, " "), "%q in %q", test.typed, test.zone)
		}
	})
}

func TestServersAreLimitedAndTheRestIsCounted(t *testing.T) {
	t.Parallel()
	seed := zenlayertest.Seed{}
	for n := range 250 {
		seed.Instances = append(seed.Instances, zenlayer.Instance{ID: fmt.Sprintf("i-%03d", n), Name: "same",
			ZoneID: []string{"SIN1", "FRA1"}[n%2], Type: zenlayer.InstanceBM})
	}
	at(t, seed, func(t *testing.T, r *rig) {
		r.run()
		for _, typed := range []string{"", "sam", "same"} {
			best, more := r.catalog.Servers(typed, "FRA1", 100)
			require.Len(t, best, 100)
			require.Equal(t, 150, more)
			for n, s := range best {
				require.Equal(t, fmt.Sprintf("i-%03d", 2*n+1), s.ID, "the zone, then the id")
			}
			best, more = r.catalog.Servers(typed, "FRA1", 126)
			require.Equal(t, []string{"i-249", "i-000"}, []string{best[124].ID, best[125].ID})
			require.Equal(t, 124, more)
		}
		for _, limit := range []int{0, -1} {
			best, more := r.catalog.Servers("same", "FRA1", limit)
			require.Empty(t, best)
			require.Equal(t, 250, more)
		}
	})
}

func TestOnlyTheFirstBytesOfALongQueryCount(t *testing.T) {
	t.Parallel()
	at(t, account(), func(t *testing.T, r *rig) {
		r.run()
		for typed, same := range map[string]string{
			strings.Repeat("web ", 10_000):                    "web",
			strings.Repeat("web ", 8) + "missing":             "web",
			strings.Repeat("web ", 7) + "missing":             "missing",
			strings.Repeat("x", 1<<20):                        "missing",
			strings.Repeat(" ", 1<<20):                        "",
			strings.Repeat(" ", 1<<20) + "web":                "web",
			"web " + strings.Repeat("\u202e", 1<<20) + "no":   "web",
			"web " + strings.Repeat("\x00\x1b", 1<<20) + "no": "web",
			strings.Repeat("🚀", 1<<20):                        "missing",
			strings.Repeat("\xff\xc0\x80", 1<<20):             "missing",
		} {
			want, _ := r.catalog.Servers(same, "SIN1", 100)
			got, _ := r.catalog.Servers(typed, "SIN1", 100)
			require.Equal(t, want, got, "%.40q", typed)
			require.Equal(t, len(r.catalog.Listeners(same)), len(r.catalog.Listeners(typed)), "%.40q", typed)
		}
	})
}

func TestWhatIsNamedExactlyIsOneThing(t *testing.T) {
	t.Parallel()
	at(t, account(), func(t *testing.T, r *rig) {
		_, ok := r.catalog.NamedListener("lst-a")
		require.False(t, ok, "nothing is read yet")
		r.run()
		for text, want := range map[string]string{
			"lst-a": "lst-a", "https-443": "lst-a", "api-lb/https-443": "lst-a", "lb-1/https-443": "lst-a",
			"api-lb/lst-a": "lst-a", "api-lb:443": "lst-a", "lb-1:80": "lst-b", "API-LB:9443": "lst-c",
			"lst-443": "lst-443", "payments/old api": "lst-f",
			"支付网关/微信-支付": "lst-e", "*https-443*": "lst-a",
			"443": "", "api-lb": "", "lb-1": "", "https-44": "", "api-lb/": "", "/": "", "": "", " ": "",
			"8000-8010": "", "payments": "", "lst-a lst-a": "", "old api x": "", strings.Repeat("api ", 200): "",
		} {
			l, ok := r.catalog.NamedListener(text)
			require.Equal(t, want != "", ok, text)
			require.Equal(t, want, l.ID, text)
		}
		for text, want := range map[string]string{
			"i-1": "i-1", "web": "vm-5", "new-web-07": "i-3", "10.0.3.17": "i-1", "10.0.3.170": "i-2",
			"203.0.113.17": "i-1", "2001:db8::7": "i-1", "hi-2.example.com": "i-2", "Hi-2.Example.com.": "i-2",
			"webshop": "vm-4", "订单服务-3": "i-6", "web-07": "", "web-0": "", "10.0.3.1": "", "hi-2": "",
		} {
			s, ok := r.catalog.NamedServer(text)
			require.Equal(t, want != "", ok, text)
			require.Equal(t, want, s.ID, text)
		}
	})
}

func TestTheHostNameOfAnotherServerIsNotThisServer(t *testing.T) {
	t.Parallel()
	seed := account()
	seed.Instances = append(seed.Instances,
		zenlayer.Instance{ID: "i-9", Name: "shop-1", Hostname: "shop-2", Type: zenlayer.InstanceBM},
		zenlayer.Instance{ID: "i-10", Name: "shop-2", Hostname: "shop-3", Type: zenlayer.InstanceBM},
		zenlayer.Instance{ID: strings.Repeat("i", 80), Name: strings.Repeat("n", 90), Type: zenlayer.InstanceBM},
		zenlayer.Instance{ID: "i-11", Name: strings.Repeat("n", 91), Type: zenlayer.InstanceBM})
	at(t, seed, func(t *testing.T, r *rig) {
		r.run()
		for text, want := range map[string]bool{"shop-1": true, "shop-2": false, "shop-3": true, "shop": false,
			strings.Repeat("n", 90): true, strings.Repeat("n", 89): false} {
			_, ok := r.catalog.NamedServer(text)
			require.Equal(t, want, ok, text)
		}
	})
}
