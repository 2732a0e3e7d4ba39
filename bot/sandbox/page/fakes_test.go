package page

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lbbot/bot/sandbox"
	"lbbot/bot/sandbox/control"
)

// fakeSlack is a Slack without rules. It shows what a test stores in it and
// records acts.
type fakeSlack struct {
	mu       sync.Mutex
	world    sandbox.Workspace
	messages map[string][]sandbox.Message
	views    []sandbox.View
	home     sandbox.View
	acts     []act
	answer   sandbox.Interaction
	options  []sandbox.Option
	watchers map[chan struct{}]bool
	resets   int
}

// act is one thing a person did.
type act struct {
	What, As, On, Action, Value string
	State                       sandbox.ViewState
	Whole                       bool
}

func newFakeSlack() *fakeSlack {
	return &fakeSlack{
		world: sandbox.Workspace{
			TeamID: "T1", TeamName: "Acme", BotUserID: "UBOT", BotID: "B1", BotName: "lbbot",
			People: []sandbox.Person{
				{ID: "U1", Name: "ana", RealName: "Ana Ortiz", TeamID: "T1"},
				{ID: "U2", Name: "gus", RealName: "Gus Guest", Guest: true},
				{ID: "U3", Name: "olga", RealName: "Olga Outside", TeamID: "T9", Stranger: true},
				{ID: "UBOT", Name: "lbbot", Bot: true},
			},
			Groups: []sandbox.Group{{ID: "S1", Handle: "sre", Members: []string{"U1"}}},
			Channels: []sandbox.Channel{
				{ID: "C1", Name: "ops", Members: []string{"U1", "U2"}},
				{ID: "C2", Name: "secret", Private: true, Members: []string{"U1"}},
				{ID: "C3", Name: "partners", ExtShared: true, Members: []string{"U1", "U3"}},
				{ID: "D1", IM: "U1"},
			},
		},
		messages: map[string][]sandbox.Message{},
		answer:   sandbox.Interaction{Acked: true},
		watchers: map[chan struct{}]bool{},
	}
}

func (s *fakeSlack) did(a act) sandbox.Interaction {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.acts = append(s.acts, a)
	return s.answer
}

func (s *fakeSlack) change(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
	for w := range s.watchers {
		select {
		case w <- struct{}{}:
		default:
		}
	}
}

func (s *fakeSlack) Workspace() sandbox.Workspace { return s.world }
func (s *fakeSlack) Channels(viewer string) []sandbox.Channel {
	var all []sandbox.Channel
	for _, ch := range s.world.Channels {
		if slices.Contains(ch.Members, viewer) || ch.IM == viewer {
			all = append(all, ch)
		}
	}
	return all
}

func (s *fakeSlack) Messages(channel, viewer string) []sandbox.Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(s.messages[channel]),
		func(m sandbox.Message) bool { return m.Deleted && m.Replies == 0 || m.Ephemeral && m.To != viewer })
}

func (s *fakeSlack) Views(string) []sandbox.View {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.views)
}

func (s *fakeSlack) Subscribe() (<-chan struct{}, func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	w := make(chan struct{}, 1)
	s.watchers[w] = true
	return w, func() { s.mu.Lock(); defer s.mu.Unlock(); delete(s.watchers, w) }
}

func (s *fakeSlack) Reset() { s.resets++ }

func (s *fakeSlack) TypeCommand(_ context.Context, as, channel, command, text string) sandbox.Interaction {
	return s.did(act{What: "command", As: as, On: channel, Action: command, Value: text})
}

func (s *fakeSlack) Say(_ context.Context, as, channel, thread, text string) (sandbox.Message, sandbox.Interaction) {
	on := strings.TrimSuffix(channel+"/"+thread, "/")
	return sandbox.Message{}, s.did(act{What: "say", As: as, On: on, Value: text})
}

func (s *fakeSlack) Home(string) (sandbox.View, bool) { return s.home, s.home.ID != "" }

func (s *fakeSlack) Shortcuts() []sandbox.Shortcut {
	return []sandbox.Shortcut{{Name: "Add server", CallbackID: "global"},
		{Name: "Add server", CallbackID: "on_message", OnMessage: true}}
}

func (s *fakeSlack) OpenHome(_ context.Context, as string) sandbox.Interaction {
	return s.did(act{What: "home", As: as})
}

func (s *fakeSlack) UseGlobalShortcut(_ context.Context, as, id string) sandbox.Interaction {
	return s.did(act{What: "shortcut", As: as, Action: id})
}

func (s *fakeSlack) UseMessageShortcut(_ context.Context, as, channel, ts, id string) sandbox.Interaction {
	return s.did(act{What: "shortcut", As: as, On: channel + "/" + ts, Action: id})
}

func (s *fakeSlack) Click(_ context.Context, as, channel, ts, action, selected string) sandbox.Interaction {
	return s.did(act{What: "click", As: as, On: channel + "/" + ts, Action: action, Value: selected})
}

func (s *fakeSlack) ClickInView(_ context.Context, as, view, action, value string,
	state sandbox.ViewState) sandbox.Interaction {
	return s.did(act{What: "click in view", As: as, On: view, Action: action, Value: value, State: state})
}

func (s *fakeSlack) SubmitView(_ context.Context, as, view string, state sandbox.ViewState) sandbox.Interaction {
	return s.did(act{What: "submit", As: as, On: view, State: state})
}

func (s *fakeSlack) CloseView(_ context.Context, as, view string, whole bool) sandbox.Interaction {
	return s.did(act{What: "close", As: as, On: view, Whole: whole})
}

func (s *fakeSlack) Suggest(
	_ context.Context, as, view, action, typed string, state sandbox.ViewState,
) ([]sandbox.Option, sandbox.Interaction) {
	return s.options, s.did(act{What: "suggest", As: as, On: view, Action: action, Value: typed, State: state})
}

// fakeCloud is a cloud of a few calls.
type fakeCloud struct {
	mu       sync.Mutex
	calls    []Call
	backends int
	lose     bool
	off      bool
	watchers []chan struct{}
}

func (s *fakeCloud) Calls() []Call { s.mu.Lock(); defer s.mu.Unlock(); return slices.Clone(s.calls) }
func (s *fakeCloud) Backends() int { s.mu.Lock(); defer s.mu.Unlock(); return s.backends }

func (s *fakeCloud) Faults() []control.Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	return []control.Fault{{Name: control.LostAnswer, On: s.lose}, {Name: control.CloudOff, On: s.off}}
}

func (s *fakeCloud) SetFault(f control.Setting) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lose = s.lose || f.Fault == control.LostAnswer
	return nil
}

func (s *fakeCloud) ClearFault(string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lose = false
	return nil
}
func (s *fakeCloud) Log(control.Filter) []control.Entry { return nil }
func (s *fakeCloud) Handler() http.Handler              { return http.NotFoundHandler() }

func (s *fakeCloud) Subscribe() (<-chan struct{}, func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	w := make(chan struct{}, 1)
	s.watchers = append(s.watchers, w)
	return w, func() {}
}

// register is the bot registering a backend.
func (s *fakeCloud) register(request, answer string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = append(s.calls, Call{
		At: time.Unix(1795430000, 0), Service: "bmc", Action: "RegisterBackend", Status: 200, Lost: s.lose,
		Request: request, Answer: answer,
	})
	s.backends++
	s.lose = false
	for _, w := range s.watchers {
		select {
		case w <- struct{}{}:
		default:
		}
	}
}

// pageOver is a page over a fake Slack, as a handler.
func pageOver(t *testing.T, s *fakeSlack, o Options) http.Handler {
	t.Helper()
	if o.Cloud == nil {
		o.Cloud = &fakeCloud{}
	}
	o.Control = o.Cloud.(*fakeCloud)
	h, err := newPage(o, s)
	require.NoError(t, err)
	return h
}

// send makes a request to the handler, as the page in a browser would.
func send(h http.Handler, method, target string, form url.Values, header ...string) *httptest.ResponseRecorder {
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	r := httptest.NewRequest(method, "http://127.0.0.1:8080"+target, body)
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Origin", "http://127.0.0.1:8080")
	}
	for i := 0; i+1 < len(header); i += 2 {
		if header[i] == "Host" {
			r.Host = header[i+1]
		}
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func rawJSON(t *testing.T, v any) json.RawMessage {
	t.Helper()
	raw, err := json.Marshal(v)
	require.NoError(t, err)
	return raw
}
