package page

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"

	"lbbot/bot/sandbox"
)

// smallBot is an app behind the stand-in. It previews, adds, opens a form and
// refuses guests, over a raw socket and the Web API.
type smallBot struct {
	t     *testing.T
	slack *sandbox.Slack
	cloud *fakeCloud

	// suggest answers what was typed into a menu; it may block. Set it before a
	// form with a menu is opened.
	suggest func(action, typed string) string

	mu    sync.Mutex
	heard []string // states and action ids, in order
}

// event is an envelope from the stand-in.
type event struct {
	Type    string
	ID      string `json:"envelope_id"`
	Payload struct {
		Type, Text string
		Channel    struct{ ID string }
		UserID     string `json:"user_id"`
		TriggerID  string `json:"trigger_id"`
		ActionID   string `json:"action_id"`
		Value      string
		Actions    []struct {
			ActionID string `json:"action_id"`
			Value    string
			Selected struct{ Value string } `json:"selected_option"`
		}
		View struct {
			ID    string
			State json.RawMessage
		}
		CallbackID string `json:"callback_id"`
		Event      struct {
			Type, User, Text, Channel string
			ThreadTS                  string `json:"thread_ts"`
		}
	}
}

const homeView = `{"type":"home","blocks":[{"type":"header","text":{"type":"plain_text","text":"Changes"}},
	{"type":"actions","elements":[{"type":"button","action_id":"home_add",
  "text":{"type":"plain_text","text":"Add server"}}]}]}`

// run answers envelopes until the stand-in goes away.
func (b *smallBot) run(socket *websocket.Conn, ready chan<- struct{}) {
	var writing sync.Mutex
	answer := func(ack map[string]any) error {
		writing.Lock()
		defer writing.Unlock()
		return socket.WriteJSON(ack)
	}
	for {
		var envelope event
		if socket.ReadJSON(&envelope) != nil {
			return
		}
		if envelope.Type == "hello" {
			close(ready)
			continue
		}
		ack := map[string]any{"envelope_id": envelope.ID}
		p := envelope.Payload
		var then func()
		switch {
		case p.Type == "block_suggestion":
			go func() {
				ack["payload"] = json.RawMessage(b.suggest(p.ActionID, p.Value))
				_ = answer(ack) // the test may be over
			}()
			continue
		case p.Type == "block_actions" && strings.HasPrefix(p.Actions[0].ActionID, "pick_"):
			b.note(p.Actions[0].ActionID + " " + p.Actions[0].Selected.Value)
			then = func() {
				b.call("views.update", map[string]any{"view_id": p.View.ID,
					"view": json.RawMessage(pickView(p.Actions[0].Selected.Value))})
			}
		case envelope.Type == "slash_commands" && p.Text == "pick":
			then = func() {
				b.call("views.open", map[string]any{"trigger_id": p.TriggerID, "view": json.RawMessage(pickView(""))})
			}
		case envelope.Type == "slash_commands" && p.UserID == "U0GIL":
			ack["payload"] = map[string]any{"text": "*Not sent.* Guests cannot use this command."}
		case envelope.Type == "slash_commands" && p.Text == "":
			then = func() {
				b.call("views.open", map[string]any{"trigger_id": p.TriggerID, "view": json.RawMessage(formView)})
			}
		case p.Type == "shortcut" || p.Type == "message_action":
			b.note(p.CallbackID)
			then = func() {
				b.call("views.open", map[string]any{"trigger_id": p.TriggerID, "view": json.RawMessage(formView)})
			}
		case p.Event.Type == "app_mention":
			then = func() {
				b.call("chat.postMessage", map[string]any{"channel": p.Event.Channel, "thread_ts": p.Event.ThreadTS,
					"text": "You wrote: " + p.Event.Text})
			}
		case p.Event.Type == "app_home_opened":
			then = func() {
				b.call("views.publish", map[string]any{"user_id": p.Event.User, "view": json.RawMessage(homeView)})
			}
		case p.Type == "block_actions" && p.Actions[0].ActionID == "home_add":
			then = func() {
				b.call("views.open", map[string]any{"trigger_id": p.TriggerID, "view": json.RawMessage(formView)})
			}
		case envelope.Type == "slash_commands":
			ack["payload"] = json.RawMessage(previewMessage)
		case p.Type == "view_submission":
			b.note(string(p.View.State))
			if !strings.Contains(string(p.View.State), `"value":"50"`) &&
				!strings.Contains(string(p.View.State), "pick_") {
				ack["payload"] = json.RawMessage(`{"response_action":"errors",
     "errors":{"weight":"Use a whole number from 1 to 100."}}`)
			}
		case p.Type == "block_actions" && p.Actions[0].ActionID == "look_pool":
			b.note(p.Actions[0].ActionID + " " + p.Actions[0].Value)
			then = func() {
				b.call("views.push", map[string]any{"trigger_id": p.TriggerID, "view": json.RawMessage(poolView)})
			}
		case p.Type == "block_actions":
			b.note(p.Actions[0].ActionID)
			then = func() {
				b.cloud.register(`{"listenerId":"lst-8f2c","weight":50}`, `{"response":{"backendId":"be-20d1"}}`)
				b.call("chat.postMessage", map[string]any{
					"channel": p.Channel.ID, "text": "Added: web-07 as be-20d1.",
					"blocks": json.RawMessage(addedBlocks),
				})
			}
		}
		if answer(ack) != nil {
			return
		}
		if then != nil {
			then()
		}
	}
}

func (b *smallBot) note(what string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.heard = append(b.heard, what)
}

func (b *smallBot) notes() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return strings.Join(b.heard, "\n")
}

// call calls a Web API method. An error fails the test.
func (b *smallBot) call(method string, args any) map[string]any {
	raw, _ := json.Marshal(args)
	token := b.slack.BotToken()
	if method == "apps.connections.open" {
		token = b.slack.AppToken()
	}
	r, _ := http.NewRequestWithContext(b.t.Context(), http.MethodPost, b.slack.APIURL()+method, bytes.NewReader(raw))
	r.Header.Set("Content-Type", "application/json; charset=utf-8")
	r.Header.Set("Authorization", "Bearer "+token)
	w, err := http.DefaultClient.Do(r)
	if err != nil {
		b.t.Error(err)
		return nil
	}
	defer w.Body.Close()
	var answer map[string]any
	if err := json.NewDecoder(w.Body).Decode(&answer); err != nil || answer["ok"] != true {
		b.t.Errorf("%s: %v %v", method, err, answer)
	}
	return answer
}

// play starts the stand-in, the small bot and the page, and returns the page's
// address.
func play(t *testing.T) (string, *smallBot) {
	t.Helper()
	s := sandbox.New(sandbox.Options{Command: "/lb-register", NoRateLimits: true, Shortcuts: []sandbox.Shortcut{
		{Name: "Add server to load balancer", CallbackID: "add"},
		{Name: "Add server to load balancer", CallbackID: "add_from", OnMessage: true}}})
	_, err := s.Start()
	require.NoError(t, err)
	b := &smallBot{t: t, slack: s, cloud: &fakeCloud{}}
	opened := b.call("apps.connections.open", map[string]any{})
	socket, answer, err := websocket.DefaultDialer.DialContext(t.Context(), opened["url"].(string), nil)
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())
	ready, done := make(chan struct{}), make(chan struct{})
	go func() { defer close(done); b.run(socket, ready) }()
	t.Cleanup(func() {
		require.NoError(t, socket.Close())
		<-done
		require.NoError(t, s.Close())
	})
	<-ready

	page, err := New(Options{
		Slack: s, Cloud: b.cloud, Control: b.cloud, Version: "test", Samples: sampleIDs,
		Completions: []Completion{{Text: "/lb-register", Usage: "[listener] [server]", About: "adds a server"},
			{Text: "/lb-register whoami", About: "shows your rules"},
			{Text: "/lb-register help", Usage: "[all]", About: "shows help"}},
		Stories: typing("U0ANA", "C0OPS",
			`/lb-register api-lb/https-443 web-07 weight=50 reason="inc-2041 add capacity"`),
		Play: unplayed,
		Reset: func(context.Context) error {
			s.Reset()
			b.cloud.mu.Lock()
			defer b.cloud.mu.Unlock()
			b.cloud.calls, b.cloud.backends, b.cloud.lose = nil, 0, false
			return nil
		},
	})
	require.NoError(t, err)
	server := httptest.NewServer(page)
	t.Cleanup(func() { server.CloseClientConnections(); server.Close() })
	return server.URL, b
}
