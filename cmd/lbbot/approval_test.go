package main

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot/sandbox"
)

// play is the sandbox without its page.
type play struct {
	t *testing.T
	*playground
}

// sees waits for a message with all the parts.
func (p play) sees(person, channel string, parts ...string) sandbox.Message {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), 30*time.Second)
	defer cancel()
	m, err := p.slack.WaitMessage(ctx, channel, person, func(m sandbox.Message) bool {
		for _, part := range parts {
			if m.Deleted || !strings.Contains(m.Text+string(m.Blocks), part) {
				return false
			}
		}
		return true
	})
	require.NoError(p.t, err, parts)
	return m
}

func (p play) clicks(person string, m sandbox.Message, action string) {
	p.t.Helper()
	in := p.slack.Click(p.t.Context(), person, m.ChannelID, m.TS, action, "")
	require.Empty(p.t, in.Failure)
	require.True(p.t, in.Acked)
}

func TestTheRealBotAsksForApprovalAndGoesWithoutItOnlyWithBreakGlass(t *testing.T) {
	g, err := testPlayground(t.TempDir())
	require.NoError(t, err)
	t.Cleanup(g.close)
	require.NoError(t, g.start(t.Context()))
	require.Eventually(t, g.ready, 30*time.Second, 5*time.Millisecond)
	const ana, bo, chen, dev, incident = "U0ANA", "U0BO", "U0CHEN", "U0DEV", "C0INC2041"
	p, before := play{t, g}, len(g.cloud.Backends())

	p.slack.TypeCommand(t.Context(), ana, incident, "/lb-register", "api-lb/https-443 web-07 weight=80")
	p.clicks(ana, p.sees(ana, incident, "Needs approval", "web-07"), "approval_ask")
	card := p.sees(chen, approvers, "for approval · LBR-", "web-07", "ap_yes")
	p.sees(ana, incident, "was asked for in", "web-07")
	p.clicks(dev, card, "ap_yes")
	require.True(t, p.sees(dev, approvers, "You are not on the list").Ephemeral)
	p.clicks(ana, card, "ap_yes")
	require.True(t, p.sees(ana, approvers, "someone else has to approve it").Ephemeral)
	require.Len(t, g.cloud.Backends(), before, "nothing happens before somebody agrees")
	p.clicks(chen, card, "ap_yes")
	for _, channel := range []string{approvers, incident} {
		p.sees(chen, channel, "Added", "web-07", "@"+chen)
	}
	require.Len(t, g.cloud.Backends(), before+1)

	p.slack.TypeCommand(t.Context(), ana, incident, "/lb-register", "api-lb/https-443 web-06 weight=80")
	p.clicks(ana, p.sees(ana, incident, "Needs approval", "web-06", "glass_open"), "glass_open")
	require.Eventually(t, func() bool { return len(p.slack.Views(ana)) == 1 }, 10*time.Second, 5*time.Millisecond)
	field := func(id string, value any) map[string]any { return map[string]any{id: value} }
	in := p.slack.SubmitView(t.Context(), ana, p.slack.Views(ana)[0].ID, sandbox.ViewState{
		"field_why":         field("field_why", "customers cannot pay, nobody answered"),
		"field_incident":    field("field_incident", "inc-2041"),
		"field_responsible": field("field_responsible", []string{"true"}),
	})
	require.Empty(t, in.Failure)
	require.Empty(t, in.Errors)
	p.sees(bo, approvers, "Added", "web-06", "break-glass", "Told:", "!subteam^S03LEAD")
	p.sees(ana, incident, "Added", "web-06", "break-glass", "Told in")
	require.Len(t, g.cloud.Backends(), before+2)
	require.Empty(t, g.slack.Findings())
}
