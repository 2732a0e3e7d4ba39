package socket

import (
	"encoding/json"
	"slices"
	"time"
)

// keepDeliveries bounds what Deliveries remembers.
const keepDeliveries = 1000

// Delivery is one envelope that was sent, and how it ended.
type Delivery struct {
	ID         string
	Kind       Kind
	Attempt    int
	Connection int // id of the connection; 0 if there was none
	At         time.Time
	Frame      json.RawMessage // as it was sent
	// Ended is "acked", "acked too late", "timed out" or "no connection"; empty
	// while Deliver waits.
	Ended  string
	After  time.Duration   // from sending to ack, or to the end of the wait
	Answer json.RawMessage // payload of the ack; nil if it had none
}

// logged remembers a delivery that is about to be sent.
func (s *Server) logged(k *conn, e Envelope, frame []byte) *Delivery {
	d := &Delivery{ID: e.ID, Kind: e.Kind, Attempt: e.Attempt, At: s.o.Now(), Frame: frame, Ended: "no connection"}
	s.mu.Lock()
	defer s.mu.Unlock()
	if k != nil {
		d.Connection, d.Ended = k.id, ""
	}
	if len(s.log) >= 2*keepDeliveries {
		s.log = slices.Clone(s.log[keepDeliveries:])
	}
	s.log = append(s.log, d)
	return d
}

// Deliveries lists the envelopes so far, oldest first. It keeps the last 1,000 to
// 2,000.
func (s *Server) Deliveries() []Delivery {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]Delivery, len(s.log))
	for i, d := range s.log {
		all[i] = *d
	}
	return all
}

// ForgetDeliveries forgets the list. Connections stay.
func (s *Server) ForgetDeliveries() { s.locked(func() { s.log = nil }) }
