// Package bot is the program: New wires the rooms together, Run starts and
// stops them. It is the place to see the whole house at once, and it decides
// nothing.
//
// Run owns every goroutine that is not owned by a part it runs, and has ended
// them all when it returns.
package bot

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"

	"lbbot/bot/engine"
	"lbbot/bot/journal"
	"lbbot/bot/operation"
	"lbbot/bot/policy"
	"lbbot/bot/slackapp"
	"lbbot/bot/slackapp/socket"
	"lbbot/zenlayer"
)

// Version of the program; set when it is built for release.
const Version = "0.1.0"

// Bot is one process of lbbot. Make it with New, then call Run once.
type Bot struct {
	config  Config
	log     *zap.Logger
	journal *journal.Store
	engine  *engine.Engine
	gate    *policy.Gate
	web     *slackapp.Web
	board   *slackapp.Boards
	app     *slackapp.App
	socket  *socket.Client
	sweeper *operation.Sweeper
	admin   *admin
}

// New opens the database, takes the admin port and wires everything; it
// connects to nobody. What it opened is closed by Run, or at once if New
// fails.
func New(ctx context.Context, c Config, log *zap.Logger) (b *Bot, err error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	b = &Bot{config: c, log: log}
	defer func() {
		if err != nil {
			err = errors.Join(err, b.close())
			b = nil
		}
	}()
	metrics := prometheus.NewRegistry()
	metrics.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))

	if b.journal, err = journal.Open(ctx, journal.Config{URL: c.DatabaseURL, Log: log.Named("journal")}); err != nil {
		return b, err
	}
	if b.admin, err = newAdmin(c.AdminAddr, b.ready, metrics); err != nil {
		return b, err
	}
	if b.web, err = slackapp.NewWeb(slackapp.WebConfig{BotToken: c.SlackBotToken, APIURL: c.SlackAPIURL, Log: log.Named("slack")}); err != nil {
		return b, err
	}
	directory := slackapp.NewDirectory(b.web, time.Now)
	b.board = slackapp.NewBoards(slackapp.BoardConfig{Web: b.web, Cards: b.journal, Approvals: b.journal.ApprovalCards(),
		Reminders: c.asking().Reminders, Owner: c.OwnerChannel,
		ConsoleURL: c.ConsoleURL, Bot: "@lbbot", Now: time.Now, Log: log.Named("board"), Registerer: metrics})
	if b.gate, err = policy.New(policy.Config{Path: c.Policy, Directory: directory, IncidentChannels: c.IncidentChannels,
		IncidentCreators: c.IncidentCreators, Log: log.Named("policy"), Registerer: metrics, Now: time.Now}); err != nil {
		return b, err
	}
	cloud, err := zenlayer.New(zenlayer.Config{Endpoint: c.ZenlayerEndpoint, AccessKeyID: c.ZenlayerAccessKeyID,
		AccessKeySecret: c.ZenlayerAccessKeySecret, Token: c.ZenlayerToken, Limiter: c.ZenlayerRate.limiter(), UserAgent: "lbbot/" + Version, RequestClient: "lbbot " + Version})
	if err != nil {
		return b, err
	}
	counts := operation.NewMetrics(metrics)
	runner := &operation.Runner{Journal: b.journal, Registrar: cloud, Catalog: cloud, Permission: b.gate, Roster: b.gate, Reporter: b.board, Asking: c.asking(),
		Now: time.Now, Log: log.Named("operation"), Metrics: counts}
	if b.engine, err = engine.New(ctx, b.engineConfig(runner)); err != nil {
		return b, err
	}
	intake := &operation.Intake{Journal: b.journal, Permission: b.gate, Roster: b.gate, Reasons: b.gate, Archive: b.journal, Reporter: b.board, Catalog: cloud, Registrar: cloud, Engine: b.engine,
		Settings: operation.Settings{Account: c.Account, Confirm: c.Confirm, Protected: c.Protected, Rehearsal: c.TestMode,
			Rate: c.Rate.N, RateIn: time.Duration(c.Rate.In), ListenerRate: c.ListenerRate.N, ListenerRateIn: time.Duration(c.ListenerRate.In),
			Approval: c.asking(), Glass: c.BreakGlass.N, GlassIn: time.Duration(c.BreakGlass.In)},
		Now: time.Now, NewID: newID, NewToken: uuid.NewString, NewRef: operation.NewRef, Log: log.Named("intake"), Metrics: counts}
	b.sweeper = &operation.Sweeper{Journal: b.journal, Engine: b.engine, Now: time.Now, Every: 2 * time.Second, Older: 2 * time.Second, Log: log.Named("sweeper")}
	b.app = slackapp.New(slackapp.Config{Web: b.web, Board: b.board, Directory: directory, Intake: intake, Journal: b.journal,
		History: b.journal, Explainer: b.gate, Confirm: c.Confirm, Owner: c.OwnerChannel, ConsoleURL: c.ConsoleURL, Bot: "@lbbot",
		Now: time.Now, NewID: newID, Log: log.Named("app"), Registerer: metrics})
	b.socket, err = socket.New(socket.Config{Open: b.web.Opener(c.SlackAppToken), Receive: b.app.Receive,
		Connections: c.SlackConnections, Log: log.Named("socket"), Registerer: metrics})
	return b, err
}

// engineConfig puts the engine's tables into the journal's database. On
// PostgreSQL this process is one replica of several, under a name of its own.
func (b *Bot) engineConfig(runner *operation.Runner) engine.Config {
	c := engine.Config{Execute: runner.Execute, Log: b.log.Named("engine")}
	if c.PostgresURL = b.journal.PostgresURL(); c.PostgresURL == "" {
		c.DB = b.journal.DB()
		return c
	}
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	c.Replica, c.Replicas = host+"/"+newID(), b.journal
	return c
}

// asking says where and for how long approval is asked for.
func (c Config) asking() operation.ApprovalSettings {
	s := operation.ApprovalSettings{Channel: c.ApprovalChannel, Within: time.Duration(c.ApprovalWithin)}
	for _, d := range c.ApprovalReminders {
		s.Reminders = append(s.Reminders, time.Duration(d))
	}
	return s
}

// newID makes a UUIDv7: its order is the order of time.
func newID() string { return uuid.Must(uuid.NewV7()).String() }

// Run serves until ctx ends, then stops: no new envelopes, then the calls
// under way, then the engine, all within the drain time. Errors: a
// *FatalError when Slack refuses the tokens at start.
func (b *Bot) Run(ctx context.Context) error {
	defer func() {
		if err := b.close(); err != nil {
			b.log.Error("closing", zap.Error(err))
		}
	}()
	if err := b.checkToken(ctx); err != nil {
		return err
	}
	if err := b.engine.Launch(ctx); err != nil {
		return err
	}
	b.log.Info("lbbot is starting", zap.String("version", Version), zap.Bool("test_mode", b.config.TestMode), zap.String("confirm", string(b.config.Confirm)))

	parts, stopParts := context.WithCancel(context.WithoutCancel(ctx))
	defer stopParts()
	g, parts := errgroup.WithContext(parts)
	g.Go(func() error { return b.gate.Run(parts) })
	g.Go(func() error { return b.engine.Run(parts) })
	g.Go(func() error { return b.sweeper.Run(parts) })
	g.Go(func() error { return b.admin.run(parts) })
	g.Go(func() error { return b.janitor(parts) })
	g.Go(func() error { return fatal(b.socket.Run(parts)) })
	select {
	case <-ctx.Done():
	case <-parts.Done(): // a part failed: stop as well
	}
	b.drain()
	stopParts()
	err := g.Wait()
	b.log.Info("lbbot has stopped", zap.Error(err))
	return err
}

// drain stops in the order of the path of a request, bounded as a whole.
func (b *Bot) drain() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Duration(b.config.Drain))
	defer cancel()
	b.log.Info("lbbot is stopping", zap.Stringer("within", b.config.Drain))
	if err := b.socket.Drain(ctx); err != nil {
		b.log.Warn("connections to Slack did not end in time", zap.Error(err))
	}
	b.app.Close(ctx)
	if err := b.engine.Stop(ctx); err != nil {
		b.log.Warn("engine did not stop in time", zap.Error(err))
	}
	b.board.Close(ctx)
}

// close gives back what New opened.
func (b *Bot) close() error {
	b.admin.close()
	if b.web != nil {
		b.web.Close()
	}
	if b.engine != nil {
		b.engine.Close()
	}
	if b.journal == nil {
		return nil
	}
	return b.journal.Close()
}

// Ready reports whether the bot can take requests now.
func (b *Bot) Ready(ctx context.Context) error { return b.ready(ctx) }

func (b *Bot) ready(ctx context.Context) error {
	var faults []error
	if b.socket == nil || !b.socket.Ready() {
		faults = append(faults, errors.New("no connection to Slack"))
	}
	if err := b.journal.Ping(ctx); err != nil {
		faults = append(faults, fmt.Errorf("journal: %w", err))
	}
	if err := b.engine.Ready(); err != nil {
		faults = append(faults, fmt.Errorf("engine: %w", err))
	}
	return errors.Join(faults...)
}

// janitor deletes what is older than anybody needs.
func (b *Bot) janitor(ctx context.Context) error {
	t := time.NewTicker(time.Hour)
	defer t.Stop()
	for {
		if n, err := b.engine.Prune(ctx, time.Now().Add(-7*24*time.Hour), 1000); err != nil {
			b.log.Warn("old runs could not be deleted", zap.Error(err))
		} else if n > 0 {
			b.log.Info("old runs deleted", zap.Int("runs", n))
		}
		if n, err := b.journal.Prune(ctx, time.Now().Add(-48*time.Hour)); err != nil {
			b.log.Warn("old delivery keys could not be deleted", zap.Error(err))
		} else if n > 0 {
			b.log.Info("old delivery keys deleted", zap.Int64("keys", n))
		}
		select {
		case <-ctx.Done():
			return nil
		case <-t.C:
		}
	}
}

// FatalError says that Slack refuses the bot's tokens: trying again cannot
// help, a person has to change something.
type FatalError struct {
	Code string // Slack's word
}

// Error says what to do.
func (e *FatalError) Error() string {
	return "Slack refuses the bot (" + e.Code + "): check SLACK_BOT_TOKEN and SLACK_APP_TOKEN, the app's scopes, and that Socket Mode is on"
}

func fatal(err error) error {
	if e, ok := errors.AsType[*socket.FatalError](err); ok {
		return &FatalError{e.Code}
	}
	return err
}

// checkToken asks Slack once whether the bot token is good. Slack being out of
// reach is no reason not to start: open operations go on.
func (b *Bot) checkToken(ctx context.Context) error {
	code, err := b.web.CheckToken(ctx)
	if code != "" {
		return &FatalError{code}
	}
	if err != nil {
		b.log.Warn("Slack is out of reach; trying on", zap.Error(err))
	}
	return nil
}
