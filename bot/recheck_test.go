package bot

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"lbbot/bot/policy"
	"lbbot/bot/sandbox"
	"lbbot/zenlayer"
)

func TestSlackIsAskedAgainForWhatItRefused(t *testing.T) {
	t.Parallel()
	slack := sandbox.New(sandbox.Options{AppToken: "xapp-planted", BotToken: "xoxb-planted"})
	_, err := slack.Start()
	require.NoError(t, err)
	defer func() { require.NoError(t, slack.Close()) }()
	c := Defaults()
	dir := t.TempDir()
	c.SlackBotToken, c.SlackAppToken, c.SlackAPIURL = zenlayer.NewSecret("xoxb-planted"), zenlayer.NewSecret(
		"xapp-planted"), slack.APIURL()
	c.ZenlayerToken, c.DatabaseURL, c.Policy, c.AdminAddr = zenlayer.NewSecret("planted"), "sqlite:"+filepath.Join(dir,
		"lbbot.db"), filepath.Join(dir, "policy.cedar"), ""
	require.NoError(t,
		policy.Install(c.Policy, []byte("@id(\"sre\") @approvals(\"0\")\npermit (principal in Usergroup::\"S01SRE\", "+
			"action == Action::\"register\", resource);\n")))
	b, err := New(t.Context(), c, zap.NewNop())
	require.NoError(t, err)
	defer func() { require.NoError(t, b.close()) }()
	require.True(t, b.gate.NamesGroups())

	slack.SetMissingScopes("chat:write")
	slack.FailNext("usergroups.list", sandbox.APIFault{Error: "paid_teams_only", Times: -1})
	require.NoError(t, b.checkTokens(t.Context()))
	require.ErrorContains(t, b.web.Ready(true), "paid_teams_only")
	require.ErrorContains(t, b.web.Ready(false), "add the scope chat:write")
	require.NotContains(t, b.web.Ready(false).Error(), "paid_teams_only",
		"without groups in the policy nobody needs them")

	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- b.recheck(ctx, time.Millisecond) }()
	slack.SetMissingScopes()
	slack.ClearFaults()
	require.Eventually(t, func() bool { return b.web.Ready(true) == nil }, 20*time.Second, time.Millisecond)
	cancel()
	require.NoError(t, <-done)
}
