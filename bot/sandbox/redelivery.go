package sandbox

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"

	"lbbot/bot/sandbox/socket"
)

// Redeliver sends the payload of an earlier act again, as Slack was observed to
// do after a lost ack: in the same envelope or in a new one, which counts as a
// retry of an event. The answer is applied like the first one.
func (s *Slack) Redeliver(ctx context.Context, last Interaction, newEnvelope bool) Interaction {
	if last.sent == nil {
		return clientRefuses(errors.New("nothing was sent"))
	}
	return s.sendOnce(ctx, last.sent.again(newEnvelope))
}

// Duplicate makes Slack deliver the next n envelopes twice, each of them if n is
// below zero: the second time in the same envelope, or in a new one.
func (s *Slack) Duplicate(n int, newEnvelope bool) {
	s.locked(func() { s.state.duplicates, s.state.anew = n, newEnvelope })
}

// Duplicates is how many envelopes Duplicate still waits for.
func (s *Slack) Duplicates() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state.duplicates
}

// again is the same delivery once more.
func (e *sentEnvelope) again(newEnvelope bool) *sentEnvelope {
	again := *e
	if newEnvelope {
		again.ID = uuid.NewString()
		if again.Kind == socket.Event {
			again.Attempt++
		}
	}
	return &again
}

// repeat sends an event again in the background, until it is acked: at once, after
// a minute and after five (docs.slack.dev/apis/events-api).
func (s *Slack) repeat(ctx context.Context, e *sentEnvelope) {
	waits := []time.Duration{0, time.Minute, 5 * time.Minute}
	if e.Attempt >= len(waits) {
		return
	}
	s.retry.Go(func() {
		select {
		case <-time.After(waits[e.Attempt]):
			again := *e
			again.ID, again.Attempt = uuid.NewString(), e.Attempt+1
			s.send(context.WithoutCancel(ctx), &again)
		case <-s.closed:
		}
	})
}

// RedeliverUnacked makes Slack send commands and interactive envelopes that were
// not acked once more, in the same envelope, after the next connection has opened.
// Slack was seen to do both.
func (s *Slack) RedeliverUnacked(on bool) { s.locked(func() { s.state.redeliver = on }) }

// RedeliversUnacked says that RedeliverUnacked is on.
func (s *Slack) RedeliversUnacked() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state.redeliver
}

// redeliver waits in the background for a connection that is not open yet.
func (s *Slack) redeliver(ctx context.Context, e *sentEnvelope) {
	if !s.RedeliversUnacked() {
		return
	}
	newest := func() (id int) {
		for _, c := range s.Connections() {
			id = max(id, c.ID)
		}
		return id
	}
	before := newest()
	changes, stop := s.Subscribe()
	s.retry.Go(func() {
		defer stop()
		for newest() <= before {
			select {
			case <-changes:
			case <-s.closed:
				return
			}
		}
		s.sendOnce(context.WithoutCancel(ctx), e.again(false))
	})
}
