package main

import (
	"fmt"
	"io"
	"time"

	"lbbot/bot/audit"
)

// progress shows on a terminal how far a trail is verified, on one line.
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

func (p *progress) page(t audit.Trail, now time.Time) {
	if now.Sub(p.last) < progressEvery {
		return
	}
	p.last = now
	rate := float64(t.Events) / max(now.Sub(p.begin).Seconds(), 0.001)
	fmt.Fprintf(p.out, "\r%d events checked, position %d, %.0f a second\x1b[K", t.Events, t.Head.Position, rate)
}

// end clears the line.
func (p *progress) end() {
	if !p.last.IsZero() {
		fmt.Fprint(p.out, "\r\x1b[K")
	}
}
