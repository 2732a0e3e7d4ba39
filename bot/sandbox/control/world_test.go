package control

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"lbbot/bot/sandbox"
)

func TestTheExampleFileIsTheSampleWorkspace(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../../deploy/sandbox-world.yaml")
	require.NoError(t, err)
	w, err := ReadWorld("deploy/sandbox-world.yaml", text)
	require.NoError(t, err)
	require.Equal(t, sandbox.SampleWorkspace(), w.Options().Workspace)
	shown := worldOf(sandbox.SampleWorkspace(), w.Options().Shortcuts)
	require.Equal(t, w.Options().Workspace, shown.workspace(), "what the API shows can be written to a file")
}

func TestAWorldThatIsWrongIsRefused(t *testing.T) {
	t.Parallel()
	const people, channels = "people:\n  - name: ana\n", "channels:\n  - {name: ops, members: [ana]}\n"
	for name, c := range map[string]struct{ text, want string }{
		"no people":         {"workspace: {name: Acme}\n", "w.yaml: people and channels are both needed"},
		"an unknown key":    {people + channels + "team: x\n", `w.yaml:5:1: unknown field "team"`},
		"a key below":       {"people:\n  - name: ana\n    age: 4\n" + channels, `w.yaml:3:5: unknown field "age"`},
		"a wrong type":      {"people: ana\n" + channels, "w.yaml:1:9: "},
		"no YAML":           {"people: [\n", "w.yaml:1:"},
		"an unknown kind":   {"people:\n  - {name: ana, kind: boss}\n" + channels, `kind "boss" is not one of member`},
		"nobody":            {people + "channels:\n  - {name: ops, creator: eve, members: [bo]}\n", "names \"bo\""},
		"two with one id":   {"people:\n  - name: ana\n  - name: ana\n" + channels, "has the id U0ANA of person ana"},
		"no name":           {"people:\n  - id: U1\n" + channels, "person has no name"},
		"not a command":     {people + channels + "app: {commands: [deploy]}\n", `"deploy" is not a slash command`},
		"a group of ghosts": {people + channels + "groups:\n  - {handle: s, members: [casper]}\n", "names \"casper\""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := ReadWorld("w.yaml", []byte(c.text))
			require.ErrorContains(t, err, c.want)
		})
	}
}

func TestAWorldNeedsOnlyNames(t *testing.T) {
	t.Parallel()
	w, err := ReadWorld("w.yaml", []byte("people: [{name: ana}, {name: eve, kind: outsider}]\n"+
		"channels: [{name: dev-ops, creator: ana, members: [ana, eve], app: true, shared: true}]\n"))
	require.NoError(t, err)
	o := w.Options()
	require.Empty(t, o.Command, "people can type every command")
	require.Equal(t, []sandbox.Channel{
		{ID: "C0DEVOPS", Name: "dev-ops", Creator: "U0ANA", Members: []string{"U0ANA", "U0EVE"}, BotMember: true,
			ExtShared: true},
		{ID: "D0ANA", Creator: "U0ANA", Private: true, Members: []string{"U0ANA"}, BotMember: true, IM: "U0ANA"},
	}, o.Workspace.Channels)
	require.Equal(t, otherTeam, o.Workspace.People[1].TeamID)
}
