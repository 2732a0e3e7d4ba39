package main

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/slack-go/slack"
	"github.com/slack-go/slack/socketmode"
	"github.com/stretchr/testify/require"
)

// TestForeignClientsRunUnchanged plays one conversation with three bots on libraries of others.
func TestForeignClientsRunUnchanged(t *testing.T) {
	t.Run("slack-go", func(t *testing.T) {
		o := standIns(t)
		slackGoBot(o)
		o.converses()
	})
	for name, script := range map[string]string{"@slack/socket-mode": "socket-mode.js", "@slack/bolt": "bolt.js"} {
		t.Run(name, func(t *testing.T) {
			o := standIns(t)
			o.node(script)
			o.converses()
		})
	}
}

// converses uses every way to talk to the bot, also after Slack has asked it to connect again.
func (o outside) converses() {
	o.t.Helper()
	o.connected(1)
	o.does("command", `{"as":"ana","channel":"ops","command":"/deploy","text":"now"}`)
	o.reads("Heard")
	o.reads("Working")
	o.reads("Press")
	o.does("click", `{"as":"ana","channel":"ops","action":"go"}`)
	require.Eventually(o.t, func() bool {
		_, views := o.asks("GET", o.page+"/_control/views?as=ana", "")
		return len(views) > 100
	}, time.Minute, 5*time.Millisecond)
	refused := o.does("submit", `{"as":"ana","fields":{"host":{"name":"none"}}}`)
	require.Contains(o.t, refused, "There is no such host.")
	o.does("submit", `{"as":"ana","fields":{"host":{"name":"web-07"}}}`)
	o.reads("Deployed to web-07")
	o.does("say", `{"as":"ana","channel":"ops","text":"@lbbot hello"}`)
	o.reads("You called")

	o.does("faults", `{"fault":"slack-refresh"}`)
	require.Eventually(o.t, func() bool {
		_, opened := o.asks("GET", o.page+"/_control/log?kind=web-api&contains=apps.connections.open", "")
		var list struct{ Log []json.RawMessage }
		return json.Unmarshal([]byte(opened), &list) == nil && len(list.Log) >= 2
	}, time.Minute, 10*time.Millisecond, "the bot connects again")
	o.connected(1)
	o.does("command", `{"as":"bo","channel":"ops","command":"/deploy"}`)
	_, found := o.asks("GET", o.page+"/_control/findings", "")
	require.JSONEq(o.t, `{"findings":[]}`, found)
}

// node runs a bot of testdata/bots until the test ends.
func (o outside) node(script string) {
	o.t.Helper()
	program, err := exec.LookPath("node")
	modules := os.Getenv("LBBOT_TEST_NODE_MODULES")
	if err != nil || modules == "" {
		require.NotEqual(o.t, "true", os.Getenv("CI"), "CI must have node, and the packages of testdata/bots")
		o.t.Skip("bots on Node.js are not tested: they need node on PATH, and LBBOT_TEST_NODE_MODULES must be the " +
			"node_modules folder with the packages of cmd/lbbot/testdata/bots")
	}
	ctx, stop := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, program, script)
	cmd.Dir = "testdata/bots"
	var out output
	cmd.Stdout, cmd.Stderr = &out, &out
	cmd.Env = []string{"NODE_PATH=" + modules}
	for name, value := range o.env {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	require.NoError(o.t, cmd.Start())
	o.t.Cleanup(func() {
		stop()
		_ = cmd.Wait() // was killed
		if o.t.Failed() {
			o.t.Log(out.String())
		}
	})
}

// slackGoBot runs the same bot on slack-go until the test ends.
func slackGoBot(o outside) {
	api := slack.New(o.env["SLACK_BOT_TOKEN"], slack.OptionAPIURL(o.env["SLACK_API_URL"]),
		slack.OptionAppLevelToken(o.env["SLACK_APP_TOKEN"]))
	client := socketmode.New(api)
	ctx, stop := context.WithCancel(context.Background())
	ran, handled := make(chan struct{}), make(chan struct{})
	go func() { defer close(ran); _ = client.RunContext(ctx) }()
	go func() {
		defer close(handled)
		for {
			select {
			case e := <-client.Events:
				if err := answerAsBot(ctx, client, e); err != nil && ctx.Err() == nil {
					o.t.Error(err)
				}
			case <-ctx.Done():
				return
			}
		}
	}()
	o.t.Cleanup(func() { stop(); <-ran; <-handled })
}

func answerAsBot(ctx context.Context, client *socketmode.Client, e socketmode.Event) error {
	say := func(channel, text string, blocks ...slack.Block) error {
		_, _, err := client.PostMessageContext(ctx, channel, slack.MsgOptionText(text, false),
			slack.MsgOptionBlocks(blocks...))
		return err
	}
	plain := func(text string) *slack.TextBlockObject {
		return slack.NewTextBlockObject("plain_text", text, false, false)
	}
	switch e.Type {
	case socketmode.EventTypeSlashCommand:
		c := e.Data.(slack.SlashCommand)
		return errors.Join(client.Ack(*e.Request, map[string]any{"text": "Heard"}),
			slack.PostWebhookCustomHTTPContext(ctx, c.ResponseURL, http.DefaultClient,
				&slack.WebhookMessage{Text: "Working"}),
			say(c.ChannelID, "Press", slack.NewActionBlock("b", slack.NewButtonBlockElement("go", "1", plain("Go")))))
	case socketmode.EventTypeInteractive:
		c := e.Data.(slack.InteractionCallback)
		if c.Type == slack.InteractionTypeBlockActions {
			host := slack.NewInputBlock("host", plain("Host"), nil, slack.NewPlainTextInputBlockElement(nil, "name"))
			_, err := client.OpenViewContext(ctx, c.TriggerID, slack.ModalViewRequest{Type: slack.VTModal,
				CallbackID: "deploy", Title: plain("Deploy"), Submit: plain("Go"),
				Blocks: slack.Blocks{BlockSet: []slack.Block{host}}})
			return errors.Join(client.Ack(*e.Request), err)
		}
		host := c.View.State.Values["host"]["name"].Value
		if host == "none" {
			return client.Ack(*e.Request, map[string]any{"response_action": "errors",
				"errors": map[string]string{"host": "There is no such host."}})
		}
		return errors.Join(client.Ack(*e.Request), say("C0OPS", "Deployed to "+host))
	case socketmode.EventTypeEventsAPI:
		return errors.Join(client.Ack(*e.Request), say("C0OPS", "You called"))
	}
	return nil
}
