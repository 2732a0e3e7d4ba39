package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"

	"lbbot/bot"
	"lbbot/bot/sandbox"
	"lbbot/bot/sandbox/control"
	"lbbot/bot/sandbox/page"
	"lbbot/zenlayer/zenlayertest"
)

// standIns serves both stand-ins and the page without a bot, until ctx ends.
func (s session) standIns(ctx context.Context, o sandboxOptions, log *zap.Logger) error {
	slackOptions, keys, err := o.readWorld()
	if err != nil {
		return err
	}
	doors, err := o.open()
	if err != nil {
		return err
	}
	slack := sandbox.New(slackOptions)
	slack.ServeAt("http://" + doors.slack.Addr().String())
	cloud := zenlayertest.New(zenlayertest.Options{AccessKeyID: keys.ID, AccessKeySecret: keys.Secret,
		Seed: world(time.Now())})
	site, err := page.New(page.Options{
		Slack: slack, Cloud: cloudPanel{cloud}, Samples: samples(zenlayertest.SampleData()),
		Control: control.New(control.Options{Slack: slack, Cloud: cloud,
			Secrets: []string{slack.BotToken(), slack.AppToken(), keys.Secret}}),
		Ready:   func() bool { return len(slack.Connections()) > 0 },
		Unready: "No bot is connected. Start one with the lines that the sandbox has printed.",
		AnyHost: o.unsafeListen, Version: bot.Version, Log: log.Named("page"),
	})
	if err != nil {
		return errors.Join(err, doors.close(), slack.Close())
	}
	s.tell(doors, slack, keys, o.world == "")
	group, ctx := errgroup.WithContext(ctx)
	for listener, handler := range map[net.Listener]http.Handler{doors.page: site,
		doors.slack: page.Guard(slack, o.unsafeListen), doors.zenlayer: page.Guard(cloud, o.unsafeListen)} {
		group.Go(func() error { return serve(ctx, listener, handler, log) })
	}
	err = group.Wait()
	cloud.Close()
	return errors.Join(err, slack.Close())
}

// readWorld returns the workspace of --world, or the sample one, and the key pair of the
// cloud.
func (o sandboxOptions) readWorld() (sandbox.Options, control.Keys, error) {
	slack := sandbox.Options{Shortcuts: shortcuts()}
	var keys control.Keys
	if o.world != "" {
		text, err := os.ReadFile(o.world)
		if err != nil {
			return slack, keys, fileFault(fmt.Errorf("--world: %w", err),
				"copy deploy/sandbox-world.yaml and change it")
		}
		w, err := control.ReadWorld(o.world, text)
		if err != nil {
			return slack, keys, usageError{err}
		}
		slack, keys = w.Options(), w.Zenlayer
	}
	slack.BotToken, slack.AppToken = cmp.Or(slack.BotToken, sandboxBotToken), cmp.Or(slack.AppToken, sandboxAppToken)
	keys.ID, keys.Secret = cmp.Or(keys.ID, sandboxKeyID), cmp.Or(keys.Secret, sandboxSecret)
	return slack, keys, nil
}

// doors are the three listeners of a sandbox without a bot.
type doors struct{ page, slack, zenlayer net.Listener }

func (o sandboxOptions) open() (d doors, err error) {
	for _, door := range []struct {
		what, flag, addr string
		to               *net.Listener
	}{
		{"the page", "addr", o.addr, &d.page},
		{"the local Slack", "slack-addr", o.slackAddr, &d.slack},
		{"the local cloud", "zenlayer-addr", o.zenlayerAddr, &d.zenlayer},
	} {
		if *door.to, err = o.listen(door.what, door.flag, door.addr); err != nil {
			return d, errors.Join(err, d.close())
		}
	}
	return d, nil
}

func (d doors) close() error {
	var errs []error
	for _, l := range []net.Listener{d.page, d.slack, d.zenlayer} {
		if l != nil {
			errs = append(errs, l.Close())
		}
	}
	return errors.Join(errs...)
}

// tell prints where everything is, and the lines that point a bot at it. In the sample
// workspace, lbbot gets the settings that it has in a sandbox of its own as well.
func (s session) tell(d doors, slack *sandbox.Slack, keys control.Keys, sample bool) {
	var lines strings.Builder
	variables := addresses(slack, "http://"+d.zenlayer.Addr().String(), keys.ID, keys.Secret)
	if sample {
		variables = append(variables, sampleSettings()...)
	}
	for _, v := range variables {
		fmt.Fprintf(&lines, "export %s='%s'\n", v[0], strings.ReplaceAll(v[1], "'", `'\''`))
	}
	fmt.Fprintf(s.out, "The sandbox is open: http://%s\nPrograms control it under http://%s/_control/. "+
		"Stop it with Ctrl+C.\n\nPoint lbbot run, or any other bot, at it with these lines:\n\n%s",
		d.page.Addr(), d.page.Addr(), lines.String())
}

// addresses are the variables that point a bot at the stand-ins.
func addresses(slack *sandbox.Slack, endpoint, keyID, secret string) [][2]string {
	return [][2]string{
		{"SLACK_API_URL", slack.APIURL()}, {"SLACK_BOT_TOKEN", slack.BotToken()}, {"SLACK_APP_TOKEN", slack.AppToken()},
		{"ZENLAYER_ENDPOINT", endpoint}, {"ZENLAYER_ACCESS_KEY_ID", keyID}, {"ZENLAYER_ACCESS_KEY_SECRET", secret},
	}
}

// sampleSettings are those of lbbot in the sample workspace.
func sampleSettings() [][2]string {
	return [][2]string{{"LBBOT_INCIDENT_CREATORS", incidentCreator}, {"LBBOT_OWNER_CHANNEL", owners},
		{"LBBOT_APPROVAL_CHANNEL", approvers}, {"LBBOT_PROTECTED", protectedListeners}}
}
