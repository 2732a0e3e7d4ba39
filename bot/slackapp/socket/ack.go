package socket

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/gorilla/websocket"
	"go.uber.org/zap"
)

// Results of acks in the metrics.
const (
	ackWritten  = "written"
	ackLate     = "late" // written, but probably after Slack's 3 seconds
	ackTooLarge = "too_large"
	ackGone     = "connection_gone"
	ackTwice    = "already_acked"
	ackFailed   = "failed"
)

// delivery is an envelope's right to one ack.
type delivery struct {
	conn       *conn
	receivedAt time.Time

	mu    sync.Mutex
	taken bool // an ack was written or is being written
}

// ack writes the frame and counts the result.
func (d *delivery) ack(ctx context.Context, id string, payload any) error {
	err := d.write(ctx, id, payload)
	took := d.conn.c.cfg.Now().Sub(d.receivedAt)
	result := ackResult(err, took)
	m, log := d.conn.c.metrics, d.conn.log.With(zap.String("envelope", id), zap.Duration("after", took))
	m.acks.WithLabelValues(result).Inc()
	switch {
	case err != nil:
		log.Warn("ack was not written", zap.String("result", result), zap.Error(err))
	case took > lateAfter:
		log.Warn("ack was slow", zap.String("result", result))
		fallthrough
	default:
		m.ackSeconds.Observe(took.Seconds())
	}
	return err
}

func ackResult(err error, took time.Duration) string {
	switch {
	case err == nil && took < slackTimeout:
		return ackWritten
	case err == nil:
		return ackLate
	case errors.Is(err, ErrAckTooLarge):
		return ackTooLarge
	case errors.Is(err, ErrConnectionGone):
		return ackGone
	case errors.Is(err, ErrAlreadyAcked):
		return ackTwice
	default:
		return ackFailed
	}
}

func (d *delivery) write(ctx context.Context, id string, payload any) error {
	frame, err := ackFrame(id, payload)
	if err != nil {
		return err
	}
	d.mu.Lock()
	before := d.taken
	d.taken = true
	d.mu.Unlock()
	if before {
		return ErrAlreadyAcked
	}
	if err := d.conn.write(ctx, frame); err != nil {
		d.mu.Lock()
		d.taken = false // nothing was written, so the ack may be retried
		d.mu.Unlock()
		return err
	}
	d.conn.acked()
	return nil
}

// write writes one text frame within AckTimeout, or fails. A partial write makes the
// connection unusable, so write closes it and its lane replaces it.
func (k *conn) write(ctx context.Context, frame []byte) error {
	ctx, cancel := context.WithTimeoutCause(ctx, k.c.cfg.AckTimeout, errors.New("earlier acks are still being written"))
	defer cancel()
	select {
	case k.writing <- struct{}{}:
		defer func() { <-k.writing }()
	case <-k.done:
		return ErrConnectionGone
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	if k.gone() {
		return ErrConnectionGone
	}
	if ctx.Err() != nil { // select may have taken the token all the same
		return context.Cause(ctx)
	}
	limit, _ := ctx.Deadline()
	_ = k.ws.SetWriteDeadline(limit) // never fails
	if err := k.ws.WriteMessage(websocket.TextMessage, frame); err != nil {
		_ = k.ws.Close()
		return fmt.Errorf("%w: %w", ErrConnectionGone, err)
	}
	return nil
}

func (k *conn) gone() bool {
	select {
	case <-k.done:
		return true
	default:
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.closing
}

// acked records an ack. The last one wakes settle.
func (k *conn) acked() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.owed--
	if k.owed == 0 && k.idle != nil {
		close(k.idle)
		k.idle = nil
	}
}
