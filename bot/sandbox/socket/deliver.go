package socket

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"
)

// Kind is the type of an envelope on the socket.
type Kind string

// The kinds of envelopes Slack sends over Socket Mode.
const (
	SlashCommand Kind = "slash_commands"
	Interactive  Kind = "interactive"
	Event        Kind = "events_api"
)

// Envelope is what one delivery carries.
type Envelope struct {
	Kind    Kind
	ID      string // empty means a new one
	Payload any    // becomes JSON
	Accepts bool   // whether the ack may carry a payload
	Attempt int    // of an event: how often it was sent before
}

// frame is the envelope as it goes over the wire.
func (e Envelope) frame() map[string]any {
	out := map[string]any{"type": e.Kind, "envelope_id": e.ID, "payload": e.Payload,
		"accepts_response_payload": e.Accepts}
	if e.Kind == Event {
		out["retry_attempt"], out["retry_reason"] = e.Attempt, ""
	}
	if e.Attempt > 0 {
		out["retry_reason"] = "timeout"
	}
	return out
}

// Ack is how one delivery ended.
type Ack struct {
	Payload      json.RawMessage // nil if the ack had none, or an empty one
	Acked        bool
	TimedOut     bool
	NoConnection bool
	After        time.Duration
}

// dispatch is one delivery. It is kept to recognize acks that come late, twice
// or on another connection.
type dispatch struct {
	conn    *conn
	accepts bool
	kind    Kind
	sentAt  time.Time
	answer  chan json.RawMessage // holds one ack
	acked   bool
	over    bool // AckLimit has passed
	log     *Delivery
}

// Deliver sends one envelope to one connection and blocks until it is acked,
// until AckLimit has passed or the context ends. It does not block if there is
// no connection.
func (s *Server) Deliver(ctx context.Context, e Envelope) Ack {
	if e.ID == "" {
		e.ID = uuid.NewString()
	}
	frame, err := json.Marshal(e.frame())
	k := s.routable()
	log := s.logged(k, e, frame)
	if k == nil || err != nil {
		return Ack{NoConnection: true}
	}
	d := s.remember(e.ID, &dispatch{conn: k, accepts: e.Accepts, kind: e.Kind, sentAt: log.At, log: log,
		answer: make(chan json.RawMessage, 1)})
	k.owes(1)
	defer k.owes(-1)
	ctx, cancel := context.WithTimeout(ctx, s.o.AckLimit)
	defer cancel()
	// A frame that cannot be written is lost, as at Slack: Deliver still waits.
	_ = k.sendRaw(ctx, frame)
	select {
	case answer := <-d.answer:
		return Ack{Acked: true, Payload: answer, After: s.o.Now().Sub(d.sentAt)}
	case <-ctx.Done():
	case <-s.ctx.Done():
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if d.acked { // at the same moment
		return Ack{Acked: true, Payload: <-d.answer, After: s.o.Now().Sub(d.sentAt)}
	}
	d.over, log.Ended, log.After = true, "timed out", s.o.Now().Sub(d.sentAt)
	return Ack{TimedOut: true, After: log.After}
}

// SendFrame sends one text frame, as it is, to one connection. It returns false
// if there is none. If the frame looks like an envelope, its ack becomes a
// finding, since nothing waits for it.
func (s *Server) SendFrame(ctx context.Context, frame string) bool {
	k := s.routable()
	return k != nil && k.sendRaw(ctx, []byte(frame)) == nil
}

// remember keeps a delivery under its id and forgets the oldest.
func (s *Server) remember(id string, d *dispatch) *dispatch {
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
func (s *Server) acked(k *conn, frame []byte) {
	var ack struct {
		EnvelopeID string          `json:"envelope_id"`
		Payload    json.RawMessage `json:"payload"`
	}
	if err := json.Unmarshal(frame, &ack); err != nil || ack.EnvelopeID == "" {
		s.o.Finding("Socket Mode: a client frame is not an ack")
		return
	}
	payload := bytes.TrimSpace(ack.Payload)
	if bytes.Equal(payload, []byte("null")) || bytes.Equal(payload, []byte("{}")) {
		payload = nil
	}
	for _, finding := range s.settle(k, ack.EnvelopeID, payload) {
		s.o.Finding("Socket Mode: %s", finding)
	}
}

// settle passes the ack to the Deliver that waits for it and returns what is
// wrong with it.
func (s *Server) settle(k *conn, id string, payload json.RawMessage) (findings []string) {
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
	case d.conn != k && !s.anyAcks:
		return []string{fmt.Sprintf("the ack of a %s envelope came on another connection and was rejected", d.kind)}
	case d.acked:
		return []string{fmt.Sprintf("a %s envelope was acked twice", d.kind)}
	case d.over:
		d.log.Ended, d.log.After, d.log.Answer = "acked too late", s.o.Now().Sub(d.sentAt), payload
		return []string{fmt.Sprintf("the ack of a %s envelope came too late, after %s", d.kind,
			s.o.Now().Sub(d.sentAt).Round(time.Millisecond))}
	}
	if len(payload) > 0 && !d.accepts {
		findings = append(findings, fmt.Sprintf("the ack of a %s envelope that accepts no payload has one", d.kind))
	}
	d.acked, d.log.Ended, d.log.After, d.log.Answer = true, "acked", s.o.Now().Sub(d.sentAt), payload
	d.log = nil // its frame is not needed any more
	d.answer <- payload
	return findings
}
