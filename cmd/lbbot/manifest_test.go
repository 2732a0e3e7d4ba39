package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestManifestLeavesOutUserGroupsOnlyIfThePolicyNamesNone(t *testing.T) {
	const group = "@id(\"a\")\n@approvals(\"0\")\n" +
		"permit (principal in Usergroup::\"S01SRE\", action == Action::\"register\", resource is Listener);\n"
	const person = "@id(\"a\")\n@approvals(\"0\")\n" +
		"permit (principal == Person::\"U01ANN\", action == Action::\"register\", resource is Listener);\n"
	folder := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(folder, name)
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		return path
	}
	groups, people := write("groups.cedar", group), write("people.cedar", person)
	broken := write("broken.cedar", "permit")
	file := write("lbbot.yaml", "policy: "+people+"\n")
	for name, test := range map[string]struct {
		environ map[string]string
		args    []string
		code    int
		groups  bool
		says    string
	}{
		"no policy yet":                 {groups: true},
		"a policy of groups":            {environ: map[string]string{"LBBOT_POLICY": groups}, groups: true},
		"a policy of people":            {environ: map[string]string{"LBBOT_POLICY": people}},
		"the policy of the file":        {args: []string{"--config", file}},
		"the flag overrides the file":   {args: []string{"--config", file, "--policy", groups}, groups: true},
		"the settings name no file yet": {environ: map[string]string{"LBBOT_POLICY": folder + "/no"}, groups: true},
		"the flag names no file": {args: []string{"--policy", folder + "/no"}, code: exitUsage,
			says: "check --policy"},
		"a broken policy": {args: []string{"--policy", broken}, code: exitUsage, says: "broken.cedar:1:"},
		"a format that does not exist": {args: []string{"--format", "toml"}, code: exitUsage,
			says: `"toml": yaml or json`},
		"a broken setting of another part": {environ: map[string]string{"LBBOT_DRAIN": "soon"}, groups: true},
	} {
		t.Run(name, func(t *testing.T) {
			code, out, errOut := runs(t, test.environ, append([]string{"manifest"}, test.args...)...)
			require.Equal(t, test.code, code, errOut)
			require.Contains(t, errOut, test.says)
			for _, word := range []string{"usergroups:read", "subteam_created"} {
				if test.groups {
					require.Contains(t, out, word)
				} else {
					require.NotContains(t, out, word)
				}
			}
		})
	}
}

func TestManifestIsPrintedAsJSON(t *testing.T) {
	code, out, _ := runs(t, nil, "manifest", "--format", "json", "--name", "lbbot-test")
	require.Zero(t, code)
	var m struct {
		Display struct{ Name string } `json:"display_information"`
		Setting struct {
			Socket bool `json:"socket_mode_enabled"`
		} `json:"settings"`
	}
	require.NoError(t, json.Unmarshal([]byte(out), &m))
	require.Equal(t, "lbbot-test", m.Display.Name)
	require.True(t, m.Setting.Socket)
}
