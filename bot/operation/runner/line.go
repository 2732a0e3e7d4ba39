package runner

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"sync"
	"time"

	"lbbot/bot/operation"
	"lbbot/zenlayer"
)

// callWaits is how long a call that adds waits at the limiter before it is
// known as not sent: short, because its attempt is written down already and
// its time for an answer runs.
const callWaits = 2 * time.Second

func ranked(ctx context.Context, rank int) context.Context {
	return zenlayer.WithWaiting(ctx, zenlayer.Waiting{Rank: rank})
}

// Line lets a few accepted operations at a time make their last checks and their call,
// in the order of their clicks. The others wait before their checks, so that no check
// grows old. The limiter cannot do this: it orders single calls, by what they are for.
// Nor can a Line replace the limiter, which puts accepted operations before previews.
// A Line knows nothing of other processes. If it is nil, every operation has a turn.
type Line struct {
	turns int
	alone bool

	mu      sync.Mutex
	busy    int      // turns that are taken
	waiting []*place // who was clicked first is first
	closed  chan struct{}
}

// NewLine makes a line with so many turns; nil, which is no line, for 0. alone
// says that no other process calls for the account, so that it is known how
// many wait.
func NewLine(turns int, alone bool) *Line {
	if turns == 0 {
		return nil
	}
	return &Line{turns: turns, alone: alone, closed: make(chan struct{})}
}

// Close ends all waiting, now and later: the process stops. Turns that were
// taken are not ended.
func (l *Line) Close() {
	if l == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	select {
	case <-l.closed:
	default:
		close(l.closed)
	}
}

// Waiting returns how many operations wait for their turn.
func (l *Line) Waiting() int {
	if l == nil {
		return 0
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.waiting)
}

// place is one operation in line. Whoever joined must leave, once.
type place struct {
	line    *Line
	clicked time.Time
	turn    chan struct{} // closed when it is its turn
}

// join takes a place; it does not wait.
func (l *Line) join(clicked time.Time) *place {
	p := &place{line: l, clicked: clicked, turn: make(chan struct{})}
	if l == nil {
		close(p.turn)
		return p
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.busy < l.turns && len(l.waiting) == 0 {
		l.busy++
		close(p.turn)
		return p
	}
	at := len(l.waiting)
	for at > 0 && l.waiting[at-1].clicked.After(clicked) {
		at--
	}
	l.waiting = slices.Insert(l.waiting, at, p)
	return p
}

// leave gives the place or the turn back.
func (p *place) leave() {
	l := p.line
	if l == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if at := slices.Index(l.waiting, p); at >= 0 {
		l.waiting = slices.Delete(l.waiting, at, at+1)
		return
	}
	if len(l.waiting) == 0 {
		l.busy--
		return
	}
	close(l.waiting[0].turn) // the turn is handed on
	l.waiting = slices.Delete(l.waiting, 0, 1)
}

// others is how many more wait for a turn; 0 if that is not known.
func (p *place) others() int {
	if !p.line.alone {
		return 0
	}
	p.line.mu.Lock()
	defer p.line.mu.Unlock()
	return max(0, len(p.line.waiting)-1)
}

// errLineClosed ends waiting when the process stops.
var errLineClosed = errors.New("the bot is stopping")

// wait waits for the turn for so long at most and reports whether it came.
func (p *place) wait(ctx context.Context, d time.Duration) (bool, error) {
	select {
	case <-p.turn:
		return true, nil
	default:
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-p.turn:
		return true, nil
	case <-t.C:
		return false, nil
	case <-p.line.closed:
		return false, errLineClosed
	case <-ctx.Done():
		return false, context.Cause(ctx)
	}
}

// lineLook is how often an operation in line looks whether a person stopped it
// or it is too late for it; waits that are shorter are not worth a word.
const lineLook = 2 * time.Second

// inTurn goes on with op when its turn comes, or ends it when it is stopped or
// too late before that. The place is kept in memory only: an operation that
// comes back after a restart takes it again by its click.
func (r *Runner) inTurn(ctx context.Context, op *operation.Operation) (operation.Next, error) {
	p := r.Line.join(op.ClickedAt)
	defer p.leave()
	for waited := false; ; waited = true {
		turn, err := p.wait(ctx, lineLook)
		if errors.Is(err, errLineClosed) {
			return operation.Next{State: op.State, After: lineLook}, nil // the next process goes on
		}
		if err == nil && (waited || !turn) { // it may be another one by now
			*op, err = r.current(ctx, op.ID, op.Run)
		}
		if err != nil {
			return operation.Next{}, err
		}
		if over, err := r.overdue(ctx, op); over != nil || err != nil {
			return over.next(), err
		}
		if turn {
			return r.checkAndCall(ctx, op)
		}
		if op.WaitFor != operation.WaitLine {
			op.Others = p.others()
			if err := r.waitInLine(ctx, op, time.Time{}); err != nil {
				return operation.Next{}, err
			}
		}
	}
}

// waitInLine notes that op waits for a free call, and has its card say so.
func (r *Runner) waitInLine(ctx context.Context, op *operation.Operation, until time.Time) error {
	op.WaitFor, op.WaitUntil, op.InLine = operation.WaitLine, until, r.Now()
	return r.save(ctx, op, operation.EventWaiting,
		map[string]string{"for": operation.WaitLine, "others": strconv.Itoa(op.Others)})
}

// backInLine takes op's place again after a call that the limiter kept back:
// nothing was asked, so it is no try, and only the click's five minutes end it.
func (r *Runner) backInLine(ctx context.Context, op *operation.Operation) (operation.Next, error) {
	op.Others = 0 // not known
	if err := r.waitInLine(ctx, op, r.Now().Add(lineLook)); err != nil {
		return operation.Next{}, err
	}
	return operation.Next{State: op.State, After: lineLook}, nil
}
