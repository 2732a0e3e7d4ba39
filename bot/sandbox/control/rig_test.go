package control

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/slack-go/slack"
	"github.com/slack-go/slack/socketmode"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"lbbot/bot/sandbox"
	"lbbot/zenlayer/zenlayertest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// rig is a panel with both stand-ins, served over HTTP.
type rig struct {
	*Panel
	t     *testing.T
	slack *sandbox.Slack
	cloud *zenlayertest.Server
	url   string
}

const secret = "a-secret-of-this-test"

func newRig(t *testing.T) *rig {
	t.Helper()
	s := sandbox.New(sandbox.Options{NoRateLimits: true, Shortcuts: []sandbox.Shortcut{
		{Name: "Deploy", CallbackID: "deploy"}}})
	_, err := s.Start()
	require.NoError(t, err)
	cloud := zenlayertest.New(zenlayertest.Options{Seed: zenlayertest.SampleData()})
	p := New(Options{Slack: s, Cloud: cloud, Secrets: []string{secret}})
	server := httptest.NewServer(p.Handler())
	t.Cleanup(func() {
		server.Close()
		cloud.Close()
		require.NoError(t, s.Close())
		http.DefaultClient.CloseIdleConnections()
	})
	return &rig{p, t, s, cloud, server.URL}
}

// ask sends a request and returns the status and the answer.
func (r *rig) ask(method, path, body string) (int, map[string]any) {
	r.t.Helper()
	q, err := http.NewRequestWithContext(r.t.Context(), method, r.url+path, strings.NewReader(body))
	require.NoError(r.t, err)
	w, err := http.DefaultClient.Do(q)
	require.NoError(r.t, err)
	defer w.Body.Close()
	raw, err := io.ReadAll(w.Body)
	require.NoError(r.t, err)
	var answer map[string]any
	require.NoError(r.t, json.Unmarshal(raw, &answer), string(raw))
	return w.StatusCode, answer
}

// ok is ask for a request that must succeed.
func (r *rig) ok(method, path, body string) map[string]any {
	r.t.Helper()
	status, answer := r.ask(method, path, body)
	require.Equal(r.t, http.StatusOK, status, "%s %s: %v", method, path, answer)
	return answer
}

const form = `{"type":"modal","callback_id":"f","title":{"type":"plain_text","text":"Deploy"},
	"submit":{"type":"plain_text","text":"Go"},"blocks":[{"type":"input","block_id":"host",
	"label":{"type":"plain_text","text":"Host"},"element":{"type":"plain_text_input","action_id":"name"}}]}`

// bot runs an app over slack-go: it answers a command with a button, a press
// with a form, the form with a message, and a mention in the channel.
func (r *rig) bot() {
	api := slack.New(r.slack.BotToken(), slack.OptionAPIURL(r.slack.APIURL()),
		slack.OptionAppLevelToken(r.slack.AppToken()))
	client := socketmode.New(api)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); _ = client.RunContext(ctx) }()
	handled := make(chan struct{})
	go func() {
		defer close(handled)
		for {
			select {
			case e := <-client.Events:
				r.handle(ctx, client, e)
			case <-ctx.Done():
				return
			}
		}
	}()
	r.t.Cleanup(func() { cancel(); <-done; <-handled })
	require.Eventually(r.t, func() bool { return len(r.slack.Connections()) > 0 }, waitMax, waitMax/10000)
}

func (r *rig) handle(ctx context.Context, client *socketmode.Client, e socketmode.Event) {
	say := func(channel, text string, blocks ...slack.Block) {
		_, _, err := client.PostMessageContext(ctx, channel, slack.MsgOptionText(text, false),
			slack.MsgOptionBlocks(blocks...))
		if err != nil && ctx.Err() == nil {
			r.t.Error(err)
		}
	}
	switch e.Type {
	case socketmode.EventTypeSlashCommand:
		_ = client.Ack(*e.Request, map[string]any{"text": "Heard " + secret})
		say(e.Data.(slack.SlashCommand).ChannelID, "Press", slack.NewActionBlock("b",
			slack.NewButtonBlockElement("go", "1", slack.NewTextBlockObject("plain_text", "Go", false, false))))
	case socketmode.EventTypeInteractive:
		_ = client.Ack(*e.Request)
		switch c := e.Data.(slack.InteractionCallback); c.Type {
		case slack.InteractionTypeBlockActions, slack.InteractionTypeShortcut:
			var v slack.ModalViewRequest
			if err := json.Unmarshal([]byte(form), &v); err != nil {
				r.t.Error(err)
			}
			if _, err := client.OpenViewContext(ctx, c.TriggerID, v); err != nil && ctx.Err() == nil {
				r.t.Error(err)
			}
		case slack.InteractionTypeViewSubmission:
			say("C0OPS", "Deployed to "+c.View.State.Values["host"]["name"].Value)
		}
	case socketmode.EventTypeEventsAPI:
		_ = client.Ack(*e.Request)
		say("C0OPS", "You called")
	}
}
