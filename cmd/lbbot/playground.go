package main

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
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
	"lbbot/zenlayer"
	"lbbot/zenlayer/zenlayertest"
)

//go:embed sandbox.cedar
var sandboxPolicy []byte

// playground runs the real bot with stand-ins of Slack and Zenlayer.
type playground struct {
	slack  *sandbox.Slack
	cloud  *zenlayertest.Server
	panel  *control.Panel
	config bot.Config
	dir    string
	log    *zap.Logger

	restart sync.Mutex // held while the bot is halted and started again

	mu   sync.Mutex
	bot  *bot.Bot
	stop func() error
}

const (
	approvers       = "C0APPROVE" // #lb-approvals of the sample workspace
	owners          = "C0OPS"
	incidentCreator = "U0INCBOT"
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

func newPlayground(dir string, log *zap.Logger) (*playground, error) {
	g := &playground{dir: dir, log: log,
		slack: sandbox.New(sandbox.Options{AppToken: sandboxAppToken, BotToken: sandboxBotToken,
			Command: commands.Name, Shortcuts: shortcuts()}),
		cloud: zenlayertest.New(zenlayertest.Options{AccessKeyID: sandboxKeyID, AccessKeySecret: sandboxSecret,
			Seed: world(time.Now()), BackendsBefore: backendsBefore(filepath.Join(dir, databaseFile), time.Now())}),
	}
	g.panel = control.New(control.Options{Slack: g.slack, Cloud: g.cloud, Reset: g.reset,
		Secrets: []string{sandboxAppToken, sandboxBotToken, sandboxSecret}})
	if _, err := g.slack.Start(); err != nil {
		return nil, fmt.Errorf("starting the Slack stand-in: %w", err)
	}
	endpoint, err := g.cloud.Start()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("starting the Zenlayer stand-in: %w", err), g.slack.Close())
	}
	if err := g.postAlert(); err != nil {
		g.close()
		return nil, err
	}
	rules := filepath.Join(dir, "policy.cedar")
	if _, err := os.Stat(rules); errors.Is(err, fs.ErrNotExist) {
		err := policy.Install(rules, sandboxPolicy)
		if err != nil { // Windows may refuse links; the policy then applies after filewatch.Steady
			err = os.WriteFile(rules, sandboxPolicy, 0o600)
		}
		if err != nil {
			g.close()
			return nil, fmt.Errorf("writing the sandbox's policy: %w", err)
		}
	}
	c := bot.Defaults()
	c.SlackBotToken, c.SlackAppToken = zenlayer.NewSecret(sandboxBotToken), zenlayer.NewSecret(sandboxAppToken)
	c.SlackAPIURL, c.ZenlayerEndpoint = g.slack.APIURL(), endpoint
	c.ZenlayerAccessKeyID, c.ZenlayerAccessKeySecret = sandboxKeyID, zenlayer.NewSecret(sandboxSecret)
	c.DatabaseURL, c.Policy, c.AdminAddr = "sqlite:"+g.database(), rules, ""
	c.IncidentCreators, c.Drain = []string{incidentCreator}, bot.Duration(5*time.Second)
	c.OwnerChannel, c.ApprovalChannel = owners, approvers
	c.Protected = []string{protectedListeners}
	c.Retention = 0 // the folder is deleted anyway
	g.config = c
	return g, nil
}

const databaseFile = "lbbot.db"

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

// start runs the bot until stop is called.
func (g *playground) start(ctx context.Context) error {
	b, err := bot.New(ctx, g.config, g.log)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan error, 1)
	go func() { done <- b.Run(ctx) }()
	g.mu.Lock()
	defer g.mu.Unlock()
	g.bot = b
	g.stop = sync.OnceValue(func() error { cancel(); return <-done })
	return nil
}

func (g *playground) ready() bool {
	g.mu.Lock()
	b := g.bot
	g.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	return b != nil && b.Ready(ctx) == nil
}

// waitReady blocks until the bot can take commands.
func (g *playground) waitReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, startWithin, fmt.Errorf("the bot is not ready after %s", startWithin))
	defer cancel()
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	for !g.ready() {
		select {
		case <-look.C:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return nil
}

// startWithin is how long the bot may take until it is ready.
const startWithin = 30 * time.Second

// player plays stories here. A step may take as long as the bot takes to find out what
// became of a call without an answer.
func (g *playground) player() *story.Player {
	return &story.Player{Slack: g.slack, Cloud: g.cloud, Control: g.panel, Patience: 30 * time.Second}
}

// watchPace is the pause before each act of a story on the page, so that a person can follow it.
const watchPace = time.Second

// show plays a story in a sandbox that starts anew.
func (g *playground) show(ctx context.Context, s story.Story, tell func(story.Line)) error {
	if err := g.reset(ctx); err != nil {
		return err
	}
	if err := g.waitReady(ctx); err != nil {
		return err
	}
	p := g.player()
	p.Pace = watchPace
	return p.Play(ctx, s, tell)
}

// reset deletes messages and the bot's database, restores the sample account, and
// restarts the bot.
func (g *playground) reset(ctx context.Context) error {
	g.restart.Lock()
	defer g.restart.Unlock()
	if err := g.halt(); err != nil {
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
	if err := g.halt(); err != nil {
		g.log.Warn("bot stopped with an error", zap.Error(err))
	}
	return errors.Join(g.panel.SetFault(control.Setting{Fault: control.CloudOff}), g.start(context.WithoutCancel(ctx)))
}

// halt stops the bot.
func (g *playground) halt() error {
	g.mu.Lock()
	stop := g.stop
	g.bot = nil
	g.mu.Unlock()
	if stop == nil {
		return nil
	}
	return stop()
}

func (g *playground) close() {
	if err := g.halt(); err != nil {
		g.log.Warn("bot stopped with an error", zap.Error(err))
	}
	g.cloud.Close()
	if err := g.slack.Close(); err != nil {
		g.log.Warn("Slack stand-in stopped with an error", zap.Error(err))
	}
}
