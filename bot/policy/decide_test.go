package policy_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot/operation"
)

// house is the policy of the decision table.
const house = `
@id("sre-in-incidents") @approvals("0") @contact("#sre")
permit (principal in Usergroup::"S01SRE", action in [Action::"register", Action::"undo"], resource is Listener)
when { context.incident } when { context.weight <= 50 };

@id("others-ask") @approvals("1") @contact("#ops") @reason("Developers need a second pair of eyes.")
permit (principal in Usergroup::"S02DEV", action == Action::"register", resource is Listener)
unless { resource.name like "db-*" };

@id("dev-lab") @approvals("0")
permit (principal in Usergroup::"S02DEV", action == Action::"register", resource in LoadBalancer::"lb-lab");

@id("quiet-canary") @approvals("2")
permit (principal, action == Action::"register", resource == Listener::"lsn-canary")
when { context.channel.private && context.weight == 100 };

@id("leads-approve")
permit (principal in Usergroup::"S03LEAD", action == Action::"approve", resource is Listener);

@id("freeze") @reason("Changes are frozen at weekends.") @contact("#change-board")
forbid (principal, action, resource)
when { resource.name like "prod-*" && (context.weekday >= 6 || context.hour < 6) };

@id("no-ssh") @reason("Port 22 is never balanced.")
forbid (principal, action == Action::"register", resource)
when { context.ports.contains(22) };

@id("no-vm-on-udp")
forbid (principal, action == Action::"register", resource)
when { resource.protocol == "UDP" && context.instance.type == "VM" };
`

func TestDecisionTable(t *testing.T) {
	t.Parallel()
	saturday := time.Date(2026, 3, 21, 12, 0, 0, 0, time.UTC)
	early := time.Date(2026, 3, 18, 5, 59, 59, 0, time.UTC)
	type change = func(*operation.Question)
	weight := func(w int) change { return func(q *operation.Question) { q.Weight = w } }
	listener := func(id, name string) change {
		return func(q *operation.Question) { q.Listener.ID, q.Listener.Name = id, name }
	}
	balancer := func(id string) change { return func(q *operation.Question) { q.Listener.LoadBalancerID = id } }
	at := func(when time.Time) change { return func(q *operation.Question) { q.At = when } }
	ports := func(p ...int) change { return func(q *operation.Question) { q.Ports = p } }
	udp := func(q *operation.Question) { q.Listener.Protocol = "UDP" }
	vm := func(q *operation.Question) { q.Server.Type = "VM" }
	action := func(a operation.Action) change { return func(q *operation.Question) { q.Action = a } }
	unnamed := func(what string) change {
		return func(q *operation.Question) {
			for name, field := range map[string]*string{
				"id": &q.Listener.ID, "name": &q.Listener.Name, "protocol": &q.Listener.Protocol,
				"balancer id": &q.Listener.LoadBalancerID, "balancer name": &q.Listener.LoadBalancerName,
				"server": &q.Server.ID,
			} {
				if name == what {
					*field = ""
				}
			}
		}
	}
	prod, db, canary := listener("lsn-prod", "prod-web"), listener("lsn-db", "db-main"),
		listener("lsn-canary", "canary")
	tests := map[string]struct {
		person, channel string
		changes         []change
		want            string // "yes", or the code of the denial
		rule            string // the policy that decided, empty for none
		approvals       int
	}{
		"sre in an incident":        {sre, incident, nil, "yes", "sre-in-incidents", 0},
		"sre in a private incident": {sre, secret, nil, "yes", "sre-in-incidents", 0},
		"sre in an incident, weight 50": {sre, incident, []change{weight(50)}, "yes",
			"sre-in-incidents", 0},
		"sre in an incident, weight 51": {sre, incident, []change{weight(51)}, "no_rule", "others-ask", 0},
		"sre in an incident, weight 1": {sre, incident, []change{weight(1)}, "yes",
			"sre-in-incidents", 0},
		"sre in an incident, no weight counts as 100": {sre, incident, []change{weight(0)}, "no_rule", "others-ask", 0},
		"sre in an incident, weight 101":              {sre, incident, []change{weight(101)}, "unchecked", "", 0},
		"sre in an incident, weight below zero":       {sre, incident, []change{weight(-5)}, "unchecked", "", 0},
		"sre in a channel that only looks like one":   {sre, fake, nil, "no_rule", "sre-in-incidents", 0},
		"sre in an ordinary channel":                  {sre, ops, nil, "no_rule", "sre-in-incidents", 0},
		"sre in a direct message":                     {sre, direct, nil, "no_rule", "sre-in-incidents", 0},
		"sre undoes in an incident": {sre, incident, []change{action("undo")}, "yes",
			"sre-in-incidents", 0},
		"sre undoes elsewhere": {sre, ops, []change{action("undo")}, "no_rule", "sre-in-incidents", 0},
		"sre approves": {sre, incident, []change{action("approve")}, "no_rule",
			"leads-approve", 0},
		"sre pauses":                           {sre, incident, []change{action("pause")}, "no_rule", "", 0},
		"sre does what does not exist":         {sre, incident, []change{action("drop")}, "unchecked", "", 0},
		"sre does nothing":                     {sre, incident, []change{action("")}, "unchecked", "", 0},
		"sre in an incident on prod":           {sre, incident, []change{prod}, "yes", "sre-in-incidents", 0},
		"sre in an incident on prod, saturday": {sre, incident, []change{prod, at(saturday)}, "forbidden", "freeze", 0},
		"sre in an incident on prod, sunday": {sre, incident, []change{prod, at(saturday.AddDate(0, 0, 1))},
			"forbidden", "freeze", 0},
		"sre in an incident on prod, monday": {sre, incident, []change{prod, at(saturday.AddDate(0, 0, 2))},
			"yes", "sre-in-incidents", 0},
		"sre in an incident on prod, friday": {sre, incident, []change{prod, at(saturday.AddDate(0, 0, -1))},
			"yes", "sre-in-incidents", 0},
		"sre in an incident on prod, 05:59": {sre, incident, []change{prod, at(early)}, "forbidden", "freeze", 0},
		"sre in an incident on prod, 06:00": {sre, incident, []change{prod, at(early.Add(time.Second))}, "yes",
			"sre-in-incidents", 0},
		"the hour is UTC, not local": {sre, incident,
			[]change{prod, at(early.In(time.FixedZone("", 8*3600)))}, "forbidden", "freeze", 0},
		"sre in an incident elsewhere, saturday": {sre, incident, []change{at(saturday)}, "yes", "sre-in-incidents", 0},
		"sre in an incident, port 22":            {sre, incident, []change{ports(22)}, "forbidden", "no-ssh", 0},
		"sre in an incident, ports 80 and 22":    {sre, incident, []change{ports(80, 22)}, "forbidden", "no-ssh", 0},
		"sre undoes port 22": {sre, incident, []change{ports(22), action("undo")}, "yes",
			"sre-in-incidents", 0},
		"sre in an incident, no ports":   {sre, incident, []change{ports()}, "yes", "sre-in-incidents", 0},
		"sre in an incident, port 0":     {sre, incident, []change{ports(0)}, "unchecked", "", 0},
		"sre in an incident, port 65536": {sre, incident, []change{ports(65536)}, "unchecked", "", 0},
		"a VM on UDP":                    {sre, incident, []change{vm, udp}, "forbidden", "no-vm-on-udp", 0},
		"a VM on TCP":                    {sre, incident, []change{vm}, "yes", "sre-in-incidents", 0},
		"bare metal on UDP":              {sre, incident, []change{udp}, "yes", "sre-in-incidents", 0},
		"dev anywhere":                   {dev, ops, nil, "approval", "others-ask", 1},
		"dev in an incident":             {dev, incident, nil, "approval", "others-ask", 1},
		"dev in a direct message":        {dev, direct, nil, "approval", "others-ask", 1},
		"dev, full weight":               {dev, ops, []change{weight(100)}, "approval", "others-ask", 1},
		"dev, port 22":                   {dev, ops, []change{ports(22)}, "forbidden", "no-ssh", 0},
		"dev on the database":            {dev, ops, []change{db}, "no_rule", "sre-in-incidents", 0},
		"dev undoes":                     {dev, ops, []change{action("undo")}, "no_rule", "sre-in-incidents", 0},
		"dev in the lab needs nobody":    {dev, ops, []change{balancer("lb-lab")}, "yes", "dev-lab", 0},
		"dev in the lab on the database": {dev, ops, []change{balancer("lb-lab"), db}, "yes", "dev-lab", 0},
		"sre in the lab": {sre, ops, []change{balancer("lb-lab")}, "no_rule",
			"sre-in-incidents", 0},
		"dev on prod, saturday":                {dev, ops, []change{prod, at(saturday)}, "forbidden", "freeze", 0},
		"dev on prod, wednesday":               {dev, ops, []change{prod}, "approval", "others-ask", 1},
		"member of both in an incident":        {both, incident, nil, "yes", "sre-in-incidents", 0},
		"member of both, weight 51":            {both, incident, []change{weight(51)}, "approval", "others-ask", 1},
		"member of both in ops":                {both, ops, nil, "approval", "others-ask", 1},
		"member of no group in an incident":    {nobody, incident, nil, "no_rule", "sre-in-incidents", 0},
		"member of no group in ops":            {nobody, ops, nil, "no_rule", "others-ask", 0},
		"member of no group on prod, saturday": {nobody, ops, []change{prod, at(saturday)}, "forbidden", "freeze", 0},
		"anybody on the canary, privately and in full": {nobody, secret, []change{canary, weight(0)}, "approval",
			"quiet-canary", 2},
		"anybody on the canary by direct message": {nobody, direct, []change{canary, weight(100)}, "approval",
			"quiet-canary", 2},
		"anybody on the canary, in public": {nobody, ops, []change{canary, weight(100)}, "no_rule", "others-ask", 0},
		"dev on the canary: the fewest count": {dev, secret, []change{canary, weight(100)}, "approval",
			"others-ask", 1},
		"dev on the lab canary: the fewest count": {dev, secret, []change{canary, weight(100), balancer("lb-lab")},
			"yes", "dev-lab", 0},
		"guest in the group":                          {guest, incident, nil, "guest", "", 0},
		"bot in the group":                            {robot, incident, nil, "bot", "", 0},
		"deactivated person in the group":             {gone, incident, nil, "deactivated", "", 0},
		"outsider in the group":                       {outsider, incident, nil, "workspace", "", 0},
		"stranger in the group":                       {stranger, incident, nil, "workspace", "", 0},
		"sre in a shared incident channel":            {sre, shared, nil, "shared", "", 0},
		"sre in an archived incident channel":         {sre, archived, nil, "channel", "", 0},
		"sre in a channel the bot cannot see":         {sre, unseen, nil, "channel", "", 0},
		"sre in no such channel":                      {sre, "C404", nil, "channel", "", 0},
		"guest in a shared channel: the person first": {guest, shared, nil, "guest", "", 0},
		"listener without id":                         {sre, incident, []change{unnamed("id")}, "unchecked", "", 0},
		"listener without name":                       {sre, incident, []change{unnamed("name")}, "unchecked", "", 0},
		"listener without protocol": {sre, incident, []change{unnamed("protocol")},
			"unchecked", "", 0},
		"listener without load balancer": {sre, incident, []change{unnamed("balancer id")},
			"unchecked", "", 0},
		"load balancer without name": {sre, incident, []change{unnamed("balancer name")},
			"unchecked", "", 0},
		"no server": {sre, incident, []change{unnamed("server")}, "unchecked", "", 0},
	}
	require.GreaterOrEqual(t, len(tests), 60)
	g := gate(t, newDirectory(), house)
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			q := question(tt.person, tt.channel)
			for _, c := range tt.changes {
				c(&q)
			}
			d := g.Decide(t.Context(), q)
			got := string(d.Code)
			if d.Allowed {
				got = "yes"
				require.Empty(t, d.Code)
			}
			require.Equal(t, tt.want, got, "%+v", d)
			require.Equal(t, tt.approvals, d.Approvals)
			rule := ""
			if len(d.Policies) > 0 {
				rule = d.Policies[0]
			}
			require.Equal(t, tt.rule, rule, "%+v", d)
			require.Equal(t, d.Code == operation.DeniedUnchecked, d.What != "")
		})
	}
}

func TestDenialNamesGroupsAndChannelsThatWouldHelp(t *testing.T) {
	t.Parallel()
	g := gate(t, newDirectory(), house)
	base := operation.Decision{Person: true, Channel: true, Digest: g.Status().Digest}
	decide := func(q operation.Question) operation.Decision {
		d := g.Decide(t.Context(), q)
		require.NotEmpty(t, d.Clauses)
		d.Clauses = nil
		return d
	}

	d := base
	d.Code, d.Groups, d.Policies, d.Contact = operation.DeniedNoRule, []string{"S01SRE", "S02DEV"},
		[]string{"sre-in-incidents"}, "#sre"
	require.Equal(t, d, decide(question(nobody, incident)))

	// A group would help too, but everybody can use an incident channel.
	d = base
	d.Code, d.Incident, d.In, d.Policies, d.Contact = operation.DeniedNoRule, true, []string{"S01SRE"},
		[]string{"sre-in-incidents"}, "#sre"
	q := question(sre, ops)
	require.Equal(t, d, decide(q))

	d = base
	d.Code, d.Groups, d.GroupsAsk, d.In = operation.DeniedNoRule, []string{"S02DEV"}, true, []string{"S01SRE"}
	d.Policies, d.Contact, d.Reason = []string{"others-ask"}, "#ops", "Developers need a second pair of eyes."
	q.Weight = 51
	require.Equal(t, d, decide(q), "in an incident channel the weight would be too much")

	// Neither a group nor a channel helps, so the denial has the nearest permit of this listener.
	d = base
	d.Code, d.In, d.Policies, d.Contact = operation.DeniedNoRule, []string{"S01SRE", "S02DEV"},
		[]string{"sre-in-incidents"}, "#sre"
	q = question(both, ops)
	q.Listener.Name, q.Weight = "db-main", 51
	require.Equal(t, d, decide(q))

	d = base
	d.Code, d.In, d.Policies = operation.DeniedForbidden, []string{"S01SRE"}, []string{"freeze", "no-ssh"}
	d.Reason, d.Contact = "Changes are frozen at weekends.", "#change-board"
	q = question(sre, incident)
	q.Listener.Name, q.At, q.Ports = "prod-web", noon.AddDate(0, 0, 3), []int{22}
	require.Equal(t, d, decide(q))

	d = base
	d.Code, d.In, d.Policies, d.Approvals = operation.DeniedApproval, []string{"S02DEV"}, []string{"others-ask"}, 1
	d.Reason, d.Contact = "Developers need a second pair of eyes.", "#ops"
	require.Equal(t, d, decide(question(dev, ops)))
}

func TestADenialNamesTheChannelsInWhichItWouldBePermitted(t *testing.T) {
	t.Parallel()
	g := gate(t, newDirectory(), `
@id("ops") @approvals("1") permit (principal in Usergroup::"S01SRE", action, resource)
  when { context.channel.id == "C0ELSE" };
@id("several") @approvals("0") permit (principal in Usergroup::"S01SRE", action, resource)
  when { ["C0A", "C0ELSE", "C0B"].contains(context.channel.id) };
@id("incidents") @approvals("2") permit (principal in Usergroup::"S01SRE", action, resource) when { context.incident };
@id("dev") @approvals("0") permit (principal in Usergroup::"S02DEV", action, resource)
  when { context.channel.id == "C0DEV" };
@id("not-there") forbid (principal, action, resource) when { context.channel.id == "C0B" };`)
	d := g.Decide(t.Context(), question(sre, ops))
	require.Equal(t, operation.DeniedNoRule, d.Code)
	require.Equal(t, []string{"C0ELSE", "C0A"}, d.Channels, "not where a rule forbids it, nor where others may")
	require.True(t, d.Incident)
	require.Empty(t, d.Groups)
	require.Equal(t, []string{"several"}, d.Policies, "the least demanding")

	d = g.Decide(t.Context(), question(nobody, ops))
	require.Empty(t, d.Channels, "a channel alone would not help")
	require.False(t, d.Incident)
}

func TestDenialOmitsGroupsThatAForbidExcludes(t *testing.T) {
	t.Parallel()
	g := gate(t, newDirectory(), `
@id("sre") @approvals("0") permit (principal in Usergroup::"S01SRE", action, resource);
@id("dev") @approvals("0") @contact("#dev") permit (principal in Usergroup::"S02DEV", action, resource);
@id("not-sre") forbid (principal in Usergroup::"S01SRE", action, resource);`)
	d := g.Decide(t.Context(), question(nobody, ops))
	require.Equal(t, operation.DeniedNoRule, d.Code)
	require.Equal(t, []string{"S02DEV"}, d.Groups)
	require.Equal(t, "#dev", d.Contact)
	require.Equal(t, operation.DeniedForbidden, g.Decide(t.Context(), question(both, ops)).Code)
}

func TestNearestPermitUsesTheActualGroups(t *testing.T) {
	t.Parallel()
	g := gate(t, newDirectory(), `
@id("first") @approvals("0") permit (principal in Usergroup::"S01SRE", action, resource)
  when { context.incident } when { context.weight == 1 };
@id("second") @approvals("0") permit (principal in Usergroup::"S02DEV", action, resource)
  when { context.incident } when { context.weight == 1 };`)
	for person, want := range map[string]string{nobody: "first", sre: "first", dev: "second"} {
		require.Equal(t, []string{want}, g.Decide(t.Context(), question(person, ops)).Policies)
	}
}

func TestADirectMessageIsPrivateAndHasNoName(t *testing.T) {
	t.Parallel()
	d := newDirectory()
	d.channels["C0TRICK"] = operation.Channel{ID: "C0TRICK", Name: "directmessage"}
	g := gate(t, d, `@id("dm") @approvals("0") permit (principal, action, resource)
when { context.channel.private && context.channel.name == "" && context.channel.id == "D0DM" };`)
	require.True(t, g.Decide(t.Context(), question(nobody, direct)).Allowed)
	require.False(t, g.Decide(t.Context(), question(nobody, "C0TRICK")).Allowed)
}

func TestPolicyThatCannotBeEvaluatedDenies(t *testing.T) {
	t.Parallel()
	const everybody = `@id("all") @approvals("0") permit (principal, action, resource);` + "\n"
	tests := map[string]struct {
		src    string
		change func(*operation.Question)
	}{
		"a forbid on an account that is not known": {
			`@id("f") forbid (principal, action, resource) when { resource.account == "other" };`,
			func(q *operation.Question) { q.Account = "" }},
		"a forbid whose arithmetic overflows": {
			`@id("f") forbid (principal, action, resource) when { context.weight * 9223372036854775807 > 3 };`,
			func(*operation.Question) {}},
		"a permit whose arithmetic overflows beside one that holds": {
			`@id("p") @approvals("0") permit (principal, action, resource) when { context.weight + ` +
				`9223372036854775807 > 3 };`,
			func(*operation.Question) {}},
		"a forbid about somebody else, hidden in an if": {
			`@id("f") forbid (principal, action, resource) when { (if context.incident then principal else ` +
				`Person::"U02") in Usergroup::"S01SRE" };`,
			func(*operation.Question) {}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := gate(t, newDirectory(), everybody+tt.src)
			q := question(nobody, ops)
			tt.change(&q)
			d := g.Decide(t.Context(), q)
			require.Equal(t, operation.Decision{Code: operation.DeniedUnchecked,
				What: operation.FactPolicy, Person: true,
				Channel: true, Digest: g.Status().Digest}, d)
		})
	}
}

func BenchmarkPartDecide(b *testing.B) {
	g := gate(b, newDirectory(), house)
	for name, q := range map[string]operation.Question{
		"allowed": question(sre, incident), "denied": question(nobody, ops),
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				g.Decide(b.Context(), q)
			}
		})
	}
}
