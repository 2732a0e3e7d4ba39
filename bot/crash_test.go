package bot_test

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot"
	"lbbot/bot/sandbox"
	"lbbot/zenlayer/zenlayertest"
)

// binaryFolder is the folder of the real program; TestMain deletes it.
var binaryFolder string

// binary is the real program: the file that LBBOT_TEST_BINARY names, or else one
// that is built once for all tests.
var binary = sync.OnceValues(func() (string, error) {
	if given := os.Getenv("LBBOT_TEST_BINARY"); given != "" {
		return given, nil
	}
	var err error
	if binaryFolder, err = os.MkdirTemp("", "lbbot-test-"); err != nil {
		return "", err
	}
	path := filepath.Join(binaryFolder, "lbbot")
	if out, err := exec.Command("go", "build", "-o", path, "lbbot/cmd/lbbot").CombinedOutput(); err != nil {
		return "", fmt.Errorf("building lbbot: %w\n%s", err, out)
	}
	return path, nil
})

// process is the real binary, running.
type process struct {
	cmd  *exec.Cmd
	log  *syncBuffer // of all processes of the house
	own  *syncBuffer // of this one
	done chan struct{}
	err  error
}

// environment is what `lbbot run` needs to serve this house.
func (h *house) environment() []string {
	return append([]string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + h.t.TempDir(),
		"SLACK_BOT_TOKEN=xoxb-planted-bot-token", "SLACK_APP_TOKEN=xapp-planted-app-token",
		"SLACK_API_URL=" + h.slack.APIURL(),
		"ZENLAYER_ACCESS_KEY_ID=" + keyID, "ZENLAYER_ACCESS_KEY_SECRET=" + secret,
		"ZENLAYER_ENDPOINT=" + h.config.ZenlayerEndpoint,
		"LBBOT_DATABASE_URL=" + h.config.DatabaseURL, "LBBOT_POLICY=" + h.config.Policy,
		"LBBOT_INCIDENT_CREATORS=U0INCBOT",
		"LBBOT_ADMIN_ADDR=127.0.0.1:0", "LBBOT_SLACK_CONNECTIONS=1", "LBBOT_DRAIN=5s", "LBBOT_RATE=0",
		"LBBOT_LOG_LEVEL=" + h.config.LogLevel, "LBBOT_ZENLAYER_RATE=" + h.config.ZenlayerRate.String(),
		"LBBOT_APPROVAL_CHANNEL=" + h.config.ApprovalChannel, "LBBOT_CONFIRM=" + string(h.config.Confirm),
	}, h.env...)
}

// launch starts the binary and waits until it is connected.
func (h *house) launch() *process {
	h.t.Helper()
	p := h.begins()
	require.Eventually(h.t, func() bool { return strings.Contains(p.own.String(), "connected to Slack") },
		30*time.Second, 2*time.Millisecond,
		"the binary did not connect")
	return p
}

// begins starts the binary.
func (h *house) begins() *process {
	h.t.Helper()
	path, err := binary()
	require.NoError(h.t, err)
	p := &process{cmd: exec.Command(path, "run"), log: h.log, own: &syncBuffer{}, done: make(chan struct{})}
	said := io.MultiWriter(h.log, p.own)
	p.cmd.Dir, p.cmd.Env, p.cmd.Stdout, p.cmd.Stderr = h.t.TempDir(), h.environment(), said, said
	require.NoError(h.t, p.cmd.Start())
	go func() { p.err = p.cmd.Wait(); close(p.done) }()
	h.t.Cleanup(p.kill)
	return p
}

// kill ends the process as a power cut would, and returns when it is gone.
func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	<-p.done
}

// settled requires the one outcome that is right however often the bot was
// killed: one backend, one token, one card, and it says Added.
func (h *house) settled() {
	h.t.Helper()
	h.sees(ana, incident, "Added", "be-", "LBR-")
	require.Len(h.t, h.ofServer(listener, "i-55a1"), 1, "one backend")
	tokens := map[any]bool{}
	for _, body := range h.registerBodies() {
		tokens[body["clientToken"]] = true
	}
	require.Len(h.t, tokens, 1, "one client token")
	cards := h.cards(incident)
	if len(cards) != 1 {
		for _, c := range cards {
			h.t.Logf("card %s: %s", c.TS, c.Text)
		}
	}
	require.Len(h.t, cards, 1, "one card")
}

// at arms a house so that kill is called at one boundary.
type at func(h *house, kill func())

// only returns a function whose nth call calls do.
func only(nth int, do func()) func() {
	var calls atomic.Int64
	return func() {
		if calls.Add(1) == int64(nth) {
			do()
		}
	}
}

// boundaries are the moments around each step of a change whose call is this action,
// by name; nil is the moment after the ack.
func boundaries(action string) map[string]at {
	cloudCall := func(action string, nth int, phase zenlayertest.Phase) at {
		return func(h *house, kill func()) {
			hit := only(nth, kill)
			h.cloud.SetOnCall(func(c zenlayertest.Call, p zenlayertest.Phase) {
				if c.Action == action && p == phase {
					hit()
				}
			})
		}
	}
	slackCall := func(method string, nth int, phase sandbox.Phase) at {
		return func(h *house, kill func()) {
			hit := only(nth, kill)
			h.slack.OnAPICall(func(m string, p sandbox.Phase) {
				if m == method && p == phase {
					hit()
				}
			})
		}
	}
	moments := map[string]at{
		"as soon as Slack has the ack":       nil,
		"before the card is posted":          slackCall("chat.postMessage", 1, sandbox.BeforeExecute),
		"after the card is posted":           slackCall("chat.postMessage", 1, sandbox.AfterExecute),
		"before the listener is read again":  cloudCall("DescribeListeners", 1, zenlayertest.BeforeExecute),
		"before the click reads the pool":    cloudCall("DescribeBackends", 1, zenlayertest.BeforeExecute),
		"after the click read the pool":      cloudCall("DescribeBackends", 2, zenlayertest.AfterExecute),
		"before the look at the pool":        cloudCall("DescribeBackends", 3, zenlayertest.BeforeExecute),
		"after the look at the pool":         cloudCall("DescribeBackends", 4, zenlayertest.AfterExecute),
		"before the call":                    cloudCall(action, 1, zenlayertest.BeforeExecute),
		"after the call":                     cloudCall(action, 1, zenlayertest.AfterExecute),
		"before the card is edited":          slackCall("chat.update", 1, sandbox.BeforeExecute),
		"after the card is edited":           slackCall("chat.update", 1, sandbox.AfterExecute),
		"before the second edit of the card": secondEdit(action, sandbox.BeforeExecute),
		"after the second edit of the card":  secondEdit(action, sandbox.AfterExecute),
		"while the status is read back":      cloudCall("DescribeBackends", 5, zenlayertest.BeforeExecute),
	}
	if action == "DeregisterBackend" { // an addition takes it from the lists
		moments["after the load balancer was read"] = cloudCall("DescribeLoadBalancers", 1, zenlayertest.AfterExecute)
	}
	return moments
}

// secondEdit makes the card be posted before the call is answered, and edited before the status is read back, so that
// there is a second edit.
func secondEdit(action string, phase sandbox.Phase) at {
	return func(h *house, kill func()) {
		posted, edited := make(chan struct{}), make(chan struct{})
		post, first, second := only(1, func() { close(posted) }), only(1, func() { close(edited) }), only(2, kill)
		h.slack.OnAPICall(func(m string, p sandbox.Phase) {
			if m == "chat.update" && p == phase {
				second()
			}
			switch {
			case p == sandbox.AfterExecute && m == "chat.postMessage":
				post()
			case p == sandbox.AfterExecute && m == "chat.update":
				first()
			}
		})
		reads := only(5, func() { waitFor(edited) }) // two at the click, two right before the call
		h.cloud.SetOnCall(func(c zenlayertest.Call, p zenlayertest.Phase) {
			switch {
			case c.Action == action && p == zenlayertest.AfterExecute:
				waitFor(posted)
			case c.Action == "DescribeBackends" && p == zenlayertest.BeforeExecute:
				reads()
			}
		})
	}
}

// waitFor waits for something that need not come.
func waitFor(done <-chan struct{}) {
	select {
	case <-done:
	case <-time.After(5 * time.Second):
	}
}

func TestKilledAtEveryStepBoundaryLeavesOneBackendAndOneCard(t *testing.T) {
	t.Parallel()
	killedAtEveryBoundary(t, adding(), nil)
}

// deed is a request of the kill tests.
type deed struct {
	action  string                // the call it leads to
	asks    func(h *house) string // the text of the command, once all is ready for it
	settled func(h *house)        // requires the one outcome that is right
	thread  bool                  // it is asked for in a thread, by a mention
}

// begin asks for it.
func (d deed) begin(h *house) {
	h.t.Helper()
	if !d.thread {
		h.types(ana, incident, d.asks(h))
		return
	}
	alert, in := h.slack.Say(h.t.Context(), ana, incident, "", "web-07 is gone")
	require.Empty(h.t, in.Failure)
	_, in = h.slack.Say(h.t.Context(), ana, incident, alert.TS, "@lbbot "+d.asks(h))
	require.True(h.t, in.Acked)
}

// adding adds web-07.
func adding() deed {
	return deed{action: "RegisterBackend", asks: func(*house) string { return good }, settled: (*house).settled}
}

// killedAtEveryBoundary kills the binary at each boundary and starts it again.
func killedAtEveryBoundary(t *testing.T, d deed, edit func(*testing.T, *bot.Config)) {
	t.Helper()
	killedAtBoundaries(t, d, edit, func(string) bool { return true })
}

// killedAtBoundaries is killedAtEveryBoundary for some of them.
func killedAtBoundaries(t *testing.T, d deed, edit func(*testing.T, *bot.Config), plays func(boundary string) bool) {
	t.Helper()
	for name, arm := range boundaries(d.action) {
		if !plays(name) {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := stand(t, func(c *bot.Config) {
				if edit != nil {
					edit(t, c)
				}
			})
			p := h.launch()
			d.begin(h)
			preview := h.sees(ana, incident, "Preview", "req_send")
			var once sync.Once
			kill := func() { once.Do(p.kill) }
			if arm != nil {
				arm(h, kill)
			}
			in := h.slack.Click(t.Context(), ana, incident, preview.TS, "req_send", "")
			if arm == nil {
				require.True(t, in.Acked)
				kill()
			}
			select {
			case <-p.done:
			case <-time.After(30 * time.Second):
				require.FailNow(t, "the boundary was not reached")
			}
			h.launch()
			if !in.Acked {
				// Killed before the ack: Slack told the person that it failed.
				// The journal knows better or the person presses again; both
				// must end in one.
				h.slack.Click(t.Context(), ana, incident, preview.TS, "req_send", "")
			}
			d.settled(h)
		})
	}
}

func TestKilledAtRandomTimesLeavesOneBackendAndOneCard(t *testing.T) {
	t.Parallel()
	for seed := range uint64(12) {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewPCG(seed, 1))
			h := stand(t, nil)
			p := h.launch()
			h.types(ana, incident, good)
			preview := h.sees(ana, incident, "Preview")
			killed := make(chan struct{})
			time.AfterFunc(time.Duration(random.IntN(40_000))*time.Microsecond, func() { p.kill(); close(killed) })
			h.slack.Click(t.Context(), ana, incident, preview.TS, "req_send", "")
			<-killed
			p = h.launch()
			// Pressed again, as people do when nothing seems to happen.
			if len(h.registerBodies()) == 0 && len(h.cards(incident)) == 0 {
				h.slack.Click(t.Context(), ana, incident, preview.TS, "req_send", "")
			}
			killed = make(chan struct{})
			time.AfterFunc(time.Duration(random.IntN(100_000))*time.Microsecond, func() { p.kill(); close(killed) })
			<-killed
			h.launch()
			h.settled()
		})
	}
}

func TestTermEndsTheBinaryCleanly(t *testing.T) {
	t.Parallel()
	h := stand(t, nil)
	p := h.launch()
	require.NoError(t, p.cmd.Process.Signal(syscall.SIGTERM))
	select {
	case <-p.done:
	case <-time.After(10 * time.Second):
		require.FailNow(t, "it did not end within the drain time")
	}
	require.NoError(t, p.err, "exit code 0")
	require.Contains(t, h.log.String(), "lbbot has stopped")
	require.NotContains(t, h.log.String(), "without a close frame")
}

func TestSecondProcessOnOneDatabaseIsRefused(t *testing.T) {
	t.Parallel()
	h := stand(t, nil)
	h.launch()
	path, err := binary()
	require.NoError(t, err)
	second := exec.Command(path, "run")
	var said bytes.Buffer
	second.Env, second.Dir, second.Stderr = h.environment(), t.TempDir(), &said
	require.Error(t, second.Run())
	require.Contains(t, said.String(), "lbbot.db")
	require.Equal(t, 1, second.ProcessState.ExitCode())
}
