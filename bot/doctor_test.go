package bot_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"lbbot/bot"
	"lbbot/bot/policy"
)

func TestDoctorInSlackAnswersOwnersOnly(t *testing.T) {
	t.Parallel()
	h := stand(t, func(c *bot.Config) { c.OwnerChannel = "C0GENERAL" })
	require.NoError(t, policy.Install(h.config.Policy, []byte(pausing)))
	h.start()
	h.types(ana, ops, "doctor")
	h.sees(ana, ops, "*Doctor.* 26 checks.", "*Failed: owner channel.*", "the bot is not a member of #general",
		"→ in the channel, type /invite @lbbot", "Ok: ", "running bot, ", "bot token, ", "who may ask", "VM servers")
	h.types(dev, incident, "doctor")
	h.sees(dev, incident, "Only people who may pause the bot may use /lb-register doctor", "You may not pause the bot")
	h.calm()
}
