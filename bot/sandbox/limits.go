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

// limit takes a token of a bucket that holds size tokens and fills with perSecond.
// It refuses if there is none.
func (s *Slack) limit(key string, size, perSecond float64) *apiError {
	if s.opt.NoRateLimits {
		return nil
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
		wait := time.Duration((1 - b.tokens) / perSecond * float64(time.Second))
		return &apiError{code: "ratelimited", retryAfter: wait}
	}
	b.tokens--
	return nil
}

// retryAfterSeconds is the value of a Retry-After header.
func retryAfterSeconds(wait time.Duration) string {
	return fmt.Sprint(max(1, int64((wait+time.Second-1)/time.Second)))
}
