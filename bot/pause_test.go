package bot_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"lbbot/bot"
	"lbbot/bot/policy"
)

// pausing lets Ana pause from #ops.
const pausing = rules + `
@id("sre-pause") permit (principal in Usergroup::"S01SRE", action == Action::"pause", resource == Bot::"lbbot")
when { context.channel.id == "C0OPS" };
`

func TestAPauseHoldsOnEveryReplicaUntilSomebodyResumes(t *testing.T) {
	t.Parallel()
	for name, database := range map[string]func(t *testing.T, c *bot.Config){
		"SQLite": func(*testing.T, *bot.Config) {}, "PostgreSQL": onPostgres,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := stand(t, func(c *bot.Config) {
				database(t, c)
				c.AdminAddr = "127.0.0.1:0"
			})
			require.NoError(t, policy.Install(h.config.Policy, []byte(pausing)))
			h.start()
			if name == "PostgreSQL" {
				first := h.stop
				h.start() // a second replica, which takes what comes in turn with the first
				t.Cleanup(func() { require.NoError(t, first()) })
			}
			h.types(dev, incident, "pause")
			h.sees(dev, incident, "You may not pause the bot, or resume", "sre-pause")
			h.types(ana, ops, `pause maintenance <!channel>`)
			h.sees(ana, ops, "*Paused.*", "Nothing was being sent.")
			h.sees(gil, ops, "paused the bot: no new request is sent", "*Reason:* maintenance @channel.")
			h.types(ana, ops, "pause again")
			h.sees(ana, ops, "The bot has been paused since", "<@"+ana+">: maintenance")

			h.types(ana, incident, "resume") // her rule holds in #ops only
			h.sees(ana, incident, "ou may not pause the bot, or resume from this channel")

			h.types(ana, incident, good)
			preview := h.sees(ana, incident, "Preview", "*Risk:* The bot has been paused since", "maintenance")
			h.clicks(ana, preview, "req_send")
			h.sees(ana, incident, "*Waiting:* the bot is paused.", "to resume it, or press *Stop*",
				"The bot has been paused since", "if somebody resumes before, or not at all")
			require.Empty(t, h.registerBodies())
			if name == "SQLite" {
				require.NoError(t, h.stop())
				h.start() // the pause survives
				h.types(ana, ops, "pause")
				h.sees(ana, ops, "The bot has been paused since")
				require.Empty(t, h.registerBodies())
			}

			h.types(ana, ops, "resume")
			h.sees(ana, ops, "*Resumed.*", "The bot had been paused since", "<@"+ana+">")
			h.sees(gil, ops, "resumed the bot: requests are sent again.")
			h.sees(ana, incident, "Added", "web-07")
			require.Len(t, h.registerBodies(), 1)
			h.types(ana, ops, "resume")
			h.sees(ana, ops, "The bot is not paused. Nothing changed.")
			h.calm()
		})
	}
}
