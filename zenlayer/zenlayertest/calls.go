package zenlayertest

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"lbbot/zenlayer"
)

// Phase is a moment in the life of a call.
type Phase int

const (
	// BeforeExecute: the call is admitted and has changed nothing.
	BeforeExecute Phase = iota
	// AfterExecute: the call has had its effect; no byte of the answer is sent.
	AfterExecute
)

// String returns "before execute" or "after execute".
func (p Phase) String() string {
	if p == AfterExecute {
		return "after execute"
	}
	return "before execute"
}

// Call is one request that arrived.
type Call struct {
	// Number counts from 1 since the start or the last Reset.
	Number  int
	Time    time.Time // by the server's clock
	Service string    // bmc or vm
	Action  string
	Version string // empty if the header was missing
	// Status is the HTTP status sent; 0 if no answer was sent.
	Status int
	// Request and Answer are the bodies.
	Request string
	Answer  string
	// Header has the request's headers; in Authorization signature and token are
	// redacted.
	Header http.Header
	// Executed means that the action ran, successfully or not.
	Executed bool
	// Fault is the fault applied to the call, if any.
	Fault FaultKind
}

// SetOnCall installs a hook that is called before and after each execution; nil
// removes it. It is called without a lock and may block. It is not called for a call
// stopped by authentication, the rate limit or a fault that does not execute. After
// the execution, Status and Answer are what a call without a fault gets.
func (s *Server) SetOnCall(hook func(Call, Phase)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.onCall = hook
}

// Calls returns the calls since the start or the last Reset, oldest first.
func (s *Server) Calls() []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]Call, len(s.calls))
	for i, c := range s.calls {
		out[i] = c.copy()
	}
	return out
}

// CallsOf returns the calls of one action.
func (s *Server) CallsOf(action string) []Call {
	return slices.DeleteFunc(s.Calls(), func(c Call) bool { return c.Action != action })
}

// CallCount returns how many calls arrived, including those no longer recorded.
func (s *Server) CallCount() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.counted
}

// EffectsByToken returns how many backends each client token created, including
// removed ones. Tokens that created nothing are absent.
func (s *Server) EffectsByToken() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make(map[string]int, len(s.account.effects))
	for token, n := range s.account.effects {
		out[token] = n
	}
	return out
}

// Backends returns all backends, including those that readings do not show yet.
func (s *Server) Backends() []zenlayer.Backend {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]zenlayer.Backend, len(s.account.backends))
	for i, b := range s.account.backends {
		out[i] = b.Backend
	}
	return out
}

func (c *Call) copy() Call {
	out := *c
	out.Header = c.Header.Clone()
	return out
}

// arrive records a call and picks its fault.
func (s *Server) arrive(r *http.Request, body []byte) (*Call, Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.counted++
	c := &Call{
		Number: s.counted, Time: s.opts.Now(),
		Service: strings.TrimPrefix(r.URL.Path, "/api/v2/"),
		Action:  r.Header.Get("X-ZC-Action"), Version: r.Header.Get("X-ZC-Version"),
		Request: string(body), Header: safeHeader(r.Header),
	}
	if len(s.calls) >= s.opts.KeepCalls {
		s.calls = slices.Delete(s.calls, 0, len(s.calls)-s.opts.KeepCalls+1)
	}
	s.calls = append(s.calls, c)
	fault := s.takeFault(c.Service, c.Action)
	c.Fault = fault.Kind
	return c, fault
}

// note changes a recorded call.
func (s *Server) note(c *Call, change func(*Call)) Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(c)
	return c.copy()
}

func (s *Server) hook(c Call, p Phase) {
	s.mu.Lock()
	hook := s.onCall
	s.mu.Unlock()
	if hook != nil {
		hook(c, p)
	}
}

// safeHeader copies a header and redacts signature and token.
func safeHeader(h http.Header) http.Header {
	out := h.Clone()
	if value := out.Get("Authorization"); value != "" {
		kept, _, _ := strings.Cut(value, "Signature=")
		if scheme, _, _ := strings.Cut(value, " "); !strings.HasPrefix(kept, method+" Credential=") {
			kept = scheme + " "
			if strings.ToLower(scheme) != "bearer" && scheme != method {
				kept = ""
			}
		}
		out.Set("Authorization", kept+"[redacted]")
	}
	return out
}
