package intake

import (
	"context"
	"errors"
	"time"

	"lbbot/bot/operation"
)

// checkRate refuses a person who had too much accepted lately. It is asked for
// a preview; what counts is asked in the transaction that accepts.
func (i *Intake) checkRate(ctx context.Context, op operation.Operation) error {
	if i.Settings.Rate <= 0 {
		return nil
	}
	times, err := i.Journal.AcceptedSince(ctx, op.Actor.UserID, i.Now().Add(-i.Settings.RateIn))
	if err != nil {
		return &UnavailableError{What: "journal", Err: err}
	}
	if len(times) < i.Settings.Rate {
		return nil
	}
	return i.tooMany(ctx, op, &operation.LimitError{Of: operation.LimitPerson, Times: times})
}

// tooMany denies with the time from which on the next one is possible.
func (i *Intake) tooMany(ctx context.Context, op operation.Operation, e *operation.LimitError) error {
	code, limit, in := operation.DeniedRate, i.Settings.Rate, i.Settings.RateIn
	switch e.Of {
	case operation.LimitListener:
		code, limit, in = operation.DeniedListenerRate, i.Settings.ListenerRate, i.Settings.ListenerRateIn
	case operation.LimitGlass:
		code, limit, in = operation.DeniedBudget, i.Settings.Glass, i.Settings.GlassIn
	}
	d := operation.Decision{Code: code, Person: true, Channel: true, Limit: limit, Window: in}
	if n := len(e.Times); limit > 0 && n >= limit {
		d.Until = e.Times[n-limit].Add(in)
	}
	return i.deny(ctx, d, op)
}

// LimitLeft is how much of a limit is left.
type LimitLeft struct {
	Of    string // LimitPerson, LimitListener or LimitGlass
	Left  int
	Limit int
	In    time.Duration
	Next  time.Time // with nothing left: when the next one is possible
}

// LimitsLeft returns how much is left of the limits that are set: of the person, of
// the listener if one is given, and of break-glass. Errors: *UnavailableError.
func (i *Intake) LimitsLeft(ctx context.Context, a operation.Actor, listenerID string) ([]LimitLeft, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, acceptWithin,
		errors.New("the journal did not answer within "+acceptWithin.String()))
	defer cancel()
	s, now := i.Settings, i.Now()
	var list []LimitLeft
	for _, l := range []struct {
		of    string
		limit int
		in    time.Duration
		since func(context.Context, time.Time) ([]time.Time, error)
	}{
		{operation.LimitPerson, s.Rate, s.RateIn, func(ctx context.Context, t time.Time) ([]time.Time, error) {
			return i.Journal.AcceptedSince(ctx, a.UserID, t)
		}},
		{operation.LimitListener, s.ListenerRate, s.ListenerRateIn,
			func(ctx context.Context, t time.Time) ([]time.Time, error) {
				return i.Listeners.ListenerSince(ctx, listenerID, t)
			}},
		{operation.LimitGlass, s.Glass, s.GlassIn, func(ctx context.Context, t time.Time) ([]time.Time, error) {
			return i.Journal.BrokenSince(ctx, a.UserID, t)
		}},
	} {
		if l.limit <= 0 || l.of == operation.LimitListener && listenerID == "" {
			continue
		}
		times, err := l.since(ctx, now.Add(-l.in))
		if err != nil {
			return nil, &UnavailableError{What: "journal", Err: err}
		}
		left := LimitLeft{Of: l.of, Left: max(0, l.limit-len(times)), Limit: l.limit, In: l.in}
		if left.Left == 0 {
			left.Next = times[len(times)-l.limit].Add(l.in)
		}
		list = append(list, left)
	}
	return list, nil
}
