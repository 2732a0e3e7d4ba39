package doctor

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"go.uber.org/zap"

	"lbbot/bot/health"
	"lbbot/bot/journal"
	"lbbot/bot/policy"
	"lbbot/bot/policy/rules"
	"lbbot/bot/slackapp/web"
	"lbbot/zenlayer"
)

// exam is one run of the checks: the clients, and what earlier checks have read.
type exam struct {
	Settings

	web       *web.Client
	directory *web.Directory
	cloud     *zenlayer.Client
	gate      *policy.Gate
	secrets   []string

	identity    web.Identity
	identityErr error
	openErr     error
	appID       string // of the app token
	policy      *rules.Set
	database    journal.Inspection
	running     *health.Report // what the bot says about itself; nil if it did not answer
	mayRun      string         // why a bot may be running; empty if none does, as far as can be known
	clocks      []clock
	balancers   []zenlayer.LoadBalancer
	cloudErr    error
}

func newExam(s Settings) (*exam, error) {
	if s.Now == nil {
		s.Now = time.Now
	}
	x := &exam{Settings: s, mayRun: unknownUse}
	var err error
	if x.web, err = web.New(web.Config{BotToken: s.BotToken, APIURL: s.SlackAPIURL, Log: zap.NewNop()}); err != nil {
		return nil, err
	}
	x.directory = web.NewDirectory(x.web, s.Now)
	x.Zenlayer.OnDate = func(server time.Time) { x.reads("Zenlayer", server) }
	x.Zenlayer.Sleep = func(context.Context, time.Duration) error { return errors.New("no check is retried") }
	if x.cloud, err = zenlayer.New(x.Zenlayer); err != nil {
		return nil, err
	}
	if x.gate, err = policy.New(policy.Config{Path: s.Policy, AtOnce: true, Directory: x.directory,
		IncidentChannels: s.IncidentChannels, IncidentCreators: s.IncidentCreators, Now: s.Now}); err != nil {
		return nil, err
	}
	for _, secret := range []string{s.BotToken.Reveal(), s.AppToken.Reveal(), s.Zenlayer.AccessKeySecret.Reveal(),
		s.Zenlayer.Token.Reveal(), password(s.DatabaseURL)} {
		if secret != "" {
			x.secrets = append(x.secrets, secret)
		}
	}
	return x, nil
}

func (x *exam) close() {
	x.web.Close()
	x.cloud.CloseIdleConnections()
}

// password returns the password in a database URL.
func password(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	secret, _ := u.User.Password()
	return cmp.Or(secret, u.Query().Get("password"))
}

// redact removes secrets. No text should have one.
func (x *exam) redact(text string) string {
	for _, secret := range x.secrets {
		text = strings.ReplaceAll(text, secret, "[redacted]")
	}
	return strings.Join(strings.Fields(text), " ")
}

// clock is what the clock of a server said.
type clock struct {
	server string
	ahead  time.Duration // of this machine; a second is the resolution
}

// reads notes the clock of a server.
func (x *exam) reads(server string, at time.Time) {
	if at.IsZero() {
		return
	}
	ahead := x.Now().Sub(at)
	if ahead > 0 { // Date leaves out the fraction of the second
		ahead = max(0, ahead-time.Second)
	}
	x.clocks = append(x.clocks, clock{server, ahead})
}

// unreachable is the finding if an API does not answer.
func unreachable(api, setting, address string, err error) finding {
	host := address
	if u, parseErr := url.Parse(address); parseErr == nil && u.Host != "" {
		host = u.Host
	}
	next := fmt.Sprintf("check %s, the name server, the firewall and HTTPS_PROXY: this machine must reach %s", setting,
		host)
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		next = "check " + setting + "; if a proxy of yours signs its certificate, name that authority in SSL_CERT_FILE"
		if _, old := errors.AsType[x509.CertificateInvalidError](err); old {
			next = "check the clock of this machine, and the certificate of " + host
		}
	}
	if strings.Contains(err.Error(), "server gave HTTP response to HTTPS client") { // net/http has no type for it
		next = "check " + setting + ": the server at " + host + " does not speak TLS"
	}
	return fails(next, "no answer of %s's API from %s: %v", api, host, err)
}
