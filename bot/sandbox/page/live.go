package page

import (
	"net/http"
	"time"
)

// whole is the page as a browser opens it.
func (p *site) whole(w http.ResponseWriter, r *http.Request) { p.render(w, "whole", p.look(r)) }

// live is every part of the page that changes, for htmx to put in place.
func (p *site) live(w http.ResponseWriter, r *http.Request) { p.render(w, "live", p.look(r)) }

// readyPoll is how often an event stream looks whether the bot is ready.
const readyPoll = time.Second

// events tells the browser, as server-sent events, that something changed. It
// says nothing of what: the browser asks for /live. It blocks until the request
// ends.
func (p *site) events(w http.ResponseWriter, r *http.Request) {
	slack, leaveSlack := p.slack.Subscribe()
	defer leaveSlack()
	cloud, leaveCloud := p.options.Cloud.Subscribe()
	defer leaveCloud()
	beat := time.NewTicker(p.beat)
	defer beat.Stop()
	poll := time.NewTicker(readyPoll)
	defer poll.Stop()

	w.Header().Set("Content-Type", "text/event-stream")
	stream := http.NewResponseController(w)
	ready := p.options.Ready()
	stir := p.stirred()
	next := "retry: 1000\nevent: change\ndata: \n\n"
	for {
		if next != "" {
			// A reader that takes nothing for so long is gone.
			_ = stream.SetWriteDeadline(time.Now().Add(10 * time.Second)) // not every writer has one
			if _, err := w.Write([]byte(next)); err != nil || stream.Flush() != nil {
				return
			}
		}
		next = "event: change\ndata: \n\n"
		select {
		case <-r.Context().Done():
			return
		case _, open := <-slack:
			if !open {
				return
			}
		case _, open := <-cloud:
			if !open {
				return
			}
		case <-stir:
			stir = p.stirred()
		case <-beat.C:
			next = ": alive\n\n"
		case <-poll.C:
			now := p.options.Ready()
			if now == ready {
				next = ""
			}
			ready = now
		}
	}
}

// change changes the page's own state and wakes the event streams.
func (p *site) change(f func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	f()
	close(p.stir)
	p.stir = make(chan struct{})
}

// stirred is a channel that closes at the next change.
func (p *site) stirred() <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.stir
}
