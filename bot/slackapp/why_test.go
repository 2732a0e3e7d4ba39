package slackapp

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lbbot/bot/slackapp/render/examples"
	"lbbot/bot/slackapp/render/private"
)

func TestTheAccountOfADecisionIsBoundedAndKeepsWhatDecides(t *testing.T) {
	t.Parallel()
	m := private.Account(examples.Accounts()["many_rules"], fixedWording())
	requireMessage(t, m)
	visible := shownText(t, m)
	require.Contains(t, visible, "Rule rule-29 *holds*", "a rule that holds is not left out")
	require.Contains(t, visible, "25 more rules are left out")
	require.Equal(t, private.MaxAccountRules, strings.Count(visible, "*holds*: it")+
		strings.Count(visible, "*does not hold*: it"))
}

func TestWhoIsRefusedIsToldNoNames(t *testing.T) {
	t.Parallel()
	visible := shownText(t, private.Account(examples.Accounts()["guest"], fixedWording()))
	for _, name := range []string{"api-lb", "payments", "https-443"} {
		require.NotContains(t, visible, name)
	}
}

func TestWhoamiWhyGoesAllTheWay(t *testing.T) {
	t.Parallel()
	r := open(t, nil)
	r.types(ana, incident, "whoami why api-lb/https-443 web-07 weight=20")
	m := r.sees(ana, incident, "Why, step by step", "adding web-07 to https-443", "Decision")
	require.True(t, m.Ephemeral)
	r.types(ana, incident, "whoami why api-lb/htps-443")
	r.sees(ana, incident, "Not done", "No listener called")
	r.types(ana, partner, "whoami why api-lb/https-443")
	m = r.sees(ana, partner, "shared with another organization")
	require.False(t, has(m, "https-443"), "nothing is looked up where nothing may be done")
	require.Empty(t, r.shelf.events, "asking why is noted nowhere")
	r.calm()
}
