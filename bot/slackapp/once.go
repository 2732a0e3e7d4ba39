package slackapp

import (
	"context"
	"fmt"
	"time"

	"go.uber.org/zap"

	"lbbot/bot/operation"
	"lbbot/bot/slackapp/delivery"
)

// A delivery may come twice, and the process that got the first one may have
// ended. The journal says which deliveries were answered. In this process the
// deliveries with one key take turns, because they are on one lane.

// claimEvery is the interval of checks whether another process has answered.
const claimEvery = 200 * time.Millisecond

// delivered returns what earlier deliveries of d did. If the journal does not
// say, d counts as new: a second answer is better than none.
func (a *App) delivered(ctx context.Context, d delivery.Delivery) operation.Delivered {
	ctx, cancel := noting(ctx)
	defer cancel()
	known, err := a.Journal.Delivered(ctx, d.Key)
	if err != nil {
		a.Log.Warn("the journal did not say whether a delivery was answered", zap.Error(err))
	}
	return known
}

// once answers d with say, unless d was answered before. While another process
// that is alive answers it, once waits. say reports whether the person has the
// answer.
func (a *App) once(ctx context.Context, d delivery.Delivery, say func() bool) {
	if d.Kind == delivery.KindSubmit { // the same view can be sent again on purpose
		say()
		return
	}
	if !a.claim(ctx, d) || !say() {
		return
	}
	ctx, cancel := noting(ctx)
	defer cancel()
	if err := a.Journal.Told(ctx, d.Key); err != nil {
		a.Log.Warn("an answer could not be noted; a second delivery is answered again", zap.Error(err))
	}
}

// claim reports whether this process is to answer d.
func (a *App) claim(ctx context.Context, d delivery.Delivery) bool {
	for {
		mine, err := a.claimNow(ctx, d)
		if err != nil {
			a.Log.Warn("a delivery could not be claimed; it is answered all the same", zap.Error(err))
			return true
		}
		if mine {
			return true
		}
		if a.delivered(ctx, d).Told {
			return false
		}
		next := time.NewTimer(claimEvery)
		select {
		case <-next.C:
		case <-ctx.Done():
			next.Stop()
			return false
		}
	}
}

func (a *App) claimNow(ctx context.Context, d delivery.Delivery) (bool, error) {
	ctx, cancel := noting(ctx)
	defer cancel()
	return a.Journal.Claim(ctx, d.Key)
}

// noting bounds one call of the journal. An answer may be due after the timeout of
// the work.
func noting(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(context.WithoutCancel(ctx), noteWithin,
		fmt.Errorf("the journal did not answer within %s", noteWithin))
}
