package main

import (
	"encoding/json"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot/doctor"
)

// setup is an installation in the sandbox, which a test breaks.
type setup struct {
	t    *testing.T
	box  outside
	env  map[string]string
	args []string
	dir  string
}

// install is a whole installation: the printed lines, a policy and an empty data folder.
func (o outside) install(t *testing.T) *setup {
	t.Helper()
	s := &setup{t: t, box: o, env: maps.Clone(o.env), dir: t.TempDir()}
	s.env["LBBOT_POLICY"] = filepath.Join(s.dir, "policy.cedar")
	s.env["LBBOT_DATABASE_URL"] = "sqlite:" + s.database()
	s.env["LBBOT_ADMIN_ADDR"] = "127.0.0.1:1" // nothing can listen there
	s.policy(string(sandboxPolicy))
	return s
}

func (s *setup) database() string { return filepath.Join(s.dir, "lbbot.db") }

func (s *setup) policy(text string) {
	s.t.Helper()
	require.NoError(s.t, os.WriteFile(s.env["LBBOT_POLICY"], []byte(text), 0o600))
}

// text is the policy as it is now.
func (s *setup) text() string {
	s.t.Helper()
	text, err := os.ReadFile(s.env["LBBOT_POLICY"])
	require.NoError(s.t, err)
	return string(text)
}

// rule replaces a text of the policy.
func (s *setup) rule(from, to string) {
	s.t.Helper()
	require.Contains(s.t, string(sandboxPolicy), from)
	s.policy(strings.ReplaceAll(string(sandboxPolicy), from, to))
}

// bot serves an answer at the admin address.
func (s *setup) bot(status int, answer string) {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = w.Write([]byte(answer))
	})
	server := httptest.NewServer(mux)
	s.t.Cleanup(server.Close)
	s.env["LBBOT_ADMIN_ADDR"] = strings.TrimPrefix(server.URL, "http://")
}

// runs runs the bot of the installation until it is ready.
func (s *setup) runs() {
	s.t.Helper()
	free, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(s.t, err)
	require.NoError(s.t, free.Close())
	s.env["LBBOT_ADMIN_ADDR"] = free.Addr().String()
	s.box.runsWith(s.env)
	require.Eventually(s.t, func() bool {
		status, _ := s.box.asks("GET", "http://"+free.Addr().String()+"/readyz", "")
		return status == http.StatusOK
	}, time.Minute, 10*time.Millisecond)
}

// examined runs lbbot doctor --json and returns its report. No output has a secret.
func (s *setup) examined() (code int, r doctor.Report, said string) {
	s.t.Helper()
	code, out, said := runs(s.t, s.env, append([]string{"doctor", "--json"}, s.args...)...)
	require.NoError(s.t, json.Unmarshal([]byte(out), &r), out+said)
	for _, name := range []string{"SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "ZENLAYER_ACCESS_KEY_SECRET"} {
		require.NotContains(s.t, out+said, s.env[name], name)
	}
	require.NotContains(s.t, out+said, "hunter2")
	return code, r, out + said
}

// of returns the results with a verdict, by check.
func of(r doctor.Report, verdicts ...doctor.Verdict) map[string]doctor.Result {
	all := map[string]doctor.Result{}
	for _, c := range r.Checks {
		for _, v := range verdicts {
			if c.Verdict == v {
				all[c.Check] = c
			}
		}
	}
	return all
}

func TestDoctorIsGreenInTheSandbox(t *testing.T) {
	operating, err := filepath.Abs("../../deploy/docs/operating.md")
	require.NoError(t, err)
	o := standIns(t)
	s := o.install(t)
	s.args = []string{"--connect"}
	code, r, said := s.examined()
	require.Equal(t, exitFine, code, said)
	require.Equal(t, doctor.OK, r.Verdict, said)
	require.Contains(t, said, "Slack greeted a connection")
	require.Contains(t, said, "register: sre-in-incidents (2 people)")
	require.Len(t, of(r, doctor.NotChecked), 1, said)
	require.Contains(t, of(r, doctor.NotChecked), "running bot")

	s.runs() // the bot, on the same database
	code, r, said = s.examined()
	require.Equal(t, exitFine, code, said)
	require.Contains(t, of(r, doctor.OK)["running bot"].Found, "is ready, with 2 connections to Slack, the last hello")
	require.Equal(t, "the running bot is connected", of(r, doctor.OK)["Socket Mode"].Found)
	require.Contains(t, of(r, doctor.OK)["durable settings"].Found, "journal_mode is wal")

	page, err := os.ReadFile(operating) //nolint:gosec // of this repository
	require.NoError(t, err)
	_, rows, _ := strings.Cut(string(page), "\n## Doctor\n")
	for _, c := range r.Checks {
		require.Regexp(t, "(?m)^\\| (`[^|]*, )?`"+c.Check+"`", rows)
	}

	s.args = []string{"--local"}
	code, r, said = s.examined()
	require.Equal(t, exitFine, code, said)
	require.Len(t, r.Checks, 4, said)
	o.connected(2) // and none more
}

func TestDoctorPrintsALineForEachCheckAndTheNextStep(t *testing.T) {
	s := standIns(t).install(t)
	s.env["LBBOT_OWNER_CHANNEL"] = "C0GENERAL"
	code, out, said := runs(t, s.env, "doctor")
	require.Equal(t, exitFailed, code)
	require.Regexp(t, `(?m)^ok           bot token {15}@lbbot in the workspace Sandbox .* \([0-9.]+ ms\)$`, out)
	require.Regexp(t, `(?m)^failed       owner channel {11}LBBOT_OWNER_CHANNEL: the bot is not a member of `+
		`#general \(C0GENERAL\)  \([0-9.]+ ms\)\n {37}→ in the channel, type /invite @lbbot$`, out)
	require.Contains(t, out, "\n1 failed, 2 not checked, 24 ok\n")
	require.Equal(t, "lbbot: something that the bot needs is wrong\n", said)
}

func TestDoctorReportsEachProblemOfTheConfiguration(t *testing.T) {
	s := standIns(t).install(t)
	s.env["LBBOT_RATE"], s.env["LBBOT_DRAIN"] = "many", "-1s"
	code, r, said := s.examined()
	require.Equal(t, exitUsage, code, said)
	var problems []string
	for _, c := range r.Checks {
		if c.Verdict == doctor.Failed {
			problems = append(problems, c.Check+": "+c.Found)
		}
	}
	require.Len(t, problems, 2, said)
	require.Contains(t, strings.Join(problems, "\n"), "configuration: LBBOT_RATE is wrong")
	require.Contains(t, strings.Join(problems, "\n"), "configuration: LBBOT_DRAIN is wrong")
	require.Len(t, of(r, doctor.NotChecked), 1)
}

func TestDoctorSaysThatTheBotTokenIsOfAnotherWorkspace(t *testing.T) {
	file := filepath.Join(t.TempDir(), "world.yaml")
	require.NoError(t, os.WriteFile(file, []byte("workspace: {name: Elsewhere}\n"+
		"people: [{name: ana}]\nchannels: [{name: random, creator: ana}]\n"), 0o600))
	s := standIns(t, "--world", file).install(t)
	s.env["LBBOT_OWNER_CHANNEL"], s.env["LBBOT_INCIDENT_CREATORS"] = "C0OPS", "U0INCBOT"
	code, r, said := s.examined()
	require.Equal(t, exitFailed, code)
	groups := of(r, doctor.Failed)["user groups"]
	require.Contains(t, groups.Found, "the workspace Elsewhere (")
	require.Contains(t, groups.Found, "has none of the user groups that the policy names: S01SRE does not exist")
	require.Contains(t, groups.Next, "take the bot token of the workspace", said)
	require.Contains(t, of(r, doctor.Failed)["owner channel"].Next, "that the bot token is of the right workspace")
}

func TestDoctorComparesTheAppsOfTheTokens(t *testing.T) {
	world, err := os.ReadFile("../../deploy/sandbox-world.yaml")
	require.NoError(t, err)
	for token, want := range map[string]doctor.Verdict{
		"xapp-1-A0LOCAL001-1-abc": doctor.OK, "xapp-1-A0OTHER0001-1-abc": doctor.Failed} {
		file := filepath.Join(t.TempDir(), "world.yaml")
		require.NoError(t, os.WriteFile(file, []byte(strings.ReplaceAll(string(world), "xapp-sandbox", token)), 0o600))
		s := standIns(t, "--world", file).install(t)
		s.env["LBBOT_OWNER_CHANNEL"], s.env["LBBOT_INCIDENT_CREATORS"] = "C0OPS", "U0INCBOT"
		_, r, said := s.examined()
		require.Contains(t, of(r, want), "one app", said)
		if want == doctor.Failed {
			require.Len(t, of(r, doctor.Failed), 1, said)
			require.Contains(t, said, "SLACK_BOT_TOKEN is of the app A0LOCAL001 and SLACK_APP_TOKEN of A0OTHER0001")
		}
	}
}
