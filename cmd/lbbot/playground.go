package main

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"go.uber.org/zap"

	"lbbot/bot"
	"lbbot/bot/policy"
	"lbbot/bot/sandbox"
	"lbbot/bot/sandbox/control"
	"lbbot/bot/sandbox/page"
	"lbbot/bot/sandbox/story"
	"lbbot/commands"
	"lbbot/zenlayer/zenlayertest"
)

//go:embed sandbox.cedar
var sandboxPolicy []byte

// playground runs the real bot with stand-ins of Slack and Zenlayer.
type playground struct {
	slack    *sandbox.Slack
	cloud    *zenlayertest.Server
	endpoint string // the cloud's address
	panel    *control.Panel
	bot      *child
	dir      string
	pace     time.Duration // the pause before each act of a story on the page, so that a person can follow it
	log      *zap.Logger

	restart sync.Mutex // held while the bot is ended and started again
}

const (
	approvers       = "C0APPROVE" // #lb-approvals of the sample workspace
	owners          = "C0OPS"
	incidentCreator = "U0INCBOT"
	engineer        = "U0ANA" // of the stories
	sandboxBotToken = "xoxb-sandbox"
	sandboxAppToken = "xapp-sandbox"
	sandboxKeyID    = "SANDBOXKEY"
	sandboxSecret   = "sandbox-secret-of-no-use-elsewhere" //nolint:gosec // a stand-in's
)

// shortcuts are those that the app's manifest declares.
func shortcuts() []sandbox.Shortcut {
	return []sandbox.Shortcut{{Name: commands.ShortcutName, CallbackID: commands.ShortcutGlobal},
		{Name: commands.ShortcutName, CallbackID: commands.ShortcutMessage, OnMessage: true}}
}

// newPlayground starts the stand-ins. The bot works in the folder dir and writes to out.
func newPlayground(dir string, out io.Writer, log *zap.Logger) (*playground, error) {
	program, err := ownProgram()
	if err != nil {
		return nil, err
	}
	g := &playground{dir: dir, log: log, pace: time.Second,
		slack: sandbox.New(sandbox.Options{AppToken: sandboxAppToken, BotToken: sandboxBotToken,
			Command: commands.Name, Shortcuts: shortcuts()}),
		cloud: zenlayertest.New(zenlayertest.Options{AccessKeyID: sandboxKeyID, AccessKeySecret: sandboxSecret,
			Seed: world(time.Now()), BackendsBefore: backendsBefore(filepath.Join(dir, databaseFile), time.Now())}),
	}
	g.panel = control.New(control.Options{Slack: g.slack, Cloud: g.cloud, Reset: g.reset, Kill: g.kill,
		Secrets: []string{sandboxAppToken, sandboxBotToken, sandboxSecret}})
	if _, err := g.slack.Start(); err != nil {
		return nil, fmt.Errorf("starting the Slack stand-in: %w", err)
	}
	if g.endpoint, err = g.cloud.Start(); err != nil {
		return nil, errors.Join(fmt.Errorf("starting the Zenlayer stand-in: %w", err), g.slack.Close())
	}
	g.bot = &child{program: program, dir: dir, env: g.settings(), ready: g.connected,
		line: func(line string) { fmt.Fprintln(out, line) }}
	noSettings := os.WriteFile(filepath.Join(dir, settingsFile), nil, 0o600)
	if err := errors.Join(noSettings, g.postAlert(), g.installPolicy()); err != nil {
		g.close()
		return nil, err
	}
	return g, nil
}

// installPolicy writes the sample policy if the folder has none.
func (g *playground) installPolicy() error {
	rules := filepath.Join(g.dir, policyFile)
	if _, err := os.Stat(rules); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	err := policy.Install(rules, sandboxPolicy)
	if err != nil { // Windows may refuse links; the policy then applies after filewatch.Steady
		err = os.WriteFile(rules, sandboxPolicy, 0o600)
	}
	if err != nil {
		return fmt.Errorf("writing the sandbox's policy: %w", err)
	}
	return nil
}

// settings are the environment of the bot.
func (g *playground) settings() []string {
	env := []string{
		"LBBOT_DATABASE_URL=sqlite:" + databaseFile, "LBBOT_POLICY=" + policyFile,
		"LBBOT_DRAIN=5s", "LBBOT_RETENTION=0", // the folder is deleted anyway
		"LBBOT_LOG_LEVEL=" + min(g.log.Level(), zap.ErrorLevel).String(), "LBBOT_LOG_FORMAT=console",
	}
	for _, v := range append(addresses(g.slack, g.endpoint, sandboxKeyID, sandboxSecret), sampleSettings()...) {
		env = append(env, v[0]+"="+v[1])
	}
	return env
}

const (
	policyFile   = "policy.cedar"
	settingsFile = "sandbox.yaml" // empty, so that the bot reads no lbbot.yaml of the folder
)

// databaseFile is not lbbot.db: a reset deletes it, and --dir may name the folder of an installation.
const databaseFile = "sandbox.db"

func (g *playground) database() string { return filepath.Join(g.dir, databaseFile) }

// backendsBefore is more than an earlier sandbox can have made with a database that was
// kept: the account starts anew, but what the bot knows names ids of before.
func backendsBefore(database string, now time.Time) int {
	if _, err := os.Stat(database); err != nil {
		return 0
	}
	return int(now.Unix())
}

// page returns the options of the page.
func (g *playground) page() page.Options {
	return page.Options{
		Slack: g.slack, Cloud: cloudPanel{g.cloud}, Control: g.panel, Samples: samples(zenlayertest.SampleData()),
		Reset: g.reset, Switch: g.switchCloud, Ready: g.ready,
		Unready: "The bot is not connected. If that lasts, press Reset.",
		Version: bot.Version,
		Stories: stories(), Play: g.show,
		Completions: completions(), Log: g.log.Named("page"),
	}
}

// completions are the commands that the composer of the page offers.
func completions() []page.Completion {
	var all []page.Completion
	for _, c := range commands.Completions() {
		all = append(all, page.Completion(c))
	}
	return all
}

// start starts the bot and blocks until it is connected.
func (g *playground) start(ctx context.Context) error { return g.bot.start(ctx) }

func (g *playground) connected() bool { return len(g.slack.Connections()) > 0 }

// ready reports whether the bot can take commands.
func (g *playground) ready() bool { return g.bot.running() && g.connected() }

// player plays stories here. A step may take as long as the bot takes to find out what
// became of a call without an answer.
func (g *playground) player() *story.Player {
	return &story.Player{Slack: g.slack, Cloud: g.cloud, Control: g.panel, Patience: 30 * time.Second}
}

// show plays a story in a sandbox that was reset.
func (g *playground) show(ctx context.Context, s story.Story, tell func(story.Line)) error {
	if err := g.reset(ctx); err != nil {
		return err
	}
	p := g.player()
	p.Pace = g.pace
	return p.Play(ctx, s, tell)
}

// kill kills the bot, as kill -9 does, and starts it again.
func (g *playground) kill(ctx context.Context) error {
	g.restart.Lock()
	defer g.restart.Unlock()
	if err := g.bot.kill(); err != nil {
		return err
	}
	return g.start(context.WithoutCancel(ctx))
}

// reset deletes messages and the bot's database, restores the sample account, and
// restarts the bot.
func (g *playground) reset(ctx context.Context) error {
	g.restart.Lock()
	defer g.restart.Unlock()
	if err := g.bot.stop(); err != nil {
		g.log.Warn("bot stopped with an error", zap.Error(err))
	}
	g.slack.Reset()
	g.cloud.Reset()
	for _, suffix := range []string{"", "-wal", "-shm"} {
		if err := os.Remove(g.database() + suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("removing the sandbox's database: %w", err)
		}
	}
	return errors.Join(g.postAlert(), g.start(context.WithoutCancel(ctx)))
}

// switchCloud switches the cloud off or on. The bot is restarted without the cloud, so
// that it does not know the account from before.
func (g *playground) switchCloud(ctx context.Context, on bool) error {
	g.restart.Lock()
	defer g.restart.Unlock()
	if on {
		return g.panel.ClearFault(control.CloudOff)
	}
	if err := g.bot.stop(); err != nil {
		g.log.Warn("bot stopped with an error", zap.Error(err))
	}
	return errors.Join(g.panel.SetFault(control.Setting{Fault: control.CloudOff}), g.start(context.WithoutCancel(ctx)))
}

func (g *playground) close() {
	g.restart.Lock() // and never given back: nothing starts the bot again
	if err := g.bot.stop(); err != nil {
		g.log.Warn("bot stopped with an error", zap.Error(err))
	}
	g.cloud.Close()
	if err := g.slack.Close(); err != nil {
		g.log.Warn("Slack stand-in stopped with an error", zap.Error(err))
	}
}
