package webapi

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"lbbot/bot/sandbox/blockkit"
)

// RequestMax bounds a request body; a view may have 250 kB, and form encoding
// triples some characters.
const RequestMax = 4 << 20

// Error is an error answer of the Web API.
type Error struct {
	Code       string
	Needed     string // missing_scope only
	Details    []string
	Errors     []any         // what the answer has as errors; empty: Details, for chat methods
	RetryAfter time.Duration // above 0: the answer is HTTP 429
}

// Refuse is the error with this code.
func Refuse(code string) *Error { return &Error{Code: code} }

// Object is a decoded JSON object.
type Object = blockkit.Object

// Arguments are the arguments of one call, from query, form or JSON.
type Arguments struct {
	Values Object
	Host   string // by which the bot called: the addresses that it gets name it
	TLS    bool   // the bot called by https, so the addresses do too
}

// Has says that an argument is given and not null.
func (a Arguments) Has(key string) bool { v, ok := a.Values[key]; return ok && v != nil }

// Str is an argument as text; empty if it is neither text, a number nor a boolean.
func (a Arguments) Str(key string) string {
	switch v := a.Values[key].(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	case bool:
		return strconv.FormatBool(v)
	}
	return ""
}

// Boolean says that an argument is true or 1.
func (a Arguments) Boolean(key string) bool { v := a.Str(key); return v == "1" || v == "true" }

// Nested returns an argument that is JSON itself: a value in a JSON body, or a
// string of JSON in a form or (Slack tolerates it) in a JSON body.
func (a Arguments) Nested(key string) (value any, given bool, err error) {
	v, ok := a.Values[key]
	if !ok || v == nil || v == "" {
		return nil, false, nil
	}
	if text, isString := v.(string); isString {
		v, err = blockkit.Decode([]byte(text))
	}
	return v, v != nil, err
}

// readArguments decodes query, form or JSON.
func readArguments(r *http.Request) (Arguments, string, *Error) {
	args := Arguments{Values: Object{}, Host: r.Host, TLS: r.TLS != nil}
	body, err := io.ReadAll(http.MaxBytesReader(nil, r.Body, RequestMax))
	if err != nil {
		if tooBig := (*http.MaxBytesError)(nil); errors.As(err, &tooBig) {
			return args, "", Refuse("invalid_arguments")
		}
		return args, "", Refuse("request_timeout")
	}
	form := r.URL.Query()
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch {
	case kind == "application/json" && len(body) > 0:
		v, err := blockkit.Decode(body)
		if err != nil {
			return args, "", Refuse("invalid_json")
		}
		values, ok := v.(Object)
		if !ok {
			return args, "", Refuse("json_not_object")
		}
		args.Values = values
		delete(args.Values, "token") // a token in JSON does not count
	case kind == "application/x-www-form-urlencoded":
		posted, err := url.ParseQuery(string(body))
		if err != nil {
			return args, "", Refuse("invalid_form_data")
		}
		for key, v := range posted {
			form[key] = v
		}
	case len(body) > 0:
		return args, "", Refuse("invalid_post_type")
	}
	token := form.Get("token")
	form.Del("token")
	for key := range form {
		args.Values[key] = form.Get(key)
	}
	return args, token, nil
}

// raw copies the arguments as they were sent: the call adds ids to blocks.
func (a Arguments) raw() map[string]json.RawMessage {
	out := make(map[string]json.RawMessage, len(a.Values))
	for key, v := range a.Values {
		out[key], _ = json.Marshal(v) // was decoded from JSON or a form, so it cannot fail
	}
	return out
}
