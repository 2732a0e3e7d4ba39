package socket

import "time"

// Connection describes one connection.
type Connection struct {
	ID      int // counts up from 1
	Ghost   bool
	Pending int // envelopes waiting for their ack
	Pongs   int // answers to pings
	// Ended says how it ended: "close frame" (of the client), "cut" (without a
	// close frame), "dropped by script", or the rule that was broken. It is empty
	// while the connection is open.
	Ended string
	// CloseCode is the code in the client's close frame, 0 without one.
	CloseCode int
}

// Connections lists the open connections, ghosts included.
func (s *Server) Connections() []Connection {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []Connection
	for _, k := range s.conns {
		all = append(all, k.info())
	}
	return all
}

// PastConnections lists the connections that have ended, oldest first.
func (s *Server) PastConnections() []Connection {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Connection(nil), s.past...)
}

// LeaveTCPOpen makes the server answer a close frame without ending TCP, as
// Slack is reported to do.
func (s *Server) LeaveTCPOpen(on bool) { s.locked(func() { s.leaveOpen = on }) }

// SetTiming changes the intervals of connections made from now on.
func (s *Server) SetTiming(t Timing) { s.locked(func() { s.timing = t.withDefaults() }) }

// Refresh asks every connection to leave (refresh_requested) and closes each
// Timing.RefreshGrace later, when the acks that it owes have come.
func (s *Server) Refresh() {
	s.each(func(k *conn) {
		k.disconnect("refresh_requested")
		s.goLeave(k, k.timing.RefreshGrace)
	})
}

// Warn announces the end of every connection (warning) and closes each after
// the given time. Slack's is about 10 seconds.
func (s *Server) Warn(after time.Duration) {
	s.each(func(k *conn) {
		k.disconnect("warning")
		s.goLeave(k, after)
	})
}

// goLeave starts leave, unless the server is closing.
func (s *Server) goLeave(k *conn, after time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ctx.Err() == nil {
		s.work.Go(func() { k.leave(after) })
	}
}

// LinkDisabled switches Socket Mode off (true) or on again. While it is off,
// connections get link_disabled and are closed; new ones get it instead of
// hello.
func (s *Server) LinkDisabled(on bool) {
	s.mu.Lock()
	s.disabled = on
	s.mu.Unlock()
	if !on {
		return
	}
	s.each(func(k *conn) {
		k.disconnect("link_disabled")
		s.goLeave(k, 0)
	})
}

// DropConnections resets every TCP connection without a frame.
func (s *Server) DropConnections() { s.each((*conn).reset) }

// Ghost makes up to n open connections ghosts: the server no longer reads or
// pings them and TCP stays open. Envelopes are still routed there and lost.
func (s *Server) Ghost(n int) {
	s.each(func(k *conn) {
		if n > 0 && !k.isGhost() {
			n--
			k.becomeGhost()
		}
	})
}

// ForgetGhosts ends the ghosts, as Slack does after some hours.
func (s *Server) ForgetGhosts() {
	s.each(func(k *conn) {
		if k.isGhost() {
			k.end("ghost forgotten")
		}
	})
}

// Mute stalls every open connection for d: nothing is sent or read, not even
// pings.
func (s *Server) Mute(d time.Duration) {
	gate := make(chan struct{})
	s.each(func(k *conn) {
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

// RefuseUpgrades answers the next n upgrades with this HTTP status. If n is below
// zero, it answers all of them so until it is called with 0.
func (s *Server) RefuseUpgrades(n, status int) {
	s.locked(func() { s.refuse, s.refuseStatus = n, status })
}

// AcceptAcksAnywhere makes the server take the ack of an envelope on every
// connection: Slack's rule is not known.
func (s *Server) AcceptAcksAnywhere(on bool) { s.locked(func() { s.anyAcks = on }) }

// DropLargeFrames makes the server ignore client frames that are too long instead
// of ending the connection, on connections made from now on.
func (s *Server) DropLargeFrames(on bool) { s.locked(func() { s.dropLarge = on }) }

// JoinFragments makes the server take fragmented messages, on connections made
// from now on.
func (s *Server) JoinFragments(on bool) { s.locked(func() { s.joinParts = on }) }

// Switches are the faults that are on.
type Switches struct {
	LinkDisabled, LeaveTCPOpen bool
	AnyAcks, DropLarge         bool
	Refusals, SwallowedAcks    int // left; below zero: all
}

// Switches tells which faults are on.
func (s *Server) Switches() Switches {
	s.mu.Lock()
	defer s.mu.Unlock()
	return Switches{s.disabled, s.leaveOpen, s.anyAcks, s.dropLarge, s.refuse, s.swallow}
}

// SwallowAcks loses the next n acks.
func (s *Server) SwallowAcks(n int) { s.locked(func() { s.swallow = n }) }
