package operation

import (
	"context"
	"errors"
	"slices"
	"time"

	"go.uber.org/zap"
)

// tellWithin bounds how long telling the owner may hold things up: a person's
// answer must not wait for Slack.
const tellWithin = 10 * time.Second

// settleByPerson goes by a person's answer, once a reading agrees with it. That
// the change was not carried out is believed only when nothing that was sent can
// take effect any more. proof is zero if the reading was not complete.
func (r *Runner) settleByPerson(ctx context.Context, op Operation, proof Proof, complete bool) (Next, error) {
	there := slices.Concat(proof.Backends, proof.Unclear)
	switch {
	case op.Answer == AnswerThere && (proof.Done || len(there) > 0):
		op.Matches = backendIDs(there)
		return r.finishSeen(ctx, &op, there, EvidencePerson)
	case complete && op.Answer == AnswerNotThere && !proof.Done && r.provable(op):
		return r.finish(ctx, &op, NotAdded, ReasonPerson)
	}
	if err := r.tellOwner(ctx, &op); err != nil {
		return Next{}, err
	}
	mismatch := complete && (op.Answer == AnswerThere || op.Answer == AnswerNotThere && proof.Done)
	matches := backendIDs(there)
	if !complete {
		matches = op.Matches // what was seen last stays on the card
	}
	if mismatch != op.Mismatch || !slices.Equal(matches, op.Matches) {
		if mismatch && !op.Mismatch {
			op.PersonSince = op.Version + 1
		}
		op.Mismatch, op.Matches = mismatch, matches
		if err := r.save(ctx, &op, EventLook, map[string]string{"state": string(NeedsPerson), "fault": op.LookFault}); err != nil {
			return Next{}, err
		}
	}
	pause := personPause(r.Now().Sub(op.LastSent()))
	if rest := op.LastSent().Add(ProofAfter).Sub(r.Now()); rest > 0 {
		pause = min(pause, rest)
	}
	return Next{State: op.State, After: pause}, nil
}

// tellOwner tells the owner once. That is stored at once and in a change of
// its own: a click that came in between must not make it twice.
func (r *Runner) tellOwner(ctx context.Context, op *Operation) error {
	if !op.OwnerTold.IsZero() || !r.tell(ctx, *op) {
		return nil
	}
	at := r.Now()
	stored, err := Update(ctx, r.Journal, op.ID, func(now *Operation) (Event, bool) {
		now.OwnerTold = at
		return systemEvent(at, EventLook, *now, map[string]string{"owner": "told"}), now.Run == op.Run
	})
	if err != nil {
		return err
	}
	r.Reporter.Show(stored)
	// What this look found goes on top of it, unless a click came in between:
	// then saving finds op stale and the step is entered again.
	if stored.Version == op.Version+1 {
		op.Version, op.OwnerTold = stored.Version, at
	}
	return nil
}

// tell makes one bounded try to tell the owner about op.
func (r *Runner) tell(ctx context.Context, op Operation) bool {
	within, cancel := context.WithTimeoutCause(ctx, tellWithin, errors.New("Slack did not take the line for the owner within "+tellWithin.String()))
	defer cancel()
	err := holdLease(within)
	if err == nil {
		err = r.Reporter.TellOwner(within, op)
	}
	if err != nil {
		r.Log.Warn("owner could not be told", zap.String("operation", op.ID), zap.Error(err))
		return false
	}
	return true
}
