// Package socket is the Socket Mode half of the Slack stand-in: connections,
// their lives and faults, envelopes and their acks. It knows frames, not what
// envelopes mean.
//
// A connection is served by the goroutine of its HTTP request, which also
// starts its pings. Close ends all of them and waits.
package socket

import (
	"context"
	"crypto/rand"
	randv2 "math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// Limits from docs.slack.dev/apis/events-api/using-socket-mode and from
// observation of Slack's servers.
const (
	maxSockets     = 10
	maxClientFrame = 20480 // bytes; larger ones end the connection with 1009
	rememberAcks   = 10_000
)

// Options configures a Server. All fields are required.
type Options struct {
	AppID    func() string
	Now      func() time.Time
	Finding  func(format string, args ...any) // records a broken rule
	Changed  func()                           // called after a connection has opened or closed
	AckLimit time.Duration                    // how long Deliver waits for an ack
}

// Timing holds the intervals of a connection. Zero means Slack's, which are
// partly known from observation only.
type Timing struct {
	Ping         time.Duration // between pings to the client; 10 s
	Life         time.Duration // what hello announces; 18,060 s, with debug_reconnects=true 360 s
	WarnBefore   time.Duration // from warning to the end of Life; 10 s
	RefreshGrace time.Duration // from refresh_requested to the close; 2 s
	CloseWait    time.Duration // for the client's answer to a close frame; 5 s
}

func (t Timing) withDefaults() Timing {
	for field, fallback := range map[*time.Duration]time.Duration{
		&t.Ping: 10 * time.Second, &t.Life: 18060 * time.Second, &t.WarnBefore: 10 * time.Second,
		&t.RefreshGrace: 2 * time.Second, &t.CloseWait: 5 * time.Second,
	} {
		if *field <= 0 {
			*field = fallback
		}
	}
	return t
}

// Server accepts the connections of a client. It calls Options.Finding and
// Options.Changed without holding mu, because a caller may hold its own lock.
type Server struct {
	o    Options
	ctx  context.Context // ends with Close; bounds every goroutine
	stop context.CancelFunc
	work sync.WaitGroup

	mu         sync.Mutex
	timing     Timing
	tickets    map[string]bool
	conns      []*conn // registered at the stand-in, ghosts included
	past       []Connection
	deliveries map[string]*dispatch
	order      []string // ids of deliveries, oldest first
	log        []*Delivery
	lastID     int

	disabled     bool
	leaveOpen    bool // answer a close frame without ending TCP
	anyAcks      bool // take acks on another connection than the envelope's
	dropLarge    bool // ignore frames that are too long
	joinParts    bool // take fragmented messages
	refuse       int
	refuseStatus int
	swallow      int
}

// New makes a server. It starts no goroutine.
func New(o Options) *Server {
	s := &Server{o: o, timing: Timing{}.withDefaults(), tickets: map[string]bool{}, deliveries: map[string]*dispatch{}}
	s.ctx, s.stop = context.WithCancel(context.Background())
	return s
}

// OpenURL makes an address for one connection. base is the address of the HTTP
// server, for example "ws://127.0.0.1:40123".
func (s *Server) OpenURL(base string) string {
	ticket := rand.Text()
	s.mu.Lock()
	s.tickets[ticket] = true
	s.mu.Unlock()
	return base + "/link/?" + url.Values{"ticket": {ticket}, "app_id": {s.o.AppID()}}.Encode()
}

// ServeHTTP upgrades and serves one connection. It blocks until its end.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	if s.ctx.Err() != nil {
		s.mu.Unlock()
		http.Error(w, "closed", http.StatusServiceUnavailable)
		return
	}
	s.work.Add(1)
	defer s.work.Done()
	if s.refuse != 0 {
		s.refuse--
		status := s.refuseStatus
		s.mu.Unlock()
		http.Error(w, "refused by script", status)
		return
	}
	ticket := r.URL.Query().Get("ticket")
	valid := s.tickets[ticket]
	delete(s.tickets, ticket)
	timing := s.timing
	watch := &frameWatch{allowLong: s.dropLarge, allowParts: s.joinParts}
	s.mu.Unlock()
	if !valid {
		s.o.Finding("Socket Mode: a ticket was used twice or never issued")
		http.Error(w, "invalid ticket", http.StatusForbidden)
		return
	}
	hijacker := &frameHijacker{ResponseWriter: w, watch: watch}
	upgrader := websocket.Upgrader{ReadBufferSize: 4096, WriteBufferSize: 4096,
		CheckOrigin: func(*http.Request) bool { return true }} // compression is declined
	ws, err := upgrader.Upgrade(hijacker, r, nil)
	if err != nil {
		return // the upgrader has answered
	}
	if r.URL.Query().Get("debug_reconnects") == "true" {
		timing.Life = min(timing.Life, 360*time.Second)
	}
	s.serve(newSocketConn(s, ws, hijacker.watch, timing))
}

// serve runs one connection: registration, hello, pings and reading.
func (s *Server) serve(k *conn) {
	defer func() { _ = k.ws.Close() }()
	count, refusal := s.register(k)
	if refusal != "" {
		k.disconnect(refusal)
		k.closeFrame(websocket.CloseNormalClosure, "")
		return
	}
	s.o.Changed()
	defer s.o.Changed()
	_ = k.send(s.ctx, map[string]any{"type": "hello", "num_connections": count,
		"connection_info": map[string]any{"app_id": s.o.AppID()},
		"debug_info": map[string]any{"host": k.host, "build_number": 1,
			"approximate_connection_time": int(k.timing.Life.Seconds())}})
	s.work.Go(k.pulse)
	k.read()
	if k.isGhost() { // envelopes go to it until Close or ForgetGhosts
		<-k.gone
	}
	s.unregister(k)
}

// register adds the connection, or returns the reason of the disconnect frame.
func (s *Server) register(k *conn) (count int, refusal string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.ctx.Err() != nil:
		return 0, "refresh_requested"
	case s.disabled:
		return 0, "link_disabled"
	case len(s.conns) >= maxSockets:
		return 0, "too_many_websockets"
	}
	s.lastID++
	k.id = s.lastID
	k.registered = true
	s.conns = append(s.conns, k)
	return len(s.conns), ""
}

func (s *Server) unregister(k *conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.conns = slices.DeleteFunc(s.conns, func(other *conn) bool { return other == k })
	if k.registered {
		k.registered = false
		s.past = append(s.past, k.info())
	}
}

// routable picks a registered connection at random: Slack documents no order. It
// is nil if there is none.
func (s *Server) routable() *conn {
	s.mu.Lock()
	defer s.mu.Unlock()
	open := slices.DeleteFunc(slices.Clone(s.conns), func(k *conn) bool { return k.unroutable })
	if len(open) == 0 {
		return nil
	}
	return open[randv2.IntN(len(open))]
}

// locked calls f with mu held.
func (s *Server) locked(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
}

// each calls f for every registered connection.
func (s *Server) each(f func(*conn)) {
	s.mu.Lock()
	all := slices.Clone(s.conns)
	s.mu.Unlock()
	for _, k := range all {
		f(k)
	}
}

// Close ends every connection and waits for their goroutines.
func (s *Server) Close() {
	s.mu.Lock()
	s.stop()
	s.mu.Unlock()
	s.each(func(k *conn) { k.end("stand-in closed") })
	s.work.Wait()
}
