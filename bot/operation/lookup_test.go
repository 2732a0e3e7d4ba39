package operation_test

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"lbbot/bot/operation"
	"lbbot/bot/operation/intake"
	"lbbot/commands"
	"lbbot/zenlayer"
)

// namedCloud has listeners and servers whose names differ by little.
func namedCloud() *cloud {
	listener := func(id, name, port string) zenlayer.Listener {
		return zenlayer.Listener{ListenerID: id, Name: name, Protocol: "TCP", Port: port, Scheduler: "wrr",
			Kind: "FNAT"}
	}
	return &cloud{
		at: &points{},
		balancers: []zenlayer.LoadBalancer{
			{ID: "lb-1", Name: "api-lb", Status: "AVAILABLE",
				Listeners: []zenlayer.Listener{listener("lst-80aa", "https-443", "443"),
					listener("lst-1", "admin", "9000")}},
			{ID: "lb-2", Name: "pay-lb", Status: "AVAILABLE",
				Listeners: []zenlayer.Listener{listener("lst-90bb", "payments", "443"),
					listener("lst-2", "_blue_", "80")}},
		},
		instances: []zenlayer.Instance{
			{ID: "ins-1", Name: "web-a", Hostname: "Web-A.edge.example", Type: zenlayer.InstanceBM,
				PrivateIPs: []string{"10.0.3.17"}, PublicIPs: []string{"192.0.2.7"}, IPv6s: []string{"2001:db8::17"}},
			{ID: "ins-2", Name: "web-b", Hostname: "web-b.edge.example.", Type: zenlayer.InstanceBM,
				PrivateIPs: []string{"10.0.3.18"}, IPv6s: []string{"2001:DB8:0:0::18/64"}},
			{ID: "vm-3", Name: "edge-c", Type: zenlayer.InstanceVM, PublicIPs: []string{"192.0.2.9"},
				IPv6s: []string{"2001:db8::19"}},
			{ID: "ins-4", Name: "*bold*", Type: zenlayer.InstanceBM},
		},
	}
}

func find(t *testing.T, listener, server string) (operation.Listener, operation.Server, error) {
	t.Helper()
	return intake.Find(t.Context(), namedCloud(), commands.ReadListener(listener), server, "")
}

func TestANameIsComparedByItsOwnStandard(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"WEB-A.edge.example": "ins-1", "web-a.edge.example.": "ins-1", "Web-A.Edge.Example": "ins-1",
		"WEB-B.EDGE.EXAMPLE": "ins-2",
		"2001:db8::17":       "ins-1", "2001:0DB8:0000::0017": "ins-1", "[2001:db8::17]": "ins-1",
		"2001:db8::18":          "ins-2",
		"2001:db8:0:0:0:0:0:19": "vm-3",
		"::ffff:10.0.3.17":      "ins-1", "192.0.2.9": "vm-3", "*web-a*": "ins-1", "~web-a~": "ins-1",
		"_*ins-1*_":   "ins-1",
		"*192.0.2.9*": "vm-3", "*bold*": "ins-4",
		"https://console.example.com/bmc/ins-2/overview": "ins-2", "console.example.com/bmc/ins-2": "ins-2",
		"http://web-b.edge.example:8080/health": "ins-2", "http://192.0.2.9/": "vm-3",
		"https://console.example.com/?tab=1&id=vm-3": "vm-3",
	} {
		_, s, err := find(t, "lst-1", text)
		require.NoError(t, err, text)
		require.Equal(t, want, s.ID, text)
	}
	for text, want := range map[string]string{
		"*lst-80aa*": "lst-80aa", "*api-lb/https-443*": "lst-80aa", "_pay-lb:443_": "lst-90bb", "_blue_": "lst-2",
		"https://console.example.com/lb/lb-1/lst-80aa":               "lst-80aa",
		"https://console.example.com/#/listener?id=lst-90bb&lb=lb-2": "lst-90bb",
		"console.example.com/lb/lb-2/payments":                       "lst-90bb",
		"https://console.example.com/admin/lst-80aa":                 "lst-80aa",
	} {
		l, _, err := find(t, text, "ins-1")
		require.NoError(t, err, text)
		require.Equal(t, want, l.ID, text)
	}
}

func TestAnAddressIsFoundInAnySpelling(t *testing.T) {
	t.Parallel()
	c, ctx := namedCloud(), t.Context()
	rapid.Check(t, func(t *rapid.T) {
		bytes := [16]byte(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "address"))
		bytes[0] = 0x20
		addr := netip.AddrFrom16(bytes)
		long := addr.StringExpanded()
		c.instances[1].IPv6s = []string{rapid.SampledFrom([]string{addr.String(), long,
			strings.ToUpper(long)}).Draw(t, "zenlayer")}
		typed := rapid.SampledFrom([]string{addr.String(), long, strings.ToUpper(long),
			strings.ToUpper(addr.String()), "[" + long + "]"}).Draw(t, "typed")
		_, s, err := intake.Find(ctx, c, commands.ReadListener("lst-1"), typed, "")
		require.NoError(t, err)
		require.Equal(t, "ins-2", s.ID)
	})
}

func TestWhatFitsOnlyNearlyIsNeverTaken(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		listener, server string
		words            []string
	}{
		"a name in other case": {"lst-1", "WEB-A",
			[]string{`No server called "WEB-A"`, "web-a (ins-1)"}},
		"a listener on another load balancer": {"apo-lb/payments", "ins-1",
			[]string{`No listener called "apo-lb/payments"`}},
		"a console address with two listeners": {"https://c.example/lst-1/lst-2", "ins-1",
			[]string{"matches 2 listeners", "(lst-1)", "(lst-2)"}},
		"a console address with none": {"https://c.example/lb/lst-77", "ins-1",
			[]string{`No listener called "https://c.example/lb/lst-77"`}},
		"an address of another server": {"lst-1", "2001:db8::1a",
			[]string{`No server called "2001:db8::1a"`}},
		"a marked name that does not exist": {"lst-1", "*web-x*",
			[]string{`No server called "*web-x*". Closest: `, "web-a (ins-1)"}},
		"a bare listener name, misspelt": {"paymnets", "ins-1",
			[]string{"Closest: pay-lb/payments (lst-90bb)"}},
		"a listener ID with one wrong character": {"lst-80ab", "ins-1",
			[]string{"Closest: api-lb/https-443 (lst-80aa)"}},
		"a load balancer's listener by port, wrong": {"ap-lb:443", "ins-1", []string{"api-lb/https-443 (lst-80aa)"}},
		"a server's host name, misspelt":            {"lst-1", "web-b.egde.example", []string{"web-b (ins-2)"}},
		"a server ID with one wrong character":      {"lst-1", "vm-4", []string{"edge-c (vm-3)"}},
		"both misspelt, each with what is closest": {"htps-443", "edge-d",
			[]string{"api-lb/https-443 (lst-80aa)", "edge-c (vm-3)"}},
		"a load balancer for a listener": {"API-lb", "ins-1",
			[]string{`"API-lb" is a load balancer. Choose one of its listeners: `, "api-lb/https-443 (lst-80aa)"}},
		"the begin of an address": {"lst-1", "192.0.2", []string{`No server called "192.0.2". Closest: `,
			"(vm-3)"}},
		"an address that nearly is a server's": {"lst-1", "192.0.2.8",
			[]string{`No server called "192.0.2.8". Give`}},
		"a prefix with the API's own wildcard":       {"lst-1", "web-*", []string{`No server called "web-*"`}},
		"a network instead of an address of servers": {"lst-1", "10.0.3.17/24", []string{"No server called"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, _, err := find(t, tt.listener, tt.server)
			e, ok := errors.AsType[*commands.InputError](err)
			require.True(t, ok, "%v", err)
			for _, w := range tt.words {
				require.Contains(t, e.Error(), w)
			}
		})
	}
}

func TestATextThatManyNamesContainIsSaidToBeInSoMany(t *testing.T) {
	t.Parallel()
	c := namedCloud()
	for i := range 14 {
		c.instances = append(c.instances, zenlayer.Instance{ID: fmt.Sprintf("i-%02d", i),
			Name: fmt.Sprintf("db-%02d", i), Type: zenlayer.InstanceBM})
	}
	_, _, err := intake.Find(t.Context(), c, commands.ReadListener("lst-1"), "DB-", "")
	require.ErrorContains(t, err,
		`No server called "DB-". 14 contain it, such as db-00 (i-00), db-01 (i-01), db-02 (i-02).`)
	c.instances = c.instances[:len(c.instances)-9]
	_, _, err = intake.Find(t.Context(), c, commands.ReadListener("lst-1"), "db-", "")
	require.ErrorContains(t, err, "Closest: db-00 (i-00), db-01 (i-01), db-02 (i-02), db-03 (i-03), db-04 (i-04).",
		"as many as there are buttons")
}

func TestEveryChoiceExistsAndThereAreFiveAtMost(t *testing.T) {
	t.Parallel()
	c, ctx := namedCloud(), t.Context()
	for i := range 30 {
		c.instances = append(c.instances, zenlayer.Instance{ID: fmt.Sprintf("i-%02d", i),
			Name: fmt.Sprintf("db-%02d", i), Type: zenlayer.InstanceBM})
	}
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.StringMatching(`(db-|web-|i-|lst-|pay)[0-9a-z]{0,3}`).Draw(t, "word")
		reg := commands.Registration{Listener: commands.ReadListener(word), Server: word}
		_, _, err := intake.Find(ctx, c, reg.Listener, reg.Server, "")
		e, ok := errors.AsType[*commands.InputError](err)
		if !ok {
			return
		}
		for _, p := range e.Problems {
			require.LessOrEqual(t, len(p.Choices), commands.MaxChoices)
			for _, choice := range p.Choices {
				l, s := "lst-1", "ins-1"
				if p.Field == commands.KeyListener {
					l = choice.Value
				} else {
					s = choice.Value
				}
				gotL, gotS, err := intake.Find(ctx, c, commands.ReadListener(l), s, "")
				require.NoError(t, err, "%v", choice)
				require.Equal(t, []string{l, s}, []string{gotL.ID, gotS.ID})
			}
		}
	})
}
