package operation

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"lbbot/commands"
	"lbbot/zenlayer"
)

// Fault is what an unsuccessful call said, fit to be stored and shown.
type Fault struct {
	Code      string `json:"code,omitempty"`
	Status    int    `json:"status,omitempty"` // HTTP status; 0 when nothing answered
	Message   string `json:"message,omitempty"`
	RequestID string `json:"request_id,omitempty"`
}

// Attempt is one call that adds or removes. SentAt is committed before the call;
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

// OnlyLimited reports whether nothing but demands to wait leaves it open whether
// an attempt worked.
func (o Operation) OnlyLimited() bool {
	open := func(a Attempt) bool { return a.Unanswered() || a.Doubtful() && !a.Limited() }
	return slices.ContainsFunc(o.Attempts, Attempt.Limited) && !slices.ContainsFunc(o.Attempts, open)
}

// AsksToWait reports whether Zenlayer itself said that it is asked too much.
func AsksToWait(status int, code string) bool {
	return status == 429 || code == zenlayer.CodeRequestLimitExceeded
}

// RefusedToBeAsked reports whether a reading was refused for good: not a server
// error, and not the demand to wait.
func RefusedToBeAsked(err error) bool {
	f := FaultOf(err)
	return f.Answered() && f.Status >= 300 && !AsksToWait(f.Status, f.Code) && !zenlayer.IsNotFound(err)
}

// Answered reports whether something answered, so that there is more to say than
// that nothing did. A server error is no answer.
func (f Fault) Answered() bool { return f.Status != 0 && f.Status < 500 }

// Words say what an answer means, for a sentence, and by what it can be found.
func (f Fault) Words() string {
	said := f.Message
	if advice, ok := commands.AdviceOn(f.Status, f.Code); ok {
		said = strings.TrimSuffix(advice.Means, ".")
	}
	ids := []string{"HTTP " + strconv.Itoa(f.Status)}
	if f.Code != "" {
		ids = append(ids, f.Code)
	}
	if f.RequestID != "" {
		ids = append(ids, "request "+f.RequestID)
	}
	return said + " (" + strings.Join(ids, ", ") + ")"
}

// FaultOf keeps of an error what may be stored and shown. The client has
// already removed secrets from it.
func FaultOf(err error) Fault {
	if err == nil {
		return Fault{}
	}
	e, ok := errors.AsType[*zenlayer.APIError](err)
	if list, partly := errors.AsType[*zenlayer.IncompleteError](err); partly {
		return Fault{Status: 200, Message: Clip("the list could not be read completely: "+list.Reason, 300)}
	}
	if !ok {
		return Fault{Message: Clip(err.Error(), 300)}
	}
	f := Fault{Code: e.Code, Status: e.Status, Message: e.Message, RequestID: e.RequestID}
	if f.Message == "" {
		f.Message = e.Excerpt
	}
	f.Message = Clip(f.Message, 300)
	return f
}

// Clip shortens s to so many runes, and marks that with an ellipsis.
func Clip(s string, runes int) string {
	for i := range s {
		if runes == 0 {
			return s[:i] + "…"
		}
		runes--
	}
	return s
}

// MaybeSent reports whether an attempt may have had an effect: then nobody is
// asked about it any more.
func (o Operation) MaybeSent() bool { return len(o.Unanswered()) > 0 || o.Doubted() }

// The ranks at the account's limiter. What was accepted goes before what is
// only looked at, and the call itself goes before the readings of other
// operations, so that nothing that was checked grows old while it waits.
const (
	RankRefresh = -2 // the lists that a form offers
	RankWatch   = -1 // the status of what was added or removed
	RankPreview = 0
	RankCheck   = 1
	RankCall    = 2
)

// PreviewWaits is how long a reading for a preview waits at most. Whoever may share
// one asks so, however long they wait themselves: who joins it may have all that time.
const PreviewWaits = 6 * time.Second
