package sandbox

import (
	"fmt"
	"time"
)

// Calls per minute by tier (docs.slack.dev/apis/web-api/rate-limits). Slack
// promises "or more"; the stand-in gives exactly these.
const (
	tier2   = 20
	tier3   = 50
	tier4   = 100
	special = 300
)

// postBurst is how many messages a channel takes at once, before the limit of
// one per second holds. Slack allows "short bursts" without a number.
const postBurst = 4

// bucket is a token bucket on the stand-in's own clock.
type bucket struct {
	tokens float64
	at     time.Time
}

// take uses one token of a bucket that holds size and fills with perSecond; it
// returns how long to wait if there is none.
func (s *Slack) take(key string, size, perSecond float64) time.Duration {
	if s.opt.NoRateLimits {
		return 0
	}
	now := s.now()
	b := s.state.limits[key]
	if b == nil {
		b = &bucket{tokens: size, at: now}
		s.state.limits[key] = b
	}
	b.tokens = min(size, b.tokens+now.Sub(b.at).Seconds()*perSecond)
	b.at = now
	if b.tokens < 1 {
		return time.Duration((1 - b.tokens) / perSecond * float64(time.Second))
	}
	b.tokens--
	return 0
}

// limitMethod charges one call to the method's tier.
func (s *Slack) limitMethod(method string, perMinute float64) *apiError {
	if s.opt.NoTiers {
		return nil
	}
	if wait := s.take("method "+method, perMinute, perMinute/60); wait > 0 {
		return rateLimited(wait)
	}
	return nil
}

// limitPost charges one message to its channel: one per second, a few at once.
func (s *Slack) limitPost(channelID string) *apiError {
	if wait := s.take("post "+channelID, postBurst, 1); wait > 0 {
		return rateLimited(wait)
	}
	return nil
}

func rateLimited(wait time.Duration) *apiError {
	return &apiError{code: "ratelimited", retryAfter: wait}
}

// retryAfterSeconds is the value of a Retry-After header.
func retryAfterSeconds(wait time.Duration) string {
	return fmt.Sprint(max(1, int64((wait+time.Second-1)/time.Second)))
}
