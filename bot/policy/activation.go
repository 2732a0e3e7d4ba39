package policy

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"lbbot/bot/filewatch"
	"lbbot/bot/operation"
)

// Activations is where the replicas of one database agree which policies are in
// force: those activated last. Both methods block for the database, at most until
// ctx ends.
type Activations interface {
	// Activated returns the last activation, the zero value if there is none.
	Activated(ctx context.Context) (operation.Activation, error)

	// Activate makes the next activation if the last one still has the number
	// after and, unless again is set, the digest was never activated before.
	// It reports whether it did.
	Activate(ctx context.Context, after int64, digest string, again bool) (bool, error)
}

// agreement is what a Gate knows about the activations.
//
// A replica decides only by the policies that were activated last. A replica with
// an older file decides nothing. Two files do not show which of them is newer, so
// this is the rule:
//
//   - Policies that were never in force on this database are new. Loading them
//     activates them, at start and while running.
//   - If the file of a running replica with the newest policies changes, it was
//     changed on purpose. Its policies are activated even if they were in force
//     before: this is the way back to earlier policies.
//   - All other policies that were in force before are old: after a start, or on a
//     replica without the newest policies. Neither a restart nor a reload
//     activates them. To use them, change a comment in the file: it is then new.
//
// A process that owns its database alone (SQLite) always activates its file.
//
// The database is asked as the last thing before each decision. That is one
// indexed read, a few tenths of a millisecond. A cached answer would keep a
// withdrawn permission alive for as long as it is cached. A replica that cannot
// read the database decides nothing; it could not accept anything either.
type agreement struct {
	table Activations // nil: there is only this process
	alone bool
	turn  chan struct{}          // held while activating
	held  atomic.Pointer[string] // digest of the last policies that were both in force and its own
	state atomic.Int32           // as last seen: 0, newest or outdated; for log and metrics
}

const (
	newest   int32 = 1
	outdated int32 = 2
)

// activationTimeout bounds what Run and Ready wait for the database.
const activationTimeout = 2 * time.Second

func newAgreement(table Activations, alone bool) *agreement {
	a := &agreement{table: table, alone: alone, turn: make(chan struct{}, 1)}
	a.held.Store(new(string))
	return a
}

// OutdatedError says that the policies in force are newer than those of this
// process.
type OutdatedError struct {
	Digest string               // of the policies here; empty: none
	Newest operation.Activation // what is in force
}

// Error says what to do.
func (e *OutdatedError) Error() string {
	own := "no policies are loaded"
	if e.Digest != "" {
		own = fmt.Sprintf("the policies loaded here, %.12s, are not the newest", e.Digest)
	}
	return fmt.Sprintf("%s: %.12s came into force at %s UTC, so this replica decides nothing: give it the newest "+
		"file, or change a comment in its own file to make that the newest",
		own, e.Newest.Digest, e.Newest.At.UTC().Format("2006-01-02 15:04:05"))
}

// Ready returns nil if this process decides by the policies in force, also if
// there are none. It is an error while the first file may be incomplete. It blocks
// for the database, at most for 2 s.
func (g *Gate) Ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, activationTimeout)
	defer cancel()
	now := g.current.Load()
	if now.set == nil && now.settling {
		return errSettling
	}
	return g.agree(ctx, now)
}

var errSettling = fmt.Errorf("the policy file was changed less than %s ago; it is loaded when it has stayed the "+
	"same for that long", filewatch.Steady)

// checkNewest is agree, and stores its error in a decision.
func (g *Gate) checkNewest(ctx context.Context, now *loaded, d *operation.Decision) error {
	err := g.agree(ctx, now)
	if _, ok := errors.AsType[*OutdatedError](err); ok {
		d.Code = operation.DeniedOutdated
	} else if err != nil {
		d.Code, d.What = operation.DeniedUnchecked, operation.FactNewest
	}
	return err
}

// agree returns nil if these policies are in force. It activates the current file
// first if the rule says so. Errors: *OutdatedError, or the database could not be
// read.
func (g *Gate) agree(ctx context.Context, now *loaded) error {
	own, a := now.digest(), g.agreement
	if a.table == nil || a.alone && (own == "" || own == *a.held.Load()) {
		return nil
	}
	last, err := a.table.Activated(ctx)
	if err != nil {
		return fmt.Errorf("asking which policies are in force: %w", err)
	}
	if own != last.Digest || own != *a.held.Load() {
		if last, err = g.claim(ctx); err != nil {
			return fmt.Errorf("bringing policies into force: %w", err)
		}
	}
	if own == last.Digest {
		g.noted(newest, now, last)
		return nil
	}
	g.noted(outdated, now, last)
	return &OutdatedError{Digest: own, Newest: last}
}

// claim activates the current file, if the rule of agreement says so, and returns
// the last activation.
func (g *Gate) claim(ctx context.Context) (operation.Activation, error) {
	a := g.agreement
	select {
	case a.turn <- struct{}{}:
		defer func() { <-a.turn }()
	case <-ctx.Done():
		return operation.Activation{}, context.Cause(ctx)
	}
	for {
		last, err := a.table.Activated(ctx)
		if err != nil {
			return last, err
		}
		own := g.current.Load().digest()
		if own == last.Digest {
			a.held.Store(&own)
			return last, nil
		}
		if own == "" {
			return last, nil
		}
		again := a.alone || last.Digest == *a.held.Load()
		done, err := a.table.Activate(ctx, last.Number, own, again)
		if err != nil {
			return last, err
		}
		if done {
			g.log.Info("policy activated", zap.String("digest", own), zap.Int64("number", last.Number+1),
				zap.String("before", last.Digest))
			continue // to read its time
		}
		then, err := a.table.Activated(ctx)
		if err != nil || then.Number == last.Number {
			return last, err // no other process was faster, so these policies are old
		}
	}
}

// noted logs and counts once when this replica becomes outdated or up to date.
func (g *Gate) noted(state int32, now *loaded, last operation.Activation) {
	own := now.digest()
	if now != g.current.Load() || last.Number == 0 || g.agreement.state.Swap(state) == state {
		return
	}
	fields := []zap.Field{zap.String("file", g.path), zap.String("digest", own), zap.String("newest", last.Digest),
		zap.Time("activated", last.At)}
	if state == outdated {
		g.metrics.outdated.Set(1)
		g.log.Error("policy is not the newest: this replica denies everything until it has the newest file", fields...)
		return
	}
	g.metrics.outdated.Set(0)
	g.log.Info("policy is the newest", fields...)
}

func (l *loaded) digest() string {
	if l.set == nil {
		return ""
	}
	return l.set.Digest
}
