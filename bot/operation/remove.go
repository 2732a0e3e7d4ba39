package operation

import (
	"context"
	"slices"
	"strings"
	"time"

	"lbbot/zenlayer"
)

// Deregistrar makes the call that takes a backend off its listener, and returns
// Zenlayer's request id. It makes one attempt at most, as Registrar.
type Deregistrar interface {
	DeregisterBackend(ctx context.Context, backendID string) (requestID string, err error)
}

// Target is the entry that a removal takes off the listener, as it was when the
// person looked.
type Target struct {
	BackendID string `json:"backend_id"`
	Name      string `json:"name,omitempty"`
	Ports     string `json:"ports,omitempty"`  // as Zenlayer writes them
	Weight    int    `json:"weight,omitempty"` // 0: the list does not show it

	InstanceID string `json:"instance_id,omitempty"` // the server
}

// TargetOf is an entry as it is now.
func TargetOf(b zenlayer.Backend) Target {
	return Target{BackendID: b.BackendID, Name: b.Name, Ports: b.Port, Weight: b.Weight, InstanceID: b.InstanceID}
}

// asLookedAt reports whether b is still the entry that somebody looked at, of the
// same server. Its name decides nothing.
func (o Operation) asLookedAt(b zenlayer.Backend) bool {
	return b.BackendID == o.Target.BackendID && b.InstanceID == o.Request.InstanceID &&
		o.Target.samePorts(TargetOf(b)) && b.Weight == o.Target.Weight
}

// samePorts compares ports as numbers, as far as they can be read.
func (t Target) samePorts(u Target) bool {
	before, readable := BackendPorts(t.Ports)
	now, still := BackendPorts(u.Ports)
	return t.Ports == u.Ports || readable && still && slices.Equal(before, now)
}

// Remove is the Change of ChangeRemove: DeregisterBackend with the id of the
// entry. The call has no client token; the id is what makes a second call
// harmless, as far as Zenlayer gives no id twice, which is not documented.
type Remove struct{ Deregistrar Deregistrar }

// Send implements Change.
func (r Remove) Send(ctx context.Context, op Operation) (Receipt, error) {
	id, err := r.Deregistrar.DeregisterBackend(ctx, op.Target.BackendID)
	return Receipt{BackendID: op.Target.BackendID, RequestID: id}, err
}

// Before implements Change: the entry may be gone, or changed since it was looked at.
func (r Remove) Before(op Operation, pool []zenlayer.Backend) Comparison {
	b, there := op.target(pool)
	if !there {
		return Comparison{Done: true, Backend: zenlayer.Backend{BackendID: op.Target.BackendID}}
	}
	return Comparison{Differs: !op.asLookedAt(b), Backend: b}
}

// After implements Change. Nothing is proven by an entry that was changed
// meanwhile, or that Zenlayer did not know any more when a call was repeated: the
// list may lag behind.
func (r Remove) After(op Operation, pool []zenlayer.Backend) Proof {
	b, there := op.target(pool)
	switch {
	case !there:
		return Proof{Done: true}
	case !op.asLookedAt(b) || slices.ContainsFunc(op.Attempts, Attempt.notFound):
		return Proof{Disputed: &b}
	}
	return Proof{}
}

// SaysDone implements Change.
func (r Remove) SaysDone(err error) bool { return zenlayer.IsNotFound(err) }

// notFound reports whether Zenlayer refused the attempt because it does not know
// what the call names.
func (a Attempt) notFound() bool {
	return a.Outcome == OutcomeRefused && a.Fault.Status == 404 && a.Fault.Code != ""
}

// Differences implements Change. What matters is the entry itself, and whether it
// is the last server that is available. A listener's settings mean nothing to a
// removal.
func (r Remove) Differences(_ Operation, shown, now Picture) (list []Difference) {
	if !shown.Read || !now.Read {
		return nil
	}
	if before, after := shown.Entry, now.Entry; before != nil {
		if after == nil {
			return []Difference{{Code: DiffGone, From: before.BackendID}}
		}
		if before.InstanceID != after.InstanceID && before.InstanceID != "" {
			return []Difference{{Code: DiffInstance, From: before.InstanceID, To: after.InstanceID}}
		}
		if !before.samePorts(*after) {
			list = append(list, Difference{Code: DiffPorts, From: before.Ports, To: after.Ports})
		}
		if before.Weight != after.Weight {
			list = append(list, Difference{Code: DiffWeight, Before: before.Weight, After: after.Weight})
		}
	}
	if now.Last() && !shown.Last() {
		list = append(list, Difference{Code: DiffLast})
	}
	return list
}

// target finds the entry that a removal is about.
func (o Operation) target(pool []zenlayer.Backend) (zenlayer.Backend, bool) {
	i := slices.IndexFunc(pool, func(b zenlayer.Backend) bool { return b.BackendID == o.Target.BackendID })
	if i < 0 {
		return zenlayer.Backend{}, false
	}
	return pool[i], true
}

// Targets returns the backend ids that removals take off, without the removal with
// the id except.
func Targets(removals []Operation, except string) (ids []string) {
	for _, r := range removals {
		if r.ID != except {
			ids = append(ids, r.Target.BackendID)
		}
	}
	return ids
}

// StillLeaving keeps, of the operations of a listener that are open or done, the
// removals that count for Journal.Leaving: see TakesOff. A removal that is over does not
// count once an addition has left an entry with the same backend id.
func StillLeaving(ops []Operation, since time.Time) (removals []Operation) {
	for _, o := range ops {
		again := func(a Operation) bool {
			return a.Change == ChangeAdd && a.State == Done && a.BackendID == o.Target.BackendID &&
				!a.FinishedAt.Before(o.FinishedAt)
		}
		if o.TakesOff(since) && (o.State.Open() || !slices.ContainsFunc(ops, again)) {
			removals = append(removals, o)
		}
	}
	return removals
}

// TakesOff reports whether o is a removal that is being carried out, or was since
// the given time.
func (o Operation) TakesOff(since time.Time) bool {
	return o.Change == ChangeRemove && o.Target != nil &&
		(o.State.Open() && o.State != Waiting || o.State == Done && !o.FinishedAt.Before(since))
}

// StatusAvailable is the one word for a backend's status that Zenlayer's
// documentation shows.
const StatusAvailable = "Available"

// othersAvailable counts the entries beside op's target that are shown as available
// and are not in leaving.
func othersAvailable(op Operation, pool []zenlayer.Backend, leaving []string) (n int) {
	for _, b := range pool {
		if b.BackendID != op.Target.BackendID && !slices.Contains(leaving, b.BackendID) &&
			strings.EqualFold(b.Status, StatusAvailable) {
			n++
		}
	}
	return n
}

// AskSecond is a decision that needs one other person's agreement at least.
func AskSecond(d Decision) Decision {
	if d.Allowed {
		d.Allowed, d.Code, d.Approvals = false, DeniedApproval, 1
	}
	return d
}
