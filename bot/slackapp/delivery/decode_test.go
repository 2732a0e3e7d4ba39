package delivery

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"lbbot/bot/operation"
	"lbbot/bot/slackapp/render/examples"
	"lbbot/bot/slackapp/socket"
)

func TestAnEnvelopeSaysWhoWhereAndWhetherItCameBefore(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		kind, payload string
		want          Delivery
	}{
		"a command": {"slash_commands",
			`{"user_id":"U1","user_name":"ana","team_id":"T1","enterprise_id":"E1","channel_id":"C1",
			"channel_name":"ops","trigger_id":"t","response_url":"u"}`,
			Delivery{Kind: KindCommand, Key: "command:t", Lane: "command:t",
				Actor: operation.Actor{UserID: "U1", TeamID: "T1", EnterpriseID: "E1", Name: "ana"},
				Place: operation.Place{TeamID: "T1", ChannelID: "C1", ChannelName: "ops", ResultID: "C1",
					ResponseURL: "u"}}},
		"a command without a trigger": {"slash_commands", `{"user_id":"U1"}`,
			Delivery{Kind: KindCommand, Key: "command:env", Lane: "command:env",
				Actor: operation.Actor{UserID: "U1"}}},
		"a click": {"interactive",
			`{"type":"block_actions","user":{"id":"U1","team_id":"T2"},"team":{"id":"T1"},"enterprise":{"id":"E1"},
			"container":{"message_ts":"1.2","channel_id":"C1"},"actions":[{"action_id":"op_stop","value":"abc:1",
			"action_ts":"9.9"}]}`,
			Delivery{Kind: KindClick, Key: "click:U1:1.2:op_stop:9.9", Lane: "operation:abc",
				Actor: operation.Actor{UserID: "U1", TeamID: "T2", EnterpriseID: "E1"},
				Place: operation.Place{TeamID: "T1", ChannelID: "C1", ResultID: "C1"}}},
		"a submission": {"interactive",
			`{"type":"view_submission","user":{"id":"U1"},"team":{"id":"T1"},"enterprise":null,"view":{"id":"V1",
			"hash":"h","private_metadata":"{\"channel\":\"C1\"}"}}`,
			Delivery{Kind: KindSubmit, Key: "submit:V1:h", Lane: "view:V1",
				Actor: operation.Actor{UserID: "U1", TeamID: "T1"},
				Place: operation.Place{TeamID: "T1", ChannelID: "C1", ResultID: "C1"}}},
		"an event": {"events_api",
			`{"event_id":"E9","team_id":"T1","event":{"type":"app_mention","user":"U1","channel":"C1"}}`,
			Delivery{Kind: KindEvent, Key: "event:E9", Lane: "event:E9",
				Event: Event{Type: "app_mention", User: "U1", Channel: "C1"}, Actor: operation.Actor{UserID: "U1",
					TeamID: "T1"},
				Place: operation.Place{TeamID: "T1", ChannelID: "C1", ResultID: "C1"}}},
		"a mention in a thread": {"events_api",
			`{"event_id":"E9","team_id":"T1","event":{"type":"app_mention","user":"U1","channel":"C1",
			"text":"<@B1> help","ts":"2.1","thread_ts":"1.1"}}`,
			Delivery{Kind: KindEvent, Key: "mention:C1:2.1:", Lane: "mention:C1:2.1:",
				Event: Event{Type: "app_mention", User: "U1", Channel: "C1", Text: "<@B1> help", TS: "2.1",
					ThreadTS: "1.1"},
				Actor:  operation.Actor{UserID: "U1", TeamID: "T1"},
				Thread: "1.1",
				Place:  operation.Place{TeamID: "T1", ChannelID: "C1", ResultID: "C1", ThreadTS: "1.1"}}},
		"an edited mention under which others replied": {"events_api",
			`{"event_id":"E9","team_id":"T1","event":{"type":"app_mention","user":"U1","channel":"C1",
			"text":"<@B1> help","ts":"2.1","thread_ts":"2.1","edited":{"user":"U1","ts":"3.0"}}}`,
			Delivery{Kind: KindEvent, Key: "mention:C1:2.1:3.0", Lane: "mention:C1:2.1:3.0",
				Event: Event{Type: "app_mention", User: "U1", Channel: "C1", Text: "<@B1> help", TS: "2.1",
					ThreadTS: "2.1", Edited: "3.0"},
				Actor: operation.Actor{UserID: "U1", TeamID: "T1"},
				Place: operation.Place{TeamID: "T1", ChannelID: "C1", ResultID: "C1"}}},
		"a mention by somebody of another organization": {"events_api",
			`{"event_id":"E9","team_id":"T1","authorizations":[{"enterprise_id":"E1","team_id":"T1","user_id":"B1"}],
			"event":{"type":"app_mention","user":"U1","channel":"C1","text":"<@B1>","ts":"2.1","team":"T1",
			"user_team":"T9","source_team":"T9"}}`,
			Delivery{Kind: KindEvent, Key: "mention:C1:2.1:", Lane: "mention:C1:2.1:",
				Event: Event{Type: "app_mention", User: "U1", Channel: "C1", Text: "<@B1>", TS: "2.1"},
				Actor: operation.Actor{UserID: "U1", TeamID: "T9", EnterpriseID: "E1"},
				Place: operation.Place{TeamID: "T1", ChannelID: "C1", ResultID: "C1"}}},
		"a click in a thread": {"interactive",
			`{"type":"block_actions","user":{"id":"U1"},"team":{"id":"T1"},"container":{"message_ts":"1.2",
			"channel_id":"C1","thread_ts":"1.1"},
			"actions":[{"action_id":"op_stop","value":"abc:1","action_ts":"9.9"}]}`,
			Delivery{Kind: KindClick, Key: "click:U1:1.2:op_stop:9.9", Lane: "operation:abc",
				Actor:  operation.Actor{UserID: "U1", TeamID: "T1"},
				Thread: "1.1",
				Place:  operation.Place{TeamID: "T1", ChannelID: "C1", ResultID: "C1", ThreadTS: "1.1"}}},
		"a click on a message under which others replied": {"interactive",
			`{"type":"block_actions","user":{"id":"U1"},"team":{"id":"T1"},"container":{"message_ts":"1.2",
			"channel_id":"C1","thread_ts":"1.2"},
			"actions":[{"action_id":"op_stop","value":"abc:1","action_ts":"9.9"}]}`,
			Delivery{Kind: KindClick, Key: "click:U1:1.2:op_stop:9.9", Lane: "operation:abc",
				Actor: operation.Actor{UserID: "U1", TeamID: "T1"},
				Place: operation.Place{TeamID: "T1", ChannelID: "C1", ResultID: "C1"}}},
		"a submission of a form that was opened in a thread": {"interactive",
			`{"type":"view_submission","user":{"id":"U1"},"team":{"id":"T1"},"enterprise":null,"view":{"id":"V1",
			"hash":"h","private_metadata":"{\"channel\":\"C1\",\"thread\":\"1.1\"}"}}`,
			Delivery{Kind: KindSubmit, Key: "submit:V1:h", Lane: "view:V1",
				Actor: operation.Actor{UserID: "U1", TeamID: "T1"},
				Place: operation.Place{TeamID: "T1", ChannelID: "C1", ResultID: "C1", ThreadTS: "1.1"}}},
		"Home was opened": {"events_api",
			`{"event_id":"E9","team_id":"T1","event":{"type":"app_home_opened","user":"U1","channel":"D1",
			"tab":"home"}}`,
			Delivery{Kind: KindEvent, Key: "event:E9", Lane: "event:E9",
				Event: Event{Type: "app_home_opened", User: "U1", Channel: "D1", Tab: "home"},
				Actor: operation.Actor{UserID: "U1", TeamID: "T1"},
				Place: operation.Place{TeamID: "T1", ChannelID: "D1", ResultID: "D1"}}},
		"a global shortcut": {"interactive",
			`{"type":"shortcut","callback_id":"add_server","trigger_id":"t","user":{"id":"U1","team_id":"T1"},
			"team":{"id":"T1"}}`,
			Delivery{Kind: KindShortcut, Key: "shortcut:t", Lane: "shortcut:t", CallbackID: "add_server",
				Actor: operation.Actor{UserID: "U1", TeamID: "T1"},
				Place: operation.Place{TeamID: "T1", NoChannel: true}}},
		"a message shortcut": {"interactive",
			`{"type":"message_action","callback_id":"add_server_message","trigger_id":"t","user":{"id":"U1",
			"team_id":"T1"},
			"team":{"id":"T1"},"channel":{"id":"C1","name":"ops"},"message_ts":"1.1",
			"message":{"ts":"1.1","text":"web-07 is down"}}`,
			Delivery{Kind: KindMessageAct, Key: "message_action:t", Lane: "message_action:t",
				CallbackID: "add_server_message", Message: &Message{TS: "1.1", Texts: []string{"web-07 is down"}},
				Actor: operation.Actor{UserID: "U1", TeamID: "T1"},
				Place: operation.Place{TeamID: "T1", ChannelID: "C1", ChannelName: "ops", ResultID: "C1",
					ThreadTS: "1.1"}}},
		"a message shortcut in a thread": {"interactive",
			`{"type":"message_action","trigger_id":"t","channel":{"id":"C1"},"message_ts":"2.1",
			"message":{"ts":"2.1","thread_ts":"1.1"}}`,
			Delivery{Kind: KindMessageAct, Key: "message_action:t", Lane: "message_action:t",
				Message: &Message{TS: "2.1", ThreadTS: "1.1"}, Thread: "1.1",
				Place: operation.Place{ChannelID: "C1", ResultID: "C1", ThreadTS: "1.1"}}},
		"whatever a message holds": {"interactive",
			`{"type":"block_actions","message":{"blocks":[{"type":7}]},"actions":[]}`,
			Delivery{Kind: KindClick, Key: "block_actions:env", Lane: "block_actions:env"}},
	}
	for name, tt := range tests {
		got, err := Decode(socket.Envelope{ID: "env", Type: tt.kind, Payload: json.RawMessage(tt.payload)})
		require.NoError(t, err, name)
		got.Type, got.APIAppID, got.TriggerID, got.ResponseURL, got.Container = "", "", "", "", Container{}
		got.Actions, got.View = nil, nil
		require.Equal(t, tt.want, got, name)
	}
}

func TestWhatCanBeReadOfABrokenEnvelopeSaysWhomToAnswer(t *testing.T) {
	t.Parallel()
	got, err := Decode(socket.Envelope{ID: "env", Type: "slash_commands",
		Payload: json.RawMessage(`{"user_id":"U1","text":[7],"channel_id":"C1"}`)})
	require.EqualError(t, err, "decoding a slash_commands envelope: cannot read text (it is not a text)")
	require.Equal(t, "U1", got.Actor.UserID)
	require.Equal(t, "C1", got.Place.ChannelID)
}

func FuzzDecode(f *testing.F) {
	f.Add("slash_commands", []byte(`{"text":"help"}`))
	f.Add("interactive", []byte(`{"type":"view_submission","view":{"state":{"values":{"a":{"b":{"type":"x"}}}}}}`))
	f.Add("events_api", []byte(`{"event":{"type":"app_mention"}}`))
	for _, e := range envelopes() {
		for _, s := range examples.Shifts(e.sample) {
			f.Add(e.kind, []byte(s.Sample))
		}
	}
	f.Fuzz(func(t *testing.T, kind string, raw []byte) {
		d, err := Decode(socket.Envelope{ID: "env", Type: kind, Payload: raw})
		if err == nil && d.Kind == KindSubmit && d.View == nil {
			t.Error("a submission without a view was taken")
		}
		if d.View != nil {
			_, _ = ReadState(d.View.State)
		}
		if d.Key == "" {
			t.Error("a delivery has no key")
		}
	})
}
