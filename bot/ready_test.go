package bot_test

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot"
	"lbbot/bot/health"
	"lbbot/bot/sandbox"
)

// admin asks the admin port of the bot that was started last and returns the status.
func (h *house) admin(path string, into any) int {
	h.t.Helper()
	all := regexp.MustCompile(`"admin":"([^"]+)"`).FindAllStringSubmatch(h.log.String(), -1)
	require.NotEmpty(h.t, all)
	answer, err := http.Get("http://" + all[len(all)-1][1] + path)
	require.NoError(h.t, err)
	defer func() { require.NoError(h.t, answer.Body.Close()) }()
	require.Equal(h.t, "application/json", answer.Header.Get("Content-Type"))
	require.NoError(h.t, json.NewDecoder(answer.Body).Decode(into))
	return answer.StatusCode
}

func TestReadyzAsJSONSaysSinceWhenAndWhatToDo(t *testing.T) {
	t.Parallel()
	h := open(t, func(c *bot.Config) { c.AdminAddr = "127.0.0.1:0" })
	var r health.Report
	require.Equal(t, http.StatusOK, h.admin("/readyz?format=json", &r))
	require.True(t, r.Ready)
	require.NotNil(t, r.Reasons)
	require.Empty(t, r.Reasons)
	require.Positive(t, r.Slack.Connections)
	require.Positive(t, r.Slack.Reported)
	require.WithinDuration(t, time.Now(), *r.Slack.LastHello, time.Minute)
	require.Equal(t, bot.Version, r.Version)
	var build health.Build
	require.Equal(t, http.StatusOK, h.admin("/healthz?format=json", &build))
	require.Equal(t, r.StartedAt, build.StartedAt)

	h.slack.RevokeToken(sandbox.TheAppToken)
	h.slack.DropConnections()
	require.Eventually(t, func() bool {
		r = health.Report{}
		return h.admin("/readyz?format=json", &r) == http.StatusServiceUnavailable &&
			r.Reasons[0].Code == health.SlackConnection && strings.Contains(r.Reasons[0].Words, "token_revoked")
	}, 20*time.Second, 5*time.Millisecond)
	require.False(t, r.Ready)
	require.Zero(t, r.Slack.Connections)
	require.WithinDuration(t, time.Now(), r.Reasons[0].Since, time.Minute)
	require.Contains(t, r.Reasons[0].Runbook, "runbook.md#no-connection-to-slack")
	h.slack.RestoreTokens()
}
