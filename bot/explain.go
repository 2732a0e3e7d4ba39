package bot

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"go.uber.org/zap"

	"lbbot/bot/operation"
	"lbbot/bot/operation/intake"
	"lbbot/bot/policy"
	"lbbot/bot/slackapp"
	"lbbot/commands"
	"lbbot/zenlayer"
)

// findWithin bounds how long an inquiry waits for Zenlayer.
const findWithin = 30 * time.Second

// Inquiry is one question about a permission, by ids and names.
type Inquiry struct {
	Person, Channel string // Slack ids
	Registration    commands.Registration
	AnyServer       bool // Registration.Server stands for no server in particular
	Action          operation.Action
	At              time.Time // zero: now
}

// Inquire makes a gate as the running bot has it, and the question of an
// inquiry, by what Slack and Zenlayer say: read-only calls, no connection for
// events, no database. c need not have an app token. The caller calls done
// when it needs the gate no more. Errors: *SettingError, *commands.InputError
// when the listener or the server is not exactly one; otherwise something
// could not be read.
func Inquire(ctx context.Context, c Config, i Inquiry, log *zap.Logger) (gate *policy.Gate, q operation.Question, done func(), err error) {
	if err := withoutAppToken(c.Validate()); err != nil {
		return nil, q, nil, err
	}
	web, err := slackapp.NewWeb(slackapp.WebConfig{BotToken: c.SlackBotToken, APIURL: c.SlackAPIURL, Log: log.Named("slack")})
	if err != nil {
		return nil, q, nil, err
	}
	defer func() {
		if err != nil {
			web.Close()
		}
	}()
	gate, err = policy.New(policy.Config{Path: c.Policy, AtOnce: true, Directory: slackapp.NewDirectory(web, time.Now),
		IncidentChannels: c.IncidentChannels, IncidentCreators: c.IncidentCreators, Log: log.Named("policy"), Now: time.Now})
	if err != nil {
		return nil, q, nil, err
	}
	cloud, err := zenlayer.New(zenlayer.Config{Endpoint: c.ZenlayerEndpoint, AccessKeyID: c.ZenlayerAccessKeyID,
		AccessKeySecret: c.ZenlayerAccessKeySecret, Token: c.ZenlayerToken, Limiter: c.ZenlayerRate.limiter(), UserAgent: "lbbot/" + Version, RequestClient: "lbbot " + Version})
	if err != nil {
		return nil, q, nil, err
	}
	server := i.Registration.Server
	if i.AnyServer {
		server = ""
	}
	within, cancel := context.WithTimeoutCause(ctx, findWithin, fmt.Errorf("Zenlayer did not answer within %s", findWithin))
	defer cancel()
	q = i.question(c.Account)
	q.Listener, q.Server, err = intake.Find(within, cloud, i.Registration.Listener, server, i.Registration.Type)
	if i.AnyServer {
		q.Server = i.anyServer()
	}
	if err == nil && q.Weight == 0 {
		pool, unread := cloud.DescribeBackends(within, q.Listener.ID, zenlayer.BackendFilter{})
		if unread != nil {
			return nil, q, nil, fmt.Errorf("reading which weight most servers on %s have, which a request without a weight takes; give --weight: %w", q.Listener.ID, unread)
		}
		q.Weight = operation.UsualWeight(pool)
	}
	return gate, q, web.Close, err
}

func (i Inquiry) question(account string) operation.Question {
	return operation.Question{Action: i.Action, Account: account, Actor: operation.Actor{UserID: i.Person},
		Place: operation.Place{ChannelID: i.Channel}, Weight: i.Registration.Weight, Ports: i.Registration.Ports, At: i.At}
}

// anyServer stands for a server where none is given.
func (i Inquiry) anyServer() operation.Server {
	s := operation.Server{ID: i.Registration.Server, Name: i.Registration.Server, Type: i.Registration.Type}
	if s.Type == "" {
		s.Type = zenlayer.InstanceBM
	}
	return s
}

// LoadForReading is Load for what connects to nobody: the app token may be
// missing.
func LoadForReading(file string, environ map[string]string, set func(*Config)) (Config, error) {
	c, err := Load(file, environ, set)
	return c, withoutAppToken(err)
}

func withoutAppToken(err error) error {
	return errors.Join(slices.DeleteFunc(flat(err), func(err error) bool {
		e, ok := errors.AsType[*SettingError](err)
		return ok && e.Setting == "SLACK_APP_TOKEN"
	})...)
}
