package zenlayertest

import (
	"time"

	"lbbot/zenlayer"
)

// Credentials that a server accepts if its Options have none.
const (
	SampleAccessKeyID     = "sandbox-key-id"
	SampleAccessKeySecret = "sandbox-key-secret"
	SampleToken           = "sandbox-token"
)

// Options configures a Server. The zero value is a server with an empty account
// that accepts the sample credentials.
type Options struct {
	// AccessKeyID and AccessKeySecret are the accepted key pair, Token is the
	// accepted bearer token. If all three are empty, the sample ones are used.
	AccessKeyID     string
	AccessKeySecret string
	Token           string
	// Now is the server's clock; default time.Now.
	Now func() time.Time
	// NewRequestID makes request ids; default "T" and a random upper-case UUID.
	NewRequestID func() string
	// Seed is the account's content at the start and after Reset.
	Seed Seed
	// BackendsBefore is how many backends were made before: their ids are not given again.
	BackendsBefore int
	// Rules are choices where the documentation says nothing.
	Rules Rules
	// KeepCalls limits the recorded calls, the newest ones; default 10,000.
	KeepCalls int
}

// Seed is the content of an account.
type Seed struct {
	LoadBalancers []zenlayer.LoadBalancer
	Listeners     []zenlayer.Listener
	Instances     []zenlayer.Instance
	Backends      []zenlayer.Backend
}

// Rules are choices about behaviour that no public page describes. The zero value
// is a default for each.
type Rules struct {
	// TokenLifetime is how long a client token is known; 0 is 24 h.
	TokenLifetime time.Duration
	// ChangedRequestReturnsFirst returns the first backend when a known token comes
	// with other parameters, instead of refusing it with 409.
	ChangedRequestReturnsFirst bool
	// ListenerNotFoundCode is the code for an unknown listener;
	// "" is INVALID_LB_LISTENER_NOT_FOUND.
	ListenerNotFoundCode string
	// AllowSecondBackend allows an instance on a listener more than once.
	AllowSecondBackend bool
	// DefaultWeight is the weight of backends registered without one; 0 is 100.
	DefaultWeight int
	// SpaceSeparatedTimes writes createTime like "2022-08-31 11:13:17", as the API's
	// examples do, instead of ISO 8601.
	SpaceSeparatedTimes bool
	// VisibleAfter hides a new backend from readings for this time.
	VisibleAfter time.Duration
	// FirstStatus is the status of a new backend; "" is Available.
	FirstStatus string
	// FuzzyBackendName makes the name filter of DescribeBackends match parts.
	FuzzyBackendName bool
	// ShiftedTypes writes numbers and booleans as text, and digits as numbers, in
	// every answer.
	ShiftedTypes bool
	// RateLimit refuses calls above a rate; its zero value is off.
	RateLimit RateLimit
}

// RateLimit admits Calls calls in each window of length Per, by the server's clock.
type RateLimit struct {
	Calls int
	Per   time.Duration // 0 is one second
	// RetryAfter is the value of that header; "" leaves it out.
	RetryAfter string
	// Plain answers with a page instead of JSON.
	Plain bool
}
