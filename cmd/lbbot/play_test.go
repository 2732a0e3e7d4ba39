package main

import (
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lbbot/bot"
	"lbbot/bot/sandbox/control"
	"lbbot/bot/sandbox/story"
)

func TestEveryStoryPlaysToItsEnd(t *testing.T) {
	code, out, errOut := runs(t, nil, "sandbox", "--play", "all")
	require.Equal(t, exitFine, code, "%s%s", out, errOut)
	for _, s := range stories() {
		require.Contains(t, out, s.Name+": ")
		require.Contains(t, out, s.End)
	}
	require.Contains(t, out, "Preview: add web-07 to api-lb port 443")
	require.Contains(t, out, "RegisterBackend (done, but the answer is lost)")
	require.Contains(t, out, `"80a" is not a port`)
	require.Contains(t, out, "DeregisterBackend (HTTP 200)")
	require.NotContains(t, out, "xoxb-")
}

func TestStoryThatEndsOtherwiseSaysWhichStep(t *testing.T) {
	typed := stories()[0]
	for name, test := range map[string]struct {
		change func(*story.Story)
		says   []string
	}{
		"the cloud refuses": {func(s *story.Story) {
			s.Steps = append([]story.Step{{Fault: control.Setting{Fault: "zenlayer", Kind: "refused",
				Action: registerBackend}}}, s.Steps...)
		}, []string{`after "presses Add server"`, `"Added: web-07 on api-lb port 443"`, "seen: Not "}},
		"another text is expected": {func(s *story.Story) { s.Steps[0].Private = "Nothing of the kind" },
			[]string{"types /lb-register", `"Nothing of the kind"`, "seen: Preview: add web-07"}},
		"there is no such button": {func(s *story.Story) { s.Steps[1].Press = "Remove it" },
			[]string{`there is no button "Remove it"`}},
		"more backends are expected": {func(s *story.Story) { s.Backends = 2 },
			[]string{"+2 backends in the cloud, not +1"}},
		"more calls are expected": {func(s *story.Story) { s.Calls = map[string]int{registerBackend: 2} },
			[]string{"RegisterBackend:2", "RegisterBackend:1"}},
	} {
		t.Run(name, func(t *testing.T) {
			g := playing(t)
			s := typed
			s.Steps = append([]story.Step{}, typed.Steps...)
			test.change(&s)
			p := g.player()
			p.Patience /= 20
			err := p.Play(t.Context(), s, func(story.Line) {})
			require.ErrorAs(t, err, new(*story.Wrong))
			for _, words := range test.says {
				require.ErrorContains(t, err, words)
			}
		})
	}
}

func TestPlayTakesTheNamesOfStoriesAndNoPage(t *testing.T) {
	for name, test := range map[string]struct {
		args []string
		says string
	}{
		"an unknown story": {[]string{"--play", "typo"},
			`--play has no story "typo": choose one of typed, form, denied, lost-answer, undo, all`},
		"no name":  {[]string{"--play", ""}, `--play has no story ""`},
		"no bot":   {[]string{"--play", "all", "--no-bot"}, "leave out --no-bot"},
		"a folder": {[]string{"--play", "all", "--dir", "x"}, "leave out --dir"},
	} {
		t.Run(name, func(t *testing.T) {
			code, _, errOut := runs(t, nil, append([]string{"sandbox"}, test.args...)...)
			require.Equal(t, exitUsage, code)
			require.Contains(t, errOut, test.says)
		})
	}
}

func TestSandboxLeavesTheAdminPortAndTheFolderAlone(t *testing.T) {
	held, err := net.Listen("tcp", bot.Defaults().AdminAddr)
	if err == nil {
		defer func() { require.NoError(t, held.Close()) }()
	} // else another program holds it, which is as good
	dir := t.TempDir()
	for _, name := range []string{"lbbot.yaml", "lbbot.db"} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte("no_such_key: true\n"), 0o600))
	}
	g, err := testPlayground(dir)
	require.NoError(t, err)
	t.Cleanup(g.close)
	require.NoError(t, g.start(t.Context()))
	require.NoError(t, g.reset(t.Context()))
	for _, name := range []string{"lbbot.yaml", "lbbot.db"} {
		left, err := os.ReadFile(filepath.Join(dir, name))
		require.NoError(t, err)
		require.Equal(t, "no_such_key: true\n", string(left))
	}
}

// playing is a sandbox without a page whose bot is ready.
func playing(t *testing.T) *playground {
	t.Helper()
	g, err := testPlayground(t.TempDir())
	require.NoError(t, err)
	t.Cleanup(g.close)
	require.NoError(t, g.start(t.Context()))
	return g
}

func TestBotThatIsKilledAfterAClickKeepsItsPromises(t *testing.T) {
	for name, trouble := range map[string]control.Setting{
		"between the click and the call": {},
		"during the call":                {Fault: "slow-cloud", Action: registerBackend, Seconds: 1},
	} {
		t.Run(name, func(t *testing.T) {
			g := playing(t)
			if trouble.Fault != "" {
				require.NoError(t, g.panel.SetFault(trouble))
			}
			require.NoError(t, g.player().Play(t.Context(), story.Story{As: engineer, In: incident,
				Steps: []story.Step{{Type: "/lb-register api-lb/https-443 web-08 weight=50", Private: "web-08"},
					{Press: "Add server"}, {Fault: control.Setting{Fault: "bot-killed"}},
					{Public: "Added: web-08"}},
				Backends: 1, Calls: map[string]int{registerBackend: 1}}, func(story.Line) {}))
			cards := 0
			for _, m := range g.slack.Messages(incident, engineer) {
				if !m.Ephemeral && !m.Deleted && strings.Contains(m.Text, "web-08") {
					cards++
				}
			}
			require.Equal(t, 1, cards)
		})
	}
}

// testPlayground is a sandbox whose bot is the program that is tested, if there is one
// besides this test: it starts faster.
func testPlayground(dir string) (*playground, error) {
	g, err := newPlayground(dir, io.Discard, nopLog())
	if path := os.Getenv("LBBOT_TEST_BINARY"); err == nil && path != "" {
		g.bot.program = path
	}
	return g, err
}
