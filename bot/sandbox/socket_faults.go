package sandbox

import (
	"context"
	"encoding/json"
	"time"
)

// ConnectionInfo describes one Socket Mode connection at the stand-in.
type ConnectionInfo struct {
	ID      int  `json:"id"` // counts up from 1
	Ghost   bool `json:"ghost,omitempty"`
	Pending int  `json:"pending"` // envelopes waiting for their ack
	Pongs   int  `json:"pongs"`   // answers to our pings
	// Ended says how it ended: "close frame" (the client left in order), "cut"
	// (without a close frame), "dropped by script", or a rule that was broken.
	// Empty while it is open.
	Ended string `json:"ended,omitempty"`
	// CloseCode is the code in the client's close frame, 0 without one.
	CloseCode int `json:"close_code,omitempty"`
}

// newLink is the Socket Mode half of a stand-in.
func newLink(s *Slack) *sockets {
	return newSockets(socketOptions{
		appID:   func() string { return s.opt.Workspace.AppID },
		now:     s.now,
		finding: s.finding,
		changed: s.changed,

		ackLimit: s.opt.AckLimit,
	})
}

// live is the Socket Mode half; every Slack has one.
func (s *Slack) live() *sockets { return s.sockets.(*sockets) }

// Connections lists the open connections, ghosts included.
func (s *Slack) Connections() []ConnectionInfo { return s.live().connections() }

// PastConnections lists the connections that have ended, oldest first.
func (s *Slack) PastConnections() []ConnectionInfo { return s.live().pastConnections() }

// SetSocketRules switches rules of Socket Mode for new connections and acks.
func (s *Slack) SetSocketRules(r SocketRules) { s.live().setRules(r) }

// SetSocketTiming changes the intervals of connections made from now on.
func (s *Slack) SetSocketTiming(t SocketTiming) { s.live().setTiming(t) }

// Deliver sends an envelope of any type to one connection and blocks until it
// is acked or Slack's patience ends. It returns the payload of the ack, nil if
// it had none. Tests of clients use it; people act through TypeCommand and the
// others.
func (s *Slack) Deliver(ctx context.Context, kind string, payload any, acceptsResponse bool) (answer json.RawMessage, acked bool) {
	result := s.live().deliver(ctx, envelopeKind(kind), payload, acceptsResponse, deliverOptions{})
	return result.Payload, result.Acked
}

// SendFrame sends one text frame, as it is, to one connection; it reports false
// if there is none. If the frame looks like an envelope, its ack becomes a
// finding, since nobody waits for it.
func (s *Slack) SendFrame(ctx context.Context, frame string) bool {
	k := s.live().routable()
	return k != nil && k.sendRaw(ctx, []byte(frame)) == nil
}

// Refresh asks every connection to leave (refresh_requested) and closes each
// SocketTiming.RefreshGrace later, when the acks it waits for have come.
func (s *Slack) Refresh() { s.live().refresh() }

// Warn announces the end of every connection (warning) and closes each after
// the given time; Slack's is about 10 seconds.
func (s *Slack) Warn(after time.Duration) { s.live().warn(after) }

// LinkDisabled plays somebody switching Socket Mode off (true) or on again: all
// connections get link_disabled and are closed, new ones get it instead of
// hello.
func (s *Slack) LinkDisabled(on bool) { s.live().linkDisabled(on) }

// DropConnections resets every TCP connection without a frame.
func (s *Slack) DropConnections() { s.live().each((*socketConn).reset) }

// Ghost makes up to n open connections ghosts: nothing is read or pinged any
// more, TCP stays open, and envelopes are still routed there and lost.
func (s *Slack) Ghost(n int) { s.live().ghosts(n) }

// ForgetGhosts ends the ghosts, as Slack does after some hours.
func (s *Slack) ForgetGhosts() { s.live().forgetGhosts() }

// Mute stalls every open connection for d: nothing is sent, pings included, and
// what arrives waits.
func (s *Slack) Mute(d time.Duration) { s.live().mute(d) }

// RefuseUpgrades answers the next n upgrades with this HTTP status; below zero:
// all of them, until called with 0.
func (s *Slack) RefuseUpgrades(n, status int) { s.live().refuseUpgrades(n, status) }

// SwallowAcks loses the next n acks.
func (s *Slack) SwallowAcks(n int) { s.live().swallowAcks(n) }

func (s *sockets) connections() []ConnectionInfo {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []ConnectionInfo
	for _, k := range s.conns {
		all = append(all, k.info())
	}
	return all
}

func (s *sockets) pastConnections() []ConnectionInfo {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]ConnectionInfo(nil), s.past...)
}

func (s *sockets) setRules(r SocketRules) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rules = r
}

func (s *sockets) setTiming(t SocketTiming) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.timing = t.orSlacks()
}

func (s *sockets) refresh() {
	s.each(func(k *socketConn) {
		k.disconnect("refresh_requested")
		s.goLeave(k, k.timing.RefreshGrace)
	})
}

func (s *sockets) warn(after time.Duration) {
	s.each(func(k *socketConn) {
		k.disconnect("warning")
		s.goLeave(k, after)
	})
}

// goLeave closes a connection later, unless the stand-in is closing.
func (s *sockets) goLeave(k *socketConn, after time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ctx.Err() == nil {
		s.work.Go(func() { k.leave(after) })
	}
}

func (s *sockets) linkDisabled(on bool) {
	s.mu.Lock()
	s.disabled = on
	s.mu.Unlock()
	if !on {
		return
	}
	s.each(func(k *socketConn) {
		k.disconnect("link_disabled")
		s.goLeave(k, 0)
	})
}

func (s *sockets) ghosts(n int) {
	s.each(func(k *socketConn) {
		if n > 0 && !k.isGhost() {
			n--
			k.becomeGhost()
		}
	})
}

func (s *sockets) forgetGhosts() {
	s.each(func(k *socketConn) {
		if k.isGhost() {
			k.end("ghost forgotten")
		}
	})
}

func (s *sockets) mute(d time.Duration) {
	gate := make(chan struct{})
	s.each(func(k *socketConn) {
		k.mu.Lock()
		k.gate = gate
		k.mu.Unlock()
	})
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ctx.Err() != nil {
		close(gate)
		return
	}
	s.work.Go(func() {
		defer close(gate)
		timer := time.NewTimer(d)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-s.ctx.Done():
		}
	})
}

func (s *sockets) refuseUpgrades(n, status int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refuse, s.refuseStatus = n, status
}

func (s *sockets) swallowAcks(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.swallow = n
}
