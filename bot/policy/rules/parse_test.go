package rules_test

import (
	"errors"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lbbot/bot/policy/rules"
)

// problems parses src, which must be refused, and returns its problems.
func problems(t *testing.T, src string) []rules.Problem {
	t.Helper()
	set, err := rules.Parse("policy.cedar", []byte(src))
	require.Nil(t, set)
	var e *rules.FileError
	require.ErrorAs(t, err, &e)
	require.NotEmpty(t, e.Problems)
	return e.Problems
}

func TestParseNamesTheLineAndThePolicyOfEachFault(t *testing.T) {
	t.Parallel()
	const head = "// a comment; with a semicolon\n// and\n// another;\n" // lines 1 to 3
	tests := map[string]struct {
		src    string
		line   int
		policy string
		text   string
	}{
		"unknown attribute of the context": {
			"@id(\"a\") @approvals(\"0\")\npermit (principal, action == Action::\"register\", resource)\nwhen { " +
				"context.incident }\nwhen {\n  context.wieght <= 50 };",
			8, "a", "attribute `wieght` in context not found"},
		"unknown attribute of the context, every action": {
			"@id(\"a\") @approvals(\"0\")\npermit (principal, action, resource)\nwhen { context.wieght <= 50 };",
			6, "a", "attribute `wieght` in context not found"},
		"unknown attribute of the channel": {
			"@id(\"a\")\nforbid (principal, action, resource)\nunless { context.channel.nmae like \"ops*\" };",
			6, "a", "nmae"},
		"unknown attribute of the listener": {
			"@id(\"a\")\nforbid (principal, action, resource)\nwhen { context.incident &&\nresource.zone == " +
				"\"SIN1\" };",
			7, "a", "attribute `zone` on entity type `Listener` not found"},
		"unknown attribute of the person": {
			"@id(\"a\")\nforbid (principal, action, resource) when { principal.admin };",
			5, "a", "attribute `admin` on entity type `Person` not found"},
		"unknown action": {
			"@id(\"a\")\npermit (principal,\naction == Action::\"regster\",\nresource);",
			6, "a", "unrecognized action"},
		"unknown action in a set": {
			"@id(\"a\") @approvals(\"0\")\npermit (principal,\naction in " +
				"[Action::\"register\",\nAction::\"delete\"], resource);",
			7, "a", "unrecognized action"},
		"unknown action in a condition": {
			"@id(\"a\")\nforbid (principal, action, resource)\nwhen { action == Action::\"destroy\" };",
			6, "a", "unrecognized action"},
		"unknown type of the person": {
			"@id(\"a\") @approvals(\"0\")\npermit (\nprincipal in Group::\"S01\",\naction == Action::\"register\", " +
				"resource);",
			6, "a", "unrecognized entity type `Group`"},
		"unknown type of the resource": {
			"@id(\"a\") @approvals(\"0\")\npermit (principal, action == Action::\"register\",\nresource is Backend);",
			6, "a", "unrecognized entity type `Backend`"},
		"a resource that no action has": {
			"@id(\"a\")\nforbid (principal, action, resource == LoadBalancer::\"lb-1\");",
			4, "a", "unable to find an applicable action"},
		"a number compared with a text": {
			"@id(\"a\")\nforbid (principal, action, resource)\nwhen { context.weight > \"50\" };",
			6, "a", "expected Long but saw String"},
		"a text compared with a number": {
			"@id(\"a\")\nforbid (principal, action, resource)\nwhen { context.channel.name == 5 };",
			6, "a", "Long"},
		"a condition that is no condition": {
			"@id(\"a\")\nforbid (principal, action, resource)\nwhen { context.weight };",
			6, "a", "expected Bool but saw Long"},
		"a person compared with a group": {
			"@id(\"a\")\nforbid (principal, action, resource)\nwhen { principal == Usergroup::\"S01\" };",
			6, "a", "principal can never be Usergroup::\"S01\""},
		"a listener in a group": {
			"@id(\"a\")\nforbid (principal, action, resource)\nunless { resource in Usergroup::\"S01\" };",
			6, "a", "resource can never be Usergroup::\"S01\""},
		"a person in a set with a listener": {
			"@id(\"a\")\nforbid (principal, action, resource)\nwhen { [Listener::\"lsn\"].contains(principal) };",
			6, "a", "the types Listener and Person are not compatible"},
		"a person of another kind": {
			"@id(\"a\")\nforbid (principal, action, resource)\nwhen { principal is Usergroup };",
			6, "a", "principal is never a Usergroup"},
		"a test for an attribute": {
			"@id(\"a\")\nforbid (principal, action, resource)\nwhen { resource has\nname };",
			6, "a", "`has` is not needed"},
		"a question about somebody else": {
			"@id(\"a\")\nforbid (principal, action, resource)\nwhen { Person::\"U01\" in Usergroup::\"S01\" };",
			6, "a", "the attributes of Person::\"U01\" are not known"},
		"a question about another listener": {
			"@id(\"a\")\nforbid (principal, action, resource)\nwhen { Listener::\"lsn\".name == \"x\" };",
			6, "a", "the attributes of Listener::\"lsn\" are not known"},
		"no @id": {
			"@approvals(\"0\")\npermit (principal, action, resource);",
			4, "", "the policy has no @id"},
		"an empty @id": {
			"@id permit (principal, action == Action::\"pause\", resource);",
			4, "", "is not 1 to 64 letters"},
		"an @id with markup": {
			"@id(\"<!channel>\")\nforbid (principal, action, resource);",
			4, "", "is not 1 to 64 letters"},
		"an @id twice": {
			"@id(\"a\") forbid (principal, action, resource);\n\n@reason(\"x\")\n@id(\"a\") forbid (principal, " +
				"action, resource);",
			7, "a", "the @id is taken by the policy in line 4"},
		"no @approvals on a permit of register": {
			"@id(\"a\")\npermit (principal, action == Action::\"register\", resource);",
			4, "a", "has no @approvals"},
		"no @approvals on a permit of several actions": {
			"@id(\"a\")\npermit (principal, action in [Action::\"undo\", Action::\"register\"], resource);",
			4, "a", "has no @approvals"},
		"no @approvals on a permit of everything": {
			"@id(\"a\") permit (principal, action, resource);",
			4, "a", "has no @approvals"},
		"no @approvals where only a condition excludes register": {
			"@id(\"a\") permit (principal, action, resource) when { action == Action::\"undo\" };",
			4, "a", "has no @approvals"},
		"four approvals": {
			"@id(\"a\")\n@approvals(\"4\")\npermit (principal, action, resource);",
			5, "a", `@approvals("4") is not "0", "1", "2" or "3"`},
		"minus one approvals": {
			"@id(\"a\") @approvals(\"-1\") permit (principal, action, resource);",
			4, "a", `@approvals("-1") is not`},
		"an empty number of approvals": {
			"@id(\"a\") @approvals permit (principal, action, resource);",
			4, "a", `@approvals("") is not`},
		"approvals with a space": {
			"@id(\"a\") @approvals(\" 0\") permit (principal, action, resource);",
			4, "a", `@approvals(" 0") is not`},
		"a channel by its name": {
			"@id(\"a\") @approvals(\"1\")\n@approvers_channel(\"#ops\") permit (principal, action == " +
				"Action::\"register\", resource);",
			5, "a", `@approvers_channel("#ops") is not the id of a channel`},
		"a requirement that is not known": {
			"@id(\"a\") @approvals(\"0\")\n@requires(\"ticket\") permit (principal, action, resource);",
			5, "a", `@requires("ticket") is not "reason"`},
		"people with another word": {
			"@id(\"a\") @approvals(\"0\")\n@people(\"yes\") permit (principal, action, resource);",
			5, "a", `@people("yes") is not "named"`},
		"an annotation twice": {
			"@id(\"a\")\n@approvals(\"3\")\n@approvals(\"0\") permit (principal, action, resource);",
			6, "a", "duplicate annotation"},
		"a reason that is too long": {
			"@id(\"a\")\n@reason(\"" + strings.Repeat("x", 301) + "\") forbid (principal, action, resource);",
			5, "a", "@reason is longer than 300 characters"},
		"a contact with a direction override": {
			"@id(\"a\") @contact(\"\\u{202e}spo#\") forbid (principal, action, resource);",
			4, "a", "@contact has invisible characters"},
		"remove without approvals": {
			"@id(\"a\") @contact(\"#ops\")\npermit (principal, action in [Action::\"approve\", Action::\"remove\"], " +
				"resource);",
			4, "a", `it permits remove and has no @approvals; say how many are needed, from @approvals("0") to`},
		"the weight of a pause": {
			"@id(\"a\")\npermit (principal, action == Action::\"pause\", resource == Bot::\"lbbot\")\nwhen { " +
				"context.weight <= 50 };",
			6, "a", "attribute `weight` in context not found"},
		"remove of the bot": {
			"@id(\"a\") @approvals(\"0\")\npermit (principal, action == Action::\"remove\", resource == " +
				"Bot::\"lbbot\");",
			4, "a", "unable to find an applicable action"},
		"a missing semicolon": {
			"@id(\"a\")\nforbid (principal, action, resource)\n\n@id(\"b\") forbid (principal, action, resource);",
			7, "a", `expected ";", found "@"`},
		"a missing bracket": {
			"@id(\"a\")\nforbid (principal, action, resource\nwhen { true };",
			6, "a", `expected ")", found "when"`},
		"a word that is no effect": {
			"@id(\"a\")\nallow (principal, action, resource);",
			5, "a", "unexpected effect: allow"},
		"a text without its end": {
			"@id(\"a\")\nforbid (principal, action, resource) when {\ncontext.channel.name == \"x };\n",
			6, "a", "literal not terminated"},
		"brackets without end": {
			"@id(\"a\")\nforbid (principal, action, resource) when { " + strings.Repeat("(", 100) + "true" +
				strings.Repeat(")", 100) + "};",
			0, "", "brackets are nested"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := problems(t, head+tt.src)
			require.Len(t, got, 1, "%v", got)
			require.Contains(t, got[0].Text, tt.text)
			require.Equal(t, tt.policy, got[0].Policy)
			require.Equal(t, tt.line, got[0].Line, "%v", got)
		})
	}
}

func TestParseReportsEveryFaultInOneGo(t *testing.T) {
	t.Parallel()
	got := problems(t, `@id("a") permit (principal, action, resource);
@id("a") forbid (principal, action, resource) when { context.wieght > 1 };
forbid (principal, action, resource
;
@id("b") @approvals("7") permit (principal in Group::"S01", action, resource)`+
		` when { resource has nmae || resource in Usergroup::"S01" };
`)
	lines := map[int]int{}
	for _, p := range got {
		lines[p.Line]++
	}
	require.Equal(t, map[int]int{1: 1, 2: 2, 4: 1, 5: 4}, lines, "%v", got)
}

func TestFileErrorPutsEachProblemOnItsOwnLine(t *testing.T) {
	t.Parallel()
	_, err := rules.Parse("some/policy.cedar",
		[]byte("@id(\"a\") permit (principal, action, resource);\nforbid (principal, action, resource);"))
	require.EqualError(t, err, `some/policy.cedar:1:1: policy a: it permits register and has no @approvals; `+
		`say how many are needed, from @approvals("0") to @approvals("3")
some/policy.cedar:2:1: the policy has no @id; give it one, such as @id("sre-in-incidents")`)
}

func TestParseRefusesAFileThatIsNoPolicyWithAShortReport(t *testing.T) {
	t.Parallel()
	require.Len(t, problems(t, strings.Repeat("x;\n", 5000)), 50)
	require.Contains(t, problems(t, strings.Repeat("// log\n", 50_000))[0].Text, "256 KiB")
	require.NotEmpty(t, problems(t, "\x00\xff"))
}

func TestParseWarnsAboutWhatLooksLikeAMistake(t *testing.T) {
	t.Parallel()
	const approvers = `@id("ok") permit (principal in Usergroup::"S02", action == Action::"approve", resource);`
	tests := map[string]struct {
		src  string
		line int
		text string
	}{
		"an empty file": {"", 0, "nobody may do anything"},
		"only comments": {"// nothing\n", 0, "nobody may do anything"},
		"an unknown annotation": {"@id(\"a\")\n@reson(\"x\") forbid (principal, action, resource);", 2,
			"@reson means nothing"},
		"approvals on a forbid": {"@id(\"a\")\n@approvals(\"1\") forbid (principal, action, resource);", 2,
			"has no effect"},
		"approvals without need": {"@id(\"a\") @approvals(\"0\") permit (principal in Usergroup::\"S01\", action == " +
			"Action::\"pause\", resource);", 1, "has no effect"},
		"approvals for what cannot be asked for": {"@id(\"a\")\n@approvals(\"2\") permit (principal in " +
			"Usergroup::\"S01\", action in [Action::\"undo\", Action::\"viewHistory\"], resource);" + approvers,
			2, "never permits viewHistory"},
		"a permit that names no action": {"@id(\"a\") @approvals(\"0\") permit (principal in Usergroup::\"S01\",\n" +
			"action, resource);", 2, "it names no action, so it does not permit remove or pause; name the actions"},
		"undo without approvals": {"\n@id(\"a\") permit (principal in Usergroup::\"S01\", " +
			"action == Action::\"undo\", resource);", 2, `permits undo and has no @approvals; say how many are ` +
			`needed, from @approvals("0") to @approvals("3"); without it, "0" is meant`},
		"pause of a listener": {"@id(\"a\") permit (principal in Usergroup::\"S01\",\n" +
			"action == Action::\"pause\", resource is Listener);", 2,
			"no effect on pause, which is asked about the bot"},
		"pause of a listener, forbidden": {"@id(\"a\") forbid (principal in Usergroup::\"S01\",\n" +
			"action == Action::\"pause\", resource) when { resource.name like \"web*\" };", 2, "no effect on pause"},
		"pause among actions on listeners": {"@id(\"a\") @approvals(\"0\") permit (principal in " +
			"Usergroup::\"S01\",\naction in [Action::\"register\", Action::\"pause\"], resource is Listener);", 2,
			"no effect on pause"},
		"another bot": {"@id(\"a\") permit (principal in Usergroup::\"S01\", action == Action::\"pause\",\n" +
			"resource == Bot::\"other\");", 2, `there is no bot "other"; write Bot::"lbbot"`},
		"a channel to ask nothing in": {"@id(\"a\") @approvals(\"0\")\n@approvers_channel(\"C0OPS\") permit " +
			"(principal in Usergroup::\"S01\", action == Action::\"remove\", resource);", 2, "asks for no approval"},
		"a forbid that requires a reason": {"@id(\"a\")\n@requires(\"reason\") forbid (principal, action, resource);",
			2, "@requires has no effect"},
		"a forbid that names people": {"@id(\"a\")\n@people(\"named\") forbid (principal, action, resource);", 2,
			"@people has no effect"},
		"a permit for everybody": {"@id(\"a\") @approvals(\"0\")\npermit (principal is Person, " +
			"action == Action::\"register\", resource);", 2, "everybody in the workspace"},
		"a handle as a group": {"@id(\"a\")\nforbid (principal in Usergroup::\"lb-admins\", action, " +
			"resource);", 2, `"lb-admins" does not look like`},
		"a name as a person": {"@id(\"a\")\nforbid (principal == Person::\"ana\", action, resource);", 2,
			`"ana" does not look like`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			set, err := rules.Parse("policy.cedar", []byte(tt.src))
			require.NoError(t, err)
			require.Len(t, set.Warnings, 1, "%v", set.Warnings)
			require.Equal(t, tt.line, set.Warnings[0].Line)
			require.Contains(t, set.Warnings[0].Text, tt.text)
		})
	}
}

func TestGroupsAreFoundWhereverTheyAreNamed(t *testing.T) {
	t.Parallel()
	set, err := rules.Parse("policy.cedar", []byte(`
@id("a") @approvals("0") permit (principal in Usergroup::"S01", action, resource)
  when { principal in Usergroup::"S02" };
@id("b") forbid (principal is Person in Usergroup::"S03", action, resource)
  unless { principal in [Usergroup::"S04", Usergroup::"S01"] };
@id("c") forbid (principal, action, resource)
  when { if principal is Person in Usergroup::"S05" then true else !(principal in Usergroup::"S06") };
`))
	require.NoError(t, err)
	require.Equal(t, []string{"S01", "S02", "S03", "S04", "S05", "S06"}, set.Groups)
	require.Regexp(t, regexp.MustCompile(`^[0-9a-f]{64}$`), set.Digest)
}

func TestSamplePolicyIsGood(t *testing.T) {
	t.Parallel()
	src, err := os.ReadFile("../../../deploy/policy.cedar")
	require.NoError(t, err)
	set, err := rules.Parse("policy.cedar", src)
	require.NoError(t, err)
	require.Equal(t, []string{"S01SRE", "S02DEV", "S03LEAD"}, set.Groups)
	require.Empty(t, set.Warnings)

	// The freeze is a comment. It must still be valid without the slashes.
	start := strings.Index(string(src), "// @id(\"weekend-freeze\")")
	require.Positive(t, start)
	freeze := regexp.MustCompile(`(?m)^// `).ReplaceAllString(string(src[start:]), "")
	set, err = rules.Parse("policy.cedar", append(src[:start:start], freeze...))
	require.NoError(t, err)
	require.Empty(t, set.Warnings)
}

func FuzzParse(f *testing.F) {
	sample, err := os.ReadFile("../../../deploy/policy.cedar")
	require.NoError(f, err)
	f.Add(sample)
	f.Add([]byte(`@id("a") forbid (principal, action, resource) when { if context.incident then resource.name like ` +
		`"a*" else [1, 2].containsAny(context.ports) };`))
	f.Add([]byte(`@id("a") forbid (principal, action, resource) unless { ip("10.0.0.1").isInRange(ip("10.0.0.0/8")) ` +
		`|| {a: 1}["a"] == -1 };`))
	f.Add([]byte("@id(\"a"))
	f.Add([]byte("/* ; */ permit ( ; when { \"\\u{41}\" } ;"))
	f.Fuzz(func(t *testing.T, src []byte) {
		set, err := rules.Parse("f", src)
		if err == nil {
			require.NotEmpty(t, set.Digest)
			return
		}
		require.Nil(t, set)
		var e *rules.FileError
		require.True(t, errors.As(err, &e))
		require.NotEmpty(t, e.Problems)
		lines := strings.Count(string(src), "\n") + 1
		for _, p := range e.Problems {
			require.LessOrEqual(t, p.Line, lines)
			require.NotEmpty(t, p.Text)
		}
	})
}
