package suggest_test

import (
	"context"
	"math/rand/v2"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"lbbot/bot/operation"
	"lbbot/bot/operation/catalog"
	"lbbot/bot/operation/suggest"
	"lbbot/commands"
	"lbbot/commands/alert"
	"lbbot/zenlayer"
)

// estate is what Zenlayer lists: names that resemble each other, and two servers
// with one address.
type estate struct{}

func (estate) DescribeLoadBalancers(context.Context, zenlayer.LoadBalancerFilter) ([]zenlayer.LoadBalancer, error) {
	lb := func(id, name string, listeners []zenlayer.Listener, ports ...string) zenlayer.LoadBalancer {
		b := zenlayer.LoadBalancer{ID: id, Name: name, Listeners: listeners}
		for _, p := range ports {
			b.Backends = append(b.Backends, zenlayer.Backend{ListenerID: listeners[0].ListenerID,
				InstanceID: "ins-9999", InstanceType: zenlayer.InstanceBM, Port: p})
		}
		return b
	}
	listener := func(id, name, port string) zenlayer.Listener {
		return zenlayer.Listener{ListenerID: id, Name: name, Protocol: "TCP", Port: port}
	}
	return []zenlayer.LoadBalancer{
		lb("lb-1a2b", "api-lb", []zenlayer.Listener{listener("lst-8f2c", "https-443", "443"),
			listener("lst-8f2d", "http-80", "80")}, "8080", "8080"),
		lb("lb-3c4d", "api-lb-2", []zenlayer.Listener{listener("lst-9a01", "https-443", "443")}, "8443"),
		lb("lb-pay", "pay-lb", []zenlayer.Listener{listener("lst-7777", "pay-443", "443")}, "9443"),
		lb("lb-mix", "mixed-lb", []zenlayer.Listener{listener("lst-mix", "mix-80", "80")}, "8080", "9100"),
		lb("lb-old", "legacy-lb", []zenlayer.Listener{listener("lst-old", "old-8080", "8080")}, "8080"),
		lb("lb-two", "two-lb", []zenlayer.Listener{listener("lst-two", "two-80", "80")}, "8081,8082", "8081,8082"),
		lb("lb-prod", "prod", []zenlayer.Listener{listener("lst-api", "api", "80"),
			listener("lst-twin", "twin-1", "81")}),
	}, nil
}

func (estate) DescribeListeners(context.Context, zenlayer.ListenerFilter) ([]zenlayer.Listener, error) {
	return nil, nil
}

func (estate) DescribeInstances(_ context.Context, kind zenlayer.InstanceType,
	_ zenlayer.InstanceFilter) ([]zenlayer.Instance, error) {
	if kind == zenlayer.InstanceVM {
		return nil, nil
	}
	server := func(id, name, ip string) zenlayer.Instance {
		return zenlayer.Instance{ID: id, Name: name, Type: kind, PrivateIPs: []string{ip}}
	}
	six := server("ins-0009", "web-09", "10.0.3.20")
	six.IPv6s = []string{"2001:db8::9"}
	public := server("ins-0008", "web-08", "10.0.3.19")
	public.PublicIPs = []string{"203.0.113.8"}
	return []zenlayer.Instance{
		server("ins-0007", "web-07", "10.0.3.17"), server("ins-0070", "web-070", "10.0.3.170"),
		server("ins-1007", "web-07.example", "10.0.3.18"), public, six,
		server("ins-0100", "api", "10.0.4.1"), server("ins-0101", "prod", "10.0.4.2"),
		server("ins-0201", "db-01", "10.0.9.9"), server("ins-0202", "db-02", "10.0.9.9"),
		server("ins-0301", "grafana-01", "10.0.1.4"), server("ins-0302", "prom-01", "10.0.1.5"),
		server("ins-0303", "alertmanager-01", "10.0.1.6"), server("ins-0401", "twin-1", "10.0.5.1"),
		server("ins-0402", "eth0", "10.0.5.2"), server("ins-0403", "8080", "10.0.5.3"),
	}, nil
}

// listed is a catalogue of the estate.
func listed(t testing.TB) *catalog.Catalog {
	t.Helper()
	c := catalog.New(catalog.Config{Source: estate{}, Now: time.Now, Log: zap.NewNop(),
		Registerer: prometheus.NewRegistry()})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- c.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-done })
	require.Eventually(t, func() bool { _, ok := c.ServersReadAt(); return ok }, 10*time.Second, time.Millisecond)
	return c
}

func alertDesk(t testing.TB) (*suggest.Suggester, *offering) {
	t.Helper()
	g := &offering{digest: "d1"}
	s := suggest.New(suggest.Config{Offers: g, Lists: listed(t), Journal: &past{}, Pools: &pools{}, Now: time.Now,
		Log: zap.NewNop()})
	t.Cleanup(s.Close)
	return s, g
}

func TestAnAlertTellsNoListenerThatThePersonMayNotChange(t *testing.T) {
	t.Parallel()
	const text = "add web-07 to api-lb/https-443, port 8080"
	s, g := alertDesk(t)
	g.edit(func(o *offering) { o.may = only("lst-7777") })
	got, err := s.FromAlert(t.Context(), ana, here, alert.Read([]string{text}))
	require.NoError(t, err)
	require.Equal(t, map[string]string{"server": "web-07"}, told(got))

	for name, change := range map[string]func(*offering){
		"a person without any right": func(o *offering) { o.digest, o.may = "d2", only() },
		"a stranger": func(o *offering) {
			o.digest, o.denied = "d3", operation.Decision{Code: operation.DeniedWorkspace}
		},
	} {
		g.edit(change)
		got, err = s.FromAlert(t.Context(), ana, here, alert.Read([]string{text}))
		var denied *suggest.DeniedError
		require.ErrorAs(t, err, &denied, name)
		require.Empty(t, got, name)
	}
}

func TestATooLargeAlertFillsNothing(t *testing.T) {
	t.Parallel()
	s, _ := alertDesk(t)
	r := alert.Read([]string{"web-07"})
	r.Partial = true
	got, err := s.FromAlert(t.Context(), ana, here, r)
	require.NoError(t, err)
	require.Empty(t, got)
}

// TestWhatAnAlertFillsStandsInIt reads words of all samples in random order.
func TestWhatAnAlertFillsStandsInIt(t *testing.T) {
	t.Parallel()
	s, _ := alertDesk(t)
	var words []string
	for _, a := range samples(t) {
		words = append(words, strings.Fields(a.text)...)
	}
	random := rand.New(rand.NewPCG(11, 7))
	filled := 0
	for range 3000 {
		var chosen []string
		for range 1 + random.IntN(8) {
			chosen = append(chosen, words[random.IntN(len(words))])
		}
		text := strings.Join(chosen, " ")
		got, err := s.FromAlert(t.Context(), ana, here, alert.Read([]string{text}))
		require.NoError(t, err)
		text = strings.ToLower(commands.Fold(text))
		stands := func(names ...string) bool {
			return slices.ContainsFunc(names, func(n string) bool { return strings.Contains(text, n) })
		}
		if l := got.Listener; l != nil {
			filled++
			require.True(t, stands(l.ID, l.Name, l.LoadBalancerName+":"+l.Port), text)
		}
		if v := got.Server; v != nil {
			filled++
			require.True(t, stands(v.ID, v.Name, v.IP, "203.0.113.8", "2001:db8:0:0:0:0:0:9"), text)
		}
		if got.Port != 0 {
			filled++
			require.True(t, stands(strconv.Itoa(got.Port)), text)
		}
	}
	require.Greater(t, filled, 500)
}

// told is what was found, as alerts.txt has it.
func told(got suggest.Alerted) map[string]string {
	out := map[string]string{}
	if l := got.Listener; l != nil {
		out["listener"] = l.LoadBalancerName + "/" + l.Name
	}
	if got.Server != nil {
		out["server"] = got.Server.Name
	}
	if got.Port != 0 {
		out["ports"] = strconv.Itoa(got.Port)
	}
	return out
}

// sample is one alert with what it names.
type sample struct {
	name, text string
	want       map[string]string
}

// samples reads testdata/alerts.txt.
func samples(t testing.TB) (all []sample) {
	t.Helper()
	raw, err := os.ReadFile("testdata/alerts.txt")
	require.NoError(t, err)
	expected := regexp.MustCompile(`^(listener|server|ports): ([^ ]+)$`)
	for _, part := range strings.Split("\n"+string(raw), "\n## ")[1:] {
		name, text, _ := strings.Cut(part, "\n")
		s := sample{name: name, want: map[string]string{}}
		for {
			line, rest, _ := strings.Cut(text, "\n")
			m := expected.FindStringSubmatch(line)
			if m == nil {
				break
			}
			s.want[m[1]], text = m[2], rest
		}
		s.text = strings.TrimSpace(text)
		all = append(all, s)
	}
	return all
}

func TestAlertTextsFillTheRightValuesOrNone(t *testing.T) {
	t.Parallel()
	s, _ := alertDesk(t)
	all := samples(t)
	require.GreaterOrEqual(t, len(all), 30)
	for _, a := range all {
		t.Run(a.name, func(t *testing.T) {
			got, err := s.FromAlert(t.Context(), ana, here, alert.Read([]string{a.text}))
			require.NoError(t, err)
			require.Equal(t, a.want, told(got), a.text)
		})
	}
}
