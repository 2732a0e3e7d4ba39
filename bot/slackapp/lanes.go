package slackapp

import "sync"

// lanes runs tasks side by side, but those of one lane one after the other,
// in the order they came. Its goroutines end when their lane is empty; wait
// waits for all of them.
type lanes struct {
	limit    int             // tasks waiting or running
	panicked func(cause any) // called after a task has panicked; the others continue

	mu      sync.Mutex
	count   int
	waiting map[string][]func()
	work    sync.WaitGroup
}

func newLanes(limit int, panicked func(cause any)) *lanes {
	return &lanes{limit: limit, panicked: panicked, waiting: map[string][]func(){}}
}

// run takes a task, or reports false when there are too many already. It does
// not block. The empty lane is no lane: its tasks run side by side.
func (l *lanes) run(lane string, task func()) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.count >= l.limit {
		return false
	}
	l.count++
	l.work.Add(1)
	if lane == "" {
		go l.one(task)
		return true
	}
	queue, busy := l.waiting[lane]
	l.waiting[lane] = append(queue, task)
	if !busy {
		l.work.Go(func() { l.drain(lane) })
	}
	return true
}

func (l *lanes) drain(lane string) {
	for {
		l.mu.Lock()
		queue := l.waiting[lane]
		if len(queue) == 0 {
			delete(l.waiting, lane)
			l.mu.Unlock()
			return
		}
		task := queue[0]
		l.waiting[lane] = queue[1:]
		l.mu.Unlock()
		l.one(task)
	}
}

func (l *lanes) one(task func()) {
	defer l.done()
	l.guarded(task)
}

func (l *lanes) guarded(task func()) {
	defer func() {
		if cause := recover(); cause != nil {
			l.panicked(cause)
		}
	}()
	task()
}

// besides runs a part of a task beside it. Only a running task may call it. It does not block.
func (l *lanes) besides(part func()) { l.work.Go(func() { l.guarded(part) }) }

func (l *lanes) done() {
	l.mu.Lock()
	l.count--
	l.mu.Unlock()
	l.work.Done()
}

// wait returns when no task is waiting or running.
func (l *lanes) wait() { l.work.Wait() }
