package bot

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"lbbot/bot/health"
	"lbbot/bot/policy"
	"lbbot/bot/slackapp/web"
)

// readyWithin limits how long a report waits for the database.
const readyWithin = 2 * time.Second

// Ready returns nil if the bot can accept requests now, or says why not. It blocks for
// the database, at most for 2 s.
func (b *Bot) Ready(ctx context.Context) error {
	r := b.report(ctx)
	if r.Ready {
		return nil
	}
	faults := make([]error, len(r.Reasons))
	for i, reason := range r.Reasons {
		faults[i] = errors.New(reason.Words)
	}
	return errors.Join(faults...)
}

// report says how the bot is. It blocks for the database, at most for readyWithin.
func (b *Bot) report(ctx context.Context) health.Report {
	ctx, cancel := context.WithTimeout(ctx, readyWithin)
	defer cancel()
	reasons := b.reasons(ctx)
	b.noticed.Note(reasons, time.Now())
	r := health.Report{Ready: len(reasons) == 0, Reasons: reasons, Paused: b.paused.read(ctx), Build: b.build()}
	if b.socket != nil {
		s := b.socket.Status()
		r.Slack = health.Slack{Connections: s.Live, Wanted: s.Wanted, Reported: s.Reported, Ghosts: s.Ghosts}
		if !s.LastHello.IsZero() {
			r.Slack.LastHello = &s.LastHello
		}
	}
	return r
}

// reasons returns why the bot is not ready; none if it is.
func (b *Bot) reasons(ctx context.Context) []health.Reason {
	list := []health.Reason{}
	add := func(code health.Code, since time.Time, context string, err error) {
		if err != nil {
			list = append(list, health.NewReason(code, fmt.Errorf(context+"%w", err), since))
		}
	}
	if b.socket == nil {
		add(health.SlackConnection, b.started, "", errors.New("no connection to Slack"))
	} else if s := b.socket.Status(); !s.Ready {
		add(health.SlackConnection, s.Since, "", fmt.Errorf("no connection to Slack since %s UTC: %s",
			s.Since.UTC().Format(time.DateTime), web.SocketReason(s.Reason)))
	}
	if e, ok := errors.AsType[*web.RefusedError](b.web.Ready(b.gate.NamesGroups())); ok {
		add(health.SlackRefusal, e.Since, "", e)
	}
	add(health.Database, time.Time{}, "journal: ", b.journal.Ping(ctx))
	add(health.Heartbeat, time.Time{}, "engine: ", b.engine.Ready())
	add(health.RequestStuck, time.Time{}, "", b.sweeper.Ready())
	err := b.gate.Ready(ctx)
	var since time.Time
	if e, ok := errors.AsType[*policy.OutdatedError](err); ok {
		since = e.Newest.At
	}
	add(health.Policy, since, "policy: ", err)
	return list
}

// build says which program this is.
func (b *Bot) build() health.Build {
	return health.Build{Version: Version, Commit: commit(), StartedAt: b.started,
		Uptime: int64(time.Since(b.started).Seconds())}
}

// commit returns the commit that the program was built from, "" if it does not say.
func commit() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			return s.Value
		}
	}
	return ""
}

// state is the collector of what a report says. It makes one when it is scraped.
type state struct {
	b                *Bot
	notReady, paused *prometheus.Desc
}

func newState(b *Bot) *state {
	return &state{b: b,
		notReady: prometheus.NewDesc("lbbot_not_ready", "1 while the bot cannot take requests for this reason.",
			[]string{"reason"}, nil),
		paused: prometheus.NewDesc("lbbot_paused",
			"1 while the bot is paused and sends no new request, as last read from the database.", nil, nil)}
}

// Describe is prometheus.Collector.
func (s *state) Describe(to chan<- *prometheus.Desc) { to <- s.notReady; to <- s.paused }

// Collect is prometheus.Collector. It blocks for the database, at most for readyWithin.
func (s *state) Collect(to chan<- prometheus.Metric) {
	holds := map[health.Code]float64{}
	for _, reason := range s.b.report(context.Background()).Reasons {
		holds[reason.Code] = 1
	}
	for _, code := range health.Codes() {
		to <- prometheus.MustNewConstMetric(s.notReady, prometheus.GaugeValue, holds[code], string(code))
	}
	paused := 0.0
	if s.b.paused.last.Load() {
		paused = 1
	}
	to <- prometheus.MustNewConstMetric(s.paused, prometheus.GaugeValue, paused)
}
