package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lbbot/bot/operation"

	"lbbot/bot/policy/cases"
	"lbbot/bot/policy/rules"
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

	file = write(t, "p.cedar", `@id("ask") @approvals("1") permit (principal in Usergroup::"S01", `+
		`action == Action::"register", resource);
@id("f") forbid (principal in Usergroup::"sre", action, resource);
`)
	code, out, said := runs(t, nil, "policy", "check", file)
	require.Equal(t, exitFine, code, said)
	require.Contains(t, out, file+":1:13: warning: policy ask: it asks for approval, and nobody can approve")
	require.Contains(t, out, file+`:2:42: warning: policy f: "sre" does not look like the id of a user group`)
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
	good := write(t, "good.yaml",
		world+"- {name: in ops, person: U0ANA, channel: C0OPS, listener: lst-1, want: {allow: true, policies: "+
			"[sre-in-ops]}}\n")
	code, out, said := runs(t, nil, "policy", "test", good, "--policy", rules)
	require.Equal(t, exitFine, code, said)
	require.Equal(t, "1 cases are as expected\n", out)

	bad := write(t, "bad.yaml",
		world+"- {name: elsewhere, person: U0BO, channel: C0OPS, listener: lst-1, want: allow}\n"+
			"- {name: in ops, person: U0ANA, channel: C0OPS, listener: lst-1, want: allow}\n")
	code, out, said = runs(t, nil, "policy", "test", bad, "--policy", rules)
	require.Equal(t, exitFailed, code)
	require.Contains(t, said, "1 of 2 cases are not as expected")
	require.Equal(t, bad+`:6: elsewhere: expected allow, got deny no_rule by sre-in-ops
    does not hold  principal in Usergroup::"S01SRE"
    holds          action in [Action::"register", Action::"undo", Action::"remove"]
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
	require.Equal(t, string(rules.SchemaText()), out)
	_, out, _ = runs(t, nil, "policy", "schema", "--format", "json")
	require.True(t, strings.HasPrefix(out, "{\n"))
	_, out, _ = runs(t, nil, "policy", "schema", "--tests")
	require.Equal(t, string(cases.Schema()), out)
	code, _, _ = runs(t, nil, "policy", "schema", "--format", "xml")
	require.Equal(t, exitUsage, code)
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
	require.Contains(t, said, "lbbot policy test needs none")
	require.NotContains(t, said, "SLACK_APP_TOKEN")
	for _, args := range [][]string{{"--at", "noon"}, {"--action", "aprove"}, {"--weight", "0"}, {"--ports", "99999"}} {
		code, _, said = runs(t, nil, append(all, args...)...)
		require.Equal(t, exitUsage, code, "%v: %s", args, said)
	}
}

// explaining returns policy explain with the settings of a sandbox, and how
// many servers were added to listeners since.
func explaining(t *testing.T) (explain func(args ...string) (int, string, string), added func() int) {
	t.Helper()
	g, err := testPlayground(t.TempDir())
	require.NoError(t, err)
	t.Cleanup(g.close)
	seed := len(g.cloud.Backends())
	environ := map[string]string{
		"SLACK_BOT_TOKEN": "xoxb-sandbox", "SLACK_API_URL": g.slack.APIURL(),
		"ZENLAYER_ENDPOINT":      g.endpoint,
		"ZENLAYER_ACCESS_KEY_ID": sandboxKeyID, "ZENLAYER_ACCESS_KEY_SECRET": sandboxSecret,
		"LBBOT_POLICY":            filepath.Join(g.dir, policyFile),
		"LBBOT_INCIDENT_CREATORS": "U0INCBOT",
	}
	return func(args ...string) (int, string, string) {
		return runs(t, environ, append([]string{"policy", "explain", "--at", "2026-03-18T12:00:00Z"}, args...)...)
	}, func() int { return len(g.cloud.Backends()) - seed }
}

func TestPolicyExplainSaysEachStep(t *testing.T) {
	explain, added := explaining(t)
	for name, tt := range map[string]struct {
		args string
		want []string
	}{
		"allowed": {"--person U0ANA --channel C0INC2041 --listener api-lb/https-443 --server web-07 --weight 50",
			[]string{
				"Question   U0ANA asks to register: ",
				" (BM) on https-443 (lst-8f2c) of api-lb (lb-31aa), weight 50, the listener's own ports\n",
				", an incident channel, at 2026-03-18 12:00 UTC, Wednesday\n",
				"Person     ok\nChannel    ok\nGroups     S01SRE @sre",
				"Rule sre-in-incidents (permit): holds\n    holds          principal in Usergroup::\"S01SRE\"\n",
				"Rule developers-ask (permit with approvals: 1): does not hold\n    does not hold  principal in " +
					"Usergroup::\"S02DEV\"\n",
				" more are about other actions or other listeners.\n",
				"Decision   allowed by sre-in-incidents\n"}},
		"any server": {"--person U0ANA --channel C0INC2041 --listener api-lb/https-443 --weight 50",
			[]string{"register: any server (BM) on"}},
		"too heavy": {"--person U0ANA --channel C0INC2041 --listener api-lb/https-443 --weight 51",
			[]string{"    does not hold  context.weight <= 50\n"}},
		"no incident channel": {"--person U0ANA --channel C0OPS --listener lst-53d0 --weight 50",
			[]string{"    does not hold  context.incident\n"}},
		"a guest": {"--person U0GIL --channel C0OPS --listener api-lb/https-443",
			[]string{"Person     not ok: guest\n"}},
		"forbidden": {"--person U0ANA --channel C0INC2041 --listener lst-53d0", []string{
			"Decision   not allowed: forbidden by dns-freeze\n           Reason: name service changes are frozen " +
				"this week\n           Contact: #ops\n"}},
		"another action": {"--person U0CHEN --channel C0OPS --listener api-lb/https-443 --action approve",
			[]string{"Decision   allowed by leads-approve\n"}},
		"with approval": {"--person U0DEV --channel C0OPS --listener api-lb:443 --weight 50", []string{
			"Decision   allowed with approvals: 1 by developers-ask\n", "Who can    U0ANA, U0BO (by S01SRE)\n",
			"Approvers  U0BO, U0CHEN (by S03LEAD)\n"}},
		"without a weight the one that a request would take": {
			"--person U0ANA --channel C0INC2041 --listener api-lb/https-443 --server web-07",
			[]string{", weight 50, ", "Decision   allowed by sre-in-incidents\n"}},
	} {
		code, out, said := explain(strings.Fields(tt.args)...)
		for _, want := range tt.want {
			require.Contains(t, out, want, "%s: %s", name, said)
		}
		require.Equal(t, strings.Contains(out, "Decision   allowed by"), code == exitFine, name)
		require.LessOrEqual(t, code, exitFailed, name)
	}
	code, _, said := explain("--person", "U0ANA", "--channel", "C0OPS", "--listener", "nowhere")
	require.Equal(t, exitUsage, code)
	require.Contains(t, said, `No listener called "nowhere"`)
	require.Zero(t, added())
}

func TestExplainSaysWhereElseAndWhoWithApproval(t *testing.T) {
	t.Parallel()
	no := operation.Decision{Code: operation.DeniedNoRule, Policies: []string{"sre"}, Channels: []string{"C0OPS"},
		Incident: true}
	require.Equal(t,
		"not allowed: no rule permits it; nearest: sre; it would be permitted in C0OPS or an incident channel",
		decision(no))
	dev := operation.People{IDs: []string{"U0DEV"}}
	require.Equal(t, "U0DEV, with approval", people(operation.People{WithApproval: &dev}, nil))
	require.Equal(t, "U0ANA; U0DEV, with approval", people(operation.People{IDs: []string{"U0ANA"},
		WithApproval: &dev}, nil))
	require.Equal(t, "nobody", people(operation.People{}, nil))
}
