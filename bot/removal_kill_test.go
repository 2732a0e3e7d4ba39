package bot_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lbbot/bot"
	"lbbot/bot/policy"
	"lbbot/bot/sandbox"
	"lbbot/zenlayer/zenlayertest"
)

// removals lets SREs take servers off in incident channels.
const removals = `
@id("sre-remove") @approvals("0")
permit (principal in Usergroup::"S01SRE", action == Action::"remove", resource is Listener)
when { context.incident };
`

// taking takes web-04 off, one of four servers that are available.
func taking() deed {
	return deed{action: "DeregisterBackend",
		asks:    func(*house) string { return "remove api-lb/https-443 web-04" },
		settled: func(h *house) { h.tookOff("i-5594", 1) }}
}

// undoing adds web-07, and takes that back.
func undoing() deed {
	return deed{action: "DeregisterBackend", asks: func(h *house) string {
		h.types(ana, incident, good)
		h.clicks(ana, h.sees(ana, incident, "Preview"), "req_send")
		card := h.sees(ana, incident, "Added", "be-", "Available")
		return "undo " + refOf(h.t, card)
	}, settled: func(h *house) { h.tookOff("i-55a1", 2) }}
}

// withRemovals prepares the policy and the database of a house.
func withRemovals(use func(*testing.T, *bot.Config)) func(*testing.T, *bot.Config) {
	return func(t *testing.T, c *bot.Config) {
		require.NoError(t, policy.Install(c.Policy, []byte(rules+removals)))
		use(t, c)
	}
}

// tookOff requires the one outcome that is right however often the bot was killed:
// one effect, on the entry of this server, and one card, which says Removed.
func (h *house) tookOff(server string, cards int) {
	h.t.Helper()
	h.sees(ana, incident, "Removed", "be-", "LBR-")
	require.Empty(h.t, h.ofServer(listener, server))
	effects := 0
	for _, c := range h.cloud.CallsOf("DeregisterBackend") {
		if c.Executed && !strings.Contains(c.Answer, "NOT_FOUND") {
			effects++
		}
	}
	require.Equal(h.t, 1, effects, "one effect")
	require.Len(h.t, h.cards(incident), cards, "one card for each request")
}

func TestARemovalKilledAtEveryStepBoundaryHasOneEffectAndOneCard(t *testing.T) {
	t.Parallel()
	for name, use := range databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			killedAtEveryBoundary(t, taking(), withRemovals(use))
		})
	}
}

func TestAnUndoKilledAroundItsCallHasOneEffectAndOneCard(t *testing.T) {
	t.Parallel()
	for name, use := range databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			killedAtBoundaries(t, undoing(), withRemovals(use), func(boundary string) bool {
				return soaking() || strings.HasSuffix(boundary, "the call")
			})
		})
	}
}

// TestTheLastServerStaysUntilASecondPersonAgreesOnTwoReplicas removes the last two
// servers that are available at once, on two replicas.
func TestTheLastServerStaysUntilASecondPersonAgreesOnTwoReplicas(t *testing.T) {
	t.Parallel()
	const bo = "U0BO"
	h := stand(t, func(c *bot.Config) {
		onPostgres(t, c)
		require.NoError(t, policy.Install(c.Policy, []byte(rules+removals+leadsMay)))
	})
	h.slack.SetGroupMembers("S01SRE", ana, bo)
	for _, down := range []string{"be-19c3", "be-19c5"} {
		require.True(t, h.cloud.SetBackendStatus(down, "Unavailable"))
	}
	h.launch()
	h.launch()
	previews := map[string]sandbox.Message{}
	for person, server := range map[string]string{ana: "web-03", bo: "web-04"} {
		h.types(person, incident, "remove api-lb/https-443 "+server)
		previews[person] = h.sees(person, incident, "Preview", server, "req_send")
		require.False(t, has(previews[person], "approval_ask"), "the other server is available")
	}
	arrived, release := h.held(zenlayertest.BeforeExecute)
	defer release()
	h.clicks(ana, previews[ana], "req_send")
	reaches(t, arrived)
	h.slack.Click(t.Context(), bo, incident, previews[bo].TS, "req_send", "")
	again := h.sees(bo, incident, "web-04", "approval_ask")
	h.clicks(bo, again, "approval_ask")
	card := h.sees(chen, incident, "web-04", "ap_yes")
	release()
	h.sees(ana, incident, "Removed", "web-03")
	require.Len(t, h.ofServer(listener, "i-5594"), 1, "nobody agreed yet")
	require.Len(t, h.cloud.CallsOf("DeregisterBackend"), 1)
	h.clicks(chen, card, "ap_yes")
	h.sees(ana, incident, "Removed", "web-04")
	require.Empty(t, h.ofServer(listener, "i-5594"))
}
