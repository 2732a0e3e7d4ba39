package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"syscall"
	"time"

	"lbbot/bot/doctor"
	"lbbot/bot/health"
	"lbbot/bot/slackapp/render"
	"lbbot/zenlayer"
)

// Examination says how to examine an installation.
type Examination struct {
	Local   bool // only the running bot, and files that it reads
	Connect bool // open one Socket Mode connection, unless a bot answers
	Environ map[string]string
}

// Examine checks everything that a bot with these settings needs; see package doctor. err
// is that of Load: then its problems are the report. It blocks for doctor.CheckLimit for
// each check at most.
func Examine(ctx context.Context, c Config, err error, e Examination) doctor.Report {
	if err != nil {
		return doctor.Unreadable(Version, c.hinted(flat(err))...)
	}
	s := c.examined(c.ZenlayerRate.limiter())
	s.Local, s.Connect = e.Local, e.Connect
	s.TimeZone, s.Unknown = e.Environ["TZ"], UnknownVariables(e.Environ)
	s.Running = c.askRunning
	return doctor.Run(ctx, s)
}

// examine is Examine from inside the running bot.
func (b *Bot) examine(ctx context.Context, limiter zenlayer.Limiter) []render.Check {
	s := b.inUse.Load().examined(limiter)
	s.Inside, s.TimeZone = b.journal, os.Getenv("TZ")
	s.Running = func(ctx context.Context) (health.Report, error) { return b.report(ctx), nil }
	report := doctor.Run(ctx, s)
	list := make([]render.Check, len(report.Checks))
	for i, c := range report.Checks {
		list[i] = render.Check{Verdict: string(c.Verdict), Name: c.Check, Found: c.Found, Next: c.Next}
	}
	return list
}

// examined returns what the doctor checks.
func (c Config) examined(limiter zenlayer.Limiter) doctor.Settings {
	return doctor.Settings{BotToken: c.SlackBotToken, AppToken: c.SlackAppToken, SlackAPIURL: c.SlackAPIURL,
		Zenlayer: c.cloud(limiter), DatabaseURL: c.DatabaseURL, Policy: c.Policy, Version: Version,
		OwnerChannel: c.OwnerChannel, ApprovalChannel: c.ApprovalChannel, AuditChannel: c.AuditChannel,
		IncidentChannels: c.IncidentChannels, IncidentCreators: c.IncidentCreators, Now: time.Now}
}

// askWithin limits the answer of a running bot, which itself waits for readyWithin.
const askWithin = readyWithin + time.Second

// askRunning asks the bot at the admin address how it is.
func (c Config) askRunning(ctx context.Context) (on health.Report, err error) {
	host, port, err := net.SplitHostPort(c.AdminAddr)
	if err != nil {
		return on, fmt.Errorf("%w: LBBOT_ADMIN_ADDR is empty", doctor.ErrNoBot)
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	address := net.JoinHostPort(host, port)
	ctx, cancel := context.WithTimeout(ctx, askWithin)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+"/readyz?format=json", nil)
	if err != nil {
		return on, err
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}} // and no proxy
	resp, err := client.Do(req)
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return on, fmt.Errorf("%w at %s", doctor.ErrNoBot, address)
	case err != nil:
		return on, fmt.Errorf("the bot at %s does not say how it is: %w", address, errors.Unwrap(err))
	}
	defer func() { _ = resp.Body.Close() }()
	if err := json.NewDecoder(io.LimitReader(resp.Body, 1<<20)).Decode(&on); err != nil || on.Version == "" {
		return on, fmt.Errorf("%w at %s", doctor.ErrOther, address)
	}
	return on, nil
}

// hinted adds what several problems with settings mean together.
func (c Config) hinted(problems []error) []error {
	if bot, app := c.SlackBotToken.Reveal(), c.SlackAppToken.Reveal(); len(bot) > 5 && len(app) > 5 &&
		bot[:5] == "xapp-" && app[:5] == "xoxb-" {
		problems = append([]error{errors.New("SLACK_BOT_TOKEN and SLACK_APP_TOKEN are swapped")}, problems...)
	}
	return problems
}
