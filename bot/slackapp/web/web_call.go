package web

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/slack-go/slack"

	"lbbot/bot/slackapp/render"
	"lbbot/bot/slackapp/socket"
	"lbbot/commands"
)

// maxAnswer bounds one answer of the Web API. The longest is the list of user
// groups with everybody in them.
const maxAnswer = 32 << 20

// caller calls methods of the Web API. It does not let slack-go decode the
// answers, because slack-go rejects a whole answer if one field has an unexpected
// type, even a field that the bot does not use.
type caller struct {
	client  *http.Client
	apiURL  string
	token   *atomic.Pointer[token]
	retries int // answers of 429 that one call waits for
	noted   func(method string, err error)
	calls   *calls
}

// callError is Slack's refusal of one call.
type callError struct {
	Method     string
	Code       string // Slack's code; empty when the API did not answer
	Status     int
	Needed     string        // with missing_scope: the scope
	Details    []string      // what is wrong with the arguments, without secrets
	retryAfter time.Duration // with status 429
}

// Error names the method and what Slack said.
func (e *callError) Error() string {
	s := fmt.Sprintf("Slack answered %s with %s", e.Method, cmp.Or(e.Code, "status "+strconv.Itoa(e.Status)))
	if e.Needed != "" {
		s += ": the app needs the scope " + e.Needed
	}
	if len(e.Details) > 0 {
		s += ": " + strings.Join(e.Details, "; ")
	}
	return s
}

// call makes one call and returns a successful answer. It blocks for the client's
// timeout, plus the rate limits that it waits for.
func (c *caller) call(ctx context.Context, method string, args url.Values) (socket.Fields, error) {
	answer, _, err := c.ask(ctx, method, formType, []byte(args.Encode()))
	return answer, err
}

const formType = "application/x-www-form-urlencoded"

// ask is call with a body of any type; it also returns the headers of the answer.
func (c *caller) ask(
	ctx context.Context, method, contentType string, body []byte,
) (socket.Fields, http.Header, error) {
	for tries := 0; ; tries++ {
		start, token := time.Now(), c.token.Load()
		answer, header, err := c.once(ctx, token, method, contentType, body)
		c.calls.made(method, start, err)
		if c.token.Load() != token && ofToken(err) {
			continue // the token was replaced meanwhile
		}
		if e, ok := errors.AsType[*callError](err); ok && e.Status == http.StatusTooManyRequests && tries < c.retries {
			if err = pause(ctx, e.retryAfter); err == nil {
				continue
			}
		}
		c.noted(method, err)
		return answer, header, err
	}
}

func (c *caller) once(
	ctx context.Context, token *token, method, contentType string, args []byte,
) (socket.Fields, http.Header, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.apiURL+method, bytes.NewReader(args))
	if err != nil {
		return socket.Fields{}, nil, errors.New("the address of Slack's API is malformed")
	}
	req.Header.Set("Authorization", token.header)
	req.Header.Set("Content-Type", contentType)
	resp, err := c.client.Do(req)
	if err != nil {
		return socket.Fields{}, nil, scrub(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err != nil {
		return socket.Fields{}, nil, fmt.Errorf("reading the answer of %s: %w", method, scrub(err))
	}
	if len(body) > maxAnswer {
		return socket.Fields{}, nil, fmt.Errorf("reading the answer of %s: it is larger than %d MiB", method,
			maxAnswer>>20)
	}
	answer, err := c.read(method, resp, body)
	return answer, resp.Header, err
}

// read tells a success from a refusal.
func (c *caller) read(method string, resp *http.Response, body []byte) (socket.Fields, error) {
	refused := &callError{Method: method, Status: resp.StatusCode}
	if resp.StatusCode == http.StatusTooManyRequests {
		refused.Code, refused.retryAfter = CodeRateLimited, waitOf(resp.Header)
		return socket.Fields{}, refused
	}
	answer, err := socket.ReadFields(body)
	if err != nil || resp.StatusCode != http.StatusOK {
		return answer, refused
	}
	if ok := answer.Flag("ok"); ok || answer.Err() != nil {
		return answer, answer.Err()
	}
	refused.Code = socket.SafeCode(answer.Label("error"))
	refused.Needed = scopes(answer.Label("needed"))
	for _, d := range answer.Part("response_metadata").Labels("messages") {
		refused.Details = append(refused.Details, c.redact(render.Clamp(render.Clean(d), render.NameLimit*2)))
	}
	return answer, refused
}

// Slack's error codes that callers tell apart
// (docs.slack.dev/reference/methods/chat.postMessage).
const (
	CodeRateLimited     = "ratelimited"
	CodeChannelNotFound = "channel_not_found"
	CodeMessageNotFound = "message_not_found"
)

// waitOf is how long a 429 asks to wait; one minute if it does not say.
func waitOf(h http.Header) time.Duration {
	seconds, err := strconv.Atoi(h.Get("Retry-After"))
	if err != nil || seconds < 0 {
		return time.Minute
	}
	return time.Duration(seconds) * time.Second
}

// pause waits for the duration plus jitter, so that many callers do not retry at
// once.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d + rand.N(time.Second))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// scopes is text if it can be a list of scopes.
func scopes(text string) string {
	if strings.Trim(text, "abcdefghijklmnopqrstuvwxyz_.:, ") != "" {
		return ""
	}
	return render.Clamp(text, render.NameLimit)
}

// redact hides the token, parts of it, and anything that looks like a token.
func (c *caller) redact(text string) string {
	token := c.token.Load().text
	for _, part := range append([]string{token}, strings.Split(token, "-")...) {
		if len(part) > 7 && strings.Contains(text, part) {
			return redacted
		}
	}
	if commands.LooksLikeToken(text) {
		return redacted
	}
	return text
}

const redacted = "[redacted]"

// ErrorCode returns Slack's code for a failed call, such as "not_in_channel";
// empty when nothing answered.
func ErrorCode(err error) string {
	if e, ok := errors.AsType[*callError](err); ok {
		return e.Code
	}
	return ""
}

// ThreadRefused reports whether Slack refused a message because of its thread: the
// first message is gone, or replies are not allowed. Outside of the thread it may
// be taken.
func ThreadRefused(err error) bool {
	return slices.Contains([]string{"thread_not_found", CodeMessageNotFound, "cannot_reply_to_message",
		"restricted_action_thread_locked", "restricted_action_non_threadable_channel"}, ErrorCode(err))
}

// AlreadyOpen reports whether a view could not be opened because it is open: a
// trigger works once, and only this bot has it.
func AlreadyOpen(err error) bool {
	return slices.Contains([]string{"exchanged_trigger_id", "trigger_exchanged"}, ErrorCode(err))
}

// CertainlyNotDone reports whether a failed write certainly had no effect:
// Slack answered, and not with one of the codes that may come after the effect.
func CertainlyNotDone(err error) bool {
	code := ErrorCode(err)
	return code != "" && !slices.Contains([]string{"fatal_error", "internal_error", "request_timeout",
		"service_unavailable"}, code)
}

// scrub removes URLs from an error: a url.Error names its URL, and anyone with a
// response URL can post.
func scrub(err error) error {
	if e, ok := errors.AsType[*url.Error](err); ok {
		return e.Err
	}
	return err
}

// message is a message as the chat methods take it. It is sent as JSON: in a form, each
// quote of the blocks would be escaped.
type message struct {
	Channel  string               `json:"channel"`
	Text     string               `json:"text"`
	Blocks   []slack.Block        `json:"blocks"`
	Metadata *slack.SlackMetadata `json:"metadata,omitempty"`
}

// saying is a message with the arguments that only some methods take.
type saying struct {
	message

	TS          string `json:"ts,omitempty"`
	Thread      string `json:"thread_ts,omitempty"`
	User        string `json:"user,omitempty"`
	UnfurlLinks *bool  `json:"unfurl_links,omitempty"`
	UnfurlMedia *bool  `json:"unfurl_media,omitempty"`
}

func messageOf(channel string, m render.Message) message {
	if m.Blocks == nil {
		m.Blocks = []slack.Block{} // null would keep the blocks of a message that is edited
	}
	return message{Channel: channel, Text: m.Text, Blocks: m.Blocks, Metadata: m.Metadata}
}

// say calls a chat method; see call.
func (c *caller) say(ctx context.Context, method string, s saying) (socket.Fields, error) {
	body, err := json.Marshal(s)
	if err != nil {
		return socket.Fields{}, fmt.Errorf("encoding a message: %w", err)
	}
	answer, _, err := c.ask(ctx, method, "application/json; charset=utf-8", body)
	return answer, err
}
