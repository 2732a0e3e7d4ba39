package history

import (
	"context"

	"lbbot/bot/operation"
	"lbbot/bot/operation/intake"
)

// OpenHere returns the open operations that a person may see in a place, the last
// accepted first: those that everybody in the channel sees, see within, and the
// person's own elsewhere. all is false if MaxOpen were read: there may be more.
// Errors: *DeniedError, *UnavailableError. It blocks for lookWithin at most.
func (r *Reader) OpenHere(ctx context.Context, a operation.Actor, p operation.Place,
) (here []Past, all bool, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, lookWithin, errLookWithin)
	defer cancel()
	if err := r.Gate.Admit(ctx, a, p, ""); err != nil {
		return nil, false, err
	}
	open, err := r.Archive.Open(ctx)
	if err != nil {
		return nil, false, &intake.UnavailableError{What: "journal", Err: err}
	}
	for _, past := range open {
		if past.Operation.Actor.Owns(a) || within(past.Operation, p.ChannelID) {
			here = append(here, past)
		}
	}
	return here, len(open) < MaxOpen, nil
}
