package policy_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot/operation"
)

// table is the policy whose decisions are compared with rulebook. Both were written
// from the same sentences and share no code.
const table = `
@id("sre-in-incidents") @approvals("0")
permit (principal in Usergroup::"S01SRE", action in [Action::"register", Action::"undo"], resource is Listener)
when { context.incident && context.weight <= 50 };

@id("sre-asks") @approvals("1") @requires("reason")
permit (principal in Usergroup::"S01SRE", action == Action::"register", resource is Listener);

@id("dev-asks") @approvals("2")
permit (principal in Usergroup::"S02DEV", action == Action::"register", resource is Listener)
unless { resource.name like "db-*" };

@id("dev-lab") @approvals("0")
permit (principal in Usergroup::"S02DEV", action == Action::"register", resource in LoadBalancer::"lb-lab");

@id("sre-approves")
permit (principal in Usergroup::"S01SRE", action == Action::"approve", resource is Listener)
when { context.channel.id == "C0OPS" };

@id("sre-glass")
permit (principal in Usergroup::"S01SRE", action == Action::"breakGlass", resource is Listener)
when { context.incident };

@id("history")
permit (principal, action == Action::"viewHistory", resource is Listener)
when { principal in [Usergroup::"S01SRE", Usergroup::"S02DEV"] };

@id("weekend") @reason("No changes to production at weekends.")
forbid (principal, action in [Action::"register", Action::"breakGlass"], resource is Listener)
when { resource.name like "prod-*" && context.weekday >= 6 };

@id("night") @reason("Databases are not changed at night.")
forbid (principal, action, resource)
when { resource.name like "db-*" && (context.hour < 6 || context.hour >= 22) }
unless { action == Action::"viewHistory" };
`

// asked is one combination of inputs.
type asked struct {
	person, channel string
	listener        operation.Listener
	weight          int
	at              time.Time
	action          operation.Action
}

// answer is the part of a decision that is compared.
type answer struct {
	code      operation.DenialCode
	approvals int
	by        []string // nil for a no that no policy decided
}

// refused are the people and places that no policy can allow.
func refused(a asked) operation.DenialCode {
	people := map[string]operation.DenialCode{
		guest: operation.DeniedGuest, robot: operation.DeniedBot, gone: operation.DeniedDeactivated,
		outsider: operation.DeniedWorkspace, stranger: operation.DeniedWorkspace, "U0LBBOT": operation.DeniedBot,
		"USLACKBOT": operation.DeniedBot, "U404": operation.DeniedUnchecked,
	}
	if code, ok := people[a.person]; ok {
		return code
	}
	return map[string]operation.DenialCode{
		shared: operation.DeniedShared, archived: operation.DeniedChannel, unseen: operation.DeniedChannel,
		"C404": operation.DeniedChannel,
	}[a.channel]
}

// rulebook is the policy of the table as a Go function.
func rulebook(a asked) answer {
	if code := refused(a); code != "" {
		return answer{code: code}
	}
	isSRE, isDev := a.person == sre || a.person == both, a.person == dev || a.person == both
	isIncident := a.channel == incident || a.channel == secret
	prod, db := strings.HasPrefix(a.listener.Name, "prod-"), strings.HasPrefix(a.listener.Name, "db-")
	weight, at := a.weight, a.at.UTC()
	if weight == 0 {
		weight = 100
	}
	weekend := at.Weekday() == time.Saturday || at.Weekday() == time.Sunday
	night := at.Hour() < 6 || at.Hour() > 21

	var forbids []string
	if prod && weekend && (a.action == "register" || a.action == "breakGlass") {
		forbids = append(forbids, "weekend")
	}
	if db && night && a.action != "viewHistory" {
		forbids = append(forbids, "night")
	}
	if forbids != nil {
		return answer{code: operation.DeniedForbidden, by: forbids}
	}
	yes := func(id string) answer { return answer{by: []string{id}} }
	switch a.action {
	case "register":
		switch {
		case isSRE && isIncident && weight <= 50:
			return yes("sre-in-incidents")
		case isDev && a.listener.LoadBalancerID == "lb-lab":
			return yes("dev-lab")
		case isSRE:
			return answer{operation.DeniedApproval, 1, []string{"sre-asks"}}
		case isDev && !db:
			return answer{operation.DeniedApproval, 2, []string{"dev-asks"}}
		}
	case "approve":
		if isSRE && a.channel == ops {
			return yes("sre-approves")
		}
	case "breakGlass":
		if isSRE && isIncident {
			return yes("sre-glass")
		}
	case "viewHistory":
		if isSRE || isDev {
			return yes("history")
		}
	}
	return answer{code: operation.DeniedNoRule}
}

// Every combination of person, channel, listener, weight, time and action.
func TestEveryCombinationIsDecidedAsTheRulesSay(t *testing.T) {
	t.Parallel()
	people := []string{sre, dev, both, nobody, guest, robot, gone, outsider, stranger, "U0LBBOT", "USLACKBOT", "U404"}
	channels := []string{incident, fake, ops, secret, direct, shared, archived, unseen, "C404"}
	var listeners []operation.Listener
	for name, balancer := range map[string]string{"web-1": "lb-1", "prod-1": "lb-1", "db-1": "lb-1", "db-2": "lb-lab"} {
		l := question(sre, ops).Listener
		l.ID, l.Name, l.LoadBalancerID = "lsn-"+name, name, balancer
		listeners = append(listeners, l)
	}
	weights := []int{0, 1, 50, 51}
	times := []time.Time{noon, noon.AddDate(0, 0, 3), noon.Add(-6*time.Hour - time.Second), noon.Add(10 * time.Hour)}
	actions := []operation.Action{operation.ActionRegister, operation.ActionApprove, operation.ActionBreakGlass,
		operation.ActionViewHistory}

	g := gate(t, newDirectory(), table)
	require.Empty(t, g.Status().Warnings)
	counts, cases := map[string]int{}, 0
	for _, person := range people {
		for _, channel := range channels {
			for _, l := range listeners {
				for _, weight := range weights {
					for _, at := range times {
						for _, action := range actions {
							a := asked{person, channel, l, weight, at, action}
							q := question(person, channel)
							q.Listener, q.Weight, q.At, q.Action = l, weight, at, action
							d := g.Decide(t.Context(), q)
							want := rulebook(a)
							got := answer{d.Code, d.Approvals, d.Policies}
							if d.Code == operation.DeniedNoRule {
								got.by = nil // the nearest one, which decides nothing
							}
							if want.code != got.code || want.approvals != got.approvals ||
								!slices.Equal(want.by, got.by) || d.Allowed != (want.code == "") {
								require.Equal(t, want, got, "%+v", a)
							}
							cases++
							counts[fmt.Sprintf("%s %d", want.code, want.approvals)]++
						}
					}
				}
			}
		}
	}
	for _, code := range []operation.DenialCode{
		"", operation.DeniedUnchecked, operation.DeniedWorkspace, operation.DeniedGuest, operation.DeniedBot,
		operation.DeniedDeactivated,
		operation.DeniedShared, operation.DeniedChannel, operation.DeniedNoRule, operation.DeniedForbidden,
	} {
		require.Positive(t, counts[string(code)+" 0"], "no case of %q", code)
	}
	require.Positive(t, counts["approval 1"])
	require.Positive(t, counts["approval 2"])
	require.GreaterOrEqual(t, cases, 120)
	t.Logf("%d cases: %v", cases, counts)
}
