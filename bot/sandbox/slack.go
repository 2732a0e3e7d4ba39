// Package sandbox is a stand-in for Slack in one process: the Web API, Socket
// Mode, and the people of a small workspace, whose acts are methods of Slack.
//
// It refuses what Slack refuses, with Slack's error codes. What Slack tolerates
// but a bot should not do is recorded in Findings. Undocumented behaviour, such
// as a click that Slack delivers twice, happens only when a test asks for it.
//
// New starts no goroutine. Start starts the HTTP server, and an event that was
// not acked starts its retries; Close ends all of them and waits. The package imports neither the bot
// nor a library of Slack's: it works on JSON.
package sandbox

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"lbbot/bot/sandbox/socket"
	"lbbot/bot/sandbox/webapi"
)

// Slack is the stand-in. Its methods may be called from several goroutines.
type Slack struct {
	*socket.Server // its faults and rules are methods of Slack
	*webapi.API    // so are its own

	opt     Options
	deliver func(context.Context, socket.Envelope) socket.Ack // Server.Deliver, or a test in its place

	mu     sync.Mutex
	base   string // http://host:port; empty before Start
	server *http.Server
	served chan struct{}
	closed chan struct{}
	state  *state
	retry  sync.WaitGroup // retries of events

	watchMu  sync.Mutex
	watchers map[chan struct{}]struct{}
}

// state is everything Reset forgets.
type state struct {
	world     Workspace
	messages  map[string][]*message // by channel, oldest first
	views     map[string]*view      // open modals and published homes, by id
	stacks    map[string][]*view    // open modals by person, top last
	homes     map[string]*view      // by person
	triggers  map[string]*trigger
	responses map[string]*response // by path
	findings  []string

	duplicates int  // envelopes left to deliver twice; below zero: all
	anew       bool // the second time in a new envelope
	redeliver  bool // what is not acked is sent again after the next connection
	scheduled  []scheduled

	lastMicro int64
	lastID    int
}

// New makes a stand-in. Start serves it.
func New(o Options) *Slack {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.AppToken == "" {
		o.AppToken = "xapp-1-" + rand.Text()
	}
	if o.BotToken == "" {
		o.BotToken = "xoxb-" + rand.Text()
	}
	if o.Workspace.TeamID == "" {
		o.Workspace = SampleWorkspace()
	}
	if o.Scopes == nil {
		o.Scopes = botScopes()
	}
	if o.AckLimit == 0 {
		o.AckLimit = 3 * time.Second
	}
	s := &Slack{opt: o, closed: make(chan struct{}), watchers: map[chan struct{}]struct{}{}}
	s.state = newState(o)
	s.Server = socket.New(socket.Options{
		AppID: func() string { return s.opt.Workspace.AppID }, Now: s.now, Finding: s.finding, Changed: s.changed,
		AckLimit: o.AckLimit,
	})
	s.API = webapi.New(webapi.Options{AppToken: o.AppToken, BotToken: o.BotToken, Scopes: o.Scopes,
		Methods: s.webMethods(), Now: s.now, Changed: s.changed, Closed: s.closed, Lock: &s.mu,
		NoRateLimits: o.NoRateLimits, NoTiers: o.NoTiers})
	s.deliver = s.Server.Deliver
	return s
}

func newState(o Options) *state {
	return &state{
		world: o.Workspace.copy(), messages: map[string][]*message{}, views: map[string]*view{},
		stacks: map[string][]*view{}, homes: map[string]*view{}, triggers: map[string]*trigger{},
		responses: map[string]*response{},
	}
}

// Start serves on a free port of 127.0.0.1 and returns the base address, for
// example "http://127.0.0.1:40123".
func (s *Slack) Start() (base string, err error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("listening for the Slack stand-in: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.server != nil {
		return "", errors.Join(errors.New("the Slack stand-in is already started"), listener.Close())
	}
	s.base = "http://" + listener.Addr().String()
	s.server = &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second}
	s.served = make(chan struct{})
	go func() {
		defer close(s.served)
		_ = s.server.Serve(listener) // always ErrServerClosed after Close
	}()
	return s.base, nil
}

// ServeAt is for a caller that serves the stand-in itself: base is the address,
// for example "http://127.0.0.1:8081". Start must not be called.
func (s *Slack) ServeAt(base string) { s.locked(func() { s.base = base }) }

// Close ends the server and every connection, and waits for the server's
// goroutine. Closing twice is harmless.
func (s *Slack) Close() error {
	s.mu.Lock()
	select {
	case <-s.closed:
	default:
		close(s.closed)
	}
	server, served := s.server, s.served
	s.mu.Unlock()
	s.Server.Close()
	s.retry.Wait()
	if server == nil {
		return nil
	}
	err := server.Close()
	<-served
	if err != nil {
		return fmt.Errorf("closing the Slack stand-in: %w", err)
	}
	return nil
}

// ServeHTTP answers the Web API (/api/), the Socket Mode endpoint (/link/) and
// the response addresses (/commands/, /actions/, /app-actions/).
func (s *Slack) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch path := r.URL.Path; {
	case strings.HasPrefix(path, "/api/"):
		s.API.Serve(w, r, strings.TrimPrefix(path, "/api/"))
	case strings.HasPrefix(path, "/link/"):
		s.Server.ServeHTTP(w, r)
	case strings.HasPrefix(path, "/commands/"), strings.HasPrefix(path, "/actions/"),
		strings.HasPrefix(path, "/app-actions/"):
		s.serveResponse(w, r)
	default:
		http.NotFound(w, r)
	}
}

// BaseURL is where the stand-in listens, without a final slash; empty before
// Start.
func (s *Slack) BaseURL() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.base
}

// APIURL is the address to give to a Slack client; it ends in "/api/".
func (s *Slack) APIURL() string { return s.BaseURL() + "/api/" }

// BotToken is the token the Web API takes.
func (s *Slack) BotToken() string { return s.opt.BotToken }

// AppToken is the token for opening Socket Mode connections, and for nothing else.
func (s *Slack) AppToken() string { return s.opt.AppToken }

// Reset forgets everything that happened and restores the workspace, scopes and
// tokens of New. Connections stay.
func (s *Slack) Reset() {
	s.mu.Lock()
	s.state = newState(s.opt)
	s.mu.Unlock()
	s.API.Forget()
	s.ForgetDeliveries()
	s.changed()
}

func (s *Slack) now() time.Time { return s.opt.Now() }

// locked calls f with mu held.
func (s *Slack) locked(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
}

// finding records one violation of Slack's rules.
func (s *Slack) finding(format string, args ...any) {
	s.locked(func() { s.noteLocked(format, args...) })
}

func (s *Slack) noteLocked(format string, args ...any) {
	s.state.findings = append(s.state.findings, fmt.Sprintf(format, args...))
}

// Deliver sends an envelope of any type to one connection and blocks until it
// is acked or Options.AckLimit has passed. It returns the payload of the ack,
// nil if it had none. It is for tests of clients; a person acts through
// TypeCommand, Click and the others.
func (s *Slack) Deliver(ctx context.Context, kind string, payload any, acceptsResponse bool) (json.RawMessage, bool) {
	ack := s.Server.Deliver(ctx, socket.Envelope{Kind: socket.Kind(kind), Payload: payload, Accepts: acceptsResponse})
	return ack.Payload, ack.Acked
}

// Findings lists the broken rules since the start or the last Reset. A test
// requires it to be empty.
func (s *Slack) Findings() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.state.findings...)
}

// nextTS makes a unique message id: seconds and six decimals.
func (s *Slack) nextTS() string {
	micro := max(s.now().UnixMicro(), s.state.lastMicro+1)
	s.state.lastMicro = micro
	return fmt.Sprintf("%d.%06d", micro/1e6, micro%1e6)
}

// nextID makes a unique id.
func (s *Slack) nextID(prefix string) string {
	s.state.lastID++
	return fmt.Sprintf("%s0%04X%s", prefix, s.state.lastID, rand.Text()[:6])
}

func (s *Slack) changed() {
	s.watchMu.Lock()
	defer s.watchMu.Unlock()
	for ch := range s.watchers {
		select {
		case ch <- struct{}{}:
		default:
		}
	}
}

// Subscribe returns a channel that gets a value after a visible change, and a
// function that ends the subscription. Several changes may come as one value.
func (s *Slack) Subscribe() (<-chan struct{}, func()) {
	ch := make(chan struct{}, 1)
	s.watchMu.Lock()
	defer s.watchMu.Unlock()
	s.watchers[ch] = struct{}{}
	return ch, func() {
		s.watchMu.Lock()
		defer s.watchMu.Unlock()
		delete(s.watchers, ch)
	}
}

// WaitMessage returns the oldest message that the viewer sees and match accepts.
// It blocks until there is one or the context ends.
func (s *Slack) WaitMessage(
	ctx context.Context, channelID, viewerID string, match func(Message) bool,
) (Message, error) {
	changes, stop := s.Subscribe()
	defer stop()
	for {
		for _, m := range s.Messages(channelID, viewerID) {
			if match(m) {
				return m, nil
			}
		}
		select {
		case <-changes:
		case <-ctx.Done():
			return Message{}, fmt.Errorf("waiting for a message in %s: %w", channelID, context.Cause(ctx))
		}
	}
}
