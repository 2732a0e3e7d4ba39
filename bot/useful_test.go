package bot_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot"
	"lbbot/bot/policy"
	"lbbot/bot/sandbox"
)

func TestHistoryAndDenialsGoAllTheWay(t *testing.T) {
	t.Parallel()
	h := stand(t, func(c *bot.Config) { c.Rate = bot.Rate{N: 10, In: bot.Duration(10 * time.Minute)} })
	require.NoError(t, policy.Install(h.config.Policy, []byte(rules+`
@id("leads-see") permit (principal in Usergroup::"S03LEAD", action == Action::"viewHistory", resource is Listener)
when { resource.name == "https-443" };
`)))
	h.start()
	h.types(ana, incident, good)
	h.clicks(ana, h.sees(ana, incident, "Preview"), "req_send")
	h.sees(ana, incident, "Added", "Backend ID")

	const chen, bo = "U0CHEN", "U0BO" // leads; Bo is an SRE as well
	h.types(chen, incident, "lst-8f2c db-07 weight=30")
	no := h.sees(chen, incident, "Not sent", "2 people can.", "S01SRE", "does not hold", "the weight is at most 50",
		"typed here", "weight=30")
	require.True(t, no.Ephemeral)

	h.types(bo, incident, "history")
	m := h.sees(bo, incident, "2 entries", "web-07", "Denied", "no rule allows it", inBlocks("<@U0CHEN>"))
	require.True(t, m.Ephemeral)
	h.types(dev, incident, "history")
	m = h.sees(dev, incident, "Nothing that you may see")
	require.True(t, m.Ephemeral)
	h.types(ana, incident, "history by=me timeline")
	h.sees(ana, incident, "1 entry", "added web-07")
	h.types(chen, incident, "history api-lb/https-443 here share")
	m = h.sees(dev, incident, "Shared by chen", "web-07")
	require.False(t, m.Ephemeral)
	require.False(t, has(m, "Denied"))

	h.types(dev, incident, "whoami why api-lb/https-443 web-07 weight=20")
	m = h.sees(dev, incident, "Why, step by step", "others-ask", "Limits left")
	require.True(t, m.Ephemeral)
	h.types(dev, incident, "whoami")
	h.sees(dev, incident, "Limits left")
	require.Len(t, h.registerBodies(), 1)
	h.calm()
}

// A channel may become shared while a card stands in it. Slack delivers clicks
// of the other organization's members too; whoever clicks is looked at.
func TestClicksInAChannelThatBecameSharedAreRefusedForEverybody(t *testing.T) {
	t.Parallel()
	h := stand(t, nil)
	require.NoError(t, policy.Install(h.config.Policy, []byte(approving)))
	h.start()
	h.types(dev, incident, good)
	h.clicks(dev, h.sees(dev, incident, "Preview", "approval_ask"), "approval_ask")
	card := h.sees(ana, incident, "for approval · LBR-", "ap_yes")
	h.slack.SetChannel(sandbox.Channel{ID: incident, Name: "inc-2041", Creator: "U0INCBOT", ExtShared: true,
		Members: []string{ana, dev, "U0BO", olga}, BotMember: true})
	for _, who := range []string{olga, "U0BO", ana, dev} {
		for _, action := range []string{"ap_yes", "ap_question", "op_stop"} {
			h.slack.Click(t.Context(), who, incident, card.TS, action, "")
		}
		m := h.sees(who, incident, "Not sent")
		require.True(t, m.Ephemeral)
		require.False(t, who == olga && has(m, "web-07"), "an outsider learns nothing")
	}
	now := h.sees(ana, incident, "for approval · LBR-")
	require.False(t, has(now, "Approved") || has(now, "Stopping") || has(now, "stopped"), "nobody's click counted: %s",
		now.Text)
	require.Empty(t, h.registerBodies())
	h.calm()
}
