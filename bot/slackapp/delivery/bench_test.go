package delivery

import (
	"testing"

	"lbbot/bot/slackapp/socket"
)

// BenchmarkPartDecode reads an envelope's payload.
func BenchmarkPartDecode(b *testing.B) {
	for name, e := range map[string]socket.Envelope{
		"command": {ID: "e", Type: KindCommand, Payload: []byte(
			`{"token":"x","team_id":"T1","team_domain":"acme","channel_id":"C1","channel_name":"ops","user_id":"U1",
			"user_name":"ana","command":"/lb-register","text":"api-lb/https-443 web-07 ports=8443","api_app_id":"A1",
			"is_enterprise_install":"false","response_url":"https://hooks.slack.com/commands/T1/1/x",
			"trigger_id":"1.2.3"}`)},
		"click": {ID: "e", Type: "interactive", Payload: []byte(
			`{"type":"block_actions","trigger_id":"1.2.3","api_app_id":"A1","token":"x",
			"team":{"id":"T1","domain":"acme"},"user":{"id":"U1","username":"ana","name":"ana","team_id":"T1"},
			"channel":{"id":"C1","name":"ops"},"is_enterprise_install":false,"enterprise":null,
			"container":{"type":"message","message_ts":"1.2","channel_id":"C1","is_ephemeral":true},
			"response_url":"https://hooks.slack.com/actions/T1/1/x","state":{"values":{}},
			"actions":[{"action_id":"req_send","block_id":"b1","text":{"type":"plain_text","text":"Add server",
			"emoji":true},"value":"0199-op:3","style":"primary","type":"button","action_ts":"1700000000.000100"}]}`)},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Decode(e); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
