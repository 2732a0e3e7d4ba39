package bot_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot"
	"lbbot/bot/policy"
)

// TestAReplicaWithoutTheNewestPolicyFileDecidesNothing runs two replicas with
// files of their own. The second one gets a newer file.
func TestAReplicaWithoutTheNewestPolicyFileDecidesNothing(t *testing.T) {
	t.Parallel()
	h := open(t, func(c *bot.Config) { onPostgres(t, c) })
	h.types(ana, incident, good)
	before := h.sees(ana, incident, "Preview", "web-07")
	file, ready := h.config.Policy, h.ready

	newer := rules + "\n// newer\n"
	h.config.Policy = filepath.Join(t.TempDir(), "policy.cedar")
	require.NoError(t, policy.Install(h.config.Policy, []byte(newer)))
	h.start()
	require.ErrorContains(t, ready(), "are not the newest")
	require.NoError(t, h.stop()) // what comes now comes to the first one

	h.clicks(ana, before, "req_send")
	h.sees(ana, incident, "Not sent: I do not have the current policy yet, so I decide nothing. Try again in a minute.",
		"LBR-")
	h.types(ana, incident, "lst-8f2c db-07")
	h.sees(ana, incident, "I do not have the current policy yet", "Noted in the audit trail.")
	require.Empty(t, h.registerBodies())
	require.Empty(t, h.cards(incident))

	require.NoError(t, policy.Install(file, []byte(newer)))
	require.Eventually(t, func() bool { return ready() == nil }, 40*time.Second, 10*time.Millisecond)
	h.types(ana, incident, good)
	h.clicks(ana, h.sees(ana, incident, "Preview", "web-07"), "req_send")
	h.sees(ana, incident, "Added", "web-07")
	require.Len(t, h.ofServer(listener, "i-55a1"), 1)

	h.config.Policy = file
	require.NoError(t, policy.Install(file, []byte(rules))) // back, on purpose, since it changes while it runs
	require.Eventually(t, func() bool { return ready() == nil }, 40*time.Second, 10*time.Millisecond)
}
