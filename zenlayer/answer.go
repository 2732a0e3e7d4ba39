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

// answer is one HTTP answer that was read to its end or to the size limit.
type answer struct {
	action    string
	status    int
	header    http.Header
	raw       []byte
	requestID string
	now       time.Time
	clean     func(text string, limit int) string
}

func (c *Client) newAnswer(action, signature string, resp *http.Response, raw []byte) answer {
	return answer{
		action: action, status: resp.StatusCode, header: resp.Header, raw: raw, now: c.now(),
		clean: func(text string, limit int) string { return c.redact.clean(text, limit, signature) },
	}
}

type envelope struct {
	RequestID string          `json:"requestId"`
	Code      string          `json:"code"`
	Message   string          `json:"message"`
	Response  json.RawMessage `json:"response"`
}

func (e envelope) hasResponse() bool { return len(e.Response) > 0 && string(e.Response) != "null" }

// decode fills into from a success and returns an *APIError for all else.
func (a *answer) decode(into any) error {
	if len(a.raw) > maxAnswer {
		err := a.base() // no excerpt: the cut may have gone through a secret
		err.Message = "the answer is larger than 1 MiB"
		return err
	}
	var e envelope
	if err := json.Unmarshal(a.raw, &e); err != nil {
		return a.fault("the answer is not the API's JSON")
	}
	a.requestID = a.clean(e.requestID(), messageLimit)
	if a.status != http.StatusOK || e.Code != "" || !e.hasResponse() {
		return a.refusal(e)
	}
	if err := json.Unmarshal(e.Response, into); err != nil {
		return a.fault("the response in the answer cannot be read")
	}
	return nil
}

// requestID prefers the outer id; inner and outer are documented to be equal.
func (e envelope) requestID() string {
	if e.RequestID != "" || !e.hasResponse() {
		return e.RequestID
	}
	var inner struct {
		RequestID string `json:"requestId"`
	}
	if json.Unmarshal(e.Response, &inner) != nil {
		return ""
	}
	return inner.RequestID
}

// refusal is the error of an answer in the API's JSON.
func (a *answer) refusal(e envelope) *APIError {
	err := a.base()
	err.Code = a.clean(e.Code, messageLimit)
	err.Message = a.clean(e.Message, messageLimit)
	err.Contradictory = a.status == http.StatusOK && e.Code != "" && e.hasResponse()
	if err.Code == "" && err.Message == "" {
		err.Message = "the answer has neither a response nor an error code"
	}
	return err
}

// fault is the error of an answer that is not what the API promises.
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

// retryAfter reads seconds or a date, at most a day. Dates are compared with
// the server's own clock if it sent one.
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
