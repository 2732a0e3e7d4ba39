package policy_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"
	"pgregory.net/rapid"

	"lbbot/bot/operation"
	"lbbot/bot/policy"
	"lbbot/zenlayer"
)

// mayTexts are conditions, the first ones about what a form has yet to fill in.
var mayTexts = []string{
	`context.weight <= 50`, `context.ports.contains(443)`, `context.instance.type == "VM"`,
	`context.weight <= 50 && resource.account == "acme"`, `resource.account == "acme" && context.weight > 50`,
	`context.ports.isEmpty() || context.incident`, `if context.weight > 50 then context.incident else true`,
	`context.instance.id == "ins-1"`,
	`context.incident`, `context.channel.private || resource.name like "web*"`, `resource.account == "acme"`,
	`principal in Usergroup::"S01SRE"`, `resource in LoadBalancer::"lb-1"`, `context.hour < 13 && context.weekday == 1`,
	`action == Action::"register"`, `resource.protocol == "UDP"`,
}

const mayOpen = 8 // of mayTexts

// drawPolicies draws a file of policies with the conditions.
func drawPolicies(rt *rapid.T, texts []string) string {
	var b strings.Builder
	for i := range rapid.IntRange(0, 6).Draw(rt, "policies") {
		effect := rapid.SampledFrom([]string{"permit", "permit", "forbid"}).Draw(rt, "effect")
		fmt.Fprintf(&b, "@id(\"p%d\")", i)
		if effect == "permit" {
			fmt.Fprintf(&b, ` @approvals("%d")`, rapid.IntRange(0, 1).Draw(rt, "approvals"))
		}
		fmt.Fprintf(&b, " %s (%s, %s, %s)", effect,
			rapid.SampledFrom([]string{"principal", `principal in Usergroup::"S01SRE"`,
				`principal is Person`}).Draw(rt, "who"),
			rapid.SampledFrom([]string{"action", `action in [Action::"register", Action::"undo"]`}).Draw(rt, "what"),
			rapid.SampledFrom([]string{"resource", "resource is Listener", `resource == Listener::"lsn-web"`,
				`resource in LoadBalancer::"lb-1"`}).Draw(rt, "where"))
		for range rapid.IntRange(0, 3).Draw(rt, "conditions") {
			fmt.Fprintf(&b, " %s { %s }", rapid.SampledFrom([]string{"when", "unless"}).Draw(rt, "word"),
				rapid.SampledFrom(texts).Draw(rt, "condition"))
		}
		b.WriteString(";\n")
	}
	return b.String()
}

// everyFilling calls fn with all that the form may fill in.
func everyFilling(q operation.Question, fn func(operation.Question)) {
	for _, q.Weight = range []int{0, 1, 50, 51, 100} {
		for _, q.Ports = range [][]int{nil, {443}, {80}} {
			for _, q.Server.ID = range []string{"ins-1", "ins-2"} {
				for _, q.Server.Type = range []zenlayer.InstanceType{zenlayer.InstanceBM, zenlayer.InstanceVM} {
					fn(q)
				}
			}
		}
	}
}

func drawAsker(rt *rapid.T) operation.Question {
	q := question(rapid.SampledFrom([]string{sre, dev, nobody, guest}).Draw(rt, "person"),
		rapid.SampledFrom([]string{incident, ops, secret, direct, shared}).Draw(rt, "channel"))
	q.Listener.Name = rapid.SampledFrom([]string{"web-1", "db-1"}).Draw(rt, "listener")
	q.Listener.LoadBalancerID = rapid.SampledFrom([]string{"lb-1", "lb-2"}).Draw(rt, "balancer")
	q.Account = rapid.SampledFrom([]string{"acme", "other", ""}).Draw(rt, "account")
	return q
}

func agreed(d operation.Decision) bool { return d.Allowed || d.Code == operation.DeniedApproval }

func TestAListenerMayBeChangedWheneverSomeRequestForItIsPermitted(t *testing.T) {
	t.Parallel()
	d := newDirectory()
	rapid.Check(t, func(rt *rapid.T) {
		src, q := drawPolicies(rt, mayTexts), drawAsker(rt)
		g := gate(t, d, src)
		may, _ := g.MayChange(t.Context(), q, []operation.Listener{q.Listener})
		somewhere, register := g.MaySomewhere(t.Context(), q.Actor, q.Place, operation.ActionRegister)
		permitted := false
		everyFilling(q, func(q operation.Question) {
			permitted = permitted || agreed(g.Decide(t.Context(), q))
		})
		require.True(rt, may[0] || !permitted, src)
		require.True(rt, !permitted || register.Allowed && somewhere[0], src)
	})
}

func TestWhereNothingIsLeftOpenAListenerMayBeChangedExactlyIfRequestsArePermitted(t *testing.T) {
	t.Parallel()
	d := newDirectory()
	rapid.Check(t, func(rt *rapid.T) {
		src, q := drawPolicies(rt, mayTexts[mayOpen:]), drawAsker(rt)
		g := gate(t, d, src)
		other := q.Listener
		other.ID, other.Protocol = "lsn-other", "UDP"
		may, decision := g.MayChange(t.Context(), q, []operation.Listener{q.Listener, other})
		for i, l := range []operation.Listener{q.Listener, other} {
			q.Listener = l
			got := g.Decide(t.Context(), q)
			require.Equal(rt, agreed(got), may[i], src)
			require.Equal(rt, got.Person && got.Channel && g.Status().Digest != "", decision.Allowed, src)
		}
	})
}

func TestWhatMayBeChangedByTheConditionsLeftOpen(t *testing.T) {
	t.Parallel()
	permit := func(rest string) string {
		return `@id("a") @approvals("0") permit (principal, action == Action::"register", resource)` + rest + ";\n"
	}
	forbid := func(rest string) string { return `@id("f") forbid (principal, action, resource)` + rest + ";\n" }
	tests := map[string]struct {
		src  string
		want bool
	}{
		"a permit up to a weight":  {permit(` when { context.weight <= 50 }`), true},
		"a permit for one server":  {permit(` when { context.instance.id == "ins-9" }`), true},
		"a permit for a port":      {permit(` unless { context.ports.contains(80) }`), true},
		"a permit with approval":   {strings.Replace(permit(""), `"0"`, `"2"`, 1), true},
		"a permit with a reason":   {`@requires("reason") ` + permit(""), true},
		"a forbid of some weights": {permit("") + forbid(` when { context.weight > 50 }`), true},
		"a forbid of some weights at this hour": {permit("") +
			forbid(` when { context.weight > 0 && context.hour == 12 }`), true},
		"a forbid at this hour":         {permit("") + forbid(` when { context.hour == 12 }`), false},
		"a forbid of this listener":     {permit("") + forbid(` when { resource.name == "web-1" }`), false},
		"a forbid outside of incidents": {permit("") + forbid(` unless { context.incident }`), false},
		"a permit for other listeners": {permit(` when { context.weight <= 50 && resource.name == "db" }`),
			false},
		"a permit for another channel": {permit(` when { context.weight <= 50 } when { context.incident }`),
			false},
		"a permit of another action":              {strings.Replace(permit(""), "register", "undo", 1), false},
		"an or that another channel would decide": {permit(` when { context.weight <= 50 || context.incident }`), true},
		"no policies": {"", false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			q := question(sre, ops)
			may, d := gate(t, newDirectory(), tt.src).MayChange(t.Context(), q, []operation.Listener{q.Listener})
			require.True(t, d.Allowed)
			require.Equal(t, tt.want, may[0])
		})
	}
}

func TestNothingMayBeChangedWhenAFactIsMissing(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		person, channel string
		change          func(*directory)
		src             string
		want            operation.DenialCode
		what            operation.Fact
	}{
		"stranger":       {person: stranger, want: operation.DeniedWorkspace},
		"guest":          {person: guest, want: operation.DeniedGuest},
		"bot":            {person: robot, want: operation.DeniedBot},
		"shared channel": {channel: shared, want: operation.DeniedShared},
		"unseen channel": {channel: unseen, want: operation.DeniedChannel},
		"broken policy":  {src: broken, want: operation.DeniedNoPolicy},
		"person not read": {change: func(d *directory) { d.personErr = errSlack },
			want: operation.DeniedUnchecked, what: operation.FactPerson},
		"channel not read": {change: func(d *directory) { d.channelErr = errSlack },
			want: operation.DeniedUnchecked, what: operation.FactChannel},
		"groups not read": {change: func(d *directory) { d.groupsErr = errSlack },
			want: operation.DeniedUnchecked, what: operation.FactGroups},
		"a group of the policy is gone": {change: func(d *directory) { d.without("S01SRE") },
			want: operation.DeniedUnchecked, what: operation.FactGroups},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir, q := newDirectory(), question(sre, ops)
			if tt.person != "" {
				q.Actor.UserID = tt.person
			}
			if tt.channel != "" {
				q.Place.ChannelID = tt.channel
			}
			if tt.change != nil {
				tt.change(dir)
			}
			if tt.src == "" {
				tt.src = `@id("a") @approvals("0") permit (principal, action, resource);
@id("f") forbid (principal in Usergroup::"S01SRE", action == Action::"undo", resource);`
			}
			g := gate(t, dir, tt.src)
			may, d := g.MayChange(t.Context(), q, []operation.Listener{q.Listener})
			require.Equal(t, []bool{false}, may)
			require.Equal(t, tt.want, d.Code)
			require.Equal(t, tt.what, d.What)
			may, d = g.MaySomewhere(t.Context(), q.Actor, q.Place, operation.ActionRegister)
			require.Equal(t, []bool{false}, may)
			require.False(t, d.Allowed)
			require.Equal(t, tt.want, d.Code)
		})
	}
}

func TestOffersThatCannotBeCheckedAreLoggedOnceAMinuteAndRequestsEachTime(t *testing.T) {
	t.Parallel()
	dir, q := newDirectory(), question(sre, ops)
	dir.channelErr = errSlack
	core, log := observer.New(zap.InfoLevel)
	g := gate(t, dir, permissive, func(c *policy.Config) { c.Log = zap.New(core) })
	log.TakeAll()
	for range 20 { // letters
		g.MayChange(t.Context(), q, nil)
	}
	require.Len(t, log.TakeAll(), 1)
	for range 2 {
		g.Decide(t.Context(), q)
	}
	require.Len(t, log.FilterMessage("permission could not be checked").All(), 2)
}

func TestAListenerWhoseFactsAreMissingMayNotBeChanged(t *testing.T) {
	t.Parallel()
	g := gate(t, newDirectory(), `@id("a") @approvals("0") permit (principal, action, resource)
  when { resource.account == "acme" };`)
	q := question(sre, ops)
	nameless := q.Listener
	nameless.LoadBalancerName = ""
	may, d := g.MayChange(t.Context(), q, []operation.Listener{nameless, q.Listener})
	require.True(t, d.Allowed)
	require.Equal(t, []bool{false, true}, may)
	q.Account = ""
	may, _ = g.MayChange(t.Context(), q, []operation.Listener{q.Listener})
	require.Equal(t, []bool{false}, may)
}

func TestWhoMayDoSomethingSomewhere(t *testing.T) {
	t.Parallel()
	g := gate(t, newDirectory(), `
@id("own") @approvals("0") permit (principal in Usergroup::"S01SRE", action == Action::"register", resource in
  LoadBalancer::"lb-9") when { context.weight < 5 && context.incident };
@id("dev") @approvals("0") permit (principal in Usergroup::"S02DEV", action == Action::"register", resource);
@id("no-dev") forbid (principal in Usergroup::"S02DEV", action == Action::"register", resource is Listener);
@id("see") permit (principal, action == Action::"viewHistory", resource);
@id("back") @approvals("1") permit (principal in Usergroup::"S02DEV", action == Action::"undo", resource);
@id("hour") forbid (principal, action, resource) when { context.hour == 12 };`)
	for _, tt := range []struct {
		person, channel string
		want            bool
	}{{sre, incident, true}, {sre, ops, false}, {dev, incident, false}, {nobody, direct, false}} {
		q := question(tt.person, tt.channel)
		may, d := g.MaySomewhere(t.Context(), q.Actor, q.Place, operation.ActionRegister, operation.ActionUndo,
			operation.ActionRemove)
		require.True(t, d.Allowed)
		require.Equal(t, []bool{tt.want, tt.person == dev, false}, may, "%s in %s", tt.person, tt.channel)
	}
}

func TestAnOfferIsUnchangedUntilThePolicyOrTheGroupsOfThePersonChange(t *testing.T) {
	t.Parallel()
	dir := newDirectory()
	src := `@id("a") @approvals("0") permit (principal in Usergroup::"S02DEV", action, resource);`
	path := ""
	g := gate(t, dir, src, func(c *policy.Config) { path = c.Path })
	q := question(sre, ops)
	_, d := g.MayChange(t.Context(), q, nil)
	require.True(t, g.Unchanged(t.Context(), q.Actor, d))
	dir.groups[1].Members = []string{sre}
	require.False(t, g.Unchanged(t.Context(), q.Actor, d))
	dir.groups[1].Members = nil
	require.True(t, g.Unchanged(t.Context(), q.Actor, d), "others left")
	dir.groupsErr = errSlack
	require.False(t, g.Unchanged(t.Context(), q.Actor, d))
	dir.groupsErr = nil
	require.NoError(t, policy.Install(path, []byte(src+"\n")))
	require.NoError(t, g.Reload())
	require.False(t, g.Unchanged(t.Context(), q.Actor, d))
}

// looked calls look when MayChange asks whether it has ended, each 256 listeners.
type looked struct {
	context.Context //nolint:containedctx // it is one
	look            func()
}

func (c looked) Err() error {
	c.look()
	return c.Context.Err()
}

func TestWhatManyPeopleMayChangeIsDecidedForFourAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g, q := gate(t, newDirectory(), permissive), question(sre, ops)
		var mu sync.Mutex
		now, most := 0, 0
		count := func(n int) {
			mu.Lock()
			defer mu.Unlock()
			now += n
			most = max(most, now)
		}
		ctx := looked{t.Context(), func() { count(1); <-time.After(time.Second); count(-1) }}
		began := time.Now()
		var all sync.WaitGroup
		for range 12 {
			all.Go(func() {
				may, _ := g.MayChange(ctx, q, []operation.Listener{q.Listener})
				assert.Equal(t, []bool{true}, may)
			})
		}
		all.Wait()
		require.Equal(t, 3*time.Second, time.Since(began))
		require.Equal(t, 4, most)
	})
}

func TestPeopleWhomSlackKeepsWaitingTakeNoTurn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		dir, q := newDirectory(), question(sre, ops)
		g := gate(t, dir, permissive)
		dir.mute = true
		var all sync.WaitGroup
		defer all.Wait()
		for range 20 {
			all.Go(func() {
				_, d := g.MayChange(t.Context(), q, nil)
				assert.Equal(t, operation.DeniedUnchecked, d.Code)
			})
		}
		synctest.Wait()
		dir.mute = false
		began := time.Now()
		may, _ := g.MayChange(t.Context(), q, []operation.Listener{q.Listener})
		require.Equal(t, []bool{true}, may)
		require.Zero(t, time.Since(began))
	})
}

func TestADecisionAboutManyListenersStopsWithItsContext(t *testing.T) {
	t.Parallel()
	g, q := gate(t, newDirectory(), permissive), question(sre, ops)
	listeners := slices.Repeat([]operation.Listener{q.Listener}, 1000)
	ctx, cancel := context.WithCancel(t.Context())
	looks := 0
	may, d := g.MayChange(looked{ctx, func() {
		if looks++; looks == 2 {
			cancel()
		}
	}}, q, listeners)
	require.Equal(t, operation.DeniedUnchecked, d.Code)
	require.False(t, d.Allowed)
	require.Equal(t, make([]bool, 1000), may, "nothing is known by half")
	require.Equal(t, 2, looks)
}

// BenchmarkMayChange asks about 10,000 listeners with 20 policies.
func BenchmarkMayChange(b *testing.B) {
	var src strings.Builder
	for i := range 15 {
		fmt.Fprintf(&src, `@id("p%d") @approvals("%d") permit (principal in Usergroup::"S01SRE",
  action in [Action::"register", Action::"undo"], resource) when { resource.name like "web-%d*" }
  when { context.weight <= 50 } when { context.channel.name != "random" };
`, i, i%2, i)
	}
	for i := range 5 {
		fmt.Fprintf(&src, `@id("f%d") forbid (principal, action, resource in LoadBalancer::"lb-%d")
  unless { context.incident || principal in Usergroup::"S03LEAD" };
`, i, i)
	}
	g := gate(b, newDirectory(), src.String())
	q := question(sre, ops)
	listeners := make([]operation.Listener, 10_000)
	for i := range listeners {
		listeners[i] = q.Listener
		listeners[i].ID, listeners[i].Name = fmt.Sprintf("lst-%d", i), fmt.Sprintf("web-%d", i)
		listeners[i].LoadBalancerID = fmt.Sprintf("lb-%d", i/8)
	}
	var took []time.Duration
	for b.Loop() {
		began := time.Now()
		may, d := g.MayChange(b.Context(), q, listeners)
		took = append(took, time.Since(began))
		require.True(b, d.Allowed)
		require.Contains(b, may, true)
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
}
