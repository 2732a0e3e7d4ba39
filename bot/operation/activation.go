package operation

import (
	"context"
	"time"
)

// Activation says that policies came into force.
type Activation struct {
	Number int64     // from 1, one more each time; 0: there was none yet
	Digest string    // of the policy file
	At     time.Time // by the clock of the database
}

// DeniedOutdated says that newer policies are in force than those which this
// process has.
const DeniedOutdated DenialCode = "outdated"

// WhatNewest is the fact, of a decision with DeniedUnchecked, whether this
// process has the policies that are in force.
const WhatNewest = "newest"

// WhatReading is the fact, of a decision with DeniedUnchecked, what the policy
// file says: it was changed seconds ago and may not be complete.
const WhatReading = "policy_file"

// PolicyUnknown reports whether a decision is none: whoever was asked could not
// know by which rules to decide.
func (d Decision) PolicyUnknown() bool {
	return d.Code == DeniedOutdated || d.Code == DeniedUnchecked && (d.What == WhatNewest || d.What == WhatReading)
}

// policyWithin is how long an accepted operation waits for somebody who knows
// the newest rules: files reach all replicas within that.
const policyWithin = 2 * time.Minute

// waitForPolicy waits before permission is asked again, with nothing sent, or ends
// op when it has waited long enough.
func (r *Runner) waitForPolicy(ctx context.Context, op *Operation, d Decision) (Next, error) {
	now := r.Now()
	if op.FirstTry.IsZero() {
		op.FirstTry = now
	}
	op.Tries++
	pause := min(time.Second<<min(op.Tries-1, 3), 5*time.Second)
	if now.Add(pause).After(op.FirstTry.Add(policyWithin)) {
		op.Denial = &d
		return r.finish(ctx, op, NotAdded, ReasonDenied)
	}
	op.WaitUntil, op.WaitFor = now.Add(pause), WaitRules
	if err := r.save(ctx, op, EventWaiting, map[string]string{"for": op.WaitFor, "code": string(d.Code)}); err != nil {
		return Next{}, err
	}
	return Next{State: op.State, After: pause}, nil
}
