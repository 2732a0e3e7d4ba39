package bench

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"lbbot/bot/bench/stage"
)

// Load is how commands are typed.
type Load struct {
	Name string
	// Operations is how many commands are typed.
	Operations int
	// InFlight is how many people type at once: each types the next command when the
	// result of the one before is shown.
	InFlight int
	// Rate is how many commands are typed in a second, whether the results are shown or
	// not; 0: InFlight decides. Times count from the moment in which the command was to be
	// typed, so that a bot that falls behind cannot hide it.
	Rate float64
}

// answerWithin is how long a command waits for its result.
const answerWithin = 30 * time.Second

// times are the times of a load, by command.
type times struct {
	acks, answers []time.Duration
	took          time.Duration // from the first command to the last result
}

// typeAll types the commands from number first on, and blocks until all results are shown.
func (l Load) typeAll(ctx context.Context, s *stage.Stage, first int) (times, error) {
	out := times{acks: make([]time.Duration, l.Operations), answers: make([]time.Duration, l.Operations)}
	people, ctx := errgroup.WithContext(ctx)
	began := time.Now()
	one := func(n int, due time.Time) error {
		late := time.Since(due)
		ack, answer, err := add(ctx, s, first+n)
		out.acks[n], out.answers[n] = late+ack, late+answer
		return err
	}
	if l.Rate > 0 {
		l.onTime(ctx, people, began, one)
	} else {
		l.inTurn(people, one)
	}
	err := people.Wait()
	out.took = time.Since(began)
	return out, err
}

// inTurn has InFlight people type: a closed loop.
func (l Load) inTurn(people *errgroup.Group, one func(int, time.Time) error) {
	var next atomic.Int64
	for range l.InFlight {
		people.Go(func() error {
			for {
				n := int(next.Add(1)) - 1
				if n >= l.Operations {
					return nil
				}
				if err := one(n, time.Now()); err != nil {
					return err
				}
			}
		})
	}
}

// onTime types each command at its time: an open loop.
func (l Load) onTime(ctx context.Context, people *errgroup.Group, began time.Time, one func(int, time.Time) error) {
	for n := range l.Operations {
		due := began.Add(time.Duration(float64(n) / l.Rate * float64(time.Second)))
		select {
		case <-time.After(time.Until(due)):
			people.Go(func() error { return one(n, due) })
		case <-ctx.Done():
			return
		}
	}
}

// add types one command and waits for its result.
func add(ctx context.Context, s *stage.Stage, n int) (ack, answer time.Duration, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, answerWithin, errLate)
	defer cancel()
	began := time.Now()
	ack, shown, err := s.Add(ctx, n)
	if err != nil {
		return 0, 0, err
	}
	select {
	case <-shown:
		return ack, time.Since(began), nil
	case <-ctx.Done():
		err := context.Cause(ctx)
		if errors.Is(err, errLate) {
			err = fmt.Errorf("command %d: no message with the result within %s; the person saw %s", n, answerWithin,
				s.Seen(n))
		}
		return 0, 0, err
	}
}

var errLate = errors.New("the result did not come in time")

// String names a load: k=16, 50/s.
func (l Load) String() string {
	switch {
	case l.Name != "":
		return l.Name
	case l.Rate > 0:
		return strconv.FormatFloat(l.Rate, 'g', -1, 64) + "/s"
	}
	return "k=" + strconv.Itoa(l.InFlight)
}
