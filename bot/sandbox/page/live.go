package page

import (
	"net/http"
	"time"
)

// whole answers the whole page.
func (p *site) whole(w http.ResponseWriter, r *http.Request) { p.render(w, "whole", p.look(r)) }

// live answers the parts of the page that change. htmx puts them in place.
func (p *site) live(w http.ResponseWriter, r *http.Request) { p.render(w, "live", p.look(r)) }

// readyPoll is how often an event stream asks whether the bot is ready.
const readyPoll = time.Second

// events sends a server-sent event after each change; the browser then fetches
// /live. It blocks until the request ends.
func (p *site) events(w http.ResponseWriter, r *http.Request) {
	slack, leaveSlack := p.slack.Subscribe()
	defer leaveSlack()
	cloud, leaveCloud := p.options.Cloud.Subscribe()
	defer leaveCloud()
	alive := time.NewTicker(p.keepAlive)
	defer alive.Stop()
	poll := time.NewTicker(readyPoll)
	defer poll.Stop()

	w.Header().Set("Content-Type", "text/event-stream")
	stream := http.NewResponseController(w)
	ready := p.options.Ready()
	own := p.changed()
	next := "retry: 1000\nevent: change\ndata: \n\n"
	for {
		if next != "" {
			// A reader that takes nothing for 10 seconds has left.
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
		case <-own:
			own = p.changed()
		case <-alive.C:
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
	close(p.next)
	p.next = make(chan struct{})
}

// changed is a channel that closes at the next change.
func (p *site) changed() <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.next
}
