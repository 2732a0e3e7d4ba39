package journal

import (
	"context"
	"database/sql"
	"errors"
	"runtime"
	"slices"
	"sync"
	"time"

	"lbbot/bot/journal/internal/prepared"
	"lbbot/bot/journal/internal/query"
	"lbbot/bot/operation"
)

// groupSize limits the writes of one transaction, so that the first ones do not wait
// long for the others.
const groupSize = 64

var errClosed = errors.New("the journal is closed")

// group is the one writer of an SQLite file. Writes that wait for it share a
// transaction: one commit, which costs more than their statements, stores all of them.
// They run one after the other and see each other, as in transactions of their own. A
// write that fails is undone alone, and its error is returned after the commit too,
// because what it saw may be uncommitted until then.
type group struct {
	s    *Store
	conn *sql.Conn
	db   *prepared.DB // on conn
	q    *query.Queries

	wake  chan struct{}
	ended chan struct{}

	mu      sync.Mutex
	waiting []*job
	closed  bool
}

// job is a write that waits for the writer.
type job struct {
	ctx       context.Context //nolint:containedctx // of the caller, who waits
	fn        work
	uncounted bool // of Ping, which is no commit of a request
	err       error
	cause     any // of a panic in fn
	done      chan struct{}
}

func newGroup(ctx context.Context, s *Store, db *sql.DB) (*group, error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	g := &group{s: s, conn: conn, db: prepared.New(conn), wake: make(chan struct{}, 1), ended: make(chan struct{})}
	g.q = query.New(g.db)
	go g.run()
	return g, nil
}

// write runs j in a transaction and returns after its commit, with the error of j.fn or
// of the commit. If ctx ends before fn begins, fn does not run. A panic in fn is a panic
// here.
func (g *group) write(ctx context.Context, j *job) error {
	j.ctx, j.done = context.WithoutCancel(ctx), make(chan struct{})
	if err := g.add(ctx, j); err != nil {
		return err
	}
	select {
	case <-j.done:
	case <-ctx.Done():
		if g.withdraw(j) {
			return ctx.Err()
		}
		<-j.done
	}
	if j.cause != nil {
		panic(j.cause)
	}
	return j.err
}

func (g *group) add(ctx context.Context, j *job) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		return errClosed
	}
	g.waiting = append(g.waiting, j)
	g.signal()
	return nil
}

func (g *group) signal() {
	select {
	case g.wake <- struct{}{}:
	default:
	}
}

// withdraw reports whether j has not begun, and now never will.
func (g *group) withdraw(j *job) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	for i, w := range g.waiting {
		if w == j {
			g.waiting = append(g.waiting[:i:i], g.waiting[i+1:]...)
			return true
		}
	}
	return false
}

// take returns the writes of the next transaction, at most groupSize.
func (g *group) take() []*job {
	g.mu.Lock()
	defer g.mu.Unlock()
	n := min(len(g.waiting), groupSize)
	jobs := g.waiting[:n:n]
	if g.waiting = g.waiting[n:]; len(g.waiting) > 0 {
		g.signal()
	}
	return jobs
}

// close refuses further writes, and returns when those that wait are stored.
func (g *group) close() error {
	if g == nil {
		return nil
	}
	g.mu.Lock()
	g.closed = true
	g.signal()
	g.mu.Unlock()
	<-g.ended
	return errors.Join(g.db.Close(), g.conn.Close())
}

func (g *group) run() {
	defer close(g.ended)
	for range g.wake {
		runtime.Gosched() // what can run now may write too, and shares the commit
		g.commit()
		g.mu.Lock()
		over := g.closed && len(g.waiting) == 0
		g.mu.Unlock()
		if over {
			return
		}
	}
}

// commit stores the writes that wait. It takes them when the transaction has begun:
// until then, which can be seconds while another program has locked the file, they can
// be withdrawn.
func (g *group) commit() {
	g.mu.Lock()
	none := len(g.waiting) == 0
	g.mu.Unlock()
	if none {
		return
	}
	err := g.begin()
	jobs := g.take()
	if err == nil {
		err = g.perform(jobs)
	}
	for _, j := range jobs {
		if err != nil {
			j.err = err
		}
		close(j.done)
	}
}

func (g *group) begin() error {
	if err := g.s.place.check(); err != nil {
		return err
	}
	return g.exec("begin immediate")
}

// perform runs jobs and commits. Its error holds for all of them, except that a write
// which failed by itself keeps its error when the file was moved after the commit.
func (g *group) perform(jobs []*job) error {
	kept, err := g.runAll(jobs)
	if err == nil && kept > 0 {
		if err = g.s.place.check(); err == nil {
			start := time.Now()
			err = g.exec("commit")
			g.s.metrics.Committed(start)
		}
	}
	if err != nil || kept == 0 {
		_ = g.exec("rollback") // fails if SQLite has rolled back by itself
		return err
	}
	if slices.ContainsFunc(jobs, func(j *job) bool { return !j.uncounted }) {
		g.s.metrics.Commits.Inc()
	}
	moved, ok := errors.AsType[*operation.JournalMovedError](g.s.place.check())
	if !ok {
		return nil
	}
	moved.Committed = true
	for _, j := range jobs {
		if j.err == nil {
			j.err = moved
		}
	}
	return nil
}

// runAll runs jobs and returns how many succeeded. An error means that the transaction
// is lost.
func (g *group) runAll(jobs []*job) (kept int, err error) {
	for _, j := range jobs {
		alone := len(jobs) == 1
		if !alone {
			if err := g.exec("savepoint job"); err != nil {
				return 0, err
			}
		}
		g.runOne(j)
		failed := j.err != nil || j.cause != nil
		if !failed {
			kept++
		}
		if !alone {
			if err := g.end(failed); err != nil {
				return 0, errors.Join(j.err, err)
			}
		}
	}
	return kept, nil
}

// end ends the savepoint of a write.
func (g *group) end(failed bool) error {
	if failed {
		if err := g.exec("rollback to job"); err != nil {
			return err
		}
	}
	return g.exec("release job")
}

func (g *group) runOne(j *job) {
	defer func() { j.cause = recover() }()
	j.err = j.fn(j.ctx, g.db, g.q)
}

func (g *group) exec(statement string) error {
	_, err := g.db.ExecContext(context.Background(), statement)
	return err
}
