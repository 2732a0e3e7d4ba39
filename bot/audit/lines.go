package bot

import (
	"context"
	"fmt"
	"sync"
	"time"

	"go.uber.org/zap"

	"lbbot/bot/journal"
	"lbbot/bot/operation"
	"lbbot/bot/slackapp"
)

const (
	lineEvery  = time.Second
	lineHold   = time.Minute      // a process that died keeps the channel this long
	linePost   = 30 * time.Second // for one message, shorter than lineHold
	linePause  = time.Minute      // the longest pause after failures
	lineYouth  = 24 * time.Hour   // older events are not told any more
	lineWindow = 200              // entries read at once
)

// teller posts the lines of the audit channel. How far it came is in the
// journal, so that a crash loses none of them; one that was posted in the
// moment of a crash is posted twice. One process posts at a time.
type teller struct {
	journal interface {
		LinesPosted(ctx context.Context) (int64, error)
		Head(ctx context.Context) (journal.Head, error)
		HoldLines(ctx context.Context, holder string, until time.Time) (int64, bool, error)
		Entries(ctx context.Context, after int64, limit int) ([]journal.Entry, error)
		AdvanceLines(ctx context.Context, holder string, position int64) error
	}
	post   func(ctx context.Context, events []operation.Event, skipped int) error
	holder string // of this process
	now    func() time.Time
	log    *zap.Logger

	telling sync.Mutex // held while a message is made and posted
	left    bool
}

// begin keeps the place from which on lines are posted if there is none yet:
// what this process does from here on has its line.
func (t *teller) begin(ctx context.Context) {
	ctx, cancel := context.WithTimeoutCause(ctx, finishWithin, fmt.Errorf("the journal did not answer within %s", finishWithin))
	defer cancel()
	if _, _, err := t.journal.HoldLines(ctx, t.holder, t.now().Add(lineHold)); err != nil {
		t.log.Warn("place of the audit channel could not be read yet", zap.Error(err))
	}
}

// leave lets others post at once, unless a message is under way: then they
// wait until lineHold is over. Nothing is posted after that.
func (t *teller) leave() {
	if !t.telling.TryLock() {
		return
	}
	defer t.telling.Unlock()
	t.left = true
	ctx, cancel := context.WithTimeout(context.Background(), finishWithin)
	defer cancel()
	if _, _, err := t.journal.HoldLines(ctx, t.holder, time.Time{}); err != nil {
		t.log.Info("audit channel could not be left; others post there in a minute", zap.Error(err))
	}
}

// run posts until ctx ends.
func (t *teller) run(ctx context.Context) error {
	pause := lineEvery
	for {
		more, err := t.tell(ctx)
		if err == nil {
			pause = lineEvery
		} else if ctx.Err() == nil {
			if pause == lineEvery {
				t.log.Warn("audit channel cannot be posted to; it is tried again, and nothing is lost: is the bot in the channel?", zap.Error(err))
			}
			pause = min(2*pause, linePause)
		}
		if more && err == nil && ctx.Err() == nil {
			continue // the channel's own limit paces it
		}
		wait := time.NewTimer(pause)
		select {
		case <-ctx.Done():
			wait.Stop()
			return nil
		case <-wait.C:
		}
	}
}

// tell posts one message if there is something to say and no other process
// does, and reports whether there is more.
func (t *teller) tell(ctx context.Context) (more bool, err error) {
	t.telling.Lock()
	defer t.telling.Unlock()
	if t.left {
		return false, nil
	}
	ctx, cancel := context.WithTimeoutCause(ctx, linePost, fmt.Errorf("Slack or the journal did not answer within %s", linePost))
	defer cancel()
	posted, err := t.journal.LinesPosted(ctx)
	if err != nil {
		return false, err
	}
	head, err := t.journal.Head(ctx)
	if err != nil || head.Position == posted {
		return false, err
	}
	position, held, err := t.journal.HoldLines(ctx, t.holder, t.now().Add(lineHold))
	if err != nil || !held {
		return false, err
	}
	entries, err := t.journal.Entries(ctx, position, lineWindow)
	if err != nil || len(entries) == 0 {
		return false, err
	}
	events, skipped, last := t.pick(entries)
	if len(events) > 0 || skipped > 0 {
		if err := t.post(ctx, events, skipped); err != nil {
			return false, err
		}
	}
	return last < head.Position, t.journal.AdvanceLines(ctx, t.holder, last)
}

// pick chooses the events of one message and says up to where that is.
func (t *teller) pick(entries []journal.Entry) (events []operation.Event, skipped int, last int64) {
	for _, entry := range entries {
		last = entry.Position
		e, err := entry.Event()
		if err != nil {
			t.log.Warn("event of the audit trail cannot be read", zap.Int64("position", entry.Position), zap.Error(err))
			continue
		}
		switch {
		case !slackapp.Audited(e):
		case t.now().Sub(e.At) > lineYouth:
			skipped++
		default:
			events = append(events, e)
		}
		if len(events) == slackapp.AuditLimit {
			break
		}
	}
	return events, skipped, last
}
