package socket

import (
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/gorilla/websocket"
)

// leave ends a connection as Slack does after a refresh: after grace it gets no
// more envelopes, and it is closed when the missing acks have come or AckLimit
// has passed. It blocks until the close frame is sent.
func (k *conn) leave(grace time.Duration) {
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
	timer := time.NewTimer(k.s.o.AckLimit)
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
func (k *conn) pause(d time.Duration) bool {
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

func (k *conn) closeFrame(code int, text string) {
	_ = k.ws.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, text), time.Now().Add(writeLimit))
}

// ended records why reading stopped and finishes the close handshake.
func (k *conn) ended(err error) {
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
		k.s.o.Finding("Socket Mode: a client frame is over the limit of %d bytes", maxClientFrame)
		k.closeFrame(websocket.CloseMessageTooBig,
			fmt.Sprintf("Max frame length of %d has been exceeded.", maxClientFrame))
		k.halfClose()
		k.end("frame too large")
	case errors.Is(err, errFragment):
		k.s.o.Finding("Socket Mode: a message came in fragments")
		k.closeFrame(websocket.CloseProtocolError, "fragmented messages are not supported")
		k.halfClose()
		k.end("fragmented message")
	default:
		k.end("cut")
	}
}

// halfClose ends this side of TCP and reads what the client still sends: closing
// with unread bytes would reset TCP, and the close frame would be lost.
func (k *conn) halfClose() {
	if tcp, ok := k.watch.Conn.(*net.TCPConn); ok {
		_ = tcp.CloseWrite()
	}
	k.drainTCP(k.timing.CloseWait)
}

// drainTCP waits for the client to end TCP.
func (k *conn) drainTCP(limit time.Duration) {
	raw := k.ws.UnderlyingConn()
	_ = raw.SetReadDeadline(time.Now().Add(limit))
	k.watch.disable()
	_, _ = io.Copy(io.Discard, raw)
}

// end closes TCP and ends all waits. The first reason is kept.
func (k *conn) end(how string) {
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
func (k *conn) reset() {
	if tcp, ok := k.watch.Conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	k.end("dropped by script")
}
