package zenlayertest

import (
	"time"

	"lbbot/zenlayer"
)

// Credentials accepted by a server whose Options name none.
const (
	SampleAccessKeyID     = "sandbox-key-id"
	SampleAccessKeySecret = "sandbox-key-secret"
	SampleToken           = "sandbox-token"
)

// Options configures a Server. The zero value is a server with an empty account
// that accepts the sample credentials.
type Options struct {
	// AccessKeyID and AccessKeySecret are the accepted key pair, Token the
	// accepted bearer token. If all three are empty the sample ones hold.
	AccessKeyID     string
	AccessKeySecret string
	Token           string
	// Now is the server's clock; default time.Now.
	Now func() time.Time
	// NewRequestID makes request ids; default "T" and a random upper-case UUID.
	NewRequestID func() string
	// Seed is the account's content at the start and after Reset.
	Seed Seed
	// Rules are the choices where the documentation is silent.
	Rules Rules
	// OnCall is called before and after each execution; see SetOnCall.
	OnCall func(Call, Phase)
	// KeepCalls is how many calls are remembered; default 10,000. Older ones
	// are forgotten first.
	KeepCalls int
}

// Seed is the content of an account.
type Seed struct {
	LoadBalancers []zenlayer.LoadBalancer
	Listeners     []zenlayer.Listener
	Instances     []zenlayer.Instance
	Backends      []zenlayer.Backend
}

// Rules are choices about behaviour that no public page describes. The zero
// value is the default of each.
type Rules struct {
	// TokenLifetime is how long a client token is remembered; 0 is 24 h.
	TokenLifetime time.Duration
	// ChangedRequestReturnsFirst answers a known token with other parameters
	// with the first backend instead of refusing it with 409.
	ChangedRequestReturnsFirst bool
	// ListenerNotFoundCode is the code for an unknown listener;
	// "" is INVALID_LB_LISTENER_NOT_FOUND.
	ListenerNotFoundCode string
	// AllowSecondBackend lets an instance be on a listener more than once.
	AllowSecondBackend bool
	// DefaultWeight is given to backends registered without one; 0 is 100.
	DefaultWeight int
	// SpaceSeparatedTimes writes createTime like "2022-08-31 11:13:17", as the
	// examples do, instead of ISO 8601.
	SpaceSeparatedTimes bool
	// VisibleAfter hides a new backend from reading for so long.
	VisibleAfter time.Duration
	// FirstStatus is the status of a new backend; "" is Available.
	FirstStatus string
	// FuzzyBackendName lets the name filter of DescribeBackends match parts.
	FuzzyBackendName bool
	// ShiftedTypes writes numbers and switches as text, and digits as numbers,
	// in every answer.
	ShiftedTypes bool
	// RateLimit refuses calls over a number per time; its zero value is off.
	RateLimit RateLimit
}

// RateLimit allows Calls calls in each window of length Per, by the server's clock.
type RateLimit struct {
	Calls int
	Per   time.Duration // 0 is one second
	// RetryAfter is the header's value; "" leaves the header out.
	RetryAfter string
	// Plain answers with text that is not JSON.
	Plain bool
}
