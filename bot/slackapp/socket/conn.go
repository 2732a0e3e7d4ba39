package socket

import (
	"context"
	"errors"
	"fmt"
	"net"
	"regexp"
	"strconv"
	"sync"
	"time"

	"github.com/gorilla/websocket"
	"go.uber.org/zap"
)

// conn is one WebSocket. Its reader is the goroutine of read; acks write from
// any goroutine.
type conn struct {
	c      *Client
	ws     *websocket.Conn
	log    *zap.Logger
	bornAt time.Time

	greeted chan struct{} // closed by hello
	renew   chan struct{} // closed by the first disconnect frame
	done    chan struct{} // closed when the reader has ended and TCP is closed
	writing chan struct{} // holds one token: the right to write a frame

	mu      sync.Mutex
	live    bool          // counted in Status.Live
	hello   hello         // the first one
	reason  string        // of the first disconnect frame
	closing bool          // the close frame comes next: no more acks
	owed    int           // envelopes received and not acked
	idle    chan struct{} // closed when owed becomes 0; nil if nobody waits
}

func newConn(c *Client, ws *websocket.Conn) *conn {
	k := &conn{c: c, ws: ws, log: c.log.With(zap.String("local", ws.LocalAddr().String())), bornAt: c.cfg.Now(),
		greeted: make(chan struct{}), renew: make(chan struct{}), done: make(chan struct{}),
		writing: make(chan struct{}, 1)}
	c.addOpen(1)
	ws.SetReadLimit(c.cfg.ReadLimit)
	k.expectPing()
	ws.SetPingHandler(func(text string) error {
		k.expectPing()
		// If the pong cannot be written, the next read fails.
		_ = ws.WriteControl(websocket.PongMessage, []byte(text), time.Now().Add(k.c.cfg.AckTimeout))
		return nil
	})
	return k
}

// expectPing restarts the ping timeout. newConn calls it too, so a connection that
// never gets a ping also times out.
func (k *conn) expectPing() { _ = k.ws.SetReadDeadline(time.Now().Add(k.c.cfg.PingTimeout)) }

// read reads frames until the connection ends.
func (k *conn) read() {
	defer close(k.done)
	defer k.c.addOpen(-1)
	defer func() { _ = k.ws.Close() }()
	defer k.notLive()
	for {
		kind, frame, err := k.ws.ReadMessage()
		if err != nil {
			k.ended(err)
			return
		}
		if kind == websocket.TextMessage {
			k.take(frame)
		} else {
			k.bad(frame, "binary frame")
		}
	}
}

// ended logs and counts why the reader stops.
func (k *conn) ended(err error) {
	reason := connectionCut
	var timeout net.Error
	k.mu.Lock()
	ours, asked := k.closing, k.reason
	k.mu.Unlock()
	switch {
	case ours:
		reason = leftByUs
	case errors.Is(err, websocket.ErrReadLimit):
		reason = frameTooLarge
	case errors.As(err, &timeout) && timeout.Timeout():
		reason = pingTimeout
	case websocket.IsCloseError(err, websocket.CloseAbnormalClosure):
	case errors.As(err, new(*websocket.CloseError)):
		reason = peerClosed
	}
	k.c.metrics.disconnects.WithLabelValues(reason).Inc()
	if closed := (*websocket.CloseError)(nil); errors.As(err, &closed) {
		err = fmt.Errorf("close code %d", closed.Code) // do not log Slack's text
	}
	if !ours && asked == "" { // otherwise the earlier reason explains more
		k.c.notReady(reason)
	}
	k.log.Info("connection to Slack ended", zap.String("reason", reason), zap.Error(err),
		zap.Duration("age", k.c.cfg.Now().Sub(k.bornAt)))
}

// take handles one frame. An envelope must have an id and a type; the retry fields
// are only logged.
func (k *conn) take(frame []byte) {
	now := k.c.cfg.Now()
	in, err := ReadFields(frame)
	if err != nil {
		k.bad(frame, "broken JSON")
		return
	}
	kind, id := in.Text("type"), in.Text("envelope_id")
	switch {
	case kind == "hello":
		k.greet(readHello(in))
	case kind == "disconnect":
		k.disconnect(in.Label("reason"))
	case id == "" || kind == "":
		k.bad(frame, "neither control frame nor envelope")
	default:
		attempt, _ := strconv.Atoi(in.Label("retry_attempt"))
		k.deliver(Envelope{ID: id, Type: kind, Payload: in.Raw("payload"), ReceivedAt: now,
			RetryAttempt: attempt, RetryReason: in.Label("retry_reason")})
	}
}

func (k *conn) greet(h hello) {
	other := k.c.ofAnotherApp(h.appID)
	k.mu.Lock()
	first := !k.live && !k.closing && k.reason == ""
	switch {
	case first && other:
		k.reason, k.closing = wrongApp, true // its envelopes are not for us
	case first:
		k.live, k.hello = true, h
		k.c.addLive(1)
	}
	k.mu.Unlock()
	switch {
	case first && other:
		close(k.renew)
	case first:
		k.c.greet(k, h)
		close(k.greeted)
	}
}

// disconnect handles a disconnect frame. Reading continues until the lane has a
// replacement or Slack closes the connection. A second frame, for example a refresh
// after a warning, is only counted, unless it says link_disabled.
func (k *conn) disconnect(reason string) {
	label := known(reason, []string{warning, refreshRequest, linkDisabled, tooManyWebsocks})
	k.c.metrics.disconnects.WithLabelValues(label).Inc()
	k.log.Info("Slack asks to leave this connection", zap.String("reason", label))
	k.mu.Lock()
	first := k.reason == ""
	if first || label == linkDisabled {
		k.reason = label
	}
	k.mu.Unlock()
	if first {
		close(k.renew)
	}
}

func (k *conn) asked() string {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.reason
}

// refusal returns why the lane must wait before it replaces the connection, or "".
func (k *conn) refusal() string {
	if r := k.asked(); r == linkDisabled || r == tooManyWebsocks {
		return r
	}
	return ""
}

// deliver passes an envelope to Receive, unless the close frame is sent: an envelope
// that cannot be acked must not be processed.
func (k *conn) deliver(e Envelope) {
	k.c.metrics.envelopes.WithLabelValues(known(e.Type, envelopeTypes())).Inc()
	k.mu.Lock()
	closing := k.closing
	if !closing {
		k.owed++
	}
	k.mu.Unlock()
	if closing {
		k.c.metrics.lost.Inc()
		k.log.Warn("an envelope arrived after our close frame and is lost",
			zap.String("envelope", e.ID), zap.String("type", e.Type))
		return
	}
	e.delivery = &delivery{conn: k, receivedAt: e.ReceivedAt}
	k.c.cfg.Receive(e)
}

// bad counts a frame that cannot be read. If the frame names an envelope, bad acks
// it, so that Slack shows no timeout.
func (k *conn) bad(frame []byte, why string) {
	k.c.metrics.badFrames.Inc()
	found := regexp.MustCompile(`"envelope_id"\s*:\s*"([\w.:-]{1,128})"`).FindSubmatch(frame)
	k.log.Error("frame from Slack cannot be used",
		zap.String("why", why), zap.Int("bytes", len(frame)), zap.Bool("acked", found != nil))
	if found == nil {
		return
	}
	ack, err := ackFrame(string(found[1]), nil)
	if err == nil {
		err = k.write(context.Background(), ack)
	}
	if err != nil {
		k.log.Warn("ack of an unusable frame was not written", zap.Error(err))
	}
}
