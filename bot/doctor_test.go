package bot_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"lbbot/bot"
	"lbbot/bot/policy"
)

func TestDoctorInSlackAnswersOwnersOnly(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		database func(t *testing.T, c *bot.Config)
		durable  string
	}{
		"SQLite":     {func(*testing.T, *bot.Config) {}, "tables, durable settings, Slack"},
		"PostgreSQL": {onPostgres, "*Failed: durable settings.* Fsync is off"}, // for speed
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := stand(t, func(config *bot.Config) {
				c.database(t, config)
				config.OwnerChannel = "C0GENERAL"
			})
			require.NoError(t, policy.Install(h.config.Policy, []byte(pausing)))
			h.start()
			h.types(ana, ops, "doctor")
			h.sees(ana, ops, "*Doctor.* 27 checks.", "*Failed: owner channel.*", "the bot is not a member of #general",
				"→ in the channel, type /invite @lbbot", "Ok: ", "running bot, ", "bot token, ", "who may ask",
				"VM servers", c.durable)
			h.types(dev, incident, "doctor")
			h.sees(dev, incident, "Only people who may pause the bot may use /lb-register doctor",
				"You may not pause the bot")
			h.calm()
		})
	}
}
