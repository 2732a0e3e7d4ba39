package intake

import (
	"context"

	"lbbot/bot/operation"
	"lbbot/commands"
)

// maySkipLook reports whether a request that is sent at once needs no look at the listener's servers before that: the
// runner looks right before the call. A look is needed if somebody will see a preview, if the answer to a mistake or
// the decision depends on what is on the listener, and if the list may still show what was just taken off.
func (i *Intake) maySkipLook(ctx context.Context, asked commands.Registration, op operation.Operation) bool {
	if asked.Name != "" || op.DryRun || op.Listener.Protected || op.Unsearched != (operation.Fault{}) {
		return false
	}
	if op.Request.Weight == 0 && (i.Rules == nil || i.Rules.ReadsWeight()) {
		return false
	}
	removals, err := i.Journal.Leaving(ctx, op.Account, op.Request.ListenerID, op.Request.InstanceID,
		i.Now().Add(-operation.StillListed))
	return err == nil && len(removals) == 0
}
