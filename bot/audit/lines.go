package audit

import (
	"context"
	"fmt"
	"sync"
	"time"

	"go.uber.org/zap"

	"lbbot/bot/operation"
)

const (
	lineEvery  = time.Second
	lineHold   = time.Minute      // how long a dead process keeps the channel
	linePost   = 30 * time.Second // for one message, shorter than lineHold
	linePause  = time.Minute      // the longest pause after failures
	lineYouth  = 24 * time.Hour   // older events are only counted
	lineWindow = 200              // entries read at once
)

// Teller posts the lines of the audit channel. How far it came is in the
// journal, so no line is lost in a crash; a message that was posted in the
// moment of the crash is posted twice. One process posts at a time.
type Teller struct {
	Store interface {
		LinesPosted(ctx context.Context) (posted, end int64, err error)
		HoldLines(ctx context.Context, holder string, until time.Time) (int64, bool, error)
		Entries(ctx context.Context, after int64, limit int) ([]Entry, error)
		AdvanceLines(ctx context.Context, holder string, position int64) error
	}
	HasLine func(e operation.Event) bool
	Limit   int // lines of one message
	Post    func(ctx context.Context, events []operation.Event, skipped int) error
	Holder  string       // the name of this process
	End     func() int64 // the end of the chain as this process saw it last, see Auditor.End
	Now     func() time.Time
	Log     *zap.Logger

	telling sync.Mutex // held while a message is made and posted
	left    bool
	posted  int64 // how far the channel is, as far as this process knows
}

// Begin stores the position from which lines are posted, if there is none yet.
// Everything that this process does afterwards gets its line.
func (t *Teller) Begin(ctx context.Context) {
	ctx, cancel := context.WithTimeoutCause(ctx, finishWithin,
		fmt.Errorf("the journal did not answer within %s", finishWithin))
	defer cancel()
	if _, _, err := t.Store.HoldLines(ctx, t.Holder, t.Now().Add(lineHold)); err != nil {
		t.Log.Warn("position of the audit channel could not be read yet", zap.Error(err))
	}
}

// Leave lets other processes post at once, unless a message is being posted: then
// they wait for lineHold. Nothing is posted after that.
func (t *Teller) Leave() {
	if !t.telling.TryLock() {
		return
	}
	defer t.telling.Unlock()
	t.left = true
	ctx, cancel := context.WithTimeout(context.Background(), finishWithin)
	defer cancel()
	if _, _, err := t.Store.HoldLines(ctx, t.Holder, time.Time{}); err != nil {
		t.Log.Info("audit channel could not be released; other processes post in a minute", zap.Error(err))
	}
}

// Run posts until ctx ends. It returns nil.
func (t *Teller) Run(ctx context.Context) error {
	pause := lineEvery
	for {
		more, err := t.tell(ctx)
		if err == nil {
			pause = lineEvery
		} else if ctx.Err() == nil {
			if pause == lineEvery {
				t.Log.Warn("audit channel cannot be posted to; retrying: is the bot in the channel?",
					zap.Error(err))
			}
			pause = min(2*pause, linePause)
		}
		if more && err == nil && ctx.Err() == nil {
			continue // the rate limit of the channel paces it
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

// tell posts one message if there are new lines and no other process posts, and
// reports whether there is more.
func (t *Teller) tell(ctx context.Context) (more bool, err error) {
	t.telling.Lock()
	defer t.telling.Unlock()
	if t.left || t.posted > 0 && t.posted == t.End() {
		return false, nil
	}
	ctx, cancel := context.WithTimeoutCause(ctx, linePost,
		fmt.Errorf("Slack or the journal did not answer within %s", linePost))
	defer cancel()
	posted, end, err := t.Store.LinesPosted(ctx)
	if err == nil {
		t.posted = posted
	}
	if err != nil || end == posted {
		return false, err
	}
	position, held, err := t.Store.HoldLines(ctx, t.Holder, t.Now().Add(lineHold))
	if err != nil || !held {
		return false, err
	}
	entries, err := t.Store.Entries(ctx, position, lineWindow)
	if err != nil || len(entries) == 0 {
		return false, err
	}
	events, skipped, last := t.pick(entries)
	if len(events) > 0 || skipped > 0 {
		if err := t.Post(ctx, events, skipped); err != nil {
			return false, err
		}
	}
	return last < end, t.Store.AdvanceLines(ctx, t.Holder, last)
}

// pick chooses the events of one message, and returns the last position it read.
func (t *Teller) pick(entries []Entry) (events []operation.Event, skipped int, last int64) {
	for _, entry := range entries {
		last = entry.Position
		e, err := entry.Event()
		if err != nil {
			t.Log.Warn("event of the audit trail cannot be read", zap.Int64("position", entry.Position), zap.Error(err))
			continue
		}
		switch {
		case !t.HasLine(e):
		case t.Now().Sub(e.At) > lineYouth:
			skipped++
		default:
			events = append(events, e)
		}
		if len(events) == t.Limit {
			break
		}
	}
	return events, skipped, last
}
