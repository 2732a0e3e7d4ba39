package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lbbot/bot/operation"

	"lbbot/bot/policy"
	"lbbot/bot/policy/cases"
)

// write puts a file into a new folder and returns its path.
func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

func TestPolicyCheckNamesThePlaceOfEachProblemAndWarning(t *testing.T) {
	file := write(t, "p.cedar", `@id("a") permit (principal, action == Action::"regster", resource);
@id("b") forbid (principal, action, resource)
  when { context.weigth > 1 };
`)
	code, _, said := runs(t, nil, "policy", "check", file)
	require.Equal(t, exitFailed, code)
	require.Contains(t, said, file+":1:47: policy a: unrecognized action")
	require.Contains(t, said, file+":3:18: policy b: attribute `weigth` in context not found")

	file = write(t, "p.cedar", `@id("ask") @approvals("1") permit (principal in Usergroup::"S01", action == Action::"register", resource);
@id("f") forbid (principal, action, resource) when { context.hour > 23 };
`)
	code, out, said := runs(t, nil, "policy", "check", file)
	require.Equal(t, exitFine, code, said)
	require.Contains(t, out, file+":1:13: warning: policy ask: it asks for approval, and nobody can approve")
	require.Contains(t, out, file+":2:54: warning: policy f: `context.hour > 23` can never hold")
	require.Contains(t, out, "is fine: digest ")

	empty := write(t, "p.cedar", "")
	_, out, _ = runs(t, nil, "policy", "check", empty)
	require.Contains(t, out, empty+": warning: the file has no policy")
}

func TestPolicyTestSaysWhichCasesAreNotAsExpectedAndWhy(t *testing.T) {
	rules := write(t, "p.cedar", string(sandboxPolicy))
	const world = `
groups: {S01SRE: [U0ANA], S02DEV: [], S03LEAD: []}
channels: [{id: C0RANDOM, name: random}]
listeners: [{id: lst-1, name: https-443, load_balancer: lb-31aa}]
cases:
`
	good := write(t, "good.yaml", world+"- {name: in ops, person: U0ANA, channel: C0OPS, listener: lst-1, want: {allow: true, policies: [sre-in-ops]}}\n")
	code, out, said := runs(t, nil, "policy", "test", good, "--policy", rules)
	require.Equal(t, exitFine, code, said)
	require.Equal(t, "1 cases are as expected\n", out)

	bad := write(t, "bad.yaml", world+"- {name: elsewhere, person: U0BO, channel: C0OPS, listener: lst-1, want: allow}\n"+
		"- {name: in ops, person: U0ANA, channel: C0OPS, listener: lst-1, want: allow}\n")
	code, out, said = runs(t, nil, "policy", "test", bad, "--policy", rules)
	require.Equal(t, exitFailed, code)
	require.Contains(t, said, "1 of 2 cases are not as expected")
	require.Equal(t, bad+`:6: elsewhere: expected allow, got deny no_rule by sre-in-ops
    does not hold  principal in Usergroup::"S01SRE"
    holds          action in [Action::"register", Action::"undo"]
    holds          resource in LoadBalancer::"lb-31aa"
    holds          context.channel.id == "C0OPS"
`, out)

	for name, args := range map[string][]string{
		"a mistake in the cases":   {write(t, "c.yaml", "cases:\n- {nam: x}\n"), "--policy", rules},
		"a mistake in the policy":  {good, "--policy", write(t, "q.cedar", "permit (")},
		"no such policy":           {good, "--policy", "none.cedar"},
		"no such cases":            {"none.yaml"},
		"too many files of cases":  {good, bad},
		"a flag that is not there": {good, "--polcy", rules},
	} {
		code, _, said := runs(t, nil, append([]string{"policy", "test"}, args...)...)
		require.Equal(t, exitUsage, code, "%s: %s", name, said)
	}
}

func TestPolicySchemaPrintsWhatEditorsTake(t *testing.T) {
	code, out, _ := runs(t, nil, "policy", "schema")
	require.Equal(t, exitFine, code)
	require.Equal(t, string(policy.SchemaText()), out)
	_, out, _ = runs(t, nil, "policy", "schema", "--format", "json")
	require.True(t, strings.HasPrefix(out, "{\n"))
	_, out, _ = runs(t, nil, "policy", "schema", "--tests")
	require.Equal(t, string(cases.Schema()), out)
	code, _, _ = runs(t, nil, "policy", "schema", "--format", "xml")
	require.Equal(t, exitUsage, code)
}

func TestPolicyExplainOfflineSaysEachStep(t *testing.T) {
	rules := write(t, "p.cedar", string(sandboxPolicy))
	explain := func(args ...string) (int, string, string) {
		return runs(t, nil, append([]string{"policy", "explain", "--offline", "--policy", rules, "--at", "2026-03-18T12:00:00Z",
			"--person", "U0ANA", "--channel", "C0INC", "--channel-name", "inc-7", "--listener", "lst-1", "--listener-name", "web", "--load-balancer", "lb-9"}, args...)...)
	}
	code, out, said := explain("--groups", "S01SRE", "--incident", "--weight", "50")
	require.Equal(t, exitFine, code, said)
	for _, line := range []string{
		"Question   U0ANA asks to register: any server (BM) on web (lst-1) of lb-9 (lb-9), weight 50, the listener's own ports\n",
		"           in C0INC #inc-7, an incident channel, at 2026-03-18 12:00 UTC, Wednesday\n",
		"Person     ok\nChannel    ok\nGroups     S01SRE\n",
		"Rule sre-in-incidents (permit): holds\n    holds          principal in Usergroup::\"S01SRE\"\n",
		"Rule developers-ask (permit with approvals: 1): does not hold\n    does not hold  principal in Usergroup::\"S02DEV\"\n",
		" more are about other actions or other listeners.\n",
		"Decision   allowed by sre-in-incidents\n",
	} {
		require.Contains(t, out, line)
	}

	tests := map[string]struct {
		args []string
		want string
	}{
		"too heavy":           {[]string{"--groups", "S01SRE", "--incident", "--weight", "51"}, "    does not hold  context.weight <= 50\n"},
		"no incident channel": {[]string{"--groups", "S01SRE", "--weight", "50"}, "    does not hold  context.incident\n"},
		"with approval":       {[]string{"--groups", "S02DEV,S0X"}, "Decision   allowed with approvals: 1 by developers-ask\n"},
		"a guest":             {[]string{"--kind", "guest"}, "Person     not ok: guest\n"},
		"frozen": {[]string{"--listener", "lst-53d0"},
			"Decision   not allowed: forbidden by dns-freeze\n           Reason: name service changes are frozen this week\n           Contact: #ops\n"},
		"another action": {[]string{"--action", "approve", "--groups", "S03LEAD"}, "Decision   allowed by leads-approve\n"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			code, out, _ := explain(tt.args...)
			require.Contains(t, out, tt.want)
			require.Equal(t, strings.Contains(out, "Decision   allowed by"), code == exitFine)
			require.LessOrEqual(t, code, exitFailed)
		})
	}
}

func TestPolicyExplainNamesWhatIsMissing(t *testing.T) {
	code, _, said := runs(t, nil, "policy", "explain")
	require.Equal(t, exitUsage, code)
	for _, flag := range []string{"--person", "--channel", "--listener"} {
		require.Contains(t, said, flag+" is missing")
	}
	all := []string{"policy", "explain", "--person", "U0ANA", "--channel", "C0OPS", "--listener", "lst-1"}
	code, _, said = runs(t, nil, all...)
	require.Equal(t, exitUsage, code)
	require.Contains(t, said, "SLACK_BOT_TOKEN")
	require.Contains(t, said, "--offline")
	require.NotContains(t, said, "SLACK_APP_TOKEN")
	for _, args := range [][]string{{"--at", "noon"}, {"--kind", "gest"}, {"--action", "aprove"}, {"--weight", "0"}, {"--ports", "99999"}, {"--offline", "--policy", "none.cedar"}} {
		code, _, said = runs(t, nil, append(all, args...)...)
		require.Equal(t, exitUsage, code, "%v: %s", args, said)
	}
}

// Against both stand-ins, as the bot looks things up.
func TestPolicyExplainLooksUpAsTheBotDoes(t *testing.T) {
	g, err := newPlayground(t.TempDir(), nopLog())
	require.NoError(t, err)
	defer g.close()
	seed := len(g.cloud.Backends())
	environ := map[string]string{
		"SLACK_BOT_TOKEN": "xoxb-sandbox", "SLACK_API_URL": g.slack.APIURL(), "ZENLAYER_ENDPOINT": g.config.ZenlayerEndpoint,
		"ZENLAYER_ACCESS_KEY_ID": sandboxKeyID, "ZENLAYER_ACCESS_KEY_SECRET": sandboxSecret, "LBBOT_POLICY": g.config.Policy,
		"LBBOT_INCIDENT_CREATORS": "U0INCBOT",
	}
	explain := func(args ...string) (int, string, string) {
		return runs(t, environ, append([]string{"policy", "explain"}, args...)...)
	}
	code, out, said := explain("--person", "U0ANA", "--channel", "C0INC2041", "--listener", "api-lb/https-443", "--server", "web-07", "--weight", "50")
	require.Equal(t, exitFine, code, "%s%s", out, said)
	require.Contains(t, out, "an incident channel")
	require.Contains(t, out, "S01SRE @sre")
	require.Contains(t, out, "Decision   allowed by sre-in-incidents\n")

	code, out, _ = explain("--person", "U0DEV", "--channel", "C0OPS", "--listener", "api-lb:443", "--weight", "50")
	require.Equal(t, exitFailed, code, out)
	require.Contains(t, out, "Decision   allowed with approvals: 1 by developers-ask\n")
	require.Contains(t, out, "Who can    U0ANA, U0BO (by S01SRE)\n")
	require.Contains(t, out, "Approvers  U0BO, U0CHEN (by S03LEAD)\n")

	// Without a weight it is the one that a request would take, not the default.
	_, out, said = explain("--person", "U0ANA", "--channel", "C0INC2041", "--listener", "api-lb/https-443", "--server", "web-07")
	require.Contains(t, out, ", weight 50, ", said)
	require.Contains(t, out, "Decision   allowed by sre-in-incidents\n")

	code, _, said = explain("--person", "U0ANA", "--channel", "C0OPS", "--listener", "nowhere")
	require.Equal(t, exitUsage, code)
	require.Contains(t, said, `No listener called "nowhere"`)
	require.Len(t, g.cloud.Backends(), seed, "nothing was added")
}

func TestExplainSaysWhereElseAndWhoWithApproval(t *testing.T) {
	t.Parallel()
	no := operation.Decision{Code: operation.DeniedNoRule, Policies: []string{"sre"}, Channels: []string{"C0OPS"}, Incident: true}
	require.Equal(t, "not allowed: no rule permits it; nearest: sre; it would be permitted in C0OPS or an incident channel", decision(no))
	dev := operation.People{IDs: []string{"U0DEV"}}
	require.Equal(t, "U0DEV, with approval", people(operation.People{Ask: &dev}, nil))
	require.Equal(t, "U0ANA; U0DEV, with approval", people(operation.People{IDs: []string{"U0ANA"}, Ask: &dev}, nil))
	require.Equal(t, "nobody", people(operation.People{}, nil))
}
