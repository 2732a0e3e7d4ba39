package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// outside is a sandbox without a bot, seen from outside.
type outside struct {
	t      *testing.T
	page   string
	env    map[string]string // the printed lines
	client *http.Client
}

// standIns starts lbbot sandbox --no-bot on free ports and reads what it prints.
func standIns(t *testing.T, flags ...string) outside {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	var out, errOut output
	code := make(chan int, 1)
	args := append([]string{"sandbox", "--no-bot", "--addr", "127.0.0.1:0", "--slack-addr", "127.0.0.1:0",
		"--zenlayer-addr", "127.0.0.1:0"}, flags...)
	go func() { code <- run(ctx, args, map[string]string{}, &out, &errOut) }()
	t.Cleanup(func() {
		stop()
		require.Equal(t, exitFine, <-code, errOut.String())
	})
	require.Eventually(t, func() bool { return strings.Contains(out.String(), "ZENLAYER_ACCESS_KEY_SECRET=") },
		30*time.Second, time.Millisecond, errOut.String())
	o := outside{t, regexp.MustCompile(`http://127\.0\.0\.1:\d+`).FindString(out.String()), map[string]string{},
		&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}}
	for _, line := range regexp.MustCompile(`(?m)^export (\w+)='(.*)'$`).FindAllStringSubmatch(out.String(), -1) {
		o.env[line[1]] = line[2]
	}
	return o
}

// asks sends a request and returns the status and the body.
func (o outside) asks(method, address, body string, header ...string) (int, string) {
	o.t.Helper()
	q, err := http.NewRequestWithContext(o.t.Context(), method, address, strings.NewReader(body))
	require.NoError(o.t, err)
	for i := 0; i+1 < len(header); i += 2 {
		if header[i] == "Host" {
			q.Host = header[i+1]
		}
		q.Header.Set(header[i], header[i+1])
	}
	w, err := o.client.Do(q)
	require.NoError(o.t, err)
	defer w.Body.Close()
	text, err := io.ReadAll(w.Body)
	require.NoError(o.t, err)
	return w.StatusCode, string(text)
}

// does posts to the control API.
func (o outside) does(path, body string) string {
	o.t.Helper()
	status, answer := o.asks("POST", o.page+"/_control/"+path, body)
	require.Equal(o.t, http.StatusOK, status, "%s: %s", body, answer)
	require.NotContains(o.t, answer, `"failure"`, body)
	return answer
}

// reads waits until ana sees a message in #ops.
func (o outside) reads(text string) {
	o.t.Helper()
	status, answer := o.asks("GET", o.page+"/_control/messages?as=ana&channel=ops&wait=1m&contains="+
		url.QueryEscape(text), "")
	require.Equal(o.t, http.StatusOK, status, "%s: %s", text, answer)
}

// connected waits for this many connections.
func (o outside) connected(n int) {
	o.t.Helper()
	require.Eventually(o.t, func() bool {
		_, answer := o.asks("GET", o.page+"/_control/world", "")
		var world struct{ Connections int }
		return json.Unmarshal([]byte(answer), &world) == nil && world.Connections == n
	}, time.Minute, 10*time.Millisecond, "%d connections", n)
}

func TestRunWorksWithTheLinesThatTheSandboxPrints(t *testing.T) {
	o := standIns(t)
	require.Equal(t, "xoxb-sandbox", o.env["SLACK_BOT_TOKEN"])
	_, page := o.asks("GET", o.page, "")
	require.Contains(t, page, "No bot is connected")
	require.NotContains(t, page, "Guided tour")
	o.runs()
	o.does("command", `{"as":"ana","channel":"ops","command":"/lb-register","text":"whoami"}`)
	o.reads("You are U0ANA")
	o.does("command", `{"as":"ana","channel":"ops","command":"/lb-register",
		"text":"api-lb/https-443 web-07 weight=50"}`)
	o.reads("Nothing has changed yet")
	o.does("click", `{"as":"ana","channel":"ops","action":"req_send"}`)
	o.reads("Added web-07")
	_, log := o.asks("GET", o.page+"/_control/log?contains=RegisterBackend", "")
	require.Contains(t, log, `"result":"HTTP 200"`)
	require.NotContains(t, log, o.env["ZENLAYER_ACCESS_KEY_SECRET"])
	_, found := o.asks("GET", o.page+"/_control/findings", "")
	require.JSONEq(t, `{"findings":[]}`, found)
	o.does("command", `{"as":"dev","channel":"inc-2041","command":"/lb-register","text":"whoami"}`)
	status, answer := o.asks("GET", o.page+
		"/_control/messages?as=dev&channel=inc-2041&wait=1m&contains=incident+channel", "")
	require.Equal(t, http.StatusOK, status, answer)
}

// runs runs lbbot with the lines that were printed, until the test ends.
func (o outside) runs() {
	o.t.Helper()
	o.runsWith(o.env, "--policy", "sandbox.cedar", "--admin-addr", "",
		"--database", "sqlite:"+filepath.Join(o.t.TempDir(), "lbbot.db"))
}

// runsWith runs lbbot with some settings until the test ends.
func (o outside) runsWith(env map[string]string, flags ...string) {
	o.t.Helper()
	ctx, stop := context.WithCancel(o.t.Context())
	code := make(chan int, 1)
	go func() { code <- run(ctx, append([]string{"run"}, flags...), env, io.Discard, io.Discard) }()
	o.t.Cleanup(func() { stop(); require.Equal(o.t, exitFine, <-code) })
	o.connected(2)
}

func TestOtherSitesCannotUseTheStandIns(t *testing.T) {
	o := standIns(t)
	for name, address := range map[string]string{"page": o.page + "/say", "control": o.page + "/_control/reset",
		"slack": o.env["SLACK_API_URL"] + "auth.test", "zenlayer": o.env["ZENLAYER_ENDPOINT"] + "/api/v2/bmc"} {
		status, answer := o.asks("POST", address, "token=xoxb-sandbox", "Origin", "https://evil.example",
			"Content-Type", "application/x-www-form-urlencoded")
		require.Equal(t, http.StatusForbidden, status, "%s: %s", name, answer)
		status, answer = o.asks("POST", address, "", "Host", "evil.example")
		require.Equal(t, http.StatusForbidden, status, "%s: %s", name, answer)
	}
	status, _ := o.asks("POST", o.env["SLACK_API_URL"]+"auth.test", "", "Authorization", "Bearer xoxb-sandbox")
	require.Equal(t, http.StatusOK, status)
}

func TestASandboxWithoutBotSaysWhatIsWrongWithItsFlags(t *testing.T) {
	o := standIns(t)
	taken := strings.TrimSuffix(strings.TrimPrefix(o.env["SLACK_API_URL"], "http://"), "/api/")
	broken := filepath.Join(t.TempDir(), "world.yaml")
	require.NoError(t, os.WriteFile(broken, []byte("people:\n  - {nmae: ana}\n"), 0o600))
	free := []string{"--addr", "127.0.0.1:0", "--zenlayer-addr", "127.0.0.1:0"}
	for name, c := range map[string]struct {
		args []string
		code int
		want string
	}{
		"a taken port": {append(free, "--no-bot", "--slack-addr", taken), exitFailed,
			"the local Slack cannot be served on " + taken},
		"the way out": {append(free, "--no-bot", "--slack-addr", taken), exitFailed, "--slack-addr 127.0.0.1:0"},
		"an address that others reach": {[]string{"--no-bot", "--zenlayer-addr", "0.0.0.0:0"}, exitUsage,
			"--unsafe-listen allows other addresses"},
		"a file that is not there": {[]string{"--no-bot", "--world", "none.yaml"}, exitUsage,
			"deploy/sandbox-world.yaml"},
		"a file that is wrong": {[]string{"--no-bot", "--world", broken}, exitUsage,
			`world.yaml:2:6: unknown field "nmae"`},
		"a world for the own bot": {[]string{"--world", broken}, exitUsage, "--world needs --no-bot"},
		"a folder for no bot":     {[]string{"--no-bot", "--dir", "x"}, exitUsage, "--dir is for the"},
	} {
		t.Run(name, func(t *testing.T) {
			code, _, said := runs(t, nil, append([]string{"sandbox"}, c.args...)...)
			require.Equal(t, c.code, code, said)
			require.Contains(t, strings.Join(strings.Fields(said), " "), c.want)
		})
	}
}

func TestUnsafeListenServesOtherHosts(t *testing.T) {
	o := standIns(t, "--unsafe-listen", "--addr", "0.0.0.0:0", "--slack-addr", "0.0.0.0:0")
	port := regexp.MustCompile(`:(\d+)/api`).FindStringSubmatch(o.env["SLACK_API_URL"])
	require.Len(t, port, 2)
	status, answer := o.asks("POST", "http://127.0.0.1:"+port[1]+"/api/apps.connections.open", "",
		"Authorization", "Bearer xapp-sandbox", "Host", "sandbox.example:"+port[1])
	require.Equal(t, http.StatusOK, status)
	require.True(t, bytes.Contains([]byte(answer), []byte("ws://sandbox.example:"+port[1]+"/link/")), answer)
}

func TestThePageAboutTheSandboxIsRight(t *testing.T) {
	o := standIns(t)
	o.runs()
	text, err := os.ReadFile("../../deploy/docs/sandbox.md")
	require.NoError(t, err)
	examples := regexp.MustCompile(`(?m)^curl (?:-X (\w+) )?"?\$SANDBOX/([^\s"]+)"?(?: -d '(.*)')?$`).
		FindAllStringSubmatch(string(text), -1)
	require.Len(t, examples, strings.Count(string(text), "\ncurl "))
	for _, e := range examples {
		method, path, body := e[1], strings.ReplaceAll(e[2], "wait=10s", "wait=1m"), e[3]
		switch {
		case method != "":
		case body != "":
			method = "POST"
		default:
			method = "GET"
		}
		status, answer := 0, ""
		require.Eventually(t, func() bool { // a form opens after its act was acked; until then it cannot be closed
			status, answer = o.asks(method, o.page+"/_control/"+path, body)
			return status != http.StatusUnprocessableEntity
		}, 10*time.Second, 50*time.Millisecond, e[0])
		require.Equal(t, http.StatusOK, status, "%s: %s", e[0], answer)
		require.NotContains(t, answer, `"failure"`, e[0])
	}
	_, answer := o.asks("GET", o.page+"/_control/faults", "")
	var list struct {
		Faults []struct {
			Fault  string
			Fields []string
		}
	}
	require.NoError(t, json.Unmarshal([]byte(answer), &list))
	for _, f := range list.Faults {
		row := regexp.MustCompile("(?m)^\\| `" + f.Fault + "` .*$").FindString(string(text))
		require.NotEmpty(t, row, f.Fault)
		for _, field := range f.Fields {
			require.Contains(t, row, "`"+field+"`", f.Fault)
		}
	}
}
