package sandbox

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"time"
)

// dispatch is one envelope on its way, kept for a while after that to judge
// acks that come late, twice or from elsewhere.
type dispatch struct {
	conn    *socketConn
	accepts bool
	kind    envelopeKind
	sentAt  time.Time
	answer  chan json.RawMessage // holds one ack
	acked   bool
	over    bool // Slack's patience has ended
}

// deliver sends one envelope to exactly one connection and blocks until it is
// acked, until Slack's patience or the context ends, or at once if there is no
// connection.
func (s *sockets) deliver(ctx context.Context, kind envelopeKind, payload any, acceptsResponse bool, o deliverOptions) ackResult {
	k := s.routable()
	if k == nil {
		return ackResult{NoConnection: true}
	}
	id := o.EnvelopeID
	if id == "" {
		id = newEnvelopeID()
	}
	d := s.remember(id, &dispatch{conn: k, accepts: acceptsResponse, kind: kind, sentAt: s.o.now(), answer: make(chan json.RawMessage, 1)})
	k.owes(1)
	defer k.owes(-1)
	ctx, cancel := context.WithTimeout(ctx, s.o.ackLimit)
	defer cancel()
	envelope := map[string]any{"type": kind, "envelope_id": id, "payload": payload, "accepts_response_payload": acceptsResponse}
	if kind == eventEnvelope {
		envelope["retry_attempt"], envelope["retry_reason"] = o.RetryAttempt, o.RetryReason
	}
	// A frame that cannot be written is lost, as at Slack: the wait goes on.
	_ = k.send(ctx, envelope)
	select {
	case answer := <-d.answer:
		return ackResult{Acked: true, Payload: answer, After: s.o.now().Sub(d.sentAt)}
	case <-ctx.Done():
	case <-s.ctx.Done():
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if d.acked { // in the same instant
		return ackResult{Acked: true, Payload: <-d.answer, After: s.o.now().Sub(d.sentAt)}
	}
	d.over = true
	return ackResult{TimedOut: true, After: s.o.now().Sub(d.sentAt)}
}

// remember keeps a delivery under its id and forgets the oldest.
func (s *sockets) remember(id string, d *dispatch) *dispatch {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, again := s.deliveries[id]; !again {
		s.order = append(s.order, id)
	}
	s.deliveries[id] = d
	if len(s.order) > rememberAcks {
		delete(s.deliveries, s.order[0])
		s.order = s.order[1:]
	}
	return d
}

// acked takes one frame from a client.
func (s *sockets) acked(k *socketConn, frame []byte) {
	var ack struct {
		EnvelopeID string          `json:"envelope_id"`
		Payload    json.RawMessage `json:"payload"`
	}
	if err := json.Unmarshal(frame, &ack); err != nil || ack.EnvelopeID == "" {
		s.o.finding("Socket Mode: a client frame is not an ack")
		return
	}
	payload := bytes.TrimSpace(ack.Payload)
	if bytes.Equal(payload, []byte("null")) || bytes.Equal(payload, []byte("{}")) {
		payload = nil
	}
	for _, finding := range s.settle(k, ack.EnvelopeID, payload) {
		s.o.finding("Socket Mode: %s", finding)
	}
}

// settle gives the ack to who waits for it and returns what is wrong with it.
func (s *sockets) settle(k *socketConn, id string, payload json.RawMessage) (findings []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d := s.deliveries[id]
	if d != nil && s.swallow > 0 {
		s.swallow--
		return nil
	}
	switch {
	case d == nil:
		return []string{"an ack names an unknown envelope"}
	case d.conn != k && !s.rules.AcceptForeignAcks:
		return []string{fmt.Sprintf("the ack of a %s envelope came on another connection and was rejected", d.kind)}
	case d.acked:
		return []string{fmt.Sprintf("a %s envelope was acked twice", d.kind)}
	case d.over:
		return []string{fmt.Sprintf("the ack of a %s envelope came too late, after %s", d.kind, s.o.now().Sub(d.sentAt).Round(time.Millisecond))}
	}
	if len(payload) > 0 && !d.accepts {
		findings = append(findings, fmt.Sprintf("the ack of a %s envelope that accepts no payload has one", d.kind))
	}
	d.acked = true
	d.answer <- payload
	return findings
}

// newEnvelopeID looks like Slack's: a UUID.
func newEnvelopeID() string {
	h := secret() + secret()
	return fmt.Sprintf("%s-%s-4%s-8%s-%s", h[:8], h[8:12], h[13:16], h[17:20], h[20:32])
}
