// Command loop is a bare bot to compare with: slack-go's Socket Mode client acks, calls
// RegisterBackend and posts the result. It checks nothing, stores nothing and forgets all
// when it ends. See deploy/docs/performance.md.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/google/uuid"
	"github.com/slack-go/slack"
	"github.com/slack-go/slack/socketmode"
	"golang.org/x/time/rate"

	"lbbot/zenlayer"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx)
	stop()
	if !errors.Is(err, context.Canceled) { // it ends with an error always
		fmt.Fprintln(os.Stderr, "loop: "+err.Error())
		os.Exit(1)
	}
}

// bot has the clients of both services.
type bot struct {
	slack *slack.Client
	cloud *zenlayer.Client
}

func run(ctx context.Context) error {
	cloud, err := zenlayer.New(zenlayer.Config{Endpoint: os.Getenv("ZENLAYER_ENDPOINT"),
		AccessKeyID:     os.Getenv("ZENLAYER_ACCESS_KEY_ID"),
		AccessKeySecret: zenlayer.NewSecret(os.Getenv("ZENLAYER_ACCESS_KEY_SECRET")),
		Limiter:         rate.NewLimiter(rate.Inf, 1)})
	if err != nil {
		return err
	}
	b := bot{cloud: cloud, slack: slack.New(os.Getenv("SLACK_BOT_TOKEN"),
		slack.OptionAppLevelToken(os.Getenv("SLACK_APP_TOKEN")), slack.OptionAPIURL(os.Getenv("SLACK_API_URL")))}
	socket := socketmode.New(b.slack)
	go b.serve(ctx, socket)
	return socket.RunContext(ctx)
}

// serve answers each command in a goroutine of its own.
func (b bot) serve(ctx context.Context, socket *socketmode.Client) {
	for {
		select {
		case <-ctx.Done():
			return
		case event := <-socket.Events:
			command, ok := event.Data.(slack.SlashCommand)
			if !ok || event.Request == nil {
				continue
			}
			if command.Text == "help" {
				b.report(socket.Ack(*event.Request, map[string]string{"text": "/lb-register LISTENER SERVER"}))
				continue
			}
			b.report(socket.Ack(*event.Request))
			go func() { b.report(b.add(ctx, command)) }()
		}
	}
}

func (b bot) report(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "loop: "+err.Error())
	}
}

// add calls RegisterBackend and posts what came of it. The command is LISTENER SERVER and
// more, which it ignores.
func (b bot) add(ctx context.Context, command slack.SlashCommand) error {
	words := strings.Fields(command.Text)
	if len(words) < 2 {
		return fmt.Errorf("a command is LISTENER SERVER, and %q is not", command.Text)
	}
	listener, server := words[0], words[1]
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	text := ""
	got, err := b.cloud.RegisterBackend(ctx, zenlayer.RegisterBackendRequest{ListenerID: listener, BackendName: server,
		InstanceID: server, ClientToken: uuid.NewString(), PortList: []int{8443}, Weight: 20})
	if err != nil {
		text = "Not added: " + server + ": " + err.Error()
	} else {
		text = fmt.Sprintf("Added: %s to %s as %s.", server, listener, got.BackendID)
	}
	_, _, err = b.slack.PostMessageContext(ctx, command.ChannelID, slack.MsgOptionText(text, false))
	return err
}
