package zenlayertest

import "time"

// FaultKind names what goes wrong with a call.
type FaultKind string

const (
	// AnswerLost executes, then closes the connection without an answer.
	AnswerLost FaultKind = "answer lost"
	// AnswerCut executes, then closes the connection in the middle of the body.
	AnswerCut FaultKind = "answer cut"
	// ConnectionDropped closes the connection without executing.
	ConnectionDropped FaultKind = "connection dropped"
	// Hang never answers. The connection is closed when the client gives up, or by
	// ReleaseHangs, Reset or Close.
	Hang FaultKind = "hang"
	// SlowBody executes, sends half of the answer, and the rest after Delay, or
	// after ReleaseHangs if Delay is 0.
	SlowBody FaultKind = "slow body"
	// InternalError executes and answers 500 INTERNAL_SERVER_ERROR.
	InternalError FaultKind = "500 after execution"
	// BadGateway answers 502 with an HTML page.
	BadGateway FaultKind = "502 html"
	// Unavailable answers 503 SERVICE_TEMPORARY_UNAVAILABLE.
	Unavailable FaultKind = "503 unavailable"
	// TimedOut answers 503 REQUEST_TIMED_OUT.
	TimedOut FaultKind = "503 timed out"
	// ErrorIn200 answers 200 with an error-shaped body.
	ErrorIn200 FaultKind = "200 with an error body"
	// NoBackendID executes and leaves backendId out of the answer.
	NoBackendID FaultKind = "200 without backendId"
	// TruncatedJSON executes and answers with the first half of the JSON.
	TruncatedJSON FaultKind = "truncated json"
	// Challenge answers 403 with a cf-mitigated header and a page.
	Challenge FaultKind = "403 challenge"
	// Blocked answers 451 with a page.
	Blocked FaultKind = "451"
	// Redirect302 and Redirect307 answer with a redirect to Location.
	Redirect302 FaultKind = "302"
	Redirect307 FaultKind = "307"
	// RateLimited answers 429 REQUEST_LIMIT_EXCEEDED.
	RateLimited FaultKind = "429"
	// ClockSkew moves the server's clock for this call by Delay; 0 is ten minutes.
	ClockSkew FaultKind = "clock skew"
	// HugeBody executes and answers with more than 2 MiB of valid JSON.
	HugeBody FaultKind = "2 MiB body"
	// HiddenBackend executes and hides a new backend from readings for Delay, and
	// then from the next Reads readings that would show it.
	HiddenBackend FaultKind = "hidden backend"
	// TokensForgotten deletes all client tokens, then executes normally.
	TokensForgotten FaultKind = "tokens forgotten"
	// Refused answers with Status, Code and Message in the API's JSON, or with
	// Body as it is.
	Refused FaultKind = "refused"
)

// Fault is one scripted fault. Only Kind is required.
type Fault struct {
	Kind FaultKind
	// Action limits the fault to one action; "" means every action.
	Action string
	// Changes limits the fault to the calls that change something: RegisterBackend and
	// DeregisterBackend.
	Changes bool
	// Service limits the fault to one service, bmc or vm; "" means both.
	Service string
	// Skip is the number of calls without the fault before it applies.
	Skip int
	// Times is how many calls the fault applies to; 0 means one, a negative number
	// all until ClearFaults or Reset.
	Times int
	// Execute makes a kind that does not execute do so first.
	Execute bool
	// Delay is for SlowBody, ClockSkew and HiddenBackend.
	Delay time.Duration
	// Reads is for HiddenBackend.
	Reads int
	// RetryAfter sets that header.
	RetryAfter string
	// Plain answers with a page instead of JSON (RateLimited, Unavailable,
	// TimedOut, InternalError).
	Plain bool
	// Location is for the redirects; "" is https://redirect.invalid/.
	Location string
	// Status, Code, Message and Body are for Refused. Code and Message also replace
	// those of other kinds. Status 0 is 400.
	Status  int
	Code    string
	Message string
	Body    string
}

// Inject adds a fault to the queue. Each call takes the first fault that matches it.
func (s *Server) Inject(f Fault) {
	if f.Times == 0 {
		f.Times = 1
	}
	s.mu.Lock()
	s.faults = append(s.faults, &f)
	s.mu.Unlock()
	s.changed()
}

// LoseNextAnswer makes the next RegisterBackend or DeregisterBackend have its effect
// without an answer.
func (s *Server) LoseNextAnswer() { s.Inject(Fault{Kind: AnswerLost, Changes: true}) }

// Faults returns the queued faults, with the remaining Times and Skip.
func (s *Server) Faults() []Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]Fault, len(s.faults))
	for i, f := range s.faults {
		out[i] = *f
	}
	return out
}

// ClearFaults empties the queue.
func (s *Server) ClearFaults() {
	s.mu.Lock()
	s.faults = nil
	s.mu.Unlock()
	s.changed()
}

// ReleaseHangs ends all hanging calls.
func (s *Server) ReleaseHangs() {
	s.mu.Lock()
	defer s.mu.Unlock()
	close(s.release)
	s.release = make(chan struct{})
}

// takeFault picks the fault for a call. The caller holds the lock.
func (s *Server) takeFault(service, action string) Fault {
	for i, f := range s.faults {
		if f.Action != "" && f.Action != action || f.Service != "" && f.Service != service ||
			f.Changes && action != "RegisterBackend" && action != "DeregisterBackend" {
			continue
		}
		if f.Skip > 0 {
			f.Skip--
			continue
		}
		if f.Times > 0 {
			if f.Times--; f.Times == 0 {
				s.faults = append(s.faults[:i:i], s.faults[i+1:]...)
			}
		}
		return *f
	}
	return Fault{}
}

// executes reports whether a call with the fault still runs.
func (f Fault) executes() bool {
	switch f.Kind {
	case "", AnswerLost, AnswerCut, SlowBody, InternalError, NoBackendID, TruncatedJSON, HugeBody,
		ClockSkew, HiddenBackend, TokensForgotten:
		return true
	}
	return f.Execute
}
