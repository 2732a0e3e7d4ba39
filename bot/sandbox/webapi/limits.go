package webapi

import (
	"fmt"
	"time"
)

// Calls per minute by tier (docs.slack.dev/apis/web-api/rate-limits). Slack
// promises "or more"; the stand-in gives exactly these.
const (
	Tier2   = 20
	Tier3   = 50
	Tier4   = 100
	Special = 300
)

// bucket is a token bucket on the stand-in's own clock.
type bucket struct {
	tokens float64
	at     time.Time
}

// Limit takes a token of a bucket that holds size tokens and fills with perSecond.
// It refuses if there is none.
func (s *API) Limit(key string, size, perSecond float64) *Error {
	if s.o.NoRateLimits {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.o.Now()
	b := s.limits[key]
	if b == nil {
		b = &bucket{tokens: size, at: now}
		s.limits[key] = b
	}
	b.tokens = min(size, b.tokens+now.Sub(b.at).Seconds()*perSecond)
	b.at = now
	if b.tokens < 1 {
		wait := time.Duration((1 - b.tokens) / perSecond * float64(time.Second))
		return &Error{Code: "ratelimited", RetryAfter: wait}
	}
	b.tokens--
	return nil
}

// retryAfterSeconds is the value of a Retry-After header.
func retryAfterSeconds(wait time.Duration) string {
	return fmt.Sprint(max(1, int64((wait+time.Second-1)/time.Second)))
}
