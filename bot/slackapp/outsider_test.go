package slackapp

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"lbbot/bot/operation"
	"lbbot/bot/sandbox"
	"lbbot/bot/slackapp/delivery"
	"lbbot/bot/slackapp/render"
	"lbbot/bot/slackapp/render/private"
	"lbbot/bot/slackapp/socket"
	"lbbot/commands"
)

// trail returns what was recorded so far.
func (s *shelf) trail() []operation.Event {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.events)
}

func TestEveryButtonRefusesAClickFromAnotherWorkspace(t *testing.T) {
	t.Parallel()
	r := open(t, nil)
	r.preview(ana, incident)
	value := render.ButtonValue(r.shelf.inState(operation.Draft)[0])
	for n, action := range render.ActionIDs() {
		if action == render.ActLinkOpen {
			continue // an address, which Slack opens by itself
		}
		d := delivery.Delivery{Kind: delivery.KindClick, Key: action,
			Actor: operation.Actor{UserID: olga, TeamID: "T0PARTNER"},
			Place: operation.Place{TeamID: "T0PARTNER", ChannelID: incident}}
		d.Actions = []delivery.Pressed{{ActionID: action, Value: value}}
		before := len(r.shelf.trail())
		r.app.click(t.Context(), d, r.app.newAnswer(socket.Envelope{ID: action}, d))
		denied := r.shelf.trail()[before:]
		require.Len(t, denied, 1, "%d: %s", n, action)
		require.Equal(t, operation.EventDenied, denied[0].Kind)
		require.Equal(t, string(operation.DeniedWorkspace), denied[0].Data["code"])
		require.Equal(t, olga, denied[0].ActorID)
	}
	require.Empty(t, r.slack.Views(olga), "no form is opened")
	require.Len(t, r.shelf.inState(operation.Draft), 1)
}

func TestACommandInADirectMessageOfOthersSaysWhereToGo(t *testing.T) {
	t.Parallel()
	r := open(t, nil)
	r.slack.SetChannel(sandbox.Channel{ID: "D0ANABO", Name: "directmessage", Private: true, Members: []string{ana, bo}})
	r.acked(r.slack.TypeCommand(t.Context(), ana, "D0ANABO", commands.Name, goodCommand))
	r.idle()
	said := ""
	for _, m := range r.slack.Messages("D0ANABO", ana) {
		said += m.Text
	}
	require.Contains(t, said, "Use a channel, or a direct message with me.")
	require.NotContains(t, said, "/invite")
	require.Equal(t, private.DenyDirect, private.Refusal(
		operation.Decision{Code: operation.DeniedChannel, What: operation.FactDirect},
		render.Wording{}))
}
