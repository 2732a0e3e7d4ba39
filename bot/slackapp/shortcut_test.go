package slackapp

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lbbot/bot/operation"
	"lbbot/bot/sandbox"
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

// uses uses the message shortcut on a new message and returns the message.
func (r *rig) uses(person, channel, thread, text string) sandbox.Message {
	r.t.Helper()
	m, _ := r.slack.Say(r.t.Context(), bo, channel, thread, text)
	r.acked(r.slack.UseMessageShortcut(r.t.Context(), person, channel, m.TS, commands.ShortcutMessage))
	return m
}

func TestTheMessageShortcutFillsTheFormAndKeepsTheThread(t *testing.T) {
	t.Parallel()
	r := openListed(t, sampleLists())
	alert := r.uses(ana, incident, "", "api-lb/https-443: backend web-07 is down, port 8443")
	v := r.shows(ana, "From the alert: https-443 on api-lb (TCP 443). ", "From the alert: web-07 (10.0.3.17). ",
		"The result goes to the thread of the message.")
	in := r.submits(ana, v, nil)
	r.acked(in)
	require.Empty(t, in.Errors)
	r.acked(r.submits(ana, r.view(ana, private.ViewCheckTitle), nil))
	r.idle()
	sent := r.shelf.inState(operation.Accepted)
	require.Len(t, sent, 1)
	require.Equal(t, "lst-8f2c", sent[0].Request.ListenerID)
	require.Equal(t, "i-55a1", sent[0].Request.InstanceID)
	require.Equal(t, operation.Place{TeamID: teamID, ChannelID: incident, ChannelName: "inc-2041", ResultID: incident,
		ThreadTS: alert.TS}, sent[0].Place)

	reply := r.uses(ana, incident, alert.TS, "and web-06 too")
	require.Equal(t, alert.TS, reply.ThreadTS)
	v = r.shows(ana, "From the alert: web-06")
	require.Contains(t, v.PrivateMetadata, alert.TS)
	require.NotContains(t, v.PrivateMetadata, reply.TS)
	r.calm()
}

func TestTheMarkOfAnAlertStaysWhenAnotherListenerIsPicked(t *testing.T) {
	t.Parallel()
	r := openListed(t, sampleLists())
	r.uses(ana, incident, "", "api-lb/https-443 lost web-07")
	v := r.shows(ana, "From the alert: https-443 on api-lb", "weighted round robin")
	r.picks(ana, v, "lst-80aa")
	r.shows(ana, "From the alert: https-443 on api-lb", "TCP 80", "From the alert: web-07")
	r.calm()
}

func TestAMessageThatNamesNothingForCertainLeavesTheFormEmpty(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"two servers": "web-06 and web-07 are down",
		"a listener that two load balancers have": "https-443 is slow",
		"too long a message":                      "web-07 " + strings.Repeat("ü", 40_000),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := openListed(t, sampleLists())
			r.uses(ana, incident, "", text)
			v := r.shows(ana, "pick_listener", "pick_server")
			require.NotContains(t, string(v.Blocks), "From the alert")
			require.NotContains(t, string(v.Blocks), `"value":"i-55a`)
			r.calm()
		})
	}
}

func TestWhoeverMayChangeNoListenerLearnsNoNameFromAMessage(t *testing.T) {
	t.Parallel()
	r := openListed(t, sampleLists())
	r.gate.deny(operation.DeniedNoRule)
	r.uses(ana, incident, "", "api-lb/https-443 lost web-07")
	v := r.shows(ana, "pick_listener")
	require.NotContains(t, string(v.Blocks), "web-07 (")
	require.NotContains(t, string(v.Blocks), "From the alert")
}

func TestAMessageShortcutIsRefusedWhereACommandIs(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		person, team, channel string
		words                 string
		denial                operation.DenialCode
	}{
		"a channel shared with another organization": {ana, teamID, partner, "shared", operation.DeniedShared},
		"a person of another organization":           {olga, "T0PARTNER", incident, "", operation.DeniedWorkspace},
		"a channel without the bot":                  {ana, teamID, "C0GENERAL", "I am not in", ""},
		"direct messages of others":                  {ana, teamID, "D0OTHERS", "I am not in this direct message", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := openListed(t, sampleLists())
			_, acked := r.slack.Deliver(t.Context(), "interactive", map[string]any{"type": "message_action",
				"callback_id": commands.ShortcutMessage, "trigger_id": "no-such-trigger",
				"user": map[string]any{"id": tt.person, "team_id": tt.team}, "team": map[string]any{"id": tt.team},
				"channel": map[string]any{"id": tt.channel}, "message_ts": "1.000100",
				"message": map[string]any{"ts": "1.000100", "text": "api-lb/https-443 lost web-07"}}, false)
			require.True(t, acked)
			r.idle()
			var told string
			for _, call := range r.slack.APICalls() {
				if call.Method == "chat.postEphemeral" || call.Method == "chat.postMessage" {
					told += string(call.Args["text"])
				}
			}
			require.Contains(t, told, tt.words)
			require.NotEmpty(t, told)
			require.NotContains(t, told, "web-07")
			if tt.denial == "" {
				require.Empty(t, r.shelf.denials())
			} else {
				require.Equal(t, []string{string(tt.denial)}, r.shelf.denials())
			}
		})
	}
}

func TestARefusalTakesThePlaceOfTheFormForAMessage(t *testing.T) {
	t.Parallel()
	r := openListed(t, sampleLists())
	m, _ := r.slack.Say(t.Context(), ana, partner, "", "api-lb/https-443 lost web-07")
	r.acked(r.slack.UseMessageShortcut(t.Context(), ana, partner, m.TS, commands.ShortcutMessage))
	v := r.shows(ana, "shared")
	require.NotContains(t, string(v.Blocks), "pick_listener")
	require.True(t, r.sees(ana, partner, "shared").Ephemeral)
}

func TestALostTriggerKeepsWhatTheMessageNamed(t *testing.T) {
	t.Parallel()
	r := openListed(t, sampleLists())
	r.slack.FailNext("views.open", sandbox.APIFault{Error: "expired_trigger_id"})
	alert := r.uses(ana, incident, "", "api-lb/https-443 lost web-07")
	m := r.sees(ana, incident, "Continue in the form")
	r.acked(r.clicks(ana, m, render.ActFormOpen, ""))
	v := r.shows(ana, "https-443 on api-lb", "web-07 (10.0.3.17)")
	require.Contains(t, v.PrivateMetadata, alert.TS)
	r.calm()
}

func TestAMessageShortcutThatComesTwiceOpensOneForm(t *testing.T) {
	t.Parallel()
	r := openListed(t, sampleLists())
	m, _ := r.slack.Say(t.Context(), bo, incident, "", "api-lb/https-443 lost web-07")
	in := r.slack.UseMessageShortcut(t.Context(), ana, incident, m.TS, commands.ShortcutMessage)
	r.acked(in)
	r.shows(ana, "From the alert: web-07")
	r.acked(r.slack.Redeliver(t.Context(), in, true))
	r.idle()
	require.Len(t, r.slack.Views(ana), 1)
	for _, said := range r.slack.Messages(incident, ana) {
		require.False(t, said.Ephemeral, said.Text)
	}
}
