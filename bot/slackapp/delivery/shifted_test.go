package delivery

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/slack-go/slack"
	"github.com/stretchr/testify/require"

	"lbbot/bot/slackapp/render/examples"
	"lbbot/bot/slackapp/socket"
)

// envelopes are real samples of everything that Slack sends.
func envelopes() map[string]struct {
	kind, sample string
	needed       []string
} {
	type envelope = struct {
		kind, sample string
		needed       []string
	}
	return map[string]envelope{
		"a command": {"slash_commands", `{"token":"x","team_id":"T0LOCAL","team_domain":"local","channel_id":"C0INC1",
		"channel_name":"inc-2041","user_id":"U0ANA","user_name":"ana",
			"command":"/lb-register","text":"80","api_app_id":"A0","enterprise_id":"E0ORG","enterprise_name":"Org",
			"is_enterprise_install":"false",
			"response_url":"https://hooks.slack.com/commands/T/1/a","trigger_id":"1.2.abc"}`,
			[]string{"team_id", "channel_id", "user_id", "text", "api_app_id", "enterprise_id", "response_url",
				"trigger_id"}},
		"a click": {"interactive", `{"type":"block_actions","api_app_id":"A0","token":"x","trigger_id":"1.2.abc",
		"response_url":"https://hooks.slack.com/actions/T/2/d",
			"team":{"id":"T0LOCAL","domain":"local"},"enterprise":{"id":"E0ORG","name":"Org"},
			"is_enterprise_install":false,
			"user":{"id":"U0ANA","username":"ana","name":"ana","team_id":"T0LOCAL"},"channel":{"id":"C0INC1",
			"name":"inc"},
			"container":{"type":"message","message_ts":"1795430000.000100","channel_id":"C0INC1","is_ephemeral":false,
			"thread_ts":"1.2"},
			"message":{"type":"message","ts":"1795430000.000100","text":"x","blocks":[{"type":"section","fields":[1]}],
			"metadata":{"event_payload":{"n":1}}},
			"state":{"values":{"b":{"a":{"type":"x"}}}},
			"actions":[{"type":"button","block_id":"req-42","action_id":"op_stop","value":"abc:1",
			"text":{"type":"plain_text","text":"Stop","emoji":true},"action_ts":"1795430005.123456"}]}`,
			[]string{"type", "api_app_id", "trigger_id", "response_url", "team", "team.id", "enterprise",
				"enterprise.id", "user", "user.id", "user.team_id", "channel", "channel.id",
				"container", "container.message_ts", "container.channel_id", "container.is_ephemeral",
				"container.thread_ts", "actions",
				"actions[0]", "actions[0].action_id", "actions[0].value", "actions[0].action_ts"}},
		"a submission": {"interactive", `{"type":"view_submission","api_app_id":"A0","trigger_id":"1.2.aaa",
		"team":{"id":"T0LOCAL","domain":"local"},"is_enterprise_install":false,
			"user":{"id":"U0ANA","username":"ana","name":"ana","team_id":"T0LOCAL"},
			"view":{"id":"V01","type":"modal","team_id":"T0LOCAL","app_id":"A0","bot_id":"B0",
			"callback_id":"lb_register","external_id":"x","private_metadata":"{\"channel\":\"C0INC1\"}",
			"hash":"1795430010.abcd","clear_on_close":false,"root_view_id":"V01","title":{"type":"plain_text",
			"text":"x"},"blocks":[{"type":"new"}],
			"state":{"values":{"listener":{"listener":{"type":"plain_text_input","value":"lst-1"}}}}},
			"response_urls":[{"channel_id":"C0INC1"}]}`,
			[]string{"type", "api_app_id", "trigger_id", "team", "team.id", "user", "user.id", "user.team_id",
				"view", "view.id", "view.callback_id", "view.private_metadata", "view.hash"}},
		"an event": {"events_api", `{"type":"event_callback","token":"x","team_id":"T0LOCAL",
		"context_team_id":"T0LOCAL","api_app_id":"A0","event_id":"Ev1","event_time":1790000000,
			"event_context":"x","is_ext_shared_channel":false,"authorizations":[{"enterprise_id":"E0ORG",
			"team_id":"T0LOCAL","user_id":"U0BOT","is_bot":true}],
			"event":{"type":"app_mention","user":"U0ANA","text":"x","ts":"1.2","channel":"C0INC1","event_ts":"1.2",
			"thread_ts":"1.1","team":"T0LOCAL","user_team":"T0LOCAL","source_team":"T0LOCAL"}}`,
			[]string{"type", "team_id", "api_app_id", "event_id", "authorizations", "authorizations[0]",
				"authorizations[0].enterprise_id", "event.user", "event.text", "event.ts", "event.channel",
				"event.thread_ts", "event.team", "event.user_team", "event.source_team"}},
	}
}

func TestAnEnvelopeWithAnotherTypeIsReadAlikeOrNamesTheField(t *testing.T) {
	t.Parallel()
	for name, tt := range envelopes() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			decoded := func(sample string) (Delivery, error) {
				return Decode(socket.Envelope{ID: "env", Type: tt.kind, Payload: json.RawMessage(sample)})
			}
			want, err := decoded(tt.sample)
			require.NoError(t, err)
			for _, s := range examples.Shifts(tt.sample) {
				got, err := decoded(s.Sample)
				switch {
				case strings.HasPrefix(s.Path, "view.state") || s.Path == "event.type" || s.Path == "event":
					require.NoError(t, err, s.Sample) // read apart, or not an event that is handled
				case !s.Same && slices.Contains(tt.needed, s.Path):
					require.ErrorContains(t, err, s.Path+" (", s.Sample)
					require.NotEmpty(t, got.Key)
				default:
					require.NoError(t, err, s.Sample)
					want.Actor.Name, got.Actor.Name, want.Place.ChannelName, got.Place.ChannelName = "", "", "", ""
					require.Equal(t, want.Actor, got.Actor, s.Sample)
					require.Equal(t, want.Place, got.Place, s.Sample)
					require.Equal(t, want.Key, got.Key, s.Sample)
					require.Equal(t, want.Text, got.Text, s.Sample)
				}
			}
		})
	}
}

func TestAFormWithAnotherTypeIsReadAlikeOrNamesTheField(t *testing.T) {
	t.Parallel()
	const sample = `{"values":{
		"port":{"port":{"type":"plain_text_input","value":"80"}},
		"kind":{"kind":{"type":"static_select","selected_option":{"text":{"type":"plain_text","text":"x","emoji":true},
		"value":"vm"}}},
		"to":{"to":{"type":"conversations_select","selected_conversation":"C0OPS"}},
		"box":{"box":{"type":"checkboxes","selected_options":[{"value":"on","text":{"type":"plain_text","text":"x"}}]}},
		"other":{"element":{"type":"new","value":{"a":1}}}}}`
	needed := []string{"values", "values.port.port", "values.port.port.value", "values.kind.kind",
		"values.kind.kind.selected_option", "values.kind.kind.selected_option.value",
		"values.to.to", "values.to.to.selected_conversation", "values.box.box", "values.box.box.selected_options",
		"values.box.box.selected_options[0]"}
	want, err := ReadState(json.RawMessage(sample))
	require.NoError(t, err)
	require.Equal(t, "80", want.Values["port"]["port"].Value)
	require.Equal(t, "vm", want.Values["kind"]["kind"].SelectedOption.Value)
	require.Equal(t, "C0OPS", want.Values["to"]["to"].SelectedConversation)
	require.Len(t, want.Values["box"]["box"].SelectedOptions, 1)
	for _, s := range examples.Shifts(sample) {
		got, err := ReadState(json.RawMessage(s.Sample))
		switch {
		case !s.Same && slices.Contains(needed, s.Path):
			require.ErrorContains(t, err, s.Path+" (", s.Sample)
		case strings.Count(s.Path, ".") == 1: // a block that is no object has no elements
			require.NoError(t, err, s.Sample)
		default:
			require.NoError(t, err, s.Sample)
			require.Equal(t, decided(want), decided(got), s.Sample)
		}
	}
}

// decided is what was filled in without the words of options, on which nothing
// depends.
func decided(s *slack.ViewState) map[string]map[string]slack.BlockAction {
	for _, block := range s.Values {
		for id, in := range block {
			in.SelectedOption.Text, in.SelectedOption.Description = nil, nil
			block[id] = in
		}
	}
	return s.Values
}
