package sandbox

import (
	"strconv"
	"time"

	"lbbot/bot/sandbox/webapi"
)

// Limits of scheduled messages (docs.slack.dev/reference/methods/chat.scheduleMessage).
const (
	scheduleAhead  = 120 * 24 * time.Hour
	scheduleWindow = 5 * time.Minute
	scheduleMax    = 30 // in each window of a channel
)

// scheduled is a message that waits for its time.
type scheduled struct {
	channel string
	at      time.Time
}

// scheduleMessage takes a message for later. Like Slack, it takes one with metadata
// and never posts it.
func (s *Slack) scheduleMessage(args webapi.Arguments) (object, *webapi.Error) {
	channel, fail := s.postable(args.Str("channel"))
	if fail != nil {
		return nil, fail
	}
	seconds, err := strconv.ParseInt(args.Str("post_at"), 10, 64)
	at := time.Unix(seconds, 0)
	window, same := at.Truncate(scheduleWindow), 0
	for _, other := range s.state.scheduled {
		if other.channel == channel.ID && other.at.Truncate(scheduleWindow).Equal(window) {
			same++
		}
	}
	switch {
	case err != nil:
		return nil, webapi.Refuse("invalid_time")
	case !at.After(s.now()):
		return nil, webapi.Refuse("time_in_past")
	case at.Sub(s.now()) > scheduleAhead:
		return nil, webapi.Refuse("time_too_far")
	case same >= scheduleMax:
		return nil, webapi.Refuse("restricted_too_many")
	}
	c, fail := s.content(args, -1)
	if fail != nil {
		return nil, fail
	}
	m := s.fromBot(channel.ID)
	if fail = s.enterThread(m, args.Str("thread_ts")); fail != nil {
		return nil, fail
	}
	s.fill(m, c)
	s.state.scheduled = append(s.state.scheduled, scheduled{channel.ID, at})
	if m.metadata == nil {
		s.postAt(m, at)
	} else {
		s.noteLocked("chat.scheduleMessage: Slack never posts a scheduled message with metadata")
	}
	wire := s.wire(m)
	delete(wire, "ts")
	return object{"channel": channel.ID, "scheduled_message_id": s.nextID("Q"), "post_at": seconds,
		"message": wire}, nil
}

// postAt posts a message at its time, unless the stand-in is reset or closed before.
func (s *Slack) postAt(m *message, at time.Time) {
	state := s.state
	s.retry.Go(func() {
		timer := time.NewTimer(at.Sub(s.now()))
		defer timer.Stop()
		select {
		case <-timer.C:
			s.locked(func() {
				if s.state == state {
					s.add(m)
				}
			})
			s.changed()
		case <-s.closed:
		}
	})
}
