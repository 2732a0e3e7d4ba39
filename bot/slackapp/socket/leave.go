package socket

import (
	"time"

	"github.com/gorilla/websocket"
)

// retire leaves the connection in order: Slack gets linger to close it first
// (nothing gets lost then), owed acks get AckGrace, and the close frame is
// answered or CloseWait ends. It returns with the reader ended.
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
	k.sayGoodbye()
	_ = k.ws.Close()
	<-k.done
}

// settle waits until no ack is owed, for at most AckGrace.
func (k *conn) settle() {
	k.mu.Lock()
	if k.owed == 0 {
		k.closing = true // in the same breath, so that nothing slips in
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

// sayGoodbye sends the close frame, behind the ack that is being written, and
// waits for the answer.
func (k *conn) sayGoodbye() {
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
	goodbye := websocket.FormatCloseMessage(websocket.CloseNormalClosure, "")
	if k.ws.WriteControl(websocket.CloseMessage, goodbye, time.Now().Add(k.c.cfg.CloseWait)) != nil {
		return
	}
	select {
	case <-k.done:
	case <-timer.C:
	}
}

// notLive takes the connection out of the count, once.
func (k *conn) notLive() {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.live {
		k.live = false
		k.c.alive(-1)
	}
}
