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
	if k.settle() {
		k.sendClose()
	}
	_ = k.ws.Close()
	<-k.done
}

// settle waits until all envelopes are acked, for at most AckGrace, and takes the right
// to write, so that no ack comes after the close frame. An envelope that arrives before
// that is still acked: the connection closes only if it owes nothing once nobody else
// can write. It returns false if the connection has ended.
func (k *conn) settle() bool {
	timer := time.NewTimer(k.c.cfg.AckGrace)
	defer timer.Stop()
	for over := false; ; {
		select {
		case <-k.allAcked():
		case <-k.done:
			return false
		case <-timer.C:
			over = true
		}
		select {
		case k.writing <- struct{}{}:
		case <-k.done:
			return false
		}
		k.mu.Lock()
		k.closing = over || k.owed == 0
		closing := k.closing
		k.mu.Unlock()
		if closing {
			return true
		}
		<-k.writing
	}
}

// allAcked returns a channel that is closed when no envelope waits for its ack.
func (k *conn) allAcked() <-chan struct{} {
	k.mu.Lock()
	defer k.mu.Unlock()
	idle := make(chan struct{})
	if k.owed == 0 {
		close(idle)
		return idle
	}
	k.idle = idle
	return idle
}

// sendClose sends the close frame and waits for the answer, for at most CloseWait. The
// caller has taken the right to write.
func (k *conn) sendClose() {
	defer func() { <-k.writing }()
	timer := time.NewTimer(k.c.cfg.CloseWait)
	defer timer.Stop()
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
