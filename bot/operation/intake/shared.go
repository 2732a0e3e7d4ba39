package intake

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"lbbot/bot/operation"
	"lbbot/zenlayer"
)

// Reading is everything that previews ask of Zenlayer.
type Reading interface {
	operation.Catalog
	operation.Pools
}

// Shared answers previews, many of which ask the same within seconds. It
// promises:
//
//   - The same question asked by several people at the same time is asked of
//     Source once. What is under way when a caller asks may have been read a
//     moment before; that is why nothing but previews may ask here. The last
//     checks before a call ask Source itself.
//   - An answer of the catalogue serves for sharedFor after it came; a pool is
//     never remembered, nor is a failure.
//   - When more than crowd different servers are asked for at the same time,
//     the list of all servers is read once instead, and answers them all.
//   - A question is cancelled only when no caller waits for its answer any more:
//     one caller that gives up does not fail the others. singleflight.Group cannot
//     do that: its calls have no context that ends with the last caller.
//
// The answers are shared: they must not be changed. What is remembered is
// dropped with the first question after its time, so memory does not grow.
// Each question has a goroutine, which ends when it is answered or given up;
// Close waits for them.
type Shared struct {
	Source  Reading
	Lists   Known      // nil: every name is read from Source
	Waiting func() int // calls that wait at the account's limiter; nil: never any
	Now     func() time.Time

	mu        sync.Mutex
	questions map[string]*question
	apart     map[zenlayer.InstanceType]time.Time // until then the whole list is not tried
	work      sync.WaitGroup
}

// question is under way until done is closed.
type question struct {
	done   chan struct{}
	askers int
	cancel context.CancelFunc
	answer any
	err    error
	at     time.Time // of the answer
}

const (
	sharedFor = 5 * time.Second // a person needs longer to change something and to ask about it
	crowd     = 2
	apartFor  = time.Minute
)

// errCrowded says that time ran out while calls waited for the limiter.
var errCrowded = errors.New("too many calls to Zenlayer wait")

// Close waits until no question is under way: whoever asked has left by then.
func (s *Shared) Close() { s.work.Wait() }

// DescribeListeners implements Catalog.
func (s *Shared) DescribeListeners(ctx context.Context, f zenlayer.ListenerFilter) ([]zenlayer.Listener, error) {
	return ask(ctx, s, key("listeners", f), true, func(ctx context.Context) ([]zenlayer.Listener, error) {
		return s.Source.DescribeListeners(ctx, f)
	})
}

// DescribeLoadBalancers implements Catalog.
func (s *Shared) DescribeLoadBalancers(
	ctx context.Context, f zenlayer.LoadBalancerFilter,
) ([]zenlayer.LoadBalancer, error) {
	return ask(ctx, s, key("load balancers", f), true, func(ctx context.Context) ([]zenlayer.LoadBalancer, error) {
		return s.Source.DescribeLoadBalancers(ctx, f)
	})
}

// DescribeBackends implements Pools.
func (s *Shared) DescribeBackends(ctx context.Context, listenerID string,
	f zenlayer.BackendFilter) ([]zenlayer.Backend, error) {
	pool, err := ask(ctx, s, key("backends of "+listenerID, f), false,
		func(ctx context.Context) ([]zenlayer.Backend, error) {
			return s.Source.DescribeBackends(ctx, listenerID, f)
		})
	if zenlayer.IsNotFound(err) {
		s.Doubt() // the listener was in them
	}
	return pool, err
}

// DescribeInstances implements Catalog.
func (s *Shared) DescribeInstances(ctx context.Context, kind zenlayer.InstanceType,
	f zenlayer.InstanceFilter) ([]zenlayer.Instance, error) {
	if s.crowded(kind) {
		all, err := s.instances(ctx, kind, zenlayer.InstanceFilter{})
		if err == nil {
			return slices.DeleteFunc(slices.Clone(all), func(i zenlayer.Instance) bool { return !fits(i, f) }), nil
		}
		if ctx.Err() != nil || isBusy(err) || zenlayer.IsNotFound(err) {
			return nil, err
		}
		s.keepApart(kind) // too many servers for one list, perhaps
	}
	return s.instances(ctx, kind, f)
}

func (s *Shared) instances(ctx context.Context, kind zenlayer.InstanceType,
	f zenlayer.InstanceFilter) ([]zenlayer.Instance, error) {
	return ask(ctx, s, key(serversOf(kind), f), true, func(ctx context.Context) ([]zenlayer.Instance, error) {
		return s.Source.DescribeInstances(ctx, kind, f)
	})
}

func serversOf(kind zenlayer.InstanceType) string { return "servers " + string(kind) }

func key(what string, filter any) string { return fmt.Sprintf("%s %+v", what, filter) }

// crowded reports whether the whole list serves better: it is there, it is
// being read, or too many ask for single servers.
func (s *Shared) crowded(kind zenlayer.InstanceType) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.forget()
	if s.Now().Before(s.apart[kind]) {
		return false
	}
	if _, there := s.questions[key(serversOf(kind), zenlayer.InstanceFilter{})]; there {
		return true
	}
	n := 0
	for k, q := range s.questions {
		if strings.HasPrefix(k, serversOf(kind)+" ") && !q.answered() {
			n++
		}
	}
	return n >= crowd
}

func (s *Shared) keepApart(kind zenlayer.InstanceType) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.apart == nil {
		s.apart = map[zenlayer.InstanceType]time.Time{}
	}
	s.apart[kind] = s.Now().Add(apartFor)
}

// fits reports whether the API would list i for f.
func fits(i zenlayer.Instance, f zenlayer.InstanceFilter) bool {
	oneOf := func(wanted []string, have ...string) bool {
		return len(wanted) == 0 || slices.ContainsFunc(wanted, func(w string) bool { return slices.Contains(have, w) })
	}
	name := func(wanted, have string) bool {
		prefix, ok := strings.CutSuffix(wanted, "*")
		return wanted == "" || wanted == have || ok && strings.HasPrefix(have, prefix)
	}
	return oneOf(f.InstanceIDs, i.ID) && oneOf(f.PublicIPs, i.PublicIPs...) && oneOf(f.PrivateIPs, i.PrivateIPs...) &&
		name(f.Name, i.Name) && name(f.Hostname, i.Hostname) &&
		(f.ZoneID == "" || f.ZoneID == i.ZoneID) && (f.Status == "" || f.Status == i.Status)
}

// ask joins the question under way or begins it, and waits for its answer
// until ctx ends.
func ask[T any](
	ctx context.Context, s *Shared, key string, remember bool, read func(context.Context) (T, error),
) (T, error) {
	q := s.join(ctx, key, remember, func(ctx context.Context) (any, error) { return read(ctx) })
	var answer T
	select {
	case <-q.done:
		if q.err == nil {
			answer = q.answer.(T)
		}
		return answer, q.err
	case <-ctx.Done():
		s.leave(key, q)
	}
	if s.Waiting != nil && s.Waiting() > 0 {
		return answer, fmt.Errorf("%w: %w", errCrowded, context.Cause(ctx))
	}
	return answer, fmt.Errorf("waiting for an answer: %w", context.Cause(ctx))
}

func (s *Shared) join(ctx context.Context, key string, remember bool,
	read func(context.Context) (any, error)) *question {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.forget()
	q, ok := s.questions[key]
	if !ok {
		q = &question{done: make(chan struct{})}
		own, cancel := context.WithCancel(context.WithoutCancel(ctx))
		q.cancel = cancel
		if s.questions == nil {
			s.questions = map[string]*question{}
		}
		s.questions[key] = q
		s.work.Go(func() { s.answer(own, key, q, remember, read) })
	}
	q.askers++
	return q
}

// answer asks Source, and keeps what may be kept.
func (s *Shared) answer(ctx context.Context, key string, q *question, remember bool,
	read func(context.Context) (any, error)) {
	defer q.cancel()
	answer, err := guardedRead(ctx, read)
	s.mu.Lock()
	defer s.mu.Unlock()
	q.answer, q.err, q.at = answer, err, s.Now()
	if s.questions[key] == q && (err != nil || !remember) {
		delete(s.questions, key)
	}
	close(q.done)
}

// guardedRead turns a panic into an error: it must not end the bot.
func guardedRead(ctx context.Context, read func(context.Context) (any, error)) (answer any, err error) {
	defer func() {
		if problem := recover(); problem != nil {
			err = fmt.Errorf("reading for a preview panicked: %v", problem)
		}
	}()
	return read(ctx)
}

// leave cancels a question when nobody waits for it any more.
func (s *Shared) leave(key string, q *question) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if q.askers--; q.askers > 0 || q.answered() {
		return
	}
	q.cancel()
	if s.questions[key] == q {
		delete(s.questions, key) // the next caller asks again
	}
}

// forget drops answers that are older than sharedFor.
func (s *Shared) forget() {
	now := s.Now()
	maps.DeleteFunc(s.questions, func(_ string, q *question) bool {
		age := now.Sub(q.at)
		return q.answered() && (age >= sharedFor || age < 0)
	})
}

func (q *question) answered() bool {
	select {
	case <-q.done:
		return true
	default:
		return false
	}
}

// Unavailable says that Zenlayer could not be asked, that it is asked too much,
// or what it answered instead of what was asked.
func Unavailable(err error) *UnavailableError {
	return &UnavailableError{What: "Zenlayer", Busy: isBusy(err), Fault: operation.FaultOf(err), Err: err}
}

// isBusy reports whether an error means that Zenlayer is asked too much right
// now, by this bot or, as Zenlayer says, by the account.
func isBusy(err error) bool {
	if e, ok := errors.AsType[*zenlayer.APIError](err); ok {
		return operation.AsksToWait(e.Status, e.Code)
	}
	return zenlayer.IsLimited(err) || errors.Is(err, errCrowded)
}
