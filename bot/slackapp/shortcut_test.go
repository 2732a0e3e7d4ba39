package slackapp

import (
	"testing"

	"github.com/stretchr/testify/require"

	"lbbot/bot/operation"
	"lbbot/bot/slackapp/render"
	"lbbot/bot/slackapp/render/form"
	"lbbot/bot/slackapp/render/private"
	"lbbot/commands"
)

func TestTheGlobalShortcutAsksForTheChannelOfTheResult(t *testing.T) {
	t.Parallel()
	r := open(t, nil)
	r.acked(r.slack.UseGlobalShortcut(t.Context(), ana, commands.ShortcutGlobal))
	v := r.view(ana, form.Title)
	in := r.submits(ana, v, goodForm())
	require.NotEmpty(t, in.Errors[render.FieldBlockID(commands.KeyTo)], "Slack asks for it")

	state := goodForm()
	state[render.FieldBlockID(commands.KeyTo)] = map[string]any{render.FieldBlockID(commands.KeyTo): ops}
	in = r.submits(ana, v, state)
	r.acked(in)
	require.Empty(t, in.Errors)
	r.acked(r.submits(ana, r.view(ana, private.ViewCheckTitle), nil))
	r.idle()
	sent := r.shelf.inState(operation.Accepted)
	require.Len(t, sent, 1)
	require.Equal(t, operation.Place{TeamID: teamID, NoChannel: true, ResultID: ops}, sent[0].Place)
	r.calm()
}

func TestAFormFromNoChannelIsCheckedForItsChannel(t *testing.T) {
	t.Parallel()
	r := open(t, nil)
	r.acked(r.slack.UseGlobalShortcut(t.Context(), ana, commands.ShortcutGlobal))
	v := r.view(ana, form.Title)
	answer, acked := r.slack.Deliver(t.Context(), "interactive", map[string]any{
		"type": "view_submission", "user": map[string]any{"id": ana, "team_id": teamID},
		"view": map[string]any{"id": v.ID, "callback_id": render.ViewForm, "private_metadata": `{"no_channel":true}`,
			"state": map[string]any{"values": map[string]any{}}}}, true)
	require.True(t, acked)
	require.Contains(t, string(answer), "Choose the channel that sees the result.")
	r.calm()
}

func TestAnUnknownShortcutIsAnswered(t *testing.T) {
	t.Parallel()
	r := open(t, nil)
	_, acked := r.slack.Deliver(t.Context(), "interactive", map[string]any{
		"type": "shortcut", "callback_id": "no_such", "trigger_id": "t",
		"user": map[string]any{"id": ana}, "team": map[string]any{"id": teamID}}, false)
	require.True(t, acked)
	r.sees(ana, "D0ANA", "shortcut")
	require.Contains(t, r.log.String(), "unknown shortcut")
}
