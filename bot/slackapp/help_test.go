package slackapp

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot/operation"
	"lbbot/bot/slackapp/render"
	"lbbot/commands"
)

func TestHelpIsAnsweredInTheAckWithWhatThePersonMayDo(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		person, channel string
		gate            operation.DenialCode
		says, saysNone  []string
	}{
		"somebody who may do all": {ana, incident, "", []string{"/lb-register api-lb/https-443 web-07"},
			[]string{"other rights", "could not check"}},
		"somebody without a rule": {ana, incident, operation.DeniedNoRule,
			[]string{"7 more commands need other rights.", "whoami", "history"}, []string{"web-07", "could not check"}},
		"a shared channel": {ana, partner, "", []string{"7 more commands need other rights."}, []string{"web-07"}},
		"Slack does not say who they are": {ana, incident, operation.DeniedUnchecked,
			[]string{"I could not check which commands you may use", "web-07", "history"}, []string{"other rights"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := open(t, nil)
			r.gate.deny(tt.gate)
			before := time.Now()
			answer, acked := r.slack.Deliver(t.Context(), "slash_commands", map[string]any{"user_id": tt.person,
				"team_id": teamID, "channel_id": tt.channel, "text": "help", "command": commands.Name}, true)
			require.True(t, acked)
			require.Less(t, time.Since(before), 3*time.Second, "Slack gives up")
			for _, s := range tt.says {
				require.Contains(t, string(answer), s)
			}
			for _, s := range tt.saysNone {
				require.NotContains(t, string(answer), s)
			}
		})
	}
}

func TestTheHelpButtonShowsWhatThePersonMayDo(t *testing.T) {
	t.Parallel()
	r := open(t, nil)
	r.gate.deny(operation.DeniedNoRule)
	_, acked := r.slack.Deliver(t.Context(), "interactive", clickPayload(ana, incident, render.ActHelpOpen, ""), true)
	require.True(t, acked)
	r.sees(ana, incident, "7 more commands need other rights.")
}
