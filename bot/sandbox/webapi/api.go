// Package webapi is the Web API half of the Slack stand-in: it reads calls,
// checks tokens, scopes and rate limits, plays scripted faults, and remembers
// the calls. It does not know what a method does.
//
// It starts no goroutine: a call is answered in the goroutine of its request.
package webapi

import (
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// Options configures an API. All fields but the switches are required.
type Options struct {
	AppToken     string // may call the methods of TheAppToken
	BotToken     string // may call all others
	Scopes       []string
	Methods      map[string]Method
	Now          func() time.Time
	Changed      func()          // called after a call
	Closed       <-chan struct{} // ends hanging calls
	Lock         sync.Locker     // held while a method runs
	NoRateLimits bool            // switches off every limit
	NoTiers      bool            // switches off the limits of methods
}

// API answers calls. Its methods may be called from several goroutines, also
// while Options.Lock is held.
type API struct {
	o Options

	mu      sync.Mutex
	missing map[string]bool // scopes not granted
	revoked map[TokenKind]bool
	tokens  map[string]TokenKind // that work
	former  map[string]bool      // tokens that worked
	calls   []Call
	faults  []scriptedFault
	onCall  func(string, Phase)
	limits  map[string]*bucket
}

// New makes an API.
func New(o Options) *API {
	s := &API{o: o}
	s.Forget()
	return s
}

// Forget forgets calls, faults and limits, and restores scopes and tokens.
func (s *API) Forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.missing, s.revoked, s.limits = map[string]bool{}, map[TokenKind]bool{}, map[string]*bucket{}
	s.tokens, s.former = map[string]TokenKind{s.o.BotToken: TheBotToken, s.o.AppToken: TheAppToken}, map[string]bool{}
	s.calls, s.faults, s.onCall = nil, nil, nil
}

// locked calls f with mu held.
func (s *API) locked(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
}

// Method is one method of the Web API.
type Method struct {
	Run       func(Arguments) (Object, *Error) // called with Options.Lock held
	PerMinute float64
	Scope     string // empty: none, or it depends on the channel and Run asks NeedScope
	Token     TokenKind
}

// Method finds a method by name.
func (s *API) Method(name string) (Method, bool) {
	m, ok := s.o.Methods[name]
	return m, ok
}

func (s *API) granted() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(s.o.Scopes), func(scope string) bool { return s.missing[scope] })
}

// Missing says that a scope was not granted.
func (s *API) Missing(scope string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return scope != "" && (s.missing[scope] || !slices.Contains(s.o.Scopes, scope))
}

// NeedScope refuses if the scope was not granted.
func (s *API) NeedScope(scope string) *Error {
	if s.Missing(scope) {
		return &Error{Code: "missing_scope", Needed: scope}
	}
	return nil
}

// Serve answers one call: arguments, token, scripted faults, limits, scopes,
// then the method itself.
func (s *API) Serve(w http.ResponseWriter, r *http.Request, name string) {
	args, token, fail := readArguments(r)
	method, known := s.o.Methods[name]
	if fail == nil && !known {
		fail = Refuse("unknown_method")
	}
	if fail == nil {
		fail = s.authenticate(r, method, token)
	}
	var answer Object
	execute := func() *Error {
		if fail == nil {
			s.phase(name, BeforeExecute)
			answer, fail = s.execute(name, method, args)
			s.phase(name, AfterExecute)
		}
		return fail
	}
	if s.play(w, r, name, args, execute) {
		s.writeAnswer(w, name, answer, fail)
	}
}

// Execute executes and records a call that is no method, such as a post to a
// response address; name is its name in FailNext and APICalls. It returns false
// if a scripted fault has answered it.
func (s *API) Execute(
	w http.ResponseWriter, r *http.Request, name string, args Arguments, execute func() *Error) bool {
	return s.play(w, r, name, args, func() *Error {
		s.phase(name, BeforeExecute)
		defer s.phase(name, AfterExecute)
		return execute()
	})
}

// play executes and records a call. It returns false if a scripted fault has
// answered it.
func (s *API) play(
	w http.ResponseWriter, r *http.Request, name string, args Arguments, execute func() *Error) bool {
	started, sent := s.o.Now(), args.raw()
	fault := s.nextFault(name, args)
	fail := Refuse("(fault)")
	if !fault.strikesBefore() {
		fail = execute()
	}
	s.record(name, started, sent, fail)
	if fault.strikesBefore() || fault.strikesAfter() {
		fault.strike(s, w, r)
		return false
	}
	return true
}

func (s *API) execute(name string, method Method, args Arguments) (answer Object, fail *Error) {
	s.o.Lock.Lock()
	defer s.o.Lock.Unlock()
	if !s.o.NoTiers {
		fail = s.Limit("method "+name, method.PerMinute, method.PerMinute/60)
	}
	if fail != nil {
		return nil, fail
	}
	if fail = s.NeedScope(method.Scope); fail != nil {
		return nil, fail
	}
	return method.Run(args)
}

// authenticate checks the token's presence, kind and life.
func (s *API) authenticate(r *http.Request, method Method, formToken string) *Error {
	if method.Token == NoToken {
		return nil
	}
	token := formToken
	if bearer, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
		token = bearer
	} else if method.Token == TheAppToken {
		token = "" // apps.connections.open takes it in the header only
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	kind, known := s.tokens[token]
	switch {
	case token == "":
		return Refuse("not_authed")
	case !known && !s.former[token]:
		return Refuse("invalid_auth")
	case !known || s.revoked[kind]:
		return Refuse("token_revoked")
	case kind != method.Token:
		return Refuse("not_allowed_token_type")
	}
	return nil
}
