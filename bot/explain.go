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
	"lbbot/bot/slackapp/web"
	"lbbot/commands"
	"lbbot/zenlayer"
)

// findWithin limits how long an inquiry waits for Zenlayer.
const findWithin = 30 * time.Second

// Inquiry is one question about a permission, by ids and names.
type Inquiry struct {
	Person, Channel string // Slack ids
	Registration    commands.Registration
	AnyServer       bool // Registration.Server is only a name for messages
	Action          operation.Action
	At              time.Time // zero: now
}

// Inquire returns the gate of a running bot with these settings, and the question of an
// inquiry. It only reads from Slack and Zenlayer, opens no Socket Mode connection and no
// database, and needs no app token. Call done when the gate is no longer needed. The error
// is a *SettingError, a *commands.InputError if the listener or the server is not exactly
// one, or says what could not be read.
func Inquire(
	ctx context.Context, c Config, i Inquiry, log *zap.Logger,
) (gate *policy.Gate, q operation.Question, done func(), err error) {
	if err := withoutAppToken(c.Validate()); err != nil {
		return nil, q, nil, err
	}
	client, err := web.New(web.Config{BotToken: c.SlackBotToken, APIURL: c.SlackAPIURL,
		Log: log.Named("slack")})
	if err != nil {
		return nil, q, nil, err
	}
	defer func() {
		if err != nil {
			client.Close()
		}
	}()
	gate, err = policy.New(policy.Config{Path: c.Policy, AtOnce: true, Directory: web.NewDirectory(client, time.Now),
		IncidentChannels: c.IncidentChannels, IncidentCreators: c.IncidentCreators, Log: log.Named("policy"),
		Now: time.Now})
	if err != nil {
		return nil, q, nil, err
	}
	if q = i.question(c.Account); i.Action == operation.ActionPause {
		return gate, q, client.Close, nil
	}
	cloud, err := zenlayer.New(c.cloud(c.ZenlayerRate.limiter()))
	if err != nil {
		return nil, q, nil, err
	}
	server := i.Registration.Server
	if i.AnyServer {
		server = ""
	}
	late := fmt.Errorf("Zenlayer did not answer within %s", findWithin)
	within, cancel := context.WithTimeoutCause(ctx, findWithin, late)
	defer cancel()
	q.Listener, q.Server, err = intake.Find(within, cloud, i.Registration.Listener, server, i.Registration.Type)
	if i.AnyServer {
		q.Server = i.anyServer()
	}
	if err == nil && q.Weight == 0 {
		pool, unread := cloud.DescribeBackends(within, q.Listener.ID, zenlayer.BackendFilter{})
		if unread != nil {
			return nil, q, nil, fmt.Errorf("reading the usual weight of the servers on %s: give --weight: %w",
				q.Listener.ID, unread)
		}
		q.Weight = operation.UsualWeight(pool)
	}
	return gate, q, client.Close, err
}

func (i Inquiry) question(account string) operation.Question {
	return operation.Question{Action: i.Action, Account: account, Actor: operation.Actor{UserID: i.Person},
		Place: operation.Place{ChannelID: i.Channel}, Weight: i.Registration.Weight, Ports: i.Registration.Ports,
		At: i.At}
}

// anyServer returns the server of an inquiry without one.
func (i Inquiry) anyServer() operation.Server {
	s := operation.Server{ID: i.Registration.Server, Name: i.Registration.Server, Type: i.Registration.Type}
	if s.Type == "" {
		s.Type = zenlayer.InstanceBM
	}
	return s
}

// LoadForReading is Load for commands that only read: the app token may be missing. A policy
// that is not empty overrides the setting.
func LoadForReading(file string, environ map[string]string, policy string) (Config, error) {
	c, err := Load(file, environ, given("--policy", "LBBOT_POLICY", policy))
	return c, withoutAppToken(err)
}

func withoutAppToken(err error) error {
	return errors.Join(slices.DeleteFunc(flat(err), func(err error) bool {
		e, ok := errors.AsType[*SettingError](err)
		return ok && e.Setting == "SLACK_APP_TOKEN"
	})...)
}
