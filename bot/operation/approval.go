package operation

import (
	"context"
	"slices"
	"strings"
	"time"

	"go.uber.org/zap"
)

// Approval is the agreement of other people that an operation waits for, or
// had. It is stored with the operation, so that it survives whatever happens
// while they think.
type Approval struct {
	Needed    int       `json:"needed"`              // how many people must agree
	Channel   string    `json:"channel"`             // where they are asked; Place.ResultID: on the card itself
	Who       People    `json:"who"`                 // who could agree when they were asked
	AskedAt   time.Time `json:"asked_at,omitzero"`   // zero in a draft
	ExpiresAt time.Time `json:"expires_at,omitzero"` // nothing that is said from then on counts
	// Operation.Version that asked: a click on an older card does not count
	Since     int64    `json:"since,omitempty"`
	Reminders int      `json:"reminders,omitempty"` // how often they were reminded
	Votes     []Vote   `json:"votes,omitempty"`     // agreements that count, one for each person, oldest first
	Denied    *Vote    `json:"denied,omitempty"`    // who denied it
	Picture   Picture  `json:"picture,omitzero"`    // what they were shown
	Again     string   `json:"again,omitempty"`     // why they are asked again: AgainRules or AgainPicture
	Changes   []string `json:"changes,omitempty"`   // Moved as sentences; earlier versions stored them
	// with AgainPicture: what is different now
	Moved   []Difference `json:"moved,omitempty"`
	Past    []Vote       `json:"past,omitempty"`    // agreements that do not count any more
	Lost    []Lost       `json:"lost,omitempty"`    // agreements that the last check did not count
	Skipped bool         `json:"skipped,omitempty"` // by break-glass
	ToldAt  time.Time    `json:"told_at,omitzero"`  // with Skipped: when those who were passed over were told
}

// Why people are asked again. Stored; add, never change.
const (
	AgainRules   = "rules"   // by the rules in force now the agreements are too few
	AgainPicture = "picture" // the listener is not as it was when they agreed
)

// Vote is what one person said.
type Vote struct {
	By       Actor     `json:"by"`
	Place    Place     `json:"place"` // where they said it; their right is asked for there
	At       time.Time `json:"at"`
	Reason   string    `json:"reason,omitempty"`
	Policies []string  `json:"policies,omitempty"` // @id of the policies that let them
	Digest   string    `json:"digest,omitempty"`   // of the policy file they stood in
}

// Lost is an agreement that the last check did not count: that person was
// denied the right to approve, or it could not be read.
type Lost struct {
	By   Actor      `json:"by"`
	Code DenialCode `json:"code"`
}

// BreakGlass says that an operation was accepted without the approvals it needs.
type BreakGlass struct {
	Why      string   `json:"why"`
	Incident string   `json:"incident"`
	Policies []string `json:"policies,omitempty"` // @id of the policies that allow it
}

// ApprovalSettings says where and for how long people are asked.
type ApprovalSettings struct {
	Channel   string          // channel id; empty: where the result goes
	Within    time.Duration   // how long an answer is waited for
	Reminders []time.Duration // after asking, growing
}

// Missing returns how many more people must agree.
func (a Approval) Missing() int { return max(0, a.Needed-len(a.Votes)) }

// Certain reports whether the person was denied, and not just unreadable.
func (l Lost) Certain() bool { return l.Code != DeniedUnchecked && l.Code != DeniedOutdated }

// NoLonger are the user ids of those whose agreement was lost for certain.
func (a *Approval) NoLonger() string {
	if a == nil {
		return ""
	}
	var ids []string
	for _, l := range a.Lost {
		if l.Certain() {
			ids = append(ids, l.By.UserID)
		}
	}
	return strings.Join(ids, " ")
}

// Voted reports whether a person has agreed already.
func (a Approval) Voted(who Actor) bool {
	return slices.ContainsFunc(a.Votes, func(v Vote) bool { return v.By.Is(who) })
}

// Due returns how many reminders there should have been by now.
func (a Approval) Due(at []time.Duration, now time.Time) int {
	n := 0
	for _, d := range at {
		if !now.Before(a.AskedAt.Add(d)) && a.AskedAt.Add(d).Before(a.ExpiresAt) {
			n++
		}
	}
	return n
}

// Next returns how long it is until something is to be done without a click.
func (a Approval) Next(at []time.Duration, now time.Time) time.Duration {
	soonest := a.ExpiresAt
	for _, d := range at {
		if t := a.AskedAt.Add(d); t.After(now) && t.Before(soonest) {
			soonest = t
		}
	}
	return max(soonest.Sub(now), time.Millisecond)
}

// Ask starts a new round of approval. Earlier votes are kept in Past, and count
// only if they are among votes.
func (a *Approval) Ask(now time.Time, within time.Duration, version int64, votes []Vote) {
	a.Keep(votes)
	a.AskedAt, a.ExpiresAt, a.Since, a.Reminders, a.Denied = now, now.Add(within), version, 0, nil
}

// Keep sets aside the agreements that are not among votes.
func (a *Approval) Keep(votes []Vote) {
	for _, v := range a.Votes {
		if !slices.ContainsFunc(votes, func(kept Vote) bool { return kept.By.Is(v.By) }) {
			a.Past = append(a.Past, v)
		}
	}
	a.Votes = votes
}

// Sufficient reports whether the people who could agree are enough, as far as
// that is known.
func (p People) Sufficient(needed int) bool {
	return p.Everybody || p.More || len(p.IDs) >= needed
}

// DecidedBy notes which rules said so, of which policy file.
func (o *Operation) DecidedBy(d Decision) { o.Policies, o.PolicyDigest = d.Policies, d.Digest }

// ApproversChannel returns the channel in which people are asked: the one the rule names,
// or the settings, or else where the result goes. One that nobody can be asked
// in, because the bot does not see it, is none.
func ApproversChannel(ctx context.Context, p Permission, log *zap.Logger, op Operation, rule, setting string) string {
	for _, channel := range []string{rule, setting} {
		if channel == "" || channel == op.Place.ResultID {
			continue
		}
		there := op.Place
		there.ChannelID, there.ChannelName = channel, ""
		may := p.Admit(ctx, op.Actor, there)
		if may.Allowed {
			return channel
		}
		log.Error("approvers' channel cannot be used; approval is asked for where the result goes",
			zap.String("channel", channel), zap.String("code", string(may.Code)))
	}
	return op.Place.ResultID
}

// ApprovalQuestion is about the request of op, asked where approval is given.
func ApprovalQuestion(op Operation, channel string, at time.Time) Question {
	q := NewQuestion(op, at)
	q.Place.ChannelID, q.Place.ChannelName = channel, ""
	return q
}

// VotesOf counts the votes of those who are not among ids.
func VotesOf(votes []Vote, ids []string) int {
	n := 0
	for _, v := range votes {
		if !slices.Contains(ids, v.By.UserID) {
			n++
		}
	}
	return n
}

// LacksReason reports whether the rules want a reason that op does not have.
func LacksReason(d Decision, op Operation) bool {
	return d.ReasonRequired && op.Purpose == "" && op.Glass == nil && (d.Allowed || d.Code == DeniedApproval)
}
