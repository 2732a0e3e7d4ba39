package zenlayer

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	excerptLimit = 200
	messageLimit = 500
)

// answer is one HTTP answer, read up to the size limit.
type answer struct {
	action    string
	status    int
	header    http.Header
	raw       []byte
	requestID string
	now       time.Time
	clean     func(text string, limit int) string
}

func (c *Client) newAnswer(action string, by signed, resp *http.Response, raw []byte) answer {
	return answer{
		action: action, status: resp.StatusCode, header: resp.Header, raw: raw, now: c.now(),
		clean: by.clean,
	}
}

// decode fills into from a success. Any other answer is an *APIError.
func (a *answer) decode(into json.Unmarshaler) error {
	if len(a.raw) > maxAnswer {
		err := a.base() // no excerpt: the body may end inside a secret
		err.Message, err.tooLarge = "the answer is larger than 1 MiB", true
		return err
	}
	var e, inner fields
	if e.UnmarshalJSON(a.raw) != nil {
		return a.fault("the answer is not the API's JSON")
	}
	// The outer id comes first; inner and outer are documented to be equal.
	id := e.label("requestId")
	if id == "" {
		_ = inner.UnmarshalJSON(e.raw["response"])
		id = inner.label("requestId")
	}
	a.requestID = a.clean(id, messageLimit)
	code := e.text("code")
	if e.err != nil {
		return a.fault("the answer cannot be read: " + e.err.Error())
	}
	if a.status != http.StatusOK || code != "" || !e.has("response") {
		return a.refusal(code, e.label("message"), e.has("response"))
	}
	if err := into.UnmarshalJSON(e.raw["response"]); err != nil {
		return a.fault("the response in the answer cannot be read: " + err.Error())
	}
	return nil
}

// refusal returns the error for an answer in the API's JSON.
func (a *answer) refusal(code, message string, hasResponse bool) *APIError {
	err := a.base()
	err.Code = a.clean(code, messageLimit)
	err.Message = a.clean(message, messageLimit)
	err.Contradictory = a.status == http.StatusOK && code != "" && hasResponse
	if err.Code == "" && err.Message == "" {
		err.Message = "the answer has neither a response nor an error code"
	}
	return err
}

// fault returns the error for an answer that breaks the API's contract.
func (a *answer) fault(message string) *APIError {
	err := a.base()
	err.Message = message
	err.Excerpt = a.clean(string(a.raw), excerptLimit)
	return err
}

func (a *answer) base() *APIError {
	err := &APIError{Action: a.action, Status: a.status, RequestID: a.requestID}
	if date, parseErr := http.ParseTime(a.header.Get("Date")); parseErr == nil {
		err.ServerDate = date
	}
	err.RetryAfter = retryAfter(a.header.Get("Retry-After"), err.ServerDate, a.now)
	err.Blocked = a.status == http.StatusUnavailableForLegalReasons ||
		a.status == http.StatusForbidden && a.header.Get("Cf-Mitigated") != ""
	return err
}

// retryAfter reads seconds or a date, and returns at most a day. A date is compared
// with server, the answer's Date header, if there is one.
func retryAfter(value string, server, now time.Time) time.Duration {
	const day = 24 * time.Hour
	value = strings.TrimSpace(value)
	if seconds, err := strconv.ParseInt(value, 10, 64); err == nil {
		return time.Duration(max(0, min(seconds, int64(day/time.Second)))) * time.Second
	}
	until, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	if server.IsZero() {
		server = now
	}
	return max(0, min(until.Sub(server), day))
}
