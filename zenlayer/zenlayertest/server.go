package zenlayertest

import (
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"lbbot/zenlayer"
)

// Server is the stand-in. It is an http.Handler, and Start serves it. All methods
// are safe for concurrent use.
type Server struct {
	opts Options

	mu      sync.Mutex
	account account
	logins  []zenlayer.Credentials // that are accepted
	calls   []*Call
	counted int
	faults  []*Fault
	onCall  func(Call, Phase)
	window  rateWindow
	release chan struct{} // closed to end all hanging calls
	watch   map[chan struct{}]struct{}

	active int           // running handlers
	idle   chan struct{} // closed when active becomes 0; nil if nobody waits

	http   *http.Server
	served chan struct{} // closed when the listening goroutine has ended
}

// New returns a server with the seed's content.
func New(o Options) *Server {
	if o.AccessKeyID == "" && o.AccessKeySecret == "" && o.Token == "" {
		o.AccessKeyID, o.AccessKeySecret, o.Token = SampleAccessKeyID, SampleAccessKeySecret, SampleToken
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.NewRequestID == nil {
		o.NewRequestID = newRequestID
	}
	if o.KeepCalls <= 0 {
		o.KeepCalls = 10_000
	}
	return &Server{
		opts: o, account: newAccount(o.Seed, o.BackendsBefore), logins: o.logins(),
		release: make(chan struct{}), watch: map[chan struct{}]struct{}{},
	}
}

// Start serves on a free port of 127.0.0.1 and returns the endpoint's URL. Close
// ends the goroutine that it starts.
func (s *Server) Start() (string, error) { return s.StartOn("127.0.0.1:0") }

// StartOn is Start on a given address.
func (s *Server) StartOn(addr string) (string, error) {
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return "", fmt.Errorf("zenlayer stand-in: listening on %s: %w", addr, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.http != nil {
		_ = listener.Close()
		return "", errors.New("zenlayer stand-in: already started")
	}
	server := &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second}
	served := make(chan struct{})
	s.http, s.served = server, served
	go func() {
		defer close(served)
		_ = server.Serve(listener) // Close ends it
	}()
	return "http://" + listener.Addr().String(), nil
}

// Close ends hanging calls, drops all connections and waits for the handlers, for at
// most 5 s. A closed server can be started again and keeps its content.
func (s *Server) Close() {
	s.mu.Lock()
	server, served := s.http, s.served
	s.http, s.served = nil, nil
	s.mu.Unlock()
	s.ReleaseHangs()
	if server == nil {
		return
	}
	_ = server.Close()
	<-served
	timer := time.NewTimer(5 * time.Second)
	defer timer.Stop()
	select {
	case <-s.quiet():
	case <-timer.C:
	}
}

// enter and leave count the running handlers.
func (s *Server) enter() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.active++
}

func (s *Server) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.active--; s.active == 0 && s.idle != nil {
		close(s.idle)
		s.idle = nil
	}
}

// quiet returns a channel that is closed when no handler is running.
func (s *Server) quiet() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.active == 0 {
		done := make(chan struct{})
		close(done)
		return done
	}
	if s.idle == nil {
		s.idle = make(chan struct{})
	}
	return s.idle
}

// Reset restores the seed, deletes calls, tokens and faults, and ends hanging calls.
func (s *Server) Reset() {
	s.mu.Lock()
	s.account, s.logins = newAccount(s.opts.Seed, s.opts.BackendsBefore), s.opts.logins()
	s.calls, s.counted, s.faults, s.window = nil, 0, nil, rateWindow{}
	s.mu.Unlock()
	s.ReleaseHangs()
	s.changed()
}

// Subscribe returns a channel that receives after a change (a call, an effect, a
// console action), and a function that unsubscribes. Changes are coalesced while the
// channel is not read.
func (s *Server) Subscribe() (<-chan struct{}, func()) {
	c := make(chan struct{}, 1)
	s.mu.Lock()
	s.watch[c] = struct{}{}
	s.mu.Unlock()
	return c, func() {
		s.mu.Lock()
		delete(s.watch, c)
		s.mu.Unlock()
	}
}

func (s *Server) changed() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.watch {
		select {
		case c <- struct{}{}:
		default:
		}
	}
}

// newRequestID has the form of all published samples.
func newRequestID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails, by its documentation
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("T%X-%X-%X-%X-%X", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
