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
func (c *Client) once(ctx context.Context, s service, action string, body, into any) (answer, error) {
	encoded, err := json.Marshal(body)
	if err != nil {
		return answer{}, &InvalidError{Action: action, Err: fmt.Errorf("encoding: %w", err)}
	}
	return c.attempt(ctx, s, action, encoded, into)
}

// attempt waits for the limiter, signs, sends and reads one answer.
func (c *Client) attempt(ctx context.Context, s service, action string, body []byte, into any) (answer, error) {
	if err := c.admit(ctx); err != nil {
		return answer{}, &TransportError{Action: action, Err: err, timedOut: ctx.Err() != nil}
	}
	limited, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	var sent sending
	req, signature, err := c.request(httptrace.WithClientTrace(limited, sent.trace()), s, action, body)
	if err != nil {
		return answer{}, &InvalidError{Action: action, Err: err}
	}
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

// admit waits for the limiter. A request that waits has not been sent.
func (c *Client) admit(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	err := c.limiter.Wait(ctx)
	if err == nil {
		err = ctx.Err()
	}
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return fmt.Errorf("waiting for the rate limiter: %w", err)
}

// request builds a request with a fresh timestamp and signature. The body is
// the bytes that were signed.
func (c *Client) request(ctx context.Context, s service, action string, body []byte) (*http.Request, string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.base+"/api/v2/"+string(s), bytes.NewReader(body))
	if err != nil {
		return nil, "", fmt.Errorf("building the request: %w", err)
	}
	req.Host = c.host
	h := req.Header
	h.Set("Content-Type", contentType)
	h.Set("Accept", contentType)
	h.Set("User-Agent", c.userAgent)
	h.Set("X-ZC-Action", action)
	h.Set("X-ZC-Version", s.version())
	h.Set("X-ZC-Service", string(s))
	if c.requestClient != "" {
		h.Set("X-ZC-Request-Client", c.requestClient)
	}
	if !c.token.IsZero() {
		h.Set("Authorization", "Bearer "+c.token.Reveal())
		return req, "", nil
	}
	timestamp := strconv.FormatInt(c.now().Unix(), 10)
	signature := sign(c.secret.Reveal(), timestamp, contentType, c.host, body)
	h.Set("X-ZC-Timestamp", timestamp)
	h.Set("X-ZC-Signature-Method", signatureMethod)
	h.Set("Authorization", authorization(c.accessKeyID, signature))
	return req, signature, nil
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
