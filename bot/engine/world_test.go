package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest"
	"go.uber.org/zap/zaptest/observer"

	"lbbot/bot/operation"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// world is the database of several processes, in memory. Those that are cut off cannot
// reach it.
type world struct {
	t      *testing.T
	shared bool // as on PostgreSQL: several processes at once
	logs   *observer.ObservedLogs
	log    *zap.Logger

	mu        sync.Mutex
	processes int
	leases    map[string]operation.Lease
	beatAt    map[string]time.Time
	gone, cut map[string]bool
	ears      map[string]*ear // who listens
	calls     map[string]int  // by method
	refuses   map[string]int  // how many calls of a method fail from now on
	onLease   func()          // called by the next Lease
}

// ear is a listening connection.
type ear struct {
	heard chan string
	lost  chan struct{}
}

var errCut = errors.New("the database is out of reach")

// onBoth plays a test with time of its own on a world of each kind.
func onBoth(t *testing.T, play func(t *testing.T, w *world)) {
	t.Parallel()
	for name, shared := range map[string]bool{"one process": false, "replicas": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { play(t, newWorld(t, shared)) })
		})
	}
}

// onReplicas plays a test with time of its own on a world of replicas.
func onReplicas(t *testing.T, play func(t *testing.T, w *world)) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) { play(t, newWorld(t, true)) })
}

func newWorld(t *testing.T, shared bool) *world {
	t.Helper()
	w := &world{t: t, shared: shared, leases: map[string]operation.Lease{}, beatAt: map[string]time.Time{},
		gone: map[string]bool{}, cut: map[string]bool{}, ears: map[string]*ear{}, calls: map[string]int{},
		refuses: map[string]int{}}
	core, logs := observer.New(zap.InfoLevel)
	w.logs = logs
	w.log = zaptest.NewLogger(t, zaptest.WrapOptions(zap.WrapCore(func(c zapcore.Core) zapcore.Core {
		return zapcore.NewTee(c, core)
	})))
	return w
}

// process is an engine whose Run is watched by the test.
type process struct {
	*Engine
	ran  chan error
	stop func(drain time.Duration)
}

// launch starts one more process. It stops at the end of the test unless the test has
// stopped it.
func (w *world) launch(execute func(context.Context, operation.Run, string) error) *process {
	w.t.Helper()
	w.mu.Lock()
	w.processes++
	name := fmt.Sprintf("process-%d", w.processes)
	w.mu.Unlock()
	c := Config{Name: name, Leases: seat{w, name}, Execute: execute, Log: w.log}
	if w.shared {
		c.Replicas = seat{w, name}
	}
	p := &process{Engine: New(c), ran: make(chan error, 1)}
	require.NoError(w.t, p.Join(w.t.Context()))
	ctx, cancel := context.WithCancel(context.Background())
	go func() { p.ran <- p.Run(ctx); close(p.ran) }()
	var once sync.Once
	p.stop = func(drain time.Duration) {
		once.Do(func() {
			within, done := context.WithTimeout(context.Background(), drain)
			defer done()
			require.NoError(w.t, p.Stop(within))
			require.NoError(w.t, p.Leave(within))
			cancel()
			for range p.ran { // whatever it said
			}
		})
	}
	w.t.Cleanup(func() { p.stop(5 * time.Second) })
	synctest.Wait() // it has looked and listens
	return p
}

// accept makes a process the runner of an operation, as its acceptance does.
func (w *world) accept(p *process, id string) {
	w.set(id, operation.Lease{Run: operation.FirstRun, Runner: p.name})
}

func (w *world) set(id string, lease operation.Lease) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.leases[id] = lease
}

func (w *world) get(id string) operation.Lease {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.leases[id]
}

// reach lets a process reach the database, or not.
func (w *world) reach(p *process, can bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cut[p.name] = !can
}

// called returns how often a method was called.
func (w *world) called(method string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.calls[method]
}

// deafen cuts the listening connection of a process.
func (w *world) deafen(p *process) {
	w.mu.Lock()
	defer w.mu.Unlock()
	close(w.ears[p.name].lost)
	delete(w.ears, p.name)
}

// live reports whether a process is one of the replicas.
func (w *world) live(name string) bool {
	_, joined := w.beatAt[name]
	return w.shared && joined && !w.gone[name]
}

// seat is the database as one process sees it.
type seat struct {
	*world
	name string
}

// call begins a call, with the lock held.
func (s seat) call(method string) error {
	s.calls[method]++
	if s.refuses[method] > 0 {
		s.refuses[method]--
		return errors.New("disk full")
	}
	if s.cut[s.name] {
		return errCut
	}
	return nil
}

func (s seat) Lease(_ context.Context, id string) (operation.Lease, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if do := s.onLease; do != nil {
		s.onLease = nil
		s.mu.Unlock()
		do()
		s.mu.Lock()
	}
	lease := s.leases[id]
	lease.Live = s.live(lease.Runner)
	return lease, s.call("Lease")
}

func (s seat) TakeLease(_ context.Context, id string, was, run int64) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.call("TakeLease"); err != nil {
		return false, err
	}
	if now := s.leases[id]; now.Run != was || now.Runner != s.name && s.live(now.Runner) {
		return false, nil
	}
	s.leases[id] = operation.Lease{Run: run, Runner: s.name}
	return true, nil
}

func (s seat) EndLeases(_ context.Context, runs map[string]int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.call("EndLeases"); err != nil {
		return err
	}
	for id, run := range runs {
		if s.leases[id].Run == run {
			s.leases[id] = operation.Lease{Run: run}
		}
	}
	return nil
}

func (s seat) Leases(context.Context) ([]string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.open(), s.call("Leases")
}

// open lists the operations of this process and of dead ones, with the lock held.
func (s seat) open() (ids []string) {
	for id, lease := range s.leases {
		if lease.Runner != "" && (lease.Runner == s.name || !s.live(lease.Runner)) {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

func (s seat) Join(_ context.Context, id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.beatAt[id] = time.Now()
	return s.call("Join")
}

func (s seat) Beat(_ context.Context, id string, silence time.Duration) (b operation.Beat, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.call("Beat"); err != nil || s.gone[id] {
		return b, err
	}
	s.beatAt[id] = time.Now()
	b = operation.Beat{Alive: true, Leases: int64(len(s.open()))}
	for other, at := range s.beatAt {
		if silence > 0 && other != id && !s.gone[other] && time.Since(at) > silence {
			s.gone[other] = true
			b.Dead++
		}
	}
	return b, nil
}

func (s seat) Leave(_ context.Context, id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.gone[id] = true
	s.tell("")
	return s.call("Leave")
}

func (s seat) Wake(_ context.Context, id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tell(id)
	return s.call("Wake")
}

// tell reaches who listens now.
func (w *world) tell(id string) {
	for _, e := range w.ears {
		e.heard <- id
	}
}

func (s seat) Listen(ctx context.Context, hear func(string)) error {
	e := &ear{heard: make(chan string, 1000), lost: make(chan struct{})}
	s.mu.Lock()
	s.ears[s.name] = e
	s.mu.Unlock()
	hear("")
	for {
		select {
		case id := <-e.heard:
			hear(id)
		case <-e.lost:
			return errCut
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// pass lets time go by.
func pass(d time.Duration) {
	synctest.Wait()
	<-time.After(d)
	synctest.Wait()
}

// waits is an execution that waits for an hour, again and again, and says so.
func waits(entered chan<- int64) func(context.Context, operation.Run, string) error {
	return func(_ context.Context, run operation.Run, _ string) error {
		for {
			entered <- run.Number()
			if err := run.Wait(time.Hour, nil); err != nil {
				return err
			}
		}
	}
}

// all takes what is in a channel.
func all[T any](c <-chan T) (list []T) {
	synctest.Wait()
	for len(c) > 0 {
		list = append(list, <-c)
	}
	return list
}
