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
	"time"
)

// service is the last part of the path.
type service string

const (
	bmc service = "bmc"
	vm  service = "vm"
)

// version is the API version of the service. Of bmc, only 2026-02-01 knows
// instanceType.
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

// once makes exactly one attempt.
func (c *Client) once(ctx context.Context, s service, action string, body any, into json.Unmarshaler) (answer, error) {
	encoded, err := json.Marshal(body)
	if err != nil {
		return answer{}, &InvalidError{Action: action, Err: fmt.Errorf("encoding: %w", err)}
	}
	return c.attempt(ctx, s, action, encoded, into)
}

// attempt waits for the limiter, signs, sends and reads one answer.
func (c *Client) attempt(
	ctx context.Context, s service, action string, body []byte, into json.Unmarshaler) (answer, error) {
	if limited, err := c.admit(ctx); err != nil {
		return answer{}, &TransportError{Action: action, Err: err, Limited: limited, timedOut: ctx.Err() != nil}
	}
	limited, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	var sent sending
	req, by := c.request(httptrace.WithClientTrace(limited, sent.trace()), s, action, body)
	start, status := time.Now(), 0
	defer func() {
		if c.observe != nil {
			c.observe(action, status, time.Since(start))
		}
	}()
	resp, err := c.transport.RoundTrip(req)
	if err != nil {
		return answer{}, c.lost(ctx, limited, action, sent.possible(), by, err)
	}
	if date, err := http.ParseTime(resp.Header.Get("Date")); err == nil && c.onDate != nil {
		c.onDate(date)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err != nil {
		err = fmt.Errorf("reading the answer (HTTP %d): %w", resp.StatusCode, err)
		return answer{}, c.lost(ctx, limited, action, true, by, err)
	}
	status = resp.StatusCode
	got := c.newAnswer(action, by, resp, raw)
	err = got.decode(into)
	return got, err
}

// admit waits for the limiter. After an error the request has not been sent;
// limited reports that the limiter did not admit it in time.
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
		// ctx may have ended at the same moment.
		return ctx.Err() != nil, ctx.Err()
	}
	if ctx.Err() != nil {
		return true, ctx.Err()
	}
	return true, fmt.Errorf("waiting for the rate limiter: %w", err)
}

// request builds a request with a new timestamp and returns what it is signed with. Its
// body is exactly the signed bytes.
func (c *Client) request(ctx context.Context, s service, action string, body []byte) (*http.Request, signed) {
	open := func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	reader, _ := open() // cannot fail
	login := c.login.Load()
	header, signature := c.header(login, s, action, body)
	req := &http.Request{
		Method: http.MethodPost,
		URL:    &url.URL{Scheme: c.scheme, Host: c.host, Path: "/api/v2/" + string(s)},
		Proto:  "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: header, Host: c.host,
		Body: reader, GetBody: open, ContentLength: int64(len(body)),
	}
	return req.WithContext(ctx), signed{login.redact, signature}
}

// header returns names in Go's canonical form, so that they are not converted for
// each request. HTTP ignores case.
func (c *Client) header(by *login, s service, action string, body []byte) (http.Header, string) {
	h := make(http.Header, 12)
	values := make([]string, 0, 12) // one allocation for all values
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
	if !by.Token.IsZero() {
		set("Authorization", "Bearer "+by.Token.Reveal())
		return h, ""
	}
	timestamp := strconv.FormatInt(c.now().Unix(), 10)
	signature := sign(by.AccessKeySecret.Reveal(), timestamp, contentType, c.host, body)
	set("X-Zc-Timestamp", timestamp)
	set("X-Zc-Signature-Method", signatureMethod)
	set("Authorization", authorization(by.AccessKeyID, signature))
	return h, signature
}

// lost returns the error for an attempt without a complete answer. Its cause is
// the caller's context if that ended, else the attempt's timeout, else err.
func (c *Client) lost(ctx, limited context.Context, action string, sent bool, by signed, err error) error {
	e := &TransportError{Action: action, Sent: sent, timedOut: true}
	switch {
	case ctx.Err() != nil:
		e.Err = ctx.Err()
	case limited.Err() != nil:
		e.Err = fmt.Errorf("no answer within %s: %w", c.timeout, limited.Err())
	default:
		e.timedOut = false
		// net/http quotes malformed answers in its errors. If redaction changes the
		// text, the original error must not be reachable by Unwrap.
		text := by.clean(err.Error(), 300)
		if e.Err = err; text != err.Error() {
			e.Err = errors.New(text)
		}
	}
	return e
}

// sending records how far the transport got with one request.
type sending struct{ asked, connected atomic.Bool }

func (s *sending) trace() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		GetConn: func(string) { s.asked.Store(true) },
		GotConn: func(httptrace.GotConnInfo) { s.connected.Store(true) },
	}
}

// possible reports whether any byte may have been sent. Only a transport that
// traced a search for a connection and no connection (name resolution, dialling,
// proxy or TLS failed) proves that none was. A transport without traces proves
// nothing.
func (s *sending) possible() bool { return !s.asked.Load() || s.connected.Load() }
