package zenlayer

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"sync/atomic"
)

// service is the last part of the path.
type service string

const (
	bmc service = "bmc"
	vm  service = "vm"
)

// version is the API version of the service. 2026-02-01 is the only one of bmc
// whose models know instanceType.
func (s service) version() string {
	if s == vm {
		return "2026-04-01"
	}
	return "2026-02-01"
}

const (
	contentType = "application/json"
	maxAnswer   = 1 << 20
)

// once encodes body and makes exactly one attempt.
func (c *Client) once(ctx context.Context, s service, action string, body any, into json.Unmarshaler) (answer, error) {
	encoded, err := json.Marshal(body)
	if err != nil {
		return answer{}, &InvalidError{Action: action, Err: fmt.Errorf("encoding: %w", err)}
	}
	return c.attempt(ctx, s, action, encoded, into)
}

// attempt waits for the limiter, signs, sends and reads one answer.
func (c *Client) attempt(ctx context.Context, s service, action string, body []byte, into json.Unmarshaler) (answer, error) {
	if limited, err := c.admit(ctx); err != nil {
		return answer{}, &TransportError{Action: action, Err: err, Limited: limited, timedOut: ctx.Err() != nil}
	}
	limited, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	var sent sending
	req, signature := c.request(httptrace.WithClientTrace(limited, sent.trace()), s, action, body)
	resp, err := c.transport.RoundTrip(req)
	if err != nil {
		return answer{}, c.lost(ctx, limited, action, sent.possible(), signature, err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err != nil {
		return answer{}, c.lost(ctx, limited, action, true, signature, fmt.Errorf("reading the answer (HTTP %d): %w", resp.StatusCode, err))
	}
	got := c.newAnswer(action, signature, resp, raw)
	err = got.decode(into)
	return got, err
}

// admit waits for the limiter. A request that waits has not been sent; limited
// says that it was the limiter that kept it.
func (c *Client) admit(ctx context.Context) (limited bool, err error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	waiting := ctx
	if most := WaitingOf(ctx).AtMost; most > 0 {
		var cancel context.CancelFunc
		waiting, cancel = context.WithTimeout(ctx, most)
		defer cancel()
	}
	if err = c.limiter.Wait(waiting); err == nil {
		// A place that came together with the end is not used.
		return ctx.Err() != nil, ctx.Err()
	}
	if ctx.Err() != nil {
		return true, ctx.Err()
	}
	return true, fmt.Errorf("waiting for the rate limiter: %w", err)
}

// request builds a request with a fresh timestamp and signature, which it also
// returns. The body is the bytes that were signed.
func (c *Client) request(ctx context.Context, s service, action string, body []byte) (*http.Request, string) {
	open := func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	reader, _ := open() // cannot fail
	header, signature := c.header(s, action, body)
	req := &http.Request{
		Method: http.MethodPost,
		URL:    &url.URL{Scheme: c.scheme, Host: c.host, Path: "/api/v2/" + string(s)},
		Proto:  "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: header, Host: c.host,
		Body: reader, GetBody: open, ContentLength: int64(len(body)),
	}
	return req.WithContext(ctx), signature
}

// header names are in Go's canonical form, which saves converting them for
// every request. HTTP does not care.
func (c *Client) header(s service, action string, body []byte) (http.Header, string) {
	h := make(http.Header, 12)
	values := make([]string, 0, 12) // one piece of memory for all values
	set := func(name, value string) {
		values = append(values, value)
		h[name] = values[len(values)-1 : len(values) : len(values)]
	}
	set("Content-Type", contentType)
	set("Accept", contentType)
	set("User-Agent", c.userAgent)
	set("X-Zc-Action", action)
	set("X-Zc-Version", s.version())
	set("X-Zc-Service", string(s))
	if c.requestClient != "" {
		set("X-Zc-Request-Client", c.requestClient)
	}
	if !c.token.IsZero() {
		set("Authorization", "Bearer "+c.token.Reveal())
		return h, ""
	}
	timestamp := strconv.FormatInt(c.now().Unix(), 10)
	signature := sign(c.secret.Reveal(), timestamp, contentType, c.host, body)
	set("X-Zc-Timestamp", timestamp)
	set("X-Zc-Signature-Method", signatureMethod)
	set("Authorization", authorization(c.accessKeyID, signature))
	return h, signature
}

// lost makes the error of an attempt that ended without a complete answer. The
// caller's context beats the attempt's limit, which beats the transport's words.
func (c *Client) lost(ctx, limited context.Context, action string, sent bool, signature string, err error) error {
	e := &TransportError{Action: action, Sent: sent, timedOut: true}
	switch {
	case ctx.Err() != nil:
		e.Err = ctx.Err()
	case limited.Err() != nil:
		e.Err = fmt.Errorf("no answer within %s: %w", c.timeout, limited.Err())
	default:
		e.timedOut = false
		// net/http quotes malformed answers in its errors, so the text is
		// cleaned; if that changes it, the chain below it is cut off.
		text := c.redact.clean(err.Error(), 300, signature)
		if e.Err = err; text != err.Error() {
			e.Err = errors.New(text)
		}
	}
	return e
}

// sending follows one request through the transport.
type sending struct{ asked, connected atomic.Bool }

func (s *sending) trace() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		GetConn: func(string) { s.asked.Store(true) },
		GotConn: func(httptrace.GotConnInfo) { s.connected.Store(true) },
	}
}

// possible reports whether any byte may have left. Only a transport that says it
// looked for a connection and never says it got one (name resolution, dialling,
// proxy or TLS failed) proves the contrary; a transport without traces does not.
func (s *sending) possible() bool { return !s.asked.Load() || s.connected.Load() }
