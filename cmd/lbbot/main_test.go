package main

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"go.uber.org/zap"

	"lbbot/bot/sandbox"
	"lbbot/zenlayer"
)

// TestMain is the program itself if the test binary is started as a bot: lbbot bench starts
// its own program.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "run" {
		main()
	}
	goleak.VerifyTestMain(m)
}

// runs runs the program and returns its exit code and what it wrote.
func runs(t *testing.T, environ map[string]string, args ...string) (code int, out, errOut string) {
	t.Helper()
	t.Chdir(t.TempDir())
	if environ == nil {
		environ = map[string]string{}
	}
	var o, e bytes.Buffer
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	code = run(ctx, args, environ, &o, &e)
	return code, o.String(), e.String()
}

func TestRunNamesEveryMissingSettingAtOnce(t *testing.T) {
	code, _, said := runs(t, nil, "run")
	require.Equal(t, exitUsage, code)
	for _, setting := range []string{"SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "ZENLAYER_ACCESS_KEY_ID",
		"ZENLAYER_ACCESS_KEY_SECRET", "ZENLAYER_TOKEN"} {
		require.Contains(t, said, setting)
	}
}

func TestTheReadmesPlaceholdersAreNamedBeforeAnythingBegins(t *testing.T) {
	code, _, said := runs(t, map[string]string{"SLACK_BOT_TOKEN": "xoxb-…", "SLACK_APP_TOKEN": "xapp-…",
		"ZENLAYER_ACCESS_KEY_ID": "…", "ZENLAYER_ACCESS_KEY_SECRET": "…"}, "run")
	require.Equal(t, exitUsage, code)
	for _, setting := range []string{"SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "ZENLAYER_ACCESS_KEY_ID",
		"ZENLAYER_ACCESS_KEY_SECRET"} {
		require.Contains(t, said, setting+" has characters")
	}
	require.NotContains(t, said, "xoxb-…")
	require.NoFileExists(t, "lbbot.db")
}

func TestMistypedArgumentsAreUsageErrors(t *testing.T) {
	for _, args := range [][]string{{"rnu"}, {"run", "--polcy", "x"}, {"run", "extra"}, {"policy", "check"},
		{"sandbox", "--addr", "8080"}, {"sandbox", "--addr", "0.0.0.0:8080"}} {
		code, _, said := runs(t, nil, args...)
		require.Equal(t, exitUsage, code, "%v: %s", args, said)
		require.NotEmpty(t, said)
	}
}

func TestMistypedArgumentsAreAnsweredWithWhatWasMeant(t *testing.T) {
	tests := map[string]struct {
		args []string
		says string
	}{
		"a command":              {[]string{"rnu"}, `lbbot has no command "rnu": did you mean run?`},
		"the start of a command": {[]string{"oper"}, "did you mean operations?"},
		"a command of a group": {[]string{"operations", "lst"},
			`lbbot operations has no command "lst": did you mean list?`},
		"a command that nothing is at": {[]string{"xyzzy"}, `lbbot has no command "xyzzy"`},
		"an argument too many":         {[]string{"run", "extra"}, `lbbot run takes no arguments, and got "extra"`},
		"no request": {[]string{"operations", "show"},
			"lbbot operations show takes one REF, such as: lbbot operations show LBR-7F3KQ2"},
		"no policy": {[]string{"policy", "check"},
			"lbbot policy check takes one FILE, such as: lbbot policy check policy.cedar"},
		"no cases": {[]string{"policy", "test"},
			"lbbot policy test takes one FILE of cases, such as: lbbot policy test cases.yaml"},
		"a policy that is not there": {[]string{"policy", "check", "none.cedar"},
			"none.cedar: no such file or directory: give the path of a policy file; LBBOT_POLICY names the bot's own"},
		"a folder for a policy": {[]string{"policy", "check", "."}, "is a directory: give the path of a policy file"},
		"cases that are not there": {[]string{"policy", "test", "none.yaml"},
			"no such file or directory: give the path of a file of cases"},
		"an export that is not there": {[]string{"operations", "verify", "--file", "none.jsonl"},
			"no such file or directory: give a file that lbbot operations export --output FILE wrote"},
		"a configuration that is not there": {[]string{"run", "--config", "none.yaml"},
			"none.yaml: no such file or directory; check --config"},
		"an unknown action": {[]string{"policy", "explain", "--action", "drop"},
			"it is one of register undo remove approve breakGlass viewHistory pause"},
		"a database by flag": {[]string{"operations", "list", "--database", "/x.db"},
			"--database must be sqlite:PATH"},
		"a database that is not there": {[]string{"operations", "list", "--database", "sqlite:none.db"},
			"check --database or LBBOT_DATABASE_URL"},
		"wrong settings": {[]string{"run", "--log-level", "loud"},
			"the bot cannot start with these settings:"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, _, said := runs(t, nil, tt.args...)
			require.Contains(t, said, tt.says)
			if !strings.Contains(tt.says, "did you mean") {
				require.NotContains(t, said, "did you mean")
			}
		})
	}
}

func TestRefusedTokensAreNamedAndEndTheStartWithTheirOwnExitCode(t *testing.T) {
	const bot, app = "SLACK_BOT_TOKEN", "SLACK_APP_TOKEN"
	tests := map[string]struct {
		refuse         func(*sandbox.Slack)
		says, saysNone []string
	}{
		"the bot token is revoked": {func(s *sandbox.Slack) { s.RevokeToken(sandbox.TheBotToken) },
			[]string{bot + " (token_revoked)", "reinstall the app"}, []string{app}},
		"the app token is revoked": {func(s *sandbox.Slack) { s.RevokeToken(sandbox.TheAppToken) },
			[]string{app + " (token_revoked)", "connections:write"}, []string{bot}},
		"both are revoked": {func(s *sandbox.Slack) {
			s.RevokeToken(sandbox.TheBotToken)
			s.RevokeToken(sandbox.TheAppToken)
		},
			[]string{bot + " (token_revoked)", app + " (token_revoked)"}, nil},
		"the bot token is wrong": {func(s *sandbox.Slack) {
			s.FailNext("auth.test",
				sandbox.APIFault{Error: "invalid_auth", Times: -1})
		},
			[]string{bot + " (invalid_auth)", "OAuth & Permissions"}, []string{app}},
		"the app token is wrong": {func(s *sandbox.Slack) {
			s.FailNext("apps.connections.open", sandbox.APIFault{Error: "invalid_auth", Times: -1})
		}, []string{app + " (invalid_auth)"}, []string{bot}},
		"the bot token expired": {func(s *sandbox.Slack) {
			s.FailNext("auth.test",
				sandbox.APIFault{Error: "token_expired", Times: -1})
		},
			[]string{bot + " (token_expired)", "token rotation", "lbbot manifest"}, []string{app}},
		"the app token lacks its scope": {func(s *sandbox.Slack) {
			s.FailNext("apps.connections.open", sandbox.APIFault{Error: "missing_scope", Times: -1})
		}, []string{app + " (missing_scope)", "connections:write"}, []string{bot}},
		"Socket Mode is off": {func(s *sandbox.Slack) { s.LinkDisabled(true) },
			[]string{"link_disabled", "switch Socket Mode on"}, []string{bot}},
		"the app is installed for the organization": {func(s *sandbox.Slack) { s.SetOrgWide(true) },
			[]string{"whole organization", "install the app in that workspace"}, []string{app}},
		"the answer repeats the token": {func(s *sandbox.Slack) {
			s.FailNext("auth.test", sandbox.APIFault{Error: "invalid_auth: xoxb-planted", Times: -1})
			s.RevokeToken(sandbox.TheAppToken)
		}, []string{app + " (token_revoked)", "unreadable_code"}, nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			slack := sandbox.New(sandbox.Options{AppToken: "xapp-planted", BotToken: "xoxb-planted"})
			_, err := slack.Start()
			require.NoError(t, err)
			defer slack.Close()
			tt.refuse(slack)
			code, _, said := runs(t, map[string]string{
				"SLACK_BOT_TOKEN": "xoxb-planted", "SLACK_APP_TOKEN": "xapp-planted", "SLACK_API_URL": slack.APIURL(),
				"ZENLAYER_TOKEN": "planted-token", "ZENLAYER_ENDPOINT": "http://127.0.0.1:9",
				"LBBOT_ADMIN_ADDR": "127.0.0.1:0",
			}, "run")
			require.Equal(t, exitFatal, code, said)
			for _, part := range tt.says {
				require.Contains(t, said, part)
			}
			for _, part := range tt.saysNone {
				require.NotContains(t, said, part)
			}
			require.NotContains(t, said, "planted")
		})
	}
}

func TestPolicyCheckNamesTheLine(t *testing.T) {
	file := filepath.Join(t.TempDir(), "p.cedar")
	require.NoError(t,
		os.WriteFile(file, []byte("@id(\"a\")\npermit (principal, action == Action::\"regster\", resource);\n"), 0o600))
	code, _, said := runs(t, nil, "policy", "check", file)
	require.Equal(t, exitFailed, code)
	require.Regexp(t, `p\.cedar.*2`, strings.ReplaceAll(said, "\n", " "))

	require.NoError(t, os.WriteFile(file, sandboxPolicy, 0o600))
	code, out, said := runs(t, nil, "policy", "check", file)
	require.Equal(t, exitFine, code, said)
	require.Contains(t, out, "is fine")

	code, _, said = runs(t, nil, "policy", "check", filepath.Join(t.TempDir(), "none.cedar"))
	require.Equal(t, exitUsage, code)
	require.Contains(t, said, "none.cedar")
}

func TestManifestVersionAndHelpAnswer(t *testing.T) {
	code, out, _ := runs(t, nil, "manifest")
	require.Equal(t, exitFine, code)
	require.Contains(t, out, "/lb-register")
	require.Contains(t, out, "socket_mode_enabled: true")
	code, out, _ = runs(t, nil, "version")
	require.Equal(t, exitFine, code)
	require.Regexp(t, `^lbbot \d+\.\d+\.\d+\n$`, out)
	code, out, _ = runs(t, nil)
	require.Equal(t, exitFine, code)
	require.Contains(t, out, "sandbox")
}

func TestTakenPortIsAClearError(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	code, _, said := runs(t, nil, "sandbox", "--addr", l.Addr().String())
	require.Equal(t, exitFailed, code)
	require.Contains(t, said, l.Addr().String())
	require.Contains(t, said, "--addr")
}

// output is written by the program while the test reads it.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

func TestSandboxServesItsPageAndEndsCleanly(t *testing.T) {
	t.Chdir(t.TempDir())
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var out, errOut output
	code := make(chan int, 1)
	go func() {
		code <- run(ctx, []string{"sandbox", "--addr", "127.0.0.1:0"}, map[string]string{}, &out, &errOut)
	}()
	address := regexp.MustCompile(`http://127\.0\.0\.1:\d+`)
	require.Eventually(t, func() bool { return address.MatchString(out.String()) }, 30*time.Second, 5*time.Millisecond,
		errOut.String())
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 10 * time.Second}
	resp, err := client.Get(address.FindString(out.String()))
	require.NoError(t, err)
	page, err := io.ReadAll(resp.Body)
	require.NoError(t, errorsOf(err, resp.Body.Close()))
	require.Equal(t, http.StatusOK, resp.StatusCode)
	require.Contains(t, string(page), "/lb-register api-lb/https-443 web-07")
	require.Contains(t, out.String(), "Channels and cloud are reset at each start.")
	stop()
	select {
	case got := <-code:
		require.Equal(t, exitFine, got, errOut.String())
	case <-time.After(30 * time.Second):
		require.FailNow(t, "the sandbox did not stop")
	}
	entries, err := filepath.Glob(filepath.Join(os.TempDir(), "lbbot-sandbox-*", "sandbox.db"))
	require.NoError(t, err)
	dir := regexp.MustCompile(`are in (\S+)\.`).FindStringSubmatch(out.String())
	require.Len(t, dir, 2)
	require.NotContains(t, strings.Join(entries, " "), dir[1], "the temporary folder is gone")
}

func TestSandboxMakesTheFolderThatIsNamedAndKeepsIt(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "folder")
	made, remove, err := folder(dir)
	require.NoError(t, err)
	require.NoError(t, remove())
	info, err := os.Stat(made)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o700), info.Mode().Perm())

	made, remove, err = folder("")
	require.NoError(t, err)
	require.DirExists(t, made)
	require.NoError(t, remove())
	require.NoDirExists(t, made)

	file := filepath.Join(dir, "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	code, _, said := runs(t, nil, "sandbox", "--addr", "127.0.0.1:0", "--dir", file)
	require.Equal(t, exitFailed, code)
	require.Contains(t, said, "--dir: creating the folder")
}

func errorsOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func TestPlaygroundResetRestartsTheBot(t *testing.T) {
	g, err := testPlayground(t.TempDir())
	require.NoError(t, err)
	defer g.close()
	require.NoError(t, g.start(t.Context()))
	require.Eventually(t, g.ready, 30*time.Second, 5*time.Millisecond)
	seed := len(g.cloud.Backends())
	g.slack.TypeCommand(t.Context(), "U0ANA", "C0INC2041", "/lb-register", "api-lb/https-443 web-07 weight=50")
	preview, err := g.slack.WaitMessage(t.Context(), "C0INC2041", "U0ANA",
		func(m sandbox.Message) bool { return strings.Contains(m.Text, "Preview") })
	require.NoError(t, err)
	require.True(t, g.slack.Click(t.Context(), "U0ANA", "C0INC2041", preview.TS, "req_send", "").Acked)
	_, err = g.slack.WaitMessage(t.Context(), "C0INC2041", "U0ANA",
		func(m sandbox.Message) bool { return strings.HasPrefix(m.Text, "Added") })
	require.NoError(t, err)
	require.Len(t, g.cloud.Backends(), seed+1)

	require.NoError(t, g.reset(t.Context()))
	require.Len(t, g.cloud.Backends(), seed)
	left := g.slack.Messages("C0INC2041", "U0ANA")
	require.Len(t, left, 1, "the alert is posted again")
	require.Contains(t, string(left[0].Attachments), "FIRING")
	require.Eventually(t, g.ready, 30*time.Second, 5*time.Millisecond)
}

func TestASandboxWithAnOldDatabaseGivesOtherIDs(t *testing.T) {
	dir := t.TempDir()
	added := func() string {
		g, err := testPlayground(dir)
		require.NoError(t, err)
		defer g.close()
		require.NoError(t, g.start(t.Context()))
		return g.cloud.AddBackend(zenlayer.Backend{ListenerID: "lst-8f2c", InstanceID: "i-55a1"}).BackendID
	}
	require.Equal(t, "be-20d1", added())
	require.NotEqual(t, "be-20d1", added(), "the bot remembers what was taken off before")
}

func nopLog() *zap.Logger { return zap.NewNop() }
