// Package stage hosts the stand-ins of Slack and Zenlayer for the benchmark, and the
// people who type commands in them. It counts the calls of the bot and sees the moment
// in which a result is shown.
//
// A bot that is measured posts, or edits in, one message to the channel of a command when
// the server was added. Its text begins with Added and names the server, by id or name.
// Texts that begin with other words do not count as an answer.
package stage

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"lbbot/bot/sandbox"
	"lbbot/zenlayer/zenlayertest"
)

// Command is the slash command that people type.
const Command = "/lb-register"

// Stage is both stand-ins. Make it with Open, and Close it.
type Stage struct {
	slack *sandbox.Slack
	cloud *zenlayertest.Server
	watch bool // the people ask for the status of the servers

	slackDoor, cloudDoor *door

	mu     sync.Mutex
	shown  map[int]chan struct{} // by number of a command; closed when its result is shown
	notify func(n int)           // see OnShown
}

// Open starts the stand-ins with room for size commands: each is typed by another person
// in another channel, so that neither Slack's one message a second in a channel nor the
// bot's memory of people and channels helps or hinders. With watch the people let the bot
// read the status of each server after it was added.
func Open(size int, watch bool) (*Stage, error) {
	s := &Stage{watch: watch, shown: map[int]chan struct{}{}}
	s.slack = sandbox.New(sandbox.Options{Workspace: workspace(size), NoTiers: true, Command: Command})
	s.cloud = zenlayertest.New(zenlayertest.Options{Seed: account(size), KeepCalls: 1})
	if _, err := s.slack.Start(); err != nil {
		return nil, err
	}
	var slackErr, cloudErr error
	s.slackDoor, slackErr = openDoor(s.serveSlack)
	s.cloudDoor, cloudErr = openDoor(s.serveCloud)
	if err := errors.Join(slackErr, cloudErr); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	s.slackDoor.serve()
	s.cloudDoor.serve()
	return s, nil
}

// Close ends the stand-ins and waits for their goroutines.
func (s *Stage) Close() error {
	s.slackDoor.close()
	s.cloudDoor.close()
	s.cloud.Close()
	return s.slack.Close()
}

// Environment returns the variables that point a bot at the stand-ins.
func (s *Stage) Environment() []string {
	return []string{
		"SLACK_BOT_TOKEN=" + s.slack.BotToken(), "SLACK_APP_TOKEN=" + s.slack.AppToken(),
		"SLACK_API_URL=" + s.slackDoor.url + "/api/", "ZENLAYER_ENDPOINT=" + s.cloudDoor.url,
		"ZENLAYER_ACCESS_KEY_ID=" + zenlayertest.SampleAccessKeyID,
		"ZENLAYER_ACCESS_KEY_SECRET=" + zenlayertest.SampleAccessKeySecret,
	}
}

// AwaitHello blocks until the bots have so many Socket Mode connections, and returns when
// they were seen.
func (s *Stage) AwaitHello(ctx context.Context, connections int) (time.Time, error) {
	changes, stop := s.slack.Subscribe()
	defer stop()
	for {
		if len(s.slack.Connections()) >= connections {
			return time.Now(), nil
		}
		select {
		case <-changes:
		case <-ctx.Done():
			return time.Time{}, context.Cause(ctx)
		}
	}
}

// Add types command n and returns the time to its ack. shown is closed when the result
// is in the channel.
func (s *Stage) Add(ctx context.Context, n int) (ack time.Duration, shown <-chan struct{}, err error) {
	done := make(chan struct{})
	s.mu.Lock()
	s.shown[n] = done
	s.mu.Unlock()
	in := s.slack.TypeCommand(ctx, personID(n), channelID(n), Command, text(n, s.watch))
	return in.AckAfter, done, s.failure(ctx, in, n)
}

// Help types /lb-register help and returns the time to its ack, which is the answer.
func (s *Stage) Help(ctx context.Context, n int) (time.Duration, error) {
	in := s.slack.TypeCommand(ctx, personID(n), channelID(n), Command, "help")
	return in.AckAfter, s.failure(ctx, in, n)
}

func (s *Stage) failure(ctx context.Context, in sandbox.Interaction, n int) error {
	switch {
	case in.Acked && in.Failure == "":
		return nil
	case ctx.Err() != nil:
		return context.Cause(ctx)
	}
	return fmt.Errorf("command %d got no ack that Slack takes in %s: %s", n, in.AckAfter.Round(time.Millisecond),
		in.Failure)
}

// Seen returns the last text that the person of command n saw in its channel.
func (s *Stage) Seen(n int) string {
	messages := s.slack.Messages(channelID(n), personID(n))
	if len(messages) == 0 {
		return "nothing"
	}
	return fmt.Sprintf("%q", messages[len(messages)-1].Text)
}

// OnShown sets a function that is called with the number of a command when its result is
// shown, before the bot hears so; nil removes it. It may block: the bot waits meanwhile.
func (s *Stage) OnShown(notify func(n int)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.notify = notify
}

// door is an HTTP server before a stand-in.
type door struct {
	url      string
	listener net.Listener
	server   *http.Server
	served   sync.WaitGroup
	counts   counts
}

func openDoor(handle func(http.ResponseWriter, *http.Request)) (*door, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("opening a port for a stand-in: %w", err)
	}
	return &door{url: "http://" + listener.Addr().String(), listener: listener,
		server: &http.Server{Handler: http.HandlerFunc(handle), ReadHeaderTimeout: 10 * time.Second}}, nil
}

// serve answers requests until close. What the handler reads must be set before.
func (d *door) serve() {
	d.served.Go(func() { _ = d.server.Serve(d.listener) }) // close ends it
}

// close ends the server. A door that was never opened is nil.
func (d *door) close() {
	if d != nil {
		_ = d.server.Close()
		_ = d.listener.Close() // Serve closes it too, if it was called
		d.served.Wait()
	}
}
