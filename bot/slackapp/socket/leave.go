package socket

import (
	"time"

	"github.com/gorilla/websocket"
)

// retire closes the connection. It waits up to linger for Slack to close it first,
// which loses nothing, up to AckGrace for open acks, and up to CloseWait for the
// answer to the close frame. The reader has ended when it returns.
func (k *conn) retire(linger time.Duration) {
	k.notLive()
	if linger > 0 {
		timer := time.NewTimer(linger)
		defer timer.Stop()
		select {
		case <-k.done:
		case <-timer.C:
		case <-k.c.stopping:
		}
	}
	k.settle()
	k.sendClose()
	_ = k.ws.Close()
	<-k.done
}

// settle waits until all envelopes are acked, for at most AckGrace.
func (k *conn) settle() {
	k.mu.Lock()
	if k.owed == 0 {
		k.closing = true // under the same lock, so that no envelope comes in between
		k.mu.Unlock()
		return
	}
	k.idle = make(chan struct{})
	idle := k.idle
	k.mu.Unlock()
	timer := time.NewTimer(k.c.cfg.AckGrace)
	defer timer.Stop()
	select {
	case <-idle:
	case <-k.done:
	case <-timer.C:
	}
	k.mu.Lock()
	k.closing = true
	k.mu.Unlock()
}

// sendClose sends the close frame after the ack that is being written, and waits for
// the answer.
func (k *conn) sendClose() {
	timer := time.NewTimer(k.c.cfg.CloseWait)
	defer timer.Stop()
	select {
	case k.writing <- struct{}{}:
		defer func() { <-k.writing }()
	case <-k.done:
		return
	case <-timer.C:
		return
	}
	frame := websocket.FormatCloseMessage(websocket.CloseNormalClosure, "")
	if k.ws.WriteControl(websocket.CloseMessage, frame, time.Now().Add(k.c.cfg.CloseWait)) != nil {
		return
	}
	select {
	case <-k.done:
	case <-timer.C:
	}
}

// notLive removes the connection from Status.Live, once.
func (k *conn) notLive() {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.live {
		k.live = false
		k.c.addLive(-1)
	}
}
