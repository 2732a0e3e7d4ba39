package runner

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"lbbot/bot/operation"
	"lbbot/zenlayer"
)

// checkWithin bounds the readings and the decision before a call.
const checkWithin = 30 * time.Second

var errCheckWithin = errors.New("the last checks took longer than " + checkWithin.String())

// sight is a listener as it was read right before a call.
type sight struct {
	leaving []string // as Runner.leaving
	pool    []zenlayer.Backend
	picture operation.Picture
}

// checkListener reads the listener and its pool and asks permission by what it
// read. It returns what it read, or where op went instead.
func (r *Runner) checkListener(ctx context.Context, op *operation.Operation) (sight, *ended, error) {
	within, cancel := context.WithTimeoutCause(ranked(ctx, operation.RankCheck), checkWithin, errCheckWithin)
	defer cancel()
	leaving, err := r.leaving(within, *op)
	if err != nil {
		return sight{}, nil, err
	}
	l, err := r.listener(within, *op)
	if err != nil {
		stop, err := end(r.readFailed(ctx, op, err))
		return sight{}, stop, err
	}
	l.Protected, l.Servers = op.Listener.Protected, op.Listener.Servers
	op.Listener = l
	pool, err := r.Pools.DescribeBackends(within, op.Request.ListenerID, zenlayer.BackendFilter{})
	if err != nil {
		stop, err := end(r.readFailed(ctx, op, err))
		return sight{}, stop, err
	}
	op.Listener.Servers = len(pool)
	op.NoteReading(nil)
	if op.Unseen && len(op.Attempts) == 0 { // what was sent once is never changed
		op.FitWeight(pool)
		op.FitName(pool)
	}
	seen := sight{leaving: leaving, pool: pool, picture: operation.PictureOf(*op, pool, leaving)}
	stop, err := r.checkPermission(ctx, op, seen.picture)
	return seen, stop, err
}

// leaving returns the backends that other removals take off op's listener; none for
// an addition. It is read before the pool: what ends in between is not in the pool
// any more, and a removal that is accepted later sees op.
func (r *Runner) leaving(ctx context.Context, op operation.Operation) ([]string, error) {
	if op.Change != operation.ChangeRemove {
		return nil, nil
	}
	others, err := r.Journal.Leaving(ctx, op.Account, op.Request.ListenerID, "", r.Now().Add(-operation.StillListed))
	if err != nil {
		return nil, fmt.Errorf("reading which servers are leaving listener %s: %w", op.Request.ListenerID, err)
	}
	return operation.Targets(others, op.ID), nil
}

// checkPermission asks permission, after everything else was read: reading takes time,
// and a right that was taken away meanwhile is gone.
func (r *Runner) checkPermission(
	ctx context.Context, op *operation.Operation, now operation.Picture,
) (*ended, error) {
	within, cancel := context.WithTimeoutCause(ctx, checkWithin, errCheckWithin)
	defer cancel()
	v := r.permitted(within, op, now.Last())
	if op.Approval != nil {
		op.Approval.Lost = v.lost
	}
	switch {
	case !v.allowed && ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case !v.allowed && v.why.PolicyUnknown():
		return end(r.waitForPolicy(ctx, op, v.why))
	case !v.allowed && (!v.ask || op.MaybeSent()):
		op.Denial = &v.why
		return end(r.finish(ctx, op, operation.NotDone, operation.ReasonDenied))
	case v.ask:
		return end(r.askAgain(within, op, v, now, becameLast(*op, now)))
	case v.needed > 0 && op.Approval != nil:
		op.Approval.Keep(v.votes)
	}
	return nil, nil
}

// becameLast returns the difference that has a removal ask for a second person,
// although it could do without when people looked.
func becameLast(op operation.Operation, now operation.Picture) []operation.Difference {
	if !now.Last() || op.Seen().Last() {
		return nil
	}
	return []operation.Difference{{Code: operation.DiffLast}}
}

// lastQuestion is asked right before a call.
func lastQuestion(op operation.Operation, at time.Time) operation.Question {
	q := operation.NewQuestion(op, at)
	q.Last = true
	return q
}

// readFailed goes on after a reading that did not work, with nothing sent.
func (r *Runner) readFailed(ctx context.Context, op *operation.Operation, err error) (operation.Next, error) {
	if ctx.Err() != nil {
		return operation.Next{}, context.Cause(ctx)
	}
	if zenlayer.IsLimited(err) {
		return r.backInLine(ctx, op)
	}
	op.Fault = operation.FaultOf(err)
	if errors.Is(err, errListenerGone) || saysListenerGone(err) {
		return r.finish(ctx, op, operation.NotDone, operation.ReasonGone)
	}
	if zenlayer.OutcomeOf(err) == zenlayer.OutcomeRefused {
		return r.finish(ctx, op, operation.NotDone, refusal(err))
	}
	op.NoteReading(err)
	return r.retryLater(ctx, op, err) // a reading changes nothing, so an unknown end is as good as none
}

// verdict is what the rules say right before a call, with the agreement of
// others taken into account. It is the only place that decides whether a call
// may be made.
type verdict struct {
	allowed bool
	ask     bool               // a permit holds, but more people must agree
	votes   []operation.Vote   // agreements that count now
	lost    []operation.Lost   // those that do not, or about which nothing could be read
	needed  int                //
	channel string             // where the rule has them asked; empty: it does not say
	why     operation.Decision // of a no
}

// permitted asks for permission as it is now: of the asker, of those who
// agreed and of whoever broke the glass. Approvals never make up for a no. Without a
// second person, the last server that is available is not removed, whatever the
// rules say, and break-glass does not stand in for that person.
func (r *Runner) permitted(ctx context.Context, op *operation.Operation, last bool) verdict {
	d := r.Permission.Decide(ctx, lastQuestion(*op, r.Now()))
	if last {
		d = operation.AskSecond(d)
	}
	op.Actor.PersonID = cmp.Or(op.Actor.PersonID, d.PersonID)
	v := verdict{allowed: d.Allowed, why: d}
	if operation.LacksReason(d, *op) {
		v.allowed, v.why.Code, v.why.Allowed = false, operation.DeniedReason, false
		return v
	}
	if d.Allowed || d.Code == operation.DeniedApproval {
		op.DecidedBy(d)
	}
	if d.Allowed || d.Code != operation.DeniedApproval {
		return v
	}
	if op.Glass != nil && op.Change.MayBreakGlass() {
		q := lastQuestion(*op, r.Now())
		q.Action = operation.ActionBreakGlass
		v.why = r.Permission.Decide(ctx, q)
		v.why.Action = operation.ActionBreakGlass
		v.allowed = v.why.Allowed
		return v
	}
	v.needed, v.channel = d.Approvals, d.ApproversChannel
	if op.Approval != nil && !r.countVotes(ctx, *op, &v) {
		return v
	}
	// those who agreed before it was the last one did not agree to that; before the first
	// call they are asked again
	early := last && op.MaybeSent() && op.Approval != nil && !op.Approval.Picture.Last()
	v.allowed = v.needed > 0 && len(v.votes) >= v.needed && !early
	v.ask = !v.allowed && v.needed > 0
	return v
}

// countVotes asks again about everybody who agreed, and takes into v the votes
// that count now. It returns false if a vote could not be checked: v denies then.
func (r *Runner) countVotes(ctx context.Context, op operation.Operation, v *verdict) bool {
	for _, vote := range op.Approval.Votes {
		said := r.Permission.Decide(ctx, voteQuestion(op, vote, r.Now()))
		vote.By.PersonID = cmp.Or(vote.By.PersonID, said.PersonID)
		same := func(other operation.Vote) bool { return other.By.Is(vote.By) }
		if vote.By.Is(op.Actor) || slices.ContainsFunc(v.votes, same) {
			continue
		}
		if said.Allowed {
			v.votes = append(v.votes, vote)
			continue
		}
		lost := operation.Lost{By: vote.By, Code: said.Code}
		if said.Code == operation.DeniedUnchecked || said.PolicyUnknown() {
			said.Action = operation.ActionApprove
			v.why, v.lost = said, []operation.Lost{lost}
			return false
		}
		v.lost = append(v.lost, lost)
	}
	return true
}

// voteQuestion asks whether somebody who agreed may still do so.
func voteQuestion(op operation.Operation, v operation.Vote, at time.Time) operation.Question {
	q := lastQuestion(op, at)
	q.Action, q.Actor, q.Place = operation.ActionApprove, v.By, v.Place
	return q
}

// changedSinceApproval returns what changed since people agreed to op, if anything that
// matters did.
func (r *Runner) changedSinceApproval(op operation.Operation, now operation.Picture) []operation.Difference {
	if op.Approval == nil || op.Approval.Skipped || len(op.Approval.Votes) == 0 || op.MaybeSent() {
		return nil
	}
	return r.Changes[op.Change].Differences(op, op.Approval.Picture, now)
}

// policyWithin is how long an accepted operation waits for somebody who knows
// the newest rules: files reach all replicas within that.
const policyWithin = 2 * time.Minute

// waitForPolicy waits before permission is asked again, with nothing sent, or ends
// op when it has waited long enough.
func (r *Runner) waitForPolicy(
	ctx context.Context, op *operation.Operation, d operation.Decision,
) (operation.Next, error) {
	now := r.Now()
	if op.FirstTry.IsZero() {
		op.FirstTry = now
	}
	op.Tries++
	pause := min(time.Second<<min(op.Tries-1, 3), 5*time.Second)
	if now.Add(pause).After(op.FirstTry.Add(policyWithin)) {
		op.Denial = &d
		return r.finish(ctx, op, operation.NotDone, operation.ReasonDenied)
	}
	op.WaitUntil, op.WaitFor = now.Add(pause), operation.WaitRules
	if err := r.save(ctx, op, operation.EventWaiting,
		map[string]string{"for": op.WaitFor, "code": string(d.Code)}); err != nil {
		return operation.Next{}, err
	}
	return operation.Next{State: op.State, After: pause}, nil
}
