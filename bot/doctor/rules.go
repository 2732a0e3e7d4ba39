package doctor

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"

	"lbbot/bot/operation"
	"lbbot/bot/policy"
	"lbbot/bot/policy/rules"
)

const checkPolicy = "policy file"

// policyFile reads the file as the bot does at its start.
func (x *exam) policyFile(context.Context) finding {
	src, err := os.ReadFile(x.Policy)
	if errors.Is(err, fs.ErrNotExist) {
		return fails("copy deploy/policy.cedar, put in your ids, and name it in LBBOT_POLICY",
			"%s does not exist, so everybody is denied", x.Policy)
	}
	if err != nil {
		return fails("let the user that runs lbbot read it", "it cannot be read, so everybody is denied: %v", err)
	}
	if x.policy, err = rules.Parse(x.Policy, src); err != nil {
		x.policy = nil
		return fails("correct it; lbbot policy check "+x.Policy+" lists every problem",
			"it cannot be loaded, so everybody is denied: %v", err)
	}
	switch warnings := x.policy.Warnings; {
	case x.policy.Incident && len(x.IncidentCreators) == 0:
		return warns("name the people or bots that create incident channels in LBBOT_INCIDENT_CREATORS",
			"it uses context.incident, which is never true while LBBOT_INCIDENT_CREATORS is empty")
	case len(warnings) > 0:
		words := warnings[0].Under(x.Policy, "")
		if more := len(warnings) - 1; more > 0 {
			words += ", and " + count(more, "other warning")
		}
		return warns("read what lbbot policy check "+x.Policy+" says", "%s", words)
	}
	return passed("%s, digest %.12s", count(len(x.policy.Rules), "rule"), x.policy.Digest)
}

// changes are the actions that people ask for.
func changes() []operation.Action {
	return []operation.Action{operation.ActionRegister, operation.ActionUndo, operation.ActionRemove}
}

// whoAsks lists by rule who may ask for what.
func (x *exam) whoAsks(ctx context.Context) finding {
	var lines []string
	for _, action := range changes() {
		held, err := x.gate.Holders(ctx, action)
		if err != nil {
			return fails("correct what the message names", "%v", err)
		}
		if len(held) == 0 && action == operation.ActionRegister {
			return fails("add a permit for Action::\"register\" to "+x.Policy+", or end the forbid that holds for "+
				"everybody; deploy/docs/policy.md has examples",
				"no rule permits anybody to add a server")
		}
		lines = append(lines, string(action)+": "+byRule(held))
	}
	return passed("%s", strings.Join(lines, "; "))
}

// byRule lists rules with how many people they permit.
func byRule(held []policy.Holders) string {
	var list []string
	for _, h := range held {
		people := count(len(h.People), "person")
		if h.Everybody {
			people = "everybody"
		}
		if h.Approvals > 0 {
			people += ", " + count(h.Approvals, "approval")
		}
		list = append(list, fmt.Sprintf("%s (%s)", h.Rule, people))
	}
	if len(list) == 0 {
		return "nobody"
	}
	return strings.Join(list, ", ")
}

// whoApproves checks that each rule that asks for approval can get it.
func (x *exam) whoApproves(ctx context.Context) finding {
	approve, err := x.gate.Holders(ctx, operation.ActionApprove)
	if err != nil {
		return fails("correct what the message names", "%v", err)
	}
	asked := false
	for _, action := range changes() {
		held, err := x.gate.Holders(ctx, action)
		if err != nil {
			return fails("correct what the message names", "%v", err)
		}
		for _, h := range held {
			asked = asked || h.Approvals > 0
			if most := mostApprovers(h, approve); most < h.Approvals {
				return fails("add a permit for Action::\"approve\" to "+x.Policy+", or people to the group that it "+
					"names; nobody approves their own request",
					"rule %s needs %s, and %s may approve a request of its people", h.Rule,
					count(h.Approvals, "approval"), atMost(most))
			}
		}
	}
	if !asked {
		return passed("no rule asks for approval")
	}
	return passed("%s", byRule(approve))
}

func atMost(n int) string {
	if n == 0 {
		return "nobody"
	}
	return "only " + count(n, "other person")
}

// mostApprovers is how many people can approve a request of one whom a rule permits to
// ask: their own approval does not count.
func mostApprovers(ask policy.Holders, approve []policy.Holders) int {
	approvers := map[string]bool{}
	for _, h := range approve {
		if h.Everybody {
			return ask.Approvals
		}
		for _, id := range h.People {
			approvers[id] = true
		}
	}
	own := !ask.Everybody && !slices.ContainsFunc(ask.People, func(id string) bool { return !approvers[id] })
	if own && len(approvers) > 0 {
		return len(approvers) - 1
	}
	return len(approvers)
}

// count is a number with its noun.
func count(n int, noun string) string {
	switch {
	case n == 1:
		return "1 " + noun
	case strings.HasSuffix(noun, "person"):
		noun = strings.TrimSuffix(noun, "person") + "people"
	default:
		noun += "s"
	}
	return strconv.Itoa(n) + " " + noun
}
