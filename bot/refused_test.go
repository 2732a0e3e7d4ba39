package bot_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot/sandbox"
)

// TestNotReadyNamesWhatSlackRefusesSinceWhenAndTheRemedy covers what the bot
// finds out at the start; a person's command finds the rest.
func TestNotReadyNamesWhatSlackRefusesSinceWhenAndTheRemedy(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		refuse func(*sandbox.Slack)
		says   []string
		told   string // what a person reads who asks meanwhile
	}{
		"user groups need a paid plan": {
			func(s *sandbox.Slack) {
				s.FailNext("usergroups.list", sandbox.APIFault{Error: "paid_teams_only", Times: -1})
			},
			[]string{"Slack refuses usergroups.list since ", "paid_teams_only",
				"name people in the policy instead of groups"}, "name people in the policy instead of groups",
		},
		"a scope for groups is missing": {
			func(s *sandbox.Slack) { s.SetMissingScopes("usergroups:read") },
			[]string{"missing_scope", "add the scope usergroups:read",
				"reinstall the app"}, "add the scope usergroups:read",
		},
		"a scope for people is missing": {
			func(s *sandbox.Slack) { s.SetMissingScopes("users:read") },
			[]string{"missing_scope", "add the scope users:read", "reinstall the app"}, "add the scope users:read",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := stand(t, nil)
			tt.refuse(h.slack)
			h.begin()
			parts := append(tt.says, time.Now().UTC().Format(" since 2006-01-02 "))
			require.Eventually(t, func() bool {
				problem := h.ready()
				return problem != nil && has(sandbox.Message{Text: problem.Error()}, parts...) &&
					len(h.slack.Connections()) > 0
			}, 20*time.Second, 5*time.Millisecond)
			h.types(ana, incident, good)
			h.sees(ana, incident, "Trying again does not help", tt.told)
			h.slack.ClearFaults()
			h.slack.SetMissingScopes()
			h.types(ana, incident, "whoami") // asks for the person and the groups
			h.sees(ana, incident, "You are")
		})
	}
}

func TestNotReadySaysSinceWhenThereIsNoConnection(t *testing.T) {
	t.Parallel()
	h := open(t, nil)
	h.slack.RevokeToken(sandbox.TheAppToken)
	h.slack.DropConnections()
	require.Eventually(t, func() bool {
		err := h.ready()
		return err != nil && has(sandbox.Message{Text: err.Error()}, "no connection to Slack since ",
			" UTC: token_revoked", "generate an app-level token")
	}, 20*time.Second, 5*time.Millisecond)
	h.slack.RestoreTokens()
}
