package bot_test

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest"

	"lbbot/bot"
	"lbbot/bot/journal/journaltest"
	"lbbot/bot/policy"
	"lbbot/bot/sandbox"
	"lbbot/zenlayer"
	"lbbot/zenlayer/zenlayertest"
)

// servers is the PostgreSQL of these tests.
var servers journaltest.Shared

// sideBySide is how many tests run at once: most wait for a process, a server
// or a time-out and leave the processor idle. -parallel goes before it.
const sideBySide = 8

func TestMain(m *testing.M) {
	flag.Parse()
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "test.parallel" })
	if !given {
		_ = flag.Set("test.parallel", strconv.Itoa(max(sideBySide, runtime.GOMAXPROCS(0)))) // a number is never refused
	}
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		if err := errors.Join(servers.Stop(), os.RemoveAll(binaryFolder)); err != nil {
			fmt.Fprintln(os.Stderr, "cleaning up:", err)
			code = max(code, 1)
		}
		os.Exit(code)
	}))
}

const (
	ana      = "U0ANA"  // SRE
	dev      = "U0DEV"  // developer: needs approval
	gil      = "U0GIL"  // guest
	olga     = "U0OLGA" // from another organization
	incident = "C0INC2041"
	ops      = "C0OPS"
	general  = "C0GENERAL" // the bot is not in it
	partner  = "C0PARTNER" // shared with another organization

	listener = "lst-8f2c" // api-lb/https-443
	command  = "/lb-register"
	good     = `api-lb/https-443 web-07 ports=8443 weight=20 reason="inc-2041 add capacity"`

	keyID  = "TESTKEYID"
	secret = "planted-key-password-0a1b2c"
)

const rules = `
@id("sre-in-incidents") @approvals("0")
permit (principal in Usergroup::"S01SRE", action in [Action::"register", Action::"undo"], resource is Listener)
when { context.incident } when { context.weight <= 50 };
@id("sre-in-ops") @approvals("0")
permit (principal in Usergroup::"S01SRE", action == Action::"register", resource is Listener)
when { context.channel.id == "C0OPS" };
@id("others-ask") @approvals("1") @contact("#ops")
permit (principal in Usergroup::"S02DEV", action == Action::"register", resource is Listener);
@id("dns-freeze") @reason("name service changes are frozen")
forbid (principal, action == Action::"register", resource == Listener::"lst-53d0");
`

// house is the whole bot between two stand-ins.
type house struct {
	t      *testing.T
	slack  *sandbox.Slack
	cloud  *zenlayertest.Server
	config bot.Config
	log    *syncBuffer
	stop   func() error
	ready  func() error      // of the bot that start started last
	files  map[string]string // of secrets, by setting
	env    []string          // of the binary, besides its settings
}

type syncBuffer struct {
	mu   sync.Mutex
	text strings.Builder
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// stand starts the stand-ins and prepares a configuration; edit may change it.
func stand(t *testing.T, edit func(*bot.Config)) *house {
	t.Helper()
	return standWith(t, sandbox.Options{NoRateLimits: true}, edit)
}

// standWith is stand with limits of Slack.
func standWith(t *testing.T, limits sandbox.Options, edit func(*bot.Config)) *house {
	t.Helper()
	h := &house{t: t, log: &syncBuffer{}, stop: func() error { return nil },
		slack: sandbox.New(sandbox.Options{AppToken: "xapp-planted-app-token", BotToken: "xoxb-planted-bot-token",
			Command: command, NoRateLimits: limits.NoRateLimits, NoTiers: limits.NoTiers,
			Shortcuts: []sandbox.Shortcut{{Name: "Add", CallbackID: "add_server_message", OnMessage: true}}}),
		cloud: zenlayertest.New(zenlayertest.Options{AccessKeyID: keyID, AccessKeySecret: secret,
			Seed: zenlayertest.SampleData()}),
	}
	_, err := h.slack.Start()
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, h.slack.Close()) })
	endpoint, err := h.cloud.Start()
	require.NoError(t, err)
	t.Cleanup(h.cloud.Close)

	dir := t.TempDir()
	file := filepath.Join(dir, "policy.cedar")
	require.NoError(t, policy.Install(file, []byte(rules)))
	c := bot.Defaults()
	c.SlackBotToken, c.SlackAppToken = zenlayer.NewSecret("xoxb-planted-bot-token"), zenlayer.NewSecret(
		"xapp-planted-app-token")
	c.SlackAPIURL, c.ZenlayerEndpoint = h.slack.APIURL(), endpoint
	c.ZenlayerAccessKeyID, c.ZenlayerAccessKeySecret = keyID, zenlayer.NewSecret(secret)
	c.DatabaseURL, c.Policy, c.AdminAddr = "sqlite:"+filepath.Join(dir, "lbbot.db"), file, ""
	c.IncidentCreators, c.OwnerChannel, c.Rate = []string{"U0INCBOT"}, ops, bot.Rate{}
	c.Drain, c.SlackConnections = bot.Duration(10*time.Second), 1
	if edit != nil {
		edit(&c)
	}
	h.config = c
	t.Cleanup(func() {
		for _, planted := range []string{secret, "planted-bot-token", "planted-app-token"} {
			require.NotContains(t, h.log.String(), planted, "a secret is in the log")
		}
		for _, address := range []string{"/commands/", "/actions/", "/app/"} {
			require.NotContains(t, h.log.String(), h.slack.BaseURL()+address, "a response URL is in the log")
		}
	})
	return h
}

// open is stand with the bot running.
func open(t *testing.T, edit func(*bot.Config)) *house {
	t.Helper()
	h := stand(t, edit)
	h.start()
	return h
}

// start runs the bot until the test ends or h.stop is called, and waits until
// it is ready.
func (h *house) start() {
	h.t.Helper()
	h.begin()
	require.Eventually(h.t, func() bool { return h.ready() == nil }, 20*time.Second, 5*time.Millisecond,
		"the bot is not ready")
}

// begin is start without waiting.
func (h *house) begin() {
	h.t.Helper()
	lines := zapcore.NewCore(zapcore.NewJSONEncoder(zap.NewProductionEncoderConfig()), zapcore.AddSync(h.log),
		zapcore.DebugLevel)
	log := zap.New(zapcore.NewTee(lines, zaptest.NewLogger(h.t, zaptest.Level(zapcore.WarnLevel)).Core()))
	b, err := bot.New(h.t.Context(), h.config, log)
	require.NoError(h.t, err)
	b.WatchSecrets(h.files)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- b.Run(ctx) }()
	stop := sync.OnceValue(func() error { cancel(); return <-done })
	h.stop = stop // of the bot that was started last
	h.t.Cleanup(func() { require.NoError(h.t, stop()) })
	h.ready = func() error { return b.Ready(h.t.Context()) }
}

// types types a command and requires Slack to have been answered in time.
func (h *house) types(person, channel, text string) sandbox.Interaction {
	h.t.Helper()
	in := h.slack.TypeCommand(h.t.Context(), person, channel, command, text)
	require.Empty(h.t, in.Failure)
	require.True(h.t, in.Acked)
	return in
}

// sees waits for a message whose text has all the parts.
func (h *house) sees(person, channel string, parts ...string) sandbox.Message {
	h.t.Helper()
	ctx, cancel := context.WithTimeout(h.t.Context(), 30*time.Second)
	defer cancel()
	m, err := h.slack.WaitMessage(ctx, channel, person,
		func(m sandbox.Message) bool { return !m.Deleted && has(m, parts...) })
	if err != nil {
		for _, m := range h.slack.Messages(channel, person) {
			h.t.Logf("%s ephemeral=%t: %s", m.TS, m.Ephemeral, m.Text)
		}
		require.FailNow(h.t, "no message with "+strings.Join(parts, " and ")+" came")
	}
	return m
}

func has(m sandbox.Message, parts ...string) bool {
	all := m.Text + string(m.Blocks)
	for _, p := range parts {
		if !strings.Contains(all, p) {
			return false
		}
	}
	return true
}

// clicks presses a button of a message.
func (h *house) clicks(person string, m sandbox.Message, action string) sandbox.Interaction {
	h.t.Helper()
	in := h.slack.Click(h.t.Context(), person, m.ChannelID, m.TS, action, "")
	require.Empty(h.t, in.Failure)
	require.True(h.t, in.Acked)
	return in
}

// cards are the public messages of the bot in a channel.
func (h *house) cards(channel string) []sandbox.Message {
	var out []sandbox.Message
	for _, m := range h.slack.Messages(channel, ana) {
		if !m.Ephemeral && !m.Deleted && m.BotID != "" {
			out = append(out, m)
		}
	}
	return out
}

// calm requires that nothing broke Slack's rules.
func (h *house) calm() {
	h.t.Helper()
	require.Empty(h.t, h.slack.Findings())
}

// ofServer are the backends of an instance on a listener.
func (h *house) ofServer(listenerID, instanceID string) []zenlayer.Backend {
	var out []zenlayer.Backend
	for _, b := range h.cloud.Backends() {
		if b.ListenerID == listenerID && b.InstanceID == instanceID {
			out = append(out, b)
		}
	}
	return out
}

// registerBodies are the bodies of the RegisterBackend calls.
func (h *house) registerBodies() []map[string]any {
	var out []map[string]any
	for _, c := range h.cloud.CallsOf("RegisterBackend") {
		var body map[string]any
		require.NoError(h.t, json.Unmarshal([]byte(c.Request), &body))
		out = append(out, body)
	}
	return out
}

// refOf finds the reference that a card shows.
func refOf(t *testing.T, m sandbox.Message) string {
	t.Helper()
	all := m.Text + string(m.Blocks)
	at := strings.Index(all, "LBR-")
	require.GreaterOrEqual(t, at, 0)
	return all[at : at+10]
}

// soaking reports whether the storms, kills and chaos run at full size, which
// takes about ten minutes: LBBOT_SOAK=true.
func soaking() bool { return os.Getenv("LBBOT_SOAK") == "true" }

// smallest reports whether storms have the smallest size that can still fail, as
// in `go test ./...`. In CI (CI=true) they are larger.
func smallest() bool { return !soaking() && os.Getenv("CI") != "true" }

// alone keeps other tests from running beside a storm, which measures how fast
// Slack is answered, except in its smallest size, where it waits more than it works.
func alone(t *testing.T) {
	t.Helper()
	if smallest() {
		t.Parallel()
	}
}

// parallelUnlessSoaking is for tests that need the machine for themselves only at
// full size.
func parallelUnlessSoaking(t *testing.T) {
	t.Helper()
	if !soaking() {
		t.Parallel()
	}
}

// sized returns the size of a storm: in `go test ./...`, in CI, and in a soak.
func sized[T any](small, ci, soak T) T {
	switch {
	case soaking():
		return soak
	case smallest():
		return small
	}
	return ci
}
