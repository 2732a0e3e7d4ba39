package bot

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"lbbot/bot/audit"
	"lbbot/bot/engine"
	"lbbot/bot/journal"
	"lbbot/bot/operation"
	"lbbot/bot/operation/catalog"
	"lbbot/bot/operation/history"
	"lbbot/bot/operation/intake"
	"lbbot/bot/operation/runner"
	"lbbot/bot/operation/suggest"
	"lbbot/bot/operation/sweep"
	"lbbot/bot/policy"
	"lbbot/bot/slackapp"
	"lbbot/bot/slackapp/board"
	"lbbot/bot/slackapp/render"
	"lbbot/bot/slackapp/render/trail"
	"lbbot/bot/slackapp/socket"
	"lbbot/bot/slackapp/web"
	"lbbot/zenlayer"
)

// New opens the database and the admin port and connects the parts; it makes no call to
// Slack or Zenlayer. Run closes what it opened; after an error New has closed it.
func New(ctx context.Context, c Config, log *zap.Logger) (b *Bot, err error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	b = &Bot{config: c, log: log, name: processName(), started: time.Now()}
	defer func() {
		if err != nil {
			err = errors.Join(err, b.close())
			b = nil
		}
	}()
	metrics := b.newMetrics()
	b.metrics = metrics
	b.inUse.Store(&c)
	directory, err := b.wireDependencies(ctx, metrics)
	if err != nil {
		return b, err
	}
	return b, b.wireRequests(directory, metrics)
}

// wireDependencies makes what the runner and the intake call: the journal, the audit trail, the
// cards and the policies.
func (b *Bot) wireDependencies(ctx context.Context, metrics *prometheus.Registry) (_ *web.Directory, err error) {
	c, log := b.config, b.log
	store := journal.Config{URL: c.DatabaseURL, Process: b.name, Registerer: metrics, Log: log.Named("journal")}
	if b.journal, err = journal.Open(ctx, store); err != nil {
		return nil, err
	}
	if b.auditor, err = audit.New(audit.Config{Store: b.journal, Key: c.AuditKey.Reveal(),
		Retention: time.Duration(c.Retention), Now: time.Now, Log: log.Named("audit"),
		Registerer: metrics}); err != nil {
		return nil, err
	}
	b.paused = &pauseReader{stored: b.journal.Paused}
	metrics.MustRegister(newState(b))
	if b.admin, err = newAdmin(c.AdminAddr, b.build, b.report, metrics); err != nil {
		return nil, err
	}
	if b.profiles, err = newProfiles(c.PprofAddr); err != nil {
		return nil, err
	}
	if b.web, err = web.New(web.Config{BotToken: c.SlackBotToken, APIURL: c.SlackAPIURL,
		Log: log.Named("slack"), Registerer: metrics}); err != nil {
		return nil, err
	}
	directory := web.NewDirectory(b.web, time.Now)
	b.directory = directory
	b.board = board.New(board.Config{Web: b.web,
		Cards: b.journal.Cards(journal.OwnCard), Approvals: b.journal.Cards(journal.ApprovalCard),
		Stored: b.journal.Operation, Reminders: c.asking().Reminders, Owner: c.OwnerChannel,
		ConsoleURL: c.ConsoleURL, Bot: "@lbbot", Now: time.Now, Log: log.Named("board"), Registerer: metrics})
	if b.gate, err = policy.New(policy.Config{Path: c.Policy, Directory: directory,
		IncidentChannels: c.IncidentChannels, IncidentCreators: c.IncidentCreators,
		Log: log.Named("policy"), Registerer: metrics, Now: time.Now,
		Activations: b.journal, Alone: b.journal.PostgresURL() == "", Changed: b.policyChanged}); err != nil {
		return nil, err
	}
	if c.AuditChannel != "" {
		post := func(ctx context.Context, events []operation.Event, skipped int) error {
			return b.board.Audit(ctx, c.AuditChannel, events, skipped)
		}
		b.teller = &audit.Teller{Store: b.journal, HasLine: trail.HasLine, Limit: trail.Limit, Post: post,
			Holder: b.name, End: b.auditor.End, Now: time.Now, Log: log.Named("audit")}
	}
	return directory, nil
}

// policyChanged records the result of a changed policy file in the audit trail.
func (b *Bot) policyChanged(s policy.Status) { b.auditor.Note(operation.EventPolicy, policyChange(s)) }

func policyChange(s policy.Status) map[string]string {
	data := map[string]string{"result": "good", "digest": s.Digest}
	switch {
	case s.Absent:
		data["result"] = "absent"
	case s.Problem != nil:
		data["result"], data["problem"] = "broken", fmt.Sprintf("%.500s", s.Problem.Error())
	}
	return data
}

// wallClock is the time without a monotonic reading, so that a clock that was set back
// is noticed also by a time that was not read from the journal.
func wallClock() time.Time { return time.Now().Round(0) }

// wireRequests makes the runner, the engine, the intake and the Slack app.
func (b *Bot) wireRequests(directory *web.Directory, metrics *prometheus.Registry) error {
	c, log := b.config, b.log
	limiter := c.ZenlayerRate.limiter()
	settings := c.cloud(limiter)
	settings.Observe = newZenlayerCalls(metrics).observe
	cloud, err := zenlayer.New(settings)
	if err != nil {
		return err
	}
	b.cloud = cloud
	counts := runner.NewMetrics(metrics)
	b.line = runner.NewLine(c.ZenlayerRate.turns(), b.journal.PostgresURL() == "")
	registerQueues(metrics, limiter, b.line)
	b.catalog = catalog.New(catalog.Config{Source: cloud, Now: time.Now, Log: log.Named("catalog"),
		Registerer: metrics})
	b.shared = &intake.Shared{Source: cloud, Lists: b.catalog, Now: time.Now,
		Waiting: func() int { return limiter.Waiting(operation.RankPreview) }}
	changes := map[operation.ChangeKind]operation.Change{operation.ChangeAdd: operation.Add{Registrar: cloud},
		operation.ChangeRemove: operation.Remove{Deregistrar: cloud}}
	runner := &runner.Runner{Journal: b.journal, Pools: cloud, Changes: changes, Catalog: cloud, Lists: b.catalog,
		Permission: b.gate, Roster: b.gate, Reporter: b.board, Asking: c.asking(),
		Line: b.line, Now: wallClock, Log: log.Named("operation"), Metrics: counts}
	b.engine = engine.New(b.engineConfig(runner))
	requests := &intake.Intake{Journal: b.journal, Pauses: b.journal, Permission: b.gate, Roster: b.gate,
		Reasons: b.gate, Offers: b.gate, Rules: b.gate, Lists: b.catalog, Listeners: b.journal, Reporter: b.board,
		Catalog: b.shared, Pools: b.shared, Engine: b.engine, Changes: changes, Settings: c.intakeSettings(),
		Now: time.Now, NewID: newID,
		NewToken: uuid.NewString, NewRef: operation.NewRef, Log: log.Named("intake"),
		Metrics: intake.NewMetrics(metrics)}
	reader := &history.Reader{Gate: requests, Permission: b.gate, Offers: b.gate, Journal: b.journal,
		Archive: b.journal, Catalog: b.shared, Pools: b.shared, Account: c.Account, Now: time.Now,
		Log: log.Named("history")}
	b.suggester = suggest.New(suggest.Config{Offers: b.gate, Lists: b.catalog, Journal: b.journal, Pools: b.shared,
		Account: c.Account, Now: time.Now, Log: log.Named("suggest")})
	b.sweeper = &sweep.Sweeper{Journal: b.journal, Engine: b.engine, Now: time.Now, Every: 5 * time.Second,
		Older: 2 * time.Second, Log: log.Named("sweeper"), Metrics: sweep.NewMetrics(metrics)}
	b.app = slackapp.New(slackapp.Config{Web: b.web, Board: b.board, Directory: directory, Intake: requests,
		Reader: reader, Suggester: b.suggester, Journal: b.journal, History: b.journal, Choices: b.journal,
		Names: b.catalog, Explainer: b.gate, Confirm: c.Confirm, Owner: c.OwnerChannel, ConsoleURL: c.ConsoleURL,
		State:   b.homeState,
		Examine: func(ctx context.Context) []render.Check { return b.examine(ctx, limiter) },
		Bot:     "@lbbot", Now: time.Now, NewID: newID, Log: log.Named("app"), Registerer: metrics})
	b.socket, err = socket.New(socket.Config{Open: b.web.Opener(c.SlackAppToken), Receive: b.app.Receive,
		Connections: c.SlackConnections, Replicas: b.engine.LiveReplicas, Log: log.Named("socket"),
		Registerer: metrics})
	return err
}

// engineConfig makes this process one of several replicas on PostgreSQL.
func (b *Bot) engineConfig(runner *runner.Runner) engine.Config {
	c := engine.Config{Name: b.name, Leases: b.journal, Execute: runner.Execute, Log: b.log.Named("engine")}
	if b.journal.PostgresURL() != "" {
		c.Replicas = b.journal
	}
	return c
}

// processName returns the host and a new id.
func processName() string {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	return host + "/" + newID()
}

// cloud returns the settings of the Zenlayer client.
func (c Config) cloud(limiter zenlayer.Limiter) zenlayer.Config {
	return zenlayer.Config{Endpoint: c.ZenlayerEndpoint, AccessKeyID: c.ZenlayerAccessKeyID,
		AccessKeySecret: c.ZenlayerAccessKeySecret, Token: c.ZenlayerToken, Limiter: limiter,
		UserAgent: "lbbot/" + Version, RequestClient: "lbbot " + Version}
}

// intakeSettings returns what the settings say about requests until they are accepted.
func (c Config) intakeSettings() intake.Settings {
	return intake.Settings{Account: c.Account, Confirm: c.Confirm, Protected: c.Protected, Rehearsal: c.TestMode,
		Rate: c.Rate.N, RateIn: time.Duration(c.Rate.In), ListenerRate: c.ListenerRate.N,
		ListenerRateIn: time.Duration(c.ListenerRate.In),
		Approval:       c.asking(), Glass: c.BreakGlass.N, GlassIn: time.Duration(c.BreakGlass.In)}
}

// asking returns where and for how long the bot asks for approval.
func (c Config) asking() operation.ApprovalSettings {
	s := operation.ApprovalSettings{Channel: c.ApprovalChannel, Within: time.Duration(c.ApprovalWithin)}
	for _, d := range c.ApprovalReminders {
		s.Reminders = append(s.Reminders, time.Duration(d))
	}
	return s
}

// newID returns a UUIDv7, so ids sort by time.
func newID() string { return uuid.Must(uuid.NewV7()).String() }
