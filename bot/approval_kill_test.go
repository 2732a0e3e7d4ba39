package bot_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot"
	"lbbot/bot/policy"
	"lbbot/bot/sandbox"
)

const (
	approvals = "C0APPROVE"
	chen      = "U0CHEN" // a lead, as Bo is
	leadsMay  = `
@id("leads-approve")
permit (principal in Usergroup::"S03LEAD", action == Action::"approve", resource is Listener);
`
)

// withLeads is stand with leads who may approve, in a channel of their own.
func withLeads(t *testing.T, edit func(*bot.Config)) *house {
	t.Helper()
	h := stand(t, func(c *bot.Config) {
		require.NoError(t, policy.Install(c.Policy, []byte(rules+leadsMay)))
		c.ApprovalChannel = approvals
		edit(c)
	})
	return h
}

// asksForApproval has a developer ask, and returns the approvers' card.
func (h *house) asksForApproval() sandbox.Message {
	h.t.Helper()
	h.types(dev, incident, good)
	preview := h.sees(dev, incident, "Preview", "Needs")
	h.clicks(dev, preview, "approval_ask")
	h.sees(dev, incident, "Asked")
	return h.sees(chen, approvals, "for approval · LBR-", "web-07")
}

// An approval that was asked for before the process was killed is given after
// it: to the next process on the same file, or to another replica.
func TestAnApprovalAskedForBeforeAKillIsDecidedAfterIt(t *testing.T) {
	t.Parallel()
	for name, use := range databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := withLeads(t, func(c *bot.Config) { use(t, c) })
			p := h.launch()
			card := h.asksForApproval()
			require.Empty(t, h.cloud.CallsOf("RegisterBackend"))
			p.kill()
			h.launch()
			h.clicks(chen, card, "ap_yes")
			h.settled()
			require.Len(t, h.registerBodies(), 1)
			asked := 0
			for _, m := range h.slack.Messages(approvals, chen) {
				if !m.Deleted && m.BotID != "" && m.ThreadTS == "" && strings.Contains(m.Text, "LBR-") {
					asked++
				}
			}
			require.Equal(t, 1, asked, "one card of approval")
			h.sees(chen, approvals, "Added", "be-")
		})
	}
}

// Two people press at the same instant, each through another replica: one
// click counts, and the other person reads who was first.
func TestTwoApproversAtOnceOnTwoReplicas(t *testing.T) {
	t.Parallel()
	h := withLeads(t, func(c *bot.Config) { onPostgres(t, c) })
	h.launch()
	h.launch()
	card := h.asksForApproval()
	leads := []string{"U0BO", chen}
	var together sync.WaitGroup
	for _, lead := range leads {
		together.Go(func() { h.slack.Click(t.Context(), lead, approvals, card.TS, "ap_yes", "") })
	}
	together.Wait()
	h.settled()
	require.Len(t, h.registerBodies(), 1)
	told := 0
	require.Eventually(t, func() bool {
		told = 0
		for _, lead := range leads {
			for _, m := range h.slack.Messages(approvals, lead) {
				if m.Ephemeral && has(m, "Already approved by") {
					told++
				}
			}
		}
		return told > 0
	}, 20*time.Second, 10*time.Millisecond, "the later one is told")
	require.Equal(t, 1, told)
}
