package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"lbbot/bot/sandbox/blockkit"
)

// requestMax bounds a request body; a view may have 250 kB, and form encoding
// triples some characters.
const requestMax = 4 << 20

// apiError is an error answer of the Web API.
type apiError struct {
	code       string
	needed     string // missing_scope only
	details    []string
	retryAfter time.Duration
}

func refuse(code string) *apiError { return &apiError{code: code} }

// badArgument refuses a call for an argument that is missing or invalid.
func badArgument(argument string) *apiError {
	return &apiError{code: "invalid_arguments", details: []string{"[ERROR] missing or invalid field: " + argument}}
}

// arguments are the arguments of one call, from query, form or JSON.
type arguments struct{ values object }

func (a arguments) has(key string) bool { v, ok := a.values[key]; return ok && v != nil }

func (a arguments) str(key string) string {
	switch v := a.values[key].(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	case bool:
		return strconv.FormatBool(v)
	}
	return ""
}

func (a arguments) boolean(key string) bool { v := a.str(key); return v == "1" || v == "true" }

// nested returns an argument that is JSON itself: a value in a JSON body, or a
// string of JSON in a form or (Slack tolerates it) in a JSON body.
func (a arguments) nested(key string) (value any, given bool, err error) {
	v, ok := a.values[key]
	if !ok || v == nil || v == "" {
		return nil, false, nil
	}
	if text, isString := v.(string); isString {
		v, err = blockkit.Decode([]byte(text))
	}
	return v, v != nil, err
}

// apiMethod is one method of the Web API.
type apiMethod struct {
	run       func(arguments) (object, *apiError) // called with mu held
	perMinute float64
	scope     string // empty: none, or it depends on the channel and run checks it
	token     TokenKind
}

// webMethods are the methods by name.
func (s *Slack) webMethods() map[string]apiMethod {
	return map[string]apiMethod{
		"apps.connections.open": {run: s.openConnection, perMinute: tier3, token: TheAppToken},
		"auth.test":             {run: s.authTest, perMinute: special},
		"chat.postMessage":      {run: s.postMessage, perMinute: special, scope: "chat:write"},
		"chat.postEphemeral":    {run: s.postEphemeral, perMinute: tier4, scope: "chat:write"},
		"chat.update":           {run: s.updateMessage, perMinute: tier3, scope: "chat:write"},
		"chat.delete":           {run: s.deleteMessage, perMinute: tier3, scope: "chat:write"},
		"chat.getPermalink":     {run: s.permalink, perMinute: special},
		"conversations.info":    {run: s.conversationsInfo, perMinute: tier3},
		"conversations.history": {run: s.conversationsHistory, perMinute: tier3},
		"conversations.replies": {run: s.conversationsReplies, perMinute: tier3},
		"usergroups.list":       {run: s.usergroupsList, perMinute: tier2, scope: "usergroups:read"},
		"users.info":            {run: s.usersInfo, perMinute: tier4, scope: "users:read"},
		"views.open":            {run: s.viewsOpen, perMinute: tier4},
		"views.push":            {run: s.viewsPush, perMinute: tier4},
		"views.update":          {run: s.viewsUpdate, perMinute: tier4},
		"views.publish":         {run: s.viewsPublish, perMinute: tier4},
	}
}

// botScopes are the scopes the app has unless they were taken away.
func botScopes() []string {
	return []string{"app_mentions:read", "channels:history", "channels:read", "chat:write", "chat:write.public",
		"commands", "groups:history", "groups:read", "im:history", "im:read", "mpim:history", "mpim:read",
		"usergroups:read", "users:read"}
}

func (s *Slack) granted() []string {
	return slices.DeleteFunc(botScopes(), func(scope string) bool { return s.state.missing[scope] })
}

// needScope refuses if the scope was not granted.
func (s *Slack) needScope(scope string) *apiError {
	if s.state.missing[scope] {
		return &apiError{code: "missing_scope", needed: scope}
	}
	return nil
}

// serveAPI answers one call: arguments, token, scripted faults, limits, scopes,
// then the method itself.
func (s *Slack) serveAPI(w http.ResponseWriter, r *http.Request, name string) {
	args, token, fail := readArguments(r)
	method, known := s.methods[name]
	if fail == nil && !known {
		fail = refuse("unknown_method")
	}
	if fail == nil {
		s.locked(func() { fail = s.authenticate(r, method, token) })
	}
	var answer object
	execute := func() *apiError {
		if fail == nil {
			s.phase(name, BeforeExecute)
			answer, fail = s.execute(name, method, args)
			s.phase(name, AfterExecute)
		}
		return fail
	}
	if s.scripted(w, r, name, args, execute) {
		s.writeAnswer(w, name, answer, fail)
	}
}

// scripted executes and records a call. It returns false if a scripted fault has
// answered it.
func (s *Slack) scripted(
	w http.ResponseWriter, r *http.Request, name string, args arguments, execute func() *apiError) bool {
	started, sent := s.now(), args.raw()
	var fault APIFault
	s.locked(func() { fault = s.nextFault(name, args) })
	fail := refuse("(fault)")
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

func (s *Slack) execute(name string, method apiMethod, args arguments) (answer object, fail *apiError) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.opt.NoTiers {
		fail = s.limit("method "+name, method.perMinute, method.perMinute/60)
	}
	if fail != nil {
		return nil, fail
	}
	if fail = s.needScope(method.scope); fail != nil {
		return nil, fail
	}
	return method.run(args)
}

// authenticate checks the token's presence, kind and life.
func (s *Slack) authenticate(r *http.Request, method apiMethod, formToken string) *apiError {
	token := formToken
	if bearer, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
		token = bearer
	} else if method.token == TheAppToken {
		token = "" // apps.connections.open takes it in the header only
	}
	kind := TheBotToken
	switch token {
	case "":
		return refuse("not_authed")
	case s.opt.BotToken:
	case s.opt.AppToken:
		kind = TheAppToken
	default:
		return refuse("invalid_auth")
	}
	switch {
	case s.state.revoked[kind]:
		return refuse("token_revoked")
	case kind != method.token:
		return refuse("not_allowed_token_type")
	}
	return nil
}

// readArguments decodes query, form or JSON.
func readArguments(r *http.Request) (arguments, string, *apiError) {
	args := arguments{values: object{}}
	body, err := io.ReadAll(http.MaxBytesReader(nil, r.Body, requestMax))
	if err != nil {
		if tooBig := (*http.MaxBytesError)(nil); errors.As(err, &tooBig) {
			return args, "", refuse("invalid_arguments")
		}
		return args, "", refuse("request_timeout")
	}
	form := r.URL.Query()
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch {
	case kind == "application/json" && len(body) > 0:
		v, err := blockkit.Decode(body)
		if err != nil {
			return args, "", refuse("invalid_json")
		}
		values, ok := v.(object)
		if !ok {
			return args, "", refuse("json_not_object")
		}
		args.values = values
		delete(args.values, "token") // a token in JSON does not count
	case kind == "application/x-www-form-urlencoded":
		posted, err := url.ParseQuery(string(body))
		if err != nil {
			return args, "", refuse("invalid_form_data")
		}
		for key, v := range posted {
			form[key] = v
		}
	case len(body) > 0:
		return args, "", refuse("invalid_post_type")
	}
	token := form.Get("token")
	form.Del("token")
	for key := range form {
		args.values[key] = form.Get(key)
	}
	return args, token, nil
}

func (s *Slack) writeAnswer(w http.ResponseWriter, method string, answer object, fail *apiError) {
	s.mu.Lock()
	granted := s.granted()
	s.mu.Unlock()
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	if m, ok := s.methods[method]; ok && m.token == TheBotToken {
		w.Header().Set("X-Oauth-Scopes", strings.Join(granted, ","))
		w.Header().Set("X-Accepted-Oauth-Scopes", m.scope)
	}
	if fail == nil {
		answer["ok"] = true
		writeJSON(w, http.StatusOK, answer)
		return
	}
	answer = object{"ok": false, "error": fail.code}
	if fail.needed != "" {
		answer["needed"], answer["provided"] = fail.needed, strings.Join(granted, ",")
	}
	if len(fail.details) > 0 {
		answer["response_metadata"] = object{"messages": fail.details}
		if strings.HasPrefix(method, "chat.") {
			answer["errors"] = fail.details
		}
	}
	status := http.StatusOK
	if fail.retryAfter > 0 {
		status = http.StatusTooManyRequests
		w.Header().Set("Retry-After", retryAfterSeconds(fail.retryAfter))
	}
	writeJSON(w, status, answer)
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		http.Error(w, fmt.Sprintf("encoding the answer: %v", err), http.StatusInternalServerError)
		return
	}
	w.WriteHeader(status)
	_, _ = w.Write(body) // fails only if the caller has left
}

// blockFailure turns violations into Slack's answer.
func blockFailure(code string, errs []blockkit.Violation) *apiError {
	fail := refuse(code)
	for _, e := range errs {
		fail.details = append(fail.details, e.Error())
	}
	return fail
}
