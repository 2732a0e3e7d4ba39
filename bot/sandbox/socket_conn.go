package sandbox

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// writeLimit bounds one write to a client, in the time of the network.
const writeLimit = 5 * time.Second

// socketConn is one connection at the stand-in. Its reader is the goroutine of
// the HTTP request, its pings come from pulse.
type socketConn struct {
	s      *sockets
	ws     *websocket.Conn
	watch  *frameWatch
	host   string
	timing SocketTiming

	// Guarded by sockets.mu.
	id         int
	registered bool
	unroutable bool // closing, gets no more envelopes

	writing  sync.Mutex
	goneOnce sync.Once
	gone     chan struct{} // closed by end

	mu         sync.Mutex
	ghost      bool
	gate       chan struct{} // closed: frames flow; open: mute
	closed     string        // how it ended
	closeCode  int
	closeSeen  bool
	pending    int           // envelopes waiting for their ack
	settled    chan struct{} // not nil: closed when pending becomes 0
	roundTrips int
}

func newSocketConn(s *sockets, ws *websocket.Conn, watch *frameWatch, timing SocketTiming) *socketConn {
	flowing := make(chan struct{})
	close(flowing)
	k := &socketConn{s: s, ws: ws, watch: watch, host: "applink-sandbox-1", timing: timing,
		gone: make(chan struct{}), gate: flowing}
	ws.SetPongHandler(func(string) error {
		k.mu.Lock()
		k.roundTrips++
		k.mu.Unlock()
		return nil
	})
	ws.SetPingHandler(func(text string) error {
		if k.open() {
			_ = ws.WriteControl(websocket.PongMessage, []byte(text), time.Now().Add(writeLimit))
		}
		return nil
	})
	return k
}

// pulse pings from the start, and ends the connection when its life is over.
func (k *socketConn) pulse() {
	ping := time.NewTicker(k.timing.Ping)
	defer ping.Stop()
	warn := time.NewTimer(max(0, k.timing.Life-k.timing.WarnBefore))
	defer warn.Stop()
	end := time.NewTimer(k.timing.Life)
	defer end.Stop()
	k.ping()
	for {
		select {
		case <-k.gone:
			return
		case <-k.s.ctx.Done():
			return
		case <-ping.C:
			k.ping()
		case <-warn.C:
			k.disconnect("warning")
		case <-end.C:
			k.disconnect("refresh_requested")
			k.leave(k.timing.RefreshGrace)
			return
		}
	}
}

func (k *socketConn) ping() {
	if k.open() && !k.isGhost() {
		_ = k.ws.WriteControl(websocket.PingMessage, []byte("Ping from "+k.host), time.Now().Add(writeLimit))
	}
}

// open reports whether the connection is not mute.
func (k *socketConn) open() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	select {
	case <-k.gate:
		return true
	default:
		return false
	}
}

// flowing waits until the connection is not mute.
func (k *socketConn) flowing(ctx context.Context) error {
	k.mu.Lock()
	gate := k.gate
	k.mu.Unlock()
	select {
	case <-gate:
		return nil
	case <-k.gone:
		return errors.New("the connection has ended")
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// send writes one frame; to a ghost it pretends.
func (k *socketConn) send(ctx context.Context, v any) error {
	frame, err := toJSON(v)
	if err != nil {
		return err
	}
	return k.sendRaw(ctx, frame)
}

func (k *socketConn) sendRaw(ctx context.Context, frame []byte) error {
	if k.isGhost() {
		return nil
	}
	if err := k.flowing(ctx); err != nil {
		return err
	}
	k.writing.Lock()
	defer k.writing.Unlock()
	_ = k.ws.SetWriteDeadline(time.Now().Add(writeLimit))
	if err := k.ws.WriteMessage(websocket.TextMessage, frame); err != nil {
		return fmt.Errorf("writing a frame: %w", err)
	}
	return nil
}

// disconnect sends a disconnect frame.
func (k *socketConn) disconnect(reason string) {
	_ = k.send(k.s.ctx, map[string]any{"type": "disconnect", "reason": reason, "debug_info": map[string]any{"host": k.host}})
}

// leave is Slack's side of a refresh: after grace the connection gets no more
// envelopes, the acks it waits for may still come, then it is closed. It returns
// when the close frame is out.
func (k *socketConn) leave(grace time.Duration) {
	if !k.pause(grace) || k.isGhost() {
		return
	}
	k.s.mu.Lock()
	k.unroutable = true
	k.s.mu.Unlock()
	k.mu.Lock()
	settled := make(chan struct{})
	if k.pending == 0 {
		close(settled)
	} else {
		k.settled = settled
	}
	k.mu.Unlock()
	timer := time.NewTimer(k.s.o.ackLimit)
	defer timer.Stop()
	select {
	case <-settled:
	case <-timer.C:
	case <-k.gone:
		return
	}
	k.closeFrame(websocket.CloseNormalClosure, "")
	_ = k.ws.SetReadDeadline(time.Now().Add(k.timing.CloseWait))
}

// pause reports false if the connection ended first.
func (k *socketConn) pause(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-k.gone:
		return false
	case <-k.s.ctx.Done():
		return false
	}
}

func (k *socketConn) closeFrame(code int, text string) {
	_ = k.ws.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, text), time.Now().Add(writeLimit))
}

// read takes frames until the connection ends.
func (k *socketConn) read() {
	k.ws.SetCloseHandler(func(code int, _ string) error {
		k.mu.Lock()
		k.closeSeen, k.closeCode = true, code
		k.mu.Unlock()
		k.s.mu.Lock()
		k.unroutable = true
		k.s.mu.Unlock()
		k.closeFrame(code, "")
		return nil
	})
	for {
		_, frame, err := k.ws.ReadMessage()
		if k.isGhost() {
			return
		}
		if err != nil {
			k.ended(err)
			return
		}
		if k.flowing(k.s.ctx) != nil {
			k.end("cut")
			return
		}
		k.s.acked(k, frame)
	}
}

// ended records why reading stopped and finishes the close handshake.
func (k *socketConn) ended(err error) {
	k.mu.Lock()
	seen := k.closeSeen
	k.mu.Unlock()
	switch {
	case seen:
		k.s.mu.Lock()
		open := k.s.leaveOpen
		k.s.mu.Unlock()
		if open {
			k.mu.Lock()
			k.closed = "close frame"
			k.mu.Unlock()
			k.s.unregister(k)
			k.drainTCP(time.Minute)
		}
		k.end("close frame")
	case errors.Is(err, errFrameTooLong):
		k.s.o.finding("Socket Mode: a client frame is over the limit of %d bytes", maxClientFrame)
		k.closeFrame(websocket.CloseMessageTooBig, fmt.Sprintf("Max frame length of %d has been exceeded.", maxClientFrame))
		k.halfClose()
		k.end("frame too large")
	case errors.Is(err, errFragment):
		k.s.o.finding("Socket Mode: a message came in fragments")
		k.closeFrame(websocket.CloseProtocolError, "fragmented messages are not supported")
		k.halfClose()
		k.end("fragmented message")
	default:
		k.end("cut")
	}
}

// halfClose ends our side of TCP and reads the rest of the client's, because
// closing with unread bytes would reset TCP and take the close frame along.
func (k *socketConn) halfClose() {
	if tcp, ok := k.watch.Conn.(*net.TCPConn); ok {
		_ = tcp.CloseWrite()
	}
	k.drainTCP(k.timing.CloseWait)
}

// drainTCP waits for the client to end TCP.
func (k *socketConn) drainTCP(limit time.Duration) {
	raw := k.ws.UnderlyingConn()
	_ = raw.SetReadDeadline(time.Now().Add(limit))
	k.watch.disable()
	_, _ = io.Copy(io.Discard, raw)
}

// end closes TCP and frees everyone who waits. The first reason stays.
func (k *socketConn) end(how string) {
	k.goneOnce.Do(func() {
		k.mu.Lock()
		if k.closed == "" {
			k.closed = how
		}
		k.mu.Unlock()
		close(k.gone)
	})
	_ = k.ws.Close()
}

// reset ends TCP with RST and without a frame.
func (k *socketConn) reset() {
	if tcp, ok := k.watch.Conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	k.end("dropped by script")
}

func (k *socketConn) isGhost() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.ghost
}

func (k *socketConn) becomeGhost() {
	k.mu.Lock()
	k.ghost = true
	k.mu.Unlock()
	_ = k.ws.SetReadDeadline(time.Unix(1, 0)) // ends the reader, TCP stays
}

// owes counts the envelopes that wait for an ack.
func (k *socketConn) owes(by int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.pending += by
	if k.pending == 0 && k.settled != nil {
		close(k.settled)
		k.settled = nil
	}
}

func (k *socketConn) info() ConnectionInfo {
	k.mu.Lock()
	defer k.mu.Unlock()
	return ConnectionInfo{ID: k.id, Ghost: k.ghost, Pending: k.pending, Pongs: k.roundTrips, Ended: k.closed, CloseCode: k.closeCode}
}
