package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"lbbot/bot/audit"
)

// progress shows on a terminal how far a trail is read, on one line.
type progress struct {
	out   io.Writer
	begin time.Time
	last  time.Time // when the line was written
}

// progressEvery is how often the line changes.
const progressEvery = 200 * time.Millisecond

// progressOn returns what to call after each page, and at the end. Nothing is shown if out
// is no terminal.
func (s session) progressOn() (page func(audit.Trail), end func()) {
	if !terminal(s.err) {
		return nil, func() {}
	}
	p := &progress{out: s.err, begin: time.Now()}
	return func(t audit.Trail) { p.page(t, time.Now()) }, p.end
}

// watched is a trail of which an export shows how far it is read.
type watched struct {
	audit.Source
	page func(audit.Trail)
}

func (w watched) ReadTrail(ctx context.Context, fn func(audit.Reading) error) error {
	return w.Source.ReadTrail(ctx, func(r audit.Reading) error {
		return fn(&watchedReading{Reading: r, page: w.page})
	})
}

type watchedReading struct {
	audit.Reading
	page func(audit.Trail)
	read audit.Trail
}

func (r *watchedReading) Entries(ctx context.Context, after int64, limit int) ([]audit.Entry, error) {
	page, err := r.Reading.Entries(ctx, after, limit)
	if n := len(page); n > 0 && r.page != nil {
		r.read.Events += int64(n)
		r.read.Head.Position = page[n-1].Position
		r.page(r.read)
	}
	return page, err
}

func (p *progress) page(t audit.Trail, now time.Time) {
	if now.Sub(p.last) < progressEvery {
		return
	}
	p.last = now
	rate := float64(t.Events) / max(now.Sub(p.begin).Seconds(), 0.001)
	fmt.Fprintf(p.out, "\r%d events read, position %d, %.0f a second\x1b[K", t.Events, t.Head.Position, rate)
}

// end clears the line.
func (p *progress) end() {
	if !p.last.IsZero() {
		fmt.Fprint(p.out, "\r\x1b[K")
	}
}
