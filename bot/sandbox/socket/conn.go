package socket

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// writeLimit bounds one write to a client.
const writeLimit = 5 * time.Second

// conn is one connection. The goroutine of its HTTP request reads; pulse pings.
type conn struct {
	s      *Server
	ws     *websocket.Conn
	watch  *frameWatch
	host   string
	timing Timing

	// Guarded by Server.mu.
	id         int
	registered bool
	unroutable bool // closing, gets no more envelopes

	writing  sync.Mutex
	goneOnce sync.Once
	gone     chan struct{} // closed by end

	mu         sync.Mutex
	ghost      bool
	gate       chan struct{} // closed unless the connection is mute
	closed     string        // how it ended
	closeCode  int
	closeSeen  bool
	pending    int           // envelopes waiting for their ack
	settled    chan struct{} // closed when pending becomes 0; nil if nothing waits
	roundTrips int
}

func newSocketConn(s *Server, ws *websocket.Conn, watch *frameWatch, timing Timing) *conn {
	flowing := make(chan struct{})
	close(flowing)
	k := &conn{s: s, ws: ws, watch: watch, host: "applink-sandbox-1", timing: timing,
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

// pulse pings the client at intervals and ends the connection after Life.
func (k *conn) pulse() {
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

func (k *conn) ping() {
	if k.open() && !k.isGhost() {
		_ = k.ws.WriteControl(websocket.PingMessage, []byte("Ping from "+k.host), time.Now().Add(writeLimit))
	}
}

// open reports whether the connection is not mute.
func (k *conn) open() bool {
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
func (k *conn) flowing(ctx context.Context) error {
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

// send writes one frame. A ghost gets none.
func (k *conn) send(ctx context.Context, v any) error {
	frame, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encoding a frame: %w", err)
	}
	return k.sendRaw(ctx, frame)
}

func (k *conn) sendRaw(ctx context.Context, frame []byte) error {
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
func (k *conn) disconnect(reason string) {
	_ = k.send(k.s.ctx,
		map[string]any{"type": "disconnect", "reason": reason, "debug_info": map[string]any{"host": k.host}})
}

// read takes frames until the connection ends.
func (k *conn) read() {
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
		if k.watch.allowLong && len(frame) > maxClientFrame { // let through to be ignored
			continue
		}
		k.s.acked(k, frame)
	}
}

func (k *conn) isGhost() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.ghost
}

func (k *conn) becomeGhost() {
	k.mu.Lock()
	k.ghost = true
	k.mu.Unlock()
	_ = k.ws.SetReadDeadline(time.Unix(1, 0)) // ends the reader, TCP stays
}

// owes changes the number of envelopes that wait for an ack.
func (k *conn) owes(by int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.pending += by
	if k.pending == 0 && k.settled != nil {
		close(k.settled)
		k.settled = nil
	}
}

func (k *conn) info() Connection {
	k.mu.Lock()
	defer k.mu.Unlock()
	return Connection{ID: k.id, Ghost: k.ghost, Pending: k.pending, Pongs: k.roundTrips, Ended: k.closed,
		CloseCode: k.closeCode}
}
