// Package bot is the program: New connects the packages, Run starts and stops them. It
// shows the whole program in one place and decides nothing.
//
// Run owns every goroutine that no other part owns, and returns when all have ended.
package bot

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"

	"lbbot/bot/audit"
	"lbbot/bot/engine"
	"lbbot/bot/health"
	"lbbot/bot/journal"
	"lbbot/bot/operation"
	"lbbot/bot/operation/catalog"
	"lbbot/bot/operation/intake"
	"lbbot/bot/operation/runner"
	"lbbot/bot/operation/suggest"
	"lbbot/bot/operation/sweep"
	"lbbot/bot/policy"
	"lbbot/bot/rotation"
	"lbbot/bot/slackapp"
	"lbbot/bot/slackapp/board"
	"lbbot/bot/slackapp/socket"
	"lbbot/bot/slackapp/web"
	"lbbot/zenlayer"
)

// Version of the program.
const Version = "0.1.0"

// Bot is one process of lbbot. New makes it; call Run once.
type Bot struct {
	config  Config
	log     *zap.Logger
	journal *journal.Store
	engine  *engine.Engine
	gate    *policy.Gate
	web     *web.Client

	directory *web.Directory
	board     *board.Boards
	app       *slackapp.App
	socket    *socket.Client
	sweeper   *sweep.Sweeper
	line      *runner.Line
	shared    *intake.Shared
	catalog   *catalog.Catalog
	suggester *suggest.Suggester
	admin     *admin
	profiles  *admin // nil without LBBOT_PPROF_ADDR
	auditor   *audit.Auditor
	teller    *audit.Teller // nil without an audit channel
	name      string        // of this process
	cloud     *zenlayer.Client
	metrics   *prometheus.Registry
	rotation  *rotation.Watcher      // nil without WatchSecrets
	inUse     atomic.Pointer[Config] // with the secrets that worked last
	started   time.Time
	paused    *pauseReader
	noticed   health.Tracker // since when the bot is not ready
}

// Run serves until ctx ends. Then it stops, within Config.Drain: it takes no new
// envelopes, finishes calls in progress, stops the engine and the cards, and hands
// unfinished operations over. It returns a *FatalError if Slack refuses the tokens at
// start.
func (b *Bot) Run(ctx context.Context) error {
	defer func() {
		if err := b.close(); err != nil {
			b.log.Error("closing", zap.Error(err))
		}
	}()
	if err := b.checkTokens(ctx); err != nil {
		return err
	}
	if err := b.engine.Join(ctx); err != nil {
		return err
	}
	b.log.Info("lbbot is starting", zap.String("version", Version), zap.Bool("test_mode", b.config.TestMode),
		zap.String("confirm", string(b.config.Confirm)), zap.String("admin", b.admin.address()),
		zap.String("pprof", b.profiles.address()))
	b.auditor.Announce()
	b.auditor.Note(operation.EventStarted, b.self())
	if b.teller != nil {
		b.teller.Begin(ctx)
	}

	parts, stopParts := context.WithCancel(context.WithoutCancel(ctx))
	defer stopParts()
	g, parts := errgroup.WithContext(parts)
	g.Go(func() error { return b.gate.Run(parts) })
	g.Go(func() error { return b.engine.Run(parts) })
	g.Go(func() error { return b.sweeper.Run(parts) })
	g.Go(func() error { return b.catalog.Run(parts) })
	g.Go(func() error { return b.admin.run(parts) })
	g.Go(func() error { return b.profiles.run(parts) })
	g.Go(func() error { return b.janitor(parts) })
	g.Go(func() error { return b.recheck(parts, recheckEvery) })
	g.Go(func() error { return b.auditor.Run(parts) })
	if b.teller != nil {
		g.Go(func() error { return b.teller.Run(parts) })
	}
	if b.rotation != nil {
		g.Go(func() error { return b.rotation.Run(parts) })
	}
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

// self returns what the audit trail says about this process.
func (b *Bot) self() map[string]string {
	return map[string]string{"version": Version, "replica": b.name}
}

// ended stores the cards that are being posted and writes the last event of the audit
// trail, while the database is still open.
func (b *Bot) ended(ctx context.Context) {
	b.closeBoard(ctx)
	b.auditor.Finish(b.self())
	if b.teller != nil {
		b.teller.Leave()
	}
}

// drain stops the parts in the order of a request's path, all within Config.Drain.
func (b *Bot) drain() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Duration(b.config.Drain))
	defer cancel()
	b.log.Info("lbbot is stopping", zap.Stringer("within", b.config.Drain))
	if err := b.socket.Drain(ctx); err != nil {
		b.log.Warn("connections to Slack did not end in time", zap.Error(err))
	}
	b.app.Close(ctx)
	b.suggester.Close()
	b.shared.Close()
	b.line.Close() // operations in line have not begun their call
	if err := b.engine.Stop(ctx); err != nil {
		b.log.Warn("engine did not stop in time", zap.Error(err))
	}
	b.ended(ctx)
	// Only after the board is closed: another replica would post a card again that is
	// still being posted here.
	if err := b.engine.Leave(ctx); err != nil {
		b.log.Warn("other replicas could not be told that this one stops", zap.Error(err))
	}
}

// handOverWithin limits how long cards that are being posted delay the handover to
// other replicas, which post the others.
const handOverWithin = 2 * time.Second

func (b *Bot) closeBoard(ctx context.Context) {
	if b.journal.PostgresURL() != "" {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, handOverWithin)
		defer cancel()
	}
	b.board.Close(ctx)
}

// close closes what New opened.
func (b *Bot) close() error {
	b.admin.close()
	b.profiles.close()
	if b.web != nil {
		b.web.Close()
	}
	if b.journal == nil {
		return nil
	}
	return b.journal.Close()
}

// janitor deletes old rows, every hour.
func (b *Bot) janitor(ctx context.Context) error {
	t := time.NewTicker(time.Hour)
	defer t.Stop()
	for {
		if n, err := b.journal.Prune(ctx, time.Now().Add(-48*time.Hour)); err != nil {
			b.log.Warn("old delivery keys could not be deleted", zap.Error(err))
		} else if n > 0 {
			b.log.Info("old delivery keys deleted", zap.Int64("keys", n))
		}
		if n, err := b.journal.PruneDrafts(ctx, time.Now().Add(-48*time.Hour)); err != nil {
			b.log.Warn("old unsent previews could not be deleted", zap.Error(err))
		} else if n > 0 {
			b.log.Info("old unsent previews deleted", zap.Int64("previews", n))
		}
		b.auditor.Cut(ctx)
		select {
		case <-ctx.Done():
			return nil
		case <-t.C:
		}
	}
}

// FatalError means that Slack refuses the bot's tokens until a person changes something.
type FatalError struct {
	Refusals []web.Refusal
}

// Error says which token it is and what to do.
func (e *FatalError) Error() string {
	list := make([]string, len(e.Refusals))
	for i, r := range e.Refusals {
		list[i] = r.String()
	}
	return "Slack refuses " + strings.Join(list, "; and ")
}

func fatal(err error) error {
	if e, ok := errors.AsType[*socket.FatalError](err); ok {
		return &FatalError{[]web.Refusal{web.AppRefusal(e.Code)}}
	}
	return err
}

// checkTokens checks the tokens, and what the policy needs, with Slack. It returns an
// error only if Slack refuses: while Slack is unreachable, open operations continue.
func (b *Bot) checkTokens(ctx context.Context) error {
	refusals, err := b.web.CheckTokens(ctx, b.inUse.Load().SlackAppToken)
	if len(refusals) > 0 {
		return &FatalError{refusals}
	}
	if err == nil && b.gate.NamesGroups() {
		_, err = b.directory.Groups(ctx)
	}
	if err != nil {
		b.log.Warn("tokens could not be checked with Slack; retrying", zap.Error(err))
	}
	return nil
}

// How often the tokens are checked again after a refusal, and the timeout of a check.
const (
	recheckEvery  = time.Minute
	recheckWithin = 30 * time.Second
)

// recheck checks the tokens again while Slack refuses something, so that the bot becomes
// ready after a person has changed it, also when nobody uses the bot. It always checks
// once, because a policy loaded after the start may need another scope.
func (b *Bot) recheck(ctx context.Context, every time.Duration) error {
	t := time.NewTicker(every)
	defer t.Stop()
	for asked := false; ; {
		select {
		case <-ctx.Done():
			return nil
		case <-t.C:
		}
		if asked && b.web.Ready(true) == nil {
			continue
		}
		asked = true
		cause := errors.New("Slack did not answer within " + recheckWithin.String())
		within, cancel := context.WithTimeoutCause(ctx, recheckWithin, cause)
		if err := b.checkTokens(within); err != nil {
			b.log.Warn("Slack still refuses", zap.Error(err))
		}
		cancel()
	}
}
