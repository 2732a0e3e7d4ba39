package cases_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"lbbot/bot/operation"
	"lbbot/bot/policy/cases"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const rules = `
@id("sre") @approvals("0") @reason("SRE only.")
permit (principal in Usergroup::"S01SRE", action == Action::"register", resource is Listener)
when { context.incident }
when { context.weight <= 50 };

@id("ask") @approvals("2")
permit (principal in Usergroup::"S02DEV", action == Action::"register", resource is Listener);

@id("leads")
permit (principal in Usergroup::"S01SRE", action == Action::"approve", resource in LoadBalancer::"lb-1");

@id("freeze") @reason("Frozen.")
forbid (principal, action == Action::"register", resource is Listener)
when { context.weekday >= 6 && resource.name like "prod-*" };
`

const world = `
incident_creators: [U0PAGER]
groups:
  S01SRE: [U0ANA, U0GUEST]
  S02DEV: [U0DEV]
people:
  - {id: U0GUEST, kind: guest}
channels:
  - {id: C0INC, name: inc-42, creator: U0PAGER}
  - {id: C0OPS, name: ops}
listeners:
  - {id: lst-1, name: prod-web, load_balancer: lb-1}
defaults: {person: U0ANA, channel: C0INC, listener: lst-1, weight: 10}
cases:
`

func policyFile(t *testing.T, src string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "policy.cedar")
	require.NoError(t, os.WriteFile(path, []byte(src), 0o600))
	return path
}

func TestRunDecidesTheCasesWithTheGate(t *testing.T) {
	t.Parallel()
	f, err := cases.Parse("p.yaml", []byte(world+`
- {name: in an incident, want: allow}
- {name: the policy counts, want: {allow: true, policies: [sre]}}
- {name: no weight, weight: 0, want: {deny: no_rule, policies: [ask]}}
- {name: elsewhere, channel: C0OPS, want: deny}
- {name: "a channel that is named like one", channel: {id: C0X, name: inc-1, creator: U0ANA}, want: {deny: no_rule}}
- {name: a private one, channel: {id: C0X, name: inc-1, creator: U0PAGER, private: true}, want: allow}
- {name: "one that the bot cannot see", channel: {id: C0X, name: inc-1, private: true, unseen: true},
   want: {deny: channel}}
- {name: shared, channel: {id: C0X, name: inc-1, shared: true}, want: {deny: shared}}
- {name: archived, channel: {id: C0X, archived: true}, want: {deny: channel}}
- {name: unread, channel: {id: C0X, unread: true}, want: {deny: unchecked}}
- {name: direct, channel: {id: D0X, direct: true}, want: {deny: no_rule}}
- {name: guest, person: U0GUEST, want: {deny: guest}}
- {name: bot, person: {id: U0B, kind: bot, groups: [S01SRE]}, want: {deny: bot}}
- {name: gone, person: {id: U0B, kind: deactivated}, want: {deny: deactivated}}
- {name: stranger, person: {id: U0B, kind: stranger}, want: {deny: workspace}}
- {name: outsider, person: {id: U0B, kind: outsider}, want: {deny: workspace}}
- {name: person unread, person: {id: U0B, kind: unread}, want: {deny: unchecked}}
- {name: another with the group, person: {id: U0B, groups: [S01SRE]}, want: allow}
- {name: two approvals, person: U0DEV, channel: C0OPS, want: {approvals: 2, policies: [ask]}}
- {name: frozen, at: 2026-03-21T00:00:00Z, want: {deny: forbidden, policies: [freeze], reason: Frozen.}}
- {name: elsewhere not frozen, at: 2026-03-21T00:00:00Z, listener: {id: lst-2}, want: allow}
- {name: approves, action: approve, want: {allow: true, policies: [leads]}}
- {name: approves elsewhere, action: approve, listener: {id: lst-2, load_balancer: lb-2}, want: {deny: no_rule}}
`))
	require.NoError(t, err)
	results, err := f.Run(t.Context(), policyFile(t, rules))
	require.NoError(t, err)
	require.Len(t, results, 23)
	for _, r := range results {
		require.True(t, r.Passed, "%+v", r)
	}
}

func TestFailedCaseShowsTheActualDecision(t *testing.T) {
	t.Parallel()
	f, err := cases.Parse("p.yaml", []byte(world+`
  - name: wrong
    channel: C0OPS
    want: allow
  - {name: wrong code, channel: C0OPS, want: {deny: forbidden}}
  - {name: wrong policy, want: {allow: true, policies: [ask]}}
  - {name: wrong number, person: U0DEV, channel: C0OPS, want: {approvals: 1}}
  - {name: wrong reason, at: 2026-03-21T00:00:00Z, want: {deny: forbidden, reason: Thawed.}}
  - {name: not a no, person: U0DEV, channel: C0OPS, want: deny}
`))
	require.NoError(t, err)
	results, err := f.Run(t.Context(), policyFile(t, rules))
	require.NoError(t, err)
	said := map[string]string{}
	for _, r := range results {
		require.False(t, r.Passed, "%+v", r)
		said[r.Name] = r.Want + " / " + r.Got
	}
	require.Equal(t, map[string]string{
		"wrong":        "allow / deny no_rule by sre",
		"wrong code":   "deny forbidden / deny no_rule by sre",
		"wrong policy": "allow by ask / allow by sre",
		"wrong number": "1 approval / 2 approvals by ask",
		"wrong reason": `deny forbidden with the reason "Thawed." / deny forbidden by freeze with the reason "Frozen."`,
		"not a no":     "deny / 2 approvals by ask",
	}, said)
	require.Equal(t, "p.yaml:16", results[0].Place)
	require.Equal(t, `    holds          principal in Usergroup::"S01SRE"
    holds          action == Action::"register"
    does not hold  context.incident
    holds          context.weight <= 50
`, cases.Account(results[0].Decision.Clauses, 0))
}

func TestAGroupThatTheFileDoesNotHaveIsUnknownToSlack(t *testing.T) {
	t.Parallel()
	f, err := cases.Parse("p.yaml", []byte(strings.Replace(world, "S02DEV", "S02DVE", 1)+"- {name: a, want: allow}"))
	require.NoError(t, err)
	results, err := f.Run(t.Context(), policyFile(t, rules))
	require.NoError(t, err)
	require.Equal(t, operation.DeniedUnchecked, results[0].Decision.Code)
	require.Contains(t, results[0].Got, "could not be checked: groups")

	_, err = f.Run(t.Context(), policyFile(t, "permit (principal"))
	require.ErrorContains(t, err, "policy.cedar:1:")
	_, err = f.Run(t.Context(), filepath.Join(t.TempDir(), "none.cedar"))
	require.ErrorIs(t, err, os.ErrNotExist)
}

func TestByteOrderMarkOfATestFileIsSkipped(t *testing.T) {
	t.Parallel()
	_, err := cases.Parse("f", []byte("\ufeff"+world+"- {name: a, want: allow}\n"))
	require.NoError(t, err)
	_, err = cases.Parse("f", []byte("\ufeffaccout: a\ncases: []\n"))
	require.ErrorContains(t, err, "f:1:")
	require.ErrorContains(t, err, "accout")
}

func TestAMistakeInATestFileIsNamedWithItsLine(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		src  string
		line int
		text string
	}{
		"no YAML":              {"cases: [", 1, ""},
		"empty":                {"", 0, "one YAML document"},
		"no cases":             {"account: a\n", 0, "there are no cases"},
		"an unknown key":       {"cases:\n- {name: a, want: allow}\nlistenrs: []\n", 3, "listenrs"},
		"an unknown key below": {"people:\n- {id: U0, knid: guest}\ncases: []\n", 2, "knid"},
		"in a case":            {world + "- name: a\n  wieght: 4\n  want: allow\n", 16, "wieght"},
		"in a channel": {world + "- name: a\n  channel: {id: C0, pirvate: true}\n  want: allow\n",
			16, "pirvate"},
		"in what is wanted": {world + "- name: a\n  want: {code: guest}\n", 16, "code"},
		"a kind": {world + "- name: a\n  want: deny\n  person: {id: U0, kind: gest}\n", 17,
			`"gest" is no kind of person`},
		"a word": {world + "- name: a\n  want: yes-please\n", 16, `"yes-please" is not allow or deny`},
		"a code": {world + "- name: a\n  want: allow\n- name: b\n  want: {deny: rate}\n", 17,
			`no denial has the code "rate"`},
		"a time":          {world + "- name: a\n  at: tomorrow\n  want: deny\n", 16, "is not a time"},
		"a weight":        {world + "- name: a\n  weight: heavy\n  want: deny\n", 16, ""},
		"no name":         {world + "- want: allow\n", 15, "the case has no name"},
		"nobody":          {"cases:\n- {name: a, want: deny}\n", 2, "the case has no"},
		"nothing wanted":  {world + "- name: a\n", 15, "want is one of"},
		"too much wanted": {world + "- {name: a, want: {allow: true, deny: guest}}\n", 15, "want is one of"},
		"too many wanted": {world + "- {name: a, want: {approvals: 4}}\n", 15, "want is one of"},
		"a listener":      {world + "- {name: a, listener: lst-9, want: deny}\n", 15, `"lst-9" is not in the list`},
		"a key twice":     {world + "- name: a\n  weight: 3\n  weight: 4\n  want: deny\n", 17, "weight"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, err := cases.Parse("p.yaml", []byte(tt.src))
			require.Nil(t, f)
			var e *cases.Error
			require.ErrorAs(t, err, &e)
			require.Equal(t, "p.yaml", e.Name)
			require.Contains(t, e.Text, tt.text)
			require.Equal(t, tt.line, e.Line, err.Error())
		})
	}
}
