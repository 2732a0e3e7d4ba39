package webapi

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"time"
)

// Call is one call of the bot.
type Call struct {
	Method string
	At     time.Time
	Took   time.Duration
	OK     bool
	Error  string // "(fault)" if a scripted fault came before the call was executed
	// Details are the reasons that the answer gives besides Error.
	Details []string
	// Args are the arguments, without the token.
	Args map[string]json.RawMessage
}

// Fault is a scripted fault of the Web API. Set one of Error, Status,
// RetryAfter, Hang or a drop.
type Fault struct {
	// Name is for ClearFaultsOf.
	Name string
	// Error answers {"ok":false,"error":Error}.
	Error string
	// RetryAfter answers HTTP 429 with this Retry-After, rounded up to seconds.
	RetryAfter time.Duration
	// Status answers this HTTP status with a body that is not JSON.
	Status int
	// Hang answers nothing until the caller gives up or the stand-in closes.
	Hang bool
	// DropBefore closes the connection without executing the call.
	DropBefore bool
	// DropAfter executes the call, then closes the connection.
	DropAfter bool
	// NoBody executes the call, then answers status 200 without a body.
	NoBody bool
	// Execute makes Error, Status and Hang happen after the call was executed.
	Execute bool
	// Channel and TS limit it to calls about that channel and that message;
	// empty: any.
	Channel, TS string
	// Times is how many calls it hits. Zero means one, below zero every call.
	Times int
}

// Phase is a moment in the life of a Web API call.
type Phase int

// The phases OnAPICall reports.
const (
	BeforeExecute Phase = iota // read and authenticated, nothing changed yet
	AfterExecute               // done, not answered yet
)

// TokenKind names one of the app's two tokens.
type TokenKind int

// The tokens RevokeToken can take away.
const (
	TheBotToken TokenKind = iota
	TheAppToken
	NoToken // of methods that need none
)

// scriptedFault is one FailNext.
type scriptedFault struct {
	method string
	Fault
	left int // calls to hit; below zero: all
}

// FailNext makes the next calls of a method fail. "response_url" names posts to
// response addresses, "*" every method. Scripts of one method run in order.
func (s *API) FailNext(method string, f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	left := f.Times
	if left == 0 {
		left = 1
	}
	s.faults = append(s.faults, scriptedFault{method: method, Fault: f, left: left})
}

// ClearFaults forgets every scripted fault.
func (s *API) ClearFaults() { s.locked(func() { s.faults = nil }) }

// ClearFaultsOf forgets the scripted faults with this Name.
func (s *API) ClearFaultsOf(name string) {
	s.locked(func() {
		s.faults = slices.DeleteFunc(s.faults, func(f scriptedFault) bool { return f.Name == name })
	})
}

// Scripted says that a fault with this Name waits for a call.
func (s *API) Scripted(name string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.ContainsFunc(s.faults, func(f scriptedFault) bool { return f.Name == name })
}

// nextFault takes the fault for one call. The zero fault does nothing.
func (s *API) nextFault(method string, args Arguments) Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, f := range s.faults {
		if f.method != method && f.method != "*" ||
			f.Channel != "" && f.Channel != args.Str("channel") || f.TS != "" && f.TS != args.Str("ts") {
			continue
		}
		if f.left > 0 {
			s.faults[i].left--
		}
		if s.faults[i].left == 0 {
			s.faults = slices.Delete(s.faults, i, i+1)
		}
		return f.Fault
	}
	return Fault{}
}

// strikesBefore and strikesAfter report whether the call ends with the fault,
// before it was executed or after.
func (f Fault) strikesBefore() bool { return f.DropBefore || f.any() && !f.Execute }

func (f Fault) strikesAfter() bool { return f.DropAfter || f.NoBody || f.any() && f.Execute }

func (f Fault) any() bool { return f.Hang || f.RetryAfter > 0 || f.Status > 0 || f.Error != "" }

// strike answers the call as the script says.
func (f Fault) strike(s *API, w http.ResponseWriter, r *http.Request) {
	switch {
	case f.DropBefore || f.DropAfter:
		dropConnection()
	case f.NoBody:
		w.WriteHeader(http.StatusOK)
	case f.Hang:
		select {
		case <-r.Context().Done():
		case <-s.o.Closed:
		}
		dropConnection()
	case f.RetryAfter > 0:
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		w.Header().Set("Retry-After", retryAfterSeconds(f.RetryAfter))
		WriteJSON(w, http.StatusTooManyRequests, Object{"ok": false, "error": "ratelimited"})
	case f.Status > 0:
		http.Error(w, "the stand-in was told to fail", f.Status)
	default:
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		WriteJSON(w, http.StatusOK, Object{"ok": false, "error": f.Error})
	}
}

// dropConnection ends the TCP connection without an answer.
func dropConnection() { panic(http.ErrAbortHandler) }

// OnAPICall sets a function that is called before and after each Web API call is
// executed; nil removes it. It may block, so that a test can stop the bot there.
func (s *API) OnAPICall(f func(method string, phase Phase)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.onCall = f
}

func (s *API) phase(method string, phase Phase) {
	s.mu.Lock()
	f := s.onCall
	s.mu.Unlock()
	if f != nil {
		f(method, phase)
	}
}

// callsKept bounds what APICalls remembers.
const callsKept = 10_000

func (s *API) record(method string, started time.Time, args map[string]json.RawMessage, fail *Error) {
	call := Call{Method: method, At: started, Took: s.o.Now().Sub(started), OK: fail == nil, Args: args}
	if fail != nil {
		call.Error, call.Details = fail.Code, fail.Details
	}
	s.mu.Lock()
	if len(s.calls) >= callsKept {
		s.calls = slices.Clone(s.calls[callsKept/2:])
	}
	s.calls = append(s.calls, call)
	s.mu.Unlock()
	s.o.Changed()
}

// APICalls lists the calls so far, failed ones included, oldest first. It keeps
// the last 5,000 to 10,000.
func (s *API) APICalls() []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.calls)
}

// RevokeToken revokes one token: calls with it answer token_revoked.
func (s *API) RevokeToken(kind TokenKind) { s.locked(func() { s.revoked[kind] = true }) }

// IssueToken makes another token work as well, as when a person generates one.
func (s *API) IssueToken(kind TokenKind, token string) { s.locked(func() { s.tokens[token] = kind }) }

// WithdrawToken revokes this token and no other: calls with it answer token_revoked.
func (s *API) WithdrawToken(token string) {
	s.locked(func() {
		delete(s.tokens, token)
		s.former[token] = true
	})
}

// Revoked says that RevokeToken took a token away.
func (s *API) Revoked(kind TokenKind) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.revoked[kind]
}

// RestoreTokens makes both tokens work again.
func (s *API) RestoreTokens() { s.locked(func() { clear(s.revoked) }) }

// MissingScopes are the scopes that were not granted, in alphabetical order.
func (s *API) MissingScopes() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Sorted(maps.Keys(s.missing))
}

// SetMissingScopes replaces the set of scopes that were not granted.
func (s *API) SetMissingScopes(scopes ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.missing)
	for _, scope := range scopes {
		s.missing[scope] = true
	}
}
