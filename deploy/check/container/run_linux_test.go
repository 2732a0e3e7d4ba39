package container

import (
	"bufio"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"regexp"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// standIns starts the local Slack and the local cloud and returns the variables that point
// a bot at them.
func standIns(t *testing.T) map[string]string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program(t), "sandbox", "--no-bot", "--addr", "127.0.0.1:0",
		"--slack-addr", "127.0.0.1:0", "--zenlayer-addr", "127.0.0.1:0")
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	env, lines := map[string]string{}, bufio.NewScanner(out)
	for env["ZENLAYER_ACCESS_KEY_SECRET"] == "" && lines.Scan() {
		if v := regexp.MustCompile(`^export (\w+)='(.*)'$`).FindStringSubmatch(lines.Text()); v != nil {
			env[v[1]] = v[2]
		}
	}
	require.NotEmpty(t, env["ZENLAYER_ACCESS_KEY_SECRET"])
	go func() { _, _ = io.Copy(io.Discard, out) }()
	free, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, free.Close())
	env["LBBOT_ADMIN_ADDR"] = free.Addr().String()
	return env
}

func TestTheHealthCommandIsGreenWhileTheBotIsReady(t *testing.T) {
	t.Parallel()
	l := lay(t, nil)
	l.env = standIns(t)
	code, said := l.healthy()
	require.Equal(t, 1, code, said)
	require.Contains(t, said, "no bot answers at "+l.env["LBBOT_ADMIN_ADDR"])
	require.Empty(t, l.files())

	bot, log := l.start(l.cmd...)
	green := func() bool { code, said = l.healthy(); return code == 0 }
	require.Eventually(t, green, time.Minute, 20*time.Millisecond)
	require.Contains(t, said, "is ready, with ")
	before := l.files()
	require.Contains(t, before, "lbbot.db")
	fastest := time.Minute
	for range 3 { // other tests use the processor too
		began := time.Now()
		require.True(t, green(), said)
		fastest = min(fastest, time.Since(began))
	}
	t.Logf("the health command takes %s", fastest)
	require.Less(t, fastest, time.Second)
	require.Equal(t, before, l.files())

	require.NoError(t, bot.Process.Signal(syscall.SIGSTOP))
	began := time.Now()
	code, said = l.healthy()
	require.Equal(t, 1, code, said)
	require.Contains(t, said, "does not say how it is")
	require.Less(t, time.Since(began), l.health.Health.Timeout, "the engine would say less than doctor")
	require.NoError(t, bot.Process.Signal(syscall.SIGCONT))
	require.Eventually(t, green, time.Minute, 20*time.Millisecond)

	require.NoError(t, bot.Process.Signal(syscall.SIGTERM))
	_ = bot.Wait()
	require.Equal(t, 0, bot.ProcessState.ExitCode(), log.String())
	require.NotContains(t, log.String(), "read-only file system")
	code, said = l.healthy()
	require.Equal(t, 1, code, said)
}

func TestTheImagePlaysTheSandboxOnAReadOnlyRoot(t *testing.T) {
	t.Parallel()
	l := lay(t, nil)
	if !l.mounted {
		fmt.Println("not checked here: the sandbox in the image, because it needs /proc and /dev, which are mounts")
		return
	}
	code, said := l.runs("sandbox", "--play", "typed")
	require.Equal(t, 0, code, said)
	require.Empty(t, l.files(), "nothing is left")
}

func TestTheImageHasTimeZonesAndUsesItsRootCertificates(t *testing.T) {
	t.Parallel()
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // it complains about the client
	server.StartTLS()
	t.Cleanup(server.Close)
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	for name, c := range map[string]struct {
		added []byte
		want  string
	}{
		"an authority of the image": {certificate, "^failed: .*HTTP 404"},
		"an unknown authority":      {nil, "^failed: .*certificate"},
	} {
		l := lay(t, c.added)
		l.env = map[string]string{"SLACK_BOT_TOKEN": "xoxb-1234567890", "SLACK_APP_TOKEN": "xapp-1234567890",
			"SLACK_API_URL": "http://127.0.0.1:1/api/", "ZENLAYER_ENDPOINT": server.URL, "ZENLAYER_TOKEN": "1234567890",
			"LBBOT_ADMIN_ADDR": "127.0.0.1:1", "TZ": "Asia/Tokyo"}
		_, said := l.runs("doctor", "--json")
		require.Regexp(t, c.want, found(t, said, "Zenlayer"), name)
		require.Equal(t, "ok: TZ is Asia/Tokyo", found(t, said, "time zone data"))
	}
}
