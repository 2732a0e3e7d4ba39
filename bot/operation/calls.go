package operation

import (
	"slices"
	"time"
)

// Fault is what an unsuccessful call said, fit to be stored and shown.
type Fault struct {
	Code      string `json:"code,omitempty"`
	Status    int    `json:"status,omitempty"` // HTTP status; 0 when nothing answered
	Message   string `json:"message,omitempty"`
	RequestID string `json:"request_id,omitempty"`
}

// Attempt is one RegisterBackend call. SentAt is committed before the call;
// an attempt without AnsweredAt may have done anything.
type Attempt struct {
	Number     int       `json:"number"` // from 1
	SentAt     time.Time `json:"sent_at"`
	AnsweredAt time.Time `json:"answered_at,omitzero"`
	Outcome    string    `json:"outcome,omitempty"` // accepted, refused, retry or unknown
	Unsent     bool      `json:"unsent,omitempty"`  // certainly never left the bot
	Fault      Fault     `json:"fault,omitzero"`
}

// Unanswered reports whether the attempt may have been carried out without
// our knowing.
func (a Attempt) Unanswered() bool {
	return a.AnsweredAt.IsZero() || a.Outcome == OutcomeUnknown
}

// Doubtful reports whether the attempt was answered in a way that very likely,
// but not certainly, means that nothing was done: a service that says it is not
// available may have been so only when it answered, and a 429 without a code of
// Zenlayer is from something in front of it.
func (a Attempt) Doubtful() bool {
	return a.Outcome == OutcomeRetry && (a.Fault.Status >= 500 || a.Limited() && a.Fault.Code == "")
}

// Limited reports whether the attempt was answered with the demand to wait.
func (a Attempt) Limited() bool {
	return a.Outcome == OutcomeRetry && AsksToWait(a.Fault.Status, a.Fault.Code)
}

// The words stored in Attempt.Outcome.
const (
	OutcomeAccepted = "accepted"
	OutcomeRefused  = "refused"
	OutcomeRetry    = "retry"
	OutcomeUnknown  = "unknown"
)

// FirstSent returns when the first attempt was sent, zero if none was.
func (o Operation) FirstSent() time.Time {
	for _, a := range o.Attempts {
		if !a.Unsent {
			return a.SentAt
		}
	}
	return time.Time{}
}

// LastSent returns when the last attempt was sent, zero if none was.
func (o Operation) LastSent() time.Time {
	for _, a := range slices.Backward(o.Attempts) {
		if !a.Unsent {
			return a.SentAt
		}
	}
	return time.Time{}
}

// Unanswered returns the attempts that may have been carried out without our
// knowing.
func (o Operation) Unanswered() []Attempt {
	return slices.DeleteFunc(slices.Clone(o.Attempts), func(a Attempt) bool { return !a.Unanswered() })
}

// Doubted reports whether an attempt is Doubtful.
func (o Operation) Doubted() bool { return slices.ContainsFunc(o.Attempts, Attempt.Doubtful) }

// onlyLimited reports whether nothing but demands to wait leaves it open whether
// an attempt worked.
func (o Operation) onlyLimited() bool {
	open := func(a Attempt) bool { return a.Unanswered() || a.Doubtful() && !a.Limited() }
	return slices.ContainsFunc(o.Attempts, Attempt.Limited) && !slices.ContainsFunc(o.Attempts, open)
}
