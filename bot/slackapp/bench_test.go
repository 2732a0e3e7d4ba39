package slackapp

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"lbbot/bot/operation/intake"
	"lbbot/bot/slackapp/render"
	"lbbot/bot/slackapp/socket"
)

func BenchmarkDecodeCommand(b *testing.B) {
	raw := json.RawMessage(
		`{"token":"x","team_id":"T1","channel_id":"C1","channel_name":"ops","user_id":"U1","user_name":"ana",
		"command":"/lb-register","text":"api-lb/https-443 web-07 ports=8443","api_app_id":"A1",
		"response_url":"https://hooks.slack.com/commands/T1/1/x","trigger_id":"1.2.3"}`)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := decode(socket.Envelope{ID: "e", Type: kindCommand, Payload: raw}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecodeClick(b *testing.B) {
	raw, err := json.Marshal(clickPayload(ana, incident, render.ActReqSend, "0199-op:3"))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := decode(socket.Envelope{ID: "e", Type: "interactive", Payload: raw}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkAckOfHelp is an envelope from its receipt to the call of Ack; the
// write itself is the socket's.
func BenchmarkAckOfHelp(b *testing.B) {
	raw := json.RawMessage(`{"team_id":"T1","text":"help","trigger_id":"1.2.3"}`)
	a := New(Config{Now: time.Now, NewID: func() string { return "id" }, Log: zap.NewNop(),
		Registerer: prometheus.NewRegistry(), Confirm: intake.ConfirmAlways, Intake: &intake.Intake{Offers: &gate{}}})
	b.ReportAllocs()
	for b.Loop() {
		a.Receive(socket.Envelope{ID: "e", Type: kindCommand, Payload: raw, ReceivedAt: time.Now()})
		a.lanes.wait()
	}
	a.Close(b.Context())
}
