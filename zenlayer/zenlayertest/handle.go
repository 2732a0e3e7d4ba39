package zenlayertest

import (
	"io"
	"maps"
	"net/http"
	"strconv"
	"time"
)

// maxRequest is far above the largest request the client makes.
const maxRequest = 8 << 20

// ServeHTTP answers one API call.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.enter()
	defer s.leave()
	if r.URL.Path != "/api/v2/bmc" && r.URL.Path != "/api/v2/vm" {
		http.NotFound(w, r)
		return
	}
	if r.Method != http.MethodPost {
		http.Error(w, "POST only", http.StatusMethodNotAllowed)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequest))
	if err != nil {
		http.Error(w, "the request body could not be read", http.StatusBadRequest)
		return
	}
	call, fault := s.arrive(r, body)
	s.changed()
	defer s.changed()
	var normal reply
	if fault.executes() {
		normal = s.admitAndExecute(call, fault, r, body)
	}
	s.send(w, r, call, fault, normal)
}

// execution is the input of an action.
type execution struct {
	service, version string
	params           *params
	now              time.Time
	hideFor          time.Duration
	hideReads        int
}

// admitAndExecute answers a call without faults: authentication, rate limit,
// execution between the two hooks.
func (s *Server) admitAndExecute(call *Call, fault Fault, r *http.Request, body []byte) reply {
	id, now := s.opts.NewRequestID(), s.opts.Now()
	if problem := s.authenticate(r, body, now.Add(fault.skew())); problem != nil {
		return problem.reply(id)
	}
	if limited, ok := s.limit(id, now); ok {
		return limited
	}
	s.hook(s.note(call, func(*Call) {}), BeforeExecute)
	x := execution{service: call.Service, version: call.Version, params: parseParams(body), now: now}
	if fault.Kind == HiddenBackend {
		x.hideFor, x.hideReads = fault.Delay, fault.Reads
	}
	if fault.Kind == TokensForgotten {
		s.forgetTokens()
	}
	payload, problem := s.execute(call.Action, x)
	out := reply{}
	if problem != nil {
		out = problem.reply(id)
	} else {
		out = success(id, payload)
	}
	if s.opts.Rules.ShiftedTypes {
		out = out.shifted()
	}
	s.hook(s.note(call, func(c *Call) { c.Executed, c.Status, c.Answer = true, out.status, out.body }), AfterExecute)
	return out
}

func (s *Server) execute(action string, x execution) (map[string]any, *refusal) {
	s.mu.Lock()
	defer s.mu.Unlock()
	run := map[string]func(execution) (map[string]any, *refusal){
		"bmc/RegisterBackend":       s.registerBackend,
		"bmc/DeregisterBackend":     s.deregisterBackend,
		"bmc/DescribeBackends":      s.describeBackends,
		"bmc/DescribeListeners":     s.describeListeners,
		"bmc/DescribeLoadBalancers": s.describeLoadBalancers,
		"bmc/DescribeInstances":     s.describeInstances,
		"vm/DescribeInstances":      s.describeInstances,
	}[x.service+"/"+action]
	if run == nil {
		return nil, unauthorized(codeUnauthorized, "The operation is not authorised or does not exist.")
	}
	if x.params.problem != nil {
		return nil, x.params.problem
	}
	return run(x)
}

// rateWindow counts the calls of one window.
type rateWindow struct {
	start time.Time
	calls int
}

func (s *Server) limit(id string, now time.Time) (reply, bool) {
	rule := s.opts.Rules.RateLimit
	if rule.Calls <= 0 {
		return reply{}, false
	}
	per := rule.Per
	if per <= 0 {
		per = time.Second
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if now.Sub(s.window.start) >= per {
		s.window = rateWindow{start: now}
	}
	if s.window.calls++; s.window.calls <= rule.Calls {
		return reply{}, false
	}
	return Fault{Kind: RateLimited, RetryAfter: rule.RetryAfter, Plain: rule.Plain}.reply(id, reply{}), true
}

// send records the answer, then sends it or breaks it as the fault says.
func (s *Server) send(w http.ResponseWriter, r *http.Request, call *Call, fault Fault, normal reply) {
	switch fault.Kind {
	case AnswerLost, ConnectionDropped:
		s.note(call, func(c *Call) { c.Status, c.Answer = 0, "" })
		panic(http.ErrAbortHandler) // net/http's way to close without an answer
	case Hang:
		s.note(call, func(c *Call) { c.Status, c.Answer = 0, "" })
		s.wait(r, 0)
		panic(http.ErrAbortHandler)
	}
	out := fault.reply(s.opts.NewRequestID(), normal)
	half := len(out.body) / 2
	s.note(call, func(c *Call) {
		c.Status, c.Answer = out.status, out.body
		if fault.Kind == AnswerCut {
			c.Answer = out.body[:half]
		}
	})
	h := w.Header()
	maps.Copy(h, out.header)
	h.Set("Date", s.opts.Now().Add(fault.skew()).UTC().Format(http.TimeFormat))
	h.Set("Content-Length", strconv.Itoa(len(out.body)))
	w.WriteHeader(out.status)
	if fault.Kind != AnswerCut && fault.Kind != SlowBody {
		_, _ = io.WriteString(w, out.body)
		return
	}
	_, _ = io.WriteString(w, out.body[:half])
	_ = http.NewResponseController(w).Flush()
	if fault.Kind == AnswerCut {
		panic(http.ErrAbortHandler)
	}
	s.wait(r, fault.Delay)
	_, _ = io.WriteString(w, out.body[half:])
}

// wait blocks until the client gives up or ReleaseHangs is called, and at most for d
// if d > 0.
func (s *Server) wait(r *http.Request, d time.Duration) {
	s.mu.Lock()
	release := s.release
	s.mu.Unlock()
	var after <-chan time.Time
	if d > 0 {
		timer := time.NewTimer(d)
		defer timer.Stop()
		after = timer.C
	}
	select {
	case <-r.Context().Done():
	case <-release:
	case <-after:
	}
}
