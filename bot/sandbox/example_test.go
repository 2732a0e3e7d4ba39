package sandbox_test

import (
	"context"
	"fmt"

	"github.com/gorilla/websocket"
	"github.com/slack-go/slack"

	"lbbot/bot/sandbox"
)

// A stand-in with a small app behind it: Ana types a command, and the app
// answers her privately in its ack.
func Example() {
	s := sandbox.New(sandbox.Options{Command: "/lb-register"})
	if _, err := s.Start(); err != nil {
		panic(err)
	}
	defer s.Close()

	ctx := context.Background()
	api := slack.New(s.BotToken(), slack.OptionAPIURL(s.APIURL()), slack.OptionAppLevelToken(s.AppToken()))
	_, address, err := api.StartSocketModeContext(ctx)
	if err != nil {
		panic(err)
	}
	connection, _, err := websocket.DefaultDialer.DialContext(ctx, address, nil)
	if err != nil {
		panic(err)
	}
	defer connection.Close()
	type envelope struct {
		Type    string
		ID      string `json:"envelope_id"`
		Payload struct{ Text string }
	}
	var hello envelope
	if err := connection.ReadJSON(&hello); err != nil {
		panic(err)
	}
	go func() {
		var command envelope
		_ = connection.ReadJSON(&command)
		answer := map[string]string{"text": "You asked for " + command.Payload.Text + "."}
		_ = connection.WriteJSON(map[string]any{"envelope_id": command.ID, "payload": answer})
	}()

	act := s.TypeCommand(ctx, "U0ANA", "C0OPS", "/lb-register", "web-07")
	fmt.Println("acked in time:", act.Acked)
	for _, m := range s.Messages("C0OPS", "U0ANA") {
		fmt.Println(m.Text, "Only visible to Ana:", m.Ephemeral)
	}
	fmt.Println("rules broken:", len(s.Findings()))
	// Output:
	// acked in time: true
	// You asked for web-07. Only visible to Ana: true
	// rules broken: 0
}
