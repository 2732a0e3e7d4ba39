// Package control gives the stand-ins to programs: it acts as people, reads what
// they see, sets faults and lists what was sent, by HTTP with JSON under
// /_control/. The page of the sandbox sets the same faults by the same methods.
//
// It starts no goroutine. A request blocks as long as the act that it asks for:
// an act waits up to 3 s for the app's ack.
package control

import (
	"context"

	"lbbot/bot/sandbox"
	"lbbot/zenlayer/zenlayertest"
)

// Options configures a Panel. Slack and Cloud are required.
type Options struct {
	Slack *sandbox.Slack
	Cloud *zenlayertest.Server
	// Reset restores the first state of everything. Nil resets Slack and the cloud.
	Reset func(context.Context) error
	// Kill kills the bot and starts it again. Nil means that the bot is somebody else's.
	Kill func(context.Context) error
	// Secrets are masked wherever Log finds them.
	Secrets []string
}

// Panel holds the stand-ins. Its methods may be called from several goroutines.
type Panel struct {
	slack  *sandbox.Slack
	cloud  *zenlayertest.Server
	reset  func(context.Context) error
	mask   func(string) string
	faults []fault
}

// New makes a panel.
func New(o Options) *Panel {
	p := &Panel{slack: o.Slack, cloud: o.Cloud, reset: o.Reset, mask: masker(o.Secrets)}
	if p.reset == nil {
		p.reset = func(context.Context) error {
			o.Slack.Reset()
			o.Cloud.Reset()
			return nil
		}
	}
	p.faults = append(append(p.cloudFaults(), p.slackFaults()...), botKilled(o.Kill))
	return p
}
